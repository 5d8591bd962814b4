// Films and sounds: they stop with their slide, and nothing is asked of another host before somebody wants to see it.
import assert from "node:assert/strict";
import { expectSlide, press } from "./deck-page.mjs";
import { check, eventually } from "./harness.mjs";

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
