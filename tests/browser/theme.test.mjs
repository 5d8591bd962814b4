// The CSS of themes and decks in a browser: a theme written for Marp gives what it asks for, and no CSS of a deck
// reaches anything but that deck's slides.
import assert from "node:assert/strict";
import { press } from "./deck-page.mjs";
import { check, eventually } from "./harness.mjs";
import { coloursOf } from "./pixels.mjs";

// In the way that themes are written for Marp.
const marp = `/*!
 * @theme harbour
 * @auto-scaling fittingHeader
 * @size wide 1600px 900px
 */
@charset "UTF-8";
:root { --main: #0a6e8a; --ground: rgb(250, 250, 240); color: rgb(20, 30, 40); font-size: 28px; }
section { width: 1200px; height: 900px; color: red; background-color: var(--ground); padding: 2rem 3rem;
  display: flex; flex-flow: column nowrap; container-type: size; }
section h1, section h2 { color: var(--main) }
h1 { font-size: 2.5rem; margin: 0; animation: enter 1s both }
@keyframes enter { from { opacity: 0.5 } to { opacity: 0.5 } }
:is(h2, marp-h2) { font-size: 20cqw }
section.title { background-color: var(--main); & h1 { color: rgb(1, 2, 3) } }
section::after { content: attr(data-marpit-pagination) " of " attr(data-marpit-pagination-total); font-size: 0.5rem }
header { position: absolute; top: 10px; left: 20px }
div.marpit > svg > foreignObject > section footer { color: rgb(9, 9, 9) }
@media (min-width: 1px) { section p { letter-spacing: 3px } }
@supports (display: grid) { ul { display: grid } }
section::backdrop { background: rgb(7, 8, 9) }
`;

const talk = `---
theme: harbour
paginate: true
header: Head
footer: Foot
---
# One

text

---
<!-- _class: title -->
# Two

## Three
`;

function styles(page, selector, ...names) {
  return page.locator(selector).first().evaluate(
    (element, list) => Object.fromEntries(list.map((name) => [name, getComputedStyle(element).getPropertyValue(name)])),
    names,
  );
}

check("a theme written for Marp is used as it is", async (world) => {
  const { url } = await world.serve(await world.site({ "templates/themes/sea.css": marp, "decks/talk.md": talk }));
  const page = await world.open(url("decks/talk.html"));
  const slide = "main.deck > .card.current > section";
  await eventually(async () => assert.deepEqual(
    await styles(page, slide, "color", "background-color", "font-size", "padding-left", "width", "height", "flex-direction"),
    {
      "color": "rgb(20, 30, 40)", "background-color": "rgb(250, 250, 240)", "font-size": "28px",
      "padding-left": "84px", "width": "1200px", "height": "900px", "flex-direction": "column",
    },
  ));
  assert.deepEqual(await styles(page, `${slide} h1`, "font-size", "color", "opacity"),
    { "font-size": "70px", "color": "rgb(10, 110, 138)", "opacity": "0.5" });
  assert.deepEqual(await styles(page, `${slide} > footer`, "color"), { color: "rgb(9, 9, 9)" });
  assert.deepEqual(await styles(page, `${slide} > p`, "letter-spacing"), { "letter-spacing": "3px" });
  const number = await page.locator(slide).evaluate((element) => {
    const { content, fontSize } = getComputedStyle(element, "::after");
    return [content.replaceAll('" "', ""), fontSize];
  });
  assert.deepEqual(number, ['"1 of 2"', "14px"]);
  await eventually(async () => assert.equal((await styles(page, "main.deck", "background-color"))["background-color"], "rgb(7, 8, 9)"));
  await press(page, "ArrowRight");
  await eventually(async () => assert.deepEqual(await styles(page, slide, "background-color"), { "background-color": "rgb(10, 110, 138)" }));
  assert.deepEqual(await styles(page, `${slide} h1`, "color"), { color: "rgb(1, 2, 3)" });
  // A container unit is a part of the slide, 1200 less its padding wide, not of the window.
  assert.deepEqual(await styles(page, `${slide} h2`, "font-size"), { "font-size": `${(1200 - 168) / 5}px` });
  // 1200 by 900 in a window of 1280 by 720: as high as the window.
  const box = await page.locator(slide).boundingBox();
  assert.deepEqual([Math.round(box.width), Math.round(box.height)], [960, 720]);
});

