// Plotly's five megabytes take a browser a second. In a page on disk they lie as text and run after the first
// paint, so that everything but the figures can be read and used at once; a served page fetches them by address.
function loadPlotly() {
  const source = document.getElementById("plotly-source");
  const script = document.createElement("script");
  const { address } = source.dataset;
  if (!address) {
    script.textContent = source.textContent;
    document.head.append(script);
    return Promise.resolve();
  }
  script.src = address;
  return new Promise((resolve, reject) => {
    script.onload = resolve;
    script.onerror = () => reject(new Error("Plotly could not be loaded"));
    document.head.append(script);
  });
}
