// Films and sounds: they stop with their slide, and nothing is asked of another host before somebody wants to see it.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expectSlide, press } from "./deck-page.mjs";
import { check, eventually, root } from "./harness.mjs";

// Ten seconds of silence.
function silence() {
  const head = Buffer.alloc(44);
  const [rate, bytes] = [8000, 80_000];
  head.write("RIFF", 0);
  head.writeUInt32LE(36 + bytes, 4);
  head.write("WAVEfmt ", 8);
  head.writeUInt32LE(16, 16);
  head.writeUInt16LE(1, 20);
  head.writeUInt16LE(1, 22);
  head.writeUInt32LE(rate, 24);
  head.writeUInt32LE(rate, 28);
  head.writeUInt16LE(1, 32);
  head.writeUInt16LE(8, 34);
  head.write("data", 36);
  head.writeUInt32LE(bytes, 40);
  return Buffer.concat([head, Buffer.alloc(bytes, 128)]);
}

const player = "https://www.youtube-nocookie.com/";
const film = "![雨の話](https://www.youtube.com/watch?v=dQw4w9WgXcQ)";

check("a sound stops when its slide is left", async (world) => {
  const site = await world.site({ "decks/t.md": "![雨音](rain.wav)\n\n---\n\n二\n", "decks/rain.wav": silence() });
  const { url } = await world.serve(site);
  const page = await world.open(url("decks/t.html"));
  const sound = page.locator("audio");
  await sound.evaluate((audio) => {
    audio.muted = true;
    return audio.play();
  });
  assert.equal(await sound.evaluate((audio) => audio.paused), false);
  await page.locator("body").focus();
  await press(page, "ArrowRight");
  await expectSlide(page, 2);
  await eventually(async () => assert.ok(await sound.evaluate((audio) => audio.paused)));
});

check("a film of another host comes when its card is pressed, and not before", async (world) => {
  const site = await world.site({ "wiki/Film.md": `# 話\n\n${film}\n`, "decks/t.md": `# 話\n\n${film}\n\n---\n\n二\n` });
  const { url } = await world.serve(site);
  for (const path of ["wiki/Film.html", "decks/t.html"]) {
    const page = await world.open(url(path));
    let asked = 0;
    world.allow(player);
    await page.route(`${player}**`, (route) => {
      asked += 1;
      return route.fulfill({ contentType: "text/html", body: "<p>plays</p>" });
    });
    const card = page.getByRole("link", { name: /雨の話/ }).first();
    await card.waitFor();
    assert.equal(asked, 0, path);
    await card.click();
    await page.frameLocator("iframe.video").getByText("plays").waitFor();
    assert.equal(asked, 1, path);
    if (path.startsWith("decks/")) {
      await page.locator("body").press("ArrowRight");
      await expectSlide(page, 2);
      await eventually(async () => assert.equal(await page.locator("iframe.video").count(), 0));
    }
  }
});

// A second of blue: VP9 of 64 by 36 pixels.
const blue = Buffer.from(
  "GkXfo59ChoEBQveBAULygQRC84EIQoKEd2VibUKHgQJChYECGFOAZwEAAAAAAAJtEU2bdLpNu4tTq4QVSalmU6yBoU27i1OrhBZUrmtTrIHGTbuMU6uEElTDZ1OsggEMTbuMU6uEHFO7" +
  "a1OsggJX7AEAAAAAAABZAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAV" +
  "SalmoCrXsYMPQkBNgIRMYXZmV0GETGF2ZkSJiECPQAAAAAAAFlSua8GuAQAAAAAAADjXgQFzxYgAAAAAAAAAAZyBACK1nIN1bmSIgQCGhVZfVlA5g4EBI+ODhAX14QDgibCBQLqBJJqB" +
  "AhJUw2fVc3PSY8CLY8WIAAAAAAAAAAFnyJxFo4dFTkNPREVSRIePTGF2YyBsaWJ2cHgtdnA5Z8iiRaOIRFVSQVRJT05Eh5QwMDowMDowMS4wMDAwMDAwMDAAAB9DtnVA6+eBAKOpgQAA" +
  "gIJJg0IAA/ACNgA4JBwZTgAAMGAAABO//NAAAR///8MH//+FwACjk4EAZACGAECSHABeAAADIAAAVHCjk4EAyACGAECSHABdAAADIAAAVHCjk4EBLACGAECSHABeAAADIAAAVHCjk4EB" +
  "kACGAECSHABbwAADIAAAVHCjk4EB9ACGAECSHABeAAADIAAAVHCjk4ECWACGAECSHABdAAADIAAAVHCjk4ECvACGAECSHABeAAADIAAAVHCjk4EDIACGAECSHABZgAADIAAAVHCjk4ED" +
  "hACGAECSHABeAAADIAAAVHAcU7trkbuPs4EAt4r3gQHxggFm8IED",
  "base64",
);

const behind = async () => ({
  "decks/t.md": "![bg blur poster:rain.jpg](blue.webm)\n\n# One\n\n---\n\n# Two\n",
  "decks/blue.webm": blue,
  "decks/rain.jpg": await readFile(join(root, "decks", "rain-window.jpg")),
  "wiki/Rain.md": "![[t]]\n\n[[t]]\n",
});

check("a film behind a slide plays while the slide is shown, without a sound", async (world) => {
  const { url } = await world.serve(await world.site(await behind()));
  const page = await world.open(url("decks/t.html"));
  const film = page.locator("section.slide .slide-backgrounds video");
  const seen = () => film.evaluate((it) => ({ plays: !it.paused, begun: it.played.length > 0, muted: it.muted, loops: it.loop }));
  const plays = () => eventually(async () => assert.deepEqual(await seen(), { plays: true, begun: true, muted: true, loops: true }));
  const rests = () => eventually(async () => assert.deepEqual(await seen(), { plays: false, begun: false, muted: true, loops: true }));
  await expectSlide(page, 1);
  await plays();
  const box = await film.evaluate((it) => [it.offsetWidth, it.offsetHeight, getComputedStyle(it).objectFit, getComputedStyle(it).filter]);
  assert.deepEqual(box, [1280, 720, "cover", "blur(10px)"]);
  await press(page, "ArrowRight");
  await expectSlide(page, 2);
  await rests();
  await press(page, "ArrowLeft");
  await expectSlide(page, 1);
  await plays();
  await press(page, "o");
  await rests();
  await press(page, "Escape");
  await plays();
});

check("who wants less motion sees its poster, and so does everybody who sees the slide elsewhere", async (world) => {
  const { url } = await world.serve(await world.site(await behind()));
  const page = await world.open(url("decks/t.html"), { reducedMotion: "reduce" });
  const film = page.locator("section.slide .slide-backgrounds video");
  for (const [key, number] of [["ArrowRight", 2], ["ArrowLeft", 1]]) {
    await press(page, key);
    await expectSlide(page, number);
  }
  assert.deepEqual(await film.evaluate((it) => [it.paused, it.played.length]), [true, 0]);
  assert.match(await film.evaluate((it) => it.poster), /\/assets\/rain-[0-9a-f]{16}\.jpg$/);
  for (const path of ["decks/t.notes.html", "wiki/Rain.html", "decks/t.html?view=print"]) {
    await page.goto(url(path));
    const ground = page.locator(".slide-backgrounds").first();
    await ground.scrollIntoViewIfNeeded();
    const still = ground.locator("img, video").first();
    const shown = await still.evaluate((it) => it.poster || it.currentSrc || it.src);
    assert.match(shown, /\/assets\/rain-/, path);
    assert.equal(await still.evaluate((it) => it.paused ?? true), true, path);
  }
});
