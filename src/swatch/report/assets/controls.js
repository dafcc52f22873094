// What the controls of every page do: switches, copying, sorting. One listener each for the whole document, so
// that it also serves what a newer version of the page brings.

const element = (id) => document.getElementById(id);

function choose(button) {
  for (const other of button.parentElement.children) other.setAttribute("aria-pressed", String(other === button));
}

function showCells(button) {
  choose(button);
  element("confusion-matrix").className = `confusion ${button.dataset.cells}`;
}

async function copyFrom(button) {
  const source = element(button.dataset.copy);
  try {
    await navigator.clipboard.writeText(source.textContent);
  } catch {
    // Some browsers keep the clipboard from pages on disk: then the text is at least selected.
    getSelection().selectAllChildren(source);
    document.execCommand("copy");
  }
  button.textContent = "Copied";
  setTimeout(() => (button.textContent = "Copy"), 1600);
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("button");
  if (!button) return;
  if (button.dataset.cells !== undefined) showCells(button);
  else if (button.dataset.copy !== undefined) copyFrom(button);
  else if (button.closest("table.sortable thead")) sortBy(button.closest("table"), button.closest("th"));
});

// --- sorting ---

function cellKey(row, column) {
  const cell = row.cells[column];
  if (cell.dataset.value === undefined) return cell.textContent.trim();
  return cell.dataset.value === "" ? null : Number(cell.dataset.value);
}

function compare(a, b) {
  if (typeof a === "number" && typeof b === "number") return a - b;
  return String(a).localeCompare(String(b), "en", { numeric: true });
}

function sortBy(table, heading, wanted) {
  const column = heading.cellIndex;
  const direction = wanted ?? (heading.getAttribute("aria-sort") === "ascending" ? "descending" : "ascending");
  for (const other of heading.parentElement.cells) other.removeAttribute("aria-sort");
  heading.setAttribute("aria-sort", direction);
  const sign = direction === "ascending" ? 1 : -1;
  const rows = [...table.tBodies[0].rows].map((row) => [cellKey(row, column), row]);
  // What is missing comes last either way.
  rows.sort(([a], [b]) => (a === null || b === null ? (a === null) - (b === null) : sign * compare(a, b)));
  table.tBodies[0].append(...rows.map(([, row]) => row));
}
