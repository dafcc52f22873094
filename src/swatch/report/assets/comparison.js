// A comparison's curves, smoothed on request, and the pair of runs whose matrices are shown.

let compared = JSON.parse(element("page-data").textContent);
const COLOURS = 10;
const DASHES = ["solid", "dash", "dot", "dashdot"];
const shown = { metric: compared.metrics[0]?.[0] ?? null, smoothing: 0, seeds: "mean", first: 0, second: 1 };

const runColour = (place) => colour(`run-${place % COLOURS}`);

// An exponential moving average whose start is corrected, so that it does not begin at zero.
function smooth(values, weight) {
  let average = 0;
  let total = 0;
  return values.map((value) => {
    if (value === null || weight === 0) return value;
    average = weight * average + (1 - weight) * value;
    total = weight * total + (1 - weight);
    return average / total;
  });
}

function trace(place, name, x, y, more = {}) {
  return {
    type: "scatter",
    mode: x.length > 60 ? "lines" : "lines+markers",
    x,
    y,
    name,
    legendgroup: String(place),
    line: { color: runColour(place), width: 2, dash: DASHES[Math.floor(place / COLOURS) % DASHES.length] },
    marker: { size: 4 },
    hovertemplate: `%{fullData.name}: %{y:.5g}, epoch %{x}<extra></extra>`,
    ...more,
  };
}

function meanAndBand(places) {
  const values = new Map();
  for (const place of places) {
    const run = compared.runs[place];
    run.x.forEach((x, index) => {
      const value = run.y[shown.metric][index];
      if (value !== null) values.set(x, [...(values.get(x) ?? []), value]);
    });
  }
  const x = [...values.keys()].sort((a, b) => a - b);
  const means = x.map((at) => values.get(at).reduce((sum, value) => sum + value, 0) / values.get(at).length);
  const deviations = x.map((at, index) => {
    const each = values.get(at);
    if (each.length < 2) return 0;
    return Math.sqrt(each.reduce((sum, value) => sum + (value - means[index]) ** 2, 0) / (each.length - 1));
  });
  return { x, means: smooth(means, shown.smoothing), deviations };
}

function groupTraces(places) {
  const [place] = places;
  const { x, means, deviations } = meanAndBand(places);
  const edge = (sign, more) =>
    trace(place, "", x, means.map((mean, index) => mean + sign * deviations[index]), {
      mode: "lines",
      line: { width: 0 },
      showlegend: false,
      hoverinfo: "skip",
      hovertemplate: null,
      ...more,
    });
  const wash = `${runColour(place)}33`;
  const name = `${compared.runs[place].name}, ${places.length} seeds`;
  return [edge(-1), edge(1, { fill: "tonexty", fillcolor: wash }), trace(place, name, x, means)];
}

function curveTraces() {
  const grouped = shown.seeds === "mean" ? compared.groups : [];
  const inGroup = new Set(grouped.flat());
  const single = compared.runs.flatMap((run, place) => {
    if (inGroup.has(place)) return [];
    const values = run.y[shown.metric];
    const smoothed = trace(place, run.name, run.x, smooth(values, shown.smoothing));
    if (shown.smoothing === 0) return [smoothed];
    const faint = { opacity: 0.25, showlegend: false, hoverinfo: "skip", hovertemplate: null, mode: "lines" };
    return [trace(place, "", run.x, values, faint), smoothed];
  });
  return [...grouped.flatMap(groupTraces), ...single];
}

function curveLayout() {
  const label = compared.metrics.find(([name]) => name === shown.metric)?.[1] ?? "";
  return {
    xaxis: countingAxis("epoch", Math.max(...compared.runs.map((run) => run.x.at(-1) ?? 0))),
    yaxis: axisStyle(label),
    legend: { orientation: "h", x: 0, y: -0.18, yanchor: "top", font: { color: colour("muted"), size: 12.5 } },
  };
}

