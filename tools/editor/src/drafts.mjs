// Text that is not saved yet lives in the browser: a closed tab or a stopped server costs no keystroke. Each window
// keeps its own, so that none takes away what another still needs.

export class Drafts {
  constructor(path) {
    this.prefix = `kami:draft:${path}:`;
    this.key = `${this.prefix}${Date.now().toString(36)}${Math.random().toString(36).slice(2)}`;
    // A lock says to other windows that this one lives. Where a browser has none, its draft is offered all the same.
    navigator.locks?.request(this.key, () => new Promise(() => {}));
  }

  // What windows left here that are gone: {key, text, tag, at}, the latest first.
  async left() {
    const { held = [] } = (await navigator.locks?.query()) ?? {};
    const alive = new Set(held.map(({ name }) => name));
    const drafts = [];
    try {
      for (const key of Object.keys(localStorage)) {
        if (!key.startsWith(this.prefix) || alive.has(key) || key === this.key) continue;
        const draft = JSON.parse(localStorage.getItem(key));
        if (typeof draft?.text === "string") drafts.push({ ...draft, key });
      }
    } catch {
      // no storage, or not what was put there
    }
    return drafts.sort((a, b) => b.at - a.at);
  }

  keep(text, tag) {
    try {
      localStorage.setItem(this.key, JSON.stringify({ text, tag, at: Date.now() }));
    } catch {
      // no room, or no storage at all: the text is on the screen
    }
  }

  forget(key = this.key) {
    try {
      localStorage.removeItem(key);
    } catch {
      // as above
    }
  }
}
