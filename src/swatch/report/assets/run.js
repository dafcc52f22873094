// A run's figures, and taking over newer data of a run that is still going.

let run = JSON.parse(element("page-data").textContent);

const PART_COLOURS = { val: "accent", train: "stopped", test: "crashed", "": "accent" };

function lines(panel) {
  return panel.series.map((line) => ({
    type: "scatter",
    mode: line.x.length > 60 ? "lines" : "lines+markers",
    name: line.name,
    x: line.x,
    y: line.y,
    line: { color: colour(PART_COLOURS[line.part]), width: 2, dash: line.part === "train" ? "dot" : "solid" },
    marker: { size: 4 },
    showlegend: panel.series.length > 1,
    hovertemplate: `${line.name ? `${line.name} ` : ""}%{y:.5g}, epoch %{x}<extra></extra>`,
  }));
}

function panelLayout(panel) {
  const isBest = run.best !== null && panel.series.some((line) => line.x.includes(run.best));
  return {
    margin: { l: 52, r: 10, t: 8, b: 40 },
    xaxis: countingAxis("epoch", Math.max(...panel.series.map((line) => line.x.at(-1) ?? 0)), { rangemode: "tozero" }),
    yaxis: axisStyle("", { type: panel.isLog ? "log" : "linear" }),
    shapes: isBest
      ? [{ type: "line", x0: run.best, x1: run.best, yref: "paper", y0: 0, y1: 1, line: { color: colour("muted"), width: 1, dash: "dash" } }]
      : [],
  };
}

function drawPanels() {
  run.panels.forEach((_, index) => {
    const target = element(`panel-${index}`);
    drawLines(target, () => lines(run.panels[index]), () => panelLayout(run.panels[index]));
  });
}

for (const button of document.querySelectorAll("[data-keys]")) {
  button.addEventListener("click", () => {
    choose(button);
    element("config-table").classList.toggle("only-changed", button.dataset.keys === "changed");
  });
}

// With a new figure or section, as at the run's end, the page is loaded anew.
function refresh(html) {
  const shape = () => [...document.querySelectorAll("main > section")].map((each) => each.id).join();
  const fresh = new DOMParser().parseFromString(html, "text/html");
  const sections = [...fresh.querySelectorAll("main > section")].map((each) => each.id).join();
  const count = fresh.querySelectorAll(".panel").length;
  if (sections !== shape() || count !== run.panels.length) {
    location.reload();
    return;
  }
  run = takeOver(html, ["header[data-part]", "#curves .hint", "#evaluations", "#confusion"]);
  drawPanels();
}
window.swatch = { refresh };

startFigures(drawPanels);
