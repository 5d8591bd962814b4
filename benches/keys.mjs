// What a key press costs, and what a large deck costs to open and to scroll through, in Chromium with a trace.
//
//   cargo build --release && npm ci --prefix tests/browser && node benches/keys.mjs
//
// It prints and judges nothing. The work of a key press is all that the page's main thread does between the key and the
// commit of the frame that shows it: script, style, layout, paint. From key to screen is Chromium's own measure, up to the
// presentation of that frame; a frame here is a sixtieth of a second.
import { spawnSync } from "node:child_process";
import { mkdtempSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, extname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { chromium } from "../tests/browser/node_modules/playwright-core/index.mjs";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const kami = process.env.KAMI ?? join(root, "target", "release", "kami");
const FRAME = 1000 / 60;
const PRESSES = 300;

const slide = (number) => `## Slide ${number}

Every slide has some words of its own, number ${number}, and a [[Page|link]] to somewhere.

* one thing that appears
* and another

| name | value |
|---|---|
| number | ${number} |
| twice | ${number * 2} |

\`\`\`js
const number = ${number};
\`\`\`

<!-- A note for slide ${number}. -->
`;

function bundleOf(count, folder) {
  const site = join(folder, `site-${count}`);
  mkdirSync(join(site, "decks"), { recursive: true });
  mkdirSync(join(site, "wiki"));
  writeFileSync(join(site, "kami.toml"), 'title = "Bench"\nlang = "en"\n');
  writeFileSync(join(site, "wiki", "Page.md"), "# Page\n\nText.\n");
  writeFileSync(join(site, "decks", "talk.md"), Array.from({ length: count }, (_, index) => slide(index + 1)).join("\n---\n\n"));
  const bundle = join(folder, `bundle-${count}`);
  const made = spawnSync(kami, ["build", site, "-o", bundle, "--with-notes"], { encoding: "utf8" });
  if (made.status !== 0) throw new Error(`kami build ended with ${made.status}: ${made.stderr}`);
  return bundle;
}

function serve(folder) {
  const types = { ".html": "text/html; charset=utf-8", ".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml" };
  const server = createServer((request, response) => {
    const path = decodeURIComponent(new URL(request.url, "http://bench").pathname);
    try {
      const bytes = readFileSync(join(folder, path));
      response.writeHead(200, { "content-type": types[extname(path)] ?? "application/octet-stream" }).end(bytes);
    } catch {
      response.writeHead(404).end();
    }
  });
  return new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve({ port: server.address().port, close: () => server.close() })));
}

const quantile = (values, share) => [...values].sort((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * share))];
const ms = (value) => `${value.toFixed(1)} ms`;

async function traced(page, act) {
  const session = await page.context().newCDPSession(page);
  const events = [];
  session.on("Tracing.dataCollected", ({ value }) => events.push(...value));
  const ended = new Promise((resolve) => session.once("Tracing.tracingComplete", resolve));
  const categories = ["toplevel", "devtools.timeline", "input", "latencyInfo", "benchmark", "cc", "blink.user_timing"];
  await session.send("Tracing.start", { transferMode: "ReportEvents", traceConfig: { includedCategories: categories } });
  await act(session);
  await session.send("Tracing.end");
  await ended;
  return events;
}

// For each key: what the main thread did until the frame was committed, in ms, and which frame after the key that was.
function work(events) {
  const downs = events.filter((event) => event.name === "EventDispatch" && event.args?.data?.type === "keydown").sort((a, b) => a.ts - b.ts);
  const { pid, tid } = downs[0];
  const main = events.filter((event) => event.pid === pid && event.tid === tid && event.ph === "X").sort((a, b) => a.ts - b.ts);
  const named = (name) => main.filter((event) => event.name === name);
  const [commits, frames, tasks] = ["ProxyMain::BeginMainFrame::commit", "ProxyMain::BeginMainFrame", "ThreadControllerImpl::RunTask"].map(named);
  return downs.flatMap((down) => {
    const commit = commits.find(({ ts }) => ts >= down.ts);
    if (!commit) return [];
    const [start, end] = [down.ts, commit.ts + commit.dur];
    // The thread's own time: what other programs of the machine take meanwhile is none of the page's work.
    const spent = tasks.reduce((sum, { ts, dur = 0, tdur = dur }) => {
      const inside = Math.max(0, Math.min(ts + dur, end) - Math.max(ts, start));
      return sum + (dur ? (inside * tdur) / dur : 0);
    }, 0) / 1000;
    return [{ spent, frame: frames.filter(({ ts }) => ts >= start && ts <= end).length }];
  });
}

