// Keys, fingers and the browser's own buttons where they meet: held keys, forms and films on a slide, modes in one
// another, a hand that comes down while one card gives way to the next, and the list that tells which keys there are.
import assert from "node:assert/strict";
import { expectHash, expectSlide, expectTexts, press, shown } from "./deck-page.mjs";
import { small } from "./fixtures.mjs";
import { check, eventually } from "./harness.mjs";
import { coloursOf } from "./pixels.mjs";

const talk = "decks/rehearsal.html";
const form = `# A form

<input id="field" type="text" value="x"> <button id="button">Press</button>

<a name="marked"></a>Words to go to

---

## Wide code

\`\`\`
${"a line that no slide holds ".repeat(40)}
\`\`\`

---

## In steps

* one
* two

---

## The last
`;
const slow = ["First", "Second", "Third"].map((title) => `# ${title}\n\nWords\n${title === "Third" ? "\n* step\n" : ""}`).join("\n---\n\n");
const files = { ...small, "decks/form.md": form, "decks/slow.md": `---\ntransition: fade 10s\n---\n\n${slow}` };

async function stage(world, path = talk, options = {}) {
  const { url } = await world.serve(await world.site(files));
  return world.open(url(path), options);
}

async function hold(page, key, times = 6) {
  for (let time = 0; time < times; time += 1) await page.keyboard.down(key);
  await page.keyboard.up(key);
}

const isOverview = (page) => page.getByRole("searchbox").isVisible();
const expectOverview = (page, yes) => eventually(async () => assert.equal(await isOverview(page), yes, "the overview is shown"));

check("a key that is held goes on from card to card, but switches a screen once", async (world) => {
  const page = await stage(world, `${talk}#4`, { viewport: { width: 320, height: 180 } });
  await hold(page, "ArrowRight", 3);
  await expectSlide(page, 7);
  await hold(page, "b");
  await eventually(async () => assert.deepEqual([...(await coloursOf(page))], ["0,0,0"]));
  await hold(page, "Escape");
  await expectSlide(page, 7);
  await expectOverview(page, false);
  await hold(page, "o");
  await expectOverview(page, true);
  await press(page, "9");
  await hold(page, "Enter");
  await expectSlide(page, 9);
});

check("what has the focus on a slide keeps its keys until Escape, and a clicker goes on", async (world) => {
  const page = await stage(world, "decks/form.html");
  await page.locator("#field").focus();
  await press(page, "ArrowRight", "End", "o");
  assert.equal(await page.locator("#field").inputValue(), "xo");
  await press(page, "Escape", "End");
  await expectSlide(page, 4);
  await press(page, "Home");
  await expectSlide(page, 1);
  await page.locator("#button").click();
  await press(page, "ArrowRight", "b");
  await expectSlide(page, 1);
  await press(page, "PageDown");
  await expectSlide(page, 2);
});

check("each key press is a place that the browser's back button returns to", async (world) => {
  const page = await stage(world, "decks/form.html#3");
  await press(page, "ArrowRight", "ArrowRight", "ArrowRight");
  await expectSlide(page, 4);
  await page.goBack();
  await expectHash(page, "#3.2");
  await expectTexts(page, ["one", "two"], ["one", "two"]);
  await page.goBack();
  await expectTexts(page, ["one", "two"], ["one"]);
  await press(page, "o");
  await expectOverview(page, true);
  await page.goBack();
  await expectOverview(page, false);
  await expectHash(page, "#3");
  await page.goForward();
  await expectOverview(page, true);
});

check("addresses that Marp writes open the place they name", async (world) => {
  const page = await stage(world, "decks/form.html?f=1#3");
  await expectTexts(page, ["one", "two"], ["one"]);
  await page.goto(new URL("form.html#marked", page.url()).href);
  await expectSlide(page, 1);
  await page.goto("about:blank");
  await page.goBack();
  await expectSlide(page, 1);
});

check("a key brings back from black where there is no card to go on to", async (world) => {
  const page = await stage(world, `${talk}#12`, { viewport: { width: 320, height: 180 } });
  for (const [there, key] of [[12, "PageDown"], [1, "PageUp"]]) {
    await press(page, ...(there === 1 ? ["Home"] : []), "b");
    await eventually(async () => assert.deepEqual([...(await coloursOf(page))], ["0,0,0"]));
    await press(page, key);
    await eventually(async () => assert.ok((await coloursOf(page)).size > 2));
    await expectSlide(page, there);
  }
});

check("under the list of keys nothing moves, and its own key closes it", async (world) => {
  const page = await stage(world);
  await press(page, "?");
  const list = page.getByRole("dialog");
  await list.waitFor({ state: "visible" });
  await page.mouse.move(640, 360);
  await page.mouse.wheel(0, 120);
  await press(page, "?");
  await list.waitFor({ state: "hidden" });
  await press(page, "ArrowRight");
  await expectSlide(page, 2);
});

