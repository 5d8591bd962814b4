// Pages for everyone: what axe-core finds, in light and dark, and windows as narrow as a small phone.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { expectSlide, press } from "./deck-page.mjs";
import { small } from "./fixtures.mjs";
import { check, eventually } from "./harness.mjs";

const axe = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

const pages = [
  "index.html",
  "index.en.html",
  "wiki/CloudFront_custom_origin.html",
  "wiki/us-east-1_outage_2011.en.html",
  "wiki/Markdown.html",
  "decks/wordpress-cloudfront.html",
  "decks/wordpress-cloudfront.html?view=overview",
  "decks/wordpress-cloudfront.html?view=presenter",
  "decks/wordpress-cloudfront.notes.html",
  "pages.html",
  "recent.html",
  "search.html",
  "graph.html",
  "wanted.html",
  "orphans.html",
  "404.html",
];

const tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];

// What axe-core finds, in words. A deck shows one slide at a time, so its first-level heading may be on another.
async function violations(page) {
  await page.evaluate(axe);
  const deck = page.url().includes("/decks/");
  const rules = { "page-has-heading-one": { enabled: !deck } };
  const { violations } = await page.evaluate((options) => axe.run(options), { runOnly: tags, rules });
  return violations.map(({ id, nodes }) => [id, ...nodes.map(({ target, failureSummary }) => `  ${target}: ${failureSummary}`)].join("\n")).join("\n");
}

for (const colorScheme of ["light", "dark"]) {
  for (const path of pages) {
    check(`axe finds nothing on ${path} in ${colorScheme}`, async (world) => {
      world.forgive(/404/);
      const { url } = await world.serve(await world.demo());
      const page = await world.open(url(path), { colorScheme });
      assert.equal(await violations(page), "");
    });
  }
}

for (const colorScheme of ["light", "dark"]) {
  check(`axe finds nothing on a footnote, a copied text and a large picture in ${colorScheme}`, async (world) => {
    const { url } = await world.serve(await world.demo());
    const page = await world.open(url("wiki/Markdown.html"), { colorScheme });
    await page.locator(".footnote-ref a").first().hover();
    await page.locator("#_note").waitFor({ state: "visible" });
    assert.equal(await violations(page), "", "footnote");
    await page.locator("article pre").first().hover();
    await page.locator("article pre .copy").first().click();
    assert.equal(await violations(page), "", "copied");
    await page.locator("article img").first().click();
    await page.locator("dialog.zoom img").waitFor({ state: "visible" });
    assert.equal(await violations(page), "", "picture");
  });

  check(`axe finds nothing around a page, nor in what a link shows, in ${colorScheme}`, async (world) => {
    const { url } = await world.serve(await world.demo());
    const page = await world.open(url("wiki/EBS.html"), { colorScheme });
    for (const summary of await page.locator(".side details:not([open]) summary").all()) await summary.click();
    await page.locator(".around svg").waitFor();
    assert.equal(await violations(page), "", "around");
    await page.locator("article a.wikilink").first().hover();
    await page.locator("#_peek").waitFor({ state: "visible" });
    await page.evaluate(() => Promise.all(document.getAnimations().map((one) => one.finished)));
    assert.equal(await violations(page), "", "peek");
  });

  check(`axe finds nothing in the field of the search, open with results, in ${colorScheme}`, async (world) => {
    const { url } = await world.serve(await world.demo());
    const page = await world.open(url("wiki/EBS.html"), { colorScheme });
    await press(page, "/");
    await page.keyboard.type("cloud");
    await page.locator("form.search .slides a").first().waitFor();
    await page.evaluate(() => Promise.all(document.getAnimations().map((one) => one.finished)));
    assert.equal(await violations(page), "");
  });
}

check("axe finds nothing on any slide of the lightning talk", async (world) => {
  const { url } = await world.serve(await world.demo());
  const page = await world.open(url("decks/wordpress-cloudfront.html"));
  const count = await page.locator("main.deck > .card").count();
  for (let number = 1; number <= count; number += 1) {
    await press(page, ...String(number), "Enter");
    await expectSlide(page, number);
    await press(page, "Shift+ArrowRight");
    assert.equal(await violations(page), "", `slide ${number}`);
    await press(page, "Home");
    await expectSlide(page, 1);
  }
});

// What lies over a deck, or is in use: each is opened by `keys`, on the view that `path` names.
const states = [
  ["the help overlay", "", async (page) => press(page, "?")],
  ["a deck with its controls and a drawing", "#3", drawn],
  ["the overview with a search", "?view=overview#2", async (page) => page.keyboard.type("cloud")],
  ["an overview that finds nothing", "?view=overview#2", async (page) => page.keyboard.type("zzz")],
  ["the presenter view with its timer running and its pen out", "?view=presenter#3", async (page) => press(page, "t", "d")],
  ["the rehearsals", "?view=presenter#2", async (page) => press(page, "t", "ArrowRight", "r")],
];

