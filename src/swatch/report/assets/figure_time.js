// How long trials took.

function timeFigure() {
  const data = STATES.map((each) => ({
    type: "histogram",
    name: each.label,
    x: report.trials.filter((trial) => each.names.includes(trial.state) && trial.seconds !== null && isShown(trial)).map((trial) => trial.seconds),
    marker: { color: colour(each.colour) },
    hovertemplate: "%{y} trials of %{x} s<extra></extra>",
    nbinsx: 30,
    bingroup: 1,
  }));
  return {
    data: data.filter((trace) => trace.x.length > 0),
    layout: baseLayout({
      barmode: "stack",
      bargap: 0.04,
      xaxis: axisStyle("seconds per trial", { showgrid: false, rangemode: "tozero" }),
      yaxis: axisStyle("trials", { tickformat: "d" }),
    }),
  };
}

FIGURES.set("figure-time", { build: timeFigure });