// Waits for a slide with backgrounds to have colours at places.
async function shownBy(page, number, wanted) {
  await page.locator(`.card.current[data-number="${number}"] .slide-backgrounds img`).evaluate((image) => image.decode());
  for (const [x, y, colour] of wanted) {
    const clip = { x, y, width: 2, height: 2 };
    const part = { screenshot: (options) => page.screenshot({ ...options, clip }) };
    await eventually(async () => assert.equal([...await coloursOf(part)].join(" "), colour, `slide ${number} at ${x}, ${y}`));
  }
}

const sided = {
  "templates/themes/sided.css": `/* @theme sided */
section { padding: 0; background: linear-gradient(to right, rgb(0, 100, 0) 50%, rgb(0, 200, 0) 50%) }
section::before { content: ""; position: absolute; top: 0; left: 0; width: 100%; height: 20px; background: rgb(0, 0, 200) }
section::after { width: 40px; height: 40px; padding: 0; background: rgb(200, 0, 0); color: transparent }
h1 { width: 2000px; height: 100px; margin: 100px 0 0; background: rgb(9, 9, 9) }
p, li { color: rgb(1, 1, 1) }
section > :first-child { color: rgb(2, 2, 2) }
section > :last-child { color: rgb(3, 3, 3) }
section > * + * { font-style: italic }
li:last-child { color: rgb(4, 4, 4) }
`,
  "decks/dot.svg": '<svg xmlns="http://www.w3.org/2000/svg" width="40" height="40"><rect width="40" height="40" fill="rgb(200,200,0)"/></svg>',
  "decks/talk.md": `---
theme: sided
paginate: true
fit: none
---
# Right

![bg right:25% auto](dot.svg)

---

# Left

- a
- b

![bg left:25% auto](dot.svg)

---

First

Middle

Last ![bg auto](dot.svg)
`,
};

check("beside a background the slide, its number and what a theme draws are those of Marp", async (world) => {
  const { url } = await world.serve(await world.site(sided));
  const page = await world.open(url("decks/talk.html"));
  const shows = (number, wanted) => shownBy(page, number, wanted);
  await page.setViewportSize({ width: 1280, height: 720 });
  // The ground has the whole slide for its own, and what reaches out of the text ends there.
  await shows(1, [
    [20, 400, "0,100,0"], [700, 400, "0,200,0"], [1200, 400, "0,200,0"], [1120, 360, "200,200,0"],
    [900, 150, "9,9,9"], [1000, 150, "0,200,0"], [5, 5, "0,0,200"], [1270, 5, "0,0,200"], [1260, 700, "200,0,0"],
  ]);
  await press(page, "ArrowRight");
  await shows(2, [
    [20, 400, "0,100,0"], [600, 500, "0,100,0"], [160, 360, "200,200,0"],
    [200, 150, "0,100,0"], [400, 150, "9,9,9"], [5, 5, "0,0,200"], [1270, 5, "0,0,200"], [1260, 700, "200,0,0"],
  ]);
  const items = await page.locator(".current li").evaluateAll((all) => all.map((item) => getComputedStyle(item).color));
  assert.deepEqual(items, ["rgb(1, 1, 1)", "rgb(4, 4, 4)"]);
  await press(page, "ArrowRight");
  await shows(3, [[640, 360, "200,200,0"], [1260, 700, "200,0,0"]]);
  const lines = await page.locator(".current p").evaluateAll((all) => all.map((line) => [getComputedStyle(line).color, getComputedStyle(line).fontStyle]));
  assert.deepEqual(lines, [["rgb(2, 2, 2)", "normal"], ["rgb(1, 1, 1)", "italic"], ["rgb(3, 3, 3)", "italic"]]);
});

