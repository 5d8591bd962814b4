// The fonts that decks bring along: text is set in them from the first frame on, from a disk as well, and a new
// character is there as soon as it is typed.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { press } from "./deck-page.mjs";
import { firefox } from "./firefox.mjs";
import { check, eventually } from "./harness.mjs";

const rain = "# 雨の日の傘\n\nひらがなと**漢字**と`code`、😀と👨‍👩‍👧と🇯🇵。\n\n---\n# English words\n";
const english = "---\nlang: en\n---\n# Rain\n\nIt rains, *always*. `code`\n";

// Tells whether an element's text is drawn in fonts of the page alone, as the browser itself says.
async function isOurs(page, selector) {
  const client = await page.context().newCDPSession(page);
  await client.send("DOM.enable");
  await client.send("CSS.enable");
  const { root } = await client.send("DOM.getDocument");
  const { nodeId } = await client.send("DOM.querySelector", { nodeId: root.nodeId, selector });
  const { fonts } = await client.send("CSS.getPlatformFontsForNode", { nodeId });
  return fonts.length > 0 && fonts.every(({ isCustomFont }) => isCustomFont);
}

// The faces that were loaded, each with its weight.
function loaded(page) {
  return page.evaluate(() => [...new Set([...document.fonts].filter((face) => face.status === "loaded")
    .map((face) => `${face.family.replaceAll('"', "")} ${face.weight} ${face.style}`))].sort());
}

const slide = "main.deck > .card.current > section";

async function settled(page) {
  await page.evaluate(() => document.fonts.ready.then(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))));
}

check("a deck is set in the fonts that it brings, from a disk too", async (world) => {
  const bundle = await world.build(await world.site({ "decks/rain.md": rain, "decks/words.md": english }));
  const page = await world.open(bundle.url("decks/rain.html"));
  await settled(page);
  for (const part of ["h1", "p", "p strong", "p code"]) assert.ok(await isOurs(page, `${slide} ${part}`), part);
  assert.deepEqual(await loaded(page), ["Noto Sans JP 400 normal", "Noto Sans JP 700 normal", "Noto Sans Mono 400 normal", "Twemoji 100 900 normal"]);
  await page.goto(bundle.url("decks/words.html"));
  await settled(page);
  for (const part of ["h1", "p", "p em"]) assert.ok(await isOurs(page, `${slide} ${part}`), part);
  assert.deepEqual(await loaded(page), ["Noto Sans 400 italic", "Noto Sans 400 normal", "Noto Sans 700 normal", "Noto Sans Mono 400 normal"]);
  assert.ok((await bundle.files()).every((path) => !path.includes("font-words-")), "a deck without Japanese brings no Japanese font");
});

check("Firefox sets a deck in the same fonts", async (world) => {
  const { url } = await world.serve(await world.site({ "decks/rain.md": rain }));
  const browser = await firefox(world);
  const page = await browser.open(url("decks/rain.html"));
  await eventually(async () => {
    const loaded = await page.ask(() => [...document.fonts].filter((face) => face.status === "loaded").map((face) => face.family.replaceAll('"', "")));
    for (const family of ["Noto Sans JP", "Twemoji", "Noto Sans Mono"]) assert.ok(loaded.includes(family), `${family}: ${loaded}`);
  });
});

check("a weight of a talk is light", async (world) => {
  const bundle = await world.build(await world.demo());
  const files = JSON.parse(await readFile(join(bundle.folder, "bundle.json"), "utf8")).files;
  const japanese = files.filter(({ path }) => /noto-sans-jp-\d+-[0-9a-f]+\.woff2$/.test(path));
  assert.ok(japanese.length >= 2);
  for (const { path, bytes } of japanese) assert.ok(bytes < 100_000, `${path}: ${bytes}`);
});

