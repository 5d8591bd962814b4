// What a link leads to, shown beside it: by pointer and by keyboard, served and from a disk.
import assert from "node:assert/strict";
import { check } from "./harness.mjs";

const site = {
  "kami.toml": 'title = "Peeks"\nlang = "ja"\nlanguages = ["ja", "en"]\n',
  "wiki/Start.md": "まず [[雨の日]]、次に [[雨の日#傘|傘]]、[[talk#second]] と [[Missing]]。\n",
  "wiki/雨の日.md": "# 雨の日\n\n路面電車が**遅れる**日のこと。\n\n## 傘\n\n持って出る。\n",
  "decks/talk.md": "# Opening\n\n---\n\n<!-- id: second -->\n\n## 二枚目\n\n- 一つ目\n- 二つ目\n",
};

async function seen(view) {
  const peek = view.locator("#_peek");
  await peek.waitFor({ state: "visible" });
  return peek.locator("p").allInnerTexts();
}

for (const [name, open] of [
  ["served", async (world) => (await world.serve(await world.site(site))).url],
  ["from a disk", async (world) => (await world.build(await world.site(site))).url],
]) {
  check(`a link that is pointed at shows where it leads, ${name}`, async (world) => {
    const url = await open(world);
    const view = await world.open(url("wiki/Start.html"));
    const link = view.locator("article a.wikilink").nth(0);
    await link.hover();
    assert.deepEqual(await seen(view), ["雨の日", "路面電車が遅れる日のこと。"]);
    assert.equal(await link.getAttribute("aria-describedby"), "_peek");
    const [at, box] = [await link.boundingBox(), await view.locator("#_peek").boundingBox()];
    assert.ok(box.y >= at.y + at.height - 1 && box.y < at.y + at.height + 24, "it stands below its link");
    await view.locator("#_peek").hover();
    assert.ok(await view.locator("#_peek").isVisible(), "it may be pointed at");
    await view.keyboard.press("Escape");
    await view.locator("#_peek").waitFor({ state: "hidden" });
  });

  check(`a link that is focused shows the section or the slide, ${name}`, async (world) => {
    const url = await open(world);
    const view = await world.open(url("wiki/Start.html"));
    await view.locator("article a.wikilink").nth(0).focus();
    await view.keyboard.press("Tab");
    await view.locator("#_peek .beside").waitFor();
    assert.deepEqual(await seen(view), ["傘", "雨の日", "持って出る。"]);
    await view.keyboard.press("Tab");
    await view.locator("#_peek .name", { hasText: "二枚目" }).waitFor();
    assert.deepEqual(await seen(view), ["二枚目", "Opening · スライド 2", "一つ目 / 二つ目"]);
    await view.locator("article a.wikilink").nth(2).blur();
    await view.locator("#_peek").waitFor({ state: "hidden" });
  });
}

check("what a link shows is what its page says now", async (world) => {
  const files = await world.site(site);
  const { url } = await world.serve(files);
  const view = await world.open(url("wiki/Start.html"));
  const link = view.locator("article a.wikilink").nth(0);
  await link.focus();
  await view.keyboard.press("Tab");
  await view.keyboard.press("Shift+Tab");
  await view.locator("#_peek .says", { hasText: "路面電車" }).waitFor();
  await files.write("wiki/雨の日.md", "# 雨の日\n\n地下鉄は遅れない。\n");
  const other = await world.open(url("wiki/雨の日.html"));
  await other.locator("article", { hasText: "地下鉄" }).waitFor();
  const again = await world.open(url("wiki/Start.html"));
  await again.locator("article a.wikilink").nth(0).hover();
  assert.deepEqual(await seen(again), ["雨の日", "地下鉄は遅れない。"]);
});
