"use strict";
const read = id => JSON.parse(document.getElementById(id).textContent);
const users = read("users"), databases = read("databases"), cells = read("cells"), levels = read("levels");
const el = id => document.getElementById(id);
const view = el("view"), layer = el("layer"), size = el("size");
const rowHeight = 17, nameWidth = 340, cellWidth = 26, headHeight = 130, tableHead = 22;
const letters = ["–", "D", "R", "A", "E", "G", "M"];

// Every pair of the report as three columns of numbers.
let total = 0;
for (const u of users) total += u.v.length;
const pairUser = new Uint32Array(total), pairDb = new Uint32Array(total), pairCell = new Uint32Array(total);
let at = 0;
users.forEach((u, i) => {
  const byDb = new Map();
  u.v.forEach((cell, j) => {
    const db = u.c ? u.c[j] : j;
    pairUser[at] = i; pairDb[at] = db; pairCell[at] = cell; at++;
    byDb.set(db, cell);
  });
  u.cells = byDb;
  u.folded = (u.n + "\n" + u.d).toLowerCase();
});
const foldedDbs = databases.map(d => d.toLowerCase());
const orderOfDbs = databases.map((_, i) => i).sort((a, b) => databases[a] < databases[b] ? -1 : databases[a] > databases[b] ? 1 : 0);
const rankOfDb = new Uint32Array(databases.length);
orderOfDbs.forEach((db, rank) => { rankOfDb[db] = rank; });

const columns = [
  { title: "User", width: 290, text: p => users[pairUser[p]].n, order: p => pairUser[p] },
  { title: "Database", width: 220, text: p => databases[pairDb[p]], order: p => rankOfDb[pairDb[p]] },
  { title: "Level", width: 90, text: p => levels[cells[pairCell[p]].l], order: p => cells[pairCell[p]].l },
  { title: "Roles", width: 180, text: p => cells[pairCell[p]].r.join(" "), order: p => cells[pairCell[p]].r.join(" ") },
  { title: "Source", width: 110, text: p => cells[pairCell[p]].s, order: p => cells[pairCell[p]].s },
  { title: "Winning", width: 300, text: p => cells[pairCell[p]].w.join(", "), order: p => cells[pairCell[p]].w.join(", ") },
];

const state = { table: false, users: [], dbs: [], pairs: new Uint32Array(0), column: 0, down: false, byDb: -1 };

function levelOf(user, db) {
  const cell = users[user].cells.get(db);
  return cell === undefined ? -1 : cells[cell].l;
}

function filter() {
  const user = el("user").value.trim().toLowerCase(), db = el("database").value.trim().toLowerCase(), least = Number(el("least").value);
  state.table = el("table").checked;
  const userFits = users.map(u => u.folded.includes(user)), dbFits = foldedDbs.map(d => d.includes(db));
  const seenUsers = new Uint8Array(users.length), seenDbs = new Uint8Array(databases.length), fits = new Uint32Array(total);
  let n = 0;
  for (let p = 0; p < total; p++) {
    if (!userFits[pairUser[p]] || !dbFits[pairDb[p]] || cells[pairCell[p]].l < least) continue;
    fits[n++] = p;
    seenUsers[pairUser[p]] = 1;
    seenDbs[pairDb[p]] = 1;
  }
  state.pairs = fits.subarray(0, n);
  state.users = users.map((_, i) => i).filter(i => seenUsers[i]);
  state.dbs = orderOfDbs.filter(i => seenDbs[i]);
  sort();
  el("count").textContent = `${n.toLocaleString()} pairs of ${total.toLocaleString()}: ${state.users.length.toLocaleString()} users, ${state.dbs.length.toLocaleString()} databases`;
  view.scrollTo(0, 0);
  draw();
}

function sort() {
  if (!state.table) {
    const by = state.byDb;
    state.users.sort((a, b) => (by < 0 ? 0 : levelOf(b, by) - levelOf(a, by)) || a - b);
    return;
  }
  const order = columns[state.column].order, sign = state.down ? -1 : 1;
  const keys = Array.from(state.pairs, order);
  const index = Uint32Array.from(keys.keys());
  index.sort((a, b) => (keys[a] < keys[b] ? -sign : keys[a] > keys[b] ? sign : 0) || a - b);
  state.pairs = index.map(i => state.pairs[i]);
}

function put(tag, cls, text, x, y, w, h) {
  const e = document.createElement(tag);
  e.className = cls;
  e.textContent = text;
  e.style.left = x + "px";
  e.style.top = y + "px";
  e.style.width = w + "px";
  e.style.height = h + "px";
  if (tag === "button") e.type = "button";
  layer.append(e);
  return e;
}

