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
  await page.locator("main ol > li a[href$='decks/wordpress-cloudfront.html']:not([aria-hidden])").first().click();
  await page.waitForURL(url("decks/wordpress-cloudfront.html"));
  await expectSlide(page, 1);
  await press(page, "5", "Enter");
  await expectSlide(page, 5);
  await page.locator("section.slide:visible a[href$='wiki/CloudFront_custom_origin.html']").first().click();
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

for (const html of ["true", "false"]) {
  check(`a bundle without notes holds none (html = ${html}), and the speaker's window says so`, async (world) => {
    const settings = small["kami.toml"].replace("html = true", `html = ${html}`);
    const { folder, files, url } = await world.build(await world.site({ ...small, "kami.toml": settings }));
    for (const path of await files()) {
      assert.doesNotMatch(await readFile(join(folder, path), "latin1"), /Greet/, path);
    }
    const stage = await world.open(url("decks/rehearsal.html"));
    const [popup] = await Promise.all([stage.waitForEvent("popup"), press(stage, "p")]);
    await popup.getByText("--with-notes").waitFor({ state: "visible" });
  });
}

check("every page of the demo's bundle opens without a complaint, and its links lead somewhere", async (world) => {
  const { files, pages, url } = await world.build(await world.demo());
  const paths = new Set(await files());
  const opened = await pages();
  assert.ok(opened.length > 10);
  const page = await world.open(url("index.html"));
  const lost = [];
  for (const path of opened) {
    await page.goto(url(path));
    const links = await page.locator("a[href]").evaluateAll((all) => all.map(({ href }) => href));
    for (const href of links.filter((link) => link.startsWith("file:"))) {
      const target = decodeURI(href.split(/[?#]/)[0]).slice(decodeURI(url("")).length);
      if (!paths.has(target)) lost.push(`${path} → ${href}`);
    }
  }
  assert.deepEqual(lost, []);
});

check("an old address leads to the page that took its place", async (world) => {
  const { url } = await world.build(await world.demo());
  const page = await world.open(url("wiki/index.php/CloudFront_custom_origin.html"));
  await page.waitForURL(url("wiki/CloudFront_custom_origin.html"));
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
