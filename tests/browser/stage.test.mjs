// What a speaker does on a stage beside turning cards: search, point, draw, move with a transition, step through code.
import assert from "node:assert/strict";
import { expectSlide, press, shown, slidesInSight } from "./deck-page.mjs";
import { deck, small } from "./fixtures.mjs";
import { check, eventually } from "./harness.mjs";

const talk = "decks/rehearsal.html";
const withDeck = (text) => ({ ...small, "decks/rehearsal.md": text });

async function stage(world, path = talk, files = small, options = {}) {
  const { url } = await world.serve(await world.site(files));
  return world.open(url(path), options);
}

const numbers = async (page) => (await slidesInSight(page)).sort((a, b) => a - b);
const expectNumbers = (page, wanted) => eventually(async () => assert.deepEqual(await numbers(page), wanted));

// ---- the search in the overview ----

check("the overview shows the slides whose titles have what is typed", async (world) => {
  const page = await stage(world);
  await press(page, "o");
  await page.keyboard.type("card 1");
  await expectNumbers(page, [10, 11]);
  await press(page, "ArrowRight", "Enter");
  await expectSlide(page, 11);
  await press(page, "o");
  await expectNumbers(page, Array.from({ length: 12 }, (_, index) => index + 1));
});

check("a number leads to its slide, no match says so, and Esc takes one thing back at a time", async (world) => {
  const page = await stage(world);
  await press(page, "o", "1", "2", "Enter");
  await expectSlide(page, 12);
  await press(page, "o");
  await page.keyboard.type("nothing like it");
  await page.getByText("No slide has this in its title.").filter({ visible: true }).first().waitFor();
  await expectNumbers(page, []);
  await press(page, "Enter", "Escape");
  await eventually(async () => assert.equal((await numbers(page)).length, 12));
  await press(page, "Escape");
  await expectSlide(page, 12);
});

check("Japanese is searched as it is composed, hiragana finding katakana", async (world) => {
  const page = await stage(world, talk, withDeck(deck.replace("## Card 7", "## サーバーの話").replace("## Card 9", "## ＣＤＮと財布")));
  await press(page, "o");
  const input = await page.context().newCDPSession(page);
  await input.send("Input.imeSetComposition", { text: "さーb", selectionStart: 3, selectionEnd: 3 });
  await expectNumbers(page, []);
  // What a key means to the input method is not the deck's: this Enter only ends the composition.
  await page.evaluate(() => document.activeElement.dispatchEvent(new KeyboardEvent("keydown", { key: "Enter", keyCode: 229, isComposing: true, bubbles: true })));
  await input.send("Input.insertText", { text: "さーば" });
  await expectNumbers(page, [7]);
  await press(page, "Escape");
  await page.keyboard.type("cdn");
  await expectNumbers(page, [9]);
});

check("an overview opened by its address takes what is typed", async (world) => {
  const page = await stage(world, `${talk}?view=overview#4`);
  await expectNumbers(page, Array.from({ length: 12 }, (_, index) => index + 1));
  await eventually(async () => assert.equal(await page.evaluate(() => document.activeElement.type), "search"));
  await page.keyboard.type("closing");
  await expectNumbers(page, [12]);
});

// ---- pen and pointer ----

async function line(page, ...places) {
  const box = await page.locator("main.deck > .current").boundingBox();
  const at = ([x, y]) => [box.x + x * box.width, box.y + y * box.height];
  await page.mouse.move(...at(places[0]));
  await page.mouse.down();
  for (const place of places.slice(1)) await page.mouse.move(...at(place), { steps: 4 });
  await page.mouse.up();
}

// Where the strokes in sight lie, as shares of the slide they are on.
function strokes(page) {
  return page.evaluate(() => [...document.querySelectorAll("main.deck path")].filter((path) => path.checkVisibility()).map((path) => {
    const slide = path.closest(".card").getBoundingClientRect();
    const box = path.getBoundingClientRect();
    const round = (value) => Math.round(value * 50) / 50;
    return [(box.left - slide.left) / slide.width, (box.top - slide.top) / slide.height, box.width / slide.width, box.height / slide.height].map(round);
  }));
}
const expectStrokes = (page, count) => eventually(async () => assert.equal((await strokes(page)).length, count));

