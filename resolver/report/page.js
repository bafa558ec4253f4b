"use strict";
const el = id => document.getElementById(id);
const read = id => JSON.parse(el(id + "-data").textContent);
const users = read("users"), databases = read("databases"), cells = read("cells"), levels = read("levels");
const letters = ["–", "D", "R", "A", "E", "G", "M"];
const make = (tag, cls, text) => {
  const e = document.createElement(tag);
  if (cls) e.className = cls;
  if (text !== undefined) e.textContent = text;
  return e;
};

// ranks numbers texts in their order, so that sorting compares numbers.
function ranks(texts) {
  const folded = texts.map(t => t.toLowerCase());
  const order = folded.map((_, i) => i).sort((a, b) => folded[a] < folded[b] ? -1 : folded[a] > folded[b] ? 1 : a - b);
  const rank = new Uint32Array(texts.length);
  order.forEach((i, n) => { rank[i] = n > 0 && folded[order[n - 1]] === folded[i] ? rank[order[n - 1]] : n; });
  return rank;
}

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
const rankOfUser = ranks(users.map(u => u.n)), rankOfDb = ranks(databases);
const orderOfDbs = databases.map((_, i) => i).sort((a, b) => rankOfDb[a] - rankOfDb[b] || a - b);

const column = (title, text) => {
  const rank = ranks(cells.map(text));
  return { title, text: p => text(cells[pairCell[p]]), order: p => rank[pairCell[p]] };
};
const columns = [
  { title: "User", text: p => users[pairUser[p]].n, order: p => rankOfUser[pairUser[p]] },
  { title: "Database", text: p => databases[pairDb[p]], order: p => rankOfDb[pairDb[p]] },
  { title: "Level", text: p => levels[cells[pairCell[p]].l], order: p => cells[pairCell[p]].l },
  column("Roles", c => c.r.join(" ")),
  column("Source", c => c.s),
  column("Winning entries", c => c.w.join(", ")),
];

// chosen is the pair whose detail is shown, column what the table is sorted by
// (-1: as the report comes), byDb the database that sorts the heat map.
const state = { view: "", users: [], dbs: [], pairs: new Uint32Array(0), column: -1, down: false, byDb: -1, chosen: -1 };

function levelOf(user, db) {
  const cell = users[user].cells.get(db);
  return cell === undefined ? -1 : cells[cell].l;
}

function filter() {
  const user = el("user").value.trim().toLowerCase(), db = el("database").value.trim().toLowerCase(), least = Number(el("least").value);
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
  sortTable();
  sortMap();
  filterFindings(user, db);
  for (const id of ["map", "table"]) el(id).scrollTo(0, 0);
  el("count").setAttribute("aria-busy", false);
  draw();
}

// A finding stays if what is searched stands in its row. It has no level.
function filterFindings(...texts) {
  for (const row of el("findings").querySelectorAll("tbody tr")) {
    const text = row.textContent.toLowerCase();
    row.hidden = !texts.every(t => text.includes(t));
  }
}

function count() {
  const number = n => n.toLocaleString("en");
  const findings = el("findings").querySelectorAll("tbody tr");
  el("count").textContent = state.view === "findings"
    ? `${number([...findings].filter(r => !r.hidden).length)} of ${number(findings.length)} findings`
    : `${number(state.pairs.length)} of ${number(total)} pairs: ${number(state.users.length)} users, ${number(state.dbs.length)} databases`;
}

function draw() {
  state.view = new FormData(el("controls")).get("kind");
  for (const id of ["map", "table", "findings"]) el(id).hidden = id !== state.view;
  el("detail").hidden = el("legend").hidden = el("least").disabled = state.view === "findings"; // they have no level
  count();
  if (state.view === "map") drawMap();
  if (state.view === "table") drawTable();
}

// The table shows as many rows as fit. A browser lays out no element of unlimited
// height, so that beyond maxHeight the scroll bar stands for the rows in between.
const rowHeight = 26, headHeight = 31, maxHeight = 8e6;
const body = el("rows"), padAbove = el("above"), padBelow = el("below"), rows = [];

