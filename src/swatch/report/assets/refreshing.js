// window.swatch.refresh(html): takes over a newer version of this page. The figures stay where they are and are
// drawn anew; what the reader chose is kept.

// Positions on an axis depend on the values tried so far: brushes are carried over by what they mean.
function meaningOf(brushes, axes) {
  return [...brushes].map(([key, ranges]) => {
    const axis = axes.find((each) => each.key === key);
    if (!axis) return [key, ranges];
    if (!axis.isDiscrete) return [key, ranges.map((range) => range.map((place) => (place < 0 ? place : valueAt(axis, place))))];
    return [key, axis.ticks.filter(([place]) => ranges.some(([low, high]) => place >= low && place <= high)).map((tick) => tick[1])];
  });
}

function brushesFor(meanings, axes) {
  const brushes = new Map();
  for (const [key, meaning] of meanings) {
    const axis = axes.find((each) => each.key === key);
    if (!axis && key !== OBJECTIVE) continue;
    let ranges = meaning;
    if (axis?.isDiscrete) {
      const slack = 0.4 / Math.max(axis.ticks.length - 1, 1);
      ranges = axis.ticks.filter((tick) => meaning.includes(tick[1])).map(([place]) => [place - slack, place + slack]);
    } else if (axis) ranges = meaning.map((range) => range.map((value) => (value < 0 && axis.low >= 0 ? value : positionOf(axis, value))));
    if (ranges.length) brushes.set(key, ranges);
  }
  return brushes;
}

// By section and place in it: sections come and go.
const scrolledParts = () =>
  [...document.querySelectorAll("section[id]")].flatMap((section) =>
    [...section.querySelectorAll(".scroll")].map((part, index) => [`${section.id} ${index}`, part]),
  );

function keptByReader() {
  return {
    sorts: [...document.querySelectorAll("table.sortable[id]")].flatMap((table) => {
      const heading = table.querySelector("[aria-sort]");
      return heading ? [[table.id, heading.textContent.trim(), heading.getAttribute("aria-sort")]] : [];
    }),
    scrolls: scrolledParts().map(([key, part]) => [key, part.scrollLeft, part.scrollTop]),
    open: [...document.querySelectorAll("details[id][open]")].map((each) => each.id),
    cells: element("confusion-matrix")?.className,
    place: [scrollX, scrollY],
    focus: document.activeElement?.id,
    axis: element("brush-axis")?.value,
  };
}

function takeBack(kept) {
  for (const [id, title, direction] of kept.sorts) {
    const heading = [...(element(id)?.tHead.rows[0].cells ?? [])].find((each) => each.textContent.trim() === title);
    if (heading) sortBy(element(id), heading, direction);
  }
  for (const id of kept.open) element(id)?.setAttribute("open", "");
  const cells = kept.cells?.split(" ")[1];
  const button = cells && document.querySelector(`[data-cells="${cells}"]`);
  if (button) showCells(button);
  if (kept.axis && element("brush-axis")) element("brush-axis").value = kept.axis;
  const focused = kept.focus && element(kept.focus);
  if (focused && focused !== document.activeElement) focused.focus({ preventScroll: true });
}

function scrollBack(kept) {
  const parts = new Map(scrolledParts());
  for (const [key, left, top] of kept.scrolls) parts.get(key)?.scrollTo(left, top);
  scrollTo(...kept.place);
}

// The newer parts take the places of the older ones; figures that both have are carried over, drawings and all.
function takeOver(newer) {
  const main = document.querySelector("main");
  const parts = [...newer.querySelector("main").children].map((part) => document.adoptNode(part));
  for (const part of parts) {
    for (const figure of part.querySelectorAll(".figure[id]")) {
      const old = element(figure.id);
      if (old && main.contains(old)) figure.replaceWith(old);
    }
  }
  main.replaceChildren(...parts);
  document.title = newer.title;
}

function refresh(html) {
  const newer = new DOMParser().parseFromString(html, "text/html");
  if (!newer.getElementById("report-data")) throw new Error("not a newer version of this page");
  const kept = keptByReader();
  const meanings = meaningOf(state.brushes, report.axes);
  takeOver(newer);
  element("report-data").textContent = newer.getElementById("report-data").textContent;
  readData(document);
  state.brushes = brushesFor(meanings, report.axes);
  if (!report.curves.metrics.includes(state.metric)) state.metric = report.curves.metrics[0] ?? null;
  if (!byNumber.has(state.pinned)) state.pinned = null;
  for (const button of document.querySelectorAll("[data-metric]")) if (button.dataset.metric === state.metric) choose(button);
  takeBack(kept);
  watchFigures();
  showPairs();
  showCompared();
  applySelection();
  // Once the rows are filtered: a browser moves a table when rows above its window go.
  scrollBack(kept);
}

window.swatch = { refresh, drawAll, selected: () => (shown === null ? null : [...shown]) };