async function speakerOf(page) {
  const [popup] = await Promise.all([page.waitForEvent("popup"), press(page, "p")]);
  await popup.waitForLoadState();
  await eventually(async () => assert.equal(await shown(popup), await shown(page)));
  return popup;
}

check("what is drawn lies in the same place in every window and comes back with its slide", async (world) => {
  const page = await stage(world, `${talk}#4`);
  const speaker = await speakerOf(page);
  await press(page, "d");
  await page.getByRole("button", { name: "Draw", pressed: true }).waitFor();
  await line(page, [0.2, 0.3], [0.6, 0.5]);
  await expectStrokes(speaker, 1);
  const [wanted] = await strokes(page);
  assert.ok(wanted[0] > 0.18 && wanted[0] < 0.22 && wanted[2] > 0.38, `${wanted}`);
  await eventually(async () => assert.deepEqual(await strokes(speaker), [wanted]));
  await page.setViewportSize({ width: 700, height: 700 });
  assert.deepEqual(await strokes(page), [wanted], "a smaller window shows it smaller");
  await press(page, "Escape", "ArrowRight");
  await expectSlide(page, 5);
  assert.deepEqual(await strokes(page), []);
  await press(speaker, "d");
  await line(speaker, [0.5, 0.5], [0.5, 0.9]);
  await expectStrokes(page, 1);
  await press(page, "ArrowLeft");
  await expectStrokes(page, 1);
  assert.deepEqual(await strokes(page), [wanted]);
});

check("a line is taken back, a slide wiped, and neither returns", async (world) => {
  const page = await stage(world, `${talk}#4`);
  const speaker = await speakerOf(page);
  await press(page, "d");
  await page.getByRole("button", { name: "Draw", pressed: true }).waitFor();
  for (const y of [0.2, 0.4, 0.6]) await line(page, [0.2, y], [0.6, y]);
  await expectStrokes(speaker, 3);
  await press(page, "u");
  await expectStrokes(page, 2);
  await expectStrokes(speaker, 2);
  await press(page, "Control+z");
  await expectStrokes(speaker, 1);
  await speaker.reload();
  await expectStrokes(speaker, 1);
  await press(page, "x");
  await expectStrokes(speaker, 0);
  await page.reload();
  await expectSlide(page, 4);
  await expectStrokes(page, 0);
});

check("a window that is loaded anew right after a line was drawn has it", async (world) => {
  const page = await stage(world, `${talk}#4`, small, { stopped: true });
  await press(page, "d");
  await page.getByRole("button", { name: "Draw", pressed: true }).waitFor();
  await line(page, [0.2, 0.3], [0.6, 0.5]);
  await expectStrokes(page, 1);
  await page.reload();
  await expectSlide(page, 4);
  await expectStrokes(page, 1);
});

check("a drawing outlives a reload and an edit of its slide's heading", async (world) => {
  const site = await world.site(small);
  const { url } = await world.serve(site);
  const page = await world.open(url(`${talk}#5`));
  await press(page, "d");
  await page.getByRole("button", { name: "Draw", pressed: true }).waitFor();
  await line(page, [0.2, 0.3], [0.6, 0.5]);
  await eventually(async () => assert.ok(await page.evaluate(() => JSON.stringify(sessionStorage).includes("card-5"))));
  await page.reload();
  await expectStrokes(page, 1);
  await site.edit("decks/rehearsal.md", "## Card 5", "## Another name");
  await page.getByText("Another name").filter({ visible: true }).waitFor();
  await expectStrokes(page, 1);
  await press(page, "ArrowRight", "ArrowLeft");
  await expectStrokes(page, 1);
});

check("the pointer of one window is seen in the other, and leaves with Esc", async (world) => {
  const page = await stage(world, `${talk}#4`);
  const speaker = await speakerOf(page);
  const lights = (window) => window.evaluate(() => [...document.querySelectorAll(".laser")].map((light) => {
    const card = light.closest(".card").getBoundingClientRect();
    const box = light.getBoundingClientRect();
    return [(box.left + box.width / 2 - card.left) / card.width, (box.top + box.height / 2 - card.top) / card.height].map((value) => Math.round(value * 20) / 20);
  }));
  await press(speaker, "l");
  const card = await speaker.locator("main.deck > .current").boundingBox();
  await speaker.mouse.move(card.x + card.width / 4, card.y + card.height / 2, { steps: 3 });
  await eventually(async () => assert.deepEqual(await lights(page), [[0.25, 0.5]]));
  await press(speaker, "Escape");
  await eventually(async () => assert.deepEqual(await lights(page), []));
  await expectSlide(page, 4);
});

