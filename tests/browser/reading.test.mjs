// Reading a page: readings above words, footnotes where they are cited, code to copy, pictures to look at, paper.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { check, eventually, root } from "./harness.mjs";

const article = `---
title: 読む
---

{吾輩|わがはい}は{東京|とう|きょう}の猫である。名前はまだ無い。どこで{生|うま}れたかとんと{見当|けんとう}がつかぬ。何でも薄暗いじめじめした所でニャーニャー泣いていた事だけは記憶している[^a]。

[^a]: 注の文と[[Other]]。

\`\`\`bash
kami serve --port 4000 --host 127.0.0.1 --open --read-only --drafts --poll --one-more-flag-to-make-it-long
echo "二行目"
\`\`\`

![窓の灯り](osaka-rain.jpg)

## 京都の晴れ

<details><summary>たたんだもの</summary>

### 隠れた見出し

中にある文。

</details>

${"長いページにするための段落。\n\n".repeat(40)}
## {大阪|おおさか}の雨

${"雨の段落。\n\n".repeat(20)}

[外の案内](https://example.com/guide)と<https://example.com/bare>。

| 名前 | 住所 | 説明 | 備考 |
|---|---|---|---|
| 一つ目 | \`https://example.com/a/very/long/address/that/does/not/break\` | 長い説明の文をここに置く | なし |
`;

async function site(world) {
  const files = { "kami.toml": `title = "読む"\n`, "wiki/Read.md": article, "wiki/Other.md": "# Other\n\n[[Read]]の注。\n" };
  const made = await world.site(files);
  await made.write("wiki/osaka-rain.jpg", await readFile(join(root, "wiki", "osaka-rain.jpg")));
  return made;
}

async function reading(world, options = {}) {
  const made = await site(world);
  const { url } = await world.serve(made);
  const page = await world.open(url("wiki/Read.html"), options);
  return { page, site: made, cited: page.locator(".footnote-ref a"), note: page.locator("#_note") };
}

const touch = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true };
const bottoms = (page) => page.evaluate(() => {
  const [lines, walker] = [new Set(), document.createTreeWalker(document.querySelector("article p"), NodeFilter.SHOW_TEXT)];
  const range = document.createRange();
  while (walker.nextNode()) {
    if (walker.currentNode.parentNode.closest("rt, rp, sup")) continue;
    range.selectNodeContents(walker.currentNode);
    for (const box of range.getClientRects()) lines.add(Math.round(box.bottom));
  }
  return [...lines].sort((a, b) => a - b);
});

check("readings stand above their words, between lines that are as far apart as all others", async (world) => {
  const { page } = await reading(world, { viewport: { width: 390, height: 844 } });
  const ruby = page.locator("article ruby").first();
  const [word, text] = [await ruby.boundingBox(), await ruby.locator("rt").boundingBox()];
  assert.ok(text.y < word.y + 1 && text.y + text.height < word.y + word.height, "the reading is above the word");
  const lines = await bottoms(page);
  assert.ok(lines.length > 3);
  for (let i = 2; i < lines.length; i += 1) assert.ok(Math.abs(lines[i] - lines[i - 1] - (lines[1] - lines[0])) <= 1, lines.join());
  assert.equal(await page.locator("nav.toc a").last().textContent(), "大阪の雨");
});

check("no line begins with the mark of a footnote", async (world) => {
  const { page } = await reading(world);
  for (let width = 320; width < 400; width += 5) {
    await page.setViewportSize({ width, height: 600 });
    const gap = await page.evaluate(() => {
      const [mark, range] = [document.querySelector(".footnote-ref"), document.createRange()];
      const { length } = mark.previousSibling;
      range.setStart(mark.previousSibling, length - 1);
      range.setEnd(mark.previousSibling, length);
      return mark.querySelector("a").getBoundingClientRect().left - range.getBoundingClientRect().right;
    });
    assert.ok(Math.abs(gap) < 5, `in a window of ${width} it is ${gap} away from its word`);
  }
});

check("a footnote is shown where it is cited, stays under the pointer, and Escape closes it", async (world) => {
  const { page, cited, note } = await reading(world);
  await cited.hover();
  await note.getByText("注の文").waitFor({ state: "visible" });
  assert.equal(await note.locator(".footnote-backref, [id]").count(), 0);
  const [mark, box] = [await cited.boundingBox(), await note.boundingBox()];
  assert.ok(box.y >= mark.y && box.y - mark.y < 60, "it is right below its mark");
  await note.hover();
  await page.mouse.move(box.x + 4, box.y + 4);
  assert.ok(await note.isVisible());
  await page.keyboard.press("Escape");
  assert.ok(!(await note.isVisible()));
  assert.equal(new URL(page.url()).hash, "");
  await cited.hover({ position: { x: 1, y: 1 } });
  await page.mouse.move(5, 700);
  await note.waitFor({ state: "hidden" });
});

