// The page beside its text, through the very pipeline that serves it. It stands in a shadow of its own, so that the
// looks of a deck reach nothing else.
import { ensureSyntaxTree, syntaxTree } from "@codemirror/language";

const UNSHOWN = /^(?:CommentBlock|LinkReference|Pause)$/;
// What a heading is in the text, and on the page.
const [WRITTEN, SHOWN] = [/^(?:ATX|Setext)Heading\d$/, /^H\d$/];

// The slides' design size stands at the root of a deck's page, and there is none here.
const OWN = `
  :host { --slide-width: 1280px; --slide-height: 720px }
  .shown { padding-block: 1rem 40vh }
  .card { margin: 0 0 1rem; box-shadow: 0 0 0 1px var(--line) }
  .card[data-here] { outline: 2px solid var(--shu); outline-offset: 2px }
`;

export class Preview {
  constructor(place, source, tell) {
    this.place = place;
    this.source = source;
    this.tell = tell;
    this.shadow = place.attachShadow({ mode: "open" });
    const own = new CSSStyleSheet();
    own.replaceSync(OWN);
    this.shadow.adoptedStyleSheets = [own];
    this.body = document.createElement("div");
    this.shadow.append(this.body);
    this.sheets = new Map();
    this.running = false;
    this.next = null;
  }

  // Shows a draft; while one is under way the last that comes waits, those between are never asked for.
  async show(view) {
    this.next = view;
    if (this.running) return;
    this.running = true;
    while (this.next) {
      const view = this.next;
      this.next = null;
      try {
        const text = view.state.sliceDoc();
        const { document: made, route } = await this.source.preview(text);
        const found = dataOf(made, "diagnostics");
        this.slides = dataOf(made, "slides");
        await this.take(made, new URL(`/${route}`, location.origin));
        if (view.state.sliceDoc() === text) this.tell(found);
        this.follow(view, true);
      } catch {
        // The last good preview stays; saving says what is wrong.
      }
    }
    this.running = false;
  }

  async take(made, base) {
    const here = (value) => new URL(value, base).href;
    for (const script of made.querySelectorAll("script")) script.remove();
    for (const node of made.querySelectorAll("[href], [src], [poster]")) {
      for (const name of ["href", "src", "poster"]) {
        const value = node.getAttribute(name);
        if (value && !value.startsWith("#") && !(node.matches("a") && /^[a-z]+:/i.test(value))) node.setAttribute(name, here(value));
      }
    }
    for (const node of made.querySelectorAll("[srcset]")) {
      node.srcset = node.getAttribute("srcset").split(/,\s+/).map((one) => one.trim().split(/\s+/)).map(([url, ...width]) => [here(url), ...width].join(" ")).join(", ");
    }
    await this.dress([...made.querySelectorAll("link[rel=stylesheet]")].map((link) => link.href));
    this.deck = made.querySelector("main.deck") !== null;
    const content = this.deck ? made.querySelectorAll("main.deck > .card") : made.querySelectorAll("main > h1, main > header > h1, main article");
    const fresh = document.createElement("div");
    for (const node of content) {
      for (const link of node.querySelectorAll("a[href]")) link.target = "_blank";
      if (!node.parentNode.closest("article")) fresh.append(document.importNode(node, true));
    }
    this.body.className = "shown";
    this.body.lang = made.documentElement.lang;
    Idiomorph.morph(this.body, fresh.childNodes, { morphStyle: "innerHTML" });
  }

  // New sheets are there before what they dress is shown, old ones go after.
  async dress(hrefs) {
    const coming = [];
    for (const href of hrefs) {
      if (this.sheets.has(href)) continue;
      const link = document.createElement("link");
      link.rel = "stylesheet";
      coming.push(new Promise((resolve) => (link.onload = link.onerror = resolve)));
      link.href = href;
      this.sheets.set(href, link);
      this.shadow.insertBefore(link, this.body);
    }
    await Promise.all(coming);
    for (const [href, link] of this.sheets) {
      if (hrefs.includes(href)) continue;
      link.remove();
      this.sheets.delete(href);
    }
  }

  // ---- where the text is, and where the page is --------------------------------------------------