// ---- transitions ----

const moving = (name) => withDeck(deck.replace("duration: 2m", `duration: 2m\ntransition: ${name}`));
// The keyframes that run on the old card and on the new one.
const running = (page) => page.evaluate(() => document.getAnimations().filter((one) => one.effect.pseudoElement?.includes("kami-card"))
  .map((one) => [one.effect.pseudoElement.match(/old|new/)[0], one.animationName, one.effect.getComputedTiming().duration, one.effect.getComputedTiming().direction]).sort());

check("a slide leaves as its directive says, and a key pressed meanwhile is obeyed at once", async (world) => {
  const page = await stage(world, talk, moving("cover 9s"));
  await press(page, "ArrowRight");
  await eventually(async () => assert.deepEqual(await running(page), [
    ["new", "kami-incoming-transition-cover", 9000, "normal"], ["old", "kami-outgoing-transition-cover", 9000, "normal"],
  ]));
  await press(page, "5", "Enter");
  await expectSlide(page, 5);
  await eventually(async () => assert.deepEqual(await running(page), []));
});

check("the list of keys and the pen come at once, above whatever is moving", async (world) => {
  const page = await stage(world, talk, moving("cover 9s"));
  await press(page, "ArrowRight");
  await eventually(async () => assert.equal((await running(page)).length, 2));
  await press(page, "?");
  await page.getByRole("dialog", { name: "Keys" }).waitFor();
  await eventually(async () => assert.deepEqual(await running(page), []));
  await press(page, "Escape", "5", "Enter");
  await eventually(async () => assert.equal((await running(page)).length, 2));
  await press(page, "d");
  await page.getByRole("button", { name: "Draw", pressed: true }).waitFor();
  await eventually(async () => assert.deepEqual(await running(page), []));
  await expectSlide(page, 5);
});

check("a deck's style sheets have the transitions that it names, and no others", async (world) => {
  const page = await stage(world, talk, moving("cover"));
  const named = await page.evaluate(() => [...document.styleSheets].flatMap((sheet) => [...sheet.cssRules])
    .filter((rule) => rule instanceof CSSKeyframesRule && rule.name.startsWith("kami-")).map((rule) => rule.name));
  assert.deepEqual(named.sort(), ["kami-incoming-transition-cover", "kami-outgoing-transition-cover"]);
});

check("going back undoes what going on did", async (world) => {
  const page = await stage(world, `${talk}#5`, moving("wipe 9s"));
  await press(page, "ArrowLeft");
  await eventually(async () => assert.deepEqual((await running(page)).map(([, name]) => name), ["kami-outgoing-transition-backward-wipe"]));
  assert.equal(await page.evaluate(() => getComputedStyle(document.documentElement).getPropertyValue("--marp-transition-direction")), "-1");
});

check("a theme's own keyframes are a transition, one set serving both cards", async (world) => {
  const theme = "/* @theme mine */\nsection { background: #fff; }\n@keyframes marp-transition-sink { to { translate: 0 100%; } }\n";
  const files = moving("sink 9s\ntheme: mine");
  const page = await stage(world, `${talk}#4`, { ...files, "templates/themes/mine.css": theme });
  await press(page, "ArrowRight");
  await eventually(async () => assert.deepEqual(await running(page), [["new", "marp-transition-sink", 9000, "reverse"], ["old", "marp-transition-sink", 9000, "normal"]]));
});

check("keyframes in a deck's own style are a transition of that deck, its own way back included", async (world) => {
  const style = "<style>\n@keyframes marp-outgoing-transition-lift { to { translate: 0 -100%; } }\n" +
    "@keyframes marp-outgoing-transition-backward-lift { from { translate: 0 -100%; } }\n</style>\n\n# Opening words";
  const text = deck.replace("duration: 2m", "duration: 2m\ntransition: lift 9s").replace("# Opening words", style);
  const page = await stage(world, `${talk}#4`, withDeck(text));
  await press(page, "ArrowRight");
  await eventually(async () => assert.deepEqual(await running(page), [["old", "marp-outgoing-transition-lift", 9000, "normal"]]));
  await press(page, "ArrowRight");
  await expectSlide(page, 6);
  await press(page, "ArrowLeft");
  await eventually(async () => assert.deepEqual(await running(page), [["old", "marp-outgoing-transition-backward-lift", 9000, "normal"]]));
});

