// HTML within Markdown is told from text, no more: the languages that a page may hold would weigh as much as all else.
import { LRLanguage, LanguageSupport } from "@codemirror/language";
import { parser } from "@lezer/html";

export const htmlLanguage = LRLanguage.define({ name: "html", parser });
export const html = () => new LanguageSupport(htmlLanguage);
export const htmlCompletionSource = () => null;