function geometry() {
  const view = el("table"), fit = Math.max(1, Math.floor((view.clientHeight - headHeight) / rowHeight));
  const full = state.pairs.length * rowHeight, height = Math.min(full, maxHeight), rest = Math.max(1, height + headHeight - view.clientHeight);
  const dense = full > height, top = Math.max(0, Math.min(view.scrollTop, rest));
  const last = Math.max(0, state.pairs.length - fit);
  const first = Math.min(last, dense ? Math.round(top / rest * last) : Math.floor(top / rowHeight));
  return { fit, height, rest, dense, last, first, offset: dense ? top : first * rowHeight };
}

function sortTable() {
  if (state.column >= 0) {
    const order = columns[state.column].order, sign = state.down ? -1 : 1, keys = new Uint32Array(total);
    for (const p of state.pairs) keys[p] = order(p);
    state.pairs.sort((a, b) => sign * (keys[a] - keys[b]) || a - b);
  }
  columns.forEach((c, i) => c.head.setAttribute("aria-sort", i !== state.column ? "none" : state.down ? "descending" : "ascending"));
}

function newRow() {
  const row = make("tr"), pick = make("button");
  pick.type = "button";
  row.append(...columns.map(() => make("td")));
  row.cells[0].append(pick);
  row.onclick = () => choose(row.pair);
  row.level = make("span");
  row.cells[2].append(row.level);
  rows.push(row);
  return row;
}

function drawTable() {
  const g = geometry(), shown = Math.min(g.fit + 2, state.pairs.length - g.first);
  while (rows.length < shown) newRow();
  if (body.children.length !== shown) body.replaceChildren(...rows.slice(0, shown));
  for (let r = 0; r < shown; r++) {
    const row = rows[r], p = state.pairs[g.first + r];
    row.pair = p;
    row.className = p === state.chosen ? "chosen" : "";
    row.setAttribute("aria-rowindex", g.first + r + 2);
    columns.forEach((c, i) => {
      const text = c.text(p), place = i === 0 ? row.cells[0].firstChild : i === 2 ? row.level : row.cells[i];
      place.textContent = text;
      row.cells[i].title = text;
    });
    row.level.className = "level l" + cells[pairCell[p]].l;
  }
  padAbove.style.height = g.offset + "px";
  padBelow.style.height = Math.max(0, g.height - g.offset - shown * rowHeight) + "px";
  el("grid").setAttribute("aria-rowcount", state.pairs.length + 1);
}

// reveal scrolls to a row by its position and puts the focus on it.
function reveal(index) {
  const g = geometry(), view = el("table");
  if (index < g.first || index >= g.first + g.fit) {
    const first = Math.max(0, Math.min(g.last, index < g.first ? index : index - g.fit + 1));
    view.scrollTop = g.dense ? first / g.last * g.rest : first * rowHeight;
    drawTable();
  }
  const row = rows.find(r => r.isConnected && r.pair === state.pairs[index]);
  if (row) row.cells[0].firstChild.focus({ preventScroll: true });
}

body.onkeydown = event => {
  const step = { ArrowDown: 1, ArrowUp: -1, PageDown: 15, PageUp: -15 }[event.key], row = event.target.closest("tr");
  if (!step || !row) return;
  event.preventDefault();
  const index = Math.max(0, Math.min(state.pairs.length - 1, state.pairs.indexOf(row.pair) + step));
  choose(state.pairs[index]);
  reveal(index);
};

columns.forEach((c, i) => {
  c.head = make("th", "w" + i);
  c.head.scope = "col";
  const button = make("button", "", c.title);
  button.type = "button";
  button.onclick = () => {
    state.down = i === state.column && !state.down;
    state.column = i;
    sortTable();
    el("table").scrollTo(0, 0);
    drawTable();
  };
  c.head.append(button);
  el("heads").append(c.head);
});

// The heat map draws the part of it that is seen.
const mapRow = 22, cellWidth = 26, mapHead = 175;
const layer = el("layer");

function sortMap() {
  const by = state.byDb;
  state.users.sort((a, b) => (by < 0 ? 0 : levelOf(b, by) - levelOf(a, by)) || rankOfUser[a] - rankOfUser[b] || a - b);
}

