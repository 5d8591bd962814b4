// Search: the index against a plain scan, the field in the head of every page, and the page of its own.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import vm from "node:vm";
import { press } from "./deck-page.mjs";
import { check, eventually, hold, root } from "./harness.mjs";
import { corpus, Random } from "./search-corpus.mjs";

const vectors = JSON.parse(readFileSync(join(root, "tests", "search", "vectors.json"), "utf8"));

// The browser's own script, with a loader that reads the bundle's shards from a disk.
function engine(folder) {
  const context = vm.createContext({ setTimeout });
  vm.runInContext(readFileSync(join(root, "templates", "search", "engine.js"), "utf8"), context);
  const search = context.kamiSearch;
  search.loaded = [];
  search.load = async (name) => {
    const script = readFileSync(join(folder, "search", `${name}.js`), "utf8");
    search.loaded.push([name, script.length]);
    let data;
    search.put = (value) => (data = value);
    vm.runInContext(script, context);
    return data;
  };
  return search;
}

// All that a search finds, as addresses.
async function found(search, query) {
  const results = await search.find(query, "ja");
  const routes = [];
  while (results && !results.isDone()) routes.push(...(await results.next(50)).map(({ text }) => text.route));
  if (results?.certain) assert.equal(routes.length, results.list.length, `the count of ${query}`);
  return routes.sort();
}

// The same by a plain scan: each term is a substring of one block of folded text, all terms in one document.
function folded(text) {
  const lower = text.normalize("NFKC").toLowerCase().replaceAll("ς", "σ").replaceAll("ー", "");
  return lower.replace(/[\u30a1-\u30f6\u30fd\u30fe]/g, (c) => String.fromCharCode(c.charCodeAt(0) - 0x60));
}
async function documents(search) {
  const { texts } = await search.load("index");
  const all = await Promise.all(texts.map(([, name]) => search.load(name)));
  return all.flat().map(([route, title, , , names, pieces]) => {
    const said = pieces.filter((piece) => typeof piece !== "number").map((piece) => (typeof piece === "string" ? piece : piece[1]));
    const blocks = [title, ...names, ...said];
    return { route, blocks, folded: blocks.map(folded) };
  });
}
function scanned(documents, query) {
  const terms = folded(query).split(/\s+/).filter(Boolean);
  if (terms.length === 0) return [];
  const has = ({ folded }) => terms.every((term) => folded.some((block) => block.includes(term)));
  return documents.filter(has).map(({ route }) => route).sort();
}

// Queries as people write them: pieces of texts from anywhere in a word, in another spelling now and then.
function query(random, documents) {
  const piece = () => {
    const text = Array.from(random.pick(random.pick(documents).blocks));
    const length = 1 + random.below(20), start = random.below(Math.max(1, text.length - length));
    const cut = text.slice(start, start + length).join("");
    switch (random.below(8)) {
      case 0: return cut.toUpperCase();
      case 1: return cut.replace(/[\u3041-\u3096]/g, (c) => String.fromCharCode(c.charCodeAt(0) + 0x60));
      case 2: return cut.replace(/[!-~]/g, (c) => String.fromCharCode(c.charCodeAt(0) + 0xfee0));
      case 3: return cut.replace(/[アイウエオカサタナハマヤラワ]/g, "$&ー");
      case 4: return cut.replace(/./u, (c) => random.pick(["雨", "x", "ん", c]));
      default: return cut;
    }
  };
  return random.below(4) === 0 ? `${piece()} ${Array.from(piece()).slice(0, 3).join("")}` : piece();
}

async function compare(world, site, count) {
  const { folder } = await world.build(site);
  const search = engine(folder), all = await documents(search), random = new Random(7);
  let hits = 0;
  for (let number = 0; number < count; number += 1) {
    const asked = query(random, all), expected = scanned(all, asked);
    assert.deepEqual(await found(search, asked), expected, `query ${number}: ${JSON.stringify(asked)}`);
    hits += expected.length > 0 ? 1 : 0;
  }
  assert.ok(hits > count / 2, "most queries find something");
}