async function drawn(page) {
  await press(page, "d");
  await page.mouse.move(300, 300);
  await page.mouse.down();
  await page.mouse.move(500, 400, { steps: 4 });
  await page.mouse.up();
}

for (const colorScheme of ["light", "dark"]) {
  for (const [name, path, open] of states) {
    check(`axe finds nothing on ${name} in ${colorScheme}`, async (world) => {
      const { url } = await world.serve(await world.demo());
      const page = await world.open(url(`decks/wordpress-cloudfront.en.html${path}`), { colorScheme });
      if (path.includes("overview")) await eventually(async () => assert.equal(await page.evaluate(() => document.activeElement.type), "search"));
      await open(page);
      await page.evaluate(() => Promise.all(document.getAnimations().map((one) => one.finished)));
      assert.equal(await violations(page), "");
    });
  }
}

check("code stepped through stays readable where it is dimmed", async (world) => {
  const { url } = await world.serve(await world.site({ "decks/code.md": "# Code\n\n```js {1|2}\nlet one = 1; // the first\nlet two = \"two\";\n```\n" }));
  const page = await world.open(url("decks/code.html"));
  assert.equal(await violations(page), "");
  await press(page, "ArrowRight");
  assert.equal(await violations(page), "");
});

check("everything in the speaker's window is reached by Tab, and shows that it is", async (world) => {
  const { url } = await world.serve(await world.demo());
  const page = await world.open(url("decks/wordpress-cloudfront.en.html?view=presenter"));
  const wanted = await page.locator(".presenter :is(button, [tabindex='0'])").evaluateAll((all) => all.filter((one) => one.checkVisibility()).length);
  const reached = new Set();
  for (let turn = 0; turn < 3 * wanted && reached.size < wanted; turn += 1) {
    await press(page, "Tab");
    const name = await page.evaluate(() => {
      const one = document.activeElement;
      if (!one.closest(".presenter")) return null;
      const { outlineStyle, outlineWidth } = getComputedStyle(one);
      return outlineStyle === "none" || outlineWidth === "0px" ? `no ring: ${one.outerHTML}` : `${one.className}/${one.dataset.do}`;
    });
    if (name) reached.add(name);
  }
  assert.equal(reached.size, wanted, [...reached].join(" "));
  assert.ok(![...reached].some((name) => name.startsWith("no ring")), [...reached].join(" "));
});

check("a deck reflows at 320: nothing of its views is cut off sideways", async (world) => {
  const { url } = await world.serve(await world.demo());
  const page = await world.open(url("index.html"), { viewport: { width: 320, height: 640 } });
  for (const path of ["", "?view=overview", "?view=presenter"]) {
    await page.goto(url(`decks/wordpress-cloudfront.html${path}`));
    await press(page, ...(path ? [] : ["?"]));
    const wide = await page.evaluate(() => [...document.querySelectorAll("body *, dialog[open], dialog[open] *")]
      .filter((one) => one.checkVisibility() && !one.closest(".slide, .buttons, .place, .status, .kami-live, svg") && one.getBoundingClientRect().right > innerWidth + 1)
      .map((one) => `${one.className} ${Math.round(one.getBoundingClientRect().right)}`));
    assert.deepEqual([path, wide, await page.evaluate(() => document.documentElement.scrollWidth)], [path, [], 320]);
  }
});

check("with forced colours the marked card, the progress and what is switched on can be told", async (world) => {
  const { url } = await world.serve(await world.demo());
  const page = await world.open(url("decks/wordpress-cloudfront.html"), { forcedColors: "active" });
  const of = (selector, pseudo, name) => page.evaluate(([selector, pseudo, name]) => getComputedStyle(document.querySelector(selector), pseudo)[name], [selector, pseudo, name]);
  const highlight = await page.evaluate(() => {
    const probe = document.body.appendChild(document.createElement("i"));
    probe.style.color = "Highlight";
    const { color } = getComputedStyle(probe);
    probe.remove();
    return color;
  });
  assert.equal(await of(".progress", null, "backgroundColor"), highlight);
  await press(page, "d");
  await eventually(async () => assert.equal(await of("[data-do=draw]", null, "outlineStyle"), "solid"));
  await press(page, "Escape", "o");
  assert.equal(await of(".marked", "::before", "borderTopColor"), highlight);
});

check("no page scrolls sideways in a window 320 wide", async (world) => {
  const bundle = await world.build(await world.demo());
  const page = await world.open(bundle.url("index.html"), { viewport: { width: 320, height: 640 } });
  const wide = [];
  for (const path of await bundle.pages()) {
    await page.goto(bundle.url(path));
    const width = await page.evaluate(() => document.documentElement.scrollWidth);
    if (width > 320) wide.push(`${path}: ${width}`);
  }
  assert.deepEqual(wide, []);
});

