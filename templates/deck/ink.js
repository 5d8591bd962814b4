// The laser pointer and the pen. Both live in the slide's own coordinates, so they are right at any
// scale, and both are shown in every window of the talk. What is drawn belongs to a slide's key and
// stays while the windows live; a window that is reloaded finds it again.
(function () {
  "use strict";

  const kami = window.kami;
  const root = document.documentElement;
  const NUMBERS_MAX = 5000;
  const STROKE_NUMBERS_MAX = 600;
  const STROKES_MAX = 500;
  const WIDTHS = [3, 6, 12, 24];

  // slide key -> { at, gone, strokes: { id: [width, x, y, x, y, ...] } }; `gone` is when something was last taken away,
  // so that a window which slept through it does not bring it back.
  let inks = new Map();
  let width = 6, pen = null, waiting = 0, saving = 0, beam = null;

  const mode = () => root.dataset.mode || "";
  const ink = (key) => inks.get(key) || { at: 0, gone: 0, strokes: {} };

  // ---- what is drawn -----------------------------------------------------------------------

  // Changes the ink of a slide; `at` is the sender's, or now when it is our own.
  function change(key, strokes, at = Math.max(Date.now(), ink(key).at + 1)) {
    const own = ink(key);
    const fewer = Object.keys(own.strokes).some((id) => !(id in strokes));
    inks.set(key, { at, gone: fewer ? at : own.gone, strokes });
    while (inks.size > 500) inks.delete(inks.keys().next().value);
    if (key === kami.keyOf(kami.current)) draw();
    clearTimeout(saving);
    saving = setTimeout(save, 200);
  }

  function save() {
    clearTimeout(saving);
    saving = 0;
    try {
      sessionStorage.setItem(kami.storeName("ink"), JSON.stringify([...inks]));
    } catch {
      // without storage, or with a full one, the ink lives as long as the windows
    }
  }

  function restore() {
    try {
      for (const [key, kept] of JSON.parse(sessionStorage.getItem(kami.storeName("ink"))) || []) {
        if (isInk(kept)) inks.set(key, kept);
      }
    } catch {
      // no storage, or not ours
    }
  }

  const isStroke = (points) => Array.isArray(points) && points.length > 2 && points.length <= STROKE_NUMBERS_MAX + 2 &&
    points.every(Number.isFinite);
  const isInk = (kept) => kept && Number.isInteger(kept.at) && Number.isInteger(kept.gone) && kept.strokes && typeof kept.strokes === "object" &&
    Object.keys(kept.strokes).length <= STROKES_MAX + 9 && Object.values(kept.strokes).every(isStroke);

  // Another window has drawn, taken back or wiped.
  function take(message) {
    if (message.type === "laser") return shine(message.slide === kami.keyOf(kami.current) ? message.spot : null);
    if (message.type !== "ink" || typeof message.slide !== "string" || !Number.isInteger(message.at)) return;
    const { slide, id, ids, points, at } = message;
    const own = ink(slide);
    if (Array.isArray(ids)) {
      const kept = Object.entries(own.strokes).filter(([id]) => ids.includes(id));
      if (at > own.at) change(slide, Object.fromEntries(kept), at);
    } else if (/^[a-z0-9]+-[a-z0-9]*$/.test(id) && isStroke(points) && at >= own.gone) {
      change(slide, { ...own.strokes, [id]: points }, Math.max(own.at, at));
    }
  }

  // Which strokes there are, then each of them: a message stays as short as the server wants it.
  function tellSlide(key) {
    const { at, strokes } = ink(key);
    kami.send({ type: "ink", slide: key, at, ids: Object.keys(strokes) });
    for (const [id, points] of Object.entries(strokes)) kami.send({ type: "ink", slide: key, at, id, points });
  }

  function undo() {
    const key = kami.keyOf(kami.current);
    const strokes = { ...ink(key).strokes };
    const last = Object.keys(strokes).at(-1);
    if (!last) return;
    delete strokes[last];
    lessen(key, strokes);
  }

  const clear = () => lessen(kami.keyOf(kami.current), {});

  function lessen(key, strokes) {
    change(key, strokes);
    kami.send({ type: "ink", slide: key, at: ink(key).at, ids: Object.keys(strokes) });
  }

  // ---- on the screen -------------------------------------------------------------------------

  function svg(tag, attributes) {
    const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
    return element;
  }

  // A curve through the middles between the points.
  function curve([, ...p]) {
    if (p.length < 4) return `M${p[0]} ${p[1]}h0`;
    let path = `M${p[0]} ${p[1]}`;
    for (let i = 2; i + 3 < p.length; i += 2) {
      path += `Q${p[i]} ${p[i + 1]} ${(p[i] + p[i + 2]) / 2} ${(p[i + 1] + p[i + 3]) / 2}`;
    }
    return `${path}L${p.at(-2)} ${p.at(-1)}`;
  }

  function draw() {
    const card = kami.current;
    const { strokes } = ink(kami.keyOf(card));
    const ids = Object.keys(strokes);
    let layer = card.querySelector(":scope > .ink");
    if (!layer && !ids.length) return;
    const section = kami.sectionOf(card);
    if (!layer) {
      layer = svg("svg", { class: "ink", "aria-hidden": "true", "data-kami-keep": "" });
      card.append(layer);
    }
    layer.setAttribute("viewBox", `0 0 ${section.offsetWidth} ${section.offsetHeight}`);
    layer.dataset.tone = kami.groundOf(card).tone;
    for (const path of [...layer.children]) if (!(path.dataset.id in strokes)) path.remove();
    for (const id of ids) {
      let path = [...layer.children].find((child) => child.dataset.id === id);
      if (!path) layer.append((path = svg("path", { "data-id": id, "stroke-width": strokes[id][0] })));
      const d = curve(strokes[id]);
      if (path.getAttribute("d") !== d) path.setAttribute("d", d);
    }
  }

  function shine(spot) {
    const lit = Array.isArray(spot) && spot.every(Number.isFinite);
    if (!lit) return beam && beam.remove();
    if (!beam) beam = kami.make("i", { class: "laser", "aria-hidden": "true", "data-kami-keep": "" }, []);
    if (beam.parentElement !== kami.current) kami.current.append(beam);
    beam.style.translate = `${spot[0] * 100}cqw ${spot[1] * 100}cqw`;
  }

  // ---- the hand --------------------------------------------------------------------------------

  // A place on the slide in its own pixels; `null` beside it.
  function spotOf(event) {
    const section = kami.sectionOf(kami.current);
    const box = section.getBoundingClientRect();
    const scale = section.offsetWidth / box.width;
    const x = (event.clientX - box.left) * scale, y = (event.clientY - box.top) * scale;
    const inside = x >= 0 && y >= 0 && x <= section.offsetWidth && y <= section.offsetHeight;
    return inside ? [x, y].map((value) => Math.round(value * 10) / 10) : null;
  }

  function onDown(event) {
    if (mode() !== "draw" || event.button || kami.view() === "overview" || !kami.isOnCards(event.target)) return;
    const spot = spotOf(event);
    if (!spot) return;
    event.preventDefault();
    kami.rest();
    const key = kami.keyOf(kami.current);
    const strokes = Object.values(ink(key).strokes);
    const spent = strokes.reduce((sum, points) => sum + points.length, 0);
    if (spent < NUMBERS_MAX && strokes.length < STROKES_MAX) begin(key, [width, ...spot]);
  }

  function begin(key, points) {
    pen = { key, id: `${Date.now().toString(36)}-${Math.random().toString(36).slice(2, 6)}`, points };
    wet();
  }

  function onMove(event) {
    if (mode() === "laser" && kami.view() !== "overview") return point(event);
    if (!pen) return;
    const events = event.getCoalescedEvents ? event.getCoalescedEvents() : [];
    for (const one of events.length ? events : [event]) {
      const spot = spotOf(one);
      const { points, key } = pen;
      if (!spot || Math.hypot(spot[0] - points.at(-2), spot[1] - points.at(-1)) < 3) continue;
      points.push(...spot);
      if (points.length > STROKE_NUMBERS_MAX) {
        spread();
        begin(key, [width, ...spot]);
      }
    }
    wet();
  }

  function onUp() {
    if (pen) spread();
    pen = null;
  }

  // Once a frame, whatever the pointer's own rate.
  function wet() {
    waiting = waiting || requestAnimationFrame(spread);
  }

  function spread() {
    cancelAnimationFrame(waiting);
    waiting = 0;
    if (!pen) return;
    const { key, id, points } = pen;
    change(key, { ...ink(key).strokes, [id]: [...points] });
    kami.send({ type: "ink", slide: key, id, points, at: ink(key).at });
  }

  let pointed = 0;

  function point(event) {
    const spot = spotOf(event);
    const size = kami.sectionOf(kami.current).offsetWidth;
    const share = spot && spot.map((value) => Math.round((value / size) * 1e4) / 1e4);
    shine(share);
    cancelAnimationFrame(pointed);
    pointed = requestAnimationFrame(() => kami.send({ type: "laser", slide: kami.keyOf(kami.current), spot: share }));
  }

  // ---- modes -----------------------------------------------------------------------------------

  function setMode(name) {
    const was = mode();
    onUp();
    kami.tell("above");
    root.dataset.mode = name === was ? "" : name;
    if (was === "laser") {
      shine(null);
      kami.send({ type: "laser", slide: kami.keyOf(kami.current), spot: null });
    }
    for (const button of document.querySelectorAll("[data-do=laser], [data-do=draw]")) {
      button.setAttribute("aria-pressed", button.dataset.do === mode());
    }
    if (mode() === "draw") kami.wake();
    else kami.rest();
    kami.ui.status.textContent = mode() ? kami.ui.strings[mode()] : "";
  }

  function widen(by) {
    width = WIDTHS[kami.clamp(WIDTHS.indexOf(width) + by, 0, WIDTHS.length - 1)];
    root.style.setProperty("--pen", `${width}px`);
  }

  const drawing = (act) => () => mode() === "draw" && act();

  function listen() {
    restore();
    // What is not kept yet when the window goes.
    addEventListener("pagehide", () => saving && save());
    addEventListener("pointerdown", onDown);
    addEventListener("pointermove", onMove, { passive: true });
    for (const end of ["pointerup", "pointercancel"]) addEventListener(end, onUp);
    addEventListener("keydown", (event) => {
      if (event.key !== "z" || !(event.ctrlKey || event.metaKey) || mode() !== "draw") return;
      event.preventDefault();
      undo();
    });
  }

  kami.setMode = setMode;
  Object.assign(kami.keys, {
    l: () => setMode("laser"), d: () => setMode("draw"),
    u: drawing(undo), Backspace: drawing(undo), x: drawing(clear), Delete: drawing(clear),
    "[": drawing(() => widen(-1)), "]": drawing(() => widen(1)),
  });
  Object.assign(kami.actions, {
    laser: kami.keys.l, draw: kami.keys.d, undo, clear, thinner: () => widen(-1), thicker: () => widen(1),
  });
  kami.parts.push({
    begin: listen,
    show() {
      if (beam && beam.parentElement !== kami.current) shine(null);
      draw();
    },
    take,
    retell: () => [...inks.keys()].forEach(tellSlide),
    rename(keys) {
      inks = new Map([...inks].map(([key, kept]) => [keys[key] || key, kept]));
    },
  });
})();
