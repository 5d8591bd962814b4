// The editor of `kami serve`: CodeMirror over the plain form, which stays what works without scripts.
import { autocompletion, closeBrackets, closeBracketsKeymap, completionKeymap } from "@codemirror/autocomplete";
import { defaultKeymap, history, historyKeymap, indentWithTab } from "@codemirror/commands";
import { markdown, markdownLanguage, markdownKeymap } from "@codemirror/lang-markdown";
import { yamlFrontmatter } from "@codemirror/lang-yaml";
import { bracketMatching } from "@codemirror/language";
import { setDiagnostics } from "@codemirror/lint";
import { highlightSelectionMatches, searchKeymap } from "@codemirror/search";
import { ChangeSet, Compartment, EditorState } from "@codemirror/state";
import { EditorView, crosshairCursor, drawSelection, dropCursor, highlightActiveLine, highlightSpecialChars, keymap, rectangularSelection } from "@codemirror/view";
import { completions, forgetNames } from "./complete.mjs";
import { dialect } from "./dialect.mjs";
import { Drafts } from "./drafts.mjs";
import { Hall } from "./hall.mjs";
import { look } from "./look.mjs";
import { pasting } from "./paste.mjs";
import { Preview } from "./preview.mjs";
import { Source } from "./source.mjs";
import { tableMove } from "./tables.mjs";
import { change, changes } from "./text.mjs";
import { compare } from "./versions.mjs";
import { phrases, say } from "./words.mjs";

const main = document.querySelector("main.editor");
const form = main?.querySelector("form.write");

function el(tag, name, text) {
  const node = document.createElement(tag);
  if (name) node.className = name;
  if (text !== undefined) node.textContent = text;
  return node;
}

const vimKeys = () => import("./vim.mjs");

class Editor {
  constructor(path) {
    this.path = path;
    this.source = new Source(path);
    this.drafts = new Drafts(path);
    this.saved = ""; // the text as it is on disk, as far as is known here
    this.saving = null;
    this.typed = null; // what was typed since the text that is being saved
    this.disk = undefined; // the revision on disk, once the server has told
  }

  async open() {
    const { text: area, rev } = form.elements;
    // Whoever wants Vim's keys must not write with others first.
    const [found] = await Promise.all([this.source.look(rev.value === ""), this.wantsVim() && vimKeys().catch(() => {})]);
    this.saved = this.source.take(found);
    // Something new begins with what the form suggests, and is on no disk yet.
    const { value, selectionStart: at } = area;
    const begun = value !== area.defaultValue;
    this.draw(found.tag === null ? value : this.saved);
    // Who began to write before all this was there goes on writing.
    if (begun) {
      if (found.tag !== null) this.takeDraft({ text: value, tag: `"${rev.value}"` });
      this.view.dispatch({ selection: { anchor: Math.min(at, this.view.state.doc.length) } });
    }
    this.listen();
    this.preview.show(this.view);
    this.offerDrafts(await this.drafts.left());
  }

