// Two versions side by side, or on a narrow screen in one, the parts that differ marked: a conflict, or a draft that was left here.
import { MergeView, unifiedMergeView } from "@codemirror/merge";
import { EditorState } from "@codemirror/state";
import { EditorView } from "@codemirror/view";
import { look } from "./look.mjs";
import { phrases, say } from "./words.mjs";

// Shows `before`, the text as it is now, beside `after`, which is called `name`; with `open` that may be written in.
// `acts` are pairs of a word and what is done with that text; `done` hears when one was chosen.
export function compare(place, { message, name, before, after, open, acts, done }) {
  const sheet = document.createElement("section");
  sheet.className = "versions";
  const said = document.createElement("p");
  said.className = "message";
  said.setAttribute("role", "alert");
  const narrow = matchMedia("(max-width: 58em)").matches;
  said.textContent = `${message}${say("space")}${say(narrow ? "inOne" : "aside", { name })}`;
  const buttons = document.createElement("p");
  buttons.className = "acts";
  const host = document.createElement("div");
  host.className = "merge";
  sheet.append(said, buttons, host);
  place.before(sheet);
  place.hidden = true;
  const shadow = host.attachShadow({ mode: "open" });
  const extensions = [look, EditorView.lineWrapping, EditorState.phrases.of(phrases)];
  const fixed = [...extensions, EditorState.readOnly.of(true), EditorView.editable.of(false)];
  const collapseUnchanged = { margin: 3, minSize: 6 };
  const own = open ? extensions : fixed;
  const inside = { parent: shadow, root: shadow };
  const merge = narrow
    ? new EditorView({ ...inside, doc: after, extensions: [...own, unifiedMergeView({ original: before, mergeControls: false, collapseUnchanged })] })
    : new MergeView({ ...inside, a: { doc: before, extensions: fixed }, b: { doc: after, extensions: own }, revertControls: open ? "a-to-b" : undefined, collapseUnchanged });
  const close = () => {
    merge.destroy();
    sheet.remove();
    place.hidden = false;
    done();
  };
  for (const [index, [word, act]] of acts.entries()) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = index ? "act plain" : "act";
    button.textContent = word;
    button.onclick = () => {
      const text = (merge.b ?? merge).state.sliceDoc();
      close();
      act(text);
    };
    buttons.append(button);
  }
  buttons.firstChild?.focus();
  return close;
}
