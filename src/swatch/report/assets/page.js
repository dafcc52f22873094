// When figures are drawn, and what the page's controls do.

const state = { metric: report.curves.metrics[0] ?? null, pinned: null, selected: null };
const drawn = new Map();

function draw(id, build, whenDrawn) {
  const target = element(id);
  // A page without results has no such figure; before Plotly runs there is nothing to draw with.
  if (!target || !window.Plotly) return;
  const first = !drawn.has(id);
  const figure = build();
  drawn.set(id, figure);
  Plotly.react(target, figure.data, figure.layout, { ...CONFIG, ...figure.config });
  if (first && whenDrawn) whenDrawn(target);
}

const drawProgress = () => draw("figure-progress", () => progressFigure(state.pinned), pinOnClick);
const drawCurves = () =>
  draw("figure-curves", () => curvesFigure(state.metric, state.selected, state.pinned), followPointer);

function drawParallel() {
  const target = element("figure-parallel");
  if (target && !document.createElement("canvas").getContext("webgl")) {
    target.textContent = "This figure needs WebGL, which this browser does not offer.";
    target.className = "note";
    return;
  }
  const build = () => {
    const figure = parallelFigure();
    // Below this width labels run into each other; the figure then scrolls inside its frame.
    target.style.minWidth = `${figure.minWidth}px`;
    const kept = new Map(target.data?.[0].dimensions.map((each) => [each.label, each.constraintrange]));
    for (const each of figure.dimensions) {
      if (kept.get(each.label)) each.constraintrange = kept.get(each.label);
    }
    return figure;
  };
  draw("figure-parallel", build, () => target.on("plotly_restyle", () => select(brushed())));
}

function drawAll() {
  drawProgress();
  drawParallel();
  drawCurves();
}

// --- pointing, pinning, selecting ---

// The curve under the pointer is drawn over the figure, not by Plotly, which would draw hundreds of curves anew
// for every movement.
function followPointer(target) {
  const labels = target.querySelector(".hoverlayer").closest("svg");
  labels.insertAdjacentHTML("beforebegin", '<svg class="pointed-at"><path/></svg>');
  const overlay = labels.previousElementSibling;
  const path = overlay.firstElementChild;
  const show = (number) => {
    target.dataset.pointedAt = number ?? "";
    const curve = report.curves.trials[number];
    const { xaxis, yaxis } = target._fullLayout;
    const place = { left: xaxis._offset, top: yaxis._offset, width: xaxis._length, height: yaxis._length };
    for (const [side, pixels] of Object.entries(place)) overlay.style[side] = `${pixels}px`;
    const points = curve ? curve.x.map((x, index) => [x, curve.y[state.metric][index]]) : [];
    const known = points.filter((point) => point[1] !== null).map(([x, y]) => `${xaxis.d2p(x)} ${yaxis.d2p(y)}`);
    path.setAttribute("d", known.length ? `M${known.join("L")}` : "");
  };
  target.on("plotly_hover", (event) => show(event.points[0].customdata?.[0] ?? null));
  target.on("plotly_unhover", () => show(null));
  target.on("plotly_afterplot", () => show(null));
  pinOnClick(target);
}

function pinOnClick(target) {
  target.on("plotly_click", (event) => {
    const number = event.points[0].customdata?.[0];
    if (number !== undefined) pin(number);
  });
}

function pin(number) {
  state.pinned = state.pinned === number ? null : number;
  for (const row of document.querySelectorAll("#trial-table tbody tr")) {
    row.classList.toggle("pinned", Number(row.dataset.trial) === state.pinned);
  }
  drawProgress();
  drawCurves();
}

function brushed() {
  const { numbers } = drawn.get("figure-parallel");
  const { dimensions } = element("figure-parallel").data[0];
  const limits = dimensions
    .filter((each) => each.constraintrange && each.constraintrange.length)
    .map((each) => ({
      values: each.values,
      ranges: Array.isArray(each.constraintrange[0]) ? each.constraintrange : [each.constraintrange],
    }));
  if (limits.length === 0) return null;
  return new Set(
    numbers.filter((_, index) =>
      limits.every(({ values, ranges }) => ranges.some(([low, high]) => values[index] >= low && values[index] <= high)),
    ),
  );
}

function select(numbers) {
  state.selected = numbers;
  for (const row of document.querySelectorAll("#trial-table tbody tr")) {
    row.hidden = numbers !== null && !numbers.has(Number(row.dataset.trial));
  }
  const note = numbers ? `${numbers.size} of ${report.trials.length} trials selected.` : "";
  element("selection-note").textContent = note;
  element("table-note").textContent = note;
  element("clear-selection").hidden = numbers === null;
  drawCurves();
}

element("clear-selection")?.addEventListener("click", () => {
  const target = element("figure-parallel");
  for (const dimension of target.data[0].dimensions) delete dimension.constraintrange;
  drawParallel();
  select(null);
});

element("trial-table")?.tBodies[0].addEventListener("click", (event) => {
  const row = event.target.closest("tr");
  if (row && !String(getSelection())) pin(Number(row.dataset.trial));
});

// --- buttons ---

for (const button of document.querySelectorAll("[data-metric]")) {
  button.addEventListener("click", () => {
    choose(button);
    state.metric = button.dataset.metric;
    drawCurves();
  });
}

// --- drawing, themes, paper ---

if (report.focus && element("progress-note")) {
  const [low, high] = report.focus;
  const beyond = report.trials.filter((trial) => trial.value !== null && (trial.value < low || trial.value > high)).length;
  if (beyond) {
    const side = report.goal === "maximize" ? "below" : "above";
    element("progress-note").textContent = `${beyond} ${beyond === 1 ? "lies" : "lie"} ${side} the picture; double-click it to see ${beyond === 1 ? "it" : "them"}.`;
  }
}

matchMedia("(prefers-color-scheme: dark)").addEventListener("change", drawAll);

const PAPER_WIDTH = 680;

function resize(forPaper) {
  for (const id of drawn.keys()) {
    const target = element(id);
    // The parallel coordinates keep the width that their labels need and are shrunk as a whole.
    const width = Math.max(PAPER_WIDTH, Number.parseFloat(target.style.minWidth) || 0);
    target.style.zoom = forPaper ? PAPER_WIDTH / width : "";
    Plotly.relayout(target, forPaper ? { width } : { width: null, autosize: true });
  }
}
addEventListener("beforeprint", () => {
  document.documentElement.classList.add("printing");
  drawAll();
  resize(true);
});
addEventListener("afterprint", () => {
  document.documentElement.classList.remove("printing");
  resize(false);
  drawAll();
});

// Plotly's five megabytes take a browser a second. They lie in the page as text and run after its first
// paint, so that everything but the figures can be read and used at once.
function runPlotly() {
  const script = document.createElement("script");
  script.textContent = element("plotly-source").textContent;
  document.head.append(script);
}

// One step a frame, the slowest figure last.
const queue = [runPlotly, drawProgress, drawCurves, drawParallel];
function next() {
  const task = queue.shift();
  if (!task) {
    document.documentElement.dataset.ready = "true";
    return;
  }
  task();
  setTimeout(next);
}
let started = false;
function start() {
  if (!started) next();
  started = true;
}
requestAnimationFrame(() => setTimeout(start));
// A page in a background tab paints no frame.
setTimeout(start, 250);
