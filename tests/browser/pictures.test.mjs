// Pictures in several widths: which one a screen gets, and that nothing moves when it comes.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expectSlide } from "./deck-page.mjs";
import { check, eventually, root } from "./harness.mjs";

const photo = () => readFile(join(root, "wiki", "osaka-rain.jpg"));
const files = async () => ({
  "kami.toml": 'title = "P"\nlang = "en"\n',
  "wiki/Rain.md": "Rain.\n\n![Rain](rain.jpg)\n\n![Again](rain.jpg)\n\nBehind.\n",
  "wiki/rain.jpg": await photo(),
  "decks/d.md": "![bg](../wiki/rain.jpg)\n\n# One\n\n---\n\n![w:320 rain](../wiki/rain.jpg)\n",
});

// What the browser chose for a picture, when it is there.
const chosen = (image) =>
  eventually(async () => {
    const seen = await image.evaluate((img) => ({
      src: img.currentSrc, done: img.complete && img.naturalWidth > 0, wide: img.getBoundingClientRect().width,
    }));
    assert.ok(seen.done, `${seen.src} is not there yet`);
    const own = await image.evaluate(async (img) => {
      const bitmap = await createImageBitmap(await (await fetch(img.currentSrc)).blob());
      return bitmap.width;
    });
    return { ...seen, own };
  });

check("a screen gets the width that it can show, and no more", async (world) => {
  const { url } = await world.serve(await world.site(await files()));
  const screens = [
    [{ viewport: { width: 1280, height: 720 } }, 960],
    [{ viewport: { width: 1280, height: 720 }, deviceScaleFactor: 2 }, 1600],
    [{ viewport: { width: 390, height: 844 }, deviceScaleFactor: 1 }, 480],
    [{ viewport: { width: 390, height: 844 }, deviceScaleFactor: 2 }, 960],
  ];
  for (const [screen, width] of screens) {
    const page = await world.open(url("wiki/Rain.html"), screen);
    const image = await chosen(page.locator("main article img").first());
    assert.match(image.src, /\/assets\/rain-[0-9a-f]{16}\.webp$/);
    assert.equal(image.own, width, JSON.stringify(screen));
    assert.ok(image.own < 3 * image.wide * (screen.deviceScaleFactor ?? 1));
  }
});

check("nothing moves when a picture comes, and the first is not made to wait", async (world) => {
  const { url } = await world.serve(await world.site(await files()));
  const page = await world.open("about:blank");
  let let_in;
  const held = new Promise((resolve) => (let_in = resolve));
  await page.route("**/assets/rain-*", async (route) => {
    await held;
    await route.continue();
  });
  await page.goto(url("wiki/Rain.html"), { waitUntil: "domcontentloaded" });
  const last = page.locator("main article p").last();
  const before = await last.boundingBox();
  const toned = (index) => page.locator("main article img").nth(index).evaluate((img) => getComputedStyle(img).backgroundColor);
  assert.notEqual(await toned(0), "rgba(0, 0, 0, 0)", "a plain tone holds the place");
  let_in();
  await chosen(page.locator("main article img").first());
  // A width that was rounded may be a part of a pixel off.
  assert.ok(Math.abs((await last.boundingBox()).y - before.y) < 0.5);
  const told = await page.locator("main article img").evaluateAll((all) => all.map((img) => [img.loading === "lazy", img.fetchPriority]));
  assert.deepEqual(told, [[false, "high"], [true, "auto"]]);
});

check("opened large, a picture comes in the width of the window", async (world) => {
  const { url } = await world.serve(await world.site(await files()));
  const page = await world.open(url("wiki/Rain.html"), { viewport: { width: 1500, height: 1000 } });
  const small = await chosen(page.locator("main article img").first());
  await page.locator("main article img").first().click();
  const large = await chosen(page.locator("dialog.zoom img"));
  assert.ok(large.own > small.own, `${large.own} is more than ${small.own}`);
  assert.ok(large.wide > 1.5 * small.wide);
});

check("a slide shows its pictures at the size of the design, whichever file comes", async (world) => {
  const { url } = await world.serve(await world.site(await files()));
  for (const [viewport, width] of [[{ width: 1280, height: 720 }, 1600], [{ width: 1920, height: 1080 }, 1600], [{ width: 640, height: 360 }, 960]]) {
    const page = await world.open(url("decks/d.html"), { viewport });
    await expectSlide(page, 1);
    const ground = await chosen(page.locator("section.slide .slide-backgrounds img").first());
    assert.equal(ground.own, width, JSON.stringify(viewport));
    assert.ok(Math.abs(ground.wide - viewport.width) < 1);
    await page.keyboard.press("ArrowRight");
    await expectSlide(page, 2);
    const picture = page.locator("section.slide:visible p img");
    await chosen(picture);
    assert.equal(await picture.evaluate((img) => img.offsetWidth), 320);
  }
});

check("a bundle on a disk has all of its pictures", async (world) => {
  const { url, files: all } = await world.build(await world.demo());
  const page = await world.open(url("wiki/JAWS-UG_Osaka_2.html"));
  const image = page.locator("main article img").first();
  await eventually(async () => assert.ok(await image.evaluate((img) => img.complete && img.naturalWidth > 0)));
  assert.match(await image.evaluate((img) => img.currentSrc), /\.webp$/);
  const names = (await all()).filter((path) => path.startsWith("assets/osaka-rain-"));
  assert.ok(names.length >= 4, names.join(", "));
});