check("a talk's page with all that it loads weighs less than 30 KB, fonts aside", async (world) => {
  const bundle = await world.build(await world.demo());
  for (const path of ["decks/open-compute.html", "decks/us-east-1-outage.html", "decks/wordpress-cloudfront.html"]) {
    const page = await world.open("about:blank");
    const loaded = [];
    page.on("requestfinished", (request) => loaded.push(request.url()));
    await page.goto(bundle.url(path));
    await settled(page);
    const texts = [...new Set(loaded)].filter((url) => /\.(html|js|css)(#.*)?$/.test(url)).map((url) => fileURLToPath(url.replace(/#.*/, "")));
    assert.ok(texts.length > 5, texts.join(" "));
    const weights = await Promise.all(texts.map(async (file) => [gzipSync(await readFile(file), { level: 9 }).length, basename(file)]));
    const whole = weights.reduce((sum, [bytes]) => sum + bytes, 0);
    assert.ok(whole < 30_000, `${path}: ${whole} bytes, of ${weights.map((it) => it.join(" ")).join(", ")}`);
    await page.close();
  }
});

check("a first slide waits for its own letters alone, and the others come before anybody moves on", async (world) => {
  const kanji = "春夏秋冬東西南北山川海空雪風雲花鳥月星火水木金土年時分秒人口目耳手足力心体頭男女子父母兄弟姉妹友犬猫牛馬魚虫草竹米茶肉食飲店町村市県国王玉石糸車舟道電話本文字語読書聞見行来帰出入立休走歩言思知";
  const { url } = await world.serve(await world.site({ "decks/rain.md": `# 雨の日の傘\n\nひらがな。\n\n---\n# ${kanji}\n\n${kanji}と雨、傘。\n` }));
  const read = async (path) => (await fetch(url(path))).text();
  const css = await read((await read("decks/rain.html")).match(/assets\/fonts-rain-[^"]*/)[0]);
  const later = [...css.matchAll(/url\("([^"]+)"\)[^}]*unicode-range:U\+2E80/g)].map(([, name]) => name);
  assert.equal(later.length, 2, css);
  const page = await world.open("about:blank");
  const held = [];
  await page.route(/\.woff2$/, (route) => (later.some((name) => route.request().url().endsWith(name)) ? held.push(route) : route.continue()));
  await page.goto(url("decks/rain.html"));
  // They are asked for once the slide stands in its own.
  await eventually(() => assert.equal(held.length, 2));
  for (const part of ["h1", "p"]) assert.ok(await isOurs(page, `${slide} ${part}`), part);
  for (const route of held) await route.continue();
  await eventually(async () => assert.deepEqual(await page.evaluate(() => [...document.fonts].map(({ status }) => status)), Array(4).fill("loaded")));
  await press(page, "ArrowRight");
  for (const part of ["h1", "p"]) assert.ok(await isOurs(page, `${slide} ${part}`), part);
});

check("a character that is typed is there in the deck's own font, and nothing vanishes meanwhile", async (world) => {
  const site = await world.site({ "decks/rain.md": rain });
  const { url } = await world.serve(site);
  const page = await world.open(url("decks/rain.html"));
  await settled(page);
  const before = await page.locator('link[rel="stylesheet"][href*="assets/fonts-"]').getAttribute("href");
  await site.edit("decks/rain.md", "雨の日の傘", "鬱陶しい雨の日の傘");
  await page.locator(`${slide} h1`, { hasText: "鬱陶しい" }).waitFor();
  assert.notEqual(await page.locator('link[rel="stylesheet"][href*="assets/fonts-"]').getAttribute("href"), before);
  await settled(page);
  assert.ok(await isOurs(page, `${slide} h1`));
});

check("a site may leave the fonts to the machine", async (world) => {
  const site = await world.site({ "kami.toml": 'fonts = "system"\n', "decks/rain.md": rain });
  const bundle = await world.build(site);
  assert.deepEqual((await bundle.files()).filter((path) => path.endsWith(".woff2")), []);
  const page = await world.open(bundle.url("decks/rain.html"));
  await settled(page);
  assert.equal(await page.evaluate(() => document.fonts.size), 0);
  await press(page, "ArrowRight");
});
