// The seeds of the best trials side by side.

const MOST_REPEATED = 20;

function repeatsFigure() {
  const sign = isMaximised() ? -1 : 1;
  const trials = report.trials
    .filter((trial) => trial.repeats && trial.value !== null && isShown(trial))
    .sort((a, b) => sign * (a.value - b.value))
    .slice(0, MOST_REPEATED);
  const names = trials.map((trial) => `trial ${trial.number}`);
  const points = trials.flatMap((trial, index) => trial.repeats.map((value) => [names[index], value, trial]));
  return {
    data: [
      { type: "scatter", mode: "markers", name: "one seed", x: points.map((each) => each[0]), y: points.map((each) => each[1]), customdata: hoverOf(points.map((each) => each[2])), hovertemplate: HOVER, marker: { color: colour("finished"), size: 7, opacity: 0.7 } },
      { type: "scatter", mode: "markers", name: "mean", x: names, y: trials.map((trial) => trial.value), hoverinfo: "skip", marker: { symbol: "line-ew-open", size: 18, color: colour("text"), line: { width: 2.5 } } },
    ],
    layout: baseLayout({ xaxis: axisStyle("", { type: "category", showgrid: false }), yaxis: axisStyle(plain(report.metricLabel)) }),
  };
}

FIGURES.set("figure-repeats", { build: repeatsFigure, whenDrawn: pinOnClick });