function drawCurves() {
  const target = element("figure-curves");
  if (shown.metric !== null) drawLines(target, curveTraces, curveLayout);
  const short = compared.runs.filter((run) => run.x.length < 2).map((run) => run.name);
  element("curves-note").textContent = short.length ? `No curve yet: ${short.join(", ")}.` : "";
}

// --- which two ---

function verdict() {
  const [first, second] = [compared.runs[shown.first], compared.runs[shown.second]];
  if (shown.first === shown.second) return "Choose two different runs.";
  const test = compared.tests[`${shown.first} ${shown.second}`];
  if (!test) {
    return `These two were not tested. ${compared.untested}`;
  }
  const [onlyFirst, onlySecond, p] = test;
  const clear = p < 0.05 ? "The difference is more than chance" : "The difference may be chance";
  return (
    `Only ${first.name} is right on ${onlyFirst} validation images, only ${second.name} on ${onlySecond}. ` +
    `${clear} (McNemar's test, p ${p < 1e-16 ? "< 1e-16" : `= ${p.toPrecision(2)}`}).`
  );
}

function drawMatrices() {
  const pair = [compared.runs[shown.first], compared.runs[shown.second]];
  const place = element("matrix-tables");
  element("pair-verdict").textContent = verdict();
  place.replaceChildren();
  const [first, second] = pair.map((run) => run.matrix);
  const fit = first && second && first.labels.join("\n") === second.labels.join("\n");
  element("matrix-legend").hidden = !fit;
  if (!fit) {
    const missing = pair.filter((run) => !run.matrix).map((run) => run.name);
    const note = document.createElement("p");
    note.className = "note";
    note.textContent = missing.length
      ? `No confusion matrix that a page can show: ${[...new Set(missing)].join(", ")}.`
      : "The two runs have different classes.";
    place.append(note);
    return;
  }
  const titles = [...pair.map((run) => run.name), "Difference, in points"];
  pairOfMatrices(first, second).forEach((table, index) => {
    const figure = document.createElement("div");
    const title = document.createElement("h3");
    title.textContent = titles[index];
    const scroll = document.createElement("div");
    scroll.className = "scroll";
    scroll.append(table);
    figure.append(title, scroll);
    place.append(figure);
  });
}

function fillChoice(id, key) {
  const select = element(id);
  compared.runs.forEach((run, place) => select.add(new Option(run.name, place, false, place === shown[key])));
  select.addEventListener("change", () => {
    shown[key] = Number(select.value);
    drawMatrices();
  });
}

// --- controls ---

for (const [name, label] of compared.metrics) {
  const button = document.createElement("button");
  button.type = "button";
  button.textContent = label;
  button.setAttribute("aria-pressed", String(name === shown.metric));
  button.addEventListener("click", () => {
    choose(button);
    shown.metric = name;
    drawCurves();
  });
  element("metric-tabs").append(button);
}

element("smoothing").addEventListener("input", (event) => {
  shown.smoothing = Number(event.target.value);
  element("smoothing-value").textContent = shown.smoothing ? shown.smoothing.toFixed(2) : "none";
  drawCurves();
});

element("seed-tabs").hidden = compared.groups.length === 0;
for (const button of document.querySelectorAll("[data-seeds]")) {
  button.addEventListener("click", () => {
    choose(button);
    shown.seeds = button.dataset.seeds;
    drawCurves();
  });
}

function refresh(html) {
  const names = () => compared.runs.map((run) => run.name).join("\n");
  const before = names();
  compared = takeOver(html, ["header[data-part]", "#results"]);
  if (names() !== before) {
    location.reload();
    return;
  }
  drawCurves();
  drawMatrices();
}
window.swatch = { refresh };

// The best run and the one that comes nearest in the list.
shown.first = compared.best;
shown.second = compared.best === 0 ? 1 : 0;
fillChoice("first-run", "first");
fillChoice("second-run", "second");
drawMatrices();
startFigures(drawCurves);
