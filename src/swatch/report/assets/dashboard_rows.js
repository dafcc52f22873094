// How one line of the lists looks.
"use strict";

const SYMBOLS = { finished: "●", stopped: "◆", running: "○", waiting: "○", failed: "✕", crashed: "✕", damaged: "✕", cancelled: "✕" };

function made(tag, className, text) {
  const element = document.createElement(tag);
  if (className) element.className = className;
  if (text !== undefined) element.textContent = text;
  return element;
}

function link(text, address) {
  const anchor = made("a", "", text);
  anchor.href = address;
  return anchor;
}

function showNumber(value) {
  if (value === null || value === undefined) return "–";
  if (value === 0 || (Math.abs(value) >= 0.001 && Math.abs(value) < 10000)) return value.toFixed(4);
  return value.toPrecision(4);
}

function showSeconds(seconds) {
  if (seconds === null || seconds === undefined) return "–";
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
}

function showTime(unixSeconds) {
  if (!unixSeconds) return "–";
  return new Date(unixSeconds * 1000).toLocaleString([], { dateStyle: "short", timeStyle: "short" });
}

function stateOf(row) {
  const state = row.state.split(" ")[0];
  const span = made("span", `state ${state}`);
  span.append(made("i", "", SYMBOLS[state] ?? "◇"), made("span", "word", ` ${row.state}`));
  span.firstChild.setAttribute("aria-hidden", "true");
  span.title = [row.state, row.reason || row.advice].filter(Boolean).join(": ");
  return span;
}

function sparkline(heights) {
  const known = heights.map((height, index) => [index, height]).filter(([, height]) => height !== null);
  if (known.length < 2) return "";
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  const line = document.createElementNS("http://www.w3.org/2000/svg", "polyline");
  const x = (index) => (2 + (index / (heights.length - 1)) * 92).toFixed(1);
  line.setAttribute("points", known.map(([index, height]) => `${x(index)},${(20 - height * 0.18).toFixed(1)}`).join(" "));
  for (const [name, value] of Object.entries({ width: 96, height: 22, viewBox: "0 0 96 22", "aria-hidden": "true" })) {
    svg.setAttribute(name, value);
  }
  svg.append(line);
  return svg;
}

function cell(className, ...contents) {
  const td = made("td", className);
  td.append(...contents);
  return td;
}

function heading(anchor, detail, problem) {
  const th = made("th");
  th.scope = "row";
  th.append(anchor);
  if (detail) th.append(made("span", "detail", detail));
  if (problem) th.append(made("span", "detail problem", problem));
  th.title = [anchor.textContent, detail, problem].filter(Boolean).join("\n");
  return th;
}

// Of several metrics the best is that of the first one; the sweep's page weighs them all.
function metricOf(row) {
  if (!row.metric) return "";
  const first = `${row.goal} ${row.metric}`;
  return row.metrics.length > 1 ? `${first}, the first of ${row.metrics.length}` : first;
}

function sweepLine(row) {
  const line = made("tr");
  const count = row.count === null ? `${row.over}` : `${row.over} of ${row.count}`;
  line.append(
    heading(row.problem ? made("span", "", row.id) : link(row.id, `/sweeps/${encodeURIComponent(row.id)}`), "", row.problem),
    cell("", stateOf(row)),
    cell("number", count),
    cell("number", row.bestRun && row.value !== null ? link(showNumber(row.value), `/runs/${encodeURIComponent(row.bestRun)}`) : showNumber(row.value)),
    cell("wide", metricOf(row)),
    cell("wide", sparkline(row.spark)),
    cell("wide", showTime(row.created)),
  );
  return line;
}

function runLine(row, isSelected, whenChosen) {
  const line = made("tr", isSelected ? "selected" : "");
  const box = made("input");
  box.type = "checkbox";
  box.checked = isSelected;
  box.setAttribute("aria-label", `Compare ${row.name}`);
  box.addEventListener("change", () => whenChosen(row.id, box.checked, line));
  const epochs = row.planned ? `${row.epochs} of ${row.planned}` : `${row.epochs}`;
  const detail = row.name === row.id ? "" : row.id;
  const best = cell("number", showNumber(row.value));
  best.title = row.metric;
  const sweep = cell("wide sweep", row.sweep ? link(row.sweep, `/sweeps/${encodeURIComponent(row.sweep)}`) : "");
  sweep.title = row.sweep ?? "";
  line.append(
    cell("", box),
    heading(link(row.name, `/runs/${encodeURIComponent(row.id)}`), detail, row.problem),
    cell("", stateOf(row)),
    best,
    cell("wide", sparkline(row.spark)),
    cell("number wide", epochs),
    cell("number wide", showSeconds(row.seconds)),
    sweep,
    cell("wide", showTime(row.started)),
  );
  return line;
}
