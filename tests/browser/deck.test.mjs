// A deck on the stage: keys, steps, addresses, and a layout that no window changes.
import assert from "node:assert/strict";
import { expectHash, expectSlide, expectTexts, press, shown, slidesInSight } from "./deck-page.mjs";
import { deck, small } from "./fixtures.mjs";
import { check, eventually } from "./harness.mjs";
import { coloursOf } from "./pixels.mjs";

const talk = "decks/rehearsal.html";
const steps = ["alpha", "beta", "gamma"];

async function stage(world, path = talk, options = {}) {
  const { url } = await world.serve(await world.site(small));
  return world.open(url(path), options);
}

check("the lightning talk opens at its first slide and arrows walk through it", async (world) => {
  const { url } = await world.serve(await world.demo());
  const page = await world.open(url("decks/wordpress-cloudfront.html"));
  await expectSlide(page, 1);
  await press(page, "ArrowRight");
  await expectSlide(page, 2);
  await expectHash(page, "#2");
  await press(page, "ArrowLeft");
  await expectSlide(page, 1);
  await press(page, "End");
  await eventually(async () => assert.equal(await shown(page), await page.locator("main.deck > .card").count()));
});

check("forward keys go forward, back keys go back", async (world) => {
  const page = await stage(world, `${talk}#4`);
  for (const key of ["ArrowRight", "ArrowDown", "Space", "PageDown", "Enter"]) {
    await expectSlide(page, 4);
    await press(page, key);
    await expectSlide(page, 5);
    await expectHash(page, "#5");
    await press(page, "ArrowLeft");
  }
  for (const key of ["ArrowLeft", "ArrowUp", "PageUp", "Shift+Space"]) {
    await expectSlide(page, 4);
    await press(page, "ArrowRight");
    await expectSlide(page, 5);
    await press(page, key);
  }
  await expectSlide(page, 4);
});

check("Home and End go to the ends, and no key leaves them", async (world) => {
  const page = await stage(world, `${talk}#5`);
  await press(page, "End");
  await expectSlide(page, 12);
  await press(page, "ArrowRight", "Space");
  await expectSlide(page, 12);
  await press(page, "Home");
  await expectSlide(page, 1);
  await press(page, "ArrowLeft");
  await expectSlide(page, 1);
});

check("digits and Enter go to the slide of that number", async (world) => {
  const page = await stage(world);
  await press(page, "1", "1", "Enter");
  await expectSlide(page, 11);
  await expectHash(page, "#11");
  await press(page, "7", "Enter");
  await expectSlide(page, 7);
  await press(page, "9", "9", "Enter");
  await expectSlide(page, 12);
});

check("o shows all slides, Esc returns, Enter takes the chosen one", async (world) => {
  const page = await stage(world, `${talk}#4`);
  await press(page, "o");
  await eventually(async () => assert.ok((await slidesInSight(page)).length >= 6));
  await press(page, "Escape");
  await expectSlide(page, 4);
  await press(page, "o", "ArrowRight", "ArrowRight", "Enter");
  await expectSlide(page, 6);
  await press(page, "o");
  await page.locator("main.deck > .card").nth(8).click();
  await expectSlide(page, 9);
});

check("b and . make the screen black, w makes it white, and the slide comes back", async (world) => {
  const page = await stage(world, `${talk}#4`, { viewport: { width: 320, height: 180 } });
  const expectColour = (colour) => eventually(async () => assert.deepEqual([...(await coloursOf(page))], [colour]));
  const expectWords = () => eventually(async () => assert.ok((await coloursOf(page)).size > 2));
  await expectWords();
  for (const [key, colour, back] of [["b", "0,0,0", "b"], [".", "0,0,0", "Escape"], ["w", "255,255,255", "w"]]) {
    await press(page, key);
    await expectColour(colour);
    await press(page, back);
    await expectWords();
  }
  await expectSlide(page, 4);
});

check("? lists the keys and Esc puts the list away", async (world) => {
  const page = await stage(world);
  await press(page, "?");
  const help = page.getByRole("dialog");
  await help.waitFor({ state: "visible" });
  assert.match(await help.innerText(), /Presenter view/);
  await press(page, "Escape");
  await help.waitFor({ state: "hidden" });
  await expectSlide(page, 1);
});

check("steps appear one by one, and going back shows the last of them", async (world) => {
  const page = await stage(world, `${talk}#2`);
  await expectSlide(page, 2);
  await expectTexts(page, steps, []);
  await press(page, "ArrowRight");
  await expectTexts(page, steps, ["alpha"]);
  await expectHash(page, "#2.1");
  await press(page, "ArrowRight", "ArrowRight");
  await expectTexts(page, steps, steps);
  await press(page, "ArrowRight");
  await expectSlide(page, 3);
  await press(page, "ArrowLeft");
  await expectSlide(page, 2);
  await expectTexts(page, steps, steps);
  await press(page, "ArrowLeft");
  await expectTexts(page, steps, ["alpha", "beta"]);
});

check("a step that is hidden keeps its room", async (world) => {
  const page = await stage(world, `${talk}#2`);
  const place = () => page.getByText("gamma", { exact: true }).boundingBox();
  const before = await place();
  await press(page, "ArrowRight", "ArrowRight", "ArrowRight");
  await expectTexts(page, steps, steps);
  assert.deepEqual(await place(), before);
});

