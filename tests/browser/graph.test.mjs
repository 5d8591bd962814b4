// What is joined by links: slides drawn beside a page, what is around it, the graph, and what is not joined.
import assert from "node:assert/strict";
import { check } from "./harness.mjs";

const page = (text) => `${text}\n`;

// A shares two targets with B; nobody links to Lonely; two documents want what is not there.
const site = {
  "kami.toml": 'title = "Links"\nlang = "en"\nlanguages = ["en"]\n',
  "wiki/A.md": page("[[X]] and [[Y]], and [[Not there]]."),
  "wiki/B.md": page("[[X]] too, and [[Y]]."),
  "wiki/X.md": page("The first."),
  "wiki/Y.md": page("The [[second]].\n\n[[A]], [[B]]."),
  "wiki/Lonely.md": page("Nobody comes here. [[X]]"),
  "decks/talk.md": "# Opening\n\n---\n\n## Of X\n\nSee [[X]] and [the deck](talk.md).\n\n- a\n\n---\n\n## Wants\n\n[[not there]]\n",
};

check("a slide that mentions a page is drawn beside it, without a link or an id of its own", async (world) => {
  const { url } = await world.serve(await world.site(site));
  const view = await world.open(url("wiki/X.html"), { viewport: { width: 1440, height: 900 } });
  const card = view.locator("nav.backlinks .slides a[href$='talk.html#2'] .card");
  await card.waitFor();
  const { width, height } = await card.boundingBox();
  assert.ok(width > 80 && width < 200 && Math.abs(width / height - 16 / 9) < 0.02, `it is ${width} by ${height}`);
  const slide = await card.locator(".slide").boundingBox();
  assert.ok(Math.abs(slide.width - width) < 1, "the slide fills its card");
  assert.equal(await card.locator("a, [id]").count(), 0);
  assert.deepEqual(await view.locator("nav.backlinks .slides a").evaluateAll((all) => all.map((a) => a.getAttribute("href"))), ["../decks/talk.html#2"]);
  await view.locator("nav.backlinks .slides a").click({ position: { x: 20, y: 20 } });
  await view.waitForURL(/talk\.html#2$/);
});

check("pages that share links are related, nearest first", async (world) => {
  const { url } = await world.serve(await world.site(site));
  const view = await world.open(url("wiki/A.html"));
  assert.equal(await view.locator("nav.related a").first().innerText(), "B");
});

check("the picture around a page leads to its neighbours", async (world) => {
  const { url } = await world.serve(await world.site(site));
  const view = await world.open(url("wiki/X.html"));
  await view.locator(".around summary").click();
  const names = await view.locator(".around svg a").allTextContents();
  assert.deepEqual(names.sort(), ["A", "B", "Lonely", "Opening"]);
  await view.locator(".around svg a", { hasText: /^B$/ }).locator("text").click();
  await view.waitForURL(url("wiki/B.html"));
});

check("what is wanted is listed with who wants it, and what nobody links to", async (world) => {
  const { url } = await world.serve(await world.site(site));
  const view = await world.open(url("pages.html"));
  await view.getByRole("link", { name: "Wanted pages" }).click();
  const first = view.locator("main section").first();
  assert.match(await first.locator("h2").innerText(), /not there/i);
  assert.deepEqual(await first.locator("li a").evaluateAll((all) => all.map((a) => a.getAttribute("href"))), ["decks/talk.html#3", "wiki/A.html"]);
  assert.match(await first.locator("li").first().innerText(), /slide 3[^]*decks\/talk\.md/);
  await view.getByRole("link", { name: "Pages without links to them" }).click();
  assert.deepEqual(await view.locator("main section li a").allInnerTexts(), ["Lonely"]);
});

check("the graph shows pages and decks, marks neighbours and is filtered by title", async (world) => {
  const bundle = await world.build(await world.site(site));
  const view = await world.open(bundle.url("graph.html"));
  const nodes = view.locator(".picture svg a");
  assert.equal(await nodes.count(), 6);
  assert.equal(await view.locator(".picture svg a.deck rect").count(), 1);
  assert.equal(await view.locator(".picture svg a.page circle").count(), 5);
  await nodes.filter({ hasText: /^Lonely$/ }).focus();
  assert.deepEqual((await view.locator(".picture svg a.on").allTextContents()).sort(), ["Lonely", "X"]);
  await view.locator(".handles input").fill("ＬＯＮＥ");
  assert.deepEqual(await view.locator(".picture svg a.on").allTextContents(), ["Lonely"]);
  assert.equal(await view.locator(".handles .found").innerText(), "1 of 6");
  await view.locator(".handles input").press("Enter");
  await view.keyboard.press("Enter");
  await view.waitForURL(/Lonely\.html$/);
});

check("the graph is a picture with links, and a list, without scripts", async (world) => {
  const { url } = await world.serve(await world.site(site));
  const view = await world.open(url("graph.html"), { javaScriptEnabled: false });
  await view.locator(".words summary").click();
  const line = view.locator(".words li", { hasText: "Lonely" }).last();
  assert.match(await line.innerText(), /X/);
  assert.ok(await view.locator(".handles").isHidden());
  await view.locator(".picture svg a", { hasText: /^B$/ }).locator("text").click();
  await view.waitForURL(url("wiki/B.html"));
});

check("of a graph of four hundred pages those with the most links are drawn, and no label lies over another", async (world) => {
  const files = { "kami.toml": site["kami.toml"] };
  for (let number = 0; number < 400; number += 1) {
    const links = number < 320 ? `[[Page ${Math.floor(number / 3)}]] [[Page ${(number * 7) % 320}]]` : "Alone.";
    files[`wiki/${["Rain", "雨の日", "Tools"][number % 3]}/${number}.md`] = `---\ntitle: Page ${number}\n---\n\n${links}\n`;
  }
  const bundle = await world.build(await world.site(files));
  const view = await world.open(bundle.url("graph.html"), { viewport: { width: 1920, height: 1080 } });
  assert.equal(await view.locator(".picture svg a").count(), 300);
  assert.match(await view.locator(".intro").innerText(), /400[^]*300/);
  const over = await view.locator(".picture svg text").evaluateAll((texts) => {
    const boxes = texts.map((text) => text.getBBox());
    const hits = (a, b) => a.x < b.x + b.width && b.x < a.x + a.width && a.y + 3 < b.y + b.height - 3 && b.y + 3 < a.y + a.height - 3;
    return boxes.flatMap((a, i) => boxes.slice(0, i).filter((b) => hits(a, b))).length;
  });
  assert.equal(over, 0);
});

check("a page lists where it is named without a link: the longest name counts, and code does not", async (world) => {
  const { url } = await world.serve(await world.site({
    "kami.toml": 'title = "Names"\nlang = "ja"\nlanguages = ["ja", "en"]\n',
    "wiki/路面電車.md": "---\naliases: [Tram]\n---\n\n線路の上を走る。\n",
    "wiki/路面電車の日.md": "年に一度。\n",
    "wiki/大阪.md": "朝は人が多い。この町では**路面**電車が走っている。昼は静か。\n",
    "wiki/暦.md": "六月十日は路面電車の日である。\n",
    "wiki/code.md": "`路面電車`と書く。trams は違う。\n",
    "wiki/linked.md": "[[路面電車]]に乗る。路面電車はよい。\n",
    "decks/talk.md": "# Start\n\n---\n\n## Second\n\nBy ＴＲＡＭ to the sea.\n",
  }));
  const view = await world.open(url("wiki/路面電車.html"));
  await view.locator(".namings summary").click();
  const said = await view.locator(".namings li").evaluateAll((all) => all.map((li) => [li.querySelector("a").getAttribute("href"), li.querySelector("p").textContent]));
  assert.deepEqual(said, [
    ["../decks/talk.html#2", "By ＴＲＡＭ to the sea."],
    ["../wiki/大阪.html", "この町では路面電車が走っている。"],
  ]);
  const other = await world.open(url("wiki/路面電車の日.html"));
  await other.locator(".namings summary").click();
  assert.deepEqual(await other.locator(".namings li b").allInnerTexts(), ["路面電車の日"]);
});
