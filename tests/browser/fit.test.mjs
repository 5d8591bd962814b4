// What only measuring can fit: overfull slides, headings as wide as the slide, long lines of code.
import assert from "node:assert/strict";
import { expectSlide, press } from "./deck-page.mjs";
import { check, eventually } from "./harness.mjs";

const words = (count) => Array.from({ length: count }, (_, n) => `word${n}`).join(" ");

const talk = `---
title: Fits
header: Head
footer: Foot
paginate: true
---

# Fine

---

## A little too much

${words(140)}

---

## Far too much

${words(900)}

---

# <!-- fit --> Short title

Some words below.

---

# <!-- fit --> A title that is far too long for one line of a slide and goes on and on

---

## A long line

\`\`\`
${"x".repeat(120)}
\`\`\`

---

<!-- _fit: none -->

## Left as it is

${words(300)}
`;

const site = (deck = talk) => ({
  "kami.toml": 'title = "Night"\nlang = "en"\n[event]\nname = "Night"\ntalks = ["full", "talk"]\n',
  "decks/talk.md": deck,
  "decks/full.md": `## Full\n\n${words(140)}\n`,
});

const fitOf = (page, number) => page.locator(`[id="${number}"]`).evaluate((it) => ({
  fit: Number(it.style.getPropertyValue("--fit")) || 1, over: it.dataset.overflow ?? "",
}));

// Where something lies, in parts of the slide's own size.
const place = (page, number, selector) => page.evaluate(([number, selector]) => {
  const slide = document.getElementById(number);
  const box = (selector ? slide.querySelector(selector) : slide).getBoundingClientRect();
  const card = slide.parentElement.getBoundingClientRect();
  return [box.left - card.left, box.top - card.top, box.width, box.height].map((it) => Math.round((1280 * it) / card.width));
}, [String(number), selector]);

check("an overfull slide shrinks as far as it stays readable, before it is seen", async (world) => {
  const bundle = await world.build(await world.site(site()));
  const page = await world.open(`${bundle.url("decks/talk.html")}#2`);
  const little = await fitOf(page, 2);
  assert.ok(little.fit < 1 && little.fit > 0.7 && little.over === "", JSON.stringify(little));
  const last = await page.evaluate(() => {
    const range = document.createRange();
    range.selectNodeContents(document.querySelector(".card.current p"));
    return range.getBoundingClientRect().bottom;
  });
  assert.ok(last < 720, `the last line ends at ${last}`);
  await page.keyboard.press("ArrowRight");
  const far = await fitOf(page, 3);
  assert.equal(far.fit, 0.6);
  assert.ok(Number(far.over) > 100, JSON.stringify(far));
  assert.equal(await page.locator(".kami-live").count(), 0, "an audience is not told");
  // What stands in the margins does not move from slide to slide.
  const margins = async (number) => {
    await press(page, String(number), "Enter");
    await expectSlide(page, number);
    return [await place(page, number, "header"), await place(page, number, "footer")];
  };
  assert.deepEqual(await margins(1), await margins(3));
  assert.deepEqual(await place(page, 3, ""), [0, 0, 1280, 720], "the slide itself is as large as ever");
});

check("a heading marked to fit is as wide as the slide, one line of it", async (world) => {
  const bundle = await world.build(await world.site(site()));
  const page = await world.open(`${bundle.url("decks/talk.html")}#5`);
  const long = await page.locator(".card.current h1").evaluate((it) => {
    const range = document.createRange();
    range.selectNodeContents(it);
    const box = range.getBoundingClientRect();
    return { width: box.width, lines: Math.round(box.height / Number.parseFloat(getComputedStyle(it).fontSize)) };
  });
  assert.ok(long.width > 1100 && long.width <= 1153, `it is ${long.width} wide`);
  assert.equal(long.lines, 1);
  await page.goto(`${bundle.url("decks/talk.html")}#4`);
  const short = await page.locator(".card.current h1").evaluate((it) => Number.parseFloat(getComputedStyle(it).fontSize));
  assert.ok(short > 150, `it is ${short} high`);
  assert.deepEqual(await fitOf(page, 4), { fit: 1, over: "" });
  await page.goto(`${bundle.url("decks/talk.html")}#6`);
  const code = await page.locator(".card.current pre").evaluate((it) => [it.scrollWidth, it.clientWidth]);
  assert.ok(code[0] <= code[1] + 1, `a line of code is cut off: ${code}`);
});

