document.documentElement.classList.add("js");
const $ = (id) => document.getElementById(id);
const text = $("text"), level = $("level"), category = $("category"), release = $("release"), found = $("found");
const rows = [...document.querySelectorAll("article")], objects = [...document.querySelectorAll(".change")];
const words = new Map();
const said = (row) => words.get(row) ?? words.set(row, row.textContent.toLowerCase() + " " + (row.dataset.release ?? "").toLowerCase()).get(row);
function filter() {
  const wanted = text.value.toLowerCase().split(/\s+/).filter(Boolean);
  const fits = (row) => wanted.every((word) => said(row).includes(word));
  const of = (row) => !release || !release.value || (row.dataset.release ?? "").split(" ").includes(release.value);
  let shown = 0;
  for (const row of rows) {
    const marked = (!level.value || row.dataset.level === level.value) && (!category.value || row.dataset.category === category.value);
    row.hidden = !(marked && of(row) && fits(row));
    shown += !row.hidden;
  }
  for (const section of document.querySelectorAll("section")) section.hidden = !of(section);
  for (const row of objects) row.hidden = wanted.length > 0 && !fits(row);
  const notes = document.querySelector(".notes");
  if (notes) {
    const some = notes.querySelector("article:not([hidden])");
    notes.hidden = !some;
    if (some && (wanted.length || level.value || category.value)) notes.open = true;
  }
  found.textContent = `${shown} of ${rows.length}`;
}
function open() {
  let target = location.hash && $(decodeURIComponent(location.hash.slice(1)));
  const own = target && target.tagName === "ARTICLE" && target.querySelector("details");
  if (!own) return;
  own.open = true;
  for (let outer = target.closest("details"); outer; outer = outer.parentElement.closest("details")) outer.open = true;
  if (target.hidden) { text.value = level.value = category.value = ""; if (release) release.value = ""; filter(); }
  target.scrollIntoView();
}
function step(by) {
  const heads = rows.filter((row) => row.offsetParent).map((row) => row.querySelector("summary"));
  const next = heads[Math.min(Math.max(heads.indexOf(document.activeElement) + by, 0), heads.length - 1)];
  if (next) next.focus();
}
addEventListener("hashchange", open);
addEventListener("beforeprint", () => document.querySelectorAll(".notes, article > details").forEach((part) => (part.open = true)));
addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || /^(INPUT|SELECT)$/.test(event.target.tagName)) return;
  if (event.key === "j" || event.key === "k") step(event.key === "j" ? 1 : -1);
  if (event.key === "/" && text) { event.preventDefault(); text.focus(); }
});
if (text) {  // a report without findings has nothing to search
  text.addEventListener("input", filter);
  for (const choice of [level, category, release]) if (choice) choice.addEventListener("change", filter);
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
