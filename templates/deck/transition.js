// Transitions between slides, by the browser's own View Transitions. Only a deck that names one loads
// this. The card is changed at once; a key pressed meanwhile ends what is running and is obeyed plainly.
(function () {
  "use strict";

  const kami = window.kami;
  const root = document.documentElement;
  const calm = matchMedia("(prefers-reduced-motion: reduce)");
  let running = null, isChanging = false, known = {};

  const DURATION = "--marp-transition-duration";
  const KINDS = ["outgoing-", "incoming-", ""];

  function milliseconds(time) {
    const [, length, unit] = /^\s*([\d.]+)(m?s)\s*$/i.exec(time || "") || [];
    return length ? Math.min(Number(length) * (unit.toLowerCase() === "s" ? 1000 : 1), 10000) : null;
  }

  // Which of these keyframes there are, each with the time that its first frame gives: the browser makes an
  // animation of those alone.
  function existing(names) {
    const probe = kami.make("i", { class: "probe", "data-kami-keep": "" }, names.map(() => kami.make("i", {}, [])));
    probe.style.setProperty(DURATION, "initial");
    names.forEach((name, index) => (probe.children[index].style.animation = `1s both paused ${CSS.escape(name)}`));
    document.body.append(probe);
    const found = new Map(probe.getAnimations({ subtree: true }).map(({ animationName, effect }) =>
      [animationName, { name: animationName, ms: milliseconds(getComputedStyle(effect.target).getPropertyValue(DURATION)) }]));
    probe.remove();
    return found;
  }

  // The old card's keyframes and the new one's; one set for both runs in reverse for the new card. What has none
  // of its own for the way back goes back as it went on.
  function keyframesOf(owner, name, backward) {
    const ways = backward ? ["backward-", ""] : [""];
    const called = (kind, way) => `${owner}-${kind}transition-${way}${name}`;
    const found = existing(ways.flatMap((way) => KINDS.map((kind) => called(kind, way))));
    if (!found.size) return null;
    const pick = (kind) => {
      for (const way of ways) {
        const own = found.get(called(kind, way)), both = found.get(called("", way));
        if (own || both) return { name: (own || both).name, reverse: !own && kind === "incoming-" };
      }
      return {};
    };
    const times = ways.flatMap((way) => ["", "outgoing-", "incoming-"].map((kind) => found.get(called(kind, way))?.ms));
    const into = pick("incoming-");
    return { out: pick("outgoing-").name, into: into.name, reverse: into.reverse, ms: times.find((ms) => ms != null) };
  }

  // "fade 1s": the slide further ahead names it, so that going back undoes what going on did. Keyframes in its
  // own scoped style are its alone; a deck's and a theme's come before ours.
  function wantedFor(from, to) {
    const section = kami.sectionOf(kami.cards[Math.min(from, to) - 1]);
    const [name, time] = (section.dataset.transition || "").trim().split(/\s+/);
    if (!name || name === "none") return null;
    const backward = to < from;
    const scope = section.getAttributeNames().find((attribute) => attribute.startsWith("data-marpit-scope-"))?.slice(18);
    const key = `${backward} ${name} ${scope}`;
    if (!(key in known)) {
      known[key] = (scope && keyframesOf("marp", `${name}-${scope}`, backward)) ||
        keyframesOf("marp", name, backward) || keyframesOf("kami", name, backward);
    }
    const ms = milliseconds(time) ?? known[key]?.ms ?? (name === "kamishibai" ? 220 : 500);
    return known[key] && ms > 0 && { ...known[key], name, ms, backward };
  }

  kami.transit = function (from, show) {
    if (running) return end(), false;
    if (!document.startViewTransition || calm.matches || document.hidden || kami.view() !== "stage") return false;
    const wanted = wantedFor(from, kami.here.number);
    if (!wanted) return false;
    const set = (name, value) => root.style.setProperty(name, value);
    set(DURATION, `${wanted.ms}ms`);
    set("--transition-time", `${wanted.ms}ms`);
    set("--marp-transition-direction", wanted.backward ? -1 : 1);
    set("--transition-out", wanted.out || "none");
    set("--transition-in", wanted.into || "none");
    set("--transition-way", wanted.reverse ? "reverse" : "normal");
    root.dataset.transition = wanted.backward ? `${wanted.name} back` : wanted.name;
    const own = running = document.startViewTransition(() => {
      isChanging = true;
      show();
      isChanging = false;
    });
    const rest = () => {
      if (running === own) running = null;
      if (!running) delete root.dataset.transition;
    };
    own.ready.catch(() => {});
    own.finished.then(rest, rest);
    return true;
  };

  // Whatever is to be seen meanwhile, a step, a black screen, the overview, the list of keys, is seen at once.
  function end() {
    if (!running || isChanging) return;
    running.skipTransition();
    running = null;
  }

  // What the browser draws of the two cards lies over the page, its buttons too: a hand that comes down ends it,
  // and what it comes down on is pressed.
  let isEnded = false;
  addEventListener("pointerdown", () => {
    isEnded = Boolean(running);
    end();
  });
  addEventListener("click", ({ target, clientX, clientY }) => {
    if (isEnded && target === root) document.elementFromPoint(clientX, clientY)?.closest("a[href], button")?.click();
  });
  kami.parts.push({ show: end, above: end, patch: () => (known = {}) });
})();