function draw() {
  layer.replaceChildren();
  const width = state.table ? columns.reduce((sum, c) => sum + c.width, 0) : nameWidth + state.dbs.length * cellWidth + headHeight;
  const rows = state.table ? state.pairs.length : state.users.length, head = state.table ? tableHead : headHeight;
  size.style.width = width + "px";
  size.style.height = head + rows * rowHeight + 4 + "px";
  layer.style.left = view.scrollLeft + "px";
  layer.style.top = view.scrollTop + "px";
  layer.style.width = view.clientWidth + "px";
  layer.style.height = view.clientHeight + "px";
  const first = Math.floor(view.scrollTop / rowHeight), last = Math.min(rows, first + Math.ceil((view.clientHeight - head) / rowHeight) + 1);
  if (state.table) drawTable(first, last);
  else drawMap(first, last);
}

function drawTable(first, last) {
  let x = -view.scrollLeft;
  for (const c of columns) {
    for (let r = first; r < last; r++) {
      const p = state.pairs[r];
      const e = put("div", c.title === "Level" ? "l" + cells[pairCell[p]].l : "name", c.text(p), x, tableHead + (r - first) * rowHeight, c.width, rowHeight);
      e.onclick = () => show(pairUser[p], pairDb[p]);
    }
    x += c.width;
  }
  x = -view.scrollLeft;
  columns.forEach((c, i) => {
    const arrow = i === state.column ? (state.down ? " ▼" : " ▲") : "";
    put("button", "head", c.title + arrow, x, 0, c.width, tableHead).onclick = () => {
      state.down = i === state.column && !state.down;
      state.column = i;
      sort();
      draw();
    };
    x += c.width;
  });
}

function drawMap(first, last) {
  const from = Math.floor(view.scrollLeft / cellWidth), to = Math.min(state.dbs.length, from + Math.ceil((view.clientWidth - nameWidth) / cellWidth) + 1);
  for (let r = first; r < last; r++) {
    const user = state.users[r], y = headHeight + (r - first) * rowHeight;
    put("div", "name", users[user].n, 0, y, nameWidth, rowHeight).title = users[user].d;
    for (let c = from; c < to; c++) {
      const db = state.dbs[c], level = levelOf(user, db);
      if (level < 0) continue;
      const e = put("button", "cell l" + level, letters[level], nameWidth + (c - from) * cellWidth, y, cellWidth, rowHeight);
      e.title = `${users[user].n}\n${databases[db]}: ${levels[level]}`;
      e.onclick = () => show(user, db);
    }
  }
  for (let c = from; c < to; c++) {
    const db = state.dbs[c];
    const e = put("button", "head turned", databases[db] + (db === state.byDb ? " ▼" : ""), nameWidth + (c - from) * cellWidth + 12, headHeight - 20, headHeight + 40, rowHeight);
    e.title = databases[db] + ": sort the users by their level here";
    e.onclick = () => { state.byDb = db === state.byDb ? -1 : db; sort(); draw(); };
  }
  put("div", "name", state.byDb < 0 ? "users by name" : "users by level in " + databases[state.byDb], 0, headHeight - rowHeight, nameWidth, rowHeight);
}

function show(user, db) {
  const u = users[user], c = cells[u.cells.get(db)], list = document.createElement("dl");
  const rows = [["User", u.n], ["DN", u.d], ["Database", databases[db]], ["Level", levels[c.l]], ["Roles", c.r.join(" ")],
    ["Privileges", c.p.join(", ")], ["Source", c.s], ["Winning", c.w.join(", ")]];
  for (const [title, text] of rows) {
    const dt = document.createElement("dt"), dd = document.createElement("dd");
    dt.textContent = title;
    dd.textContent = text || "none";
    list.append(dt, dd);
  }
  el("detail").replaceChildren(list);
}

levels.forEach((level, l) => {
  const e = document.createElement("span");
  e.className = "l" + l;
  e.textContent = letters[l] + " " + level;
  el("legend").append(e);
});
for (const id of ["user", "database"]) {
  let waiting;
  el(id).oninput = () => { clearTimeout(waiting); waiting = setTimeout(filter, 150); };
}
for (const id of ["least", "table", "map"]) el(id).onchange = filter;
el("controls").onsubmit = event => event.preventDefault();
let pending = false;
const redraw = () => {
  if (pending) return;
  pending = true;
  requestAnimationFrame(() => { pending = false; draw(); });
};
view.onscroll = redraw;
addEventListener("resize", redraw);
filter();