const dot = (colour) => `<svg xmlns="http://www.w3.org/2000/svg" width="40" height="40"><rect width="40" height="40" fill="${colour}"/></svg>`;
const framed = {
  "templates/themes/framed.css": `/* @theme framed */ /* @auto-scaling code */
section { box-sizing: border-box; padding: 0; border: 30px solid rgb(200, 0, 0); background: rgb(255, 255, 255); font-size: 40px }
pre > code { display: block; font: 20px monospace }
`,
  "decks/green.svg": dot("rgb(0,150,0)"),
  "decks/talk.md": `---
theme: framed
---
# Right

![bg right:50%](green.svg)

---

# Left

![bg left:50%](green.svg)

---

![bg w:5em h:2.5em](green.svg)

---

\`\`\`
short
\`\`\`
`,
};

check("a frame keeps out of a picture beside it, lengths and code are as wide as Marp has them", async (world) => {
  const { url } = await world.serve(await world.site(framed));
  const page = await world.open(url("decks/talk.html"));
  await page.setViewportSize({ width: 1280, height: 720 });
  const shows = (number, wanted) => shownBy(page, number, wanted);
  const [frame, picture] = ["200,0,0", "0,150,0"];
  await shows(1, [[5, 300, frame], [300, 5, frame], [620, 5, frame], [690, 5, picture], [690, 710, picture], [1270, 5, picture], [1270, 710, picture]]);
  await press(page, "ArrowRight");
  await shows(2, [[1270, 300, frame], [900, 710, frame], [660, 710, frame], [590, 5, picture], [590, 710, picture], [5, 5, picture], [5, 710, picture]]);
  await press(page, "ArrowRight");
  await shows(3, [[640, 360, picture]]);
  // Backgrounds lie in an element that knows nothing of the theme's type: there an em is that of the browser.
  const size = await page.locator(".current .slide-backgrounds img").evaluate((image) => [image.offsetWidth, image.offsetHeight]);
  assert.deepEqual(size, [80, 40]);
  await press(page, "ArrowRight");
  const widths = await page.locator(".current pre").evaluate((pre) => [pre.querySelector("code").offsetWidth, pre.clientWidth]);
  assert.ok(widths[0] > 0 && widths[0] < widths[1] / 4, `a block of code is as wide as its longest line: ${widths}`);
});

const leaky = `---
style: |
  h1 { color: rgb(1, 1, 1) }
  body, html, main, .card, .deck, .controls, nav, button { background: rgb(255, 0, 255) !important; color: rgb(255, 0, 255) !important }
  @keyframes spin { to { rotate: 1turn } }
---
# Loud

<style>
* { border: 7px solid rgb(255, 0, 255); }
section:is(section, .slide) { outline: 3px solid rgb(255, 0, 255) }
:root { --ink: rgb(255, 0, 255); font-size: 99px }
.card { display: none !important }
</style>

---

<style scoped>
h1 { color: rgb(2, 2, 2) }
section { background: rgb(3, 3, 3) }
</style>

# Scoped

---

# Third
`;

const pair = {
  "kami.toml": 'lang = "en"\n[event]\nname = "Two"\ntalks = ["loud", "quiet"]\n',
  "decks/loud.md": leaky,
  "decks/quiet.md": "---\ntheme: quiet\n---\n# Quiet\n",
  "templates/themes/quiet.css": "/* @theme quiet */ section { background: rgb(5, 5, 5) } h1 { color: rgb(6, 6, 6) }",
};

