// The objective against each parameter, with what the forest expects on average over all other parameters.

const LETTER_WIDTH = 7;
const MOST_SLICES = 12;
const SLICE_WIDTH = 250;
const SLICE_HEIGHT = 210;

// Choices lie side by side: a small shift that depends on the trial alone keeps their marks apart.
const shifted = (axis, trial) => {
  const position = axis.positions[trial.index];
  if (!axis.isDiscrete && position >= 0) return position;
  const room = 0.22 / Math.max(axis.ticks.length - 1, 1);
  return position + room * (((trial.number * 0.618034) % 1) - 0.5);
};

function sliceAxes() {
  const order = [...report.axes];
  const share = (axis) => axis.share ?? -1;
  return order.sort((a, b) => share(b) - share(a)).slice(0, MOST_SLICES);
}

// Labels that would run into each other are turned and take the place of the axis's name, which moves down.
function slantedTicks(axis, pixels) {
  const texts = axis.ticks.map((tick) => shorten(tick[1], 10));
  const room = (pixels / Math.max(texts.length - 1, 1)) * 0.8;
  const isTight = texts.length > 2 && texts.some((text) => text.length * LETTER_WIDTH > room);
  return isTight ? { tickangle: 40, tickfont: { color: colour("muted"), size: 10.5 } } : {};
}

function slicesFigure(target) {
  const axes = sliceAxes();
  const columns = Math.max(1, Math.min(axes.length, Math.floor(target.clientWidth / SLICE_WIDTH)));
  const rows = Math.ceil(axes.length / columns);
  target.style.height = `${rows * SLICE_HEIGHT + 50}px`;
  const trials = [...byNumber.values()].filter((trial) => trial.value !== null);
  const best = byNumber.get(state.pinned ?? report.best);
  const range = focusedRange();
  const layout = baseLayout({ showlegend: false, margin: { l: 60, r: 26, t: 8, b: 44 } });
  const data = [];
  const [gapX, gapY] = [0.28 / columns, 0.34 / rows];
  axes.forEach((axis, index) => {
    const [column, row] = [index % columns, Math.floor(index / columns)];
    const id = index === 0 ? "" : String(index + 1);
    const width = (1 - gapX * (columns - 1)) / columns;
    const height = (1 - gapY * (rows - 1)) / rows;
    const left = column * (width + gapX);
    const top = 1 - row * (height + gapY);
    const shared = { xaxis: `x${id}`, yaxis: `y${id}`, type: "scatter" };
    layout[`xaxis${id}`] = axisStyle(plain(shorten(axis.name, 28)), {
      domain: [left, left + width], anchor: `y${id}`, showgrid: false, automargin: false, zeroline: false,
      range: [Math.min(0, ...axis.ticks.map((tick) => tick[0])) - 0.13, 1.13], tickangle: 0, ticklabeloverflow: "allow",
      ...slantedTicks(axis, width * (target.clientWidth - 86)),
      tickvals: axis.ticks.map((tick) => tick[0]), ticktext: axis.ticks.map((tick) => (tick[0] < 0 ? "–" : plain(shorten(tick[1], 10)))),
    });
    layout[`yaxis${id}`] = axisStyle("", { domain: [Math.max(0, top - height), top], anchor: `x${id}`, range, automargin: false, nticks: 5, matches: id ? "y" : undefined });
    data.push({
      ...shared, mode: "markers", x: trials.map((trial) => shifted(axis, trial)), y: trials.map((trial) => trial.value), customdata: hoverOf(trials), hovertemplate: HOVER,
      marker: { size: trials.length > 150 ? 4 : 6, color: trials.map((trial) => colour(trial.state === "stopped" ? "stopped" : trial.state === "running" ? "running" : "finished")), opacity: trials.map((trial) => (isShown(trial) ? 0.7 : 0.07)) },
    });
    if (axis.model) {
      data.push({
        ...shared, mode: axis.isDiscrete ? "lines+markers" : "lines", x: axis.model[0], y: axis.model[1], hoverinfo: "skip",
        line: { color: colour("text"), width: 1.6, dash: axis.isDiscrete ? "dot" : "solid" }, marker: { symbol: "line-ew-open", size: 16, line: { width: 2.5 }, color: colour("text") },
      });
    }
    if (best && best.value !== null && isShown(best)) {
      data.push({ ...shared, mode: "markers", x: [shifted(axis, best)], y: [best.value], hoverinfo: "skip", marker: { symbol: "star", size: 13, color: colour("highlight"), line: { width: 1, color: colour("surface") } } });
    }
  });
  return { data, layout, config: { displayModeBar: false } };
}

FIGURES.set("figure-slices", { build: slicesFigure, whenDrawn: pinOnClick });