check("a deck may be left as it is", async (world) => {
  const night = await world.site(site());
  const bundle = await world.build(night);
  const page = await world.open(`${bundle.url("decks/talk.html")}#7`);
  const left = await fitOf(page, 7);
  assert.equal(left.fit, 1);
  assert.ok(Number(left.over) > 10, JSON.stringify(left));
  await night.edit("kami.toml", "[event]", '[deck]\nfit = "none"\n[event]');
  const again = await world.open(`${(await world.build(night)).url("decks/talk.html")}#2`);
  assert.equal((await fitOf(again, 2)).fit, 1);
});

check("a slide looks the same wherever it is shown", async (world) => {
  const bundle = await world.build(await world.site(site()));
  const stage = await world.open(`${bundle.url("decks/talk.html")}#2`);
  const { fit } = await fitOf(stage, 2);
  const elsewhere = (page, nth) => page.locator(".card > .slide").nth(nth).evaluate((it) => Number(it.style.getPropertyValue("--fit")));
  const handout = await world.open(bundle.url("decks/talk.notes.html"));
  await eventually(async () => assert.equal(await elsewhere(handout, 1), fit));
  const event = await world.open(bundle.url("index.html"));
  await eventually(async () => assert.ok((await elsewhere(event, 0)) < 1));
  await stage.keyboard.press("o");
  await eventually(async () => assert.equal((await fitOf(stage, 3)).fit, 0.6));
  const print = await world.open(`${bundle.url("decks/talk.html")}?view=print`);
  assert.equal((await fitOf(print, 3)).fit, 0.6);
});

check("the slide in view is fitted first, the other 499 when there is time", async (world) => {
  const deck = Array.from({ length: 500 }, (_, n) => `## ${n}\n\n${words(150)}`).join("\n\n---\n\n");
  const bundle = await world.build(await world.site(site(deck)));
  const page = await world.open("about:blank");
  await page.addInitScript(() => {
    document.addEventListener("DOMContentLoaded", () => queueMicrotask(() => {
      window.early = document.querySelectorAll(".slide[data-fitted]").length;
    }));
  });
  await page.goto(bundle.url("decks/talk.html"));
  const early = await page.evaluate(() => window.early);
  assert.ok(early >= 0 && early < 5, `${early} slides were fitted before the first frame`);
  assert.ok((await fitOf(page, 1)).fit < 1);
  await eventually(async () => assert.equal(await page.locator(".slide[data-fitted]").count(), 500), { within: 30_000 });
});

check("the author is told of a slide that holds too much, and of the change that mends it", async (world) => {
  const night = await world.site(site());
  const server = await world.serve(night);
  const page = await world.open(`${server.url("decks/talk.html")}#3`);
  const badge = page.locator(".kami-over");
  await badge.waitFor();
  assert.match(await badge.textContent(), /This slide holds \d+ % too much/);
  await page.keyboard.press("ArrowLeft");
  await badge.waitFor({ state: "hidden" });
  await page.keyboard.press("ArrowRight");
  await badge.waitFor();
  await night.edit("decks/talk.md", words(900), words(20));
  await badge.waitFor({ state: "hidden" });
  assert.deepEqual(await fitOf(page, 3), { fit: 1, over: "" });
});

check("without scripts an overfull slide scrolls", async (world) => {
  const bundle = await world.build(await world.site(site()));
  const page = await world.open(bundle.url("decks/talk.html"), { javaScriptEnabled: false });
  const slide = page.locator('[id="3"]');
  await slide.hover();
  assert.equal(await slide.evaluate((it) => getComputedStyle(it).overflowY), "auto");
});

check("a theme that does not ask for it has its titles left as large as it says", async (world) => {
  const deck = (theme) => `---\ntheme: ${theme}\n---\n\n# <!-- fit --> Short\n`;
  const site = await world.site({
    "decks/plain.md": deck("plain"),
    "decks/grown.md": deck("grown"),
    "templates/themes/plain.css": "/* @theme plain */\nh1 { font-size: 40px }\n",
    "templates/themes/grown.css": "/* @theme grown */\n/* @auto-scaling true */\nh1 { font-size: 40px }\n",
  });
  const server = await world.serve(site);
  const size = (page) => page.evaluate(() => Number.parseFloat(getComputedStyle(document.querySelector(".slide h1")).fontSize));
  const grown = await world.open(server.url("decks/grown.html"));
  await eventually(async () => assert.ok((await size(grown)) > 100));
  const plain = await world.open(server.url("decks/plain.html"));
  await plain.evaluate(() => window.kamiFit([...document.querySelectorAll(".slide")]));
  assert.equal(await size(plain), 40);
});

