// A text as the file has it and as the editor shows it: byte order mark and line ends are the file's to keep.

export function opened(text) {
  const bom = text.startsWith("\ufeff") ? "\ufeff" : "";
  const body = text.slice(bom.length);
  const breaks = body.match(/\r\n|\n/g) ?? [];
  const crlf = breaks.length > 0 && breaks.every((one) => one === "\r\n");
  return { bom, crlf, shown: crlf ? body.replaceAll("\r\n", "\n") : body };
}

export function written({ bom, crlf }, shown) {
  return bom + (crlf ? shown.replaceAll("\n", "\r\n") : shown);
}

// The one change that makes a text of another: what both begin and end with stays.
export function change(before, after) {
  let from = 0;
  const most = Math.min(before.length, after.length);
  while (from < most && before[from] === after[from]) from++;
  let end = 0;
  while (end < most - from && before[before.length - 1 - end] === after[after.length - 1 - end]) end++;
  return { from, to: before.length - end, insert: after.slice(from, after.length - end) };
}
