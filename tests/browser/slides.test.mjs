// What the Markdown of a deck means, seen: where backgrounds, columns, code and embeds lie on a slide.
import assert from "node:assert/strict";
import { expectHash, expectSlide, press } from "./deck-page.mjs";
import { check, eventually } from "./harness.mjs";

const picture = '<svg xmlns="http://www.w3.org/2000/svg" width="400" height="300"><rect width="400" height="300" fill="#36a"/></svg>';
const deck = `---
paginate: true
header: above
footer: below
---
![bg left:40%](a.svg)

# Beside

---

![bg](a.svg) ![bg contain](a.svg) ![bg vertical](a.svg)

# Over

---

::: columns
::: column
one
:::
::: column
two
:::
:::

. . .

later

---

![[other#2]]

![[Page#Umbrella]]
`;
const files = {
  "kami.toml": 'lang = "en"\n',
  "decks/talk.md": deck,
  "decks/a.svg": picture,
  "decks/other.md": "# first\n\n---\n\n* step one\n* step two\n\n![bg right](a.svg)\n",
  "wiki/Page.md": "intro\n\n## Umbrella\n\nTake one.\n\n## Coat\n\nNo coat. [[talk]]\n\n![[other#2]]\n",
};

const box = (page, selector) =>
  page.evaluate((wanted) => {
    const element = document.querySelector(wanted);
    const { left, right, top, bottom } = element.getBoundingClientRect();
    return { left, right, top, bottom };
  }, selector);

const near = (one, other, message) => assert.ok(Math.abs(one - other) < 2, `${message}: ${one} is not ${other}`);

check("a split keeps text, header, footer and page number clear of its picture", async (world) => {
  const { url } = await world.build(await world.site(files));
  const page = await world.open(url("decks/talk.html"));
  await expectSlide(page, 1);
  const card = await box(page, ".card.current");
  const edge = card.left + (card.right - card.left) * 0.4;
  const figure = await box(page, ".card.current figure");
  near(figure.left, card.left, "the picture begins at the edge of the slide");
  near(figure.right, edge, "the picture ends at 40 %");
  near(figure.bottom - figure.top, card.bottom - card.top, "the picture is as high as the slide");
  for (const part of ["h1", "header", "footer"]) {
    const { left } = await box(page, `.card.current ${part}`);
    assert.ok(left >= edge, `${part} stands beside the picture`);
  }
});

check("several backgrounds share the slide, one below the other when asked", async (world) => {
  const { url } = await world.build(await world.site(files));
  const page = await world.open(url("decks/talk.html") + "#2");
  await expectSlide(page, 2);
  const card = await box(page, ".card.current");
  const third = (card.bottom - card.top) / 3;
  for (const index of [1, 2, 3]) {
    const figure = await box(page, `.card.current figure:nth-child(${index})`);
    near(figure.top, card.top + third * (index - 1), `background ${index} begins`);
    near(figure.bottom, card.top + third * index, `background ${index} ends`);
    near(figure.right, card.right, `background ${index} is as wide as the slide`);
  }
  const onTop = await page.evaluate(() => {
    const { left, top } = document.querySelector(".card.current h1").getBoundingClientRect();
    return document.elementFromPoint(left + 4, top + 4).closest("h1") !== null;
  });
  assert.ok(onTop, "the text lies over the pictures");
});

check("columns are equal, and what follows a pause comes at the next key", async (world) => {
  const { url } = await world.build(await world.site(files));
  const page = await world.open(url("decks/talk.html") + "#3");
  await expectSlide(page, 3);
  const [one, two] = [await box(page, ".card.current .column"), await box(page, ".card.current .column + .column")];
  near(one.top, two.top, "columns stand beside each other");
  near(one.right - one.left, two.right - two.left, "columns are equally wide");
  assert.ok(two.left > one.right, "columns do not overlap");
  const later = page.locator(".card.current").getByText("later");
  assert.equal(await later.isVisible(), false);
  await press(page, "ArrowRight");
  await eventually(async () => assert.equal(await later.isVisible(), true));
  await expectSlide(page, 3);
});

check("an embedded slide is whole on a slide and on a page, with every step", async (world) => {
  const { url } = await world.build(await world.site(files));
  for (const address of ["decks/talk.html#4", "wiki/Page.html"]) {
    const page = await world.open(url(address.split("#")[0]) + (address.includes("#") ? "#4" : ""));
    await page.locator(":is(article, .card.current) .slide-embed:visible").getByText("step two").waitFor({ state: "visible" });
    const around = await box(page, address.startsWith("wiki") ? "article .embed .card" : ".card.current .embed .card");
    const inside = await box(page, address.startsWith("wiki") ? "article .slide-embed" : ".card.current .slide-embed");
    near(inside.right - inside.left, around.right - around.left, "the slide is as wide as its card");
    near((around.right - around.left) / (around.bottom - around.top), 16 / 9, "it has the shape of a slide");
    const repeated = await page.evaluate(() => {
      const ids = [...document.querySelectorAll("[id]")].map((element) => element.id);
      return ids.filter((id, index) => ids.indexOf(id) !== index);
    });
    assert.deepEqual(repeated, [], "no id is there twice");
  }
  const page = await world.open(url("decks/talk.html") + "#4");
  await page.locator(".card.current .page-embed").getByText("Take one.").waitFor({ state: "visible" });
  assert.equal(await page.getByText("No coat.").count(), 0, "the section alone is shown");
});

check("a slide that only shows another is called like it", async (world) => {
  const { url } = await world.build(await world.site(files));
  const page = await world.open(url("decks/talk.html"));
  await expectSlide(page, 1);
  await press(page, "o");
  await page.keyboard.type("first");
  await press(page, "Enter");
  await expectHash(page, "#4");
  await page.getByText("slide 4 of 4: first").waitFor({ state: "attached" });
});
