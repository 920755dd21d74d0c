document.documentElement.classList.add("js");
const $ = (id) => document.getElementById(id);
const text = $("text"), level = $("level"), category = $("category"), kind = $("kind"), found = $("found");
const release = $("release"), environment = $("environment");
const choices = [level, category, kind, release, environment].filter(Boolean);
const rows = [...document.querySelectorAll("article")], objects = [...document.querySelectorAll(".change")];
const words = new Map();
const said = (row) => words.get(row) ?? words.set(row, row.textContent.toLowerCase() + " " + (row.dataset.release ?? "").toLowerCase()).get(row);
function filter() {
  const wanted = text.value.toLowerCase().split(/\s+/).filter(Boolean);
  const fits = (row) => wanted.every((word) => said(row).includes(word));
  const among = (choice, said) => !choice || !choice.value || (said ?? "").split(" ").includes(choice.value);
  const of = (row) => among(release, row.dataset.release) && among(environment, row.dataset.environment);
  let shown = 0;
  for (const row of rows) {
    const marked = (!level.value || row.dataset.level === level.value) && (!category.value || row.dataset.category === category.value) && (!kind.value || row.dataset.kind === kind.value);
    row.hidden = !(marked && of(row) && fits(row));
    shown += !row.hidden;
  }
  for (const section of document.querySelectorAll("section")) section.hidden = !of(section);
  for (const row of objects) {
    row.hidden = !((!level.value || row.dataset.level === level.value) && (!kind.value || row.dataset.kind === kind.value) && fits(row));
  }
  const notes = document.querySelector(".notes");
  if (notes) {
    const some = notes.querySelector("article:not([hidden])");
    notes.hidden = !some;
    if (some && (wanted.length || choices.some((choice) => choice.value))) notes.open = true;
  }
  found.textContent = `${shown} of ${rows.length}`;
}
function open() {
  let target = location.hash && $(decodeURIComponent(location.hash.slice(1)));
  const own = target && target.tagName === "ARTICLE" && target.querySelector("details");
  if (!own) return;
  own.open = true;
  for (let outer = target.closest("details"); outer; outer = outer.parentElement.closest("details")) outer.open = true;
  if (target.hidden) { for (const field of [text, ...choices]) field.value = ""; filter(); }
  target.scrollIntoView();
}
function step(by) {
  const heads = rows.filter((row) => row.offsetParent).map((row) => row.querySelector("summary"));
  const next = heads[Math.min(Math.max(heads.indexOf(document.activeElement) + by, 0), heads.length - 1)];
  if (next) next.focus();
}
const parts = /[\p{L}\p{N}_]+|\s+|[^]/gu;
function differing(old, now) {  // as report/word_marks.py: what both begin and end with is left out, to whole words
  const [a, b] = [old.match(parts) ?? [], now.match(parts) ?? []], most = Math.min(a.length, b.length);
  let head = 0, tail = 0;
  while (head < most && a[head] === b[head]) head++;
  while (tail < most - head && a[a.length - 1 - tail] === b[b.length - 1 - tail]) tail++;
  return [a, b].map((side) => [side.slice(0, head), side.slice(head, side.length - tail), side.slice(side.length - tail)].map((part) => part.join("")));
}
const key = (line) => /^[^\s:]+(?=:( |$))/.exec(line)?.[0];
const alike = (old, now) => key(old) === key(now);  // lines of a text have no key
function pairs(old, now) {  // a key beside the same key; what has no partner fills the rows before it
  const found = [];
  let at = 0, from = 0;
  const rest = (to, end) => { for (; at < to || from < end; at++, from++) found.push([at < to ? old[at] : undefined, from < end ? now[from] : undefined]); at = to; from = end; };
  for (let n = 0; n < old.length; n++) {
    const own = key(old[n]), to = own === undefined ? -1 : now.findIndex((line, m) => m >= from && key(line) === own);
    if (to < 0) continue;
    rest(n, to);
    found.push([old[at++], now[from++]]);
  }
  rest(old.length, now.length);
  return found;
}
function cell(row, kind, mark, said) {
  const part = row.insertCell();
  part.className = kind;
  if (said === undefined) return;
  const [before, changed, after] = Array.isArray(said) ? said : [said, "", ""];
  part.append(mark + " " + before);
  if (changed) { const word = document.createElement("mark"); word.textContent = changed; part.append(word); }
  part.append(after);
}
function beside(pre) {  // a diff as text becomes a table: the old line beside the one that took its place
  const table = document.createElement("table"), lines = pre.textContent.replace(/^\n/, "").split("\n");
  table.className = "lines";
  const body = table.createTBody();
  for (let at = 0; at < lines.length; ) {
    const mark = lines[at][0] ?? " ";
    if (mark === "#" || mark === " ") {
      const row = body.insertRow(), said = lines[at++].slice(2);
      row.className = mark === "#" ? "path" : "same";
      if (mark === "#") { cell(row, "l", "", said); row.cells[0].colSpan = 2; } else { cell(row, "l", " ", said); cell(row, "l", " ", said); }
      continue;
    }
    const old = [], now = [];
    while (at < lines.length && lines[at][0] === "-") old.push(lines[at++].slice(2));
    while (at < lines.length && lines[at][0] === "+") now.push(lines[at++].slice(2));
    for (const [before, after] of pairs(old, now)) {
      const row = body.insertRow();
      const both = before !== undefined && after !== undefined && alike(before, after) ? differing(before, after) : [before, after];
      cell(row, both[0] === undefined ? "none" : "l old", "-", both[0]);
      cell(row, both[1] === undefined ? "none" : "l new", "+", both[1]);
    }
  }
  pre.replaceWith(table);
}
document.addEventListener("toggle", (event) => {
  const pre = event.target.open && event.target.matches(".change") && event.target.querySelector("pre.lines");
  if (pre) beside(pre);
}, true);
addEventListener("hashchange", open);
addEventListener("beforeprint", () => document.querySelectorAll(".notes, article > details").forEach((part) => (part.open = true)));
addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || /^(INPUT|SELECT)$/.test(event.target.tagName)) return;
  if (event.key === "j" || event.key === "k") step(event.key === "j" ? 1 : -1);
  if (event.key === "/" && text) { event.preventDefault(); text.focus(); }
});
if (text) {  // a report without findings has nothing to search
  text.addEventListener("input", filter);
  for (const choice of choices) choice.addEventListener("change", filter);
  $("filter").addEventListener("submit", (event) => event.preventDefault());
  $("unfold").addEventListener("click", (event) => {
    const parts = rows.filter((row) => !row.hidden).map((row) => row.querySelector("details"));
    const all = !parts.every((part) => part.open);
    for (const part of parts) part.open = all;
    event.target.textContent = all ? "Close all" : "Open all";
  });
  filter();
}
open();
