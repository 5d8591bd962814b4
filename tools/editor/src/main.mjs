// The editor of `kami serve`: CodeMirror over the plain form, which stays what works without scripts.
import { autocompletion, closeBrackets, closeBracketsKeymap, completionKeymap } from "@codemirror/autocomplete";
import { defaultKeymap, history, historyKeymap, indentWithTab } from "@codemirror/commands";
import { markdown, markdownLanguage, markdownKeymap } from "@codemirror/lang-markdown";
import { yamlFrontmatter } from "@codemirror/lang-yaml";
import { bracketMatching } from "@codemirror/language";
import { setDiagnostics } from "@codemirror/lint";
import { highlightSelectionMatches, searchKeymap } from "@codemirror/search";
import { Compartment, EditorState } from "@codemirror/state";
import { EditorView, crosshairCursor, drawSelection, dropCursor, highlightActiveLine, highlightSpecialChars, keymap, rectangularSelection } from "@codemirror/view";
import { vim } from "@replit/codemirror-vim";
import { completions, forgetNames } from "./complete.mjs";
import { Drafts } from "./drafts.mjs";
import { look } from "./look.mjs";
import { pasting } from "./paste.mjs";
import { Preview } from "./preview.mjs";
import { Source } from "./source.mjs";
import { tableMove } from "./tables.mjs";
import { change } from "./text.mjs";
import { compare } from "./versions.mjs";
import { ja, say } from "./words.mjs";

const main = document.querySelector("main.editor");
const form = main?.querySelector("form.write");

function el(tag, name, text) {
  const node = document.createElement(tag);
  if (name) node.className = name;
  if (text !== undefined) node.textContent = text;
  return node;
}

class Editor {
  constructor(path) {
    this.path = path;
    this.source = new Source(path);
    this.drafts = new Drafts(path);
    this.saved = ""; // the text as it is on disk, as far as is known here
    this.saving = null;
  }

  async open() {
    this.saved = await this.source.read();
    this.draw();
    this.offerDraft();
    this.listen();
    this.preview.show(this.view);
  }

  draw() {
    this.desk = el("div", "desk");
    const host = el("div", "text");
    const shown = el("div", "shown");
    host.setAttribute("aria-label", say("source"));
    shown.setAttribute("aria-label", say("preview"));
    shown.tabIndex = 0;
    this.desk.append(host, shown);
    const bar = el("p", "acts bar");
    const save = el("button", "act", say("save"));
    save.type = "button";
    save.title = "Ctrl-S";
    save.onclick = () => this.save();
    this.said = el("span", "said");
    this.said.setAttribute("role", "status");
    bar.append(save);
    const back = form.querySelector("a.act");
    if (back) bar.append(back);
    bar.append(this.vimSwitch(), this.said);
    form.replaceWith(bar, this.desk);
    main.classList.add("drawn");
    const shadow = host.attachShadow({ mode: "open" });
    this.preview = new Preview(shown, this.source, (found) => this.underline(found));
    this.view = new EditorView({ parent: shadow, root: shadow, state: this.state(this.saved) });
    this.view.scrollDOM.addEventListener("scroll", () => {
      // What the cursor or the page has scrolled is followed already.
      if (performance.now() > Math.max(this.preview.led ?? 0, this.moved ?? 0)) this.preview.follow(this.view, false);
    });
    shown.addEventListener("scroll", () => this.preview.lead(this.view));
    this.view.focus();
    this.tell();
  }

