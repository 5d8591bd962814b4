// The speaker's window: it follows the stage and drives it, and shows what the audience does not see.
import assert from "node:assert/strict";
import { expectSlide, expectTexts, press, shown } from "./deck-page.mjs";
import { small } from "./fixtures.mjs";
import { check, eventually } from "./harness.mjs";
import { coloursOf } from "./pixels.mjs";

const talk = "decks/rehearsal.html";
const steps = ["alpha", "beta", "gamma"];

async function presenterOf(stage) {
  const [popup] = await Promise.all([stage.waitForEvent("popup"), press(stage, "p")]);
  await popup.waitForLoadState();
  await eventually(async () => assert.equal(await shown(popup), await shown(stage)));
  return popup;
}

async function both(world) {
  const { url } = await world.serve(await world.site(small));
  const stage = await world.open(url(talk));
  await expectSlide(stage, 1);
  return { stage, popup: await presenterOf(stage) };
}

check("the speaker's window follows the stage", async (world) => {
  const { stage, popup } = await both(world);
  await press(stage, "4", "Enter");
  await expectSlide(stage, 4);
  await eventually(async () => assert.equal(await shown(popup), 4));
  await press(stage, "ArrowRight");
  await eventually(async () => assert.equal(await shown(popup), 5));
});

check("the speaker's window drives the stage, step by step", async (world) => {
  const { stage, popup } = await both(world);
  await press(popup, "ArrowRight", "ArrowRight");
  await expectSlide(stage, 2);
  await expectTexts(stage, steps, ["alpha"]);
  await press(popup, "Home");
  await expectSlide(stage, 1);
  await press(popup, "End");
  await expectSlide(stage, 12);
});

check("the speaker sees the notes of each slide, as rendered Markdown", async (world) => {
  const { popup } = await both(world);
  const note = popup.getByText("Greet everyone first.");
  await note.waitFor({ state: "visible" });
  assert.equal(await note.locator("em").textContent(), "everyone");
  await press(popup, "ArrowRight");
  await popup.getByText("One at a time.").waitFor({ state: "visible" });
  assert.equal(await note.count(), 0);
});

check("the audience's page holds no note", async (world) => {
  const { stage } = await both(world);
  assert.equal(await stage.getByText("Greet everyone first.").count(), 0);
  assert.doesNotMatch(await stage.content(), /Greet/);
});

check("the timer starts with t, counts down the deck's two minutes and stops with t", async (world) => {
  const { popup } = await both(world);
  const figures = async () => (await popup.locator("body").innerText()).match(/\b\d+:\d\d\b/g) ?? [];
  await eventually(async () => assert.ok((await figures()).includes("2:00"), (await figures()).join(" ")));
  await press(popup, "t");
  await eventually(async () => assert.ok((await figures()).some((figure) => /^1:[0-5]\d$/.test(figure)), (await figures()).join(" ")));
  await press(popup, "t");
  await popup.getByRole("button", { name: "Start" }).waitFor();
  const left = popup.locator(".presenter strong");
  const stopped = await left.textContent();
  await popup.reload();
  await popup.getByRole("button", { name: "Start" }).waitFor();
  await eventually(async () => assert.equal(await left.textContent(), stopped, "a reload keeps the time"));
});

check("the speaker sees the next step and the pages that the slide links to", async (world) => {
  const { popup } = await both(world);
  await press(popup, "3", "Enter");
  await eventually(async () => assert.equal(await shown(popup), 3));
  const pages = popup.locator("a[href$='wiki/Target_page.html']:visible");
  await eventually(async () => assert.ok((await pages.count()) >= 2, "on the slide, and in the speaker's own list"));
  assert.ok((await popup.getByText("Card 4", { exact: true }).filter({ visible: true }).count()) >= 1, "the next slide is in sight");
});

check("either window may be reloaded and keeps its place", async (world) => {
  const { stage, popup } = await both(world);
  await press(popup, "6", "Enter");
  await expectSlide(stage, 6);
  await popup.reload();
  await eventually(async () => assert.equal(await shown(popup), 6));
  await press(popup, "ArrowRight");
  await expectSlide(stage, 7);
  await stage.reload();
  await expectSlide(stage, 7);
  await press(popup, "ArrowRight");
  await expectSlide(stage, 8);
});

check("black on the stage from the speaker's window", async (world) => {
  const { stage, popup } = await both(world);
  await press(popup, "b");
  await eventually(async () => assert.deepEqual([...(await coloursOf(stage))], ["0,0,0"]));
  await press(popup, "b");
  await eventually(async () => assert.ok((await coloursOf(stage)).size > 2));
});

check("a note's paragraphs stand apart, its code is whole, and what it names is said", async (world) => {
  const note = "Greet *everyone* first.\n\nThen wait, as in [[Target page]].\n\n```\n" + "a long line of code ".repeat(20) + "\n```\n";
  const files = { ...small, "decks/rehearsal.md": small["decks/rehearsal.md"].replace("Greet *everyone* first.", note) };
  const { url } = await world.serve(await world.site(files));
  const page = await world.open(url(`${talk}?view=presenter`));
  const [first, second, code] = ["Greet everyone first.", "Then wait, as in Target page.", "a long line of code"].map((text) => page.locator(".notes .text").getByText(text));
  await code.waitFor({ state: "visible" });
  const [above, below, pane] = [await first.boundingBox(), await second.boundingBox(), await page.locator(".notes .text").boundingBox()];
  assert.ok(below.y >= above.y + above.height + 8, `${below.y} is close to ${above.y + above.height}`);
  const { x, width } = await code.boundingBox();
  assert.ok(x + width <= pane.x + pane.width + 1, "no line leads out of the pane");
});

check("the handout has every note under the title of its slide, on paper too", async (world) => {
  const bundle = await world.build(await world.site(small), "--with-notes");
  const page = await world.open(bundle.url("decks/rehearsal.notes.html"));
  const note = page.getByText("Greet everyone first.");
  const title = page.getByRole("listitem").getByText("Opening words", { exact: true }).last();
  for (const media of ["screen", "print"]) {
    await page.emulateMedia({ media });
    const [above, below] = [await title.boundingBox(), await note.boundingBox()];
    assert.ok(below && below.y >= above.y + above.height, `${media}: below the title`);
    assert.ok(Math.abs(below.x - above.x) < 1, `${media}: as far left as the title, ${below.x} and ${above.x}`);
  }
  const plain = await world.open((await world.build(await world.site(small))).url("decks/rehearsal.notes.html"));
  assert.equal(await plain.getByText("Greet").count(), 0);
});
