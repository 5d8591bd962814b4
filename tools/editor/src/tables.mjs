// Tables line up and grow by Tab: a cell further, and a new row behind the last.

const ROW = /^\s*\|.*\|\s*$/;
const wide = /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|\p{Extended_Pictographic}/gu;
const width = (text) => [...text].length + (text.match(wide)?.length ?? 0);

const cellsOf = (line) => line.trim().replace(/^\||\|$/g, "").split(/(?<!\\)\|/).map((cell) => cell.trim());
const isRule = (cells) => cells.every((cell) => /^:?-+:?$/.test(cell));

// The lines of the table around a place, if there is one.
function around(state, at) {
  const here = state.doc.lineAt(at);
  if (!ROW.test(here.text)) return null;
  let [first, last] = [here.number, here.number];
  while (first > 1 && ROW.test(state.doc.line(first - 1).text)) first--;
  while (last < state.doc.lines && ROW.test(state.doc.line(last + 1).text)) last++;
  const rows = [];
  for (let number = first; number <= last; number++) rows.push(cellsOf(state.doc.line(number).text));
  if (rows.length < 2 || !isRule(rows[1])) return null;
  return { first, last, rows, row: here.number - first, column: cellIn(here.text, at - here.from) };
}

function cellIn(line, at) {
  return Math.max(0, (line.slice(0, at).match(/(?<!\\)\|/g)?.length ?? 1) - 1);
}

function drawn(rows) {
  const columns = Math.max(...rows.map((row) => row.length));
  const widths = Array.from({ length: columns }, (_, column) => Math.max(3, ...rows.map((row, index) => (index === 1 ? 3 : width(row[column] ?? "")))));
  return rows.map((row, index) => {
    const cells = widths.map((most, column) => {
      const cell = row[column] ?? "";
      if (index !== 1) return cell + " ".repeat(most - width(cell));
      const [left, right] = [cell.startsWith(":") ? ":" : "", cell.length > 1 && cell.endsWith(":") ? ":" : ""];
      return left + "-".repeat(most - left.length - right.length) + right;
    });
    return `| ${cells.join(" | ")} |`;
  });
}

export function tableMove(step) {
  return (view) => {
    const { state } = view;
    const table = around(state, state.selection.main.head);
    if (!table) return false;
    const { rows } = table;
    let { row, column } = table;
    column += step;
    if (column >= rows[0].length) [row, column] = [row + 1, 0];
    if (column < 0) [row, column] = [row - 1, rows[0].length - 1];
    if (row === 1) row += step;
    if (row < 0) return true;
    if (row >= rows.length) rows.push(rows[0].map(() => ""));
    const lines = drawn(rows);
    const from = state.doc.line(table.first).from;
    const start = from + lines.slice(0, row).join("\n").length + (row ? 1 : 0);
    const parts = lines[row].split(/(?<!\\)\|/);
    const cell = start + parts.slice(0, column + 1).join("|").length + 2;
    view.dispatch({
      changes: { from, to: state.doc.line(table.last).to, insert: lines.join("\n") },
      selection: { anchor: cell, head: cell + (rows[row][column] ?? "").length },
      scrollIntoView: true,
      userEvent: "input",
    });
    return true;
  };
}
