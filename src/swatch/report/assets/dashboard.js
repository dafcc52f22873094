// The lists of sweeps and runs: polled for what changed, sorted, filtered, and runs chosen for a comparison.
(() => {
  "use strict";
  const POLL_MILLISECONDS = 2000;
  const MORE = 200;
  const element = (id) => document.getElementById(id);
  const selected = new Set();
  let terms = [];

  function list(name, sort) {
    return { name, table: element(`${name}-table`), rows: new Map(), lines: new Map(), revision: 0, sort, limit: MORE };
  }
  const sweeps = list("sweep", { key: "created", falls: true });
  const runs = list("run", { key: "started", falls: true });

  // --- order ---

  const searched = (row) => `${row.name} ${row.id} ${row.sweep ?? ""} ${row.state} ${row.overrides}`.toLowerCase();

  function ordered(each) {
    const { key, falls } = each.sort;
    const sign = falls ? -1 : 1;
    const rows = [...each.rows.values()].filter((row) => each !== runs || terms.every((term) => row.searched.includes(term)));
    // What is missing comes last either way; equal rows stay in the order of their ids.
    return rows.sort((a, b) => {
      const [one, other] = [a[key] ?? null, b[key] ?? null];
      if (one === null || other === null) return (one === null) - (other === null) || (a.id < b.id ? -1 : 1);
      if (one === other) return a.id < b.id ? -1 : 1;
      const order = typeof one === "number" ? one - other : String(one).localeCompare(String(other), "en", { numeric: true });
      return sign * order;
    });
  }

  // --- drawing ---

  function lineOf(each, row) {
    const known = each.lines.get(row.id);
    if (known?.row === row) return known.line;
    const line = each === runs ? runLine(row, selected.has(row.id), choose) : sweepLine(row);
    each.lines.set(row.id, { row, line });
    return line;
  }

  function draw(each) {
    const rows = ordered(each);
    const lines = rows.slice(0, each.limit).map((row) => lineOf(each, row));
    const body = each.table.tBodies[0];
    // Moving a line takes the focus from its checkbox: lines are only put anew where the order is another.
    if (lines.length !== body.rows.length || lines.some((line, index) => body.rows[index] !== line)) body.replaceChildren(...lines);
    const isEmpty = each.rows.size === 0;
    each.table.hidden = isEmpty;
    element(`no-${each.name}s`).hidden = !isEmpty;
    const shown = rows.length === each.rows.size ? "" : `${rows.length} of `;
    element(`${each.name}s-note`).textContent = isEmpty ? "" : `${shown}${each.rows.size}`;
    for (const heading of each.table.tHead.rows[0].cells) {
      if (heading.dataset.key === each.sort.key) heading.setAttribute("aria-sort", each.sort.falls ? "descending" : "ascending");
      else heading.removeAttribute("aria-sort");
    }
    if (each !== runs) return;
    element("filter-line").hidden = isEmpty;
    element("more-line").hidden = rows.length <= each.limit;
    element("more").textContent = `Show ${Math.min(MORE, rows.length - each.limit)} more`;
  }

  for (const each of [sweeps, runs]) {
    each.table.tHead.addEventListener("click", (event) => {
      const key = event.target.closest("button")?.closest("th").dataset.key;
      if (!key) return;
      const numeric = [...each.rows.values()].some((row) => typeof row[key] === "number");
      each.sort = { key, falls: each.sort.key === key ? !each.sort.falls : numeric };
      draw(each);
    });
  }
  element("more").addEventListener("click", () => {
    runs.limit += MORE;
    draw(runs);
  });
  element("filter").addEventListener("input", (event) => {
    terms = event.target.value.toLowerCase().split(/\s+/).filter(Boolean);
    runs.limit = MORE;
    draw(runs);
  });

  // --- choosing ---

  function choose(id, isChosen, line) {
    if (isChosen) selected.add(id);
    else selected.delete(id);
    line.classList.toggle("selected", isChosen);
    showSelection();
  }

  function showSelection() {
    const most = Number(element("selection").dataset.most);
    const count = selected.size;
    element("selection").hidden = count === 0;
    const missing = count === 1 ? ": choose another" : count > most ? `: at most ${most} can be compared` : "";
    element("selection-count").textContent = `${count} ${count === 1 ? "run" : "runs"}${missing}`;
    const address = new URLSearchParams([...selected].map((id) => ["run", id]));
    if (count >= 2 && count <= most) element("compare").href = `/compare?${address}`;
    else element("compare").removeAttribute("href");
  }

  element("clear").addEventListener("click", () => {
    for (const id of selected) runs.lines.delete(id);
    selected.clear();
    showSelection();
    draw(runs);
  });

  // --- polling ---

  function take(each, news) {
    if (news.all) {
      each.rows.clear();
      each.lines.clear();
    }
    for (const id of news.gone) {
      each.rows.delete(id);
      each.lines.delete(id);
      if (each === runs && selected.delete(id)) showSelection();
    }
    for (const row of news.rows) each.rows.set(row.id, each === runs ? { ...row, searched: searched(row) } : row);
    const isFirst = each.revision === 0;
    each.revision = news.revision;
    if (isFirst || news.all || news.rows.length || news.gone.length) draw(each);
  }

  let asOf = new Date();
  function say(text, isGone) {
    element("frame-state").classList.toggle("gone", isGone);
    if (element("frame-state").textContent !== text) element("frame-state").textContent = text;
  }

  async function poll() {
    try {
      if (!document.hidden || runs.revision === 0) {
        const answer = await fetch(`/rows?runs=${runs.revision}&sweeps=${sweeps.revision}`, { cache: "no-store" });
        if (!answer.ok) throw new Error(`the server answered ${answer.status}`);
        const news = await answer.json();
        take(sweeps, news.sweeps);
        take(runs, news.runs);
        asOf = new Date();
        say(`as of ${asOf.toLocaleTimeString()}`, false);
        document.documentElement.dataset.ready = "true";
      }
    } catch (error) {
      const why = error instanceof TypeError ? "The dashboard does not answer; was it ended?" : `${error.message}.`;
      say(`${why} The lists are as of ${asOf.toLocaleTimeString()}; they go on when the dashboard is there again.`, true);
    }
    setTimeout(poll, POLL_MILLISECONDS);
  }
  poll();
})();
