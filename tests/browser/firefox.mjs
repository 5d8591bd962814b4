// Firefox beside Chromium: Debian's firefox-esr, driven over WebDriver BiDi, the protocol that it speaks itself.
// Only what the tests of decks need: open, press keys, ask the page, see which windows there are.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import WebSocket from "ws";
import { eventually } from "./harness.mjs";

const KEYS = {
  ArrowLeft: "\uE012", ArrowUp: "\uE013", ArrowRight: "\uE014", ArrowDown: "\uE015", Enter: "\uE007", Escape: "\uE00C",
  Home: "\uE011", Control: "\uE009", Shift: "\uE008", Tab: "\uE004", End: "\uE010", PageUp: "\uE00E", PageDown: "\uE00F",
};

// Starts a Firefox of its own for a test; it ends with `world`, and a complaint of one of its pages fails the test.
export async function firefox(world) {
  const profile = await mkdtemp(join(tmpdir(), "kami-firefox-"));
  const program = process.env.FIREFOX ?? "firefox-esr";
  const child = spawn(program, ["--headless", "--remote-debugging-port", "0", "--profile", profile, "--no-remote", "about:blank"], {
    stdio: ["ignore", "ignore", "pipe"],
    env: { ...process.env, HOME: profile },
  });
  world.cleanup(() => rm(profile, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 }));
  world.cleanup(async () => {
    child.kill("SIGKILL");
    if (child.exitCode === null && child.signalCode === null) await once(child, "close");
  });
  let said = "";
  child.stderr.setEncoding("utf8").on("data", (text) => (said += text));
  const address = await eventually(() => {
    assert.equal(child.exitCode, null, `${program} ended:\n${said}`);
    const found = /WebDriver BiDi listening on (ws:\S+)/.exec(said);
    assert.ok(found, `${program} does not listen:\n${said}`);
    return found[1];
  }, { within: 30_000 });
  const browser = new Browser(new WebSocket(`${address}/session`), world);
  await browser.start();
  return browser;
}

class Browser {
  #socket;
  #number = 0;
  #waiting = new Map();
  #world;

  constructor(socket, world) {
    this.#socket = socket;
    this.#world = world;
    socket.on("message", (data) => this.#hear(JSON.parse(data)));
    world.cleanup(() => socket.terminate());
  }

  async start() {
    await once(this.#socket, "open");
    await this.command("session.new", { capabilities: {} });
    await this.command("session.subscribe", { events: ["log.entryAdded"] });
  }

  command(method, params) {
    const id = (this.#number += 1);
    this.#socket.send(JSON.stringify({ id, method, params }));
    return new Promise((resolve, reject) => this.#waiting.set(id, { resolve, reject, method }));
  }

  #hear({ id, type, result, error, message, method, params }) {
    const asked = this.#waiting.get(id);
    this.#waiting.delete(id);
    if (asked && type === "error") asked.reject(new Error(`${asked.method}: ${error}: ${message}`));
    else if (asked) asked.resolve(result);
    else if (method === "log.entryAdded" && params.level === "error") this.#world.complain(`firefox: ${params.text}`);
  }

  async open(url) {
    const { context } = await this.command("browsingContext.create", { type: "tab" });
    await this.command("browsingContext.navigate", { context, url, wait: "complete" });
    return new Page(this, context);
  }

  // Waits for the window that a page has opened.
  async windowBeside(...known) {
    return eventually(async () => {
      const { contexts } = await this.command("browsingContext.getTree", { maxDepth: 0 });
      const fresh = contexts.find(({ context, url }) => url.includes("view=presenter") && known.every((page) => page.context !== context));
      assert.ok(fresh, "no new window");
      return new Page(this, fresh.context);
    });
  }
}

class Page {
  constructor(browser, context) {
    this.browser = browser;
    this.context = context;
  }

  async press(...keys) {
    const actions = keys.flatMap((key) => {
      const value = KEYS[key] ?? key;
      return [{ type: "keyDown", value }, { type: "keyUp", value }];
    });
    await this.browser.command("input.performActions", { context: this.context, actions: [{ type: "key", id: "keys", actions }] });
  }

  // Keys held together, such as Control and s.
  async chord(...keys) {
    const values = keys.map((key) => KEYS[key] ?? key);
    const actions = [...values.map((value) => ({ type: "keyDown", value })), ...values.reverse().map((value) => ({ type: "keyUp", value }))];
    await this.browser.command("input.performActions", { context: this.context, actions: [{ type: "key", id: "keys", actions }] });
  }

  // A line drawn with the mouse, through places in the window.
  async draw(...places) {
    const [first, ...rest] = places.map(([x, y]) => ({ type: "pointerMove", x, y, duration: 20 }));
    const actions = [first, { type: "pointerDown", button: 0 }, ...rest, { type: "pointerUp", button: 0 }];
    await this.browser.command("input.performActions", { context: this.context, actions: [{ type: "pointer", id: "mouse", actions }] });
  }

  ask(question, ...values) {
    return this.#ask(false, question, values);
  }

  // Asks as if a hand had just touched the page: some things are for hands alone, such as the clipboard.
  touch(question, ...values) {
    return this.#ask(true, question, values);
  }

  async #ask(userActivation, question, values) {
    const { result, exceptionDetails } = await this.browser.command("script.callFunction", {
      functionDeclaration: `(text) => JSON.stringify((${question})(...JSON.parse(text)) ?? null)`,
      arguments: [{ type: "string", value: JSON.stringify(values) }],
      target: { context: this.context },
      awaitPromise: true,
      userActivation,
    });
    assert.equal(exceptionDetails, undefined, exceptionDetails?.text);
    return JSON.parse(result.value);
  }

  reload() {
    return this.browser.command("browsingContext.reload", { context: this.context, wait: "complete" });
  }
}
