// Two metrics against each other, with the trials that no other one beats in all metrics.

function frontFigure() {
  const { metrics, labels, values, front } = report.front;
  const known = report.trials.filter((trial) => values[trial.number]);
  const best = new Set(front);
  const shared = { type: "scatter", hovertemplate: HOVER };
  const columns = (trials) => ({
    x: trials.map((trial) => values[trial.number][0]),
    y: trials.map((trial) => values[trial.number][1]),
    customdata: hoverOf(trials),
  });
  const others = known.filter((trial) => !best.has(trial.number));
  const unbeaten = known.filter((trial) => best.has(trial.number)).sort((a, b) => values[a.number][0] - values[b.number][0]);
  return {
    data: [
      { ...shared, ...columns(others), mode: "markers", name: "beaten by another", marker: { color: colour("muted"), size: 6, opacity: opacities(others) } },
      // With more than two metrics the front is no line in this plane.
      { ...shared, ...columns(unbeaten), mode: metrics.length === 2 ? "lines+markers" : "markers", name: "Pareto front", line: { color: colour("accent"), width: 1.5, dash: "dot" }, marker: { color: colour("accent"), size: 10, opacity: opacities(unbeaten) } },
    ],
    layout: baseLayout({ xaxis: axisStyle(plain(labels[0])), yaxis: axisStyle(plain(labels[1])) }),
  };
}

FIGURES.set("figure-front", { build: frontFigure, whenDrawn: pinOnClick });