check("a footnote is shown to the keyboard, too, and its links are next", async (world) => {
  const { page, cited, note } = await reading(world);
  await page.locator("main").evaluate((main) => (main.tabIndex = -1, main.focus()));
  await page.keyboard.press("Tab");
  await eventually(async () => assert.ok(await cited.evaluate((link) => link === document.activeElement)));
  await note.waitFor({ state: "visible" });
  assert.equal(await cited.getAttribute("aria-describedby"), await note.getAttribute("id"));
  await page.keyboard.press("Tab");
  assert.equal(await page.evaluate(() => document.activeElement.textContent), "Other");
  assert.ok(await note.isVisible());
  await page.keyboard.press("Shift+Tab");
  await page.keyboard.press("Enter");
  await page.waitForURL(/#fn-a$/);
  await note.waitFor({ state: "hidden" });
});

check("a first tap shows the footnote, a second goes there, one elsewhere closes it", async (world) => {
  const { page, cited, note } = await reading(world, touch);
  await cited.tap();
  await note.waitFor({ state: "visible" });
  assert.equal(new URL(page.url()).hash, "");
  const box = await note.boundingBox();
  assert.ok(box.x >= 0 && box.x + box.width <= 390);
  await page.locator("h1").tap();
  await note.waitFor({ state: "hidden" });
  await cited.tap();
  await cited.tap();
  await page.waitForURL(/#fn-a$/);
  await note.waitFor({ state: "hidden" });
});

check("code is copied as it is, and the button stays where it is while the code scrolls", async (world) => {
  // What the button says for two seconds it says until the clock is moved.
  const { page } = await reading(world, { stopped: true, permissions: ["clipboard-read", "clipboard-write"] });
  const [pre, button] = [page.locator("article pre"), page.locator("article pre .copy")];
  await pre.hover();
  const before = await button.boundingBox();
  await pre.evaluate((box) => (box.scrollLeft = 80));
  assert.ok((await pre.evaluate((box) => box.scrollLeft)) > 0);
  assert.deepEqual(await button.boundingBox(), before);
  await button.click();
  await page.locator("[role=status]", { hasText: "コピーしました" }).waitFor({ state: "attached" });
  assert.equal(await button.getAttribute("aria-label"), "コピーしました");
  const copied = await page.evaluate(() => navigator.clipboard.readText());
  assert.equal(copied, article.split("```")[1].replace("bash\n", "").trimEnd());
  await page.clock.runFor(2000);
  await eventually(async () => assert.equal(await button.getAttribute("aria-label"), "コピー"));
  await page.evaluate(() => getSelection().selectAllChildren(document.querySelector("article")));
  const selected = await page.evaluate(() => getSelection().toString());
  assert.ok(selected.includes("kami serve") && !selected.includes("コピー"));
});

check("where there is no clipboard the code is selected and copied", async (world) => {
  const { page } = await reading(world);
  await page.evaluate(() => Object.defineProperty(navigator, "clipboard", { value: undefined }));
  await page.locator("article pre").hover();
  await page.locator("article pre .copy").click();
  await eventually(async () => assert.match(await page.evaluate(() => getSelection().toString()), /^kami serve[^]*"二行目"\s*$/));
});

check("a picture opens large from pointer and keyboard, nothing moves, and Escape leads back", async (world) => {
  const { page } = await reading(world);
  const [picture, dialog] = [page.locator("article img"), page.locator("dialog.zoom")];
  await picture.scrollIntoViewIfNeeded();
  const places = () => page.evaluate(() => [scrollY, innerWidth, document.documentElement.clientWidth, ...["h1", "article img"].map((one) => JSON.stringify(document.querySelector(one).getBoundingClientRect()))]);
  const before = await places();
  for (const open of [() => picture.click(), () => page.keyboard.press("Enter")]) {
    await open();
    await dialog.waitFor({ state: "visible" });
    assert.deepEqual(await places(), before);
    assert.equal(await dialog.getAttribute("aria-label"), "窓の灯り");
    const [large, small] = [await dialog.locator("img").boundingBox(), await picture.boundingBox()];
    assert.ok(large.width > small.width && large.y >= 0 && large.y + large.height <= 720, JSON.stringify(large));
    await page.keyboard.press("Escape");
    await eventually(async () => assert.equal(await dialog.count(), 0));
    assert.ok(await picture.evaluate((one) => one === document.activeElement), "the focus is back");
    assert.deepEqual(await places(), before);
  }
});

check("what scripts added outlives an edit, once each", async (world) => {
  const { page, site: files, note, cited } = await reading(world);
  await page.evaluate(() => (window.marker = "kept"));
  const copy = page.locator("article pre .copy");
  await copy.first().focus();
  await cited.hover();
  await note.waitFor({ state: "visible" });
  await files.edit("wiki/Read.md", "注の文と", "改めた注の文と");
  await note.getByText("改めた注の文").waitFor({ state: "visible" });
  assert.ok(await copy.first().evaluate((button) => button === document.activeElement), "the focus stays");
  await page.keyboard.press("Escape");
  await page.locator("article img").click();
  await files.edit("wiki/Read.md", "```bash", "```text\n新しいコード\n```\n\n次の文。\n\n```bash");
  await page.locator("article pre", { hasText: "新しいコード" }).waitFor({ state: "attached" });
  assert.ok(await page.locator("dialog.zoom").isVisible(), "the picture stays open");
  await page.keyboard.press("Escape");
  const counts = await page.locator("article pre").evaluateAll((all) => all.map((pre) => pre.querySelectorAll(".copy").length));
  assert.deepEqual(counts, [1, 1]);
  assert.equal(await page.locator("#_note").count(), 1);
  assert.equal(await page.locator("article img[role=button]").count(), 1);
  await files.edit("wiki/Read.md", "```text\n新しいコード\n```\n\n", "");
  await eventually(async () => assert.equal(await copy.count(), 1));
  await files.edit("wiki/Read.md", "echo", "printf");
  await page.locator("article pre", { hasText: "printf" }).waitFor({ state: "attached" });
  assert.equal(await copy.count(), 1);
  assert.equal(await page.evaluate(() => window.marker), "kept", "the page was loaded anew");
});

check("without scripts everything can be read, and nothing is offered that does not work", async (world) => {
  const { page, cited } = await reading(world, { javaScriptEnabled: false });
  assert.equal(await page.locator("button:visible, [role=button]").count(), 0);
  await cited.click();
  await page.waitForURL(/#fn-a$/);
  await page.locator(".footnote-backref").click();
  await page.waitForURL(/#fnref-a$/);
  await page.locator("article summary").click();
  await page.getByText("中にある文。").waitFor({ state: "visible" });
});

check("on paper nothing is cut, hidden or without its address", async (world) => {
  const { page } = await reading(world, { colorScheme: "dark", viewport: { width: 627, height: 900 } });
  await page.emulateMedia({ media: "print", colorScheme: "dark" });
  assert.ok(await page.getByText("中にある文。").isVisible(), "what is folded is open");
  const behind = (text) => page.locator("article a", { hasText: text }).evaluate((link) => getComputedStyle(link, "::after").content);
  assert.match(await behind("外の案内"), /\(|（/);
  assert.equal(await behind("example.com/bare"), "none");
  const cut = await page.evaluate(() => [...document.querySelectorAll("article *")].filter((one) => one.getBoundingClientRect().right > document.documentElement.clientWidth + 1 || (one.matches("pre, .table") && one.scrollWidth > one.clientWidth + 1)).map((one) => one.outerHTML.slice(0, 80)));
  assert.deepEqual(cut, []);
  assert.equal(await page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor), "rgb(255, 255, 255)");
  assert.ok(!(await page.locator(".copy, nav.toc, .theme").evaluateAll((all) => all.some((one) => one.checkVisibility()))));
});

check("the contents mark the place and follow it", async (world) => {
  const { page } = await reading(world, { viewport: { width: 1440, height: 800 } });
  const marked = (text) => eventually(async () => assert.equal(await page.locator("nav.toc a[aria-current]").textContent(), text));
  await page.evaluate(() => scrollTo(0, document.getElementById("大阪の雨").offsetTop));
  await marked("大阪の雨");
  await page.evaluate(() => scrollBy(0, -900));
  await marked("京都の晴れ");
  await page.locator("nav.toc a", { hasText: "隠れた見出し" }).click();
  await marked("隠れた見出し");
});

check("a narrow window, a magnified one and wider letters leave the page without a sideways scroll", async (world) => {
  const { page } = await reading(world);
  const widths = () => page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
  for (const width of [320, 640]) {
    await page.setViewportSize({ width, height: 480 });
    assert.deepEqual(await widths(), [width, width]);
    await page.evaluate(() => {
      const sheet = new CSSStyleSheet();
      sheet.replaceSync("* { line-height: 1.5 !important; letter-spacing: 0.12em !important; word-spacing: 0.16em !important } p { margin-block-end: 2em !important }");
      document.adoptedStyleSheets = [sheet];
    });
    assert.deepEqual(await widths(), [width, width]);
    await page.evaluate(() => (document.adoptedStyleSheets = []));
  }
  assert.ok(await page.locator("article div.table").evaluate((box) => box.scrollWidth > box.clientWidth), "the table scrolls by itself");
});
