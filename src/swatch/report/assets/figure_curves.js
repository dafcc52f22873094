// Every trial's curves of one metric.

const CURVE_HOVER = "%{customdata[1]}<br>at %{x}: <b>%{y:.5~g}</b><extra></extra>";

function push(columns, x, y, customdata) {
  columns.x.push(x);
  columns.y.push(y);
  columns.customdata.push(customdata);
}

function epochScale(drawn) {
  const places = drawn.flatMap((trial) => report.curves.trials[trial.number].x).filter((x) => x !== null);
  if (places.length === 0) return {};
  const first = places.reduce((a, b) => Math.min(a, b));
  const last = places.reduce((a, b) => Math.max(a, b));
  const margin = (last - first || 1) * 0.02;
  return { range: [first - margin, last + margin], dtick: last - first <= 10 ? 1 : undefined };
}

function curvesFigure() {
  const { metric, pinned } = state;
  const trials = report.trials.filter((trial) => report.curves.trials[trial.number] && isShown(trial));
  const scale = colourScale().map((step) => step[1]);
  const ranks = ranksOf(trials);
  const traces = [];
  for (const state of STATES) {
    const ends = { x: [], y: [], customdata: [] };
    const lines = scale.map(() => ({ x: [], y: [], customdata: [] }));
    for (const trial of trials.filter((each) => state.names.includes(each.state))) {
      const about = [trial.number, hoverTexts.get(trial.number)];
      const curve = report.curves.trials[trial.number];
      const known = curve.y[metric].map((value, index) => [curve.x[index], value]).filter((point) => point[1] !== null);
      if (known.length === 0) continue;
      // The curves of one colour are one trace with gaps: hundreds of traces would take seconds to draw.
      const line = lines[Math.round((ranks.get(trial.number) ?? 0) * (scale.length - 1))];
      for (const [x, y] of [...known, [null, null]]) push(line, x, y, about);
      push(ends, ...known.at(-1), about);
    }
    if (ends.x.length === 0) continue;
    const shared = { type: "scatter", legendgroup: state.label, hovertemplate: CURVE_HOVER };
    const width = trials.length > 150 ? 0.9 : 1.4;
    lines.forEach((line, index) => {
      if (line.x.length) traces.push({ ...shared, ...line, mode: "lines", showlegend: false, line: { color: scale[index], width, dash: state.dash } });
    });
    traces.push({ ...shared, ...ends, mode: "markers", name: state.label, opacity: 0.85, marker: { color: colour(state.colour), symbol: state.symbol, size: trials.length > 150 ? 5 : 7 } });
  }
  const marked = pinned ?? report.best;
  const curve = report.curves.trials[marked];
  if (curve && (shown === null || shown.has(marked))) {
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
  if (metric === report.metric) yaxis.range = curveRange(trials, metric);
  return {
    data: traces,
    layout: baseLayout({ xaxis: axisStyle(report.curves.xLabel, { showgrid: false, tickformat: ",~g", ...epochScale(trials) }), yaxis }),
  };
}

// Leaves out the worst twentieth of the points, so that one bad start does not flatten all the rest.
function curveRange(drawn, metric) {
  const values = drawn.flatMap((trial) => report.curves.trials[trial.number].y[metric]).filter((value) => value !== null);
  if (state.bar !== null) return focusedRange();
  if (values.length < 20) return undefined;
  values.sort((a, b) => a - b);
  const cut = Math.floor(values.length / 20);
  const [low, high] =
    isMaximised() ? [values[cut], values.at(-1)] : [values[0], values.at(-1 - cut)];
  const margin = (high - low || 1) * 0.06;
  return [low - margin, high + margin];
}

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

FIGURES.set("figure-curves", { build: curvesFigure, whenDrawn: followPointer });

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-metric]");
  if (!button) return;
  choose(button);
  state.metric = button.dataset.metric;
  draw("figure-curves");
});