function put(tag, cls, text, x, y, w, h) {
  const e = make(tag, cls, text);
  if (tag === "button") e.type = "button";
  Object.assign(e.style, { left: x + "px", top: y + "px", width: w + "px", height: h + "px" });
  layer.append(e);
  return e;
}

function drawMap() {
  const view = el("map"), nameWidth = Math.max(120, Math.min(420, view.clientWidth * .35));
  const width = nameWidth + state.dbs.length * cellWidth + mapHead, height = mapHead + state.users.length * mapRow + 4;
  Object.assign(el("size").style, { width: width + "px", height: height + "px" });
  Object.assign(layer.style, { width: view.clientWidth + "px", height: view.clientHeight + "px" });
  const first = Math.floor(view.scrollTop / mapRow), last = Math.min(state.users.length, first + Math.ceil((view.clientHeight - mapHead) / mapRow) + 1);
  const from = Math.floor(view.scrollLeft / cellWidth), to = Math.min(state.dbs.length, from + Math.ceil((view.clientWidth - nameWidth) / cellWidth) + 1);
  const focus = document.activeElement.dataset?.key;
  layer.replaceChildren();
  for (let r = first; r < last; r++) {
    const user = state.users[r], y = mapHead + (r - first) * mapRow;
    put("div", "name", users[user].n, 0, y, nameWidth, mapRow).title = users[user].d;
    for (let c = from; c < to; c++) drawCell(user, state.dbs[c], nameWidth + (c - from) * cellWidth, y);
  }
  for (let c = from; c < to; c++) drawHead(state.dbs[c], nameWidth + (c - from) * cellWidth + 14);
  put("div", "corner", state.byDb < 0 ? "Users by name" : "Users by level in " + databases[state.byDb], 0, mapHead - 22, nameWidth, 22);
  if (focus) layer.querySelector(`[data-key="${CSS.escape(focus)}"]`)?.focus({ preventScroll: true });
}

function drawCell(user, db, x, y) {
  const level = levelOf(user, db);
  if (level < 0) return;
  const e = put("button", "cell l" + level, letters[level], x, y, cellWidth, mapRow);
  e.title = `${users[user].n}\n${databases[db]}: ${levels[level]}`;
  e.setAttribute("aria-label", e.title);
  e.tabIndex = -1;
  e.onclick = () => show(user, db);
}

function drawHead(db, x) {
  const key = databases[db], text = (key.length > 24 ? "…" + key.slice(-23) : key) + (db === state.byDb ? " ▼" : "");
  const e = put("button", db === state.byDb ? "turned by" : "turned", text, x, mapHead - 25, mapHead + 30, 20);
  e.title = key + ": sort the users by their level here";
  e.dataset.key = "db" + db;
  e.setAttribute("aria-pressed", db === state.byDb);
  e.onclick = () => {
    state.byDb = db === state.byDb ? -1 : db;
    sortMap();
    drawMap();
  };
}

function choose(pair) {
  state.chosen = pair;
  show(pairUser[pair], pairDb[pair]);
  drawTable();
}

function show(user, db) {
  const u = users[user], c = cells[u.cells.get(db)], list = make("dl");
  for (const [title, text] of [["User", u.n], ["Level", levels[c.l]], ["DN", u.d], ["Roles", c.r.join(" ")], ["Database", databases[db]],
    ["Privileges", c.p.join(", ")], ["Source", c.s], ["Winning entries", c.w.join(", ")]]) {
    list.append(make("dt", "", title), make("dd", "", text || "none"));
  }
  el("detail").replaceChildren(list);
}

levels.forEach((level, l) => el("legend").append(make("span", "level l" + l, letters[l] + " " + level)));
let waiting;
for (const id of ["user", "database"]) {
  el(id).oninput = () => {
    el("count").setAttribute("aria-busy", true);
    clearTimeout(waiting);
    waiting = setTimeout(filter, 150);
  };
}
el("least").onchange = filter;
for (const radio of document.getElementsByName("kind")) radio.onchange = draw;
el("controls").onsubmit = event => event.preventDefault();
let pending = false;
const redraw = () => {
  if (pending) return;
  pending = true;
  requestAnimationFrame(() => { pending = false; draw(); });
};
for (const id of ["map", "table"]) el(id).onscroll = redraw;
addEventListener("resize", redraw);
filter();
