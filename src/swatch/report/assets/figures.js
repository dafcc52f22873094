// The three figures. Each builder returns what Plotly draws; page.js decides when.

const report = JSON.parse(document.getElementById("report-data").textContent);
const byNumber = new Map(report.trials.map((trial, index) => [trial.number, { ...trial, index }]));

const STATES = [
  { names: ["finished"], label: "finished", colour: "finished", symbol: "circle", dash: "solid" },
  { names: ["stopped"], label: "stopped early", colour: "stopped", symbol: "diamond", dash: "dot" },
  { names: ["running", "waiting"], label: "still going", colour: "running", symbol: "circle-open", dash: "solid" },
  { names: ["failed", "crashed"], label: "failed", colour: "failed", symbol: "x-thin-open", dash: "dash" },
];

// Plotly reads a little HTML in labels; what users wrote must stay text.
const plain = (text) => String(text).replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;");
const shorten = (text, length) => (text.length > length ? `${text.slice(0, length - 1)}…` : text);

const hoverTexts = new Map(
  report.trials.map((trial) => {
    const lines = [`<b>Trial ${trial.number}</b> · ${plain(trial.state)}`];
    lines.push(`${plain(report.metricLabel)} <b>${plain(trial.text)}</b>`);
    for (const [name, value] of trial.parameters.slice(0, 14)) {
      lines.push(`${plain(shorten(name, 40))} ${plain(shorten(value, 40))}`);
    }
    if (trial.reason) lines.push(`<i>${plain(shorten(trial.reason, 90))}</i>`);
    return [trial.number, lines.join("<br>")];
  }),
);

function focusedRange() {
  const [low, high] = report.focus;
  const margin = (high - low || Math.abs(high) * 0.02 || 1) * 0.08;
  return [low - margin, high + margin];
}

function trialRange() {
  const numbers = report.trials.map((trial) => trial.number);
  const margin = Math.max(0.5, numbers.length / 50);
  return [numbers[0] - margin, numbers.at(-1) + margin];
}

function progressFigure(pinned) {
  const range = focusedRange();
  const traces = STATES.map((state) => {
    const shown = report.trials.filter((trial) => state.names.includes(trial.state) && trial.value !== null);
    return {
      type: "scatter",
      mode: "markers",
      name: state.label,
      x: shown.map((trial) => trial.number),
      y: shown.map((trial) => trial.value),
      customdata: shown.map((trial) => [trial.number, hoverTexts.get(trial.number)]),
      hovertemplate: "%{customdata[1]}<extra></extra>",
      // Over the seeds of a trial, where it has several.
      error_y: shown.some((trial) => trial.spread !== null)
        ? { type: "data", array: shown.map((trial) => trial.spread ?? 0), thickness: 1, width: 3, color: colour(state.colour) }
        : undefined,
      marker: { color: colour(state.colour), symbol: state.symbol, size: report.trials.length > 150 ? 6 : 8, opacity: 0.85 },
    };
  });
  // Trials without a value have no height: they sit in a strip along the lower edge, on an axis of their own.
  const without = report.trials.filter((trial) => trial.value === null && !["running", "waiting"].includes(trial.state));
  traces.push({
    type: "scatter",
    mode: "markers",
    name: "no result",
    yaxis: "y2",
    x: without.map((trial) => trial.number),
    y: without.map(() => 0.025),
    customdata: without.map((trial) => [trial.number, hoverTexts.get(trial.number)]),
    hovertemplate: "%{customdata[1]}<extra></extra>",
    marker: { color: colour("failed"), symbol: "x-thin-open", size: 8, line: { width: 2, color: colour("failed") } },
  });
  traces.push({
    type: "scatter",
    mode: "lines",
    name: "best so far",
    x: report.trials.map((trial) => trial.number),
    y: report.runningBest,
    line: { color: colour("text"), width: 2, shape: "hv" },
    hoverinfo: "skip",
  });
  const marked = byNumber.get(pinned ?? report.best);
  if (marked && marked.value !== null) {
    traces.push({
      type: "scatter",
      mode: "markers",
      name: pinned === null ? "best" : `trial ${pinned}`,
      x: [marked.number],
      y: [marked.value],
      hoverinfo: "skip",
      marker: { color: "rgba(0,0,0,0)", size: 16, line: { color: colour("highlight"), width: 2.5 } },
    });
  }
  return {
    data: traces.filter((trace) => trace.x.length > 0),
    layout: baseLayout({
      xaxis: axisStyle("trial", { showgrid: false, tickformat: "d", nticks: Math.min(12, report.trials.length + 1), range: trialRange() }),
      yaxis: axisStyle(plain(report.metricLabel), { range }),
      yaxis2: { overlaying: "y", range: [0, 1], visible: false, fixedrange: true },
    }),
  };
}

