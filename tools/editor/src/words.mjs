// What the editor says: the words stand in the page, in its language.
const { dataset } = document.querySelector("main.editor template.words") ?? { dataset: {} };

export function say(key, values = {}) {
  return (dataset[key] ?? "").replace(/\{(\w+)\}/g, (_, name) => values[name] ?? "");
}

// What CodeMirror itself says, by the words that it has for it.
const OWN = {
  find: "Find", replace: "Replace", next: "next", previous: "previous", all: "all", matchCase: "match case", regexp: "regexp", byWord: "by word",
  replaceOne: "replace", replaceAll: "replace all", close: "close", currentMatch: "current match", onLine: "on line",
  replacedOnLine: "replaced match on line $", replacedMatches: "replaced $ matches", goToLine: "Go to line", go: "go", completions: "Completions",
  diagnostics: "Diagnostics", noDiagnostics: "No diagnostics", controlCharacter: "Control character", selectionDeleted: "Selection deleted",
  unchangedLines: "$ unchanged lines", unfoldLines: "Unfold lines",
};
export const phrases = Object.fromEntries(Object.entries(OWN).map(([key, phrase]) => [phrase, dataset[key] || phrase]));
