// Makes fit what only measuring can: headings marked to fill the width, long lines of code and formulas, and
// slides that hold more than their box. A slide has its design size wherever it is shown, so what is found
// once holds everywhere; a hidden one is laid out for the moment that it is measured. The slide in view is
// fitted before it is painted, the others when nothing else is to be done.
(function () {
  "use strict";

  const LEAST = 0.6;
  // 18 px on a slide of 720: what is smaller nobody reads at the back of the room
  const READABLE = 18 / 720;
  const ASIDE = "header, footer, sup, sub, rt, svg, math, .anchor";
  let fitted = new WeakSet();

  const all = () => [...document.querySelectorAll(".card > .slide")];
  const px = Number.parseFloat;
  // A theme that does not ask for it gets nothing of it, as in Marp.
  const allows = (section, what) => (section.dataset.autoScaling || "").split(" ").includes(what);

  function set(element, properties) {
    for (const [name, value] of Object.entries(properties)) {
      if (value === null) element.style.removeProperty(name);
      else element.style.setProperty(name, value);
    }
    if (!element.getAttribute("style")) element.removeAttribute("style");
  }

  // Lays out a slide that is not shown, without a frame that shows it.
  const UNSEEN = { display: "block", position: "absolute", visibility: "hidden", width: "var(--slide-width)", "content-visibility": "visible" };

  function measured(section, work) {
    const hidden = !section.offsetWidth;
    const card = section.parentElement;
    const before = card.getAttribute("style");
    if (hidden) set(card, UNSEEN);
    const possible = section.offsetWidth > 0;
    if (possible) work();
    if (hidden && before !== null) card.setAttribute("style", before);
    else if (hidden) card.removeAttribute("style");
    return possible;
  }

  // ---- how much is too much ------------------------------------------------------------------

  // By how many pixels of its own the content is wider and taller than its place: along the lines of text it
  // may reach to the edge of the slide, across them to the margin.
  function over(section) {
    const style = getComputedStyle(section);
    const whole = section.getBoundingClientRect();
    const scale = whole.width / section.offsetWidth;
    // beside a background that takes a side, the slide is what is left: the other side is its border
    const left = whole.left + section.clientLeft * scale;
    const top = whole.top + section.clientTop * scale;
    const box = { left, top, right: left + section.clientWidth * scale, bottom: top + section.clientHeight * scale };
    const split = section.querySelector(":scope > .slide-backgrounds[data-split]");
    const upright = style.writingMode.startsWith("vertical");
    const sides = { top: 0, right: 0, bottom: 0, left: 0 };
    for (const child of section.children) {
      const own = getComputedStyle(child);
      if (/absolute|fixed/.test(own.position) || own.display === "none") continue;
      const at = child.getBoundingClientRect();
      for (const side in sides) {
        const across = upright === (side === "left" || side === "right");
        const out = (side === "top" || side === "left" ? box[side] - at[side] : at[side] - box[side]) / scale;
        const margin = across ? px(style[`padding-${side}`]) + Math.min(0, px(own[`margin-${side}`]) || 0) : 0;
        sides[side] = Math.max(sides[side], out + margin);
      }
    }
    const beyond = (sum, more) => (Math.max(sum, more) > 1.5 ? Math.max(sum, more) : 0);
    return {
      x: beyond(sides.left + sides.right, split ? 0 : section.scrollWidth - section.clientWidth),
      y: beyond(sides.top + sides.bottom, split ? 0 : section.scrollHeight - section.clientHeight),
    };
  }

  const isOver = (section) => {
    const { x, y } = over(section);
    return x > 0 || y > 0;
  };

  function texts(section) {
    const walker = document.createTreeWalker(section, NodeFilter.SHOW_TEXT);
    const found = new Map();
    while (walker.nextNode()) {
      const parent = walker.currentNode.parentElement;
      const text = walker.currentNode.data.trim();
      if (text && !found.has(parent) && !parent.closest(ASIDE) && parent.getClientRects().length) found.set(parent, text);
    }
    return [...found].map(([element, text]) => ({ text, size: px(getComputedStyle(element).fontSize) }));
  }

  // ---- single elements -----------------------------------------------------------------------

  const lineOf = (element) => (getComputedStyle(element).writingMode.startsWith("vertical") ? "Height" : "Width");

  function inner(element, line) {
    const style = getComputedStyle(element);
    const [from, to] = line === "Width" ? ["left", "right"] : ["top", "bottom"];
    return element[`client${line}`] - px(style[`padding-${from}`]) - px(style[`padding-${to}`]);
  }

  // Text is not quite as wide as its size says, so what was set is measured again.
  function shrink(element, base) {
    const line = lineOf(element);
    let size = base;
    for (let turn = 0; turn < 4; turn += 1) {
      const need = Math.max(element[`scroll${line}`], element[`offset${line}`] || 0);
      const room = Math.min(element[`client${line}`], inner(element.parentElement, line));
      if (need <= room + 1 || !room) return;
      size = Math.max(size * (room / need) * 0.998, base * 0.3, 8);
      set(element, { "font-size": `${size}px` });
    }
  }

  // Long lines shrink with all that is between them; what a theme puts around the block does not, as in Marp.
  function shrinkCode(pre, code) {
    const line = lineOf(pre);
    const base = px(getComputedStyle(code).fontSize), high = px(getComputedStyle(pre).lineHeight);
    const extent = line === "Width" ? "width" : "height";
    set(code, { display: "block", [extent]: "max-content" });
    let scale = 1;
    for (let turn = 0; turn < 4; turn += 1) {
      const need = code[`offset${line}`], room = inner(pre, line);
      if (need <= room + 1 || !room) break;
      scale = Math.max(scale * (room / need) * 0.998, 0.3, 8 / base);
      set(code, { "font-size": `${base * scale}px`, "line-height": high ? `${high * scale}px` : null });
    }
    if (scale === 1) set(code, { display: null, [extent]: null });
  }

  function fillLine(heading) {
    const line = lineOf(heading);
    const base = px(getComputedStyle(heading).fontSize);
    const room = inner(heading.parentElement, line);
    const extent = line === "Width" ? "width" : "height";
    set(heading, { "white-space": "nowrap", [extent]: "max-content" });
    let size = base;
    for (let turn = 0; turn < 3; turn += 1) {
      const need = heading[`scroll${line}`];
      if (!need || !room) break;
      size *= (room / need) * (turn && need > room ? 0.998 : 1);
      set(heading, { "font-size": `${size}px` });
    }
    if (heading[`scroll${line}`] > room) size *= 0.995;
    set(heading, { "font-size": `${size}px`, [extent]: null });
    return { heading, base, size };
  }

  // A short title may not push the rest off the slide: it grows as far as there is room. What is too much
  // without it is none of its doing.
  function fillLines(section, headings) {
    const filled = headings.map(fillLine).filter(({ base, size }) => size > base);
    if (!filled.length || !isOver(section)) return;
    const at = (part) => {
      for (const { heading, base, size } of filled) set(heading, { "font-size": `${base + (size - base) * part}px` });
      return over(section);
    };
    const before = at(0);
    bisect(0, 1, (part) => {
      const { x, y } = at(part);
      return x <= before.x + 1 && y <= before.y;
    });
  }

  // Finds the largest value that is right; `low` is set where none is.
  function bisect(low, high, right) {
    for (let turn = 0; turn < 6; turn += 1) {
      const middle = (low + high) / 2;
      if (right(middle)) low = middle;
      else high = middle;
    }
    return right(low), low;
  }

  // ---- whole slides --------------------------------------------------------------------------

  const SIDES = ["top", "right", "bottom", "left"];
  const paddings = (style) => SIDES.map((side) => px(style[`padding-${side}`]) || 0);

  // Text shrinks, margins do not, so that header, footer and page number keep their distance to it. What
  // reaches into a margin, such as a band behind the title, is made for the margin as it is, unless it
  // follows `--fit`.
  function marginsOf(section) {
    const children = [...section.children].map((child) => getComputedStyle(child));
    const reach = () => SIDES.map((side) => Math.min(0, ...children.map((style) => px(style[`margin-${side}`]) || 0)));
    const plain = reach();
    set(section, { "--fit": "0.5" });
    const reached = reach().map((length, index) => length > 1.9 * plain[index]);
    set(section, { "--fit": null });
    return { own: paddings(getComputedStyle(section)), reached, number: paddings(getComputedStyle(section.querySelector(":scope > .slide-pseudo") || section, "::after")) };
  }

  function unscale(section) {
    section.removeAttribute("data-fitted");
    set(section, { "--fit": null, "--number-padding": null, padding: null });
  }

  function scaleTo(section, scale, { own, reached, number }) {
    const lengths = (sides) => sides.map((side) => `${side.toFixed(2)}px`).join(" ");
    section.toggleAttribute("data-fitted", true);
    const padding = own.map((side, index) => (reached[index] ? side : side / scale));
    set(section, { "--fit": scale.toFixed(3), "--number-padding": lengths(number), padding: lengths(padding) });
    return !isOver(section);
  }

  function shrinkSlide(section) {
    if (!isOver(section)) return;
    const least = section.offsetHeight * READABLE;
    const smallest = Math.min(...texts(section).map(({ size }) => size), Infinity);
    const floor = Math.min(1, Math.max(LEAST, least / smallest));
    if (section.dataset.fit === "none") return tell(section);
    const margins = marginsOf(section);
    const fits = (scale) => (scale < 1 ? scaleTo(section, scale, margins) : unscale(section));
    if (fits(floor)) fits(bisect(floor, 1, fits));
    else tell(section);
  }

  function tell(section) {
    const { x, y } = over(section);
    section.dataset.overflow = Math.ceil(100 * Math.max(x / section.clientWidth, y / section.clientHeight));
  }

  function fit(section) {
    const headings = [...section.querySelectorAll("[data-fit]")];
    const blocks = [...section.querySelectorAll("pre")], code = [...section.querySelectorAll("pre > code")];
    const formulas = [...section.querySelectorAll("math[display=block]")];
    for (const it of [...headings, ...blocks, ...formulas]) set(it, { "font-size": null, "white-space": null });
    for (const it of code) set(it, { display: null, width: null, height: null, "font-size": null, "line-height": null });
    delete section.dataset.overflow;
    unscale(section);
    if (allows(section, "code")) {
      for (const it of code) shrinkCode(it.parentElement, it);
      for (const it of blocks) shrink(it, px(getComputedStyle(it).fontSize));
    }
    if (allows(section, "math")) for (const it of formulas) shrink(it, px(getComputedStyle(it).fontSize));
    if (allows(section, "fittingHeader")) fillLines(section, headings);
    shrinkSlide(section);
  }

  // ---- when ----------------------------------------------------------------------------------

  function now(sections) {
    for (const section of sections) {
      if (fitted.has(section)) continue;
      if (measured(section, () => fit(section))) fitted.add(section);
    }
  }

  function isSeen(section) {
    if (!section.offsetWidth) return false;
    const box = section.getBoundingClientRect();
    return box.bottom > -innerHeight && box.top < 2 * innerHeight;
  }

  let waiting = false;
  const idle = window.requestIdleCallback || ((work) => setTimeout(work, 30));

  // One slide at a time, the next ones of the talk first, so that no key press waits. What is measured fetches its
  // letters, and those of the first slide are not to share the line with others.
  function rest() {
    if (waiting || document.readyState !== "complete") return;
    waiting = true;
    idle(() => {
      waiting = false;
      const open = all();
      const shown = open.findIndex((section) => section.parentElement.classList.contains("current"));
      const ahead = [...open.slice(shown + 1), ...open.slice(0, Math.max(0, shown)).reverse()];
      const next = ahead.find((section) => !fitted.has(section) && !hopeless.has(section));
      if (!next) return;
      now([next]);
      if (!fitted.has(next)) hopeless.add(next);
      rest();
    });
  }

  // Inside something that is closed there is nothing to measure.
  const hopeless = new WeakSet();
  const seen = new IntersectionObserver((entries) => now(entries.filter((it) => it.isIntersecting).map((it) => it.target)));

  // Fits what is in view at once, the rest soon.
  function kamiFit(sections) {
    now(sections.length === 1 ? sections : sections.filter(isSeen));
    rest();
  }

  function again() {
    fitted = new WeakSet();
    kamiFit(all());
  }

  window.kamiFit = Object.assign(kamiFit, { all: () => now(all()), over, texts });
  document.addEventListener("kami:patched", () => (fitted = new WeakSet()));
  document.addEventListener("load", ({ target }) => {
    const section = target.closest?.(".card > .slide");
    if (target.localName !== "img" || !section || (target.hasAttribute("width") && target.hasAttribute("height"))) return;
    fitted.delete(section);
    kamiFit([section]);
  }, true);
  document.addEventListener("DOMContentLoaded", () => {
    if (document.documentElement.dataset.view === "print") now(all());
    kamiFit(all());
    for (const section of all()) seen.observe(section);
  });
  document.fonts?.addEventListener("loadingdone", again);
  addEventListener("load", rest);
  addEventListener("beforeprint", kamiFit.all);
})();
