// Where a place in the text is: within code, a comment or the front matter nothing of Markdown is meant.
import { syntaxTree } from "@codemirror/language";

export function inCode(state, at) {
  for (let node = syntaxTree(state).resolveInner(at, -1); node; node = node.parent) {
    if (/Code|Comment|Frontmatter|Formula/.test(node.name)) return true;
  }
  return false;
}
