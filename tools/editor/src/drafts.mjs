// Text that is not saved yet lives in the browser: a closed tab or a stopped server costs no keystroke.
const key = (path) => `kami:draft:${location.pathname.replace(/\/_kami\/.*/, "")}:${path}`;

export class Drafts {
  constructor(path) {
    this.key = key(path);
    this.waiting = 0;
  }

  // What was left here: {text, tag, at}, if anything.
  left() {
    try {
      const draft = JSON.parse(localStorage.getItem(this.key));
      return draft && typeof draft.text === "string" ? draft : null;
    } catch {
      return null;
    }
  }

  keep(text, tag) {
    try {
      localStorage.setItem(this.key, JSON.stringify({ text, tag, at: Date.now() }));
    } catch {
      // no room, or no storage at all: the text is on the screen
    }
  }

  forget() {
    try {
      localStorage.removeItem(this.key);
    } catch {
      // as above
    }
  }
}