  state(doc) {
    this.vim = new Compartment();
    const save = () => {
      this.save();
      return true;
    };
    return EditorState.create({
      doc,
      extensions: [
        this.vim.of(this.wantsVim() ? vim() : []),
        highlightSpecialChars(),
        history(),
        drawSelection(),
        dropCursor(),
        EditorState.allowMultipleSelections.of(true),
        rectangularSelection(),
        crosshairCursor(),
        bracketMatching(),
        closeBrackets(),
        highlightActiveLine(),
        highlightSelectionMatches(),
        autocompletion({ override: [completions], icons: false }),
        EditorView.lineWrapping,
        EditorView.contentAttributes.of({ spellcheck: "true", autocorrect: "on", autocapitalize: "sentences", lang: document.documentElement.lang, "aria-label": say("source") }),
        keymap.of([
          { key: "Mod-s", run: save, preventDefault: true },
          { key: "Tab", run: tableMove(1), shift: tableMove(-1) },
          ...markdownKeymap,
          ...closeBracketsKeymap,
          ...completionKeymap,
          ...searchKeymap,
          ...historyKeymap,
          ...defaultKeymap,
          indentWithTab,
        ]),
        yamlFrontmatter({ content: markdown({ base: markdownLanguage, addKeymap: false }) }),
        look,
        ja ? EditorState.phrases.of(PHRASES) : [],
        pasting(this.source, (text) => this.tell(text)),
        EditorView.updateListener.of((update) => this.updated(update)),
      ],
    });
  }

  wantsVim() {
    try {
      return localStorage.getItem("kami:vim") === "on";
    } catch {
      return false;
    }
  }

  vimSwitch() {
    const label = el("label", "switch");
    const box = el("input");
    box.type = "checkbox";
    box.checked = this.wantsVim();
    box.onchange = () => {
      try {
        localStorage.setItem("kami:vim", box.checked ? "on" : "off");
      } catch {
        // as long as the window is open
      }
      this.view.dispatch({ effects: this.vim.reconfigure(box.checked ? vim() : []) });
      this.view.focus();
    };
    label.append(box, ` ${say("vim")}`);
    return label;
  }

  text() {
    return this.view.state.sliceDoc();
  }

  get dirty() {
    return this.view !== undefined && this.text() !== this.saved;
  }

  updated(update) {
    if (update.docChanged || update.selectionSet) this.moved = performance.now() + 250;
    if (update.docChanged) {
      this.preview.show(this.view);
      this.tell();
      if (this.dirty) this.drafts.keep(this.text(), this.source.tag);
      else this.drafts.forget();
    } else if (update.selectionSet) {
      this.preview.follow(this.view, true);
    }
  }

  tell(text) {
    this.said.textContent = text ?? (this.dirty ? say("unsaved") : "");
  }

