// Pages, and the one graph of links over pages and slides.
import assert from "node:assert/strict";
import { expectSlide } from "./deck-page.mjs";
import { small } from "./fixtures.mjs";
import { check } from "./harness.mjs";

check("a link on a slide leads to the page, whose backlink leads to that slide", async (world) => {
  const { url } = await world.serve(await world.demo());
  const page = await world.open(url("decks/wordpress-cloudfront.html#5"));
  await expectSlide(page, 5);
  await page.locator("section.slide:visible a[href$='wiki/CloudFront_custom_origin.html']").first().click();
  await page.waitForURL(url("wiki/CloudFront_custom_origin.html"));
  const mention = page.locator("nav.backlinks a[href$='wordpress-cloudfront.html#5']");
  await mention.first().click();
  await page.waitForURL(/wordpress-cloudfront\.html#5$/);
  await expectSlide(page, 5);
});

check("a page lists the pages that mention it", async (world) => {
  const { url } = await world.serve(await world.site(small));
  const page = await world.open(url("wiki/Target_page.html"));
  await page.locator("nav.backlinks a", { hasText: "Home" }).click();
  await page.waitForURL(url("wiki/Home.html"));
});

check("the language switch leads to the translation and back", async (world) => {
  const { url } = await world.serve(await world.demo());
  const page = await world.open(url("wiki/CloudFront_custom_origin.html"));
  assert.equal(await page.getAttribute("html", "lang"), "ja");
  await page.getByRole("link", { name: "English", exact: true }).click();
  await page.waitForURL(url("wiki/CloudFront_custom_origin.en.html"));
  assert.equal(await page.getAttribute("html", "lang"), "en");
  await page.getByRole("link", { name: "日本語", exact: true }).click();
  await page.waitForURL(url("wiki/CloudFront_custom_origin.html"));
});

check("a link without a target looks different from one that has it", async (world) => {
  const { url } = await world.serve(await world.site(small));
  const page = await world.open(url("wiki/Home.html"));
  const missing = page.locator("main article a.wikilink.missing");
  assert.equal(await missing.textContent(), "Nowhere at all");
  const present = page.locator("main article a.wikilink:not(.missing)");
  assert.equal(await present.first().textContent(), "Target page");
  const look = (link) => link.evaluate((element) => { const style = getComputedStyle(element); return [style.color, style.textDecorationStyle].join(); });
  assert.notEqual(await look(missing), await look(present.first()));
});

check("the contents lead to the heading", async (world) => {
  const { url } = await world.serve(await world.site(small));
  const page = await world.open(url("wiki/Home.html"), { viewport: { width: 1440, height: 800 } });
  const link = page.locator("nav.toc a", { hasText: "Second heading" });
  if (!(await link.isVisible())) await page.locator("nav.toc summary").click();
  await link.click();
  await page.waitForURL(/#second-heading$/);
  const { y } = await page.locator("#second-heading").boundingBox();
  assert.ok(y >= 0 && y < 800, `the heading is in sight, at ${y}`);
});

check("front matter's title is the page's only first-level heading", async (world) => {
  const { url } = await world.serve(await world.site(small));
  const page = await world.open(url("wiki/Home.html"));
  assert.deepEqual(await page.locator("h1").allInnerTexts(), ["Home"]);
  assert.match(await page.title(), /^Home/);
});

check("an unknown address says so and leads home", async (world) => {
  world.forgive(/404/);
  const { url } = await world.serve(await world.demo());
  const page = await world.open(url("wiki/No_such_page.html"));
  await page.locator("main a[href$='index.html']").first().click();
  await page.waitForURL(/index\.html$/);
});

check("the list of pages leads to every page", async (world) => {
  const { url } = await world.serve(await world.site(small));
  const page = await world.open(url("pages.html"));
  for (const title of ["Home", "Target page", "Rehearsal"]) {
    assert.equal(await page.locator("main a", { hasText: new RegExp(`^${title}$`) }).count(), 1, title);
  }
});

check("a namespace without a page of its own leads to its part of the list of pages", async (world) => {
  const deep = "# Deep\n";
  const { url } = await world.serve(await world.site({
    "wiki/Café/index.md": "# Coffee\n", "wiki/Café/beans/deep/Deep.md": deep, "wiki/Café-au-lait/Milk.md": "# Milk\n", "wiki/Café/beans/Roast.md": "# Roast\n",
  }));
  const page = await world.open(url("wiki/Café/beans/deep/Deep.html"));
  const crumbs = page.locator("nav.crumbs li");
  assert.deepEqual(await crumbs.allTextContents(), ["Coffee", "beans", "deep", "Deep"]);
  assert.equal(await page.locator("nav.crumbs [aria-current=page]").textContent(), "Deep");
  assert.match(await crumbs.first().locator("a").getAttribute("href"), /index\.html$/);
  await crumbs.nth(1).locator("a").click();
  await page.waitForURL(/pages\.html#/);
  assert.equal(await page.locator(":target ~ h2").textContent(), "Café/beans");
  const ids = await page.locator("section > span[id]").evaluateAll((all) => all.map((one) => one.id));
  assert.deepEqual(ids.sort(), ["Café", "Café-au-lait", "Café/beans", "Café/beans/deep"]);
});
