// How long trials took.

const TIME_BINS = 30;

function timeFigure() {
  const data = STATES.map((each) => ({
    type: "histogram",
    name: each.label,
    x: report.trials.filter((trial) => each.names.includes(trial.state) && trial.seconds !== null && isShown(trial)).map((trial) => trial.seconds),
    marker: { color: colour(each.colour) },
    hovertemplate: "%{y} trials of %{x} s<extra></extra>",
    nbinsx: TIME_BINS,
    bingroup: 1,
  }));
  return {
    data: data.filter((trace) => trace.x.length > 0),
    layout: baseLayout({
      barmode: "stack",
      bargap: 0.04,
      xaxis: axisStyle("seconds per trial", { showgrid: false, rangemode: "tozero" }),
      yaxis: countingAxis("trials", highestBar(data.flatMap((trace) => trace.x))),
    }),
  };
}

// About what Plotly will find, which chooses the edges of its bins itself.
function highestBar(seconds) {
  const width = Math.max(...seconds) / TIME_BINS || 1;
  const counts = new Map();
  for (const each of seconds) counts.set(Math.floor(each / width), (counts.get(Math.floor(each / width)) ?? 0) + 1);
  return Math.max(0, ...counts.values());
}

FIGURES.set("figure-time", { build: timeFigure });
