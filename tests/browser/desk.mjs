// What tests of the editor share: a site to write in, the editor of one of its texts, and what stands there.
import assert from "node:assert/strict";
import { small } from "./fixtures.mjs";
import { eventually } from "./harness.mjs";

export const files = {
  ...small,
  "wiki/Rain.md": "# Rain\n\nFirst line.\n\nSecond line.\n\nThird line.\n",
  "wiki/梅雨.md": "---\ntitle: 梅雨入り\nreading: つゆいり\naliases: [雨季]\n---\n# 梅雨入り\n\n## いつ始まるか\n\n本文。\n",
};

export const address = (path) => `_kami/edit/${path.split("/").map(encodeURIComponent).join("/")}`;

export async function desk(world, path = "wiki/Rain.md", options = {}) {
  const site = await world.site(files);
  const { url, stop, port } = await world.serve(site);
  const page = await world.open(url(address(path)), options);
  await page.locator(".cm-content").waitFor({ state: "visible" });
  return { site, url, stop, port, page };
}

export const text = (page) => page.locator(".cm-content").evaluate((content) => content.cmTile?.view?.state.sliceDoc() ?? [...content.querySelectorAll(".cm-line")].map((line) => line.textContent).join("\n"));
export const expectText = (page, wanted) => eventually(async () => assert.equal(await text(page), wanted));
export const expectFile = (site, path, wanted) => eventually(async () => assert.equal(await site.read(path), wanted));
const said = (page) => page.locator(".bar .said").innerText();
const others = (page) => page.locator(".bar .others").innerText();
export const expectOthers = (page, pattern) => eventually(async () => assert.match(await others(page), pattern));
export const expectSaid = (page, pattern) => eventually(async () => assert.match(await said(page), pattern));

export const button = (page, name) => page.getByRole("button", { name });

export async function atEnd(page, words) {
  await page.locator(".cm-content").focus();
  await page.keyboard.press("Control+End");
  await page.keyboard.type(words);
}

// What the editor offers to complete what is typed.
export const offers = (page, hasText) => page.locator(".cm-tooltip-autocomplete li").filter({ hasText });

// Takes one of the offers. The editor passes over a click on a list that has only just come up or changed: it was meant
// for what stood there before. So it is clicked until the list goes.
export async function choose(page, hasText) {
  const option = offers(page, hasText).first();
  await option.waitFor({ state: "visible" });
  await eventually(async () => {
    await option.click({ timeout: 500 }).catch(() => {});
    assert.equal(await offers(page).count(), 0, "the list is still there");
  });
}
