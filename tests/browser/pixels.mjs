// What is on the screen in the end, whatever lies on top of what: the colours of a screenshot.
import { inflateSync } from "node:zlib";

// Returns the colours of the window as "r,g,b".
export async function coloursOf(page) {
  const { width, size, rows } = decoded(await page.screenshot({ animations: "disabled", caret: "hide" }));
  const colours = new Set();
  for (const row of rows) {
    for (let x = 0; x < width; x += 1) colours.add(row.subarray(x * size, x * size + 3).join());
  }
  return colours;
}

// Decodes the PNGs that Chromium writes: eight bits a channel, not interlaced.
function decoded(png) {
  const data = [];
  for (let at = 8; at < png.length; at += 12 + png.readUInt32BE(at)) {
    if (png.toString("latin1", at + 4, at + 8) === "IDAT") data.push(png.subarray(at + 8, at + 8 + png.readUInt32BE(at)));
  }
  const [width, height, size] = [png.readUInt32BE(16), png.readUInt32BE(20), png[25] === 6 ? 4 : 3];
  const raw = inflateSync(Buffer.concat(data));
  const rows = [];
  let above = Buffer.alloc(width * size);
  for (let y = 0; y < height; y += 1) {
    const start = y * (width * size + 1);
    above = unfiltered(raw[start], raw.subarray(start + 1, start + 1 + width * size), above, size);
    rows.push(above);
  }
  return { width, size, rows };
}

function unfiltered(filter, line, above, size) {
  const row = Buffer.from(line);
  for (let i = 0; i < row.length; i += 1) {
    const [left, up, corner] = [i < size ? 0 : row[i - size], above[i], i < size ? 0 : above[i - size]];
    row[i] += [0, left, up, (left + up) >> 1, paeth(left, up, corner)][filter];
  }
  return row;
}

function paeth(left, up, corner) {
  const [a, b, c] = [Math.abs(up - corner), Math.abs(left - corner), Math.abs(left + up - 2 * corner)];
  return a <= b && a <= c ? left : b <= c ? up : corner;
}