// From the key to the screen, as the browser itself tells it.
function latencies(events) {
  const open = new Map();
  const found = [];
  for (const event of events.filter(({ name }) => name === "EventLatency").sort((a, b) => a.ts - b.ts)) {
    const id = `${event.pid} ${event.id ?? event.id2?.local ?? event.id2?.global}`;
    const kind = event.args?.event_latency?.event_type;
    if (event.ph === "b") open.set(id, { ts: event.ts, kind });
    else if (event.ph === "e" && open.has(id)) {
      const began = open.get(id);
      if (/KEY_PRESSED|KEY_DOWN/.test(began.kind ?? kind ?? "")) found.push((event.ts - began.ts) / 1000);
      open.delete(id);
    }
  }
  return found;
}

async function keys(page) {
  const events = await traced(page, async (session) => {
    for (let press = 0; press < PRESSES; press += 1) {
      const key = { key: "ArrowRight", code: "ArrowRight", windowsVirtualKeyCode: 39 };
      await session.send("Input.dispatchKeyEvent", { type: "rawKeyDown", ...key });
      await session.send("Input.dispatchKeyEvent", { type: "keyUp", ...key });
      await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
    }
  });
  const keys = work(events);
  const of = (name) => keys.map((key) => key[name]);
  const shown = latencies(events);
  console.log(`  a key, ${keys.length} times: work on the main thread: median ${ms(quantile(of("spent"), 0.5))}, 95th percentile ${ms(quantile(of("spent"), 0.95))}`);
  console.log(`    painted in frame ${quantile(of("frame"), 0.5)} after it (median), ${quantile(of("frame"), 0.95)} (95th percentile)`);
  if (shown.length) console.log(`    from key to screen: median ${ms(quantile(shown, 0.5))}, 95th percentile ${ms(quantile(shown, 0.95))}`);
}

async function opening(page, url) {
  const times = [];
  for (let run = 0; run < 7; run += 1) {
    await page.goto(url);
    times.push(await page.evaluate(() => new Promise((done) => {
      const [page] = performance.getEntriesByType("navigation");
      new PerformanceObserver((list) => {
        for (const { name, startTime } of list.getEntries()) if (name === "first-contentful-paint") done([startTime - page.responseStart, page.domContentLoadedEventEnd - page.responseStart]);
      }).observe({ type: "paint", buffered: true });
    })));
  }
  const least = (index) => Math.min(...times.map((one) => one[index]));
  const median = (index) => quantile(times.map((one) => one[index]), 0.5);
  console.log(`  opening, from the first byte: on screen after ${ms(median(0))} (least ${ms(least(0))}), ready for keys after ${ms(median(1))} (least ${ms(least(1))})`);
}

async function overview(page) {
  await page.keyboard.press("o");
  const gaps = await page.evaluate(async () => {
    const frame = () => new Promise((done) => requestAnimationFrame(done));
    const gaps = [];
    let last = await frame();
    for (let at = 0; at < 240; at += 1) {
      scrollBy(0, 60);
      const now = await frame();
      gaps.push(now - last);
      last = now;
    }
    return gaps;
  });
  const late = gaps.filter((gap) => gap > 1.5 * FRAME).length;
  console.log(`  overview, scrolled through: ${late} of ${gaps.length} frames late; median ${ms(quantile(gaps, 0.5))}, 95th percentile ${ms(quantile(gaps, 0.95))}`);
}

const folder = mkdtempSync(join(tmpdir(), "kami-keys-"));
const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", chromiumSandbox: process.getuid() !== 0 });
try {
  for (const count of [100, 500]) {
    const { port, close } = await serve(bundleOf(count, folder));
    const page = await (await browser.newContext({ viewport: { width: 1920, height: 1080 } })).newPage();
    const url = `http://127.0.0.1:${port}/decks/talk.html`;
    console.log(`${count} slides`);
    await opening(page, url);
    await keys(page);
    await overview(page);
    await page.close();
    close();
  }
} finally {
  await browser.close();
  rmSync(folder, { recursive: true, force: true });
}
