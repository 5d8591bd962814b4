// A deck in the browser. One absolute state, {deck, slide, number, step, blank, at}, is shown by
// whichever view this window has; a key press touches the card it leaves and the card it enters.
// `at` is when a hand last moved it: between windows the latest move holds.
// The scripts beside this one (overview, link, transition, and later ink and presenter) put themselves
// into `kami.parts` and are told what happens: start, show, patch, something above the cards, and each message
// of another window.
(function () {
  "use strict";

  const root = document.documentElement;
  const source = document.currentScript?.src ?? "";
  const asked = new URLSearchParams(location.search).get("view");
  const home = asked === "presenter" ? "presenter" : "stage";
  root.dataset.view = ["presenter", "overview", "print"].includes(asked) ? asked : "stage";

  const here = { number: 1, step: 0, blank: "", at: 0 };
  const ui = {};
  let cards = [], numbers, current, currentKey;
  let grounds = new WeakMap();

  const view = () => root.dataset.view;
  const sectionOf = (card) => card.querySelector(".slide");
  const stepsOf = (card) => Number(sectionOf(card).dataset.steps) || 0;
  const keyOf = (card) => sectionOf(card).dataset.slide;
  const clamp = (value, low, high) => Math.min(Math.max(value, low), high);

  function tell(what, ...about) {
    for (const part of kami.parts) if (part[what]) part[what](...about);
  }

  function readCards() {
    kami.deck = document.querySelector("main.deck");
    kami.cards = cards = [...kami.deck.querySelectorAll(":scope > .card")];
    numbers = new Map(cards.map((card, index) => [keyOf(card), index + 1]));
    grounds = new WeakMap();
  }

  // ---- what comes later ----------------------------------------------------------------------

  // The pen, the timer and the speaker's window are loaded when they are asked for. The page keeps the
  // elements in a template, because a script may not make up the address of another one.
  let coming = null, begun = 0;

  function later() {
    coming ||= bring(document.querySelector("template.later"));
    return coming;
  }

  async function bring(template) {
    const parts = template ? [...template.content.cloneNode(true).children] : [];
    const wanted = parts.filter((part) => home === "presenter" || !("speaker" in part.dataset));
    await Promise.all(wanted.map((part) => new Promise((done) => {
      part.async = false;
      part.dataset.kamiKeep = "";
      part.onload = done;
      part.onerror = () => done((coming = null));
      document.body.append(part);
    })));
    for (const part of begun ? kami.parts.slice(begun) : []) {
      for (const what of ["begin", "start", "show"]) part[what]?.();
    }
    if (begun) begun = kami.parts.length;
  }

  // A worker keeps what was visited for a day without a network, and a speaker then needs what comes later, too.
  // Files have no worker, and a server that watches the sources wants none.
  async function keepOffline() {
    const worker = navigator.serviceWorker, scope = source.match(/^https?:.*\/(?=assets\/[^/]+$)/)?.[0];
    if (!worker || !scope || document.querySelector('script[src^="/_kami/"]')) return;
    worker.addEventListener("message", ({ data }) => {
      // A newer talk came while the older one was shown; once a hand has moved it, it stays.
      if (data?.kami === "newer" && !here.at && view() === "stage") location.reload();
    });
    if (document.readyState !== "complete") await new Promise((done) => addEventListener("load", done, { once: true }));
    const isNew = !worker.controller;
    const address = `${scope}sw.js`;
    const policy = window.trustedTypes?.createPolicy("kami", { createScriptURL: () => address });
    await worker.register(policy ? policy.createScriptURL("") : address, { scope });
    const { active } = await worker.ready;
    const parts = document.querySelector("template.later")?.content.children ?? [];
    const urls = [...parts].map((part) => new URL(part.getAttribute("src") || part.getAttribute("href"), document.baseURI).href);
    // This page was read before there was a worker to keep it; its icon and letters may be on their way.
    if (isNew) urls.push(location.href, document.querySelector("link[rel=icon]")?.href);
    const known = () => (isNew ? performance.getEntriesByType("resource").map(({ name }) => name) : []);
    const sayRead = () => active.postMessage({ kami: "visited", urls: [...urls, ...known()] });
    sayRead();
    if (isNew) document.fonts.addEventListener("loadingdone", sayRead);
  }

  function perform(table, name) {
    if (Object.hasOwn(table, name)) table[name]();
    else later().then(() => table[name]?.());
  }

  // A window that is loaded anew finds what it drew and how long the talk has been going on.
  function isKept(what) {
    try {
      return sessionStorage.getItem(kami.storeName(what)) !== null;
    } catch {
      return false;
    }
  }

  // ---- state -------------------------------------------------------------------------------

  function state() {
    return { deck: kami.deck.dataset.deck, slide: keyOf(cards[here.number - 1]), ...here };
  }

  function place(number, step) {
    number = clamp(number, 1, cards.length);
    return { number, step: clamp(step, 0, stepsOf(cards[number - 1])) };
  }

  // `by` is "hand" for a key or a button, "url" for the address bar, "window" for another window.
  function move(number, step, by = "hand") {
    const from = here.number;
    Object.assign(here, place(number, step));
    if (by === "hand") setBlank("");
    if (here.number === from || !kami.transit || !kami.transit(from, show)) show();
    if (by !== "url") writeUrl(by === "hand");
    if (here.number !== from) announce();
    if (by !== "window") publish();
  }

  function publish() {
    here.at = Math.max(Date.now(), here.at + 1);
    kami.send({ type: "stage", ...state() });
    document.dispatchEvent(new CustomEvent("kami:moved", { detail: state() }));
  }

  function forward() {
    if (here.step < stepsOf(cards[here.number - 1])) move(here.number, here.step + 1);
    else if (here.number < cards.length) move(here.number + 1, 0);
    else showAgain();
  }

  function back() {
    if (here.step > 0) move(here.number, here.step - 1);
    else if (here.number > 1) move(here.number - 1, Infinity);
    else showAgain();
  }

  // Everything left on this slide at once; when there is nothing left, the whole next slide.
  function reveal() {
    const ahead = here.step < stepsOf(cards[here.number - 1]) ? 0 : 1;
    if (here.number + ahead <= cards.length) move(here.number + ahead, Infinity);
    else showAgain();
  }

  // Where no slide is left to go to, a key still brings back the one behind a black screen.
  function showAgain() {
    if (here.blank) blank("");
  }

  function setBlank(colour) {
    here.blank = colour;
    root.dataset.blank = colour;
  }

  function blank(colour) {
    setBlank(here.blank === colour ? "" : colour);
    publish();
    tell("show");
  }

  let heard = 0;

  // Another window has moved. What names no place of this deck, or is older than what is shown, is not obeyed.
  // A window that only follows goes where it likes in between, and that makes nothing of the talk older.
  function obey({ slide, number, step = 0, blank, at = Math.max(Date.now(), here.at + 1) }, far) {
    number = numbers.get(slide) || number;
    const valid = [number, step, at].every(Number.isInteger);
    const last = far && window.kamiLive?.isFollower ? heard : here.at;
    if (!valid || (last && at <= last)) return false;
    if (far) heard = at;
    here.at = Math.max(at, here.at);
    setBlank(["black", "white"].includes(blank) ? blank : "");
    move(number, step, "window");
    return true;
  }

  // ---- the screen --------------------------------------------------------------------------

  function show() {
    const card = cards[here.number - 1];
    if (card !== current) {
      if (current) current.classList.remove("current");
      for (const player of current ? current.querySelectorAll("video, audio") : []) player.pause();
      for (const frame of current ? current.querySelectorAll("iframe.video") : []) frame.rest();
      playBehind(current, false);
      card.classList.add("current");
      kami.current = current = card;
      currentKey = keyOf(card);
    }
    if (window.kamiFit) window.kamiFit([sectionOf(card)]);
    showSteps(card, here.step);
    showFrame(card);
    playBehind(card, view() === "stage" && !matchMedia("(prefers-reduced-motion: reduce)").matches);
    tell("show");
  }

  // A film behind a slide plays while it is shown on a stage; else there is its poster, as before it played.
  function playBehind(card, plays) {
    for (const film of card ? card.querySelectorAll(".slide-backgrounds video") : []) {
      if (plays) film.play().catch(() => {});
      else if (film.played.length) film.load();
    }
  }

  function showSteps(card, step) {
    for (const element of card.querySelectorAll("[data-step]")) {
      element.classList.toggle("shown", Number(element.dataset.step) <= step);
      element.classList.toggle("latest", Number(element.dataset.step) === step);
    }
    for (const code of card.querySelectorAll("pre[data-lines]")) showLines(code, step);
  }

  // "0 2-3 5-": the steps at which a line of code is lit. Where none is, none is dimmed.
  const isLit = (line, step) => line.dataset.on.split(" ").some((range) => {
    const [from, to = from] = range.split("-");
    return from && step >= from && (!to || step <= to);
  });

  function showLines(code, step) {
    const lines = [...code.querySelectorAll("[data-on]")];
    const lit = lines.filter((line) => isLit(line, step));
    for (const line of lines) line.classList.toggle("dim", lit.length > 0 && !lit.includes(line));
    if (!lit.length || code.scrollHeight <= code.clientHeight + 1) return;
    // Boxes are measured as drawn, the block scrolls as laid out.
    const box = code.getBoundingClientRect();
    const scale = box.height / code.offsetHeight || 1;
    const above = (lit[0].getBoundingClientRect().top - box.top) / scale;
    code.scrollTop += above - code.clientHeight / 4;
  }

  function showFrame(card) {
    const ground = groundOf(card);
    kami.deck.style.backgroundColor = view() === "stage" ? ground.colour : "";
    if (root.dataset.tone !== ground.tone) root.dataset.tone = ground.tone;
    ui.progress.style.transform = `scaleX(${cards.length > 1 ? (here.number - 1) / (cards.length - 1) : 1})`;
    ui.count.textContent = `${here.number} / ${cards.length}`;
  }

  // The letterbox is the slide's own ground, so the slide seems to fill the screen.
  function groundOf(card) {
    const section = sectionOf(card);
    if (!grounds.has(section)) {
      const colour = getComputedStyle(section).backgroundColor;
      const [r, g, b, alpha = 1] = (colour.match(/[\d.]+/g) || [255, 255, 255]).map(Number);
      const dark = /^rgb/.test(colour) && alpha > 0 && 0.299 * r + 0.587 * g + 0.114 * b < 128;
      grounds.set(section, { colour, tone: dark ? "dark" : "light" });
    }
    return grounds.get(section);
  }

  const fill = (text, values) => text.replace(/\{(\w+)\}/g, (all, name) => values[name] ?? all);

  function announce(card = cards[here.number - 1]) {
    const title = card.dataset.title || "";
    const words = { n: card.dataset.number, total: cards.length, title };
    ui.status.textContent = fill(title ? ui.strings.place : ui.strings.placeUntitled, words);
  }

  function setView(name) {
    root.dataset.view = name;
    // A speaker's window that is loaded anew is one again, whatever it showed for a moment.
    const query = home === "presenter" ? "?view=presenter" : name === "stage" ? "" : `?view=${name}`;
    tryHistory("replaceState", location.pathname + query + hashOf());
    show();
  }

  // ---- address -----------------------------------------------------------------------------

  const hashOf = () => `#${here.number}${here.step ? `.${here.step}` : ""}`;

  function tryHistory(method, url) {
    try {
      history[method](null, "", url);
    } catch {
      // a file:// page may not rewrite its address in every browser; the deck goes on without
    }
  }

  // Browsers refuse more than some twenty entries a second; a held key must not come near that.
  const allowance = { left: 40, since: 0, later: 0 };

  function writeUrl(push) {
    const now = performance.now();
    clearTimeout(allowance.later);
    allowance.left = Math.min(40, allowance.left + ((now - allowance.since) / 1000) * 4);
    allowance.since = now;
    if (allowance.left < 1) {
      allowance.later = setTimeout(writeUrl, 300, push);
    } else if (location.hash !== hashOf()) {
      allowance.left -= 1;
      tryHistory(push ? "pushState" : "replaceState", hashOf());
    }
  }

  // "#7", "#7.2", a slide's key, or the id of anything inside a slide, shown with the step it is in
  function placeOf(hash) {
    let anchor = hash.slice(1).replace(/:~:.*$/, "");
    try {
      anchor = decodeURIComponent(anchor);
    } catch {
      // a lone % is part of the name
    }
    const written = /^(\d+)(?:\.(\d+))?$/.exec(anchor);
    // beyond the last slide a number may be the id of a heading
    const isPast = written && Number(written[1]) > cards.length;
    if (written && !(isPast && document.getElementById(anchor))) return place(Number(written[1]), Number(written[2] || 0));
    if (numbers.has(anchor)) return place(numbers.get(anchor), 0);
    const element = anchor && (document.getElementById(anchor) || document.getElementsByName(anchor)[0]);
    const card = element && element.closest("main.deck > .card");
    if (!card) return null;
    const step = element.closest("[data-step]");
    return place(cards.indexOf(card) + 1, step ? Number(step.dataset.step) : 0);
  }

  function obeyUrl() {
    const wanted = placeOf(location.hash) || (location.hash ? null : place(1, 0));
    if (wanted && (wanted.number !== here.number || wanted.step !== here.step)) {
      move(wanted.number, wanted.step, "url");
    }
  }

  // Back and forward lead out of the overview and into it, as they lead from place to place.
  function obeyHistory() {
    obeyUrl();
    if (home === "presenter") return;
    const isWanted = new URLSearchParams(location.search).get("view") === "overview";
    if (isWanted !== (view() === "overview")) kami.overview();
  }

  // "#7" with "?f=2" is how Marp writes "#7.2"; it is of the place that was opened, not of those that follow.
  function placeAtStart() {
    const wanted = placeOf(location.hash);
    const query = new URLSearchParams(location.search);
    const step = Number(query.get("f"));
    if (!query.has("f")) return wanted;
    query.delete("f");
    const found = !wanted?.step && step > 0 && Number.isInteger(step) && (wanted || !location.hash) ? place(wanted?.number ?? 1, step) : wanted;
    const hash = found ? `#${found.number}${found.step ? `.${found.step}` : ""}` : location.hash;
    tryHistory("replaceState", location.pathname + (String(query) && `?${query}`) + hash);
    return found;
  }

  // ---- keys --------------------------------------------------------------------------------

  // Other scripts add theirs. A clicker says PageUp, PageDown, `.` or `b`, and F5 and Escape to begin and end.
  const KEYS = {
    ArrowRight: forward, ArrowDown: forward, PageDown: forward, " ": forward, Enter: forward,
    ArrowLeft: back, ArrowUp: back, PageUp: back,
    Home: () => move(1, 0),
    End: () => move(cards.length, Infinity),
    f: toggleFullscreen, F5: () => document.fullscreenElement || toggleFullscreen(),
    b: () => blank("black"), ".": () => blank("black"), w: () => blank("white"),
    "?": () => {
      tell("above");
      ui.help.showModal();
    },
    Escape: leaveMode,
  };

  const ACTIONS = { forward, back, fullscreen: toggleFullscreen, help: KEYS["?"] };

  // What a key does once, it does once however long it is held: a screen must not flicker between black and white.
  const HELD = /^(Arrow|Page| |[-+[\]])/;

  // Whoever has the focus on one of these types into it, or plays it, until Escape gives the keys back.
  const KEEPS_KEYS = "input, textarea, select, video, audio, [contenteditable], main.deck button";

  // On a keyboard whose brackets need AltGr that key is no chord.
  const isChord = (event) => (event.ctrlKey || event.altKey || event.metaKey) && !event.getModifierState("AltGraph");

  function onKey(event) {
    if (isChord(event) || event.isComposing) return;
    const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    if (document.querySelector("dialog[open]")) return key === "?" && !event.repeat && ui.help.close();
    const at = event.target.closest?.(KEEPS_KEYS);
    if (at && key === "Escape") return at.blur();
    // A clicker goes on after a film was started by hand.
    if (at && !(/^Page/.test(key) && at.matches("video, audio, button"))) return;
    if (/^( |Enter)$/.test(key) && event.target.closest?.("a[href], button, summary") && !typed) return;
    if (event.target.closest?.("[role=separator]") && /^Arrow|Home|End/.test(key)) return;
    if (event.repeat && !HELD.test(key) ? isOurs(key) : obeyKey(key, event.shiftKey)) event.preventDefault();
  }

  const isOurs = (key) => Object.hasOwn(KEYS, key) || /^[\dldte]$/.test(key);

  function obeyKey(key, shift) {
    if (view() === "overview") return kami.browse(key);
    if (typeNumber(key)) return true;
    if (shift && key === "ArrowRight") return reveal(), true;
    if (shift && key === " ") return back(), true;
    // Alone it opens the editor.
    if (key === "e" && !shift) return false;
    if (!isOurs(key)) return false;
    rest();
    perform(KEYS, key);
    return true;
  }

  let typed = "";

  // digits, then Enter
  function typeNumber(key) {
    if (/^\d$/.test(key)) return showTyped((typed + key).slice(-4));
    if (!typed) return false;
    const number = Number(typed);
    showTyped("");
    if (key === "Enter") move(number, 0);
    return key === "Enter" || key === "Escape";
  }

  let typedTimer = 0;

  function showTyped(text) {
    typed = text;
    ui.typed.textContent = text;
    ui.typed.hidden = !text;
    clearTimeout(typedTimer);
    if (text) typedTimer = setTimeout(showTyped, 4000, "");
    return true;
  }

  function leaveMode() {
    if (ui.message.firstChild) ui.message.replaceChildren();
    else if (root.dataset.mode) kami.setMode("");
    else if (here.blank) blank("");
    else kami.overview();
  }

  // ---- the screen of the room ----------------------------------------------------------------

  function toggleFullscreen() {
    if (document.fullscreenElement) document.exitFullscreen();
    else if (root.requestFullscreen) root.requestFullscreen().catch(() => {});
  }

  let lock = null;

  // No screen goes dark while somebody presents: in full screen, beside a presenter view, or in one.
  function keepAwake() {
    const wanted = home === "presenter" || kami.led || document.fullscreenElement;
    if (lock || !wanted || document.hidden || !navigator.wakeLock) return;
    const free = () => (lock = null);
    lock = navigator.wakeLock.request("screen").then((held) => held.addEventListener("release", free), free);
  }

  let resting = 0;

  function wake() {
    root.classList.add("awake");
    clearTimeout(resting);
    resting = setTimeout(rest, 2500);
  }

  function rest() {
    if (ui.controls.matches(":hover")) return;
    clearTimeout(resting);
    root.classList.remove("awake");
  }

  // ---- pointer, wheel, touch -----------------------------------------------------------------

  function onClick(event) {
    const button = event.target.closest("[data-do]");
    const card = event.target.closest("main.deck > .card");
    const link = event.target.closest("main.deck a[href]");
    // the speaker's window stays where it is
    if (home === "presenter" && link && !link.getAttribute("href").startsWith("#")) link.target = "_blank";
    if (button) {
      if (event.detail) button.blur();
      perform(ACTIONS, button.dataset.do);
    } else if (card && view() === "overview") {
      event.preventDefault();
      kami.choose(card);
    }
  }

  const wheel = { at: 0, size: 0, moved: 0 };

  // One slide a notch; the long tail of a trackpad's swing, which only ever gets smaller, is none.
  function onWheel(event) {
    if (view() !== "stage" || event.ctrlKey || document.querySelector("dialog[open]") || scrolls(event.target)) return;
    const size = Math.abs(event.deltaY) > Math.abs(event.deltaX) ? event.deltaY : event.deltaX;
    const tail = event.timeStamp - wheel.at < 150 && Math.abs(size) < wheel.size;
    wheel.at = event.timeStamp;
    wheel.size = Math.abs(size);
    if (!size || tail || event.timeStamp - wheel.moved < 250) return;
    wheel.moved = event.timeStamp;
    if (size > 0) forward();
    else back();
  }

  function scrolls(element, axis = "xy") {
    for (; element && element !== kami.deck; element = element.parentElement) {
      const style = getComputedStyle(element);
      if (axis !== "x" && /auto|scroll/.test(style.overflowY) && element.scrollHeight > element.clientHeight + 1) return true;
      if (/auto|scroll/.test(style.overflowX) && element.scrollWidth > element.clientWidth + 1) return true;
    }
    return false;
  }

  let touch = null;

  // While one card gives way to the next, what the browser draws of them lies over the page.
  const isOnCards = (target) => target === root || kami.deck.contains(target);

  function onTouchStart(event) {
    if (!isOnCards(event.target)) return;
    const alone = event.touches.length === 1 && (!window.visualViewport || visualViewport.scale < 1.05);
    touch = alone && !root.dataset.mode && !scrolls(event.target, "x") ? event.touches[0] : null;
    if (root.dataset.mode && !isBusy({ clientY: event.touches[0].clientY, buttons: 1 })) wake();
  }

  function onTouchEnd(event) {
    if (!touch || view() === "overview" || view() === "print") return;
    const dx = event.changedTouches[0].clientX - touch.clientX;
    const dy = event.changedTouches[0].clientY - touch.clientY;
    touch = null;
    if (Math.abs(dx) > 40 && Math.abs(dx) > 1.5 * Math.abs(dy)) (dx < 0 ? forward : back)();
    else if (Math.hypot(dx, dy) < 10) wake();
  }

  // Whoever points or draws wants nothing on the slide but that, unless the hand goes to where the controls are.
  const isBusy = ({ clientY, buttons }) => {
    const works = root.dataset.mode === "laser" || (root.dataset.mode === "draw" && buttons);
    return works && clientY < innerHeight - 80;
  };

  // A page that moves under a resting pointer also sends pointermove; only a hand has movement.
  function onPointer(event) {
    if (event.pointerType !== "touch" && (event.movementX || event.movementY) && !isBusy(event)) wake();
  }

  function listen() {
    addEventListener("keydown", onKey);
    addEventListener("hashchange", obeyUrl);
    addEventListener("popstate", obeyHistory);
    addEventListener("pointermove", onPointer, { passive: true });
    addEventListener("wheel", onWheel, { passive: true });
    addEventListener("touchstart", onTouchStart, { passive: true });
    addEventListener("touchend", onTouchEnd, { passive: true });
    document.addEventListener("click", onClick);
    document.addEventListener("kami:patched", afterPatch);
    document.addEventListener("fullscreenchange", keepAwake);
    document.addEventListener("visibilitychange", keepAwake);
  }

  // ---- start -------------------------------------------------------------------------------

  function make(tag, attributes, children) {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
    element.append(...children);
    return element;
  }

  // live reload leaves what is marked to be kept
  function addParts(template) {
    const parts = template.content.cloneNode(true);
    for (const element of parts.children) element.dataset.kamiKeep = "";
    document.body.append(parts);
  }

  function makeFrame() {
    const template = document.querySelector("template.frame");
    addParts(template);
    for (const name of ["progress", "controls", "count", "typed", "message", "status", "help", "search"]) {
      ui[name] = document.querySelector(`body > .${name}, .controls > .${name}`);
    }
    ui.strings = template.dataset;
    // There is something to follow only where `kami serve` tells of edits.
    ui.controls.querySelector("[data-do=follow]").hidden = !window.kamiLive;
    const works = { [home]: true, live: window.kamiLive, editor: document.querySelector("body > .kami-edit") };
    for (const row of ui.help.querySelectorAll("[data-only]")) if (!works[row.dataset.only]) row.remove();
  }

  let lost = null;

  // Live reload has patched the cards: our classes are gone from them, slides may have come or left.
  function afterPatch(event) {
    const { keys = {}, slide, step } = event.detail || {};
    readCards();
    tell("rename", keys);
    const found = numbers.get(currentKey) || numbers.get(keys[currentKey]);
    // What was cut, or lost for a moment, is shown again where it comes back before a hand has moved.
    if (lost?.at !== here.at) lost = null;
    if (!found) lost ||= { key: currentKey, step: here.step, at: here.at };
    const again = lost && numbers.get(lost.key);
    here.number = again || found || cards.indexOf(current) + 1 || here.number;
    if (again) here.step = lost.step;
    if (again) lost = null;
    Object.assign(here, place(here.number, here.step));
    current = null;
    for (const card of kami.deck.querySelectorAll(":scope > .current")) card.classList.remove("current");
    if (window.kamiFit) window.kamiFit(cards.map(sectionOf));
    show();
    if (placeOf(location.hash)?.number !== here.number) writeUrl(false);
    tell("patch", slide, step);
  }

  function start() {
    readCards();
    makeFrame();
    listen();
    begun = kami.parts.length;
    tell("begin");
    Object.assign(here, placeAtStart() || {});
    current = null;
    show();
    announce();
    tell("start");
    keepAwake();
    if (["ink", "timer", "follow"].some(isKept)) later();
    // A browser that keeps nothing shows all the same.
    keepOffline().catch(() => {});
  }

  const kami = window.kami = {
    home, here, ui, parts: [], keys: KEYS, actions: ACTIONS, led: false, send() {},
    isOnCards, state, obey, move, show, showSteps, announce, setView, keepAwake, forward, back,
    wake, rest, view, keyOf, sectionOf, stepsOf, groundOf, clamp, fill, hashOf, make, addParts, tell,
    later, storeName: (what) => `kami:${kami.deck.dataset.site}:${kami.deck.dataset.deck}:${what}`,
  };
  document.addEventListener("DOMContentLoaded", () => (home === "presenter" ? later().then(start) : start()));
})();
