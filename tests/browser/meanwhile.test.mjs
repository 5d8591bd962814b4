// What is written while an answer of the server is on its way: nothing of it is lost, and nothing of what comes.
import assert from "node:assert/strict";
import { address, atEnd, button, desk, expectFile, expectOthers, expectSaid, expectText, files } from "./desk.mjs";
import { check, hold } from "./harness.mjs";

const rain = files["wiki/Rain.md"];

const source = ({ pathname }) => pathname.startsWith("/_kami/source/");

check("who writes before the editor is there goes on writing in it", async (world) => {
  const site = await world.site(files);
  const { url } = await world.serve(site);
  const page = await world.open(url("wiki/Rain.html"));
  const look = await hold(page, source);
  await page.goto(url(address("wiki/Rain.md")));
  await look.asked;
  const form = page.locator("textarea");
  await form.focus();
  await page.keyboard.press("Control+End");
  await page.keyboard.type("Begun");
  look.release();
  await page.locator(".cm-content").waitFor({ state: "visible" });
  await page.keyboard.type(" and ended.");
  await expectText(page, `${rain}Begun and ended.`);
  await page.keyboard.press("Control+s");
  await expectFile(site, "wiki/Rain.md", `${rain}Begun and ended.`);
});

check("what is typed while a save waits for its answer is kept, and so is what others saved", async (world) => {
  world.forgive(/412/);
  const { site, page } = await desk(world);
  await atEnd(page, "Mine.");
  await site.edit("wiki/Rain.md", "First line.", "First line, mended.");
  await expectOthers(page, /ファイルがほかで変わりました|changed elsewhere/);
  const save = await hold(page, source);
  await page.keyboard.press("Control+s");
  await save.asked;
  await page.keyboard.type(" More.");
  await page.locator(".cm-line", { hasText: "Second line." }).click();
  await page.keyboard.press("End");
  await page.keyboard.type(" Amid.");
  save.release();
  const merged = rain.replace("First line.", "First line, mended.");
  const all = `${merged.replace("Second line.", "Second line. Amid.")}Mine. More.`;
  await expectText(page, all);
  await expectFile(site, "wiki/Rain.md", `${merged}Mine.`);
  await expectSaid(page, /未保存|Not saved/);
  await page.keyboard.press("Control+s");
  await expectFile(site, "wiki/Rain.md", all);
});

check("however often a save is asked for while one is under way, one more is made", async (world) => {
  const { site, page } = await desk(world);
  await atEnd(page, "One.");
  const save = await hold(page, source);
  await button(page, /^(保存|Save)/).click();
  await save.asked;
  await atEnd(page, " Two.");
  for (let times = 0; times < 3; times++) await page.keyboard.press("Control+s");
  save.release();
  await expectFile(site, "wiki/Rain.md", `${rain}One. Two.`);
  await expectSaid(page, /保存しました|Saved/);
  const writes = save.seen.filter((request) => request.method() === "PUT");
  assert.deepEqual(writes.map((request) => request.postData()), [`${rain}One.`, `${rain}One. Two.`]);
});

check("what is pasted or dropped stands where it was meant to, whatever was typed since", async (world) => {
  const { page } = await desk(world);
  const parse = await hold(page, ({ pathname }) => pathname === "/_kami/parse");
  await atEnd(page, "\nold");
  await page.keyboard.press("Shift+Home");
  await page.locator(".cm-content").evaluate((content) => {
    const data = new DataTransfer();
    data.setData("text/plain", "bold");
    data.setData("text/html", "<p><b>bold</b></p>");
    content.dispatchEvent(new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true }));
  });
  await parse.asked;
  await page.keyboard.type(" and new");
  parse.release();
  await expectText(page, `${rain}\n**bold** and new`);
  const upload = await hold(page, ({ pathname }) => pathname.startsWith("/_kami/upload/"));
  const box = await page.locator(".cm-line", { hasText: "Second line." }).boundingBox();
  await page.locator(".cm-content").evaluate((content, [x, y]) => {
    const data = new DataTransfer();
    const png = Uint8Array.from(atob("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="), (c) => c.charCodeAt(0));
    for (const name of ["one.png", "two.png"]) data.items.add(new File([png], name, { type: "image/png" }));
    content.dispatchEvent(new DragEvent("drop", { dataTransfer: data, clientX: x, clientY: y, bubbles: true, cancelable: true }));
  }, [box.x + 2, box.y + box.height / 2]);
  await upload.asked;
  await page.locator(".cm-line", { hasText: "First line." }).click();
  await page.keyboard.press("Home");
  await page.keyboard.type("The ");
  upload.release();
  const pictures = "![one](one.png)![two](two.png)";
  await expectText(page, `${rain.replace("First", "The First").replace("Second", `${pictures}Second`)}\n**bold** and new`);
  // Who writes elsewhere is left there.
  await page.keyboard.type("very ");
  await expectText(page, `${rain.replace("First", "The very First").replace("Second", `${pictures}Second`)}\n**bold** and new`);
});