check("a style holds on its deck or slide, and the frame keeps its own", async (world) => {
  const { url } = await world.serve(await world.site(pair));
  const page = await world.open(url("decks/loud.html"));
  const heading = (number) => styles(page, `.card[data-number="${number}"] h1`, "color", "border-top-width");
  await eventually(async () => assert.deepEqual(await heading(1), { "color": "rgb(1, 1, 1)", "border-top-width": "7px" }));
  assert.deepEqual(await heading(2), { "color": "rgb(2, 2, 2)", "border-top-width": "7px" });
  assert.deepEqual(await heading(3), { "color": "rgb(1, 1, 1)", "border-top-width": "7px" });
  const grounds = await page.locator("main.deck section.slide").evaluateAll((slides) => slides.map((slide) => getComputedStyle(slide).backgroundColor));
  assert.deepEqual(grounds.map((ground) => ground === "rgb(3, 3, 3)"), [false, true, false]);
  const loud = await page.evaluate(() => [...document.querySelectorAll("html, body, body *:not(section.slide, section.slide *, template)")]
    .filter((element) => {
      const style = getComputedStyle(element);
      return [style.backgroundColor, style.color, style.outlineColor, style.borderTopColor].includes("rgb(255, 0, 255)") || style.fontSize === "99px";
    })
    .map((element) => element.outerHTML.slice(0, 80)));
  assert.deepEqual(loud, []);
});

check("the slides of two decks on one page keep their own looks, and the page its own", async (world) => {
  const { url } = await world.serve(await world.site(pair));
  const page = await world.open(url("index.html"));
  const thumb = (text) => `.card > section:has(h1:text-is("${text}"))`;
  assert.deepEqual(await styles(page, thumb("Quiet"), "background-color", "border-top-width", "outline-style"),
    { "background-color": "rgb(5, 5, 5)", "border-top-width": "0px", "outline-style": "none" });
  assert.deepEqual(await styles(page, `${thumb("Quiet")} h1`, "color", "border-top-width"), { "color": "rgb(6, 6, 6)", "border-top-width": "0px" });
  assert.deepEqual(await styles(page, `${thumb("Loud")} h1`, "color", "border-top-width"), { "color": "rgb(1, 1, 1)", "border-top-width": "7px" });
  const own = await styles(page, "main > * h1, h1:not(section.slide *)", "color", "border-top-width");
  assert.equal(own["border-top-width"], "0px");
  assert.notEqual(own.color, "rgb(1, 1, 1)");
});

const square = {
  "kami.toml": 'lang = "en"\n[deck]\nsize = "tall"\n[event]\nname = "Sizes"\n',
  "templates/themes/default.css": "/* @theme default */ /* @size tall 600px 800px */ /* @size 4:3 960px 720px */ section { padding: 20px }",
  "decks/tall.md": "# Tall\n\n---\n\n# Two\n",
  "decks/old.md": "---\nsize: 4:3\n---\n# Old\n",
};

check("a deck is laid out at its size wherever it is shown", async (world) => {
  const { url } = await world.serve(await world.site(square));
  const shapes = async (address, selector) => {
    const page = await world.open(url(address));
    await page.locator(selector).first().waitFor();
    return page.locator(selector).evaluateAll((slides) => slides.map((slide) => {
      const { width, height } = slide.getBoundingClientRect();
      return [slide.offsetWidth, slide.offsetHeight, Math.round((100 * width) / height)];
    }));
  };
  const tall = [600, 800, 75];
  const old = [960, 720, 133];
  assert.deepEqual(await shapes("decks/tall.html", ".current > section.slide"), [tall]);
  assert.deepEqual(await shapes("decks/tall.html?view=overview", "main.deck section.slide"), [tall, tall]);
  assert.deepEqual(await shapes("decks/tall.html?view=print", "main.deck section.slide"), [tall, tall]);
  assert.deepEqual(await shapes("decks/tall.notes.html", "section.slide"), [tall, tall]);
  assert.deepEqual(await shapes("decks/old.html", ".current > section.slide"), [old]);
  assert.deepEqual((await shapes("index.html", "section.slide")).sort(), [tall, old]);
  const page = await world.open(url("decks/tall.html"));
  const pdf = (await page.pdf({ preferCSSPageSize: true, printBackground: true })).toString("latin1");
  assert.deepEqual([...new Set(pdf.match(/MediaBox \[[^\]]*\]/g))], ["MediaBox [0 0 450 600]"], "600 by 800 pixels in points");
});
