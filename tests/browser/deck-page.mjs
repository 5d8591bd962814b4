// What a person sees of a deck, asked of the browser: by boxes and visibility, never by class names.
import assert from "node:assert/strict";
import { eventually } from "./harness.mjs";

// The slides in sight, largest first: visible, and on top at the middle of that part of them which is in the window.
export function slidesInSight(page) {
  return page.evaluate(() => {
    const found = [];
    for (const slide of document.querySelectorAll("main.deck section.slide")) {
      const box = slide.getBoundingClientRect();
      const left = Math.max(box.left, 0);
      const right = Math.min(box.right, innerWidth);
      const top = Math.max(box.top, 0);
      const bottom = Math.min(box.bottom, innerHeight);
      const area = Math.max(0, right - left) * Math.max(0, bottom - top);
      if (area < 100 || !slide.checkVisibility({ opacityProperty: true, visibilityProperty: true })) continue;
      const onTop = document.elementFromPoint((left + right) / 2, (top + bottom) / 2);
      if (!onTop || !onTop.closest("section.slide, .card")?.contains(slide) && onTop.closest("section.slide") !== slide) continue;
      found.push({ number: Number(slide.closest(".card").dataset.number), area });
    }
    return found.sort((one, other) => other.area - one.area).map(({ number }) => number);
  });
}

export async function shown(page) {
  return (await slidesInSight(page))[0];
}

// Waits until one slide alone is in sight, this one.
export async function expectSlide(page, number) {
  await eventually(async () => assert.deepEqual(await slidesInSight(page), [number], "the slide in sight"));
}

export async function expectHash(page, hash) {
  await eventually(async () => assert.equal(new URL(page.url()).hash, hash));
}

// The texts among `texts` that can be seen now on the slide in sight.
export function textsInSight(page, texts) {
  return page.evaluate((wanted) => {
    const visible = (element) => {
      const box = element.getBoundingClientRect();
      const inWindow = box.width > 0 && box.height > 0 && box.left < innerWidth && box.top < innerHeight && box.right > 0 && box.bottom > 0;
      return inWindow && element.checkVisibility({ opacityProperty: true, visibilityProperty: true });
    };
    const leaves = [...document.querySelectorAll("main.deck section.slide *")].filter(visible);
    return wanted.filter((text) => leaves.some((element) => element.textContent.trim() === text));
  }, texts);
}

export async function expectTexts(page, texts, seen) {
  await eventually(async () => assert.deepEqual(await textsInSight(page, texts), seen));
}

export async function press(page, ...keys) {
  for (const key of keys) await page.keyboard.press(key);
}
