// The speaker's window in time and in space: pace, rehearsals, panes; and how windows find each other again, on a
// disk, on other devices, over a restart of the server and an edit in the middle of the talk.
import assert from "node:assert/strict";
import { expectSlide, expectTexts, press, shown } from "./deck-page.mjs";
import { deck, small } from "./fixtures.mjs";
import { check, eventually } from "./harness.mjs";

const talk = "decks/rehearsal.html";
const speakerView = `${talk}?view=presenter`;
const timed = { ...small, "decks/rehearsal.md": deck.replace("# Opening words", "<!-- time: 45s -->\n\n# Opening words") };

async function speaker(world, files = small, path = speakerView, options = {}) {
  const site = await world.site(files);
  const { url, stop, port } = await world.serve(site);
  return { page: await world.open(url(path), options), site, url, stop, port };
}

async function presenterOf(stage) {
  const [popup] = await Promise.all([stage.waitForEvent("popup"), press(stage, "p")]);
  await popup.waitForLoadState();
  await eventually(async () => assert.equal(await shown(popup), await shown(stage)));
  return popup;
}

const expectShown = (page, number) => eventually(async () => assert.equal(await shown(page), number));
const figure = (page) => page.locator(".presenter strong").textContent();
const words = (page) => page.locator("body").innerText();
const expectWords = (page, pattern) => eventually(async () => assert.match(await words(page), pattern));

// How many seconds are left of the two minutes: they stand until the timer runs, and count on below zero.
async function left(page) {
  const [, over, minutes, seconds] = (await figure(page)).match(/^(\+?)(\d+):(\d\d)$/);
  return (over ? -1 : 1) * (Number(minutes) * 60 + Number(seconds));
}

// Waits until the timer has run for so long that one which began anew would show more than it; answers with what was
// left, and when.
async function expectRun(page) {
  await eventually(async () => assert.ok((await left(page)) < 117, await figure(page)));
  return { left: await left(page), at: Date.now() };
}

// The timer has gone on meanwhile, second by second.
const expectRunOn = (page, before) => eventually(async () => {
  const now = Date.now();
  const wanted = before.left - (now - before.at) / 1000 + 1;
  assert.ok((await left(page)) <= wanted, `${await figure(page)}, where ${wanted} s are left`);
});

check("the speaker sees what the next key press will show", async (world) => {
  const { page } = await speaker(world, small, `${speakerView}#2`);
  const next = page.getByLabel("Next", { exact: true }).locator(".slide");
  const visible = () => next.evaluate((slide) => [...slide.querySelectorAll("li")].filter((step) => step.checkVisibility({ visibilityProperty: true })).map((step) => step.textContent));
  await eventually(async () => assert.deepEqual(await visible(), ["alpha"]));
  await press(page, "ArrowRight", "ArrowRight");
  await eventually(async () => assert.deepEqual(await visible(), ["alpha", "beta", "gamma"]));
  await press(page, "ArrowRight");
  await eventually(async () => assert.equal(await next.locator("h2").textContent(), "Where to read on"));
  await press(page, "End");
  await expectWords(page, /This is the last one/);
});

check("the pace is said in words, against the planned times", async (world) => {
  const { page } = await speaker(world, timed, speakerView, { stopped: true });
  await expectWords(page, /planned 0:45/);
  await press(page, "t");
  await page.clock.runFor(1000);
  await expectWords(page, /on time/);
  await press(page, "2", "Enter");
  await page.clock.runFor(1000);
  await expectWords(page, /ahead 0:43/);
});

