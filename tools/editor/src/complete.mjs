// Help with names: pages and decks by `[[`, pictures by `![[`, keys of the front matter.
import { say } from "./words.mjs";

let known = null;
// What there is to link to, asked for when it is first wanted: {names: [{title, target, kind, also}], pictures, keys}.
const names = () => (known ??= fetch("/_kami/names").then((response) => response.json()).catch(() => ((known = null), { names: [], pictures: [], keys: {} })));

export const forgetNames = () => (known = null);

const plain = (text) => text.normalize("NFKC").toLowerCase();
// Katakana as hiragana: people type readings either way.
const kana = (text) => plain(text).replace(/[\u30a1-\u30f6]/g, (c) => String.fromCharCode(c.charCodeAt(0) - 0x60));

// How well a name fits what was typed: at its beginning, inside, or not at all.
function fit(wanted, words) {
  let best = 0;
  for (const word of words) {
    const at = kana(word).indexOf(wanted);
    if (at === 0) best = Math.max(best, 2);
    else if (at > 0) best = Math.max(best, 1);
  }
  return best;
}

async function links(context, match) {
  const typed = match.text.replace(/^!?\[\[/, "");
  const from = match.from + match.text.length - typed.length;
  const [name, heading] = typed.split("#");
  if (heading !== undefined) return headings(name, heading, from + name.length + 1);
  const picture = match.text.startsWith("!");
  const { names: all, pictures } = await names();
  const wanted = kana(typed);
  const close = (view, completion, from, to) => {
    const after = view.state.sliceDoc(to, to + 2);
    const insert = completion.target + (after === "]]" ? "" : "]]");
    const end = from + insert.length + (after === "]]" ? 2 : 0);
    view.dispatch({ changes: { from, to, insert }, selection: { anchor: end } });
  };
  const options = [];
  for (const { title, target, kind, also } of all) {
    const rank = fit(wanted, [title, target, ...also]);
    if (rank) options.push({ label: title, target, detail: say(kind), boost: rank * 10 + (kind === "page" ? 1 : 0), apply: close });
  }
  if (picture) {
    for (const target of pictures) {
      const rank = fit(wanted, [target]);
      if (rank) options.push({ label: target, target, detail: say("picture"), boost: rank * 10 + 5, apply: close });
    }
  }
  options.sort((a, b) => b.boost - a.boost || a.label.localeCompare(b.label));
  return { from, options: options.slice(0, 100), filter: false };
}

async function headings(name, typed, from) {
  const response = await fetch(`/_kami/names?of=${encodeURIComponent(name)}`);
  const { headings = [] } = response.ok ? await response.json() : {};
  const wanted = kana(typed);
  const options = headings
    .map(({ text, kind }) => ({ label: text, detail: say(kind), rank: fit(wanted, [text]), type: "text" }))
    .filter(({ rank }) => rank);
  return { from, options, filter: false };
}

async function front(context) {
  const line = context.state.doc.lineAt(context.pos);
  const before = context.state.sliceDoc(0, line.from);
  if (!/^---\n/.test(before) || /\n---\n/.test(before)) return null;
  const { keys } = await names();
  const own = keys[/^decks\//.test(document.querySelector("main.editor").dataset.path) ? "deck" : "page"] ?? {};
  const value = /^([\w$-]+):\s*(\S*)$/.exec(line.text.slice(0, context.pos - line.from));
  if (value) {
    const from = context.pos - value[2].length;
    return { from, options: (own[value[1]] ?? []).map((label) => ({ label })) };
  }
  const word = context.matchBefore(/^[\w$-]*/);
  if (!word || (word.from === word.to && !context.explicit)) return null;
  return { from: word.from, options: Object.keys(own).map((key) => ({ label: key, apply: `${key}: `, detail: say("key") })) };
}

export async function completions(context) {
  const link = context.matchBefore(/!?\[\[[^\]\n|]*/);
  if (link) return links(context, link);
  return front(context);
}
