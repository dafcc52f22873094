// Which trials the reader looks at: brushed axes and a bar that the objective has to reach. All figures, lists and
// tables follow it.

// The objective's axis among the parameters'.
const OBJECTIVE = "";
const state = { metric: report.curves.metrics[0] ?? null, pinned: null, brushes: new Map(), bar: null, isBelow: false, pairs: [0, 1] };
// Numbers of the trials that are shown; null: all of them.
let shown = null;

const isShown = (trial) => shown === null || shown.has(trial.number);

function clipped(value) {
  const [low, high] = shownRange();
  return Math.min(Math.max(value, low), high);
}

function placeOn(key, trial) {
  if (key === OBJECTIVE) return trial.value === null ? null : clipped(trial.value);
  const axis = report.axes.find((each) => each.key === key);
  return axis ? axis.positions[trial.index] : null;
}

// The bar keeps the good trials, or the bad ones that fail it.
function passesBar(trial) {
  if (state.bar === null) return true;
  if (trial.value === null) return false;
  return state.isBelow ? trial.value === state.bar || !isAsGood(trial.value, state.bar) : isAsGood(trial.value, state.bar);
}

function chosenTrials() {
  if (state.brushes.size === 0 && state.bar === null) return null;
  const fits = (trial) =>
    passesBar(trial) &&
    [...state.brushes].every(([key, ranges]) => {
      const place = placeOn(key, trial);
      return place !== null && trial.value !== null && ranges.some(([low, high]) => place >= low && place <= high);
    });
  return new Set([...byNumber.values()].filter(fits).map((trial) => trial.number));
}

// The values that a figure's axis covers: those on the bar's side, else all but the outliers.
function shownRange() {
  if (state.bar === null) return report.focus;
  const values = report.trials.map((trial) => trial.value).filter((value) => value !== null);
  return isMaximised() !== state.isBelow ? [state.bar, Math.max(...values)] : [Math.min(...values), state.bar];
}

function focusedRange() {
  const [low, high] = shownRange();
  const margin = (high - low || Math.abs(high) * 0.02 || 1) * 0.08;
  return [low - margin, high + margin];
}

function applySelection(exceptFigure) {
  shown = chosenTrials();
  for (const row of document.querySelectorAll("[data-trial]")) {
    row.hidden = shown !== null && !shown.has(Number(row.dataset.trial));
    row.classList.toggle("pinned", Number(row.dataset.trial) === state.pinned);
  }
  for (const item of document.querySelectorAll("[data-trials]")) {
    item.hidden = shown !== null && !item.dataset.trials.split(" ").some((number) => shown.has(Number(number)));
  }
  const note = shown ? `${shown.size} of ${report.trials.length} trials selected.` : "";
  for (const id of ["selection-note", "table-note"]) if (element(id)) element(id).textContent = note;
  for (const each of document.querySelectorAll(".of-all")) each.hidden = shown === null;
  if (element("clear-selection")) element("clear-selection").hidden = shown === null;
  showControls();
  noteOutliers();
  redraw(exceptFigure);
}

// --- the bar: only trials at least as good as this, or at most ---

function barChoices() {
  const values = [...new Set(report.trials.map((trial) => trial.value).filter((value) => value !== null))];
  // The first shows everything: the worst, or the best where the bad ones are looked at.
  return values.sort((a, b) => (isMaximised() !== state.isBelow ? a - b : b - a));
}

function showControls() {
  const slider = element("bar");
  if (!slider) return;
  const choices = barChoices();
  slider.max = choices.length - 1;
  const place = state.bar === null ? 0 : choices.findIndex((value) => passesBar({ value }));
  element("bar-side").value = String(state.isBelow);
  slider.value = place;
  const text = state.bar === null ? "any" : String(Number(state.bar.toPrecision(4)));
  element("bar-value").textContent = text;
  slider.setAttribute("aria-valuetext", text);
  showRange();
}

// --- brushing with sliders, for keyboards and fingers ---

const brushedAxis = () => report.axes.find((axis) => axis.key === element("brush-axis")?.value);

function showRange() {
  const axis = brushedAxis();
  if (!axis) return;
  const lowest = Math.min(0, ...axis.ticks.map((tick) => tick[0]));
  const [low, high] = state.brushes.get(axis.key)?.[0] ?? [lowest, 1];
  const step = axis.isDiscrete && axis.ticks.length > 1 && lowest === 0 ? 1 / (axis.ticks.length - 1) : 0.01;
  for (const [id, value] of [["brush-low", low], ["brush-high", high]]) {
    Object.assign(element(id), { min: lowest, max: 1, step });
    element(id).value = value;
    const text = labelAt(axis, Math.min(Math.max(value, lowest), 1));
    element(id).setAttribute("aria-valuetext", text);
    element(`${id}-value`).textContent = text;
  }
}

function brushBySliders() {
  const axis = brushedAxis();
  const [low, high] = ["brush-low", "brush-high"].map((id) => Number(element(id).value));
  const slack = 0.005;
  if (low <= Number(element("brush-low").min) && high >= 1) state.brushes.delete(axis.key);
  else state.brushes.set(axis.key, [[Math.min(low, high) - slack, Math.max(low, high) + slack]]);
  applySelection();
}

document.addEventListener("input", ({ target }) => {
  if (target.id === "bar-side") {
    state.isBelow = target.value === "true";
    applySelection();
  } else if (target.id === "bar") {
    state.bar = Number(target.value) === 0 ? null : barChoices()[Number(target.value)];
    applySelection();
  } else if (target.id === "brush-axis") showRange();
  else if (target.id === "brush-low" || target.id === "brush-high") brushBySliders();
});

function clearSelection() {
  state.brushes.clear();
  state.bar = null;
  applySelection();
}

// --- a trial that is kept drawn ---

function pin(number) {
  state.pinned = state.pinned === number ? null : number;
  applySelection();
}

function pinOnClick(target) {
  target.on("plotly_click", (event) => {
    const number = event.points[0].customdata?.[0];
    if (number !== undefined) pin(number);
  });
}
