// Line figures that the pages of a run and of a comparison share: drawing, themes, paper, the newest data.

const figures = new Map();

function drawLines(target, traces, layout) {
  figures.set(target, () => [traces(), layout()]);
  if (window.Plotly) redraw(target);
}

function redraw(target) {
  const [data, layout] = figures.get(target)();
  Plotly.react(target, data, baseLayout(layout), { ...CONFIG, displayModeBar: "hover" });
}

const redrawAll = () => figures.forEach((_, target) => redraw(target));

function startFigures(draw) {
  draw();
  const begin = async () => {
    await loadPlotly();
    redrawAll();
    document.documentElement.dataset.ready = "true";
  };
  // After the first paint; a page in a background tab paints no frame.
  let started = false;
  const once = () => {
    if (!started) begin();
    started = true;
  };
  requestAnimationFrame(() => setTimeout(once));
  setTimeout(once, 250);
}

// A print is laid out after its figures are drawn: their places on paper cannot be measured.
const PANEL_GAP = 28;
const paperWidth = (target) => (target.closest(".panels") ? (PAPER_WIDTH - PANEL_GAP) / 2 : PAPER_WIDTH);

matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redrawAll);
for (const [name, forPaper] of [["beforeprint", true], ["afterprint", false]]) {
  addEventListener(name, () => {
    document.documentElement.classList.toggle("printing", forPaper);
    redrawAll();
    for (const target of figures.keys()) {
      Plotly.relayout(target, forPaper ? { width: paperWidth(target) } : { width: null, autosize: true });
    }
  });
}

// Takes over the named parts of a newer version of the page, where they are other ones, and the figures' data.
function takeOver(html, parts) {
  const fresh = new DOMParser().parseFromString(html, "text/html");
  for (const selector of parts) {
    const [old, next] = [document.querySelector(selector), fresh.querySelector(selector)];
    if (old && next && old.innerHTML !== next.innerHTML) old.replaceWith(document.adoptNode(next));
  }
  const data = fresh.getElementById("page-data").textContent;
  document.getElementById("page-data").textContent = data;
  return JSON.parse(data);
}