check("an address opens a slide, a step or a heading", async (world) => {
  const { url } = await world.serve(await world.site(small));
  const page = await world.open(url(`${talk}#3`));
  await expectSlide(page, 3);
  await page.goto(url(`${talk}#2.2`));
  await expectSlide(page, 2);
  await expectTexts(page, steps, ["alpha", "beta"]);
  await page.goto(url(`${talk}#closing-words`));
  await expectSlide(page, 12);
  const other = await world.open(url(`${talk}#where-to-read-on`));
  await expectSlide(other, 3);
});

check("the step in an address of Marp is of the place that it opens, not of the next", async (world) => {
  const { url } = await world.serve(await world.site({ ...small, "decks/one.md": "# One\n\n* alpha\n* beta\n\n---\n\n# Two\n\n* gamma\n* delta\n" }));
  const page = await world.open(url("decks/one.html?sync=x&f=2"));
  await expectTexts(page, ["alpha", "beta"], ["alpha", "beta"]);
  await press(page, "ArrowRight");
  await expectSlide(page, 2);
  await page.reload();
  await expectSlide(page, 2);
  await expectTexts(page, ["gamma", "delta"], []);
  await page.goBack();
  await expectTexts(page, ["alpha", "beta"], ["alpha", "beta"]);
});

check("a reload keeps slide and step", async (world) => {
  const page = await stage(world, `${talk}#2`);
  await press(page, "ArrowRight", "ArrowRight");
  await expectTexts(page, steps, ["alpha", "beta"]);
  await page.reload();
  await expectSlide(page, 2);
  await expectTexts(page, steps, ["alpha", "beta"]);
});

check("the browser's back button returns to the slide before", async (world) => {
  const page = await stage(world);
  await press(page, "4", "Enter");
  await expectSlide(page, 4);
  await press(page, "9", "Enter");
  await expectSlide(page, 9);
  await page.goBack();
  await expectSlide(page, 4);
});

// Where each word of the slide in sight stands, as a share of the slide's own box.
function layout(page) {
  return page.evaluate(() => {
    const slides = [...document.querySelectorAll("main.deck section.slide")];
    const slide = slides.find((one) => one.checkVisibility({ visibilityProperty: true, opacityProperty: true }) && one.getBoundingClientRect().width > 1);
    const frame = slide.getBoundingClientRect();
    const share = (value) => Math.round(value * 500) / 500;
    return [...slide.querySelectorAll("h1, h2, p, li, td, img, code")].map((element) => {
      const box = element.getBoundingClientRect();
      return [(box.left - frame.left) / frame.width, (box.top - frame.top) / frame.height, box.width / frame.width, box.height / frame.height].map(share);
    });
  });
}

check("a slide keeps its layout in every window", async (world) => {
  const { url } = await world.serve(await world.demo());
  const page = await world.open(url("decks/wordpress-cloudfront.html#5"));
  await expectSlide(page, 5);
  const before = await layout(page);
  assert.ok(before.length > 8);
  for (const size of [{ width: 1920, height: 1080 }, { width: 800, height: 600 }, { width: 390, height: 844 }, { width: 1100, height: 400 }]) {
    await page.setViewportSize(size);
    await eventually(async () => {
      const after = await layout(page);
      for (const [index, box] of after.entries()) {
        for (const [side, value] of box.entries()) {
          assert.ok(Math.abs(value - before[index][side]) <= 0.006, `element ${index} moved in ${size.width} × ${size.height}: ${before[index]} → ${box}`);
        }
      }
    });
    const frame = await page.locator("main.deck section.slide").nth(4).boundingBox();
    assert.ok(frame.x >= -0.5 && frame.y >= -0.5 && frame.x + frame.width <= size.width + 0.5 && frame.y + frame.height <= size.height + 0.5);
    assert.ok(Math.abs(frame.width - size.width) < 1 || Math.abs(frame.height - size.height) < 1, "the slide fills the window one way");
  }
});

check("printing gives one page a slide", async (world) => {
  const page = await stage(world);
  for (const path of [talk, `${talk}?view=print`]) {
    await page.goto(new URL(`/${path}`, page.url()).href);
    const pdf = (await page.pdf({ preferCSSPageSize: true, printBackground: true })).toString("latin1");
    assert.equal(pdf.match(/\/Type\s*\/Page\b(?!s)/g)?.length, 12, path);
    const [, width, height] = /\/MediaBox\s*\[\s*0\s+0\s+([\d.]+)\s+([\d.]+)/.exec(pdf);
    assert.ok(Math.abs(width / height - 16 / 9) < 0.01, `a printed page measures ${width} × ${height}`);
  }
});

check("without JavaScript every slide can be read, steps included", async (world) => {
  const page = await stage(world, talk, { javaScriptEnabled: false });
  const headings = [...deck.matchAll(/^##? (.+)$/gm)].map(([, heading]) => heading);
  assert.equal(headings.length, 12);
  let lowest = -1;
  for (const text of [...headings.slice(0, 2), ...steps, ...headings.slice(2)]) {
    const element = page.locator("main.deck section.slide").getByText(text, { exact: true });
    assert.ok(await element.isVisible(), text);
    const { y, height } = await element.boundingBox();
    assert.ok(height > 4 && y > lowest, `${text} stands below what precedes it`);
    lowest = y;
  }
});

check("keys that belong to an input or to the browser are left alone", async (world) => {
  const page = await stage(world, `${talk}#4`);
  await press(page, "Control+ArrowRight", "Alt+1", "Meta+ArrowRight");
  await expectSlide(page, 4);
});
