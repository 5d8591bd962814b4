// A text as the file has it and as the editor shows it: byte order mark and line ends are the file's to keep.
import { diff } from "@codemirror/merge";

export function opened(text) {
  const bom = text.startsWith("\ufeff") ? "\ufeff" : "";
  const body = text.slice(bom.length);
  const ends = body.match(/\r\n?|\n/g) ?? [];
  const count = (end) => ends.filter((one) => one === end).length;
  const usual = ["\n", "\r\n", "\r"].reduce((most, end) => (count(end) > count(most) ? end : most));
  // Where they differ each line keeps its own.
  return { bom, usual, ends: ends.some((one) => one !== usual) ? ends : null, shown: body.replace(/\r\n?/g, "\n") };
}

export function written({ bom, usual, ends, shown: before }, shown) {
  if (!ends) return bom + (usual === "\n" ? shown : shown.replaceAll("\n", usual));
  // The ends of lines that were taken over from the text as it was opened, by their place in the one that is written.
  const kept = new Map();
  let [from, into, end] = [0, 0, 0];
  for (const { fromA, toA, fromB, toB } of [...diff(before, shown), { fromA: before.length, toA: before.length, fromB: shown.length, toB: shown.length }]) {
    for (; from < fromA; from++, into++) if (before[from] === "\n") kept.set(into, ends[end++]);
    for (; from < toA; from++) if (before[from] === "\n") end++;
    into = toB;
  }
  return bom + shown.replace(/\n/g, (_, at) => kept.get(at) ?? usual);
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

// All changes that make a text of another, place by place.
export function changes(before, after) {
  return diff(before, after).map(({ fromA, toA, fromB, toB }) => ({ from: fromA, to: toA, insert: after.slice(fromB, toB) }));
}
