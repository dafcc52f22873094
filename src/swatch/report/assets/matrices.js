// Two confusion matrices and their difference, as tables.

function matrixTable(labels, cell) {
  const table = document.createElement("table");
  table.className = "confusion counts";
  const head = table.createTHead().insertRow();
  head.insertCell();
  for (const label of labels) {
    const heading = document.createElement("th");
    heading.scope = "col";
    const text = document.createElement("span");
    text.textContent = label;
    heading.append(text);
    head.append(heading);
  }
  const body = table.createTBody();
  labels.forEach((actual, row) => {
    const line = body.insertRow();
    const heading = document.createElement("th");
    heading.scope = "row";
    heading.textContent = actual;
    line.append(heading);
    labels.forEach((predicted, column) => {
      const made = line.insertCell();
      const { text, level, kind, title } = cell(row, column);
      made.textContent = text;
      made.className = kind;
      made.style.setProperty("--level", `${(100 * level).toFixed(1)}%`);
      made.title = `${actual} predicted as ${predicted}: ${title}`;
      if (level > 0.55 && kind !== "right") made.classList.add("strong");
      if (text === "0") made.classList.add("empty");
    });
  });
  return table;
}

const percent = (share) => (100 * share).toFixed(share !== 0 && Math.abs(share) < 0.095 ? 1 : 0);

function largest(matrices, isDiagonal) {
  const found = matrices.flatMap((rows) =>
    rows.flatMap((row, at) => row.filter((_, column) => (at === column) === isDiagonal).map(Math.abs)),
  );
  return Math.max(...found, 1e-9);
}

// Both matrices share one scale; the diagonal has its own, or it would drown the confusions.
function pairOfMatrices(first, second) {
  const shares = [first.shares, second.shares];
  const scale = { true: largest(shares, true), false: largest(shares, false) };
  const difference = first.shares.map((row, at) => row.map((share, column) => share - second.shares[at][column]));
  const reach = Math.max(largest([difference], true), largest([difference], false));
  const plain = (matrix) =>
    matrixTable(matrix.labels, (row, column) => {
      const share = matrix.shares[row][column];
      const isRight = row === column;
      return {
        text: percent(share),
        level: share / scale[isRight],
        kind: isRight ? "right" : "wrong",
        title: `${matrix.counts[row][column]} (${(100 * share).toFixed(1)}%)`,
      };
    });
  const between = matrixTable(first.labels, (row, column) => {
    const points = difference[row][column];
    const isBetter = row === column ? points > 0 : points < 0;
    const text = percent(points);
    return {
      text: points > 0 && Number(text) !== 0 ? `+${text}` : text.replace("-", "−"),
      level: Math.abs(points) / reach,
      kind: isBetter ? "better" : "wrong",
      title: `${(100 * points).toFixed(1)} points more for the first run`,
    };
  });
  return [plain(first), plain(second), between];
}