check("long code shrinks within its block, and a heading does not mind what is too wide beside it", async (world) => {
  const long = "x".repeat(200);
  const deck = (theme) => `---\ntheme: ${theme}\nfit: none\n---\n\n# <!-- fit --> A heading\n\n\`\`\`\nshort\n${long}\n\`\`\`\n`;
  const look = "section { padding: 40px; font: 30px/1.5 sans-serif }\nh1 { margin: 0; font-size: 40px }\n" +
    "pre { margin: 1em 0; padding: 0.5em; font: 20px/1.5 monospace }\ncode { font: inherit }\n";
  const { url } = await world.serve(await world.site({
    "decks/heads.md": deck("heads"),
    "decks/both.md": deck("both"),
    "templates/themes/heads.css": `/* @theme heads */\n/* @auto-scaling fittingHeader */\n${look}`,
    "templates/themes/both.css": `/* @theme both */\n/* @auto-scaling true */\n${look}`,
  }));
  const heads = await world.open(url("decks/heads.html"));
  const size = () => heads.evaluate(() => Number.parseFloat(getComputedStyle(document.querySelector(".slide h1")).fontSize));
  await eventually(async () => assert.ok((await size()) > 150));
  const both = await world.open(url("decks/both.html"));
  const block = () => both.evaluate(() => {
    const pre = document.querySelector(".slide pre"), style = getComputedStyle(pre);
    const code = getComputedStyle(pre.querySelector("code"));
    return {
      wide: pre.scrollWidth <= pre.clientWidth + 1, around: [style.marginTop, style.paddingLeft, style.fontSize],
      shrunk: Number.parseFloat(code.fontSize) < 12, lines: Math.round(10 * Number.parseFloat(code.lineHeight) / Number.parseFloat(code.fontSize)),
    };
  });
  await eventually(async () => assert.deepEqual(await block(), { wide: true, around: ["20px", "10px", "20px"], shrunk: true, lines: 15 }));
});

check("what shrinks keeps its distance to the edges, the header and the footer", async (world) => {
  const lines = Array.from({ length: 11 }, (_, n) => `- line ${n}`).join("\n");
  const deck = (theme) => `---\ntheme: ${theme}\nheader: Head\nfooter: Foot\npaginate: true\n---\n\n## Short\n\nwords\n\n---\n\n## Full\n\n${lines}\n`;
  const { url } = await world.serve(await world.site({ ...site(), ...Object.fromEntries(["default", "gaia", "uncover"].map((theme) => [`decks/${theme}.md`, deck(theme)])) }));
  for (const theme of ["default", "gaia", "uncover"]) {
    const page = await world.open(url(`decks/${theme}.html#2`));
    const boxes = () => page.evaluate(() => {
      const slide = document.querySelector("main.deck > .current > .slide");
      const box = (element) => element.getBoundingClientRect();
      const [head, foot] = ["header", "footer"].map((name) => box(slide.querySelector(`:scope > ${name}`)));
      const words = document.createRange();
      words.selectNodeContents(slide.querySelector("h2"));
      const title = box(words);
      const items = [...slide.querySelectorAll("li")].map(box);
      return { fitted: slide.hasAttribute("data-fitted"), above: title.top - head.bottom, below: foot.top - items.at(-1).bottom, foot: foot.top };
    });
    await eventually(async () => assert.ok((await boxes()).fitted, theme));
    const { above, below, foot } = await boxes();
    assert.ok(above > 4 && below > 4, `${theme}: ${above} px below the header, ${below} px above the footer`);
    await page.keyboard.press("ArrowLeft");
    await eventually(async () => assert.ok(!(await page.evaluate(() => document.querySelector("main.deck > .current > .slide").hasAttribute("data-fitted")))));
    const plain = await page.evaluate(() => document.querySelector("main.deck > .current footer").getBoundingClientRect().top);
    assert.ok(Math.abs(plain - foot) < 1.5, `${theme}: the footer stays where it is, ${plain} and ${foot}`);
  }
});