test("folding and tokens are those of the vectors", () => {
  const search = engine("");
  for (const [text, expected] of vectors.fold) assert.equal(search.fold(text), expected, text);
  for (const [text, words, grams] of vectors.tokens) {
    const found = search.tokens(text);
    assert.deepEqual([[...found.words], [...found.grams].map((gram) => gram.join(""))], [words, grams], text);
  }
});

check("on the demo, 1,000 queries find what a plain scan finds", async (world) => {
  await compare(world, await world.demo(), 1000);
});

check("on a large wiki, 1,000 queries find what a plain scan finds", async (world) => {
  await compare(world, await world.site(corpus(1200)), 1000);
});

const hostile = {
  "kami.toml": 'lang = "en"\nlanguages = ["en", "ja"]\ntitle = "Odd"\n',
  "wiki/Quotes.md": "---\ntitle: \"\\\"Quotes\\\" </script><script>alert(1)</script> & 'more'\"\n---\n\nA quine `</script>` and <b>raw</b> &amp; entity.\n",
  "wiki/Party.md": "---\ntitle: 🎉 Party 👩‍💻\n---\n\nLine\u2028separator and\u2029another.\n",
  "wiki/Ruby.md": "# Ruby\n\n<ruby>漢字<rt>かんじ</rt></ruby>変換とサーバー。\n\n日本語の\n改行\n",
  "wiki/Long.md": `# Long\n\n${"word".repeat(60)} and ${"雨".repeat(3000)}傘\n`,
  "wiki/Huge.md": `# Huge\n\n${"All work and no play makes a dull page. ".repeat(130_000)}\n\nneedle\n`,
  "wiki/Old.md": "---\nredirect: Ruby\n---\n\nnobodyfindsthis\n",
  "wiki/Secret.md": "---\ndraft: true\n---\n\ndrafted\n",
  "decks/talk.md": "# First\n\nWords\n\n<!-- whispered -->\n\n---\n\n## Second card\n\nClockwork\n",
};

check("odd texts and odd queries find what they should", async (world) => {
  const { folder } = await world.build(await world.site(hostile));
  const search = engine(folder);
  const expect = async (query, ...routes) => assert.deepEqual(await found(search, query), routes.map((name) => `${name}.html`), query.slice(0, 40));
  await expect("</script>", "wiki/Quotes");
  await expect("'more'", "wiki/Quotes");
  await expect("& entity", "wiki/Quotes");
  await expect("🎉", "wiki/Party");
  await expect("👩‍💻", "wiki/Party");
  await expect("separator", "wiki/Party");
  await expect("漢字変換", "wiki/Ruby");
  await expect("かんじ", "wiki/Ruby");
  await expect("サーバ", "wiki/Ruby");
  await expect("ｻｰﾊﾞｰ", "wiki/Ruby");
  await expect("日本語の改行", "wiki/Ruby");
  await expect("wordword".repeat(20), "wiki/Long");
  await expect("雨".repeat(1500) + "傘", "wiki/Long");
  await expect("傘雨");
  await expect("needle", "wiki/Huge");
  await expect("nobodyfindsthis");
  await expect("drafted");
  await expect("whispered");
  await expect("lockwor", "decks/talk");
  await expect("ー");
  await expect("   ");
  await expect("x".repeat(10_000));
  await expect("雨 ".repeat(5000), "wiki/Long");
  await expect("あいうえお".repeat(2000));
  await expect("\ud800");
});

check("a page of five million characters has a snippet with marks", async (world) => {
  const { folder } = await world.build(await world.site(hostile));
  const search = engine(folder), results = await search.find("ＤＵＬＬ", "en");
  const [hit] = await results.next(1), shown = search.show(hit, results.terms, 4);
  assert.deepEqual([...shown.body].filter(([, marked]) => marked).map(([text]) => text), ["dull", "dull", "dull"].slice(0, shown.body.filter(([, m]) => m).length));
  assert.ok(shown.body.some(([, marked]) => marked));
});

check("marks stand on what was written, however it is spelled", async (world) => {
  const site = await world.site({ "kami.toml": 'lang = "ja"\n', "wiki/A.md": "# 題\n\n前のｻｰﾊﾞｰ室、それから サーバー と①番。\n" });
  const search = engine((await world.build(site)).folder);
  const marks = async (query) => {
    const results = await search.find(query, "ja");
    const [hit] = await results.next(1);
    return [...search.show(hit, results.terms, 4).body].filter(([, marked]) => marked).map(([text]) => text);
  };
  assert.deepEqual(await marks("サーバ"), ["ｻｰﾊﾞｰ", "サーバー"]);
  assert.deepEqual(await marks("さば室"), ["ｻｰﾊﾞｰ室"]);
  assert.deepEqual(await marks("1番"), ["①番"]);
});

