// The demo's first page: who speaks when, in both languages.
import assert from "node:assert/strict";
import { expectSlide } from "./deck-page.mjs";
import { check } from "./harness.mjs";

const order = ["wordpress-cloudfront", "us-east-1-outage", "cloud-foundry-reloaded", "open-compute"];

const editions = [
  { file: "index.html", lang: "ja", name: "JAWS-UG大阪 第2回勉強会", welcome: "開会のあいさつ" },
  { file: "index.en.html", lang: "en", name: "JAWS-UG Osaka, study meeting no. 2", welcome: "Welcome" },
];

for (const { file, lang, name, welcome } of editions) {
  check(`the ${lang} event page lists the talks in running order`, async (world) => {
    const { url } = await world.serve(await world.demo());
    const page = await world.open(url(file));
    assert.equal(await page.getAttribute("html", "lang"), lang);
    assert.equal(await page.locator("main h1:not(.slide *)").textContent(), name);
    const rows = page.locator("main ol > li:not(.slide *)");
    assert.equal(await rows.count(), 7, "three slots without a deck come before the four talks");
    assert.ok((await rows.first().innerText()).includes(welcome));
    const decks = [];
    for (const row of (await rows.all()).slice(3)) {
      const href = await row.locator("a:visible[href*='decks/']").first().getAttribute("href");
      decks.push(/decks\/(.+?)(\.en)?\.html/.exec(href)[1]);
    }
    assert.deepEqual(decks, order);
  });

  check(`every talk of the ${lang} event page has its first slide beside it`, async (world) => {
    const { url } = await world.serve(await world.demo());
    const page = await world.open(url(file));
    const thumbs = page.locator("main section.slide.slide-embed");
    assert.equal(await thumbs.count(), order.length);
    for (let index = 0; index < order.length; index += 1) {
      await thumbs.nth(index).scrollIntoViewIfNeeded();
      const [thumb, row] = [await thumbs.nth(index).boundingBox(), await page.locator("main li:has(section.slide)").nth(index).boundingBox()];
      assert.ok(thumb.width > 80 && thumb.height > 45, `card ${index} measures ${thumb.width} × ${thumb.height}`);
      assert.ok(Math.abs(thumb.width / thumb.height - 16 / 9) < 0.02, "a card keeps the shape of its slide");
      assert.ok(thumb.y >= row.y - 1 && thumb.y + thumb.height <= row.y + row.height + 1, "a card stays in its row");
      assert.notEqual((await thumbs.nth(index).innerText()).trim(), "", "a card shows its words");
    }
    assert.equal(await page.locator("main section.slide [id], main section.slide[id]").count(), 0, "a card repeats no id");
  });
}

check("the event page leads to the other language and to the talk", async (world) => {
  const { url } = await world.serve(await world.demo());
  const page = await world.open(url("index.html"));
  await page.getByRole("link", { name: "English", exact: true }).click();
  await page.waitForURL(url("index.en.html"));
  await page.locator("main ol > li a[href$='decks/wordpress-cloudfront.en.html']:not([aria-hidden])").first().click();
  await page.waitForURL(/decks\/wordpress-cloudfront\.en\.html/);
  await expectSlide(page, 1);
});
