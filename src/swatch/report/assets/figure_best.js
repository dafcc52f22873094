// The best run's own curves: training beside validation, a panel for each measure.

function bestFigure(target) {
  const curve = report.curves.trials[report.best];
  if (!curve) return null;
  const panels = report.bestPanels;
  const narrow = target.clientWidth < 560;
  const rows = narrow ? panels.length : 1;
  const columns = narrow ? 1 : panels.length;
  target.style.height = `${rows * 250 + 40}px`;
  const layout = baseLayout({ margin: { l: 60, r: 14, t: 20, b: 44 } });
  const data = [];
  panels.forEach((panel, index) => {
    const id = index === 0 ? "" : String(index + 1);
    const size = 1 / panels.length;
    const part = [index * size + (index ? 0.06 : 0), (index + 1) * size - (index + 1 < panels.length ? 0.06 : 0)];
    const flipped = [1 - part[1], 1 - part[0]];
    layout[`xaxis${id}`] = axisStyle(report.curves.xLabel, { domain: columns > 1 ? part : [0, 1], anchor: `y${id}`, showgrid: false, ...epochScale([{ number: report.best }]) });
    layout[`yaxis${id}`] = axisStyle(plain(panel.label), { domain: columns > 1 ? [0, 1] : flipped, anchor: `x${id}` });
    for (const [metric, name, shade] of panel.lines) {
      data.push({
        type: "scatter", mode: "lines+markers", name, legendgroup: name, showlegend: index === 0, xaxis: `x${id}`, yaxis: `y${id}`,
        x: curve.x, y: curve.y[metric], line: { color: colour(shade), width: 2.2 }, marker: { size: 5 }, hovertemplate: `${plain(metric)} %{y:.5~g} at %{x}<extra></extra>`,
      });
    }
  });
  return { data, layout, config: { displayModeBar: false } };
}

FIGURES.set("figure-best", { build: bestFigure });
