// The bundle on a disk: opened by double click, with no server behind it.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expectSlide, press, shown } from "./deck-page.mjs";
import { small } from "./fixtures.mjs";
import { check, eventually } from "./harness.mjs";

check("from a disk: event, talk, keys, page, and back to the slide", async (world) => {
  const { url } = await world.build(await world.demo());
  const page = await world.open(url("index.html"));
  await page.locator("main h3:not(.slide *) a").first().click();
  await page.waitForURL(url("decks/wordpress-cloudfront.html"));
  await expectSlide(page, 1);
  await press(page, "5", "Enter");
  await expectSlide(page, 5);
  await page.locator("section.slide:visible a.wikilink", { hasText: "CloudFront custom origin" }).first().click();
  await page.waitForURL(url("wiki/CloudFront_custom_origin.html"));
  await page.locator("nav.backlinks a[href$='wordpress-cloudfront.html#5']").first().click();
  await expectSlide(page, 5);
});

check("from a disk: the speaker's window follows, drives and shows the notes", async (world) => {
  const { url } = await world.build(await world.site(small), "--with-notes");
  const stage = await world.open(url("decks/rehearsal.html"));
  const [popup] = await Promise.all([stage.waitForEvent("popup"), press(stage, "p")]);
  await popup.getByText("Greet everyone first.").waitFor({ state: "visible" });
  await press(popup, "4", "Enter");
  await expectSlide(stage, 4);
  await press(stage, "ArrowRight");
  await eventually(async () => assert.equal(await shown(popup), 5));
  await stage.reload();
  await expectSlide(stage, 5);
  await eventually(async () => {
    await press(popup, "8", "Enter");
    assert.equal(await shown(stage), 8);
  });
});

check("a bundle without notes holds none, and the speaker's window says so", async (world) => {
  const { folder, url } = await world.build(await world.site(small));
  const { files } = JSON.parse(await readFile(join(folder, "bundle.json"), "utf8"));
  for (const { path } of files) {
    assert.doesNotMatch(await readFile(join(folder, path), "latin1"), /Greet/, path);
  }
  const stage = await world.open(url("decks/rehearsal.html"));
  const [popup] = await Promise.all([stage.waitForEvent("popup"), press(stage, "p")]);
  await popup.getByText("--with-notes").waitFor({ state: "visible" });
});

check("every page of the demo's bundle opens without a complaint, and its links lead somewhere", async (world) => {
  const { folder, url } = await world.build(await world.demo());
  const { files } = JSON.parse(await readFile(join(folder, "bundle.json"), "utf8"));
  const paths = new Set(files.map(({ path }) => path));
  const pages = [...paths].filter((path) => path.endsWith(".html"));
  assert.ok(pages.length > 10);
  const page = await world.open(url("index.html"));
  const base = url("");
  const lost = [];
  for (const path of pages) {
    await page.goto(url(path.split("/").map(encodeURIComponent).join("/")));
    const links = await page.locator("a[href]").evaluateAll((all) => all.map(({ href }) => href));
    for (const href of links.filter((link) => link.startsWith("file:"))) {
      const target = decodeURI(href.split(/[?#]/)[0]).slice(decodeURI(base).length);
      if (!paths.has(target)) lost.push(`${path} → ${href}`);
    }
  }
  assert.deepEqual(lost, []);
});

check("from a disk: the deck can be read without JavaScript", async (world) => {
  const { url } = await world.build(await world.demo());
  const page = await world.open(url("decks/us-east-1-outage.html"), { javaScriptEnabled: false });
  const slides = page.locator("main.deck section.slide");
  assert.ok((await slides.count()) > 5);
  let lowest = -1;
  for (const slide of await slides.all()) {
    const box = await slide.boundingBox();
    assert.ok(box.height > 50 && box.y > lowest, "slides stand below one another");
    lowest = box.y;
    assert.equal(await slide.locator("*").filter({ visible: false }).filter({ hasText: /\S/ }).count(), 0, "nothing is hidden");
  }
});
