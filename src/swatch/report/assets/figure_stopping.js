// Every comparison of the stopping rule: what a trial had, against what it had to reach.

function stoppingFigure() {
  const judged = [...byNumber.values()].filter((trial) => trial.decision && trial.decision.threshold !== null && trial.decision.value !== null && isShown(trial));
  const bars = { x: [], y: [] };
  for (const trial of judged) {
    bars.x.push(trial.number, trial.number, null);
    bars.y.push(trial.decision.threshold, trial.decision.value, null);
  }
  const data = [
    { type: "scatter", mode: "lines", ...bars, hoverinfo: "skip", showlegend: false, line: { color: colour("line"), width: 2 } },
    { type: "scatter", mode: "markers", name: "had to reach", x: judged.map((trial) => trial.number), y: judged.map((trial) => trial.decision.threshold), hoverinfo: "skip", marker: { symbol: "line-ew-open", size: 11, color: colour("text"), line: { width: 2 } } },
  ];
  for (const [stops, label, name, symbol] of [[false, "went on", "finished", "circle"], [true, "stopped", "stopped", "diamond"]]) {
    const some = judged.filter((trial) => trial.decision.stop === stops);
    data.push({
      type: "scatter", mode: "markers", name: label, x: some.map((trial) => trial.number), y: some.map((trial) => trial.decision.value),
      customdata: some.map((trial) => [trial.number, `<b>Trial ${trial.number}</b> · ${plain(trial.state)}<br>${plain(shorten(trial.decision.reason, 110))}`]),
      hovertemplate: HOVER, marker: { symbol, size: 8, color: colour(name), opacity: 0.9 },
    });
  }
  return {
    data: data.filter((trace) => trace.x.length > 0),
    layout: baseLayout({
      xaxis: countingAxis("trial", report.trials.length, { showgrid: false, range: trialRange() }),
      yaxis: axisStyle(plain(report.metricLabel), judged.length ? { range: stoppingRange(judged) } : {}),
    }),
  };
}

// Leaves out the worst tenth, so that one diverged trial does not flatten the rest.
function stoppingRange(judged) {
  const values = judged.flatMap((trial) => [trial.decision.value, trial.decision.threshold]).sort((a, b) => a - b);
  const cut = Math.floor(values.length / 20);
  const [low, high] = isMaximised() ? [values[cut], values.at(-1)] : [values[0], values.at(-1 - cut)];
  const margin = (high - low || Math.abs(high) * 0.02 || 1) * 0.08;
  return [low - margin, high + margin];
}

FIGURES.set("figure-stopping", { build: stoppingFigure, whenDrawn: pinOnClick });
