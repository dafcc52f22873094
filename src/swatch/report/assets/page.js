// What starts the sweep page: clicks on trials and buttons, then the figures, as they come into sight.

document.addEventListener("click", (event) => {
  if (event.target.closest("#clear-selection")) clearSelection();
  const row = event.target.closest("tr[data-trial]");
  if (row && !event.target.closest("a, button") && !String(getSelection())) pin(Number(row.dataset.trial));
});

// A table is one stop of the Tab key; its rows are reached with the arrows.
document.addEventListener("keydown", (event) => {
  const row = event.target.closest("tr[data-trial]");
  const table = event.target.closest(".scroll")?.querySelector("table");
  if (!table?.querySelector("tr[data-trial]") || event.target.closest("a, button")) return;
  if (event.key === "ArrowDown" || event.key === "ArrowUp") {
    const rows = [...table.tBodies[0].rows].filter((each) => !each.hidden);
    const next = rows[row ? rows.indexOf(row) + (event.key === "ArrowDown" ? 1 : -1) : 0];
    next?.focus();
  } else if (row && (event.key === "Enter" || event.key === " ")) pin(Number(row.dataset.trial));
  else return;
  event.preventDefault();
});

showControls();
showPairs();
noteOutliers();

// Plotly comes after the page's first paint, so that everything but the figures can be read and used at once.
let started = false;
function start() {
  if (started) return;
  started = true;
  loadPlotly().then(() => {
    watchFigures();
    if (!document.querySelector(".figure")) document.documentElement.dataset.ready = "true";
  });
}
requestAnimationFrame(() => setTimeout(start));
// A page in a background tab paints no frame.
setTimeout(start, 250);