check("the list of keys has those that work in its window", async (world) => {
  const bundle = await world.build(await world.site(small));
  const rows = async (page) => {
    await press(page, "?");
    await page.getByRole("dialog").waitFor({ state: "visible" });
    return page.getByRole("dialog").locator("dt").allInnerTexts();
  };
  const has = (list, ...keys) => keys.map((key) => list.some((row) => row.split(" ").includes(key)));
  const read = await world.open(bundle.url(talk));
  assert.deepEqual(has(await rows(read), "/", "p", "r", "+", "e", "Shift+E"), [true, true, false, false, false, false]);
  const { url } = await world.serve(await world.site(small));
  const served = await world.open(url(talk));
  assert.deepEqual(has(await rows(served), "/", "p", "r", "+", "e", "Shift+E"), [true, true, false, false, true, true]);
  const speaker = await world.open(url(`${talk}?view=presenter`));
  await eventually(async () => assert.equal(await shown(speaker), 1));
  assert.deepEqual(has(await rows(speaker), "/", "p", "r", "+", "e", "Shift+E"), [true, false, true, true, true, true]);
});

check("/ searches from the stage, o included", async (world) => {
  const page = await stage(world, `${talk}#4`);
  await press(page, "/");
  await page.keyboard.type("o");
  await expectOverview(page, true);
  await press(page, "Enter");
  await expectSlide(page, 1);
});

check("a speaker's window that shows the overview is a speaker's window when it is loaded anew", async (world) => {
  const page = await stage(world, `${talk}?view=presenter#4`);
  await eventually(async () => assert.equal(await shown(page), 4));
  await press(page, "o");
  await expectOverview(page, true);
  await page.reload();
  await page.getByRole("button", { name: "Start" }).waitFor({ state: "visible" });
  assert.equal(await shown(page), 4);
});

check("a hand that comes down while a card gives way presses what is there, and draws on the new card", async (world) => {
  const page = await stage(world, "decks/slow.html");
  await expectSlide(page, 1);
  await page.mouse.move(600, 300, { steps: 3 });
  const next = await page.getByRole("button", { name: "Next" }).boundingBox();
  const [x, y] = [next.x + next.width / 2, next.y + next.height / 2];
  await page.mouse.move(x, y);
  // For ten seconds two cards lie over the page.
  const isCovered = () => eventually(async () => assert.ok(await page.evaluate(([x, y]) => document.elementFromPoint(x, y) === document.documentElement, [x, y])));
  await press(page, "ArrowRight");
  await isCovered();
  await page.mouse.click(x, y);
  await expectSlide(page, 3);
  await press(page, "d");
  await page.getByRole("button", { name: "Draw", pressed: true }).waitFor();
  await press(page, "ArrowLeft");
  await isCovered();
  await page.mouse.move(300, 300);
  await page.mouse.down();
  await page.mouse.move(600, 400, { steps: 4 });
  await page.mouse.up();
  await expectSlide(page, 2);
  await eventually(async () => assert.equal(await page.locator("main.deck > .current path").count(), 1));
});

check("a step, a black screen and the overview wait for no card that gives way", async (world) => {
  const page = await stage(world, "decks/slow.html");
  const isCovered = () => page.evaluate(() => document.elementFromPoint(150, 36) === document.documentElement);
  // Asked in the same breath as the key: in ten seconds nothing would lie there in any case.
  const isCoveredAfter = (key) => page.evaluate((key) => {
    document.body.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }));
    return document.elementFromPoint(150, 36) === document.documentElement;
  }, key);
  await expectSlide(page, 1);
  for (const [there, key, back] of [["ArrowRight", "b", "b"], ["ArrowRight", "ArrowRight"], ["Home", "o", "Escape"]]) {
    await press(page, there);
    await eventually(async () => assert.ok(await isCovered(), `the cards lie over the page after ${there}`));
    assert.equal(await isCoveredAfter(key), false, `${key} ends it`);
    if (back) await press(page, back);
  }
});

check("the pen draws on no card of the overview", async (world) => {
  const page = await stage(world, `${talk}#4`);
  await press(page, "d");
  await page.getByRole("button", { name: "Draw", pressed: true }).waitFor();
  await press(page, "o");
  await expectOverview(page, true);
  const card = await page.locator("main.deck > .current").boundingBox();
  await page.mouse.move(card.x + 20, card.y + 20);
  await page.mouse.down();
  await page.mouse.move(card.x + 120, card.y + 60, { steps: 4 });
  await page.mouse.up();
  await expectSlide(page, 4);
  assert.equal(await page.locator("main.deck path").count(), 0);
  await press(page, "Escape");
});

check("a finger scrolls wide code, and turns the card beside it", async (world) => {
  const page = await stage(world, "decks/form.html#2", { hasTouch: true });
  await expectSlide(page, 2);
  const finger = await page.context().newCDPSession(page);
  const touch = (type, ...touchPoints) => finger.send("Input.dispatchTouchEvent", { type, touchPoints });
  const swipe = async (y) => {
    await touch("touchStart", { x: 800, y });
    for (const x of [700, 500, 300]) await touch("touchMove", { x, y });
    await touch("touchEnd");
  };
  const code = await page.locator("main.deck > .current pre").boundingBox();
  await swipe(code.y + code.height / 2);
  await swipe(code.y + code.height + 100);
  await expectSlide(page, 3);
  await expectTexts(page, ["one", "two"], []);
});
