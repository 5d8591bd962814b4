// The page beside its text, through the very pipeline that serves it. It stands in a shadow of its own, so that the
// looks of a deck reach nothing else.
import { ensureSyntaxTree, syntaxTree } from "@codemirror/language";

const BLOCKS_OFF = new Set(["CommentBlock", "LinkReference"]);

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
    this.part = /(^|\/)_[^/]*$/.test(source.path);
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
        const found = diagnosticsOf(made);
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
    for (const node of made.querySelectorAll("[href], [src]")) {
      for (const name of ["href", "src"]) {
        const value = node.getAttribute(name);
        if (value && !value.startsWith("#") && !(node.matches("a") && /^[a-z]+:/i.test(value))) node.setAttribute(name, here(value));
      }
    }
    await this.dress([...made.querySelectorAll("link[rel=stylesheet]")].map((link) => link.href));
    this.deck = made.querySelector("main.deck") !== null;
    const content = this.deck ? made.querySelectorAll("main.deck > .card") : made.querySelectorAll("main h1:first-of-type, main article");
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

  // Places in both, in order: the top-level blocks of the text, or the slides.
  pairs(view) {
    if (this.deck) {
      return [slides(view), [...this.shadow.querySelectorAll(".card")]];
    }
    const article = this.shadow.querySelector("article");
    const shown = article ? [...article.children].filter((node) => !node.matches("h1:first-child, header, footer, .footnotes, nav")) : [];
    const written = blocks(view).filter(({ name }) => !BLOCKS_OFF.has(name));
    const first = written[0]?.name === "ATXHeading1" ? 1 : 0;
    return [written.slice(first).map(({ from }) => from), shown];
  }

  // Brings the page to where the text is: to the cursor's block where `cursor`, else to the first line in sight.
  follow(view, cursor) {
    const [starts, nodes] = this.pairs(view);
    if (!starts.length || !nodes.length) return;
    const at = cursor ? view.state.selection.main.head : view.lineBlockAtHeight(view.scrollDOM.scrollTop).from;
    let index = starts.findLastIndex((start) => start <= at);
    if (index < 0) return cursor ? undefined : this.scroll(0);
    index = Math.min(index, nodes.length - 1);
    // A part of a deck does not know where in it it stands.
    if (this.deck && this.part) return;
    if (this.deck && cursor) {
      for (const node of nodes) node.toggleAttribute("data-here", node === nodes[index]);
    }
    const box = nodes[index].getBoundingClientRect();
    const frame = this.place.getBoundingClientRect();
    if (cursor && box.top >= frame.top && box.bottom <= frame.bottom) return;
    this.scroll(this.place.scrollTop + box.top - frame.top - 24);
  }

  scroll(top) {
    this.quiet = performance.now() + 120;
    this.place.scrollTop = top;
  }

  // Brings the text to where the page is.
  lead(view) {
    if (performance.now() < (this.quiet ?? 0) || (this.deck && this.part)) return;
    const [starts, nodes] = this.pairs(view);
    const top = this.place.getBoundingClientRect().top;
    const index = nodes.findIndex((node) => node.getBoundingClientRect().bottom > top + 24);
    if (index < 0 || starts[index] === undefined) return;
    this.led = performance.now() + 120;
    view.scrollDOM.scrollTop = view.lineBlockAt(starts[index]).top;
  }
}

// The blocks of the text that lie in no other, in order.
function blocks(view) {
  const found = [];
  const tree = ensureSyntaxTree(view.state, view.state.doc.length, 30) ?? syntaxTree(view.state);
  tree.iterate({
    enter({ name, from, to, node }) {
      if (name === "Document" || name === "Body") return true;
      if (name !== "Frontmatter" && node.parent?.name === "Document") found.push({ name, from, to });
      return false;
    },
  });
  return found;
}

// Where slides begin: behind each rule, and at headings where the deck says so.
function slides(view) {
  const matter = /^---\n([\s\S]*?)\n---\n/.exec(view.state.sliceDoc(0, 20_000))?.[1] ?? "";
  const divider = /^headingDivider:\s*(\d|\[[\d, ]+\])/m.exec(matter)?.[1] ?? "0";
  const levels = divider.startsWith("[") ? divider.match(/\d/g).map(Number) : Array.from({ length: Number(divider) }, (_, index) => index + 1);
  const starts = [0];
  let filled = false;
  for (const { name, from, to } of blocks(view)) {
    const heading = /^(?:ATX|Setext)Heading(\d)$/.exec(name);
    if (name === "HorizontalRule") {
      starts.push(to);
      filled = false;
    } else {
      if (heading && filled && levels.includes(Number(heading[1]))) starts.push(from);
      filled ||= name !== "CommentBlock";
    }
  }
  return starts;
}

function diagnosticsOf(made) {
  try {
    return JSON.parse(made.getElementById("_kami-diagnostics")?.textContent ?? "[]");
  } catch {
    return [];
  }
}
