// Small sites that tests write and change.

const slide = (number) => `## Card ${number}\n\nWords of card ${number}.\n`;

// Twelve slides: the second has steps, the third a link, every one a note.
export const deck = `---
title: Rehearsal
speaker: Aki
duration: 2m
---

# Opening words

Good evening.

<!-- Greet *everyone* first. -->

---

## In steps

* alpha
* beta
* gamma

<!-- One at a time. -->

---

## Where to read on

It is all in [[Target page]].

<!-- Point at the link. -->

---

${[4, 5, 6, 7, 8, 9, 10, 11].map(slide).join("\n---\n\n")}
---

## Closing words

Good night.

<!-- Bow. -->
`;

export const home = `---
title: Home
---

First paragraph, before any edit.

[[Target page]] is there, [[Nowhere at all]] is not.

<details><summary>More</summary>

Hidden until opened.

</details>

- [ ] left to do
- [x] done

## First heading

${"A line that makes the page long enough to scroll.\n\n".repeat(60)}
## Middle heading

Between the two.

## Second heading

Last paragraph.
`;

export const small = {
  "kami.toml": `title = "Test night"\nlang = "en"\nlanguages = ["en", "ja"]\nhtml = true\n\n[event]\nname = "Test night"\ndate = 2011-04-23\nvenue = "Osaka"\ntalks = ["rehearsal"]\n`,
  "decks/rehearsal.md": deck,
  "wiki/Home.md": home,
  "wiki/Home.ja.md": "---\ntitle: 入口\n---\n\n日本語の本文。\n",
  "wiki/Target_page.md": "---\ntitle: Target page\n---\n\nBack to [[Home]].\n",
};
