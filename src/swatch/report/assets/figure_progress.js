// The best value so far, over the trials, beside what random search would have reached.

function trialRange() {
  const numbers = report.trials.map((trial) => trial.number);
  const margin = Math.max(0.5, numbers.length / 50);
  return [numbers[0] - margin, numbers.at(-1) + margin];
}

const FAINT = 0.1;
const opacities = (trials) => trials.map((trial) => (isShown(trial) ? 0.85 : FAINT));

function markers(state, trials) {
  return {
    type: "scatter",
    mode: "markers",
    name: state.label,
    x: trials.map((trial) => trial.number),
    y: trials.map((trial) => trial.value),
    customdata: hoverOf(trials),
    hovertemplate: HOVER,
    // Over the seeds of a trial, where it has several.
    error_y: trials.some((trial) => trial.spread !== null)
      ? { type: "data", array: trials.map((trial) => (isShown(trial) ? (trial.spread ?? 0) : 0)), thickness: 1, width: 3, color: colour(state.colour) }
      : undefined,
    marker: { color: colour(state.colour), symbol: state.symbol, size: report.trials.length > 150 ? 6 : 8, opacity: opacities(trials) },
  };
}

function runningBest() {
  let best = null;
  return report.trials.map((trial) => {
    if (trial.value !== null && isShown(trial) && (best === null || isAsGood(trial.value, best))) best = trial.value;
    return best;
  });
}

function baselineTraces() {
  const line = report.baseline;
  if (!line) return [];
  const x = line.expected.map((_, index) => report.trials[index].number);
  const shared = { type: "scatter", mode: "lines", x, hoverinfo: "skip", legendgroup: "baseline" };
  return [
    { ...shared, y: line.low, line: { width: 0 }, showlegend: false },
    { ...shared, y: line.high, line: { width: 0 }, fill: "tonexty", fillcolor: colour("band"), showlegend: false },
    { ...shared, y: line.expected, name: "random search, expected", line: { color: colour("muted"), width: 1.6, dash: "dash" } },
  ];
}

function progressFigure() {
  const range = focusedRange();
  const traces = baselineTraces();
  for (const each of STATES) {
    traces.push(markers(each, report.trials.filter((trial) => each.names.includes(trial.state) && trial.value !== null)));
  }
  // Trials without a value have no height: they sit in a strip along the lower edge, on an axis of their own.
  const without = report.trials.filter((trial) => trial.value === null && !["running", "waiting"].includes(trial.state));
  traces.push({
    type: "scatter",
    mode: "markers",
    name: "no result",
    yaxis: "y2",
    x: without.map((trial) => trial.number),
    y: without.map(() => 0.025),
    customdata: hoverOf(without),
    hovertemplate: HOVER,
    marker: { color: colour("failed"), symbol: "x-thin-open", size: 8, opacity: opacities(without), line: { width: 2, color: colour("failed") } },
  });
  traces.push({
    type: "scatter",
    mode: "lines",
    name: shown ? "best so far of the selected" : "best so far",
    x: report.trials.map((trial) => trial.number),
    y: runningBest(),
    line: { color: colour("text"), width: 2, shape: "hv" },
    hoverinfo: "skip",
  });
  const marked = byNumber.get(state.pinned ?? report.best);
  if (marked && marked.value !== null && isShown(marked)) {
    traces.push({
      type: "scatter",
      mode: "markers",
      name: state.pinned === null ? "best" : `trial ${state.pinned}`,
      x: [marked.number],
      y: [marked.value],
      hoverinfo: "skip",
      marker: { color: "rgba(0,0,0,0)", size: 16, line: { color: colour("highlight"), width: 2.5 } },
    });
  }
  return {
    data: traces.filter((trace) => trace.x.length > 0),
    layout: baseLayout({
      xaxis: countingAxis("trial", report.trials.length, { showgrid: false, nticks: 12, range: trialRange() }),
      yaxis: axisStyle(plain(report.metricLabel), { range }),
      yaxis2: { overlaying: "y", range: [0, 1], visible: false, fixedrange: true },
    }),
  };
}

FIGURES.set("figure-progress", { build: progressFigure, whenDrawn: pinOnClick });

function noteOutliers() {
  const note = element("progress-note");
  if (!report.focus || !note) return;
  const [low, high] = report.focus;
  const beyond = report.trials.filter((trial) => trial.value !== null && (trial.value < low || trial.value > high)).length;
  const side = isMaximised() ? "below" : "above";
  note.textContent = beyond && state.bar === null
    ? `${beyond} ${beyond === 1 ? "lies" : "lie"} ${side} the picture; double-click it to see ${beyond === 1 ? "it" : "them"}.`
    : "";
}
