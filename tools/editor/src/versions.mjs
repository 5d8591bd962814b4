// Two versions side by side, the parts that differ marked: a conflict, or a draft that was left here.
import { MergeView } from "@codemirror/merge";
import { EditorState } from "@codemirror/state";
import { EditorView } from "@codemirror/view";
import { look } from "./look.mjs";

// Shows `before` beside `after`; with `open` what stands on the right may be written in. `acts` are pairs of a word
// and what is done with the text on the right.
export function compare(place, { message, before, after, open, acts }) {
  const sheet = document.createElement("section");
  sheet.className = "versions";
  const said = document.createElement("p");
  said.className = "message";
  said.setAttribute("role", "alert");
  said.textContent = message;
  const buttons = document.createElement("p");
  buttons.className = "acts";
  const host = document.createElement("div");
  host.className = "merge";
  sheet.append(said, buttons, host);
  place.before(sheet);
  place.hidden = true;
  const shadow = host.attachShadow({ mode: "open" });
  const extensions = [look, EditorView.lineWrapping];
  const fixed = [...extensions, EditorState.readOnly.of(true), EditorView.editable.of(false)];
  const merge = new MergeView({
    parent: shadow,
    root: shadow,
    a: { doc: before, extensions: fixed },
    b: { doc: after, extensions: open ? extensions : fixed },
    revertControls: open ? "a-to-b" : undefined,
    collapseUnchanged: { margin: 3, minSize: 6 },
  });
  const close = () => {
    merge.destroy();
    sheet.remove();
    place.hidden = false;
  };
  for (const [word, act] of acts) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "act";
    button.textContent = word;
    button.onclick = () => {
      const text = merge.b.state.sliceDoc();
      close();
      act(text);
    };
    buttons.append(button);
  }
  buttons.firstChild?.focus();
  return close;
}
