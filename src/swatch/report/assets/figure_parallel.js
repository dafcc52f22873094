// Parallel coordinates: one line per trial, whose axes are brushed.

function parallelFigure(target) {
  const sign = isMaximised() ? 1 : -1;
  // The good lines are drawn last, over the others.
  const order = [...byNumber.values()]
    .filter((trial) => trial.value !== null && passesBar(trial))
    .sort((a, b) => sign * (a.value - b.value) || b.number - a.number);
  const [low, high] = shownRange();
  const values = order.map((trial) => Math.min(Math.max(trial.value, low), high));
  // Coloured by rank: a few bad trials would otherwise leave all the good ones in one colour.
  const ranks = ranksOf(order);
  const spread = high - low || 1;
  const ticks = [0, 1, 2, 3, 4].map((index) => low + (spread * index) / 4);
  const digits = Math.max(2, Math.min(6, Math.ceil(-Math.log10(spread)) + 2));
  const dimensions = report.axes.map((axis) => ({
    key: axis.key,
    name: shorten(axis.name, 22) + (axis.isLog ? " (log)" : ""),
    values: order.map((trial) => axis.positions[trial.index]),
    range: [Math.min(0, ...axis.ticks.map((tick) => tick[0])), 1],
    tickvals: axis.ticks.map((tick) => tick[0]),
    // Unlike every other text of Plotly's, these ticks are not read as HTML.
    ticktext: axis.ticks.map((tick) => shorten(tick[1], 18)),
  }));
  dimensions.push({
    key: OBJECTIVE,
    name: shorten(report.metricLabel, 24),
    values,
    range: [low, low + spread],
    tickvals: ticks,
    ticktext: ticks.map((value, index) => {
      const beyond = order.some((trial) => (index === 0 && trial.value < low) || (index === 4 && trial.value > high));
      const text = value.toPrecision(digits).replace(/(\.\d*?)0+$/, "$1").replace(/\.$/, "");
      return beyond ? `${index === 0 ? "≤" : "≥"} ${text}` : text;
    }),
  });
  dimensions.forEach((each, index) => {
    each.label = index === dimensions.length - 1 ? `<b>${plain(each.name)}</b>` : plain(each.name);
    const ranges = state.brushes.get(each.key);
    if (ranges) each.constraintrange = ranges.length === 1 ? ranges[0] : ranges;
  });
  // Axes are evenly spaced: the two longest neighbouring names say how far apart.
  const widths = dimensions.map((each) => 16 + 7.4 * each.name.length);
  const spacing = Math.max(96, ...widths.slice(1).map((width, index) => (width + widths[index]) / 2));
  const longest = Math.max(...dimensions.flatMap((each) => each.ticktext.map((text) => text.length)));
  const margin = { l: Math.max(48, 18 + 7.2 * longest), r: 80, t: 44, b: 20 };
  // Below this width labels run into each other; the figure then scrolls inside its frame.
  target.style.minWidth = `${Math.round(margin.l + margin.r + (dimensions.length - 1) * spacing)}px`;
  return {
    // Plotly would draw at twice the screen's resolution: four times the work, and thinner, paler lines.
    config: { displayModeBar: false, plotGlPixelRatio: devicePixelRatio },
    data: [
      {
        type: "parcoords",
        dimensions,
        line: { color: order.map((trial) => ranks.get(trial.number)), colorscale: colourScale(), cmin: 0, cmax: 1, showscale: false },
        labelfont: { size: 13, color: colour("text"), family: FONT },
        tickfont: { size: 12, color: colour("text"), family: FONT },
        rangefont: { size: 1, color: "rgba(0,0,0,0)" },
        unselected: { line: { color: colour("muted"), opacity: 0.08 } },
        labelside: "top",
      },
    ],
    layout: baseLayout({ margin }),
  };
}

function readBrushes(target) {
  const known = new Set([OBJECTIVE, ...report.axes.map((axis) => axis.key)]);
  state.brushes.clear();
  for (const { key, constraintrange } of target.data[0].dimensions) {
    if (!known.has(key) || !constraintrange?.length) continue;
    state.brushes.set(key, Array.isArray(constraintrange[0]) ? constraintrange : [constraintrange]);
  }
  // This figure shows its brushes itself.
  applySelection(target.id);
}

const canDrawParallel = Boolean(document.createElement("canvas").getContext("webgl"));

FIGURES.set("figure-parallel", {
  build(target) {
    if (canDrawParallel) return parallelFigure(target);
    target.textContent = "This figure needs WebGL, which this browser does not offer. The sliders below select trials too.";
    target.className = "note";
    return null;
  },
  whenDrawn: (target) => target.on("plotly_restyle", () => readBrushes(target)),
});
