// The speaker's window: what comes next, the notes, and where the talk is in time. The timer itself is
// known in every window of the talk, so none of them can take it away by being closed or reloaded.
(function () {
  "use strict";

  const kami = window.kami;
  const { here, make, fill } = kami;
  const presenting = kami.home === "presenter";
  let notes = null, strings, preview, previewed = null, noted = null, size = 20;

  window.kamiNotes = (data) => {
    notes = data;
    if (presenting && preview) show(true);
  };

  function read(name, store = localStorage) {
    try {
      return JSON.parse(store.getItem(name));
    } catch {
      return null; // no storage, or not ours
    }
  }

  function keep(name, value, store = localStorage) {
    try {
      store.setItem(name, JSON.stringify(value));
    } catch {
      // without storage it lasts as long as the window
    }
  }

  // ---- timer -------------------------------------------------------------------------------

  // By the wall clock: a closed lid does not stop it. `at` tells which of two windows set it last.
  // `run` is when the talk began: a pause is the same run, a reset begins another.
  const timer = { spent: 0, since: null, at: 0, run: 0 };
  const elapsed = () => (timer.spent + (timer.since ? Date.now() - timer.since : 0)) / 1000;

  function restoreTimer() {
    const own = read(kami.storeName("timer"), sessionStorage);
    const kept = read(kami.storeName("timer"));
    const fresh = kept && presenting && Date.now() - kept.seen < 10 * 60 * 1000 ? kept : null;
    const best = [own, fresh].filter((one) => one && Number.isFinite(one.spent)).sort((a, b) => b.at - a.at)[0];
    if (!best) return;
    const [since, at, run] = [best.since, best.at, best.run].map((value) => Number(value) || 0);
    Object.assign(timer, { spent: best.spent, since: since || null, at, run });
  }

  function keepTimer() {
    const kept = { ...timer, seen: Date.now() };
    keep(kami.storeName("timer"), kept, sessionStorage);
    if (presenting) keep(kami.storeName("timer"), kept);
  }

  function setTimer(spent, running) {
    const now = Date.now();
    const run = spent ? timer.run : running ? now : 0;
    countRun(true);
    Object.assign(timer, { spent, since: running ? now : null, at: Math.max(now, timer.at + 1), run });
    tellTimer();
    keepTimer();
    if (presenting) tick();
  }

  const toggle = () => setTimer(elapsed() * 1000, !timer.since);

  const reset = () => setTimer(0, Boolean(timer.since));

  // Clocks of devices differ, spans of time do not.
  function tellTimer() {
    const { at, run, since } = timer;
    if (at) kami.send({ type: "timer", spent: elapsed() * 1000, running: Boolean(since), at, run });
  }

  function take(message) {
    if (message.type === "follows" && presenting) show(true);
    if (message.type !== "timer" || !(message.at > timer.at) || !Number.isFinite(message.spent)) return;
    const { spent, running, at, run } = message;
    countRun(true);
    Object.assign(timer, { spent, since: running ? Date.now() : null, at, run: Number(run) || 0 });
    keepTimer();
    if (presenting) {
      tellTimer();
      tick();
    }
  }

  // ---- plan and rehearsals -----------------------------------------------------------------

  const plannedOf = (card) => Number(card.dataset.time) || null;

  // When each slide should begin, in seconds: planned times first, the rest of the talk shared out.
  function planOf(duration) {
    const times = kami.cards.map(plannedOf);
    const planned = times.reduce((sum, time) => sum + time, 0);
    const open = times.filter((time) => !time).length;
    if (!duration && open) return null;
    const share = open ? Math.max(0, duration - planned) / open : 0;
    let start = 0;
    return times.map((time) => ({ start, end: (start += time || share) }));
  }

  // Each run keeps how long every slide was shown; the last eight runs of a deck stay in the browser.
  let runs = null, ticked = 0, written = 0;

  function readRuns() {
    const good = (one) => one && Number.isFinite(one.at) && one.times && typeof one.times === "object";
    runs = runs || [read(kami.storeName("runs"))].flat().filter(good);
    return runs;
  }

  const thisRun = () => (timer.run && readRuns().find((one) => one.at === timer.run)) || null;

  // Storage hears of it every two seconds, and when the timer is about to be set.
  function countRun(last) {
    const now = Date.now();
    const passed = (now - ticked) / 1000;
    ticked = now;
    if (!presenting || !timer.since || !timer.run) return;
    if (!thisRun()) runs = [...readRuns(), { at: timer.run, times: {} }].slice(-8);
    const { times } = thisRun();
    const key = kami.keyOf(kami.current);
    times[key] = Math.round(((times[key] || 0) + passed) * 100) / 100;
    if (!last && now - written < 2000) return;
    written = now;
    keep(kami.storeName("runs"), runs);
  }

  // A slide that got another heading has been shown as long as before.
  function renameRuns(keys) {
    if (!presenting || !readRuns().length) return;
    runs = runs.map((one) => ({ ...one, times: Object.fromEntries(Object.entries(one.times).map(([key, time]) => [keys[key] ?? key, time])) }));
    keep(kami.storeName("runs"), runs);
  }

  const clockText = (seconds) => {
    const whole = Math.abs(Math.trunc(seconds));
    return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
  };

  const part = (selector) => document.querySelector(`.presenter ${selector}`);

  function setText(selector, text) {
    const element = part(selector);
    if (element.textContent !== text) element.textContent = text;
  }

  function tick() {
    if (!kami.current) return;
    countRun();
    const duration = Number(kami.deck.dataset.duration) || 0;
    const plan = planOf(duration);
    const total = duration || (plan ? plan.at(-1).end : 0);
    const left = Math.ceil(total - elapsed());
    setText(".left .label", total ? (left < 0 ? strings.over : strings.remaining) : strings.elapsed);
    setText(".left .figure", total ? (left < 0 ? "+" : "") + clockText(left) : clockText(elapsed()));
    setText(".elapsed", clockText(elapsed()));
    setText(".clock", new Date().toTimeString().slice(0, 5));
    setText(".timer-word", timer.since ? strings.pause : strings.start);
    setText(".pace", timer.since && plan ? paceText(plan[here.number - 1]) : "");
    setText(".slide-time", slideText());
    part(".time").dataset.state = total && left < 0 ? "over" : total && left <= 60 ? "last" : "";
    part(".time").classList.toggle("open", !total);
    part(".bar i").style.transform = `scaleX(${total ? kami.clamp(elapsed() / total, 0, 1) : 0})`;
    keepTimer();
  }

  function paceText(slot) {
    const now = elapsed();
    if (now < slot.start) return fill(strings.ahead, { time: clockText(slot.start - now) });
    if (now > slot.end) return fill(strings.behind, { time: clockText(now - slot.end) });
    return strings.onTime;
  }

  // "this slide 0:12, planned 0:30, last time 0:28": only what is known
  function slideText() {
    const key = kami.keyOf(kami.current);
    const before = readRuns().filter((one) => one.at !== timer.run).at(-1);
    const now = thisRun();
    return [
      [strings.thisSlide, now && now.times[key]],
      [strings.planned, plannedOf(kami.current)],
      [strings.lastTime, before && before.times[key]],
    ].filter(([, time]) => time >= 0 && time !== null).map(([word, time]) => `${word} ${clockText(time)}`).join("　");
  }

  // A row a slide: plan, then the runs, latest first.
  function showRuns() {
    const dialog = document.querySelector("dialog.runs");
    const runs = [...readRuns()].reverse();
    const cell = (tag, text) => make(tag, tag === "th" ? { scope: "col" } : {}, [text]);
    const lang = document.documentElement.lang, two = "2-digit", part = (text) => make("span", {}, [text]);
    // A narrow column breaks between the day and the hour, and nowhere else.
    const when = (at) => [part(new Date(at).toLocaleDateString(lang, { month: "numeric", day: "numeric" })), " ",
      part(new Date(at).toLocaleTimeString(lang, { hour: two, minute: two }))];
    const timeOf = (time) => (time >= 0 && time !== null ? clockText(time) : "");
    const sum = (times) => clockText(times.reduce((all, time) => all + (time || 0), 0));
    const head = make("tr", {}, [cell("th", strings.slide), cell("th", strings.planned), ...runs.map((one) => make("th", { scope: "col" }, when(one.at)))]);
    const rows = kami.cards.map((card) => {
      const name = make("th", { scope: "row" }, [`${card.dataset.number}　${card.dataset.title}`]);
      return make("tr", {}, [name, cell("td", timeOf(plannedOf(card))), ...runs.map((one) => cell("td", timeOf(one.times[kami.keyOf(card)])))]);
    });
    const total = make("tr", {}, [make("th", { scope: "row" }, [strings.total]), cell("td", sum(kami.cards.map(plannedOf))),
      ...runs.map((one) => cell("td", sum(Object.values(one.times))))]);
    dialog.querySelector("thead").replaceChildren(head);
    dialog.querySelector("tbody").replaceChildren(...rows);
    dialog.querySelector("tfoot").replaceChildren(total);
    dialog.classList.toggle("empty", !runs.length);
    if (!dialog.open) dialog.showModal();
  }

  function forgetRuns() {
    runs = [];
    keep(kami.storeName("runs"), runs);
    showRuns();
  }

  // ---- notes -------------------------------------------------------------------------------

  const NOTE_TAGS = new Set(("p div em strong code pre ul ol li a br blockquote h1 h2 h3 h4 h5 h6 del ins mark " +
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
    if (tag === "ol" && Number.isInteger(attributes?.start)) element.start = attributes.start;
    element.append(...children.map(noteNode));
    return element;
  }

  const withCode = (text) => text.split("`").map((piece, index) => (index % 2 ? make("code", {}, [piece]) : piece));

  // Notes that say the same stay as they are, scrolled where they were.
  function showNotes(anew) {
    if (noted === kami.current && !anew) return;
    const own = (notes && notes[kami.keyOf(kami.current)]) || [];
    const words = window.kamiLive?.isFollower ? window.kamiLive.follows : own.length ? "" : "notes" in kami.deck.dataset ? strings.noNotes : strings.notesAbsent;
    const box = part(".notes .text");
    const fresh = make("div", {}, [...(words ? [make("p", { class: "none" }, withCode(words))] : []), ...own.map(noteNode)]);
    const [now, next] = [box, fresh].map((one) => [...one.childNodes]);
    const top = noted === kami.current ? box.scrollTop : 0;
    const same = noted === kami.current && now.length === next.length && now.every((node, index) => node.isEqualNode(next[index]));
    noted = kami.current;
    if (same) return;
    box.replaceChildren(...fresh.childNodes);
    box.scrollTop = top;
  }

  function resize(by) {
    size = kami.clamp(size + 2 * by, 20, 48);
    part(".notes .text").style.fontSize = `${size}px`;
    if (by) keep("kami:notes-size", size);
  }

  // ---- next step, pages --------------------------------------------------------------------

  function showNext() {
    const last = here.step >= kami.stepsOf(kami.current);
    const card = last ? kami.cards[here.number] : kami.current;
    part(".next").classList.toggle("ended", !card);
    if (card && previewed !== card) setPreview(copyOf(kami.sectionOf(card)));
    if (card) kami.showSteps(preview, last ? 0 : here.step + 1);
    previewed = card;
  }

  // What is the same after an edit stays on the screen as it is.
  let plainCopy = null;

  function setPreview(copy) {
    if (plainCopy && plainCopy.isEqualNode(copy)) return;
    plainCopy = copy.cloneNode(true);
    preview.replaceChildren(copy);
    if (window.kamiFit) window.kamiFit([copy]);
  }

  function copyOf(section) {
    const copy = section.cloneNode(true);
    for (const element of [copy, ...copy.querySelectorAll("[id]")]) element.removeAttribute("id");
    for (const element of copy.querySelectorAll(".shown, .latest, .dim")) {
      element.classList.remove("shown", "latest", "dim");
      if (!element.className) element.removeAttribute("class");
    }
    return copy;
  }

  // the wiki pages this slide links to, each once
  function showPages() {
    const links = new Map();
    for (const link of kami.current.querySelectorAll("a.wikilink:not(.missing)")) links.set(link.href, link.textContent);
    part(".pages").hidden = !links.size;
    part(".pages .list").replaceChildren(...[...links].map(([href, text]) =>
      make("a", { href, target: "_blank", rel: "noopener" }, [text])));
  }

  // ---- panes -------------------------------------------------------------------------------

  // How wide the current card and the next one are, in per cent: dragged, or set by the keys.
  const panes = { across: 63, down: 90 };
  const LIMITS = { across: [30, 80], down: [25, 100] };

  function setPane(name, value) {
    panes[name] = kami.clamp(Math.round(value), ...LIMITS[name]);
    document.body.style.setProperty(`--${name}`, panes[name]);
    part(`.split.${name}`).setAttribute("aria-valuenow", panes[name]);
  }

  function makeSplit(name) {
    const bar = part(`.split.${name}`);
    const down = name === "down";
    const settle = () => keep("kami:panes", panes);
    bar.addEventListener("keydown", (event) => {
      const by = { ArrowLeft: -2, ArrowUp: -2, ArrowRight: 2, ArrowDown: 2, Home: -100, End: 100 }[event.key];
      if (!by) return;
      event.preventDefault();
      setPane(name, panes[name] + by);
      settle();
    });
    bar.addEventListener("pointerdown", (event) => {
      bar.setPointerCapture(event.pointerId);
      const start = { at: down ? event.clientY : event.clientX, value: panes[name] };
      const whole = down ? part(".next").clientWidth * 0.5625 : document.body.clientWidth;
      bar.onpointermove = (move) => setPane(name, start.value + (((down ? move.clientY : move.clientX) - start.at) / whole) * 100);
      bar.onpointerup = bar.onpointercancel = () => {
        bar.onpointermove = null;
        settle();
      };
    });
    bar.addEventListener("dblclick", () => {
      setPane(name, name === "across" ? 63 : 90);
      settle();
    });
  }

  // ---- following the edit --------------------------------------------------------------------

  let follows = false;

  function setFollow(yes) {
    follows = yes;
    keep(kami.storeName("follow"), yes, sessionStorage);
    showFollow();
    kami.ui.status.textContent = yes ? kami.ui.strings.followOn : kami.ui.strings.followOff;
  }

  function showFollow() {
    for (const button of document.querySelectorAll("[data-do=follow]")) {
      button.hidden = !window.kamiLive;
      button.setAttribute("aria-pressed", follows);
    }
  }

  // ---- start -------------------------------------------------------------------------------

  function show(anew) {
    setText(".position", `${here.number} / ${kami.cards.length}`);
    setText(".name", here.blank ? strings[here.blank] : kami.current.dataset.title);
    if (anew) previewed = null;
    showNext();
    showNotes(anew);
    showPages();
    tick();
  }

  function begin() {
    restoreTimer();
    follows = read(kami.storeName("follow"), sessionStorage) === true;
    if (!presenting) return;
    const template = document.querySelector("template.presenter-parts");
    strings = template.dataset;
    kami.addParts(template);
    kami.current = kami.cards[0];
    preview = part(".preview .card");
    size = Number(read("kami:notes-size")) || kami.clamp(Math.round(innerWidth / 116) * 2, 20, 32);
    resize(0);
    Object.assign(panes, read("kami:panes"));
    for (const name of ["across", "down"]) {
      makeSplit(name);
      setPane(name, Number(panes[name]) || 63);
    }
    ticked = Date.now();
    setInterval(tick, 250);
  }

  Object.assign(kami.keys, {
    t: toggle, e: () => setFollow(!follows),
    "+": () => presenting && resize(1), "-": () => presenting && resize(-1),
    ...(presenting && { r: showRuns }),
  });
  Object.assign(kami.actions, {
    timer: toggle, reset, smaller: () => resize(-1), larger: () => resize(1), runs: showRuns, forget: forgetRuns,
    follow: kami.keys.e,
  });
  kami.parts.push({
    begin, take,
    start: showFollow,
    show: () => presenting && show(),
    retell: tellTimer,
    rename: renameRuns,
    patch(slide, step) {
      if (presenting) show(true);
      if (follows && Number.isInteger(slide)) kami.move(slide, step || 0);
    },
  });
})();
