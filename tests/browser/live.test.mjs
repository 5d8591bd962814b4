// `kami serve` while someone writes: what was saved is on the screen, and nothing else has moved.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expectSlide, expectTexts, press, shown } from "./deck-page.mjs";
import { home, small } from "./fixtures.mjs";
import { check, eventually, hold, root } from "./harness.mjs";

const before = "First paragraph, before any edit.";
const edited = "First paragraph, edited.";

async function served(world, path, files = small) {
  const site = await world.site(files);
  const { url } = await world.serve(site);
  const page = await world.open(url(path));
  await page.evaluate(() => (window.marker = "kept"));
  return { site, page, url };
}

async function expectText(page, text) {
  await page.getByText(text).first().waitFor({ state: "visible" });
}

async function assertNotReloaded(page) {
  assert.equal(await page.evaluate(() => window.marker), "kept", "the page was loaded anew");
}

check("a saved page is shown without a reload", async (world) => {
  const { site, page } = await served(world, "wiki/Home.html");
  await site.edit("wiki/Home.md", before, edited);
  await expectText(page, edited);
  assert.equal(await page.getByText(before).count(), 0);
  await assertNotReloaded(page);
});

check("scroll, focus and open details outlive an edit", async (world) => {
  const { site, page } = await served(world, "wiki/Home.html");
  await page.locator("main article summary").click();
  await expectText(page, "Hidden until opened.");
  const link = page.locator("main article a", { hasText: "Target page" });
  await link.focus();
  await page.evaluate(() => scrollTo(0, 900));
  await site.edit("wiki/Home.md", "Last paragraph.", "Last paragraph, edited.");
  await page.getByText("Last paragraph, edited.").waitFor({ state: "attached" });
  assert.equal(await page.evaluate(() => scrollY), 900);
  assert.equal(await page.evaluate(() => document.activeElement.textContent), "Target page");
  assert.ok(await page.locator("main article details").evaluate((details) => details.open));
  await assertNotReloaded(page);
});

check("an edit of the slide shown keeps the place", async (world) => {
  const steps = ["alpha", "beta", "gamma"];
  const { site, page } = await served(world, "decks/rehearsal.html#2");
  await press(page, "ArrowRight", "ArrowRight");
  await expectTexts(page, steps, ["alpha", "beta"]);
  await site.edit("decks/rehearsal.md", "* beta", "* beta, edited");
  await expectTexts(page, ["alpha", "beta, edited", "gamma"], ["alpha", "beta, edited"]);
  await expectSlide(page, 2);
  await assertNotReloaded(page);
});

check("a slide put in before the one shown leaves that one on the screen", async (world) => {
  const { site, page } = await served(world, "decks/rehearsal.html#7");
  await expectSlide(page, 7);
  await site.edit("decks/rehearsal.md", "## In steps", "## A new card\n\nNew.\n\n---\n\n## In steps");
  await expectSlide(page, 8);
  await expectText(page, "Words of card 7.");
  await assertNotReloaded(page);
  await press(page, "ArrowRight");
  await expectText(page, "Words of card 8.");
});

check("a slide that is cut and put in further on is shown again, with its steps", async (world) => {
  const { site, page } = await served(world, "decks/rehearsal.html#2");
  await press(page, "ArrowRight", "ArrowRight");
  await expectTexts(page, ["alpha", "beta", "gamma"], ["alpha", "beta"]);
  const slide = "## In steps\n\n* alpha\n* beta\n* gamma\n\n<!-- One at a time. -->\n\n---\n\n";
  await site.edit("decks/rehearsal.md", slide, "");
  await page.getByText("gamma").waitFor({ state: "detached" });
  await expectSlide(page, 2);
  await site.edit("decks/rehearsal.md", "## Closing words", `${slide}## Closing words`);
  await expectSlide(page, 11);
  await expectTexts(page, ["alpha", "beta", "gamma"], ["alpha", "beta"]);
  // Whoever has gone on meanwhile is not fetched back.
  await site.edit("decks/rehearsal.md", slide, "");
  await page.getByText("gamma").waitFor({ state: "detached" });
  await press(page, "Home");
  await expectSlide(page, 1);
  await site.edit("decks/rehearsal.md", "## Closing words", `${slide}## Closing words`);
  await page.getByText("gamma").waitFor({ state: "attached" });
  await expectSlide(page, 1);
  await assertNotReloaded(page);
});

check("a slide that was renamed is followed when more came before the window could look", async (world) => {
  const { site, page, url } = await served(world, "decks/rehearsal.html#2");
  await expectSlide(page, 2);
  const look = await hold(page, /decks\/rehearsal\.html/);
  const edit = async (from, to) => {
    await site.edit("decks/rehearsal.md", from, to);
    await eventually(async () => assert.ok((await (await fetch(url("decks/rehearsal.html"))).text()).includes(to.split("\n")[0].replace("## ", ""))));
  };
  await edit("Good night.", "Good night!");
  await look.asked;
  await edit("## In steps", "## Step by step");
  await edit("## Step by step", "## A new card\n\nNew.\n\n---\n\n## Step by step");
  await edit("Good night!", "Good morning!");
  look.release();
  await page.getByText("Good morning!").waitFor({ state: "attached" });
  await expectSlide(page, 3);
  await expectTexts(page, ["Step by step", "A new card"], ["Step by step"]);
  await assertNotReloaded(page);
});

