// What the forest expects over two parameters at a time, all others averaged.

function contourFigure(place) {
  const pair = report.pairs[state.pairs[place]];
  if (!pair) return null;
  const [first, second] = pair.axes.map((index) => report.axes[index]);
  const trials = [...byNumber.values()].filter((trial) => trial.value !== null && isShown(trial));
  const best = byNumber.get(state.pinned ?? report.best);
  const stepped = first.isDiscrete || second.isDiscrete;
  const scale = colourScale();
  const along = (axis) => axisStyle(plain(shorten(axis.name, 28)), {
    showgrid: false, range: [axis.isDiscrete ? -0.5 / Math.max(axis.ticks.length - 1, 1) : -0.02, axis.isDiscrete ? 1 + 0.5 / Math.max(axis.ticks.length - 1, 1) : 1.02],
    tickvals: axis.ticks.map((tick) => tick[0]), ticktext: axis.ticks.map((tick) => plain(shorten(tick[1], 12))),
  });
  const marks = { type: "scatter", mode: "markers", hovertemplate: HOVER };
  const data = [
    {
      type: stepped ? "heatmap" : "contour", x: pair.x, y: pair.y, z: pair.z, zauto: true, hovertemplate: `expected %{z:.4~g}<extra></extra>`,
      colorscale: isMaximised() ? scale : scale.map(([at], index) => [at, scale[scale.length - 1 - index][1]]),
      ncontours: 14, line: { width: 0.6, color: colour("surface") }, xgap: 1, ygap: 1,
      colorbar: { thickness: 10, outlinewidth: 0, tickfont: { color: colour("muted"), size: 11 }, nticks: 5 },
    },
    { ...marks, x: trials.map((trial) => shifted(first, trial)), y: trials.map((trial) => shifted(second, trial)), customdata: hoverOf(trials), marker: { size: trials.length > 150 ? 4 : 6, color: colour("surface"), opacity: 0.9, line: { width: 1, color: colour("text") } } },
  ];
  if (best && best.value !== null && isShown(best)) {
    data.push({ ...marks, x: [shifted(first, best)], y: [shifted(second, best)], customdata: hoverOf([best]), marker: { symbol: "star", size: 14, color: colour("highlight"), line: { width: 1, color: colour("surface") } } });
  }
  // What is not used in a trial has no place in the plane.
  for (const trace of data.slice(1)) {
    const kept = trace.x.map((_, index) => index).filter((index) => trace.x[index] > -0.12 && trace.y[index] > -0.12);
    for (const part of ["x", "y", "customdata"]) trace[part] = kept.map((index) => trace[part][index]);
  }
  return { data, layout: baseLayout({ showlegend: false, xaxis: along(first), yaxis: along(second), margin: { l: 60, r: 10, t: 10, b: 48 } }), config: { displayModeBar: false } };
}

for (const place of [0, 1]) {
  FIGURES.set(`figure-contour-${place}`, { build: () => contourFigure(place), whenDrawn: pinOnClick });
}

function showPairs() {
  for (const select of document.querySelectorAll("[data-pair]")) {
    if (state.pairs[select.dataset.pair] >= report.pairs.length) state.pairs[select.dataset.pair] = 0;
    select.value = state.pairs[select.dataset.pair];
  }
}

document.addEventListener("change", ({ target }) => {
  if (target.dataset.pair === undefined) return;
  state.pairs[target.dataset.pair] = Number(target.value);
  draw(`figure-contour-${target.dataset.pair}`);
});