check("who asks for more before it is there gets what comes behind it, each once", async (world) => {
  const pages = Array.from({ length: 60 }, (_, number) => [`wiki/P${number}.md`, `# P${number}\n\n${"It rains. ".repeat(40)}\n`]);
  const search = engine((await world.build(await world.site({ "kami.toml": 'lang = "en"\n', ...Object.fromEntries(pages) }))).folder);
  const results = await search.find("rains", "en");
  const asked = await Promise.all([results.next(25), results.next(25), results.next(25)]);
  assert.deepEqual(asked.map((hits) => hits.length), [25, 25, 10]);
  assert.equal(new Set(asked.flatMap((hits) => [...hits]).map(({ text }) => text.route)).size, 60);
  assert.equal(results.count(), 60);
});

check("titles come before headings, whole words before middles", async (world) => {
  const filler = "Nothing of note here. ".repeat(20);
  const site = await world.site({
    "kami.toml": 'lang = "en"\n',
    "wiki/Alpha.md": `# Alpha\n\n${filler} storefront ${filler}\n`,
    "wiki/Beta.md": `# Beta\n\n## Front\n\n${filler}\n`,
    "wiki/Front.md": `# Front\n\n${filler}\n`,
    "wiki/Delta.md": `# Delta\n\n${filler} the front door ${filler}\n`,
  });
  const search = engine((await world.build(site)).folder), results = await search.find("front", "en");
  assert.deepEqual([...(await results.next(10))].map(({ text }) => text.title), ["Front", "Beta", "Delta", "Alpha"]);
});

const opened = (page) => page.locator("form.search .found");

for (const from of ["a server", "a disk"]) {
  check(`from ${from}: slash opens the field, results come as one types, arrows and Enter follow them`, async (world) => {
    const site = await world.demo();
    const { url } = from === "a disk" ? await world.build(site) : await world.serve(site);
    const page = await world.open(url("wiki/EBS.html"));
    await press(page, "/");
    await page.keyboard.type("cloudf");
    const first = opened(page).locator("a.hit").first();
    await first.filter({ hasText: /CloudFront|CloudFormation/ }).waitFor();
    await eventually(async () => assert.match(await opened(page).getByRole("status").textContent(), /\d+件/));
    await page.keyboard.type("ront");
    // All that was typed is marked: what is shown is no answer to the beginning of it.
    await eventually(async () => assert.equal(await first.locator("mark").first().textContent(), "CloudFront"));
    await press(page, "ArrowDown");
    assert.equal(await first.evaluate((a) => a === document.activeElement), true);
    const href = await first.evaluate((a) => a.href);
    await press(page, "Enter");
    await page.waitForURL(href);
  });
}

check("a slide is found with its number, and its card leads to it", async (world) => {
  const { url } = await world.build(await world.site(hostile));
  const page = await world.open(url("wiki/Ruby.html"));
  await press(page, "Control+k");
  await page.keyboard.type("clockwork");
  const card = opened(page).locator(".slides a");
  await card.filter({ hasText: "Second card" }).waitFor();
  assert.equal(await card.locator("b").textContent(), "2");
  await press(page, "ArrowDown", "ArrowDown", "Enter");
  await page.waitForURL(`${url("decks/talk.html")}#2`);
});

check("escape closes the field, and what is written in it stays text", async (world) => {
  const { url } = await world.build(await world.site(hostile));
  const page = await world.open(url("wiki/Ruby.html"));
  await press(page, "/");
  await page.keyboard.type("<b>alert");
  await eventually(async () => assert.match(await opened(page).getByRole("status").textContent(), /“<b>alert”/));
  await press(page, "Escape");
  await opened(page).waitFor({ state: "hidden" });
  assert.notEqual(await page.evaluate(() => document.activeElement.nodeName), "INPUT");
});

