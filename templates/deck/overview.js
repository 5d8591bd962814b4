// The overview of a deck: all cards at once, the search that leaves some of them out, and the card
// that the keys have reached. The field has the focus, so that an input method composes as it is used
// to; on a touch screen it waits to be touched, because a keyboard would cover half of the cards.
(function () {
  "use strict";

  const kami = window.kami;
  let field, none, marked = null, asked = false, left = [];

  // Full-width letters count as their narrow twins, katakana as hiragana, capitals as small letters.
  const plain = (text) => text.normalize("NFKC").toLowerCase()
    .replace(/[ァ-ヶ]/g, (kana) => String.fromCharCode(kana.charCodeAt(0) - 96));

  function begin() {
    field = kami.ui.search.querySelector("input");
    none = kami.ui.search.querySelector(".none");
    field.addEventListener("input", filter);
    field.addEventListener("keydown", onFieldKey);
    field.addEventListener("pointerdown", () => (asked = true));
  }

  function open(isAsked) {
    field.value = "";
    asked = isAsked;
    kami.setView("overview");
    start();
  }

  function start() {
    if (kami.view() !== "overview") return;
    filter();
    mark(kami.current);
    if (!matchMedia("(pointer: coarse)").matches) field.focus({ preventScroll: true });
    // the address may name a slide: then the browser takes the focus away once the page is there
    if (document.readyState !== "complete") addEventListener("load", () => setTimeout(start), { once: true });
  }

  function close() {
    mark(null);
    field.blur();
    kami.setView(kami.home);
  }

  function filter() {
    const terms = plain(field.value).split(/\s+/).filter(Boolean);
    const exact = kami.cards.find((card) => card.dataset.number === terms.join(" "));
    left = kami.cards.filter((card) => {
      const text = plain(`${card.dataset.number} ${card.dataset.title}`);
      const found = terms.every((term) => text.includes(term));
      card.classList.toggle("out", !found);
      return found;
    });
    none.hidden = left.length > 0;
    if (terms.length) mark(exact || left[0] || null);
    else mark(marked || kami.current);
    if (!left.length) kami.ui.status.textContent = none.textContent;
  }

  function mark(card) {
    if (marked) marked.classList.remove("marked");
    marked = card;
    if (!card) return;
    card.classList.add("marked");
    card.scrollIntoView({ block: "nearest" });
    kami.announce(card);
  }

  function walk(key) {
    const columns = getComputedStyle(kami.deck).gridTemplateColumns.split(" ").length;
    const steps = {
      ArrowRight: 1, ArrowLeft: -1, PageDown: 3 * columns, PageUp: -3 * columns,
      ArrowDown: columns, ArrowUp: -columns, Home: -Infinity, End: Infinity,
    };
    const wanted = left.indexOf(marked) + steps[key];
    if (/^Arrow(Down|Up)/.test(key) && !left[wanted]) return;
    mark(left[kami.clamp(wanted, 0, left.length - 1)] || null);
  }

  function choose(card) {
    if (!card) return;
    const number = kami.cards.indexOf(card) + 1;
    close();
    kami.move(number, number === kami.here.number ? kami.here.step : 0);
  }

  // Keys mean the same with and without the focus in the field: what is typed lands in it. With nothing
  // typed, `o` leaves as it came, unless a hand has asked for the field: then every letter is searched for.
  function browse(key) {
    const outside = document.activeElement !== field;
    if (/^(Arrow|Page|Home$|End$)/.test(key)) walk(key);
    else if (key === "Enter" || (key === " " && outside)) choose(marked);
    else if (key === "Escape" && field.value) {
      field.value = "";
      filter();
    } else if (key === "Escape" || (key === "o" && !field.value && !asked)) close();
    else if (key === "?" && !field.value) kami.ui.help.showModal();
    else if (key === "F5") kami.keys.F5();
    else if (key === "/" && !asked) {
      asked = true;
      field.focus();
    } else {
      if (outside && key.length === 1) field.focus();
      return false;
    }
    return true;
  }

  function onFieldKey(event) {
    if (event.isComposing || event.keyCode === 229 || event.ctrlKey || event.altKey || event.metaKey) return;
    // The key that opened this is still held.
    const isHeld = event.repeat && (/^(Escape|Enter|F5)$/.test(event.key) || (!field.value && event.key.length === 1));
    if (!isHeld && ((event.shiftKey && event.key.length > 1) || !browse(event.key))) return;
    event.preventDefault();
    event.stopPropagation();
  }

  kami.overview = () => (kami.view() === "overview" ? close() : open(false));
  kami.keys.o = kami.actions.overview = kami.overview;
  kami.keys["/"] = () => open(true);
  kami.choose = choose;
  kami.browse = browse;
  kami.parts.push({
    begin, start,
    patch() {
      if (kami.view() !== "overview") return;
      marked = kami.cards.includes(marked) ? marked : kami.current;
      filter();
    },
  });
})();