  draw(text) {
    this.desk = el("div", "desk");
    const host = el("div", "text");
    const shown = el("div", "shown");
    host.setAttribute("aria-label", say("source"));
    shown.setAttribute("aria-label", say("preview"));
    shown.tabIndex = 0;
    this.desk.append(host, shown);
    const bar = el("p", "acts bar");
    this.bar = bar;
    const save = el("button", "act", say("save"));
    save.type = "button";
    save.title = "Ctrl-S";
    save.onclick = () => this.save();
    this.button = save;
    this.said = el("span", "said");
    this.said.setAttribute("role", "status");
    this.commits = this.committing();
    bar.append(save, ...this.commits, ...form.querySelectorAll("a.act"));
    this.beside = el("span", "others");
    this.beside.setAttribute("role", "status");
    bar.append(this.vimSwitch(), this.beside, this.said, ...form.querySelectorAll("a.aside"));
    form.replaceWith(bar, this.desk);
    main.classList.add("drawn");
    const shadow = host.attachShadow({ mode: "open" });
    this.preview = new Preview(shown, this.source, (found) => this.underline(found));
    this.view = new EditorView({ parent: shadow, root: shadow, state: this.state(text) });
    this.view.scrollDOM.addEventListener("scroll", () => {
      // What the cursor has scrolled is followed already.
      if (performance.now() > (this.moved ?? 0)) this.preview.trail(this.view);
    });
    shown.addEventListener("scroll", () => this.preview.lead(this.view));
    if (this.wantsVim()) this.useVim(true);
    // What is deleted is the text that was seen last, whatever stood there when the page was made.
    main.addEventListener("submit", ({ target }) => {
      const rev = target.elements.rev;
      if (rev) rev.value = (this.source.tag ?? "").replaceAll('"', "");
    });
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
        this.vim.of([]),
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
        yamlFrontmatter({ content: markdown({ base: markdownLanguage, addKeymap: false, extensions: [dialect] }) }),
        look,
        EditorState.phrases.of(phrases),
        pasting(this.source, (text) => this.tell(text)),
        EditorView.updateListener.of((update) => this.updated(update)),
      ],
    });
  }

  // Where saves become commits by a button: the button, and the field for what the commit is to say.
  committing() {
    const button = form.querySelector("button[name=commit]");
    if (!button) return [];
    const field = form.querySelector("#_message");
    field.placeholder = form.querySelector("label[for=_message]").textContent;
    field.setAttribute("aria-label", field.placeholder);
    button.type = "button";
    button.onclick = async () => {
      await this.save();
      if (this.dirty || !this.source.tag) return;
      const answer = await this.source.commit(field.value).catch(() => say("offline"));
      if (!answer) field.value = "";
      this.tell(answer ?? say("committed"));
    };
    return [field, button];
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
    box.onchange = async () => {
      try {
        localStorage.setItem("kami:vim", box.checked ? "on" : "off");
      } catch {
        // as long as the window is open
      }
      await this.useVim(box.checked);
      this.view.focus();
    };
    label.append(box, ` ${say("vim")}`);
    return label;
  }

  async useVim(wanted) {
    this.vimWanted = wanted;
    const keys = wanted ? (await vimKeys()).keys(() => this.save()) : [];
    // While they were on their way somebody may have changed their mind.
    if (wanted === this.vimWanted) this.view.dispatch({ effects: this.vim.reconfigure(keys) });
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
      this.typed = this.typed?.compose(update.changes);
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
    this.hall?.update();
  }

  // Says what goes on beside this window, as long as it does.
  tellBeside() {
    const words = [];
    if (this.elsewhere) words.push(say("elsewhere"));
    if (this.others.length) {
      const there = this.others.length > 1 ? say("others", { n: this.others.length }) : say("other");
      const more = [this.others.some(({ here }) => !here) && say("far"), this.others.some(({ unsaved }) => unsaved) && say("unsavedThere")];
      words.push([there, ...more.filter(Boolean)].join(say("comma")));
    }
    this.beside.textContent = words.join(say("stop"));
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
        const actions = create ? [{ name: say("create", { name: create[1] }), apply: () => open(`/_kami/new?name=${encodeURIComponent(create[1].trim())}`, "_blank", "noopener") }] : [];
        return { from: Math.min(from, to), to, severity, message: help ? `${message}\n${help}` : message, actions };
      });
    this.view.dispatch(setDiagnostics(this.view.state, diagnostics));
  }

  // ---- saving -------------------------------------------------------------------------------------

  async save() {
    const waits = this.saving !== null;
    while (this.saving) await this.saving;
    if (this.button.hidden || (waits && !this.dirty)) return;
    this.saving = this.write(this.text()).finally(() => (this.saving = this.typed = null));
    await this.saving;
    await this.catchUp();
  }

  async write(text) {
    this.tell(say("saving"));
    this.typed = ChangeSet.empty(this.view.state.doc.length);
    let word = say("saved");
    for (;;) {
      let answer;
      try {
        answer = await this.source.write(text);
      } catch {
        this.drafts.keep(this.text(), this.source.tag);
        this.away = true;
        return this.tell(say("offline"));
      }
      if (answer.saved) return this.done(text, word);
      if (answer.why) return this.tell(answer.why);
      if (answer.gone) return this.tell(say("gone"));
      const { theirs, tag, merged } = answer;
      // Somebody else saved meanwhile.
      if (theirs.shown === text) {
        this.source.take({ tag, form: theirs });
        return this.done(text, word);
      }
      if (merged === null) return this.choose(theirs, tag);
      const both = this.source.take({ tag, form: merged });
      this.takeIn(text, both);
      [text, word] = [both, say("merged")];
    }
  }

  // Brings what others changed in a text that was sent into the text as it is by now: what was typed since stays.
  takeIn(sent, both) {
    const theirs = ChangeSet.of(changes(sent, both), sent.length);
    const typed = this.typed.map(theirs, true);
    this.view.dispatch({ changes: theirs.map(this.typed), userEvent: "input" });
    this.typed = typed;
  }

  done(text, word) {
    this.saved = text;
    forgetNames();
    this.arrive();
    if (this.dirty) this.drafts.keep(this.text(), this.source.tag);
    else this.drafts.forget();
    this.tell(this.dirty ? undefined : word);
  }

  // A text that was made a moment ago has a page by now, a history, another name to be given.
  async arrive() {
    if (main.dataset.rev !== "") return;
    main.dataset.rev = this.source.tag;
    const page = await this.source.page();
    for (const link of page?.querySelectorAll("form.write a.act") ?? []) this.bar.querySelector(".switch").before(document.importNode(link, true));
    for (const link of page?.querySelectorAll("form.write a.aside") ?? []) this.bar.append(document.importNode(link, true));
    const more = page?.querySelector("details.more");
    if (more) main.append(document.importNode(more, true));
  }

  choose(theirs, tag) {
    this.compare({
      message: say("conflict"),
      name: say("yours"),
      before: theirs.shown,
      after: this.text(),
      open: true,
      acts: [
        [say("mine"), (mine) => this.settle(mine, { tag, form: this.source.form })],
        [say("theirs"), () => this.settle(theirs.shown, { tag, form: theirs })],
        [say("keep"), (mine) => this.replace(mine)],
      ],
    });
  }

  // Shows two versions; there is nothing to save until one is chosen.
  compare(what) {
    this.tell("");
    const hide = (yes) => {
      for (const node of [this.button, ...this.commits]) node.hidden = yes;
    };
    hide(true);
    compare(this.desk, { ...what, done: () => hide(false) });
  }

  settle(text, found) {
    this.source.take(found);
    this.replace(text);
    return this.save();
  }

  // Puts another text in the place of this one, as one step that can be undone; the cursor stays where it can.
  replace(text) {
    this.view.dispatch({ changes: change(this.text(), text), userEvent: "input" });
  }

  // ---- what others do -----------------------------------------------------------------------------

  // Offers what closed windows left here unsaved, one after the other.
  offerDrafts([draft, ...more]) {
    if (!draft) return;
    const done = () => {
      this.drafts.forget(draft.key);
      this.offerDrafts(more);
    };
    if (draft.text === this.text()) return done();
    const when = new Date(draft.at).toLocaleString(document.documentElement.lang);
    this.compare({
      message: say("draft", { when }),
      name: say("theDraft"),
      before: this.text(),
      after: draft.text,
      open: false,
      acts: [
        [say("restore"), () => (this.takeDraft(draft), done())],
        [say("discard"), done],
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
    this.others = [];
    this.hall = new Hall(this.path, {
      unsaved: () => this.dirty,
      others: (others) => {
        this.others = others;
        this.tellBeside();
      },
      text: (tag) => {
        this.disk = tag;
        // The server is there again.
        if (this.away) this.tell();
        this.away = false;
        this.catchUp();
      },
    });
  }

  // The file may be another by now. Unwritten text stays; what is only shown follows. A frame may tell what stood
  // there before this window's own save: only the file itself is believed.
  async catchUp() {
    if (this.saving || this.disk === undefined) return;
    const base = this.source.tag;
    const other = this.disk !== base;
    this.elsewhere = other && this.dirty;
    this.tellBeside();
    if (!other || this.dirty) return;
    const there = this.disk === null ? await this.source.isGone() : await this.source.look().catch(() => null);
    // Somebody may have begun to write meanwhile, or have saved.
    if (!there || this.saving || this.dirty || this.source.tag !== base) return;
    if (there === true || there.tag === null) {
      this.source.tag = null;
      this.saved = "";
      return this.tell(say("gone"));
    }
    const shown = this.text();
    this.saved = this.source.take(there);
    if (this.saved === shown) return;
    this.replace(this.saved);
    this.tell(say("disk"));
  }
}

// A conflict that the form came back with is settled in the form.
if (form && main.dataset.kind === "") {
  new Editor(main.dataset.path).open().catch(() => {
    // The plain form is there, and works.
  });
}
