// Writing in the browser: what is typed is seen at once, saved where it belongs, and never lost, whoever else writes.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readFile, readdir } from "node:fs/promises";
import { promisify } from "node:util";
import { gzipSync } from "node:zlib";
import { address, atEnd, button, choose, desk, expectFile, expectOthers, expectSaid, expectText, files, offers, text } from "./desk.mjs";
import { check, eventually } from "./harness.mjs";

check("what is typed is seen beside it, saved by Ctrl-S, and shown to readers", async (world) => {
  const { site, url, page } = await desk(world);
  const reader = await world.open(url("wiki/Rain.html"));
  await atEnd(page, "\nIt *pours* and/or snows.");
  await page.locator(".shown em", { hasText: "pours" }).waitFor({ state: "visible" });
  assert.equal(await site.read("wiki/Rain.md"), files["wiki/Rain.md"], "nothing is written yet");
  await expectSaid(page, /未保存|Not saved/);
  await page.keyboard.press("Control+s");
  await expectSaid(page, /保存しました|Saved/);
  await expectFile(site, "wiki/Rain.md", `${files["wiki/Rain.md"]}\nIt *pours* and/or snows.`);
  await reader.locator("article em", { hasText: "pours" }).waitFor({ state: "visible" });
  // What was typed before a save can be undone after it, in as many steps as there were pauses in it.
  for (let left = 30; left > 0 && (await text(page)) !== files["wiki/Rain.md"]; left -= 1) await page.keyboard.press("Control+z");
  await expectText(page, files["wiki/Rain.md"]);
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

check("a server that starts again under an open editor is written to as before", async (world) => {
  world.forgive(/ERR_CONNECTION_REFUSED|WebSocket|Failed to load/);
  const { site, page, stop, port } = await desk(world);
  await atEnd(page, "One.");
  await stop();
  await page.keyboard.press("Control+s");
  await expectSaid(page, /つながらない|does not answer/);
  await site.edit("wiki/Rain.md", "First line.", "First line, mended.");
  await world.serve(site, port);
  await expectSaid(page, /^(未保存|Not saved)$/);
  await expectOthers(page, /ファイルがほかで変わりました|changed elsewhere/);
  await page.keyboard.press("Control+s");
  await expectFile(site, "wiki/Rain.md", `${files["wiki/Rain.md"].replace("First line.", "First line, mended.")}One.`);
});

check("a window that saves takes no other window's draft away", async (world) => {
  world.forgive(/412/);
  const { site, page } = await desk(world);
  const context = page.context();
  await page.locator(".cm-line", { hasText: "Second line." }).click();
  await page.keyboard.press("End");
  await page.keyboard.type(" Never saved.");
  const other = await context.newPage();
  await other.goto(page.url());
  await other.locator(".cm-content").waitFor({ state: "visible" });
  assert.equal(await other.locator(".versions").count(), 0, "what is open elsewhere is no draft that was left");
  await atEnd(other, "Saved.");
  await other.keyboard.press("Control+s");
  await expectFile(site, "wiki/Rain.md", `${files["wiki/Rain.md"]}Saved.`);
  await other.close();
  await page.close();
  const again = await context.newPage();
  await again.goto(page.url());
  const versions = again.locator(".versions");
  await versions.getByText("Never saved.").first().waitFor({ state: "visible" });
  await versions.getByRole("button", { name: /下書きに戻す|Take the draft/ }).click();
  await again.keyboard.press("Control+s");
  await expectFile(site, "wiki/Rain.md", `${files["wiki/Rain.md"].replace("Second line.", "Second line. Never saved.")}Saved.`);
});

check("windows tell each other, whichever browser they stand in", async (world) => {
  world.forgive(/412/);
  const { site, url, page } = await desk(world);
  // Another browser as far as pages can tell: nothing is shared but the server.
  const far = await world.open(url(address("wiki/Rain.md")));
  await far.locator(".cm-content").waitFor({ state: "visible" });
  await expectOthers(page, /^(ほかの窓でも開いています|Open in another window, too)$/);
  await expectOthers(far, /窓|window/);
  await atEnd(page, "One.");
  await expectOthers(far, /未保存|unsaved/);
  await page.keyboard.press("Control+s");
  await expectText(far, `${files["wiki/Rain.md"]}One.`);
  await expectOthers(far, /^[^未]*$|^((?!unsaved).)*$/);
  // What is not saved stays, and the writer is told before the save that there is more.
  await far.locator(".cm-line", { hasText: "First line." }).click();
  await far.keyboard.press("End");
  await far.keyboard.type(" Two.");
  await site.edit("wiki/Rain.md", "Third line.", "Third line, mended.");
  await expectOthers(far, /ファイルがほかで変わりました|changed elsewhere/);
  await expectText(page, files["wiki/Rain.md"].replace("Third line.", "Third line, mended.") + "One.");
  await far.keyboard.press("Control+s");
  const both = `${files["wiki/Rain.md"].replace("First line.", "First line. Two.").replace("Third line.", "Third line, mended.")}One.`;
  await expectFile(site, "wiki/Rain.md", both);
  await expectText(far, both);
  await expectText(page, both);
  const third = await page.context().newPage();
  await third.goto(page.url());
  await expectOthers(page, /2/);
  await third.close();
  await far.close();
  await expectOthers(page, /^$/);
  await site.remove("wiki/Rain.md");
  await expectSaid(page, /なくなりました|is gone/);
  await expectText(page, both);
});

check("links are completed by title, alias and reading, and headings behind them", async (world) => {
  const { page } = await desk(world);
  for (const typed of ["[[つゆ", "[[雨季", "[[梅雨入"]) {
    await atEnd(page, `\n${typed}`);
    await choose(page, "梅雨入り");
    await eventually(async () => assert.match(await text(page), /\[\[梅雨入り\]\]$/));
  }
  await atEnd(page, "\n[[梅雨入り#いつ");
  await offers(page, "いつ始まるか").waitFor({ state: "visible" });
});

check("emoji are completed by their names, in text and not in code", async (world) => {
  const { page } = await desk(world);
  await atEnd(page, "\nIt pours :umbr");
  await offers(page).first().waitFor({ state: "visible" });
  assert.match(await offers(page).first().innerText(), /umbrella/);
  await choose(page, /umbrella/);
  await eventually(async () => assert.match(await text(page), /It pours :(open_)?umbrella:$/));
  await page.locator(".shown article p", { hasText: "It pours" }).filter({ hasText: /[☂☔]/u }).waitFor({ state: "visible" });
  // The middle of a name is found, too.
  await atEnd(page, "\n:with_rain");
  await choose(page, "cloud_with_rain");
  await eventually(async () => assert.match(await text(page), /\n:cloud_with_rain:$/));
  await atEnd(page, "\n\n`:umbr");
  await atEnd(page, "` [[つゆ");
  await offers(page, "梅雨入り").waitFor({ state: "visible" });
});

check("the language of code is completed behind a fence, by its name and its short names", async (world) => {
  const { page } = await desk(world);
  for (const [typed, word] of [["rs", "rust"], ["rust", "rust"], ["typesc", "typescript"]]) {
    await atEnd(page, `\n\n\`\`\`${typed}`);
    await choose(page, new RegExp(`^${word}`));
    await eventually(async () => assert.match(await text(page), new RegExp(`\n\`\`\`${word}$`)));
    await atEnd(page, "\nlet a\n\`\`\`\n");
  }
});

// A picture as a camera writes it: turned on its side, with the place where it was taken.
async function photograph(page) {
  const plain = Buffer.from(await page.evaluate(async () => {
    const canvas = document.createElement("canvas");
    Object.assign(canvas, { width: 40, height: 20 }).getContext("2d").fillRect(0, 0, 20, 20);
    const blob = await new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg"));
    return [...new Uint8Array(await blob.arrayBuffer())];
  }));
  const entry = (tag, type, count, value) => {
    const bytes = Buffer.alloc(12);
    bytes.writeUInt16LE(tag, 0);
    bytes.writeUInt16LE(type, 2);
    bytes.writeUInt32LE(count, 4);
    if (typeof value === "string") bytes.write(value, 8, "latin1");
    else bytes.writeUInt32LE(value, 8);
    return bytes;
  };
  const place = Buffer.concat([Buffer.from([1, 0]), entry(0x0001, 2, 2, "N\0"), Buffer.alloc(4)]);
  const first = Buffer.concat([Buffer.from([3, 0]), entry(0x010f, 2, 4, "Cam\0"), entry(0x0112, 3, 1, 6), entry(0x8825, 4, 1, 8 + 2 + 36 + 4), Buffer.alloc(4)]);
  const exif = Buffer.concat([Buffer.from("Exif\0\0II*\0\x08\0\0\0", "latin1"), first, place]);
  const head = Buffer.from([0xff, 0xe1, 0, 0]);
  head.writeUInt16BE(exif.length + 2, 2);
  return Buffer.concat([plain.subarray(0, 2), head, exif, plain.subarray(2)]);
}

const sizeOf = (picture) => eventually(() => picture.evaluate((img) => {
  if (!img.complete || img.naturalWidth === 0) throw new Error("not there yet");
  return [img.naturalWidth, img.naturalHeight];
}));

check("a picture from the clipboard is put beside the page and shown", async (world) => {
  const { site, page } = await desk(world);
  await page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
  await atEnd(page, "\n");
  await page.evaluate(async () => {
    const canvas = document.createElement("canvas");
    Object.assign(canvas, { width: 30, height: 10 }).getContext("2d").fillRect(0, 0, 9, 9);
    const blob = await new Promise((resolve) => canvas.toBlob(resolve, "image/png"));
    await navigator.clipboard.write([new ClipboardItem({ "image/png": blob })]);
  });
  await page.locator(".cm-content").focus();
  for (const count of [1, 2]) {
    await page.keyboard.press("Control+v");
    await eventually(async () => assert.equal((await text(page)).match(/!\[[^\]]*\]\(\d{4}-\d\d-\d\d-\d{4}(-\d+)?\.png\)/g)?.length, count));
  }
  const names = [...(await text(page)).matchAll(/\(([^()]+\.png)\)/g)].map(([, name]) => name);
  assert.equal(new Set(names).size, 2, "no picture takes another's place");
  for (const [index, name] of names.entries()) {
    assert.equal((await readFile(site.path(`wiki/${name}`))).subarray(1, 4).toString(), "PNG");
    assert.deepEqual(await sizeOf(page.locator(".shown article img").nth(index)), [30, 10]);
  }
});

check("dropped pictures come to where they fall, and tell no place", async (world) => {
  const { site, page } = await desk(world);
  const jpeg = await photograph(page);
  const line = page.locator(".cm-line", { hasText: "Second line." });
  const box = await line.boundingBox();
  await page.locator(".cm-content").evaluate((content, [bytes, x, y]) => {
    const data = new DataTransfer();
    const png = Uint8Array.from(atob("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="), (c) => c.charCodeAt(0));
    data.items.add(new File([new Uint8Array(bytes)], "雨の 大阪.jpg", { type: "image/jpeg" }));
    data.items.add(new File([png], "dot.png", { type: "image/png" }));
    content.dispatchEvent(new DragEvent("drop", { dataTransfer: data, clientX: x, clientY: y, bubbles: true, cancelable: true }));
  }, [[...jpeg], box.x + 2, box.y + box.height / 2]);
  await eventually(async () => assert.match(await text(page), /\n!\[雨の 大阪\]\(雨の_大阪\.jpg\)!\[dot\]\(dot\.png\)Second line\.\n/));
  const saved = await readFile(site.path("wiki/雨の_大阪.jpg"));
  assert.ok(!saved.includes("Cam") && !saved.includes(Buffer.from([1, 0, 2, 0, 2, 0, 0, 0, 0x4e])), "neither camera nor place is told");
  assert.deepEqual(await sizeOf(page.locator(".shown article img").first()), [20, 40], "it is turned as it was");
  assert.deepEqual((await readdir(site.path("wiki"))).filter((name) => /\.(jpg|png)$/.test(name)).sort(), ["dot.png", "雨の_大阪.jpg"]);
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
  await made.waitForURL(/_kami\/edit\/wiki\/Nowhere\.md\?title=Nowhere$/);
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
  const { site, page } = await desk(world);
  await page.getByLabel(/Vim/).check();
  // The text is written in again once the keys are there.
  await eventually(async () => assert.ok(await page.locator(".cm-content").evaluate((content) => content.getRootNode().activeElement === content)));
  await page.locator(".cm-line", { hasText: "Second line." }).click();
  await page.keyboard.type("dd");
  await eventually(async () => assert.doesNotMatch(await text(page), /Second line/));
  await page.keyboard.type(":w\n");
  const without = files["wiki/Rain.md"].replace("Second line.\n", "");
  await expectFile(site, "wiki/Rain.md", without);
  await expectSaid(page, /保存しました|Saved/);
  // A window that opens with them takes no key for a letter, however long they are on their way.
  await page.reload();
  await page.locator(".cm-content").waitFor({ state: "visible" });
  await page.keyboard.type("dd");
  await expectText(page, without.replace("# Rain\n", ""));
});

check("lists go on, words are found and replaced, and several cursors write at once", async (world) => {
  const { page } = await desk(world);
  assert.equal(await page.locator(".cm-content").getAttribute("spellcheck"), "true");
  await atEnd(page, "\n- one\ntwo\n\nThe end.");
  await expectText(page, `${files["wiki/Rain.md"]}\n- one\n- two\nThe end.`);
  await page.keyboard.press("Control+f");
  await page.locator(".cm-search input[name=search]").fill("line");
  await page.locator(".cm-search input[name=replace]").fill("row");
  await page.locator(".cm-search button[name=replaceAll]").click();
  await eventually(async () => assert.match(await text(page), /First row\.[^]*Second row\.[^]*Third row\./));
  await page.keyboard.press("Escape");
  await page.locator(".cm-line", { hasText: "First row." }).click();
  for (const key of ["End", "ArrowLeft", "Control+Shift+ArrowLeft"]) await page.keyboard.press(key);
  await page.keyboard.press("Control+d");
  await page.keyboard.press("Control+d");
  await page.keyboard.type("verse");
  await eventually(async () => assert.match(await text(page), /First verse\.[^]*Second verse\.[^]*Third verse\./));
});

check("a button commits what is written, and history shows it on the page", async (world) => {
  world.forgive(/409/);
  const site = await world.site({ ...files, "kami.toml": `${files["kami.toml"] ?? ""}\n[server]\ncommit = "button"\n` });
  const git = (...words) => promisify(execFile)("git", ["-C", site.folder, ...words]).then(({ stdout }) => stdout);
  for (const words of [["init", "-q"], ["config", "user.name", "Hana"], ["config", "user.email", "hana@example.org"], ["add", "."], ["commit", "-qm", "first"]]) await git(...words);
  const { url } = await world.serve(site);
  const page = await world.open(url(address("wiki/Rain.md")));
  await page.locator(".cm-content").waitFor({ state: "visible" });
  await page.locator(".cm-line", { hasText: "Second line." }).click();
  for (const key of ["End", "ArrowLeft"]) await page.keyboard.press(key);
  await page.keyboard.type(", wetter");
  await page.getByLabel(/コミットのメッセージ|Message of the commit/).fill("It got wetter");
  await button(page, /保存してコミット|Save and commit/).click();
  await expectSaid(page, /コミットしました|committed/);
  assert.match(await git("log", "--format=%an: %s", "--", "wiki/Rain.md"), /^Hana: It got wetter\n/);
  await button(page, /保存してコミット|Save and commit/).click();
  await expectSaid(page, /最後のコミット|last commit/);
  await page.getByRole("link", { name: /変更の履歴|History/ }).click();
  await page.getByRole("link", { name: "It got wetter" }).click();
  await page.locator(".compared .added mark", { hasText: "wetter" }).waitFor();
  await page.getByRole("link", { name: /ページの上で|on the page/ }).click();
  await page.locator("article ins.changed", { hasText: "wetter" }).waitFor();
  assert.equal(await page.locator("article ins.changed").count(), 1);
});

check("without scripts a page is made, saved, renamed, deleted and brought back", async (world) => {
  world.forgive(/412/);
  const site = await world.site({ ...files, "wiki/Links.md": "# Links\n\n[[Rain]]\n" });
  const { url } = await world.serve(site);
  const page = await world.open(url("_kami/new"), { javaScriptEnabled: false });
  await page.getByLabel(/題|Title/).fill("Snow & ice");
  await button(page, /書きはじめる|Begin/).click();
  await page.locator("textarea").fill("# Snow & ice\n\nIt is cold.\n");
  await button(page, /^(保存する|Save)$/).click();
  await page.getByText("It is cold.").waitFor();
  await expectFile(site, "wiki/Snow_&_ice.md", "# Snow & ice\n\nIt is cold.\n");

  // Somebody else saves the same line: both versions come back, and nothing is lost.
  await page.goto(url(address("wiki/Rain.md")));
  await site.edit("wiki/Rain.md", "Second line.", "Second line. Theirs.");
  await page.locator("textarea").fill(files["wiki/Rain.md"].replace("Second line.", "Second line. Mine."));
  await button(page, /^(保存する|Save)$/).click();
  await page.locator("pre.version mark", { hasText: "Theirs" }).waitFor();
  assert.match(await page.locator("textarea").inputValue(), /Mine/);
  await button(page, /^(保存する|Save)$/).click();
  await page.locator("article", { hasText: "Second line. Mine." }).waitFor();

  await page.goto(url(address("wiki/Rain.md")));
  await page.getByText(/名前を変える・削除する|Rename or delete/).click();
  await page.getByLabel(/新しい名前|New name/).fill("Storm");
  await button(page, /変わるところを見る|Show what changes/).click();
  assert.match(await page.locator(".concerned").innerText(), /wiki\/Rain\.md[^]*→ wiki\/Storm\.md[^]*wiki\/Links\.md/);
  assert.match(await site.read("wiki/Links.md"), /\[\[Rain\]\]/, "nothing is renamed yet");
  await button(page, /^(名前を変える|Rename)$/).click();
  await page.waitForURL(/wiki\/Storm\.html$/);
  await expectFile(site, "wiki/Links.md", "# Links\n\n[[Storm]]\n");

  await page.goto(url(address("wiki/Storm.md")));
  const text = await site.read("wiki/Storm.md");
  await page.getByText(/名前を変える・削除する|Rename or delete/).click();
  await button(page, /削除する|Delete/).click();
  await page.getByText("wiki/Storm.md").waitFor();
  await eventually(() => assert.rejects(site.read("wiki/Storm.md")));
  await button(page, /元に戻す|Undo/).click();
  await page.waitForURL(/wiki\/Storm\.html$/);
  await expectFile(site, "wiki/Storm.md", text);
});

check("the editor is light, compressed on its way, and loaded by who edits alone", async (world) => {
  const { url, page } = await desk(world);
  const seen = new Map();
  page.on("response", (response) => seen.set(response.url(), response));
  await page.reload();
  await page.locator(".shown article").waitFor({ state: "attached" });
  const loaded = [...seen.values()].filter((response) => ["document", "script", "stylesheet"].includes(response.request().resourceType()));
  let bytes = 0;
  for (const response of loaded) bytes += gzipSync(await (await fetch(response.url())).arrayBuffer()).length;
  assert.ok(loaded.length >= 6 && bytes < 250_000, `${loaded.length} files of ${bytes} bytes`);
  const script = await fetch(url("_kami/editor.js"), { headers: { "accept-encoding": "gzip" } });
  assert.equal(script.headers.get("content-encoding"), "gzip");
  assert.ok(![...seen.keys()].some((url) => url.includes("vim")), "Vim's keys are for who wants them");
  const again = await fetch(script.url, { headers: { "if-none-match": script.headers.get("etag") } });
  assert.equal(again.status, 304, "what has not changed is not sent again");
  const read = [];
  page.on("request", (request) => read.push(request.url()));
  await page.goto(url("wiki/Rain.html"));
  assert.ok(!read.some((url) => url.includes("editor")), "who reads loads no editor");
});

check("a new talk begins with the skeleton of one, and is saved as it stands", async (world) => {
  const site = await world.site(files);
  const { url } = await world.serve(site);
  const page = await world.open(url("_kami/new"));
  await page.locator('input[value="deck"]').check();
  await page.getByLabel(/題|Title/).fill("Rain again");
  await button(page, /書きはじめる|Begin/).click();
  await page.locator(".cm-content").waitFor({ state: "visible" });
  await eventually(async () => assert.match(await text(page), /title: "Rain again"[^]*duration: 5m[^]*# Rain again/));
  await page.locator(".shown h1", { hasText: "Rain again" }).waitFor({ state: "visible" });
  await page.locator(".cm-content").focus();
  await page.keyboard.press("Control+s");
  await expectSaid(page, /保存しました|Saved/);
  assert.match(await site.read("decks/Rain_again.md"), /# Rain again/);
});
