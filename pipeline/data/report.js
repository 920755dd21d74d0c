document.documentElement.classList.add("js");
const text = document.getElementById("text"), level = document.getElementById("level");
const found = document.getElementById("found"), rows = [...document.querySelectorAll("article")];
function filter() {
  const words = text.value.toLowerCase().split(/\s+/).filter(Boolean);
  let shown = 0;
  for (const row of rows) {
    const fits = (!level.value || row.dataset.level === level.value) && words.every((w) => row.textContent.toLowerCase().includes(w));
    row.hidden = !fits;
    shown += fits;
  }
  found.textContent = `${shown} of ${rows.length}`;
}
function open() {
  const target = location.hash && document.getElementById(location.hash.slice(1));
  const details = target && target.querySelector("details");
  if (details) details.open = true;
}
addEventListener("hashchange", open);
addEventListener("beforeprint", () => rows.forEach((row) => (row.querySelector("details").open = true)));
open();
if (text) {  // a report without findings has nothing to search
  text.addEventListener("input", filter);
  level.addEventListener("change", filter);
  document.getElementById("filter").addEventListener("submit", (event) => event.preventDefault());
  filter();
}