function parallelFigure() {
  const sign = report.goal === "maximize" ? 1 : -1;
  // The good lines are drawn last, over the others.
  const order = [...byNumber.values()]
    .filter((trial) => trial.value !== null)
    .sort((a, b) => sign * (a.value - b.value) || b.number - a.number);
  const [low, high] = report.focus;
  const values = order.map((trial) => Math.min(Math.max(trial.value, low), high));
  // Coloured by rank: a few bad trials would otherwise leave all the good ones in one colour.
  const ranks = ranksOf(order);
  const spread = high - low || 1;
  const ticks = [0, 1, 2, 3, 4].map((index) => low + (spread * index) / 4);
  const digits = Math.max(2, Math.min(6, Math.ceil(-Math.log10(spread)) + 2));
  const dimensions = report.axes.map((axis) => ({
    name: shorten(axis.name, 22) + (axis.isLog ? " (log)" : ""),
    values: order.map((trial) => axis.positions[trial.index]),
    range: [Math.min(0, ...axis.ticks.map((tick) => tick[0])), 1],
    tickvals: axis.ticks.map((tick) => tick[0]),
    // Unlike every other text of Plotly's, these ticks are not read as HTML.
    ticktext: axis.ticks.map((tick) => shorten(tick[1], 18)),
  }));
  dimensions.push({
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
  });
  // Axes are evenly spaced: the two longest neighbouring names say how far apart.
  const widths = dimensions.map((each) => 16 + 7.4 * each.name.length);
  const spacing = Math.max(96, ...widths.slice(1).map((width, index) => (width + widths[index]) / 2));
  const longest = Math.max(...dimensions.flatMap((each) => each.ticktext.map((text) => text.length)));
  const margin = { l: Math.max(48, 18 + 7.2 * longest), r: 80, t: 44, b: 20 };
  return {
    numbers: order.map((trial) => trial.number),
    dimensions,
    minWidth: Math.round(margin.l + margin.r + (dimensions.length - 1) * spacing),
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

const CURVE_HOVER = "%{customdata[1]}<br>at %{x}: <b>%{y:.5~g}</b><extra></extra>";

function push(columns, x, y, customdata) {
  columns.x.push(x);
  columns.y.push(y);
  columns.customdata.push(customdata);
}

// Trial number to 0 (worst) … 1 (best); equal values share a rank, trials without a value have none.
function ranksOf(trials) {
  const sign = report.goal === "maximize" ? 1 : -1;
  const order = trials.filter((trial) => trial.value !== null).sort((a, b) => sign * (a.value - b.value));
  const ranks = new Map();
  for (let index = order.length - 1, rank = index; index >= 0; index -= 1) {
    if (order[index].value !== order[rank].value) rank = index;
    ranks.set(order[index].number, order.length > 1 ? rank / (order.length - 1) : 1);
  }
  return ranks;
}

function epochScale(drawn) {
  const places = drawn.flatMap((trial) => report.curves.trials[trial.number].x).filter((x) => x !== null);
  if (places.length === 0) return {};
  const first = places.reduce((a, b) => Math.min(a, b));
  const last = places.reduce((a, b) => Math.max(a, b));
  const margin = (last - first || 1) * 0.02;
  return { range: [first - margin, last + margin], dtick: last - first <= 10 ? 1 : undefined };
}

function curvesFigure(metric, selected, pinned) {
  const drawn = report.trials.filter((trial) => report.curves.trials[trial.number] && (!selected || selected.has(trial.number)));
  const scale = colourScale().map((step) => step[1]);
  const ranks = ranksOf(drawn);
  const traces = [];
  for (const state of STATES) {
    const ends = { x: [], y: [], customdata: [] };
    const lines = scale.map(() => ({ x: [], y: [], customdata: [] }));
    for (const trial of drawn.filter((each) => state.names.includes(each.state))) {
      const shown = [trial.number, hoverTexts.get(trial.number)];
      const curve = report.curves.trials[trial.number];
      const known = curve.y[metric].map((value, index) => [curve.x[index], value]).filter((point) => point[1] !== null);
      if (known.length === 0) continue;
      // The curves of one colour are one trace with gaps: hundreds of traces would take seconds to draw.
      const line = lines[Math.round((ranks.get(trial.number) ?? 0) * (scale.length - 1))];
      for (const [x, y] of [...known, [null, null]]) push(line, x, y, shown);
      push(ends, ...known.at(-1), shown);
    }
    if (ends.x.length === 0) continue;
    const shared = { type: "scatter", legendgroup: state.label, hovertemplate: CURVE_HOVER };
    const width = drawn.length > 150 ? 0.9 : 1.4;
    lines.forEach((line, index) => {
      if (line.x.length) traces.push({ ...shared, ...line, mode: "lines", showlegend: false, line: { color: scale[index], width, dash: state.dash } });
    });
    traces.push({ ...shared, ...ends, mode: "markers", name: state.label, opacity: 0.85, marker: { color: colour(state.colour), symbol: state.symbol, size: drawn.length > 150 ? 5 : 7 } });
  }
  const marked = pinned ?? report.best;
  const curve = report.curves.trials[marked];
  if (curve && (!selected || selected.has(marked))) {
    traces.push({
      type: "scatter",
      mode: "lines+markers",
      name: pinned === null ? `trial ${marked} (best)` : `trial ${marked}`,
      x: curve.x,
      y: curve.y[metric],
      customdata: curve.x.map(() => [marked, hoverTexts.get(marked)]),
      hovertemplate: CURVE_HOVER,
      line: { color: colour("highlight"), width: 2.6 },
      marker: { size: 5 },
    });
  }
  const label = report.curves.labels[report.curves.metrics.indexOf(metric)];
  const yaxis = axisStyle(plain(label));
  if (metric === report.metric) yaxis.range = curveRange(drawn, metric);
  return {
    data: traces,
    layout: baseLayout({ xaxis: axisStyle(report.curves.xLabel, { showgrid: false, tickformat: ",~g", ...epochScale(drawn) }), yaxis }),
  };
}

// Leaves out the worst twentieth of the points, so that one bad start does not flatten all the rest.
function curveRange(drawn, metric) {
  const values = drawn.flatMap((trial) => report.curves.trials[trial.number].y[metric]).filter((value) => value !== null);
  if (values.length < 20) return undefined;
  values.sort((a, b) => a - b);
  const cut = Math.floor(values.length / 20);
  const [low, high] =
    report.goal === "maximize" ? [values[cut], values.at(-1)] : [values[0], values.at(-1 - cut)];
  const margin = (high - low || 1) * 0.06;
  return [low - margin, high + margin];
}