check("keyframes of an author come before ours, tell how long they take, and a scoped style has its own", async (world) => {
  const style = `<style>
@keyframes marp-transition-fade { from { --marp-transition-duration: 9s; opacity: 0.1; } }
@keyframes marp-incoming-transition-backward-fade { from { opacity: 0.2; } }
</style>
<style scoped>
@keyframes marp-outgoing-transition-turn { to { rotate: 1turn; } }
</style>
<!-- _transition: turn 9s -->

# Opening words`;
  const text = deck.replace("duration: 2m", "duration: 2m\ntransition: fade").replace("# Opening words", style);
  const page = await stage(world, talk, withDeck(text));
  const scope = await page.evaluate(() => document.querySelector("section:has(#opening-words)").getAttributeNames().find((name) => name.includes("scope")).slice(18));
  await press(page, "4", "Enter");
  await eventually(async () => assert.deepEqual(await running(page), [["old", `marp-outgoing-transition-turn-${scope}`, 9000, "normal"]]));
  // a key during a transition ends it, and moves nothing itself
  await press(page, "5", "Enter");
  await expectSlide(page, 5);
  await press(page, "6", "Enter");
  await eventually(async () => assert.deepEqual(await running(page), [["new", "marp-transition-fade", 9000, "reverse"], ["old", "marp-transition-fade", 9000, "normal"]]));
  await press(page, "3", "Enter");
  await expectSlide(page, 3);
  await press(page, "2", "Enter");
  await eventually(async () => assert.deepEqual(await running(page), [
    ["new", "marp-incoming-transition-backward-fade", 9000, "normal"], ["old", "marp-transition-fade", 9000, "normal"],
  ]));
});

for (const [name, options] of [["none", {}], ["kamishibai", { reducedMotion: "reduce" }]]) {
  check(`nothing moves with ${name}${options.reducedMotion ? " for those who asked for no motion" : ""}`, async (world) => {
    const page = await stage(world, talk, moving(name), options);
    await page.evaluate(() => (document.startViewTransition = () => assertNever()));
    await press(page, "ArrowRight");
    await expectSlide(page, 2);
  });
}

check("only a deck that moves loads what moves it", async (world) => {
  const page = await stage(world);
  assert.doesNotMatch(await page.content(), /transition/);
});

check("what a speaker needs is loaded when it is asked for, and the key that asks is obeyed", async (world) => {
  const page = await stage(world, `${talk}#4`);
  const loaded = () => page.evaluate(() => performance.getEntriesByType("resource").filter(({ name }) => /presenter|notes/.test(name)).length);
  await press(page, "ArrowRight", "o", "Escape");
  await expectSlide(page, 5);
  assert.equal(await loaded(), 0);
  await press(page, "d");
  await page.getByRole("button", { name: "Draw", pressed: true }).waitFor();
  await line(page, [0.2, 0.3], [0.6, 0.5]);
  await expectStrokes(page, 1);
  assert.ok((await loaded()) > 0);
  assert.equal(await page.evaluate(() => performance.getEntriesByType("resource").filter(({ name }) => /notes/.test(name)).length), 0, "the audience's window reads no note");
});

check("each of Marp's transitions moves a card, and so does the house's own", async (world) => {
  const names = ("clockwise counterclockwise cover coverflow cube cylinder diamond drop explode fade fade-out fall flip glow implode in-out " +
    "iris-in iris-out melt overlap pivot pull push reveal rotate slide star swap swipe swoosh wipe wiper zoom kamishibai").split(" ");
  assert.equal(names.length, 34);
  const text = names.map((name) => `<!-- _transition: ${name} 9s -->\n\n# ${name}`).join("\n\n---\n\n");
  const page = await stage(world, talk, withDeck(`${text}\n\n---\n\n# End\n`));
  const settle = async () => {
    await page.evaluate(() => document.getAnimations().forEach((one) => one.finish()));
    await eventually(async () => assert.equal(await page.evaluate(() => document.getAnimations().length), 0));
  };
  for (const name of names) {
    for (const key of ["ArrowRight", "ArrowLeft"]) {
      await press(page, key);
      await eventually(async () => assert.ok((await running(page)).some(([, frames]) => frames.endsWith(`-${name}`)), `${name}, ${key}`));
      await settle();
    }
    await press(page, "ArrowRight");
    await eventually(async () => assert.ok((await running(page)).length > 0, name));
    await settle();
  }
  await expectSlide(page, names.length + 1);
});

