// Writing in the browser: what is typed is seen at once, saved where it belongs, and never lost, whoever else writes.
import assert from "node:assert/strict";
import { small } from "./fixtures.mjs";
import { check, eventually } from "./harness.mjs";

const files = {
  ...small,
  "wiki/Rain.md": "# Rain\n\nFirst line.\n\nSecond line.\n\nThird line.\n",
  "wiki/梅雨.md": "---\ntitle: 梅雨入り\nreading: つゆいり\naliases: [雨季]\n---\n# 梅雨入り\n\n## いつ始まるか\n\n本文。\n",
};

const address = (path) => `_kami/edit/${path.split("/").map(encodeURIComponent).join("/")}`;

async function desk(world, path = "wiki/Rain.md", options = {}) {
  const site = await world.site(files);
  const { url, stop, port } = await world.serve(site);
  const page = await world.open(url(address(path)), options);
  await page.locator(".cm-content").waitFor({ state: "visible" });
  return { site, url, stop, port, page };
}

const text = (page) => page.locator(".cm-content").evaluate((content) => content.cmTile?.view?.state.sliceDoc() ?? [...content.querySelectorAll(".cm-line")].map((line) => line.textContent).join("\n"));
const expectText = (page, wanted) => eventually(async () => assert.equal(await text(page), wanted));
const expectFile = (site, path, wanted) => eventually(async () => assert.equal(await site.read(path), wanted));
const said = (page) => page.locator(".bar [role=status]").innerText();
const expectSaid = (page, pattern) => eventually(async () => assert.match(await said(page), pattern));

async function atEnd(page, words) {
  await page.locator(".cm-content").focus();
  await page.keyboard.press("Control+End");
  await page.keyboard.type(words);
}

check("what is typed is seen beside it, saved by Ctrl-S, and shown to readers", async (world) => {
  const { site, url, page } = await desk(world);
  const reader = await world.open(url("wiki/Rain.html"));
  await atEnd(page, "\nIt *pours*.");
  await page.locator(".shown em", { hasText: "pours" }).waitFor({ state: "visible" });
  assert.equal(await site.read("wiki/Rain.md"), files["wiki/Rain.md"], "nothing is written yet");
  await expectSaid(page, /未保存|Not saved/);
  await page.keyboard.press("Control+s");
  await expectSaid(page, /保存した|Saved/);
  await expectFile(site, "wiki/Rain.md", `${files["wiki/Rain.md"]}\nIt *pours*.`);
  await reader.locator("article em", { hasText: "pours" }).waitFor({ state: "visible" });
});

check("line ends and a byte order mark are the file's to keep", async (world) => {
  const { site, page } = await desk(world);
  await site.write("wiki/Windows.md", "\ufeff# One\r\n\r\nTwo\r\n");
  await page.goto(page.url().replace("Rain", "Windows"));
  await page.locator(".cm-content").waitFor({ state: "visible" });
  await atEnd(page, "Three");
  await page.keyboard.press("Control+s");
  await expectFile(site, "wiki/Windows.md", "\ufeff# One\r\n\r\nTwo\r\nThree");
});

check("what others saved elsewhere in the text is taken in, and said", async (world) => {
  world.forgive(/412/);
  const { site, page } = await desk(world);
  await atEnd(page, "Mine.");
  await site.edit("wiki/Rain.md", "First line.", "First line, mended.");
  await page.keyboard.press("Control+s");
  await expectFile(site, "wiki/Rain.md", "# Rain\n\nFirst line, mended.\n\nSecond line.\n\nThird line.\nMine.");
  await expectSaid(page, /取り込んで|together/);
  await expectText(page, "# Rain\n\nFirst line, mended.\n\nSecond line.\n\nThird line.\nMine.");
});

check("where both changed one place nothing is written until the writer chooses", async (world) => {
  world.forgive(/412/);
  const { site, page } = await desk(world);
  await page.locator(".cm-line", { hasText: "Second line." }).click();
  await page.keyboard.press("End");
  await page.keyboard.type(" Mine.");
  await site.edit("wiki/Rain.md", "Second line.", "Second line. Theirs.");
  await page.keyboard.press("Control+s");
  const versions = page.locator(".versions");
  await versions.waitFor({ state: "visible" });
  for (const words of ["Second line. Theirs.", "Second line. Mine."]) await versions.getByText(words).first().waitFor({ state: "visible" });
  assert.match(await site.read("wiki/Rain.md"), /Theirs/);
  await versions.getByRole("button", { name: /自分の文章|Save my text/ }).click();
  await expectFile(site, "wiki/Rain.md", files["wiki/Rain.md"].replace("Second line.", "Second line. Mine."));
});

check("a closed tab and a stopped server cost no keystroke", async (world) => {
  world.forgive(/ERR_CONNECTION_REFUSED|WebSocket|Failed to load/);
  const { site, page, stop, port } = await desk(world);
  await stop();
  await atEnd(page, "Written without a server.");
  await page.keyboard.press("Control+s");
  await expectSaid(page, /つながらない|does not answer/);
  const context = page.context();
  await page.close();
  await world.serve(site, port);
  const again = await context.newPage();
  await again.goto(`http://127.0.0.1:${port}/${address("wiki/Rain.md")}`);
  const versions = again.locator(".versions");
  await versions.getByText("Written without a server.").waitFor({ state: "visible" });
  await versions.getByRole("button", { name: /下書きに戻す|Take the draft/ }).click();
  await expectText(again, `${files["wiki/Rain.md"]}Written without a server.`);
  await again.keyboard.press("Control+s");
  await expectFile(site, "wiki/Rain.md", `${files["wiki/Rain.md"]}Written without a server.`);
});

