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

check("Firefox writes: typing is seen, completed, pasted and saved", async (world) => {
  const site = await world.site({ ...small, "wiki/Rain.md": "# Rain\n\nIt pours in Osaka\n", "wiki/梅雨.md": "---\ntitle: 梅雨入り\nreading: つゆいり\n---\n# 梅雨入り\n" });
  const { url } = await world.serve(site);
  const browser = await firefox(world);
  const page = await browser.open(url("_kami/edit/wiki/Rain.md"));
  const inside = (host, selector) => page.ask((host, selector) => document.querySelector(host)?.shadowRoot?.querySelector(selector)?.textContent ?? null, host, selector);
  const text = () => page.ask(() => [...document.querySelector(".desk .text").shadowRoot.querySelectorAll(".cm-line")].map((line) => line.textContent).join("\n"));
  const expectText = (wanted) => eventually(async () => assert.equal(await text(), wanted));
  await eventually(async () => assert.equal(await inside(".desk .shown", "article p"), "It pours in Osaka"));

  await page.chord("Control", "End");
  await page.press(..."*hard*");
  await eventually(async () => assert.equal(await inside(".desk .shown", "article em"), "hard"));
  await page.press("Enter", ..."[[つゆ");
  await eventually(async () => assert.match(await inside(".desk .text", ".cm-tooltip-autocomplete li[aria-selected]"), /梅雨入り/));
  await page.ask(() => {
    const option = document.querySelector(".desk .text").shadowRoot.querySelector(".cm-tooltip-autocomplete li[aria-selected]");
    option.dispatchEvent(new MouseEvent("mousedown", { bubbles: true, cancelable: true }));
  });
  await expectText("# Rain\n\nIt pours in Osaka\n*hard*\n[[梅雨入り]]");
  await page.chord("Control", "s");
  await eventually(async () => assert.equal(await site.read("wiki/Rain.md"), "# Rain\n\nIt pours in Osaka\n*hard*\n[[梅雨入り]]"));

  // An address is cut out and pasted onto a word.
  await page.press("Enter", ..."https://example.org/");
  await page.chord("Shift", "Home");
  await page.chord("Control", "x");
  await page.press("ArrowUp", "ArrowUp", "ArrowUp", "End");
  await page.chord("Control", "Shift", "ArrowLeft");
  await page.chord("Control", "v");
  await expectText("# Rain\n\nIt pours in [Osaka](https://example.org/)\n*hard*\n[[梅雨入り]]\n");
  // Cells and pictures, as other programs put them on a clipboard.
  await page.chord("Control", "End");
  await page.touch(() => navigator.clipboard.writeText("city\train\n大阪\t12\n"));
  await page.chord("Control", "v");
  await eventually(async () => assert.match(await text(), /\| city \| rain \|\n\| --- \| --- \|\n\| 大阪 \| 12 \|\n$/));
  // The clipboard of a Firefox without a window takes no pictures: one is dropped.
  await page.ask(async () => {
    const canvas = document.createElement("canvas");
    Object.assign(canvas, { width: 30, height: 10 }).getContext("2d").fillRect(0, 0, 9, 9);
    const blob = await new Promise((resolve) => canvas.toBlob(resolve, "image/png"));
    const data = new DataTransfer();
    data.items.add(new File([blob], "dot.png", { type: "image/png" }));
    const lines = document.querySelector(".desk .text").shadowRoot.querySelectorAll(".cm-line");
    const last = lines[lines.length - 1];
    const { left, bottom } = last.getBoundingClientRect();
    last.dispatchEvent(new DragEvent("drop", { dataTransfer: data, clientX: left + 20, clientY: bottom - 4, bubbles: true, cancelable: true }));
  });
  await eventually(async () => assert.match(await text(), /!\[dot\]\(dot\.png\)$/));
  await page.chord("Control", "z");
  await page.chord("Control", "z");
  await eventually(async () => assert.match(await text(), /\[\[梅雨入り\]\]\n$/));
});