check("a rehearsal keeps what each slide took, until it is told to forget", async (world) => {
  const { page } = await speaker(world, timed, speakerView, { stopped: true });
  await press(page, "t");
  await page.clock.runFor(2000);
  await expectWords(page, /this slide 0:02/);
  await press(page, "ArrowRight");
  await expectShown(page, 2);
  await page.clock.runFor(3000);
  await expectWords(page, /this slide 0:03/);
  await press(page, "t");
  await page.getByRole("button", { name: "Reset" }).click();
  await page.clock.runFor(1000);
  await expectWords(page, /last time 0:03/);
  await page.reload();
  await page.clock.runFor(1000);
  await expectWords(page, /last time 0:03/);
  await page.getByRole("button", { name: /Rehearsals/ }).click();
  const table = page.getByRole("dialog").getByRole("table");
  await eventually(async () => assert.match(await table.innerText(), /1　Opening words\s+0:45\s+0:02/));
  assert.match(await table.innerText(), /Total\s+0:45\s+0:05/);
  // On a phone a run's day and its hour are a line each.
  await page.setViewportSize({ width: 390, height: 844 });
  await eventually(async () => assert.deepEqual(await table.locator("thead th").evaluateAll((cells) => cells.map((cell) => {
    const tops = [...cell.querySelectorAll("span")].map((part) => [part.offsetTop, part.getClientRects().length]);
    return [new Set(tops.map(([top]) => top)).size, tops.every(([, lines]) => lines === 1)];
  })), [[0, true], [0, true], [2, true]]));
  await page.setViewportSize({ width: 1280, height: 720 });
  await page.getByRole("button", { name: "Forget all runs" }).click();
  await page.getByText("The timer has not run yet.").waitFor({ state: "visible" });
  await press(page, "Escape");
  await page.clock.runFor(1000);
  await eventually(async () => assert.doesNotMatch(await words(page), /last time/));
});

check("a rehearsal counts on for a slide that gets another heading", async (world) => {
  const { page, site } = await speaker(world, small, `${speakerView}#4`, { stopped: true });
  await press(page, "t");
  await page.clock.runFor(5000);
  await expectWords(page, /this slide 0:05/);
  await site.edit("decks/rehearsal.md", "## Card 4", "## Another card");
  await page.getByText("Another card").first().waitFor({ state: "attached" });
  await page.clock.runFor(2000);
  await expectWords(page, /this slide 0:07/);
});

check("the panes are moved by hand and by keys, and are remembered", async (world) => {
  const { page } = await speaker(world);
  const width = async () => Math.round((await page.locator("main.deck > .current").boundingBox()).width);
  const bar = page.getByRole("separator", { name: "Width of the current slide" });
  await expectShown(page, 1);
  await bar.focus();
  const first = await width();
  await press(page, "ArrowLeft", "ArrowLeft", "ArrowLeft", "ArrowLeft", "ArrowLeft");
  await eventually(async () => assert.ok((await width()) < first - 60, `${first} → ${await width()}`));
  await expectShown(page, 1);
  const box = await bar.boundingBox();
  await page.mouse.move(box.x + box.width / 2, 300);
  await page.mouse.down();
  await page.mouse.move(box.x - 200, 300, { steps: 4 });
  await page.mouse.up();
  const last = await width();
  assert.ok(last < first - 200, `${first} → ${last}`);
  await press(page, "+", "+");
  const size = () => page.locator(".notes .text").evaluate((text) => getComputedStyle(text).fontSize);
  const wanted = await size();
  await page.reload();
  await eventually(async () => assert.deepEqual([await width(), await size()], [last, wanted]));
});

check("an edited note is read again in place: nothing else is drawn anew", async (world) => {
  const { page, site } = await speaker(world, small, `${speakerView}#2`);
  await page.getByText("One at a time.").waitFor({ state: "visible" });
  await page.evaluate(() => {
    window.marker = [document.querySelector(".presenter .preview .slide"), document.querySelector("main.deck > .current")];
  });
  await site.edit("decks/rehearsal.md", "One at a time.", "One at a time, *slowly*.");
  await eventually(async () => assert.equal(await page.locator(".notes em").textContent(), "slowly"));
  const same = await page.evaluate(() => [document.querySelector(".presenter .preview .slide"), document.querySelector("main.deck > .current")].every((node, index) => node === window.marker[index]));
  assert.ok(same, "the cards are the same nodes as before");
  await expectShown(page, 2);
});

