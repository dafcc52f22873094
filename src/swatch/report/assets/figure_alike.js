// Like with like: each pair or group of trials that differ in one parameter alone, as marks on a line and as curves.

const MOST_PANELS = 12;
const PANEL_WIDTH = 150;
const PANEL_HEIGHT = 190;
const CHOICE_SYMBOLS = ["circle", "diamond", "square", "triangle-up", "cross", "x", "star", "hexagon"];
const CHOICE_DASHES = ["solid", "dash", "dot", "dashdot", "longdash", "solid", "dash", "dot"];

state.alike = null;

const compared = () => report.alike.find((each) => each.key === state.alike) ?? report.alike[0];
const isWhole = (group) => group.trials.some((number) => isShown(byNumber.get(number)));

function alikeFigure(target) {
  const { choices, groups } = compared();
  const shownGroups = groups.filter(isWhole);
  target.style.height = `${shownGroups.length * 34 + 110}px`;
  const most = target.clientWidth < 560 ? 18 : 40;
  const places = shownGroups.map((_, index) => index);
  const valueIn = (group, choice) => byNumber.get(group.trials[choice]).value;
  const line = { x: [], y: [] };
  shownGroups.forEach((group, index) => {
    const values = choices.map((_, choice) => valueIn(group, choice));
    line.x.push(Math.min(...values), Math.max(...values), null);
    line.y.push(index, index, null);
  });
  const data = [{ type: "scatter", mode: "lines", ...line, hoverinfo: "skip", showlegend: false, line: { color: colour("muted"), width: 1.5 } }];
  choices.forEach((label, choice) => {
    const trials = shownGroups.map((group) => byNumber.get(group.trials[choice]));
    data.push({
      type: "scatter", mode: "markers", name: plain(shorten(label, 30)), x: trials.map((trial) => trial.value), y: places, customdata: hoverOf(trials), hovertemplate: HOVER,
      marker: { color: colour(`choice-${choice}`), symbol: CHOICE_SYMBOLS[choice], size: 11, opacity: trials.map((trial) => (isShown(trial) ? 1 : 0.15)), line: { width: 1, color: colour("surface") } },
    });
  });
  const yaxis = axisStyle("", {
    tickvals: places, ticktext: shownGroups.map((group) => plain(shorten(group.label, most))), range: [shownGroups.length - 0.4, -0.6], showgrid: false,
  });
  return {
    data,
    layout: baseLayout({ xaxis: axisStyle(plain(report.metricLabel)), yaxis }),
    config: { displayModeBar: false },
  };
}

// The curves of every group over each other, in a panel of their own.
function alikeCurves(target) {
  const { choices, groups } = compared();
  const metric = report.metric;
  const hasCurve = (number) => report.curves.trials[number]?.y[metric]?.some((value) => value !== null);
  const panels = groups.filter((group) => isWhole(group) && group.trials.every(hasCurve));
  const isDrawn = panels.length > 0 && panels.length <= MOST_PANELS;
  target.hidden = !isDrawn;
  if (!isDrawn) return { data: [], layout: baseLayout() };
  const columns = Math.max(1, Math.min(panels.length, 3, Math.floor(target.clientWidth / PANEL_WIDTH)));
  const rows = Math.ceil(panels.length / columns);
  target.style.height = `${rows * PANEL_HEIGHT + 60}px`;
  const trials = panels.flatMap((group) => group.trials.map((number) => byNumber.get(number)));
  const range = curveRange(trials, metric);
  const layout = baseLayout({ margin: { l: 52, r: 14, t: 34, b: 40 }, annotations: [], showlegend: false });
  const data = [];
  const [gapX, gapY] = [0.16 / columns, 0.36 / rows];
  panels.forEach((group, index) => {
    const [column, row] = [index % columns, Math.floor(index / columns)];
    const id = index === 0 ? "" : String(index + 1);
    const width = (1 - gapX * (columns - 1)) / columns;
    const height = (1 - gapY * (rows - 1)) / rows;
    const left = column * (width + gapX);
    const top = 1 - row * (height + gapY);
    const isLast = index + columns >= panels.length;
    layout[`xaxis${id}`] = axisStyle(isLast ? report.curves.xLabel : "", { domain: [left, left + width], anchor: `y${id}`, showgrid: false, automargin: false, ...epochScale(trials) });
    layout[`yaxis${id}`] = axisStyle("", { domain: [Math.max(0, top - height), top], anchor: `x${id}`, automargin: false, nticks: 5, range, showticklabels: column === 0, matches: id ? "y" : undefined });
    layout.annotations.push({ xref: "paper", yref: "paper", x: left, y: top, xanchor: "left", yanchor: "bottom", showarrow: false, text: plain(shorten(group.label, columns < 3 ? 20 : 36)), font: { size: 12.5, color: colour("text") } });
    group.trials.forEach((number, choice) => {
      const curve = report.curves.trials[number];
      data.push({
        type: "scatter", mode: "lines+markers", name: plain(shorten(choices[choice], 30)), xaxis: `x${id}`, yaxis: `y${id}`, x: curve.x, y: curve.y[metric], customdata: curve.x.map(() => [number, hoverTexts.get(number)]), hovertemplate: CURVE_HOVER,
        line: { color: colour(`choice-${choice}`), width: 2, dash: CHOICE_DASHES[choice] }, marker: { symbol: CHOICE_SYMBOLS[choice], size: 5 },
      });
    });
  });
  return { data, layout, config: { displayModeBar: false } };
}

FIGURES.set("figure-alike", { build: alikeFigure, whenDrawn: pinOnClick });
FIGURES.set("figure-alike-curves", { build: alikeCurves, whenDrawn: pinOnClick });

// Shows the words and tables of the chosen parameter; a newer version of the page begins with the first one.
function showCompared() {
  if (!report.alike.length) return;
  const { key } = compared();
  for (const part of document.querySelectorAll("[data-compared]")) part.hidden = part.dataset.compared !== key;
  for (const button of document.querySelectorAll("[data-alike]")) if (button.dataset.alike === key) choose(button);
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-alike]");
  if (!button) return;
  state.alike = button.dataset.alike;
  showCompared();
  for (const id of ["figure-alike", "figure-alike-curves"]) draw(id);
});
