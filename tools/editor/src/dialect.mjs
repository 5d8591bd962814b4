// What Markdown means here beyond GitHub's: links by name, readings, marks, formulas, columns and pauses.
import { styleTags, tags } from "@lezer/highlight";

// A stretch from `open` to `close` in one block; `fits` looks at what stands between.
function stretch(name, open, close, { before, fits = () => true } = {}) {
  const mark = `${name}Mark`;
  return {
    nodes: [name, mark],
    inline: {
      name,
      before,
      parse(cx, _, at) {
        if (cx.slice(at, at + open.length) !== open) return -1;
        const rest = cx.slice(at + open.length, cx.end);
        const length = rest.indexOf(close);
        if (length < 1 || !fits(rest.slice(0, length), rest[length + close.length])) return -1;
        const end = at + open.length + length + close.length;
        return cx.addElement(cx.elt(name, at, end, [cx.elt(mark, at, at + open.length), cx.elt(mark, end - close.length, end)]));
      },
    },
  };
}

// A line that is a block by itself.
function line(name, pattern) {
  return {
    nodes: [name],
    block: {
      name,
      before: "HorizontalRule",
      parse(cx, line) {
        if (!pattern.test(line.text.slice(line.pos))) return false;
        cx.addElement(cx.elt(name, cx.lineStart + line.pos, cx.lineStart + line.text.length));
        cx.nextLine();
        return true;
      },
      endLeaf: (_, line) => pattern.test(line.text.slice(line.pos)),
    },
  };
}

const tight = (text) => !/^\s|\s$/.test(text);
const PARTS = [
  stretch("Embed", "![[", "]]", { before: "Image" }),
  stretch("WikiLink", "[[", "]]", { before: "Link" }),
  stretch("Ruby", "{", "}", { fits: (text) => /^[^\s{|][^{]*\|[^{]*$/.test(text) }),
  stretch("Marked", "==", "==", { fits: tight }),
  stretch("Inserted", "++", "++", { fits: tight }),
  stretch("DisplayFormula", "$$", "$$"),
  stretch("Formula", "$", "$", { fits: (text, after) => tight(text) && !/\d/.test(after ?? "") }),
  line("Columns", /^:::+(?:\s.*)?$/),
  line("Pause", /^\. \. \.\s*$/),
];

const LINKS = "WikiLink Embed";
const QUIET = ["WikiLinkMark", "EmbedMark", "RubyMark", "MarkedMark", "InsertedMark", "DisplayFormulaMark", "FormulaMark", "Columns", "Pause"];

export const dialect = {
  defineNodes: PARTS.flatMap(({ nodes }) => nodes.map((name) => ({ name, block: name === "Columns" || name === "Pause" }))),
  parseInline: PARTS.map(({ inline }) => inline).filter(Boolean),
  parseBlock: PARTS.map(({ block }) => block).filter(Boolean),
  props: [styleTags({ [LINKS]: tags.link, "Ruby Inserted": tags.emphasis, Marked: tags.strong, "Formula DisplayFormula": tags.monospace, [QUIET.join(" ")]: tags.processingInstruction })],
};
