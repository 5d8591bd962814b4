// Pages for everyone: what axe-core finds, in light and dark, and windows as narrow as a small phone.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { expectSlide, press } from "./deck-page.mjs";
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
