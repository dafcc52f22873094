// When figures are drawn: once they are near the window, again when what they show has changed, all for paper.

// Figure to how it is built; every section's script adds its own.
const FIGURES = new Map();
// Those that have been drawn, and those that have changed since while they were out of sight.
const drawn = new Map();
const stale = new Set();
const near = new Set();

const watcher = new IntersectionObserver(
  (entries) => {
    for (const { target, isIntersecting } of entries) {
      if (!isIntersecting) near.delete(target.id);
      else {
        near.add(target.id);
        if (!drawn.has(target.id) || stale.has(target.id)) schedule(target.id);
      }
    }
    if (queue.length === 0) document.documentElement.dataset.ready = "true";
  },
  { rootMargin: "500px 0px" },
);

const queue = [];

function schedule(id) {
  if (!queue.includes(id)) queue.push(id);
  if (queue.length === 1) setTimeout(drawNext);
}

// One figure at a time, so that the page answers in between.
function drawNext() {
  const id = queue[0];
  if (id !== undefined) draw(id);
  queue.shift();
  if (queue.length) setTimeout(drawNext);
  else document.documentElement.dataset.ready = "true";
}

function draw(id) {
  const target = element(id);
  // A page without results has no such figure; before Plotly runs there is nothing to draw with.
  if (!target || !window.Plotly) return;
  const { build, whenDrawn } = FIGURES.get(id);
  const figure = build(target);
  stale.delete(id);
  if (!figure) return;
  const first = !drawn.has(id);
  drawn.set(id, figure);
  Plotly.react(target, figure.data, figure.layout, { ...CONFIG, ...figure.config });
  if (first && whenDrawn) whenDrawn(target);
}

function redraw(exceptFigure) {
  for (const id of drawn.keys()) {
    if (id === exceptFigure) continue;
    if (near.has(id)) schedule(id);
    else stale.add(id);
  }
}

function drawAll() {
  for (const id of FIGURES.keys()) draw(id);
}

function watchFigures() {
  for (const id of drawn.keys()) if (!element(id)) drawn.delete(id);
  for (const target of document.querySelectorAll(".figure")) watcher.observe(target);
}

matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
  for (const id of drawn.keys()) stale.add(id);
  redraw();
});

// --- paper ---

// Some are drawn wider and shrunk as a whole: the parallel coordinates for their labels, slices to fit a sheet.
function drawnWidth(target) {
  const asked = [target.style.minWidth, target.dataset.paperWidth].map((width) => Number.parseFloat(width) || 0);
  return Math.max(PAPER_WIDTH, ...asked);
}

function resize(forPaper) {
  for (const id of drawn.keys()) {
    const target = element(id);
    const width = drawnWidth(target);
    target.style.zoom = forPaper ? PAPER_WIDTH / width : "";
    Plotly.relayout(target, forPaper ? { width } : { width: null, autosize: true });
  }
}

// A figure chooses its columns and ticks by its place's width, so the place has it before the figure is built.
function setPlaces(forPaper) {
  for (const id of FIGURES.keys()) {
    const target = element(id);
    if (target) target.style.width = forPaper ? `${drawnWidth(target)}px` : "";
  }
}

addEventListener("beforeprint", () => {
  document.documentElement.classList.add("printing");
  setPlaces(true);
  drawAll();
  resize(true);
});
addEventListener("afterprint", () => {
  document.documentElement.classList.remove("printing");
  setPlaces(false);
  resize(false);
  drawAll();
});
