// Firefox: the same deck, the same keys, and a speaker's window, served and from a disk. Its rules for file://
// are other than Chromium's: there every file stands alone, without a channel or a store that it shares.
import assert from "node:assert/strict";
import { small } from "./fixtures.mjs";
import { firefox } from "./firefox.mjs";
import { check, eventually } from "./harness.mjs";

const talk = "decks/rehearsal.html";

// The number of the slide in sight, and the steps of it that can be seen.
const seen = (page) => page.ask(() => {
  const slides = [...document.querySelectorAll("main.deck section.slide")].filter((slide) => slide.checkVisibility());
  const steps = slides.flatMap((slide) => [...slide.querySelectorAll("[data-step]")]);
  const visible = (element) => element.checkVisibility({ visibilityProperty: true });
  return [slides.map((slide) => Number(slide.id)), steps.filter(visible).map((step) => step.textContent.trim())];
});
const expectSeen = (page, number, steps = []) => eventually(async () => assert.deepEqual(await seen(page), [[number], steps]));

const drawn = (page) => page.ask(() => document.querySelectorAll("main.deck > .current path").length);
const timer = (page) => page.ask(() => document.querySelector(".presenter strong").textContent);

async function talkThrough(world, url) {
  const browser = await firefox(world);
  const stage = await browser.open(url);
  await expectSeen(stage, 1);
  await stage.press("ArrowRight", "ArrowRight", "ArrowRight");
  await expectSeen(stage, 2, ["alpha", "beta"]);
  await stage.reload();
  await expectSeen(stage, 2, ["alpha", "beta"]);

  await stage.press("p");
  const speaker = await browser.windowBeside(stage);
  await eventually(async () => assert.deepEqual((await seen(speaker))[0], [2]));
  await speaker.press("ArrowRight");
  await expectSeen(stage, 2, ["alpha", "beta", "gamma"]);
  await stage.press("7", "Enter");
  await eventually(async () => assert.deepEqual((await seen(speaker))[0], [7]));

  await stage.press("d");
  await stage.draw([300, 200], [500, 260], [700, 200]);
  await eventually(async () => assert.equal(await drawn(speaker), 1, "what is drawn on the stage is seen by the speaker"));
  await speaker.press("t");
  await eventually(async () => assert.match(await timer(speaker), /^1:5\d$/));

  // Either window is loaded anew, and the other tells it where the talk stands.
  await speaker.reload();
  await eventually(async () => assert.deepEqual((await seen(speaker))[0], [7]));
  await eventually(async () => assert.match(await timer(speaker), /^1:[1-5]\d$/));
  await eventually(async () => assert.equal(await drawn(speaker), 1));
  await speaker.press("ArrowRight");
  await expectSeen(stage, 8);
  await stage.reload();
  await expectSeen(stage, 8);
  await speaker.press("ArrowLeft");
  await expectSeen(stage, 7);
  await eventually(async () => assert.equal(await drawn(stage), 1, "the drawing is still there"));
}

check("Firefox shows a served deck and its speaker's window", async (world) => {
  const { url } = await world.serve(await world.site(small));
  await talkThrough(world, url(talk));
});

check("Firefox shows a deck from a disk and its speaker's window", async (world) => {
  const bundle = await world.build(await world.site(small), "--with-notes");
  await talkThrough(world, bundle.url(talk));
});

check("Firefox searches the overview and leaves a card with a transition", async (world) => {
  const moving = small["decks/rehearsal.md"].replace("duration: 2m", "duration: 2m\ntransition: cover 100ms");
  const { url } = await world.serve(await world.site({ ...small, "decks/rehearsal.md": moving }));
  const browser = await firefox(world);
  const stage = await browser.open(url(talk));
  await stage.press("o", "c", "l", "o", "s", "Enter");
  await expectSeen(stage, 12);
  await stage.press("Home", "ArrowRight");
  await expectSeen(stage, 2);
  await eventually(async () => assert.equal(await stage.ask(() => document.getAnimations().length), 0));
});