check("windows of two devices follow each other over the server", async (world) => {
  const { page, url } = await speaker(world);
  const stage = await world.open(url(talk));
  await press(page, "2", "Enter", "ArrowRight");
  await expectSlide(stage, 2);
  await expectTexts(stage, ["alpha", "beta"], ["alpha"]);
  await press(stage, "8", "Enter");
  await expectShown(page, 8);
  const reader = await world.open(url(`${talk}#3`));
  await expectSlide(reader, 8);
  await press(reader, "ArrowLeft");
  await expectShown(page, 7);
});

check("a server that comes back finds the talk where the windows left it", async (world) => {
  world.forgive(/ERR_CONNECTION_REFUSED|WebSocket/);
  const { page, site, url, stop, port } = await speaker(world);
  const stage = await world.open(url(talk));
  await press(page, "t", "4", "Enter");
  await expectSlide(stage, 4);
  const before = await expectRun(page);
  await stop();
  await press(page, "9", "Enter");
  await expectShown(page, 9);
  await expectSlide(stage, 4);
  await world.serve(site, port);
  await expectShown(stage, 9);
  await press(page, "ArrowRight");
  await expectSlide(stage, 10);
  await expectRunOn(page, before);
});

check("the timer runs on while either window is loaded anew, and stops from the stage", async (world) => {
  const { page: stage } = await speaker(world, small, talk);
  const popup = await presenterOf(stage);
  await press(stage, "t");
  const before = await expectRun(popup);
  await popup.evaluate(() => localStorage.clear());
  await popup.evaluate(() => sessionStorage.clear());
  await popup.reload();
  await expectShown(popup, 1);
  await expectRunOn(popup, before);
  await stage.reload();
  await press(stage, "t");
  await eventually(async () => assert.ok(await popup.getByRole("button", { name: "Start" }).isVisible()));
});

check("from a disk the two windows drive each other, and a reload keeps them together", async (world) => {
  const bundle = await world.build(await world.site(small), "--with-notes");
  const stage = await world.open(bundle.url(talk));
  const popup = await presenterOf(stage);
  await popup.getByText("Greet everyone first.").waitFor({ state: "visible" });
  await press(popup, "ArrowRight", "ArrowRight");
  await expectTexts(stage, ["alpha", "beta"], ["alpha"]);
  await stage.reload();
  await press(stage, "6", "Enter");
  await expectShown(popup, 6);
  await popup.reload();
  await expectShown(popup, 6);
  await press(popup, "ArrowRight");
  await expectSlide(stage, 7);
});

check("following the edit is off until it is asked for, and then leads to what changed", async (world) => {
  const { page, site } = await speaker(world, small, talk);
  await site.edit("decks/rehearsal.md", "Words of card 5.", "Words of card 5, edited.");
  await page.getByText("Words of card 5, edited.").waitFor({ state: "attached" });
  await expectSlide(page, 1);
  const follow = page.locator(".controls [data-do=follow]");
  await press(page, "Shift+E");
  // The script that follows is loaded when it is asked for.
  await eventually(async () => assert.equal(await follow.getAttribute("aria-pressed"), "true"));
  await site.edit("decks/rehearsal.md", "Words of card 9.", "Words of card 9, edited.");
  await expectSlide(page, 9);
  await site.edit("decks/rehearsal.md", "* beta", "* beta, edited");
  await expectTexts(page, ["alpha", "beta, edited", "gamma"], ["alpha", "beta, edited"]);
  await press(page, "Shift+E");
  await eventually(async () => assert.equal(await follow.getAttribute("aria-pressed"), "false"));
  await site.edit("decks/rehearsal.md", "Words of card 4.", "Words of card 4, edited.");
  await page.getByText("Words of card 4, edited.").waitFor({ state: "attached" });
  await expectSlide(page, 2);
});
