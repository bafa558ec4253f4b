"use strict";
// Everything works without this script. It searches while one types, sorts
// tables in place, and narrows long ones.

const find = document.getElementById("find");
if (find) {
  const finds = document.getElementById("finds");
  const said = document.getElementById("finds-said");
  let asked = null;
  let wait = 0;

  const close = () => { finds.hidden = true; find.setAttribute("aria-expanded", "false"); };

  const show = async () => {
    const text = find.value.trim();
    asked?.abort();
    if (!text) { finds.replaceChildren(); said.textContent = ""; close(); return; }
    asked = new AbortController();
    try {
      const answer = await fetch("/search?part=1&q=" + encodeURIComponent(text), { signal: asked.signal, redirect: "error" });
      if (!answer.ok) return;
      const part = new DOMParser().parseFromString(await answer.text(), "text/html");
      finds.replaceChildren(...part.body.children);
      said.textContent = finds.querySelector("[data-count]")?.textContent ?? "";
      finds.hidden = false;
      find.setAttribute("aria-expanded", "true");
    } catch (fault) {
      if (fault.name !== "AbortError") close(); // the session has ended, or the server is away: a submit tells
    }
  };

  const links = () => [...finds.querySelectorAll("a")];
  const step = (by) => {
    const all = links();
    const at = all.indexOf(document.activeElement) + by;
    (at < 0 ? find : all[Math.min(at, all.length - 1)] ?? find).focus();
  };

  find.addEventListener("input", () => { clearTimeout(wait); wait = setTimeout(show, 120); });
  find.addEventListener("focus", () => { if (finds.children.length && find.value.trim()) finds.hidden = false; });
  find.form.addEventListener("keydown", (event) => {
    if (finds.hidden) return;
    if (event.key === "ArrowDown") { event.preventDefault(); step(1); }
    if (event.key === "ArrowUp") { event.preventDefault(); step(-1); }
    if (event.key === "Escape") { event.preventDefault(); close(); find.focus(); close(); }
  });
  find.form.addEventListener("focusout", (event) => { if (!find.form.contains(event.relatedTarget)) close(); });
  document.addEventListener("keydown", (event) => {
    if (event.key === "/" && !event.ctrlKey && !event.metaKey && !event.target.closest("input, select, textarea")) { event.preventDefault(); find.focus(); }
  });
}

const order = (row, column) => row.cells[column]?.dataset.order ?? "";

const sortBy = (head) => {
  const body = head.closest("table").tBodies[0];
  const column = head.cellIndex;
  const down = head.getAttribute("aria-sort") === "ascending";
  const rows = [...body.rows].map((row, at) => [order(row, column), at, row]);
  rows.sort((a, b) => (a[0] < b[0] ? -1 : a[0] > b[0] ? 1 : 0) * (down ? -1 : 1) || a[1] - b[1]);
  body.replaceChildren(...rows.map((each) => each[2]));
  for (const other of head.parentElement.cells) if (other.hasAttribute("aria-sort")) other.setAttribute("aria-sort", "none");
  head.setAttribute("aria-sort", down ? "descending" : "ascending");
};

for (const head of document.querySelectorAll(".grid th[aria-sort] a")) {
  head.setAttribute("role", "button");
  head.addEventListener("click", (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    sortBy(head.closest("th"));
  });
  head.addEventListener("keydown", (event) => { if (event.key === " ") { event.preventDefault(); sortBy(head.closest("th")); } });
}

// A table with many rows gets a box that narrows it.
const many = 12;
for (const block of document.querySelectorAll(".block")) {
  const body = block.querySelector(".grid")?.tBodies[0];
  const tools = block.querySelector(".tools");
  if (!body || !tools || body.rows.length < many) continue;
  const box = document.createElement("input");
  box.type = "search";
  box.placeholder = "Narrow";
  box.setAttribute("aria-label", "Narrow the table: " + block.querySelector("h2").firstChild.textContent.trim());
  const count = document.createElement("span");
  count.className = "key";
  count.setAttribute("role", "status");
  box.addEventListener("input", () => {
    const text = box.value.trim().toLowerCase();
    let shown = 0;
    for (const row of body.rows) {
      row.hidden = !row.textContent.toLowerCase().includes(text);
      if (!row.hidden) shown++;
    }
    count.textContent = text ? shown + " shown" : "";
  });
  tools.prepend(count, box);
}
