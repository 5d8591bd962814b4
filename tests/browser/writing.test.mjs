// Help while writing, and what becomes of a text besides being saved: what is offered, pasted, scrolled and made anew.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { address, atEnd, button, choose, desk, expectFile, expectSaid, expectText, files, offers, text } from "./desk.mjs";
import { check, eventually } from "./harness.mjs";


const paste = (page, data) => page.locator(".cm-content").evaluate((content, data) => {
  const transfer = new DataTransfer();
  for (const [kind, value] of Object.entries(data)) transfer.setData(kind, value);
  content.dispatchEvent(new ClipboardEvent("paste", { clipboardData: transfer, bubbles: true, cancelable: true }));
}, data);

async function editing(world, path, more = {}) {
  const site = await world.site({ ...files, ...more });
  const { url } = await world.serve(site);
  const page = await world.open(url(address(path)));
  await page.locator(".cm-content").waitFor({ state: "visible" });
  return { site, url, page };
}

check("`e` opens the editor from a page and, beside the talk, from a deck; nobody else has it", async (world) => {
  const site = await world.site(files);
  const { url } = await world.serve(site);
  const page = await world.open(url("wiki/Rain.html"));
  await page.keyboard.press("e");
  await page.waitForURL(url(address("wiki/Rain.md")));
  await page.goto(url("decks/rehearsal.html"));
  const [editor] = await Promise.all([page.waitForEvent("popup"), page.keyboard.press("e")]);
  await editor.waitForURL(url(address("decks/rehearsal.md")));
  assert.equal(page.url(), url("decks/rehearsal.html"));
  await editor.close();
  const reading = await world.serve(site, undefined, "--read-only");
  for (const path of ["wiki/Rain.html", "decks/rehearsal.html", "index.html"]) {
    await page.goto(reading.url(path));
    assert.equal(await page.locator("a[href*=_kami], .kami-edit-button").count(), 0, path);
  }
  const bundle = await world.build(site);
  await page.goto(bundle.url("wiki/Rain.html"));
  assert.equal(await page.locator("a[href*=_kami]").count(), 0);
  await page.keyboard.press("e");
  assert.equal(page.url(), bundle.url("wiki/Rain.html"));
});

