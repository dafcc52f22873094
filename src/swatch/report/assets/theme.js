// Colours and defaults of every figure, read from the page's style sheet so that light and dark stay in one place.

const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();

const isDark = () =>
  matchMedia("(prefers-color-scheme: dark)").matches && !document.documentElement.classList.contains("printing");

// Both scales change in lightness all the way, so that they also read without colour; the good end stands out.
const SCALES = {
  light: ["#cfdcc4", "#8cc3b0", "#4a9fb0", "#2d6fa3", "#283f86", "#2b1055"],
  dark: ["#31405c", "#3a5f86", "#3f86a0", "#4fb09d", "#a3d478", "#fbe84a"],
};

function colourScale() {
  const colours = SCALES[isDark() ? "dark" : "light"];
  return colours.map((value, index) => [index / (colours.length - 1), value]);
}

const FONT = 'system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", "Liberation Sans", Arial, sans-serif';

function axisStyle(title, more = {}) {
  return {
    title: { text: title, font: { size: 13, color: colour("muted") }, standoff: 10 },
    gridcolor: colour("grid"),
    linecolor: colour("line"),
    tickfont: { color: colour("muted"), size: 12 },
    zeroline: false,
    automargin: true,
    // Plotly writes 0.0003 as "300µ" and 50,000 as "50k".
    exponentformat: "e",
    minexponent: 5,
    separatethousands: true,
    ...more,
  };
}

// For what is counted. Where it is little, Plotly would put ticks at halves and write them as whole numbers.
function countingAxis(title, most, more = {}) {
  return axisStyle(title, { tickformat: ",d", ...(most <= 8 ? { tick0: 0, dtick: 1 } : {}), ...more });
}

function baseLayout(more = {}) {
  return {
    paper_bgcolor: "rgba(0,0,0,0)",
    plot_bgcolor: "rgba(0,0,0,0)",
    font: { family: FONT, size: 13, color: colour("text") },
    margin: { l: 56, r: 16, t: 16, b: 48 },
    hovermode: "closest",
    hoverlabel: {
      bgcolor: colour("surface"),
      bordercolor: colour("line"),
      font: { family: FONT, size: 13, color: colour("text") },
      align: "left",
    },
    legend: { orientation: "h", x: 0, y: 1.02, yanchor: "bottom", font: { color: colour("muted"), size: 12.5 } },
    modebar: { bgcolor: "rgba(0,0,0,0)", color: colour("muted"), activecolor: colour("accent") },
    ...more,
  };
}

const CONFIG = {
  responsive: true,
  displaylogo: false,
  // Plotly's own toolbar has a button that uploads the figure's data to its cloud: this page stays on disk.
  showSendToCloud: false,
  plotlyServerURL: "",
  modeBarButtons: [["toImage", "zoom2d", "pan2d", "autoScale2d", "resetScale2d"]],
};

// CSS pixels between the margins of a sheet of A4 or Letter.
const PAPER_WIDTH = 680;
