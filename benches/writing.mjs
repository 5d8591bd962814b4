// What writing costs in a site of 10,000 pages: from a key to the preview, and from a save to another window's screen.
//
//   cargo build --release && npm ci --prefix tests/browser && node benches/writing.mjs [PAGES]
//
// It prints and judges nothing. Times end with the frame after the page changed, as the page itself counts them.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { chromium } from "../tests/browser/node_modules/playwright-core/index.mjs";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const kami = process.env.KAMI ?? join(root, "target", "release", "kami");
const pages = Number(process.argv[2] ?? 10_000);
const KEYS = 100;
const SAVES = 20;

const words = "rain falls on the tin roof while the last card is drawn and the story goes on from street to street".split(" ");
const prose = (seed, count) => Array.from({ length: count }, (_, index) => words[(seed * 7 + index * index) % words.length]).join(" ");
const page = (number) => `# Page ${number}\n\n${Array.from({ length: 6 }, (_, part) => `## Part ${part}\n\n${prose(number + part, 95)} [[Page ${(number * 31 + part) % pages}]].\n`).join("\n")}`;

function siteOf(folder) {
  mkdirSync(join(folder, "wiki"), { recursive: true });
  writeFileSync(join(folder, "kami.toml"), 'title = "Bench"\nlang = "en"\n');
  for (let number = 0; number < pages; number += 1) writeFileSync(join(folder, "wiki", `Page_${number}.md`), page(number));
}

const quantile = (values, share) => [...values].sort((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * share))];
const told = (values) => `median ${quantile(values, 0.5).toFixed(1)} ms, 95th percentile ${quantile(values, 0.95).toFixed(1)} ms`;

// Lets a page count from its last key, or from a moment given, to the frame after its preview or its text changed.
const watch = () => {
  const moment = () => performance.timeOrigin + performance.now();
  addEventListener("keydown", () => (window.pressed = moment()), true);
  window.changed = (place) => new Promise((done) => {
    const node = document.querySelector(place).shadowRoot;
    const observer = new MutationObserver(() => {
      observer.disconnect();
      requestAnimationFrame(() => {
        const channel = new MessageChannel();
        channel.port1.onmessage = () => done(moment());
        channel.port2.postMessage(null);
      });
    });
    observer.observe(node, { subtree: true, childList: true, characterData: true });
  });
};

async function opened(browser, url) {
  const page = await (await browser.newContext({ viewport: { width: 1440, height: 900 } })).newPage();
  await page.goto(url);
  await page.locator(".shown article").waitFor({ state: "attached" });
  await page.evaluate(watch);
  await page.locator(".cm-content").focus();
  return page;
}

async function keys(page, before) {
  await page.keyboard.press("Control+End");
  await page.keyboard.insertText(before);
  await page.waitForTimeout(500);
  const times = [];
  for (let press = 0; press < KEYS; press += 1) {
    const changed = page.evaluate(() => window.changed(".desk .shown").then((at) => at - window.pressed));
    await page.keyboard.press("abcdefghij"[press % 10]);
    times.push(await changed);
  }
  return times;
}

async function saves(one, other) {
  const times = [];
  for (let save = 0; save < SAVES; save += 1) {
    await one.keyboard.press("x");
    const changed = other.evaluate(() => window.changed(".desk .text"));
    await one.keyboard.press("Control+s");
    times.push((await changed) - (await one.evaluate(() => window.pressed)));
    // Windows are told two states at once and then one every now and then.
    await one.waitForTimeout(900);
  }
  return times;
}

const folder = mkdtempSync(join(tmpdir(), "kami-writing-"));
const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", chromiumSandbox: process.getuid() !== 0 });
let server;
try {
  siteOf(folder);
  server = spawn(kami, ["serve", folder, "--port", "0"], { stdio: ["ignore", "pipe", "inherit"] });
  const [line] = await once(server.stdout.setEncoding("utf8"), "data");
  const url = `${/http:\/\/[^/]+/.exec(line)[0]}/_kami/edit/wiki/Page_7.md`;
  const one = await opened(browser, url);
  console.log(`${pages} pages`);
  console.log(`  from a key to the preview, ${KEYS} times: ${told(await keys(one, "\n\nMore: "))}`);
  console.log(`    with links to pages that are not there: ${told(await keys(one, "\n\n[[Pge 12]] [[Nowhere]] [[Pag 99]] "))}`);
  await one.keyboard.press("Control+s");
  const other = await opened(browser, url);
  // An editor draws what is in sight.
  await other.keyboard.press("Control+End");
  console.log(`  from Ctrl-S to another window's screen, ${SAVES} times: ${told(await saves(one, other))}`);
} finally {
  server?.kill("SIGINT");
  await browser.close();
  rmSync(folder, { recursive: true, force: true });
}