// ---- code, step by step ----

const code = withDeck("# Code\n\n```js {1|2-3|all}\nlet one = 1;\nlet two = 2;\nlet three = 3;\n```\n\n---\n\n# End\n");
// The colours of the lines, as many different ones as there are; alike lines have alike letters.
const lit = (page) => page.evaluate(() => {
  const lines = [...document.querySelectorAll("main.deck > .current .line")].map((line) => getComputedStyle(line).color);
  const plain = getComputedStyle(document.querySelector("main.deck > .current pre code")).color;
  return lines.map((colour) => (colour === plain ? "x" : "-")).join("");
});

check("the lines of a step are lit, the others are dimmed", async (world) => {
  const page = await stage(world, talk, code);
  for (const wanted of ["x--", "-xx", "xxx"]) {
    await eventually(async () => assert.equal(await lit(page), wanted));
    await press(page, "ArrowRight");
  }
  await expectSlide(page, 2);
  await press(page, "ArrowLeft", "ArrowLeft");
  await eventually(async () => assert.equal(await lit(page), "-xx"));
});

check("without JavaScript no line is dimmed", async (world) => {
  const page = await stage(world, talk, code, { javaScriptEnabled: false });
  const colours = await page.locator(".line").evaluateAll((lines) => lines.map((line) => getComputedStyle(line).color));
  assert.equal(new Set(colours).size, 1);
});

// ---- the room ----

check("the screen stays awake in full screen, and is asked to again when the window comes back", async (world) => {
  const page = await stage(world);
  await page.evaluate(() => {
    window.asked = [];
    navigator.wakeLock.request = async (kind) => {
      const lock = new EventTarget();
      window.asked.push({ kind, free: () => lock.dispatchEvent(new Event("release")) });
      return lock;
    };
  });
  await press(page, "f");
  const asked = () => page.evaluate(() => window.asked.map(({ kind }) => kind));
  await eventually(async () => assert.deepEqual(await asked(), ["screen"]));
  await page.evaluate(() => window.asked[0].free());
  await page.evaluate(() => document.dispatchEvent(new Event("visibilitychange")));
  await eventually(async () => assert.deepEqual(await asked(), ["screen", "screen"]));
});

check("controls and cursor show themselves on movement and leave by themselves", async (world) => {
  const page = await stage(world, talk, small, { stopped: true });
  const cursor = () => page.evaluate(() => getComputedStyle(document.body).cursor);
  const controls = page.getByRole("button", { name: "Overview" });
  const seen = () => controls.evaluate((button) => button.checkVisibility({ opacityProperty: true }));
  assert.deepEqual([await cursor(), await seen()], ["none", false]);
  await page.mouse.move(300, 300, { steps: 3 });
  await eventually(async () => assert.deepEqual([await cursor(), await seen()], ["auto", true]));
  await page.clock.runFor(2500);
  await eventually(async () => assert.deepEqual([await cursor(), await seen()], ["none", false]));
});

check("a swipe turns the card", async (world) => {
  const page = await stage(world, `${talk}#4`, small, { hasTouch: true, viewport: { width: 390, height: 844 } });
  const finger = await page.context().newCDPSession(page);
  const swipe = async (from, to) => {
    await finger.send("Input.dispatchTouchEvent", { type: "touchStart", touchPoints: [{ x: from, y: 400 }] });
    await finger.send("Input.dispatchTouchEvent", { type: "touchMove", touchPoints: [{ x: (from + to) / 2, y: 402 }] });
    await finger.send("Input.dispatchTouchEvent", { type: "touchMove", touchPoints: [{ x: to, y: 404 }] });
    await finger.send("Input.dispatchTouchEvent", { type: "touchEnd", touchPoints: [] });
  };
  await swipe(300, 100);
  await expectSlide(page, 5);
  await swipe(100, 300);
  await expectSlide(page, 4);
});

check("what is said aloud is the place and the title", async (world) => {
  const page = await stage(world);
  await press(page, "4", "Enter");
  await eventually(async () => assert.equal(await page.getByRole("status").first().textContent(), "slide 4 of 12: Card 4"));
});