check("what could not be looked at is looked at once more", async (world) => {
  world.forgive(/ERR_FAILED/);
  const { site, page } = await served(world, "wiki/Home.html");
  let left = 2;
  await page.route(/wiki\/Home\.html/, (route) => ((left -= 1) < 0 ? route.continue() : route.abort()));
  await site.edit("wiki/Home.md", before, edited);
  await expectText(page, edited);
  await assertNotReloaded(page);
});

check("an edit reaches the speaker's window, notes included", async (world) => {
  const { site, page } = await served(world, "decks/rehearsal.html");
  const [popup] = await Promise.all([page.waitForEvent("popup"), press(page, "p")]);
  await popup.getByText("Greet everyone first.").waitFor({ state: "visible" });
  await site.edit("decks/rehearsal.md", "Good evening.", "Good evening, all.");
  await popup.getByText("Good evening, all.").first().waitFor({ state: "visible" });
  assert.equal(await shown(popup), 1);
});

check("an edited style sheet restyles the page in place", async (world) => {
  const styles = await readFile(join(root, "templates", "site.css"), "utf8");
  const { site, page } = await served(world, "wiki/Home.html", { ...small, "templates/site.css": styles });
  const spacing = () => page.locator("main article p").first().evaluate((element) => getComputedStyle(element).letterSpacing);
  assert.notEqual(await spacing(), "7px");
  await site.write("templates/site.css", `${styles}\nmain article p { letter-spacing: 7px }\n`);
  await eventually(async () => assert.equal(await spacing(), "7px"));
  await assertNotReloaded(page);
});

check("broken front matter is told with its place while the last good page stays readable", async (world) => {
  const { site, page } = await served(world, "wiki/Home.html");
  await site.write("wiki/Home.md", home.replace("title: Home", "title: [Home"));
  const told = page.getByText(/wiki\/Home\.md:\d+:\d+/).first();
  await told.waitFor({ state: "visible" });
  assert.ok(await page.getByText(before).isVisible(), "the text is still there");
  assert.deepEqual(await page.locator("h1").allInnerTexts(), ["Home"]);
  await site.write("wiki/Home.md", home.replace(before, edited));
  await expectText(page, edited);
  await told.waitFor({ state: "hidden" });
  await assertNotReloaded(page);
});

check("a file saved under its own name anew is seen each time", async (world) => {
  const { site, page } = await served(world, "wiki/Home.html");
  for (const turn of ["one", "two", "three"]) {
    await site.replace("wiki/Home.md", home.replace(before, `Saved turn ${turn}.`));
    await expectText(page, `Saved turn ${turn}.`);
  }
  await assertNotReloaded(page);
});

check("a page that is deleted and written again comes back", async (world) => {
  world.forgive(/404/);
  const { site, page, url } = await served(world, "wiki/Home.html");
  await site.remove("wiki/Home.md");
  await eventually(async () => assert.equal((await fetch(url("wiki/Home.html"))).status, 404));
  await site.write("wiki/Home.md", home.replace(before, edited));
  await expectText(page, edited);
});

check("a new page turns the missing link into a link", async (world) => {
  const { site, page } = await served(world, "wiki/Home.html");
  assert.equal(await page.locator("article a.wikilink.missing").count(), 1);
  await site.write("wiki/Nowhere_at_all.md", "---\ntitle: Nowhere at all\n---\n\nNow it is somewhere.\n");
  await eventually(async () => assert.equal(await page.locator("article a.wikilink.missing").count(), 0));
  await assertNotReloaded(page);
});

check("a page in another window is told too, and windows of other pages stay as they are", async (world) => {
  const { site, page, url } = await served(world, "wiki/Home.html");
  const other = await world.open(url("wiki/Target_page.html"));
  await other.evaluate(() => (window.marker = "kept"));
  await site.edit("wiki/Home.md", before, edited);
  await expectText(page, edited);
  await site.edit("wiki/Target_page.md", "Back to", "Back, please, to");
  await expectText(other, "Back, please, to");
  await assertNotReloaded(other);
  await assertNotReloaded(page);
});

check("a server that comes back is found again", async (world) => {
  world.forgive(/ERR_CONNECTION_REFUSED|WebSocket/);
  const site = await world.site(small);
  const first = await world.serve(site);
  const page = await world.open(first.url("wiki/Home.html"));
  await first.stop();
  await site.edit("wiki/Home.md", before, edited);
  await world.serve(site, first.port);
  await page.getByText(edited).waitFor({ state: "visible", timeout: 20_000 });
});
