// Types queries into the search of a bundle, opened from a disk in Chromium, and prints one line of JSON: how many
// bytes the first search of a fresh page loads, and how long a key press takes until its results stand in the page,
// once the shards are there.
import { statSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath, pathToFileURL } from "node:url";

const require = createRequire(new URL("../../tests/browser/package.json", import.meta.url));
const { chromium } = require("playwright-core");
const [bundle, start, ...queries] = process.argv.slice(2);
const executablePath = process.env.CHROMIUM ?? "/usr/bin/chromium";
const browser = await chromium.launch({ executablePath, chromiumSandbox: process.getuid() !== 0 });

async function open(loaded) {
  const page = await (await browser.newContext()).newPage();
  page.on("request", (request) => {
    if (request.url().includes("/search/")) loaded.push(statSync(fileURLToPath(request.url())).size);
  });
  await page.goto(pathToFileURL(`${bundle}/${start}`).href);
  await page.keyboard.press("/");
  return page;
}

// One key press: the field has changed, its results stand in the page.
async function press(page, value) {
  return page.evaluate(async (value) => {
    const form = document.querySelector("form.search"), input = form.querySelector("input"), list = form.querySelector(".found ol");
    await new Promise((resolve) => setTimeout(resolve, 30));
    const began = performance.now();
    const changed = new Promise((resolve) => {
      const observer = new MutationObserver(() => { observer.disconnect(); resolve(performance.now()); });
      observer.observe(list, { childList: true });
      setTimeout(() => resolve(NaN), 10_000);
    });
    input.value = value;
    input.dispatchEvent(new InputEvent("input", { bubbles: true }));
    return (await changed) - began;
  }, value);
}

const first = [], times = [];
for (const query of queries) {
  const loaded = [];
  const page = await open(loaded);
  await press(page, query);
  first.push({ query, requests: loaded.length, bytes: loaded.reduce((sum, size) => sum + size, 0) });
  const letters = Array.from(query);
  const rounds = [];
  for (let round = 0; round < 4; round += 1) {
    for (let count = 1; count <= letters.length; count += 1) {
      const time = await press(page, letters.slice(0, count).join(""));
      if (round > 0 && !Number.isNaN(time)) rounds.push(time);
    }
    await press(page, "");
  }
  times.push(...rounds);
  await page.context().close();
}
await browser.close();
times.sort((a, b) => a - b);
const at = (share) => times[Math.min(times.length - 1, Math.floor(times.length * share))];
console.log(JSON.stringify({ first, keystroke: { count: times.length, median: at(0.5), p95: at(0.95), most: at(1) } }));