check("on a phone a table of names breaks words before it scrolls, and no flag behind its hyphens", async (world) => {
  const long = '`["https://example.org/a/name/that/is/long"]`';
  const table = [
    "| Key | Without it is | Meaning and the remedy |\n|---|---|---|",
    `| \`images.formats\` | \`["webp"]\` | such as ${long} for whoever asks |`,
    "| `--lang en` | none | the language of what is made, in two letters |",
  ].join("\n");
  const { url } = await world.serve(await world.site({ ...small, "wiki/Table.md": `# Table\n\n${table}\n` }));
  const page = await world.open(url("wiki/Table.html"), { viewport: { width: 360, height: 640 } });
  const sheet = page.locator("main article div.table");
  assert.equal(await sheet.evaluate((it) => it.scrollWidth - it.clientWidth), 0);
  assert.equal(await page.locator("td code", { hasText: "--lang" }).evaluate((it) => it.getClientRects().length), 1);
});

check("on paper the words of a narrow column stay whole beside a column of sentences", async (world) => {
  const rows = Array.from({ length: 4 }, (_, n) => `| \`a-long-code-${n}\` | warning | ${"what it means and what to do about it, ".repeat(4)} |`);
  const table = ["| Code | Severity | Meaning |\n|---|---|---|", ...rows].join("\n");
  const { url } = await world.serve(await world.site({ ...small, "wiki/Table.md": `# Table\n\n${table}\n` }));
  const page = await world.open(url("wiki/Table.html"), { viewport: { width: 627, height: 900 } });
  await page.emulateMedia({ media: "print" });
  const lines = await page.locator("main article tr > :nth-child(2)").evaluateAll((cells) =>
    cells.map((cell) => {
      const text = document.createRange();
      text.selectNodeContents(cell);
      return new Set([...text.getClientRects()].map(({ top }) => Math.round(top))).size;
    }),
  );
  assert.deepEqual(lines, [1, 1, 1, 1, 1]);
});

check("on a phone the head of every page has the same lines, and nothing in it lies over something else", async (world) => {
  const bundle = await world.build(await world.demo());
  const { url } = await world.serve(await world.demo());
  const page = await world.open(bundle.url("index.html"), { viewport: { width: 360, height: 640 } });
  const place = (selector) =>
    page.locator(`.top ${selector}`).evaluateAll(([it]) => {
      if (!it) return null;
      const { top, left, right, bottom } = it.getBoundingClientRect();
      return [top, left, right, bottom].map(Math.round);
    });
  // In two languages and in one; with what only the server has.
  const heads = [];
  const handout = bundle.url("decks/tour.notes.html");
  for (const address of [bundle.url("recent.html"), bundle.url("wiki/EBS.html"), handout, url("wiki/EBS.html"), url("recent.en.html")]) {
    await page.goto(address);
    await page.locator(".top .theme").waitFor({ state: "visible" });
    const [home, nav, search, theme] = [await place(".home"), await place(".nav"), await place(".search"), await place(".theme")];
    assert.ok(nav[0] >= home[3] && search[0] >= theme[3], `${address}: the second line stands below the first`);
    assert.ok(search[1] >= nav[2], `${address}: the field stands beside what leads on`);
    const own = await place(".kami-tools");
    if (own) assert.ok(own[1] >= nav[2] && own[2] <= search[1], `${address}: the editor's ways stand between the two`);
    heads.push([home[0], nav[0], search[0], theme[2]].join());
  }
  assert.deepEqual(new Set(heads).size, 1, heads.join(" | "));
});

check("a page works from the keyboard alone: the first Tab offers to skip to the text", async (world) => {
  const { url } = await world.serve(await world.demo());
  const page = await world.open(url("wiki/CloudFront_custom_origin.html"));
  await press(page, "Tab");
  const skip = page.locator(":focus");
  assert.match(await skip.getAttribute("href"), /^#/);
  const { y, height } = await skip.boundingBox();
  assert.ok(y >= 0 && height > 10, "it can be seen while it has the focus");
  await press(page, "Enter", "Tab");
  await eventually(async () => assert.ok(await page.evaluate(() => document.querySelector("main").contains(document.activeElement))));
});

check("nothing moves for those who asked for no motion", async (world) => {
  const { url } = await world.serve(await world.demo());
  const page = await world.open(url("decks/wordpress-cloudfront.html"), { reducedMotion: "reduce" });
  await press(page, "ArrowRight");
  const running = () => page.evaluate(() => document.getAnimations().filter((one) => one.effect.getComputedTiming().duration > 1).length);
  assert.equal(await running(), 0);
});