check("a text is deleted as it stands after a save, and brought back", async (world) => {
  const { site, url, page } = await desk(world);
  await atEnd(page, "More.");
  await page.keyboard.press("Control+s");
  await expectSaid(page, /保存しました|Saved/);
  await page.getByText(/名前を変える・削除する|Rename or delete/).click();
  await button(page, /削除する|Delete/).click();
  await page.waitForURL(/_kami\/trash\//);
  await eventually(() => assert.rejects(site.read("wiki/Rain.md")));
  await button(page, /元に戻す|Undo/).click();
  await page.waitForURL(url("wiki/Rain.html"));
  await expectFile(site, "wiki/Rain.md", `${files["wiki/Rain.md"]}More.`);
});

check("what was made a moment ago has a page to go to and can be renamed", async (world) => {
  const site = await world.site(files);
  const { url } = await world.serve(site);
  const page = await world.open(url(address("wiki/Snow.md")));
  await page.locator(".cm-content").waitFor({ state: "visible" });
  await atEnd(page, "It snows.");
  await page.keyboard.press("Control+s");
  await expectSaid(page, /保存しました|Saved/);
  await page.getByText(/名前を変える・削除する|Rename or delete/).click();
  await page.getByLabel(/新しい名前|New name/).waitFor({ state: "visible" });
  await page.locator(".bar a.act").click();
  await page.waitForURL(url("wiki/Snow.html"));
  await page.locator("article", { hasText: "It snows." }).waitFor();
});

check("lines that end in several ways keep their ends", async (world) => {
  const { site, page } = await editing(world, "wiki/Mixed.md", { "wiki/Mixed.md": "one\r\ntwo\nthree\r\nfour\n" });
  await expectSaid(page, /^$/);
  await atEnd(page, "five");
  await page.locator(".cm-line", { hasText: "two" }).click();
  await page.keyboard.press("End");
  await page.keyboard.type("\nnew");
  await page.keyboard.press("Control+s");
  await expectFile(site, "wiki/Mixed.md", "one\r\ntwo\nnew\nthree\r\nfour\nfive");
});

check("a missing link leads to the editor of the file that it will find", async (world) => {
  const { url, page } = await desk(world);
  await atEnd(page, "\n[[Tools/Rain coat|a coat]] is dry.");
  const wrong = page.locator(".cm-lintRange", { hasText: "Rain coat" }).first();
  await wrong.waitFor({ state: "visible" });
  await eventually(async () => assert.equal((await page.locator(".cm-lintRange").allInnerTexts()).join(""), "[[Tools/Rain coat|a coat]]"));
  await wrong.hover();
  const [made] = await Promise.all([page.waitForEvent("popup"), page.getByRole("button", { name: /Rain coat/ }).click()]);
  await made.waitForURL((found) => found.href.startsWith(url("_kami/edit/wiki/Tools/Rain_coat.md")));
  await made.locator(".cm-content").waitFor({ state: "visible" });
  await atEnd(made, "A coat.");
  await made.keyboard.press("Control+s");
  await expectSaid(made, /保存しました|Saved/);
  await page.bringToFront();
  await atEnd(page, " Yes.");
  await page.locator(".shown a.wikilink:not(.missing)", { hasText: "a coat" }).waitFor({ state: "visible" });
});

check("what the server told before a save takes nothing back that was saved", async (world) => {
  const { url, page } = await desk(world);
  const late = [];
  await page.routeWebSocket(/edit=/, (socket) => {
    // The first frame says that there is no file; it arrives when there is one.
    socket.connectToServer().onMessage((frame) => (late.push(() => socket.send(frame))));
  });
  await page.goto(url(address("wiki/Boots.md")));
  await page.locator(".cm-content").waitFor({ state: "visible" });
  await eventually(() => assert.equal(late.length, 1));
  await atEnd(page, "Dry feet.");
  const whole = await text(page);
  await page.keyboard.press("Control+s");
  await expectSaid(page, /保存しました|Saved/);
  const looked = page.waitForResponse(/_kami\/edit\//);
  late[0]();
  await looked; // a head: there is no body to wait for
  await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
  await page.keyboard.type(" ");
  await page.keyboard.press("Backspace");
  await expectText(page, whole);
  await expectSaid(page, /^$/);
});

check("names are found by what is typed for their readings: kana, romaji, and what stands above the words", async (world) => {
  const { page } = await editing(world, "wiki/Rain.md", {
    "wiki/塔.md": "# {東京|とう|きょう}{塔|タワー}の{話|はなし}\n\n## {朝|あさ}の{光|ひかり}\n\n本文。\n",
  });
  for (const [typed, title] of [["tsuyu", "梅雨入り"], ["ツユイ", "梅雨入り"], ["yuir", "梅雨入り"], ["toukyout", "東京塔の話"], ["tawa-", "東京塔の話"], ["とうきょう", "東京塔の話"], ["hanashi", "東京塔の話"]]) {
    await atEnd(page, `\n[[${typed}`);
    await choose(page, title);
    await eventually(async () => assert.match(await text(page), new RegExp(`\n\\[\\[${title}\\]\\]$`), typed));
  }
  await atEnd(page, "\n[[塔#asano");
  await offers(page, "朝の光").first().waitFor({ state: "visible" });
});

check("in code nothing is made of what is typed or pasted", async (world) => {
  const { page } = await desk(world);
  await atEnd(page, "\n```go\n");
  await paste(page, { "text/plain": "\tif rain {\n\treturn\n" });
  await eventually(async () => assert.match(await text(page), /```go\n\tif rain \{\n\treturn\n$/));
  await paste(page, { "text/plain": "a\tb\nc\td\n", "text/html": "<table><tr><td>a</td></tr></table>" });
  await eventually(async () => assert.match(await text(page), /\na\tb\nc\td\n$/));
  await page.keyboard.type("words");
  await page.keyboard.press("Shift+Home");
  await paste(page, { "text/plain": "https://example.org/" });
  await eventually(async () => assert.match(await text(page), /\nhttps:\/\/example\.org\/$/));
  await atEnd(page, "\n```\n\nhttps://example.org/old");
  await page.keyboard.press("Shift+Home");
  await paste(page, { "text/plain": "https://example.org/new" });
  // An address in the place of another is no link on it.
  await eventually(async () => assert.match(await text(page), /\n\nhttps:\/\/example\.org\/new$/));
  // Outside of code, lines that begin with a tab are no table either, unless a spreadsheet says so.
  await atEnd(page, "\n\n");
  await paste(page, { "text/plain": "\ta\n\tb\n" });
  await eventually(async () => assert.match(await text(page), /\n\ta\n\tb\n$/));
  await atEnd(page, "\n\n");
  await paste(page, { "text/plain": "\ta\n1\t2\n", "text/html": "<table><tr><td></td><td>a</td></tr></table>" });
  await eventually(async () => assert.match(await text(page), /\| {3}\| a \|\n\| --- \| --- \|\n\| 1 \| 2 \|\n$/));
});

const long = (from, to) => Array.from({ length: to - from + 1 }, (_, index) => `## Part ${from + index}\n\n${"Some words of it. ".repeat(40)}\n`).join("\n");

// Which heading stands highest in sight, in the text and on the page.
const highest = (page) => page.evaluate(() => {
  const [text, shown] = [document.querySelector(".desk > .text"), document.querySelector(".desk > .shown")];
  const first = (host, selector) => {
    const { top, bottom } = host.getBoundingClientRect();
    return [...host.shadowRoot.querySelectorAll(selector)].find((node) => {
      const box = node.getBoundingClientRect();
      return /Part \d+$/.test(node.textContent) && box.bottom > top && box.top < bottom;
    })?.textContent.match(/\d+$/)[0];
  };
  return [first(text, ".cm-line"), first(shown, "h2")].map(Number);
});

check("text and page scroll together, whichever is moved", async (world) => {
  const { page } = await editing(world, "wiki/Long.md", { "wiki/Long.md": `# Long\n\n<!-- said nowhere -->\n\n::: columns\n::: column\nLeft.\n:::\n::: column\nRight.\n:::\n:::\n\n${long(1, 40)}` });
  await page.locator(".shown h2", { hasText: "Part 40" }).waitFor({ state: "attached" });
  const text = page.locator(".desk > .text").boundingBox();
  const shown = page.locator(".desk > .shown").boundingBox();
  for (const [box, pixels] of [[await text, 2500], [await shown, 2500], [await text, -1500], [await shown, -1500]]) {
    const before = await highest(page);
    await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
    await page.mouse.wheel(0, pixels);
    await eventually(async () => {
      const [written, seen] = await highest(page);
      assert.ok(Math.sign(written - before[0]) === Math.sign(pixels), `the text moves: ${before} ${written} ${seen}`);
      assert.ok(Math.abs(written - seen) <= 1, `${written} is written, ${seen} is seen`);
    });
  }
});

check("the slide of the cursor is framed in decks of several files, and in each of the files", async (world) => {
  const { url, page } = await editing(world, "decks/whole.md", {
    "decks/whole.md": "# One\n\n---\n\n<!-- include: _part.md -->\n\n---\n\n# Last",
    "decks/_part.md": "# Two\n\n---\n\n# Three",
  });
  const here = page.locator(".shown .card[data-here] h1");
  await atEnd(page, "!");
  await eventually(async () => assert.equal(await here.innerText(), "Last!"));
  await page.locator(".cm-line", { hasText: "# One" }).click();
  await eventually(async () => assert.equal(await here.innerText(), "One"));
  page.once("dialog", (dialog) => dialog.accept());
  await page.goto(url(address("decks/_part.md")));
  await page.locator(".cm-content").waitFor({ state: "visible" });
  await atEnd(page, "!");
  await eventually(async () => assert.equal(await here.innerText(), "Three!"));
  await page.locator(".cm-line", { hasText: "# Two" }).click();
  await eventually(async () => assert.equal(await here.innerText(), "Two"));
});

check("beside the text stands its page alone, and what Markdown means here is told apart", async (world) => {
  const { page } = await editing(world, "wiki/Target_page.md", {
    "wiki/Target_page.md": "---\ntitle: Target page\n---\n\n[[Rain|wet]] and {雨|あめ} and ==marked== and $x^2$ costs $5 or $6.\n\n. . .\n",
  });
  await page.locator(".shown a.wikilink", { hasText: "wet" }).waitFor({ state: "visible" });
  // Slides that mention the page have titles of their own.
  assert.deepEqual(await page.locator(".shown h1").allInnerTexts(), ["Target page"]);
  const looks = await page.locator(".cm-line", { hasText: "wet" }).evaluate((line) => [...line.querySelectorAll("span")].filter((span) => !span.querySelector("span")).map((span) => span.textContent));
  for (const part of ["[[", "Rain|wet", "]]", "{", "==", "marked", "x^2"]) assert.ok(looks.includes(part), `${part} of ${JSON.stringify(looks)}`);
  assert.ok(!looks.some((part) => part.includes("5 or")), "money is no formula");
});

check("what is new is asked for in the language of the page that one came from", async (world) => {
  world.forgive(/400/); // a title of which no name can be made
  const site = await world.site(files);
  const { url } = await world.serve(site);
  const page = await world.open(url("index.ja.html"));
  await page.locator("a.kami-new").click();
  await page.getByRole("heading", { name: "新しく書く" }).waitFor();
  await page.getByLabel("題").fill("?");
  await button(page, "書きはじめる").click();
  await page.getByRole("alert").filter({ hasText: "題" }).waitFor();
});

check("what an office program puts on the clipboard is read by its looks", async (world) => {
  const { page } = await desk(world);
  await atEnd(page, "\n\n");
  await paste(page, {
    "text/plain": "Rain in Osaka",
    "text/html": '<b style="font-weight:normal;" id="docs"><p><span style="font-weight:400">Rain in </span><span style="font-weight:700">Osaka</span>, <span style="font-style:italic">soon</span></p></b>',
  });
  await eventually(async () => assert.match(await text(page), /\n\nRain in \*\*Osaka\*\*, \*soon\*$/));
  // Cells with line breaks in them: the text cannot say where a row ends, the page can.
  await atEnd(page, "\n\n");
  await paste(page, { "text/plain": '"a\nb"\tc\nd\te\n', "text/html": "<table><tr><td>a<br>b</td><td>c</td></tr><tr><td>d</td><td>e</td></tr></table>" });
  await eventually(async () => assert.match(await text(page), /\| a +<br>b \| c +\|\n\|[ |-]+\|\n\| d +\| e +\|$/));
});

check("what the server refuses is said in the language of the page", async (world) => {
  world.forgive(/413|415|507|403/);
  const site = await world.site({ ...files, "wiki/Rain.ja.md": "# 雨\n\n降る。\n" });
  const { url } = await world.serve(site);
  const page = await world.open(url(address("wiki/Rain.ja.md")));
  await page.locator(".cm-content").waitFor({ state: "visible" });
  const drop = (name, bytes) => page.locator(".cm-content").evaluate((content, [name, bytes]) => {
    const data = new DataTransfer();
    data.items.add(new File([typeof bytes === "number" ? new Uint8Array(bytes) : bytes], name));
    content.dispatchEvent(new DragEvent("drop", { dataTransfer: data, bubbles: true, cancelable: true }));
  }, [name, bytes]);
  await drop("x.html", "<script>alert(1)</script>");
  await expectSaid(page, /置けない種類のファイルです/);
  await drop("x.svg", '<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>');
  await expectSaid(page, /スクリプトを動かす/);
  await drop("x.png", 33 << 20);
  await expectSaid(page, /32 MiB/);
  assert.equal(await text(page), "# 雨\n\n降る。\n");
});

const seen = (picture) => eventually(() => picture.evaluate((img) => {
  if (!img.complete || img.naturalWidth === 0) throw new Error(`${img.currentSrc} is not there`);
  return img.currentSrc;
}));

check("a photograph is shown beside its text and in the history, in the width that is wanted", async (world) => {
  const site = await world.demo();
  const git = (...words) => promisify(execFile)("git", ["-C", site.folder, ...words]);
  for (const words of [["init", "-q"], ["config", "user.name", "Hana"], ["config", "user.email", "hana@example.org"], ["add", "."], ["commit", "-qm", "first"]]) await git(...words);
  const { url } = await world.serve(site);
  const page = await world.open(url(address("decks/tour.md")));
  const photograph = page.locator(".card img[srcset]").first();
  await photograph.waitFor({ state: "attached" });
  await photograph.scrollIntoViewIfNeeded();
  assert.match(await seen(photograph), /\/assets\/[^/]+\.webp$/);
  await page.goto(url("_kami/history/decks/tour.md"));
  await page.getByRole("link", { name: "first" }).click();
  await page.getByRole("link", { name: /この版を読む|Read this version/ }).click();
  await photograph.waitFor({ state: "attached" });
  assert.match(await seen(photograph), /\/assets\/[^/]+\.webp$/);
});