  underline(found) {
    const { doc } = this.view.state;
    const diagnostics = found
      .filter(({ path, line }) => (path === this.path || path === undefined) && line >= 1 && line <= doc.lines)
      .map(({ line, column, width, severity, code, message, help }) => {
        const at = doc.line(line);
        // Columns count characters, the editor counts units of UTF-16.
        const characters = [...at.text];
        const units = (count) => characters.slice(0, count).join("").length;
        const from = Math.min(at.from + units(column - 1), at.to);
        const to = Math.min(Math.max(at.from + units(column - 1 + (width || 1)), from + 1), at.to);
        const create = code === "missing-link" ? /\[\[([^\]|#]+)/.exec(doc.sliceString(from, at.to)) : null;
        const actions = create ? [{ name: say("create", { name: create[1] }), apply: () => open(`/_kami/edit/wiki/${encodeURIComponent(create[1].trim())}.md`, "_blank", "noopener") }] : [];
        return { from: Math.min(from, to), to, severity, message: help ? `${message}\n${help}` : message, actions };
      });
    this.view.dispatch(setDiagnostics(this.view.state, diagnostics));
  }

  // ---- saving -------------------------------------------------------------------------------------

  async save() {
    if (this.saving) {
      await this.saving;
      if (!this.dirty) return;
    }
    this.saving = this.write(this.text()).finally(() => (this.saving = null));
    await this.saving;
  }

  async write(text) {
    this.tell(say("saving"));
    let answer;
    try {
      answer = await this.source.write(text);
    } catch {
      this.drafts.keep(this.text(), this.source.tag);
      return this.tell(say("offline"));
    }
    if (answer.saved) return this.done(text, say("saved"));
    if (answer.why) return this.tell(say("failed", { why: answer.why }));
    if (answer.gone) return this.tell(say("gone"));
    return this.meet(answer, text);
  }

  done(text, word) {
    this.saved = text;
    forgetNames();
    if (this.dirty) this.drafts.keep(this.text(), this.source.tag);
    else this.drafts.forget();
    this.tell(this.dirty ? undefined : word);
    this.hall?.postMessage({ path: this.path, tag: this.source.tag });
  }

  // Somebody else saved meanwhile.
  async meet({ theirs, tag, merged }, text) {
    if (theirs === text) {
      this.source.tag = tag;
      return this.done(text, say("saved"));
    }
    if (merged !== null) {
      this.source.tag = tag;
      // What was typed since stays where it was typed.
      if (this.text() === text) this.replace(merged);
      const answer = await this.source.write(merged);
      if (answer.saved) return this.done(merged, say("merged"));
      return answer.why ? this.tell(say("failed", { why: answer.why })) : this.meet(answer, merged);
    }
    compare(this.desk, {
      message: say("conflict"),
      before: theirs,
      after: this.text(),
      open: true,
      acts: [
        [say("mine"), (mine) => this.settle(mine, tag)],
        [say("theirs"), () => this.settle(theirs, tag)],
        [say("keep"), (mine) => this.replace(mine)],
      ],
    });
  }

  settle(text, tag) {
    this.source.tag = tag;
    this.replace(text);
    return this.save();
  }

  // Puts another text in the place of this one, as one step that can be undone; the cursor stays where it can.
  replace(text) {
    this.view.dispatch({ changes: change(this.text(), text), userEvent: "input" });
  }

  // ---- what others do -----------------------------------------------------------------------------

  offerDraft() {
    const draft = this.drafts.left();
    if (!draft || draft.text === this.saved) return this.drafts.forget();
    const when = new Date(draft.at).toLocaleString(document.documentElement.lang);
    compare(this.desk, {
      message: say("draft", { when }),
      before: this.saved,
      after: draft.text,
      open: false,
      acts: [
        [say("restore"), () => this.takeDraft(draft)],
        [say("discard"), () => this.drafts.forget()],
      ],
    });
  }

  takeDraft({ text, tag }) {
    // It was written over that revision: a save finds out what has come since.
    if (tag) this.source.tag = tag;
    this.replace(text);
    this.view.focus();
  }

  listen() {
    addEventListener("beforeunload", (event) => {
      if (this.dirty) event.preventDefault();
    });
    if ("BroadcastChannel" in window) {
      this.hall = new BroadcastChannel("kami:editing");
      this.hall.onmessage = ({ data }) => {
        if (data?.path !== this.path) return;
        if (data.here === undefined) return this.catchUp();
        this.tell(say("other"));
        if (data.here) this.hall.postMessage({ path: this.path, here: false });
      };
      this.hall.postMessage({ path: this.path, here: true });
    }
    const socket = () => {
      const live = new WebSocket(`${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/_kami/live`);
      live.onmessage = () => this.catchUp();
      live.onclose = () => setTimeout(socket, 2000);
    };
    socket();
  }

  // The file may be another by now. Unwritten text stays; what is only shown follows.
  async catchUp() {
    if (this.saving || this.dirty) return;
    const before = this.source.tag;
    const text = await this.source.read().catch(() => null);
    if (text === null || this.source.tag === before) return;
    if (this.dirty) {
      this.source.tag = before;
      return;
    }
    const shown = this.text();
    this.saved = text;
    if (text !== shown) {
      this.replace(text);
      this.tell(say("disk"));
    }
  }
}

const PHRASES = {
  Find: "さがす", Replace: "置き換える", next: "次", previous: "前", all: "すべて", "match case": "大文字と小文字を区別", regexp: "正規表現", "by word": "単語単位",
  replace: "置き換え", "replace all": "すべて置き換え", close: "閉じる", "current match": "いまの一致", "on line": "行", "replaced match on line $": "$行目を置き換えた",
  "replaced $ matches": "$か所を置き換えた", "Go to line": "行へ移動", go: "移動", Completions: "候補", Diagnostics: "診断", "No diagnostics": "診断なし",
  "Control character": "制御文字", "Selection deleted": "選んだところを消した", "$ unchanged lines": "変わらない$行", "Unfold lines": "開く",
};

// A conflict that the form came back with is settled in the form.
if (form && main.dataset.kind === "") {
  new Editor(main.dataset.path).open().catch(() => {
    // The plain form is there, and works.
  });
}