  // Places in the text and on the page that belong together, in order: [where it is written, what shows it].
  pairs(view) {
    const { doc } = view.state;
    if (this.deck) {
      // A slide that another file has is not written here.
      const cards = [...this.shadow.querySelectorAll(".card")].map((card, index) => [this.slides[index], card]);
      const own = cards.filter(([line]) => line >= 1 && line <= doc.lines);
      return own.map(([line, card]) => [doc.line(line).from, card]);
    }
    const article = this.shadow.querySelector("article");
    const shown = article ? [...article.children].filter((node) => !node.matches("h1:first-child, header, footer, .footnotes, nav")) : [];
    const written = blocks(view).filter(({ name }) => !UNSHOWN.test(name));
    return aligned(written.slice(written[0]?.name === "ATXHeading1" ? 1 : 0), shown);
  }

  // Brings the page to where the text is: to the cursor's block where `cursor`, else to the first line in sight.
  follow(view, cursor) {
    const pairs = this.pairs(view);
    if (!pairs.length) return;
    const at = cursor ? view.state.selection.main.head : view.lineBlockAtHeight(view.scrollDOM.scrollTop).from;
    let index = pairs.findLastIndex(([start]) => start <= at);
    // Above the first slide are its directives.
    if (index < 0 && this.deck) index = 0;
    if (index < 0) return cursor ? undefined : this.scroll(0);
    const here = pairs[index][1];
    if (this.deck && cursor) {
      for (const card of this.shadow.querySelectorAll(".card")) card.toggleAttribute("data-here", card === here);
    }
    const box = here.getBoundingClientRect();
    const frame = this.place.getBoundingClientRect();
    if (cursor && box.top >= frame.top && box.bottom <= frame.bottom) return;
    this.scroll(this.place.scrollTop + box.top - frame.top - 24);
  }

  scroll(top) {
    this.place.scrollTop = top;
    this.set = this.place.scrollTop;
  }

  // Brings the page to where the text was scrolled. Where the page itself has scrolled it, the text still finds its
  // place for some frames, as lines are measured: what is then far from where it was led was moved by hand.
  trail(view) {
    clearTimeout(this.later);
    const left = (this.led?.until ?? 0) - performance.now();
    if (left <= 0) return this.follow(view, false);
    this.later = setTimeout(() => Math.abs(view.scrollDOM.scrollTop - this.led.top) > 80 && this.follow(view, false), left);
  }

  // Brings the text to where the page is.
  lead(view) {
    if (Math.abs(this.place.scrollTop - this.set) < 2) return;
    const top = this.place.getBoundingClientRect().top;
    const pair = this.pairs(view).find(([, node]) => node.getBoundingClientRect().bottom > top + 24);
    if (!pair) return;
    view.scrollDOM.scrollTop = view.lineBlockAt(pair[0]).top;
    this.led = { top: view.scrollDOM.scrollTop, until: performance.now() + 120 };
  }
}

// Pairs blocks of the text with what shows them, in order. A block that shows nothing, or more than one, must not put
// off all that follow: where both have as many headings, each stretch from heading to heading begins anew.
function aligned(written, shown) {
  const [texts, nodes] = [stretches(written, ({ name }) => WRITTEN.test(name)), stretches(shown, ({ tagName }) => SHOWN.test(tagName))];
  const apart = texts.length === nodes.length ? texts.map((text, index) => [text, nodes[index]]) : [[written, shown]];
  return apart.flatMap(([text, nodes]) => text.slice(0, nodes.length).map(({ from }, index) => [from, nodes[index]]));
}

function stretches(list, begins) {
  const found = [[]];
  for (const one of list) {
    if (begins(one)) found.push([]);
    found.at(-1).push(one);
  }
  return found;
}

// The blocks of the text that lie in no other, in order; what stands in columns is one.
function blocks(view) {
  const found = [];
  let depth = 0;
  const tree = ensureSyntaxTree(view.state, view.state.doc.length, 30) ?? syntaxTree(view.state);
  tree.iterate({
    enter({ name, from, to, node }) {
      if (name === "Document" || name === "Body") return true;
      if (name === "Frontmatter" || node.parent?.name !== "Document") return false;
      const columns = name === "Columns" && (/^:+\s*[^:\s]/.test(view.state.sliceDoc(from, to)) ? 1 : -1);
      if (depth === 0 && columns !== -1) found.push({ name, from, to });
      depth = Math.max(0, depth + (columns || 0));
      return false;
    },
  });
  return found;
}

function dataOf(made, name) {
  try {
    return JSON.parse(made.getElementById(`_kami-${name}`)?.textContent ?? "[]");
  } catch {
    return [];
  }
}
