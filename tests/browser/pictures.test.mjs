// Pictures in several widths: which one a screen gets, and that nothing moves when it comes.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { chmod, readFile } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { expectSlide } from "./deck-page.mjs";
import { check, eventually, root } from "./harness.mjs";

const kami = process.env.KAMI ?? join(root, "target", "release", "kami");

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

// The address of what a page on a disk shows in a picture's place, when it is there.
const shown = (image) =>
  eventually(async () => {
    const seen = await image.evaluate((img) => ({ src: img.currentSrc, done: img.complete && img.naturalWidth > 0 }));
    assert.ok(seen.done, `${seen.src} is not there yet`);
    return seen.src;
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

const avif = async (lines = "") => ({
  ...(await files()),
  "kami.toml": `title = "P"\nlang = "en"\n[images]\n${lines}formats = ["avif", "webp"]\n`,
});

check("a browser that knows AVIF gets it, on pages and behind slides", async (world) => {
  const { url } = await world.serve(await world.site(await avif()));
  const page = await world.open(url("wiki/Rain.html"));
  const image = page.locator("main article img").first();
  const first = await chosen(image);
  assert.match(first.src, /\/assets\/rain-[0-9a-f]{16}\.avif$/);
  assert.equal(first.own, 960);
  const means = await image.evaluate(async (img) => {
    const of = async (url) => {
      const bitmap = await createImageBitmap(await (await fetch(url)).blob(), { resizeWidth: 1, resizeHeight: 1, resizeQuality: "high" });
      const canvas = new OffscreenCanvas(1, 1).getContext("2d");
      canvas.drawImage(bitmap, 0, 0);
      return [...canvas.getImageData(0, 0, 1, 1).data];
    };
    return [await of(img.currentSrc), await of(img.src)];
  });
  means[0].forEach((part, index) => assert.ok(Math.abs(part - means[1][index]) < 6, `the colours are other ones: ${JSON.stringify(means)}`));
  await image.click();
  const large = await chosen(page.locator("dialog.zoom img"));
  assert.match(large.src, /\.avif$/);
  await page.goto(url("decks/d.html"));
  await expectSlide(page, 1);
  const ground = await chosen(page.locator("section.slide .slide-backgrounds img").first());
  assert.match(ground.src, /\.avif$/);
  assert.ok(Math.abs(ground.wide - 1280) < 1);
  await page.keyboard.press("ArrowRight");
  await expectSlide(page, 2);
  assert.match((await chosen(page.locator("section.slide:visible p img"))).src, /\.webp$/);
});

check("a bundle has its AVIF, and the same bytes again", async (world) => {
  const site = await world.site(await avif());
  const [first, again] = [await world.build(site), await world.build(site)];
  const names = (await first.files()).filter((path) => path.endsWith(".avif"));
  assert.ok(names.length >= 3, names.join(", "));
  assert.equal(await readFile(join(first.folder, "bundle.json"), "utf8"), await readFile(join(again.folder, "bundle.json"), "utf8"));
  for (const name of names) {
    const bytes = await readFile(join(first.folder, name));
    assert.equal(bytes.toString("latin1", 4, 12), "ftypavif");
    assert.ok(!/Exif|GPS|Canon/i.test(bytes.toString("latin1")), `${name} tells of its maker`);
  }
  const page = await world.open(first.url("wiki/Rain.html"));
  assert.match(await shown(page.locator("main article img").first()), /\.avif$/);
});

check("without its encoder, or with one that fails, pages have the other formats", async (world) => {
  const site = await world.site(await avif());
  await site.write("fails", '#!/bin/sh\n[ "$1" = --version ] && echo 1 && exit\necho "out of paint" >&2\nexit 1\n');
  await chmod(site.path("fails"), 0o755);
  for (const [env, told] of [
    [{ KAMI_AVIFENC: "", PATH: "/nowhere" }, /^kami\.toml:4:12: warning\[no-avif\]: no AVIF is made: its encoder `avifenc` was not found$/m],
    [{ KAMI_AVIFENC: "/nowhere/avifenc" }, /^kami\.toml:4:12: warning\[no-avif\]: .* KAMI_AVIFENC names \/nowhere\/avifenc/m],
    [{ KAMI_AVIFENC: site.path("fails") }, /^wiki\/Rain\.md:3:1: warning\[unmade-avif\]: no AVIF could be made of `wiki\/rain\.jpg`: avifenc says: out of paint$/m],
  ]) {
    const folder = join(await world.folder(), "bundle");
    const options = { env: { ...process.env, NO_COLOR: "1", ...env } };
    const { status, said } = await new Promise((resolve) => {
      execFile(kami, ["build", site.folder, "-o", folder], options, (error, _, said) => resolve({ status: error?.code ?? 0, said }));
    });
    assert.equal(status, 0, said);
    assert.match(said, told);
    const base = pathToFileURL(`${folder}/`).href;
    world.allow(base);
    const page = await world.open(`${base}wiki/Rain.html`);
    assert.equal(await page.locator("source[type='image/avif']").count(), 0);
    assert.match(await shown(page.locator("main article img").first()), /\.webp$/);
    const { files } = JSON.parse(await readFile(join(folder, "bundle.json"), "utf8"));
    assert.ok(!files.some(({ path }) => path.endsWith(".avif")));
  }
});
