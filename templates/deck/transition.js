// Transitions between slides, by the browser's own View Transitions. Only a deck that names one loads
// this. The card is changed at once; a key pressed meanwhile ends what is running and is obeyed plainly.
(function () {
  "use strict";

  const kami = window.kami;
  const root = document.documentElement;
  const calm = matchMedia("(prefers-reduced-motion: reduce)");
  let running = null, known = {};

  // Which of these keyframes the deck, its theme or we have: the browser makes an animation of those alone.
  function existing(names) {
    const probe = kami.make("i", { class: "probe", "data-kami-keep": "" }, []);
    probe.style.animation = names.map((name) => `1s both ${name}`).join();
    document.body.append(probe);
    const found = probe.getAnimations().map((animation) => animation.animationName);
    probe.remove();
    return (...wanted) => wanted.find((name) => found.includes(name));
  }

  // The old card's keyframes and the new one's; one set for both runs in reverse for the new card.
  function keyframesOf(name, backward) {
    const way = backward ? "backward-" : "";
    const names = ["marp-outgoing-transition-", "marp-incoming-transition-", "marp-transition-"];
    const all = names.flatMap((start) => [start + way + name, start + name]);
    const has = existing(all.map((name) => CSS.escape(name)));
    const pick = (w) => {
      const both = has(`marp-transition-${w}${name}`);
      const out = has(`marp-outgoing-transition-${w}${name}`) || both;
      const into = has(`marp-incoming-transition-${w}${name}`);
      return (out || into) && { out, into: into || both, reverse: !into };
    };
    return pick(way) || pick("") || null;
  }

  // "fade 1s": the slide further ahead names it, so that going back undoes what going on did.
  function wantedFor(from, to) {
    const said = kami.sectionOf(kami.cards[Math.min(from, to) - 1]).dataset.transition || "";
    const [, name, length, unit] = /^(\S+)(?:\s+([\d.]+)(m?s))?/.exec(said.trim()) || [];
    if (!name || name === "none") return null;
    const ms = length ? Math.min(Number(length) * (unit === "s" ? 1000 : 1), 10000) : name === "kamishibai" ? 220 : 500;
    const backward = to < from;
    const key = `${backward} ${name}`;
    if (!(key in known)) known[key] = keyframesOf(name, backward);
    return known[key] && ms > 0 && { ...known[key], name, ms, backward };
  }

  kami.transit = function (from, show) {
    if (running) {
      running.skipTransition();
      running = null;
      return false;
    }
    if (!document.startViewTransition || calm.matches || document.hidden || kami.view() !== "stage") return false;
    const wanted = wantedFor(from, kami.here.number);
    if (!wanted) return false;
    const set = (name, value) => root.style.setProperty(name, value);
    set("--marp-transition-duration", `${wanted.ms}ms`);
    set("--marp-transition-direction", wanted.backward ? -1 : 1);
    set("--transition-out", wanted.out || "none");
    set("--transition-in", wanted.into || "none");
    set("--transition-way", wanted.reverse ? "reverse" : "normal");
    root.dataset.transition = wanted.backward ? `${wanted.name} back` : wanted.name;
    const own = running = document.startViewTransition(show);
    const end = () => {
      if (running === own) running = null;
      if (!running) delete root.dataset.transition;
    };
    own.ready.catch(() => {});
    own.finished.then(end, end);
    return true;
  };
  // What the browser draws of the two cards lies over the page, its buttons too: a hand that comes down ends it,
  // and what it comes down on is pressed.
  let isEnded = false;
  addEventListener("pointerdown", () => {
    isEnded = Boolean(running);
    if (running) running.skipTransition();
  });
  addEventListener("click", ({ target, clientX, clientY }) => {
    if (isEnded && target === root) document.elementFromPoint(clientX, clientY)?.closest("a[href], button")?.click();
  });
  kami.parts.push({ patch: () => (known = {}) });
})();
