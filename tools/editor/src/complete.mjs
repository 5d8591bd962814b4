// Help with names: pages and decks by `[[`, pictures by `![[`, emoji by `:`, languages behind a fence, keys of the
// front matter.
import { kanaOf, spelt } from "./romaji.mjs";
import { inCode } from "./where.mjs";
import { say } from "./words.mjs";

let known = null;
// What there is to link to, asked for when it is first wanted: {names: [{title, target, kind, also}], pictures, keys}.
const names = () => (known ??= fetch("/_kami/names").then((response) => response.json()).then(folded).catch(() => ((known = null), { names: [], pictures: [], keys: {} })));

// What is typed is compared with each name at each key: each is made comparable once.
function folded(all) {
  for (const name of all.names) name.words = [name.title, name.target, ...name.also].map(kana);
  return all;
}

let given = null;
// What has a name in any site, asked for once: {emoji: [[name, emoji]], languages: [[word, name, aliases]]}.
const words = () => (given ??= fetch("/_kami/words").then((response) => response.json()).catch(() => ((given = null), { emoji: [], languages: [] })));

export const forgetNames = () => (known = null);

const plain = (text) => text.normalize("NFKC").toLowerCase();
// Katakana as hiragana, long vowels spelt out: people type readings either way.
const kana = (text) => spelt(plain(text).replace(/[\u30a1-\u30f6]/g, (c) => String.fromCharCode(c.charCodeAt(0) - 0x60)));

// What somebody may mean who typed this: the letters, and the kana that a keyboard makes of Latin ones.
function meant(typed) {
  const wanted = kana(typed);
  const read = /^[a-z'-]+$/.test(wanted) ? spelt(kanaOf(wanted)) : "";
  return read.length > 1 ? [wanted, read] : [wanted];
}

// How well a name fits what was typed: at its beginning, inside, or not at all.
function fit(wanted, words) {
  let best = 0;
  for (const word of words) {
    for (const one of wanted) {
      const at = word.indexOf(one);
      if (at === 0) best = Math.max(best, 2);
      else if (at > 0) best = Math.max(best, 1);
    }
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
  const wanted = meant(typed);
  const close = (view, completion, from, to) => {
    const after = view.state.sliceDoc(to, to + 2);
    const insert = completion.target + (after === "]]" ? "" : "]]");
    const end = from + insert.length + (after === "]]" ? 2 : 0);
    view.dispatch({ changes: { from, to, insert }, selection: { anchor: end } });
  };
  const options = [];
  for (const { title, target, kind, words } of all) {
    const rank = fit(wanted, words);
    if (rank) options.push({ label: title, target, detail: say(kind), boost: rank * 10 + (kind === "page" ? 1 : 0), apply: close });
  }
  if (picture) {
    for (const target of pictures) {
      const rank = fit(wanted, [kana(target)]);
      if (rank) options.push({ label: target, target, detail: say("picture"), boost: rank * 10 + 5, apply: close });
    }
  }
  options.sort((a, b) => b.boost - a.boost || a.label.localeCompare(b.label));
  return { from, options: options.slice(0, 100), filter: false };
}

async function headings(name, typed, from) {
  const response = await fetch(`/_kami/names?of=${encodeURIComponent(name)}`);
  const { headings = [] } = response.ok ? await response.json() : {};
  const wanted = meant(typed);
  const options = headings
    .map(({ text, kind, also }) => ({ label: text, detail: say(kind), rank: fit(wanted, [text, ...also].map(kana)), type: "text" }))
    .filter(({ rank }) => rank);
  return { from, options, filter: false };
}

async function emoji(match) {
  const typed = match.text.slice(1).toLowerCase();
  const close = (view, { label }, from, to) => {
    const end = view.state.sliceDoc(to, to + 1) === ":" ? to + 1 : to;
    view.dispatch({ changes: { from, to: end, insert: label }, selection: { anchor: from + label.length } });
  };
  const rank = (name) => (name.startsWith(typed) ? 0 : name.includes(`_${typed}`) ? 1 : name.includes(typed) ? 2 : 3);
  const found = (await words()).emoji.map(([name, sign]) => ({ name, sign, rank: rank(name) })).filter(({ rank }) => rank < 3);
  found.sort((a, b) => a.rank - b.rank || a.name.length - b.name.length || (a.name < b.name ? -1 : 1));
  const options = found.slice(0, 60).map(({ name, sign }) => ({ label: `:${name}:`, displayLabel: `${sign} ${name}`, apply: close }));
  return { from: match.from, options, filter: false };
}

async function languages(typed, from) {
  const wanted = [plain(typed)];
  const options = (await words()).languages
    .map(([word, name, aliases]) => ({ label: word, detail: name === word ? "" : name, rank: fit(wanted, [word, name, ...aliases].map(plain)) }))
    .filter(({ rank }) => rank);
  options.sort((a, b) => b.rank - a.rank || a.label.length - b.label.length || (a.label < b.label ? -1 : 1));
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
  if (link && !inCode(context.state, context.pos)) return links(context, link);
  const fence = context.matchBefore(/^\s*(?:`{3,}|~{3,})[\w+#.-]+$/);
  if (fence) {
    const typed = fence.text.replace(/^\s*[`~]+/, "");
    return languages(typed, context.pos - typed.length);
  }
  const sign = context.matchBefore(/(?<![\w:/]):[\w+-]+/);
  if (sign && !inCode(context.state, context.pos)) return emoji(sign);
  return front(context);
}
