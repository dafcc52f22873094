// What the figures draw: the page's data, and what follows from it.

let report;
let byNumber;
let hoverTexts;

const STATES = [
  { names: ["finished"], label: "finished", colour: "finished", symbol: "circle", dash: "solid" },
  { names: ["stopped"], label: "stopped early", colour: "stopped", symbol: "diamond", dash: "dot" },
  { names: ["running", "waiting"], label: "still going", colour: "running", symbol: "circle-open", dash: "solid" },
  { names: ["failed", "crashed"], label: "failed", colour: "failed", symbol: "x-thin-open", dash: "dash" },
];

// Plotly reads a little HTML in labels; what users wrote must stay text.
const plain = (text) => String(text).replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;");
// Names differ at their ends as often as at their beginnings.
function shorten(text, length) {
  if (text.length <= length) return text;
  const end = Math.floor((length - 1) / 2);
  return `${text.slice(0, length - 1 - end)}…${text.slice(text.length - end)}`;
}

function hoverText(trial) {
  const lines = [`<b>Trial ${trial.number}</b> · ${plain(trial.state)}`];
  lines.push(`${plain(report.metricLabel)} <b>${plain(trial.text)}</b>`);
  for (const [name, value] of trial.parameters.slice(0, 14)) {
    lines.push(`${plain(shorten(name, 40))} ${plain(shorten(value, 40))}`);
  }
  if (trial.reason) lines.push(`<i>${plain(shorten(trial.reason, 90))}</i>`);
  return lines.join("<br>");
}

function readData(page) {
  report = JSON.parse(page.getElementById("report-data").textContent);
  byNumber = new Map(report.trials.map((trial, index) => [trial.number, { ...trial, index }]));
  hoverTexts = new Map(report.trials.map((trial) => [trial.number, hoverText(trial)]));
}
readData(document);

const hoverOf = (trials) => trials.map((trial) => [trial.number, hoverTexts.get(trial.number)]);
const HOVER = "%{customdata[1]}<extra></extra>";
const isMaximised = () => report.goal === "maximize";
const isAsGood = (value, bar) => (isMaximised() ? value >= bar : value <= bar);

// Trial number to 0 (worst) … 1 (best); equal values share a rank, trials without a value have none.
function ranksOf(trials) {
  const sign = isMaximised() ? 1 : -1;
  const order = trials.filter((trial) => trial.value !== null).sort((a, b) => sign * (a.value - b.value));
  const ranks = new Map();
  for (let index = order.length - 1, rank = index; index >= 0; index -= 1) {
    if (order[index].value !== order[rank].value) rank = index;
    ranks.set(order[index].number, order.length > 1 ? rank / (order.length - 1) : 1);
  }
  return ranks;
}

// What a place on a parameter's axis means.
function labelAt(axis, position) {
  if (position < 0 || axis.isDiscrete) {
    return axis.ticks.reduce((best, tick) => (Math.abs(tick[0] - position) < Math.abs(best[0] - position) ? tick : best))[1];
  }
  return String(Number(valueAt(axis, position).toPrecision(3)));
}

function valueAt(axis, position) {
  return axis.isLog ? axis.low * (axis.high / axis.low) ** position : axis.low + (axis.high - axis.low) * position;
}

function positionOf(axis, value) {
  if (axis.high === axis.low) return 0.5;
  return axis.isLog ? Math.log(value / axis.low) / Math.log(axis.high / axis.low) : (value - axis.low) / (axis.high - axis.low);
}
