// A deck in the browser. One absolute state, {deck, slide, number, step, blank, at}, is shown by
// whichever view this window has; a key press touches the card it leaves and the card it enters.
// `at` is when a hand last moved it: between windows the latest move holds.
(function () {
  "use strict";

  const root = document.documentElement;
  const asked = new URLSearchParams(location.search).get("view");
  const home = asked === "presenter" ? "presenter" : "stage";
  root.dataset.view = ["presenter", "overview", "print"].includes(asked) ? asked : "stage";

  const here = { number: 1, step: 0, blank: "", at: 0 };
  const ui = {};
  let deck, cards, numbers, current, currentKey, marked, send, presenter;
  let grounds = new WeakMap();

  const view = () => root.dataset.view;
  const sectionOf = (card) => card.querySelector(".slide");
  const stepsOf = (card) => Number(sectionOf(card).dataset.steps) || 0;
  const keyOf = (card) => sectionOf(card).dataset.slide;
  const clamp = (value, low, high) => Math.min(Math.max(value, low), high);

  function readCards() {
    deck = document.querySelector("main.deck");
    cards = [...deck.querySelectorAll(":scope > .card")];
    numbers = new Map(cards.map((card, index) => [keyOf(card), index + 1]));
    grounds = new WeakMap();
  }

  // ---- state -------------------------------------------------------------------------------

  function state() {
    return { deck: deck.dataset.deck, slide: keyOf(cards[here.number - 1]), ...here };
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
    show();
    if (by !== "url") writeUrl(by === "hand" && here.number !== from);
    if (here.number !== from) announce();
    if (by !== "window") publish();
  }

  function publish() {
    here.at = Math.max(Date.now(), here.at + 1);
    send({ type: "state", ...state() });
    document.dispatchEvent(new CustomEvent("kami:moved", { detail: state() }));
  }

  function forward() {
    if (here.step < stepsOf(cards[here.number - 1])) move(here.number, here.step + 1);
    else if (here.number < cards.length) move(here.number + 1, 0);
  }

  function back() {
    if (here.step > 0) move(here.number, here.step - 1);
    else if (here.number > 1) move(here.number - 1, Infinity);
  }

  // Everything left on this slide at once; when there is nothing left, the whole next slide.
  function reveal() {
    const ahead = here.step < stepsOf(cards[here.number - 1]) ? 0 : 1;
    if (here.number + ahead <= cards.length) move(here.number + ahead, Infinity);
  }

  function setBlank(colour) {
    here.blank = colour;
    root.dataset.blank = colour;
  }

  function blank(colour) {
    setBlank(here.blank === colour ? "" : colour);
    publish();
    if (presenter) presenter.show();
  }

  // ---- the screen --------------------------------------------------------------------------

  function show() {
    const card = cards[here.number - 1];
    if (card !== current) {
      if (current) current.classList.remove("current");
      card.classList.add("current");
      current = card;
      currentKey = keyOf(card);
    }
    showSteps(card, here.step);
    showFrame(card);
    if (presenter) presenter.show();
  }

  function showSteps(card, step) {
    for (const element of card.querySelectorAll("[data-step]")) {
      element.classList.toggle("shown", Number(element.dataset.step) <= step);
      element.classList.toggle("latest", Number(element.dataset.step) === step);
    }
  }

  function showFrame(card) {
    const ground = groundOf(sectionOf(card));
    deck.style.backgroundColor = view() === "stage" ? ground.colour : "";
    if (root.dataset.tone !== ground.tone) root.dataset.tone = ground.tone;
    ui.progress.style.transform = `scaleX(${cards.length > 1 ? (here.number - 1) / (cards.length - 1) : 1})`;
    ui.count.textContent = `${here.number} / ${cards.length}`;
  }

  // The letterbox is the slide's own ground, so the slide seems to fill the screen.
  function groundOf(section) {
    if (!grounds.has(section)) {
      const colour = getComputedStyle(section).backgroundColor;
      const [r, g, b, alpha = 1] = (colour.match(/[\d.]+/g) || [255, 255, 255]).map(Number);
      const dark = /^rgb/.test(colour) && alpha > 0 && 0.299 * r + 0.587 * g + 0.114 * b < 128;
      grounds.set(section, { colour, tone: dark ? "dark" : "light" });
    }
    return grounds.get(section);
  }

  function announce() {
    ui.status.textContent = `${here.number} / ${cards.length} ${cards[here.number - 1].dataset.title}`;
  }

  function setView(name) {
    root.dataset.view = name;
    const query = name === "stage" ? "" : `?view=${name}`;
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
    if (written) return place(Number(written[1]), Number(written[2] || 0));
    if (numbers.has(anchor)) return place(numbers.get(anchor), 0);
    const element = anchor && document.getElementById(anchor);
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

  // ---- overview ----------------------------------------------------------------------------

  function openOverview() {
    setView("overview");
    mark(current);
  }

  function closeOverview() {
    mark(null);
    setView(home);
  }

  function mark(card) {
    if (marked) marked.removeAttribute("tabindex");
    marked = card;
    if (!card) return;
    card.tabIndex = -1;
    card.focus({ preventScroll: true });
    card.scrollIntoView({ block: "nearest" });
  }

  function columns() {
    return getComputedStyle(deck).gridTemplateColumns.split(" ").length;
  }

  function walk(key) {
    const steps = {
      ArrowRight: 1, ArrowLeft: -1, PageDown: 3 * columns(), PageUp: -3 * columns(),
      ArrowDown: columns(), ArrowUp: -columns(), Home: -Infinity, End: Infinity,
    };
    const index = cards.indexOf(marked);
    const wanted = index + steps[key];
    if (/Down|Up/.test(key) && /^Arrow/.test(key) && !cards[wanted]) return;
    mark(cards[clamp(wanted, 0, cards.length - 1)]);
  }

  function choose(card) {
    const number = cards.indexOf(card) + 1;
    closeOverview();
    move(number, number === here.number ? here.step : 0);
  }

  // ---- keys, pointer, touch ----------------------------------------------------------------

  const KEYS = {
    ArrowRight: forward, ArrowDown: forward, PageDown: forward, " ": forward, Enter: forward,
    ArrowLeft: back, ArrowUp: back, PageUp: back,
    Home: () => move(1, 0),
    End: () => move(cards.length, Infinity),
    o: () => (view() === "overview" ? closeOverview() : openOverview()),
    p: openPresenter, s: openPresenter,
    f: toggleFullscreen,
    b: () => blank("black"), ".": () => blank("black"), w: () => blank("white"),
    t: () => (presenter ? presenter.toggle() : send({ type: "timer" })),
    "?": () => ui.help.showModal(),
    "+": () => presenter && presenter.size(1), "-": () => presenter && presenter.size(-1),
    Escape: leaveMode,
  };

  const ACTIONS = {
    forward, back, overview: KEYS.o, presenter: openPresenter, fullscreen: toggleFullscreen, help: KEYS["?"],
    timer: KEYS.t, reset: () => presenter.reset(), smaller: KEYS["-"], larger: KEYS["+"],
  };

  function onKey(event) {
    if (event.ctrlKey || event.altKey || event.metaKey || event.isComposing || ui.help.open) return;
    if (event.target.closest("input, textarea, select, video, audio, [contenteditable]")) return;
    const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    if (/^( |Enter)$/.test(key) && event.target.closest("a[href], button, summary") && !typed) return;
    if (obeyKey(key, event.shiftKey)) event.preventDefault();
  }

  function obeyKey(key, shift) {
    if (typeNumber(key)) return true;
    if (view() === "overview" && /^(Arrow|Page|Home|End)/.test(key)) return walk(key), true;
    if (view() === "overview" && /^( |Enter)$/.test(key)) return choose(marked), true;
    if (shift && key === "ArrowRight") return reveal(), true;
    if (shift && key === " ") return back(), true;
    if (!Object.hasOwn(KEYS, key)) return false;
    rest();
    KEYS[key]();
    return true;
  }

  let typed = "";

  // digits, then Enter
  function typeNumber(key) {
    if (/^\d$/.test(key)) return showTyped((typed + key).slice(-4));
    if (!typed) return false;
    const number = Number(typed);
    showTyped("");
    if (key !== "Enter") return key === "Escape";
    if (view() === "overview") closeOverview();
    move(number, 0);
    return true;
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
    else if (here.blank) blank("");
    else if (view() === "overview") closeOverview();
    else openOverview();
  }

  function toggleFullscreen() {
    if (document.fullscreenElement) document.exitFullscreen();
    else if (root.requestFullscreen) root.requestFullscreen().catch(() => {});
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

  function onClick(event) {
    const button = event.target.closest("[data-do]");
    const card = event.target.closest("main.deck > .card");
    const link = event.target.closest("main.deck a[href]");
    // the speaker's window stays where it is
    if (presenter && link && !link.getAttribute("href").startsWith("#")) link.target = "_blank";
    if (button) {
      if (event.detail) button.blur();
      ACTIONS[button.dataset.do]();
    } else if (card && view() === "overview") {
      event.preventDefault();
      choose(card);
    }
  }

  const wheel = { at: 0, size: 0, moved: 0 };

  // One slide a notch; the long tail of a trackpad's swing, which only ever gets smaller, is none.
  function onWheel(event) {
    if (view() !== "stage" || event.ctrlKey || scrolls(event.target)) return;
    const size = Math.abs(event.deltaY) > Math.abs(event.deltaX) ? event.deltaY : event.deltaX;
    const tail = event.timeStamp - wheel.at < 150 && Math.abs(size) < wheel.size;
    wheel.at = event.timeStamp;
    wheel.size = Math.abs(size);
    if (!size || tail || event.timeStamp - wheel.moved < 250) return;
    wheel.moved = event.timeStamp;
    if (size > 0) forward();
    else back();
  }

  function scrolls(element) {
    for (; element && element !== deck; element = element.parentElement) {
      const style = getComputedStyle(element);
      if (/auto|scroll/.test(style.overflowY) && element.scrollHeight > element.clientHeight + 1) return true;
      if (/auto|scroll/.test(style.overflowX) && element.scrollWidth > element.clientWidth + 1) return true;
    }
    return false;
  }

  let touch = null;

  function onTouchStart(event) {
    const alone = event.touches.length === 1 && (!window.visualViewport || visualViewport.scale < 1.05);
    touch = alone ? event.touches[0] : null;
  }

  function onTouchEnd(event) {
    if (!touch || view() === "overview" || view() === "print") return;
    const dx = event.changedTouches[0].clientX - touch.clientX;
    const dy = event.changedTouches[0].clientY - touch.clientY;
    touch = null;
    if (Math.abs(dx) > 40 && Math.abs(dx) > 1.5 * Math.abs(dy)) (dx < 0 ? forward : back)();
    else if (Math.hypot(dx, dy) < 10) wake();
  }

  // A page that moves under a resting pointer also sends pointermove; only a hand has movement.
  function onPointer(event) {
    if (event.pointerType !== "touch" && (event.movementX || event.movementY)) wake();
  }

  function listen() {
    addEventListener("keydown", onKey);
    addEventListener("hashchange", obeyUrl);
    addEventListener("pointermove", onPointer, { passive: true });
    addEventListener("wheel", onWheel, { passive: true });
    deck.addEventListener("touchstart", onTouchStart, { passive: true });
    deck.addEventListener("touchend", onTouchEnd, { passive: true });
    document.addEventListener("click", onClick);
    document.addEventListener("kami:patched", afterPatch);
  }

  // ---- other windows -----------------------------------------------------------------------

  let popup = null;

  // A presenter view obeys every window, a stage obeys presenter views: two readers' tabs leave
  // each other alone.
  function receive(message) {
    if (!message || message.deck !== deck.dataset.deck) return;
    if (home === "stage" && !message.presenter) return;
    if (message.type === "hello") send({ type: "state", ...state() });
    if (message.type === "timer" && presenter) presenter.toggle();
    if (message.type === "state") obeyState(message);
  }

  function obeyState(message) {
    const number = numbers.get(message.slide) || message.number;
    const valid = [number, message.step, message.at].every(Number.isInteger);
    if (!valid || (here.at && message.at <= here.at)) return;
    here.at = message.at;
    setBlank(["black", "white"].includes(message.blank) ? message.blank : "");
    move(number, message.step, "window");
    if (presenter && !message.presenter) send({ type: "state", ...state() });
  }

  // http: a BroadcastChannel of this site and deck. file: has no origin that can be trusted, so a
  // window there only listens to the window it opened and to the one that opened it.
  function connect() {
    const name = `kami:${deck.dataset.site}:${deck.dataset.deck}`;
    const post = location.protocol === "file:" ? connectWindows(name) : connectChannel(name);
    send = (message) => post({ deck: deck.dataset.deck, presenter: home === "presenter", ...message });
  }

  function connectChannel(name) {
    if (!window.BroadcastChannel) return () => {};
    const channel = new BroadcastChannel(name);
    channel.onmessage = (event) => receive(event.data);
    return (message) => channel.postMessage(message);
  }

  function connectWindows(name) {
    const peer = () => (home === "presenter" ? window.opener : popup);
    addEventListener("message", (event) => {
      const known = home === "presenter" ? event.source === window.opener : isMine(event.source);
      if (!known || !event.data || event.data.channel !== name) return;
      if (home === "stage") popup = event.source;
      receive(event.data);
    });
    // the stage may have been reloaded and lost sight of the window it opened
    if (home === "presenter") setInterval(() => send({ type: "here" }), 1000);
    return (message) => peer() && !peer().closed && peer().postMessage({ channel: name, ...message }, "*");
  }

  function isMine(source) {
    try {
      return source !== window && source.opener === window;
    } catch {
      return false;
    }
  }

  function openPresenter() {
    if (home === "presenter") return window.opener && window.opener.focus();
    if (popup && !popup.closed) return popup.focus();
    // the new window asks where the talk stands: here, whatever other tabs show
    here.at = Math.max(Date.now(), here.at + 1);
    const url = `${location.pathname}?view=presenter${hashOf()}`;
    popup = window.open(url, `kami-${deck.dataset.site}-${deck.dataset.deck}`, "popup,width=1280,height=800");
    if (!popup) offerLink(url);
  }

  function offerLink(url) {
    const link = make("a", { href: url, target: "_blank", rel: "opener" }, [ui.strings.popupLink]);
    link.addEventListener("click", () => ui.message.replaceChildren());
    ui.message.replaceChildren(make("p", {}, [ui.strings.popupBlocked, " ", link]));
  }

  function make(tag, attributes, children) {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
    element.append(...children);
    return element;
  }

  // ---- presenter view ----------------------------------------------------------------------

  let notes = null;
  window.kamiNotes = (data) => {
    notes = data;
    if (presenter) presenter.show(true);
  };

  const NOTE_TAGS = new Set(("p em strong code pre ul ol li a br blockquote h1 h2 h3 h4 h5 h6 del ins mark " +
    "table thead tbody tr th td hr sup sub ruby rt rp dl dt dd kbd").split(" "));

  // JSON-ML: "text" or [tag, {attribute: value}, child...]
  function noteNode(node) {
    if (!Array.isArray(node)) return document.createTextNode(String(node));
    const [tag, attributes, ...children] = node;
    const element = document.createElement(NOTE_TAGS.has(tag) ? tag : "span");
    const href = attributes && attributes.href;
    if (tag === "a" && href && /^(https?:|mailto:|[^:]*$|[^:]*[/?#])/i.test(href)) {
      Object.assign(element, { href, target: "_blank", rel: "noopener" });
    }
    if (attributes && attributes.lang) element.lang = attributes.lang;
    element.append(...children.map(noteNode));
    return element;
  }

  // When each slide should begin, in seconds: planned times first, the rest of the talk shared out.
  function planOf(duration) {
    const times = cards.map((card) => Number(card.dataset.time) || null);
    const planned = times.reduce((sum, time) => sum + time, 0);
    const open = times.filter((time) => !time).length;
    if (!duration && open) return null;
    const share = open ? Math.max(0, duration - planned) / open : 0;
    let start = 0;
    return times.map((time) => ({ start, end: (start += time || share) }));
  }

  const clockText = (seconds) => {
    const whole = Math.abs(Math.trunc(seconds));
    return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
  };

  function makePresenter() {
    const template = document.querySelector("template.presenter-parts");
    const strings = template.dataset;
    addParts(template);
    const part = (selector) => document.querySelector(`.presenter ${selector}`);
    const preview = part(".preview .card");
    const store = `kami:${deck.dataset.site}:${deck.dataset.deck}:timer`;
    const timer = restoreTimer();
    let previewed = null, noted = null, size = clamp(Math.round(innerWidth / 116) * 2, 20, 32);

    function restoreTimer() {
      let kept = null;
      try {
        kept = JSON.parse(localStorage.getItem(store));
      } catch {
        // no storage, or not ours
      }
      const fresh = kept && Date.now() - kept.seen < 10 * 60 * 1000;
      return fresh ? kept : { spent: 0, since: null, seen: 0 };
    }

    function keepTimer() {
      timer.seen = Date.now();
      try {
        localStorage.setItem(store, JSON.stringify(timer));
      } catch {
        // without storage the timer only lives as long as the window
      }
    }

    const elapsed = () => (timer.spent + (timer.since ? Date.now() - timer.since : 0)) / 1000;

    function toggle() {
      timer.spent = elapsed() * 1000;
      timer.since = timer.since ? null : Date.now();
      tick();
    }

    function reset() {
      timer.spent = 0;
      timer.since = timer.since && Date.now();
      tick();
    }

    function setText(selector, text) {
      const element = part(selector);
      if (element.textContent !== text) element.textContent = text;
    }

    function tick() {
      const duration = Number(deck.dataset.duration) || 0;
      const plan = planOf(duration);
      const total = duration || (plan ? plan.at(-1).end : 0);
      const left = Math.ceil(total - elapsed());
      setText(".left .label", total ? (left < 0 ? strings.over : strings.remaining) : strings.elapsed);
      setText(".left .figure", total ? (left < 0 ? "+" : "") + clockText(left) : clockText(elapsed()));
      setText(".elapsed", clockText(elapsed()));
      setText(".clock", new Date().toTimeString().slice(0, 5));
      setText(".timer-word", timer.since ? strings.pause : strings.start);
      setText(".pace", timer.since && plan ? paceText(plan[here.number - 1]) : "");
      part(".time").dataset.state = total && left < 0 ? "over" : total && left <= 60 ? "last" : "";
      part(".time").classList.toggle("open", !total);
      part(".bar i").style.transform = `scaleX(${total ? clamp(elapsed() / total, 0, 1) : 0})`;
      keepTimer();
    }

    function paceText(slot) {
      const now = elapsed();
      if (now < slot.start) return strings.ahead.replace("{time}", clockText(slot.start - now));
      if (now > slot.end) return strings.behind.replace("{time}", clockText(now - slot.end));
      return strings.onTime;
    }

    function showNext() {
      const last = here.step >= stepsOf(current);
      const card = last ? cards[here.number] : current;
      part(".next").classList.toggle("ended", !card);
      if (card && previewed !== card) preview.replaceChildren(copyOf(sectionOf(card)));
      if (card) showSteps(preview, last ? 0 : here.step + 1);
      previewed = card;
    }

    function copyOf(section) {
      const copy = section.cloneNode(true);
      for (const element of [copy, ...copy.querySelectorAll("[id]")]) element.removeAttribute("id");
      return copy;
    }

    function showNotes(anew) {
      if (noted === current && !anew) return;
      noted = current;
      const own = notes && notes[keyOf(current)];
      const words = "notes" in deck.dataset ? strings.noNotes : strings.notesAbsent;
      const box = part(".notes .text");
      box.replaceChildren(...(own ? own.map(noteNode) : [make("p", { class: "none" }, withCode(words))]));
      box.scrollTop = 0;
    }

    const withCode = (text) => text.split("`").map((part, index) => (index % 2 ? make("code", {}, [part]) : part));

    // the wiki pages this slide links to, each once
    function showPages() {
      const links = new Map();
      for (const link of current.querySelectorAll("a.wikilink:not(.missing)")) links.set(link.href, link.textContent);
      part(".pages").hidden = !links.size;
      part(".pages .list").replaceChildren(...[...links].map(([href, text]) =>
        make("a", { href, target: "_blank", rel: "noopener" }, [text])));
    }

    function resize(by) {
      size = clamp(size + 2 * by, 20, 48);
      part(".notes .text").style.fontSize = `${size}px`;
      try {
        if (by) localStorage.setItem("kami:notes-size", size);
      } catch {
        // the size then lasts as long as the window
      }
    }

    try {
      size = Number(localStorage.getItem("kami:notes-size")) || size;
    } catch {
      // no storage
    }
    resize(0);
    setInterval(tick, 250);

    return {
      toggle, reset, size: resize,
      show(anew) {
        setText(".position", `${here.number} / ${cards.length}`);
        setText(".name", here.blank ? strings[here.blank] : current.dataset.title);
        if (anew) previewed = null;
        showNext();
        showNotes(anew);
        showPages();
        tick();
      },
    };
  }

  // ---- start -------------------------------------------------------------------------------

  // live reload leaves what is marked to be kept
  function addParts(template) {
    const parts = template.content.cloneNode(true);
    for (const element of parts.children) element.dataset.kamiKeep = "";
    document.body.append(parts);
  }

  function makeFrame() {
    const template = document.querySelector("template.frame");
    addParts(template);
    for (const name of ["progress", "controls", "count", "typed", "message", "status", "help"]) {
      ui[name] = document.querySelector(`body > .${name}, .controls > .${name}`);
    }
    ui.strings = template.dataset;
  }

  // Live reload has patched the cards: our classes are gone from them, slides may have come or left.
  function afterPatch() {
    readCards();
    here.number = numbers.get(currentKey) || cards.indexOf(current) + 1 || here.number;
    Object.assign(here, place(here.number, here.step));
    current = null;
    for (const card of deck.querySelectorAll(":scope > .current")) card.classList.remove("current");
    show();
    if (placeOf(location.hash)?.number !== here.number) writeUrl(false);
    if (presenter) presenter.show(true);
    if (view() === "overview") mark(cards.includes(marked) ? marked : current);
  }

  function start() {
    readCards();
    makeFrame();
    connect();
    Object.assign(here, placeOf(location.hash) || {});
    if (home === "presenter") {
      current = cards[here.number - 1];
      presenter = makePresenter();
      current = null;
    }
    listen();
    show();
    announce();
    if (view() === "overview") mark(current);
    send({ type: "hello" });
  }

  window.kami = { state, obey: obeyState };
  document.addEventListener("DOMContentLoaded", start);
})();
