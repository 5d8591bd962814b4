// How Markdown looks while it is written: the tokens of the house, weights rather than colours.
import { HighlightStyle, syntaxHighlighting } from "@codemirror/language";
import { EditorView } from "@codemirror/view";
import { tags } from "@lezer/highlight";

const marks = HighlightStyle.define([
  { tag: tags.heading, fontWeight: "700" },
  { tag: [tags.strong], fontWeight: "700" },
  { tag: [tags.emphasis], fontStyle: "italic" },
  { tag: tags.strikethrough, textDecoration: "line-through" },
  { tag: [tags.link, tags.url], color: "var(--ai)" },
  { tag: [tags.monospace, tags.string], color: "var(--ai)" },
  { tag: [tags.processingInstruction, tags.meta, tags.comment, tags.contentSeparator, tags.labelName], color: "var(--ash)" },
  { tag: [tags.keyword, tags.propertyName, tags.definition(tags.propertyName)], color: "var(--shu)" },
]);

const theme = EditorView.theme({
  "&": { height: "100%", backgroundColor: "var(--paper)", color: "var(--ink)", fontSize: "0.95rem" },
  "&.cm-focused": { outline: "none" },
  ".cm-scroller": { fontFamily: "var(--mono)", lineHeight: "1.8", overflow: "auto" },
  ".cm-content": { padding: "1rem 0.4rem 40vh", caretColor: "var(--ink)" },
  ".cm-line": { padding: "0 0.8rem" },
  "&.cm-focused .cm-cursor": { borderLeftColor: "var(--ink)", borderLeftWidth: "2px" },
  ".cm-selectionBackground, &.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground": {
    backgroundColor: "color-mix(in srgb, var(--ai) 24%, transparent)",
  },
  ".cm-activeLine": { backgroundColor: "color-mix(in srgb, var(--ink) 4%, transparent)" },
  ".cm-searchMatch": { backgroundColor: "color-mix(in srgb, var(--shu) 25%, transparent)" },
  ".cm-panels": { backgroundColor: "var(--sheet)", color: "var(--ink)", borderColor: "var(--line)" },
  ".cm-panel input, .cm-panel button": { font: "inherit", fontSize: "0.85rem" },
  ".cm-textfield": { backgroundColor: "var(--paper)", borderColor: "var(--line)", color: "var(--ink)" },
  ".cm-button": { backgroundImage: "none", backgroundColor: "var(--paper)", borderColor: "var(--line)", color: "var(--ink)" },
  ".cm-tooltip": { backgroundColor: "var(--paper)", color: "var(--ink)", border: "1px solid var(--line)", borderRadius: "4px", boxShadow: "0 4px 16px rgb(0 0 0 / 0.14)" },
  ".cm-tooltip.cm-tooltip-autocomplete > ul": { fontFamily: "inherit", fontSize: "0.9rem", maxHeight: "16em" },
  ".cm-tooltip.cm-tooltip-autocomplete > ul > li": { padding: "0.15rem 0.7rem", lineHeight: "1.7" },
  ".cm-tooltip.cm-tooltip-autocomplete > ul > li[aria-selected]": { backgroundColor: "var(--ai)", color: "var(--paper)" },
  "&.cm-focused .cm-matchingBracket": { backgroundColor: "color-mix(in srgb, var(--ai) 16%, transparent)" },
  ".cm-completionDetail": { color: "var(--ash)", fontStyle: "normal", marginLeft: "0.8em" },
  "li[aria-selected] .cm-completionDetail": { color: "inherit" },
  ".cm-diagnostic": { padding: "0.3rem 0.7rem", borderLeftWidth: "3px", whiteSpace: "pre-wrap" },
  ".cm-diagnostic-hint": { borderLeftColor: "var(--line)" },
  ".cm-diagnostic-warning": { borderLeftColor: "var(--ash)" },
  ".cm-diagnostic-error": { borderLeftColor: "var(--shu)" },
  ".cm-diagnosticAction": { display: "block", margin: "0.4rem 0 0.2rem", padding: "0.15rem 0.7rem", border: "1px solid var(--line)", borderRadius: "4px", backgroundColor: "var(--paper)", color: "var(--ink)", font: "inherit", fontSize: "0.85rem", cursor: "pointer" },
  ".cm-lintRange-hint": { backgroundImage: "none", textDecoration: "underline dotted var(--ash)", textUnderlineOffset: "0.25em" },
  ".cm-lintRange-warning, .cm-lintRange-error": { backgroundImage: "none", textDecoration: "underline wavy var(--shu)", textUnderlineOffset: "0.25em" },
});

// What stood there is red, what is to stand there blue.
const tint = (colour, share) => ({ background: `color-mix(in srgb, var(--${colour}) ${share}%, transparent)` });
const versions = EditorView.theme({
  ".cm-gutters": { backgroundColor: "transparent", color: "var(--ash)", border: "0" },
  "&.cm-merge-a .cm-changedLine, .cm-deletedChunk": tint("shu", 10),
  "&.cm-merge-b .cm-changedLine": tint("ai", 10),
  "&.cm-merge-a .cm-changedText, .cm-deletedChunk .cm-deletedText": tint("shu", 28),
  "&.cm-merge-b .cm-changedText": tint("ai", 28),
  "&.cm-merge-a .cm-changedLineGutter, .cm-deletedLineGutter": { background: "var(--shu)" },
  "&.cm-merge-b .cm-changedLineGutter": { background: "var(--ai)" },
  ".cm-deletedChunk": { paddingLeft: "0.8rem" },
  ".cm-collapsedLines": { background: "var(--sheet)", color: "var(--ash)", padding: "0.2rem 0.8rem" },
  ".cm-collapsedLines::before, .cm-collapsedLines::after": { content: "'…'" },
});

export const look = [theme, versions, syntaxHighlighting(marks)];
