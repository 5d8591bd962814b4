// A phone on the speaker's network: with the token that `kami serve` printed it drives the talk and shows the notes,
// without one it follows.
import assert from "node:assert/strict";
import { networkInterfaces } from "node:os";
import { expectSlide, press, shown } from "./deck-page.mjs";
import { small } from "./fixtures.mjs";
import { check, eventually } from "./harness.mjs";

const talk = "decks/rehearsal.html";
const phone = { viewport: { width: 390, height: 844 } };
const here = Object.values(networkInterfaces()).flat().find(({ family, internal }) => family === "IPv4" && !internal)?.address;
assert.ok(here, "this machine has an address on a network");

async function hall(world) {
  const server = await world.serve(await world.site(small), undefined, "--host", "0.0.0.0");
  const far = `http://${here}:${server.port}/`;
  world.allow(far);
  world.allow(far.replace("http", "ws"));
  const token = () => server.said().match(/\?token=(\S+)/)?.[1];
  await eventually(async () => assert.ok(token(), server.said()));
  const stage = await world.open(server.url(talk));
  const [speaker] = await Promise.all([stage.waitForEvent("popup"), press(stage, "p")]);
  await eventually(async () => assert.equal(await shown(speaker), 1));
  return { far, stage, speaker, token: token() };
}

const note = (page) => page.getByText("Greet everyone first.");

check("a phone with the token drives the talk and shows its notes, and keeps the token to itself", async (world) => {
  const { far, stage, token } = await hall(world);
  const page = await world.open(`${far}?token=${token}`, phone);
  assert.equal(page.url(), far);
  await page.goto(`${far}${talk}?view=presenter`);
  await note(page).waitFor({ state: "visible" });
  await page.getByRole("button", { name: "Next" }).filter({ visible: true }).first().click();
  await expectSlide(stage, 2);
  await press(stage, "5", "Enter");
  await eventually(async () => assert.equal(await shown(page), 5));
  const kept = await page.evaluate(() => document.cookie + JSON.stringify([localStorage, sessionStorage]) + document.documentElement.outerHTML);
  assert.ok(!kept.includes(token), "no script can read it");
  await page.reload();
  await press(page, "ArrowRight");
  await expectSlide(stage, 6);
});

check("a phone without the token follows; its keys move its own screen until the talk moves on", async (world) => {
  const { far, stage, speaker } = await hall(world);
  await press(speaker, "3", "Enter");
  const page = await world.open(`${far}${talk}`, phone);
  await expectSlide(page, 3);
  await expectSlide(stage, 3);
  await press(page, "8", "Enter");
  await expectSlide(page, 8);
  assert.equal(await shown(stage), 3);
  await press(speaker, "4", "Enter");
  await expectSlide(page, 4);
  await expectSlide(stage, 4);
});

check("a phone whose clock is ahead follows all the same", async (world) => {
  const { far, speaker } = await hall(world);
  const page = await world.open(`${far}${talk}`, phone);
  await page.clock.setFixedTime(Date.now() + 86_400_000);
  await press(speaker, "2", "Enter");
  await expectSlide(page, 2);
  await press(page, "8", "Enter");
  await expectSlide(page, 8);
  await press(speaker, "5", "Enter");
  await expectSlide(page, 5);
});

check("a presenter view without the token says what is missing and moves nobody else", async (world) => {
  const { far, stage, speaker } = await hall(world);
  await press(speaker, "3", "Enter");
  const page = await world.open(`${far}${talk}?view=presenter`, phone);
  await eventually(async () => assert.equal(await shown(page), 3)); // it has heard where the talk stands
  await page.locator(".notes").getByText("open the address with the token").waitFor({ state: "visible" });
  assert.equal(await note(page).count(), 0);
  await press(page, "7", "Enter");
  await eventually(async () => assert.equal(await shown(page), 7));
  await press(page, "t", "b");
  await press(speaker, "2", "Enter");
  await expectSlide(stage, 2);
  await eventually(async () => assert.equal(await shown(page), 2));
  assert.equal(await speaker.getByText("Pause", { exact: true }).count(), 0, "its timer is its own");
});

check("yesterday's token is refused, and the answer says so", async (world) => {
  const { far, token } = await hall(world);
  world.forgive(/403|favicon/);
  const page = await world.open(`${far}?token=${[...token].reverse().join("")}`, phone);
  assert.match(await page.innerText("body"), /kami serve makes new ones/);
});