check("nothing is sought while an input method composes", async (world) => {
  const { url } = await world.build(await world.site(hostile));
  const page = await world.open(url("wiki/Party.html"));
  await press(page, "/");
  const client = await page.context().newCDPSession(page);
  await client.send("Input.imeSetComposition", { text: "かんじ", selectionStart: 3, selectionEnd: 3 });
  assert.equal(await page.locator("form.search input").inputValue(), "かんじ");
  await page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))));
  assert.equal(await opened(page).locator("a.hit").count(), 0);
  await client.send("Input.insertText", { text: "漢字" });
  await opened(page).locator("a.hit", { hasText: "Ruby" }).waitFor();
});

check("the address of the search page holds the query, and the field there follows it", async (world) => {
  const { url } = await world.serve(await world.site(hostile));
  const page = await world.open(`${url("search.html")}?q=%E6%BC%A2%E5%AD%97%3Cscript%3E`);
  const field = page.locator("main form.search input");
  assert.equal(await field.inputValue(), "漢字<script>");
  await opened(page).getByRole("status").filter({ hasText: "漢字<script>" }).waitFor();
  await field.fill("漢字");
  await opened(page).locator("a.hit", { hasText: "Ruby" }).waitFor();
  assert.equal(new URL(page.url()).searchParams.get("q"), "漢字");
});

check("enter in the head's field leads to the search page", async (world) => {
  const { url } = await world.build(await world.site(hostile));
  const page = await world.open(url("wiki/Ruby.html"));
  await press(page, "/");
  await page.keyboard.type("needle");
  await press(page, "Enter");
  await page.waitForURL(/search\.html\?q=needle/);
  await opened(page).locator("a.hit", { hasText: "Huge" }).waitFor();
});

check("without scripts the search page says so and lists all pages", async (world) => {
  const { url } = await world.build(await world.demo());
  const page = await world.open(url("search.html"), { javaScriptEnabled: false });
  assert.match(await page.locator("main noscript > p").innerText(), /JavaScript が要ります/);
  assert.ok((await page.locator("main a[href$='wiki/EBS.html']").count()) > 0);
});

check("a site out of reach is told in a sentence", async (world) => {
  world.forgive(/ERR_FILE_NOT_FOUND/);
  const { url, folder } = await world.build(await world.site(hostile));
  const page = await world.open(url("wiki/Ruby.html"));
  await rm(join(folder, "search"), { recursive: true });
  await press(page, "/");
  await page.keyboard.type("needle");
  await eventually(async () => assert.match(await opened(page).getByRole("status").textContent(), /could not be loaded/));
});

check("in serve, what was just saved is found", async (world) => {
  world.forgive(/404/);
  const site = await world.site(hostile);
  const { url } = await world.serve(site);
  const page = await world.open(url("wiki/Ruby.html"));
  await press(page, "/");
  await page.keyboard.type("needle");
  await opened(page).locator("a.hit", { hasText: "Huge" }).waitFor();
  await press(page, "Escape");
  await site.write("wiki/Fresh.md", "# Fresh\n\nbrandnewword\n");
  await eventually(async () => assert.equal((await fetch(url("wiki/Fresh.html"))).status, 200));
  // Who types faster than the index comes is answered by the older one first.
  const index = await hold(page, /\/search\/index\.js/);
  await press(page, "Escape", "/");
  await page.locator("form.search input").fill("brandnew");
  await index.asked;
  await eventually(async () => assert.match(await opened(page).getByRole("status").textContent(), /brandnew/));
  assert.equal(await opened(page).locator("a.hit").count(), 0);
  index.release();
  await opened(page).locator("a.hit", { hasText: "Fresh" }).waitFor();
});

check("scripts come from the folder of the search alone", async (world) => {
  const { url } = await world.build(await world.site(hostile));
  const page = await world.open(url("wiki/Ruby.html"));
  const refused = await page.evaluate(async () => {
    const names = ["../wiki/x", "//example.com/x", "t-0123456789abcdef/../../x", "https://example.com/index"];
    const tries = await Promise.allSettled(names.map((name) => kamiSearch.load(name)));
    return tries.map(({ reason }) => reason?.name);
  });
  assert.deepEqual(refused, ["TypeError", "TypeError", "TypeError", "TypeError"]);
});