check("links are completed by title, alias and reading, and headings behind them", async (world) => {
  const { page } = await desk(world);
  for (const typed of ["[[つゆ", "[[雨季", "[[梅雨入"]) {
    await atEnd(page, `\n${typed}`);
    await page.locator(".cm-tooltip-autocomplete li", { hasText: "梅雨入り" }).click();
    await eventually(async () => assert.match(await text(page), /\[\[梅雨入り\]\]$/));
  }
  await atEnd(page, "\n[[梅雨入り#いつ");
  await page.locator(".cm-tooltip-autocomplete li", { hasText: "いつ始まるか" }).waitFor({ state: "visible" });
});

check("a pasted address goes onto the words, cells into a table", async (world) => {
  const { page } = await desk(world);
  const paste = (kind, value) => page.locator(".cm-content").evaluate((content, [kind, value]) => {
    const data = new DataTransfer();
    data.setData(kind, value);
    content.dispatchEvent(new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true }));
  }, [kind, value]);
  await atEnd(page, "\n\nOsaka");
  await page.keyboard.press("Control+Shift+ArrowLeft");
  await paste("text/plain", "https://example.org/osaka");
  await eventually(async () => assert.match(await text(page), /\[Osaka\]\(https:\/\/example\.org\/osaka\)$/));
  await atEnd(page, "\n\n");
  await paste("text/plain", "city\train\n大阪\t12\n");
  await eventually(async () => assert.match(await text(page), /\| city \| rain \|\n\| --- \| --- \|\n\| 大阪 \| 12 \|\n$/));
  await page.locator(".cm-line", { hasText: "大阪" }).click();
  await page.keyboard.press("End");
  await page.keyboard.press("Tab");
  await page.keyboard.type("神戸");
  await eventually(async () => assert.match(await text(page), /\| 大阪 \| 12 {3}\|\n\| 神戸 {5}\|/));
});

check("pasted HTML becomes Markdown", async (world) => {
  const { page } = await desk(world);
  await atEnd(page, "\n");
  await page.locator(".cm-content").evaluate((content) => {
    const data = new DataTransfer();
    data.setData("text/plain", "Rain in Osaka");
    data.setData("text/html", '<h2>Rain</h2><p>in <b>Osaka</b>, <a href="https://example.org/">see</a><script>alert(1)</script></p>');
    content.dispatchEvent(new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true }));
  });
  await eventually(async () => assert.match(await text(page), /## Rain\n\nin \*\*Osaka\*\*, \[see\]\(https:\/\/example\.org\/\)$/));
});

check("Japanese is composed undisturbed", async (world) => {
  const { site, page } = await desk(world);
  await atEnd(page, "");
  const client = await page.context().newCDPSession(page);
  for (const composed of ["あ", "あめ", "雨"]) {
    await client.send("Input.imeSetComposition", { text: composed, selectionStart: composed.length, selectionEnd: composed.length });
  }
  await client.send("Input.insertText", { text: "雨が降る" });
  await expectText(page, `${files["wiki/Rain.md"]}雨が降る`);
  await page.keyboard.press("Control+s");
  await expectFile(site, "wiki/Rain.md", `${files["wiki/Rain.md"]}雨が降る`);
});

check("a missing link is underlined and offers its page", async (world) => {
  const { page } = await desk(world);
  await atEnd(page, "\n[[Nowhere]] is near.");
  await page.locator(".cm-lintRange").first().waitFor({ state: "visible" });
  await page.locator(".cm-lintRange").first().hover();
  const [made] = await Promise.all([page.waitForEvent("popup"), page.getByRole("button", { name: /Nowhere/ }).click()]);
  await made.waitForURL(/_kami\/edit\/wiki\/Nowhere\.md$/);
});

check("in a deck the preview shows the slide that the cursor is in", async (world) => {
  const { page } = await desk(world, "decks/rehearsal.md");
  await page.locator(".shown .card").first().waitFor({ state: "attached" });
  await atEnd(page, "");
  const last = page.locator(".shown .card[data-here]");
  await eventually(async () => assert.equal(await last.getAttribute("data-number"), "12"));
  await eventually(async () => assert.ok(await last.evaluate((card) => {
    const [box, frame] = [card.getBoundingClientRect(), card.getRootNode().host.getBoundingClientRect()];
    return box.top < frame.bottom && box.bottom > frame.top;
  })));
});

check("Vim's keys are there for who asks for them", async (world) => {
  const { page } = await desk(world);
  await page.getByLabel(/Vim/).check();
  await page.locator(".cm-line", { hasText: "Second line." }).click();
  await page.keyboard.type("dd");
  await eventually(async () => assert.doesNotMatch(await text(page), /Second line/));
});
