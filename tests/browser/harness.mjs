// What every browser test stands on: a copy of a site in a temporary folder, `kami` serving or building it, one
// Chromium a file, and pages that fail the test on a console error, a breach of the Content-Security-Policy or a
// request that leaves the site.
import assert from "node:assert/strict";
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { cp, mkdir, mkdtemp, readFile, rename, rm, writeFile } from "node:fs/promises";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath, pathToFileURL } from "node:url";
import { chromium } from "playwright-core";
import { isSlow, slowNetwork, slowProcessor } from "./slow.mjs";

export const root = join(dirname(fileURLToPath(import.meta.url)), "..", "..");
const kami = process.env.KAMI ?? join(root, "target", "release", "kami");

// A test with a world of its own: `body(world)` may copy sites, start servers and open pages; all of it ends
// with the test, and what the pages complained of fails it.
export function check(name, body) {
  test(name, { timeout: 300_000 }, async () => {
    const world = new World();
    try {
      await body(world);
      world.assertNoComplaints();
    } finally {
      await world.close();
    }
  });
}

// Repeats `probe` until it throws nothing, and tells its last complaint when that takes too long.
export async function eventually(probe, { within = 20_000 } = {}) {
  const end = Date.now() + within;
  for (;;) {
    try {
      return await probe();
    } catch (error) {
      if (Date.now() > end) throw error;
    }
    await pause(20);
  }
}

// Keeps what a page asks for waiting from now on; `asked` is fulfilled when it does, `release` lets it have the answer.
export async function hold(page, pattern) {
  let release, tell;
  const first = new Promise((resolve) => (tell = resolve));
  const gate = new Promise((resolve) => (release = resolve));
  const seen = [];
  await page.route(pattern, async (route) => {
    seen.push(route.request());
    tell();
    await gate;
    await route.continue();
  });
  const late = (_, reject) => setTimeout(reject, 20_000, new Error(`nobody asked for ${pattern} within 20 s`)).unref();
  return { get asked() { return Promise.race([first, new Promise(late)]); }, release, seen };
}

const noon = Date.UTC(2026, 0, 1, 12);
let launched = null;
after(async () => (await launched)?.close());

function browser() {
  const executablePath = process.env.CHROMIUM ?? "/usr/bin/chromium";
  assert.ok(existsSync(executablePath), `${executablePath} is missing: tests/run installs it`);
  const args = ["--disable-quic", "--disable-background-networking", "--disable-component-update", "--disable-sync"];
  const launch = async () => {
    if (isSlow) args.push(...(await slowNetwork()));
    return chromium.launch({ executablePath, args, chromiumSandbox: process.getuid() !== 0 });
  };
  launched ??= launch();
  return launched;
}

class World {
  #cleanups = [];
  #allowed = [];
  #complaints = [];
  #forgiven = [];

  // Copies the repository's own site into a temporary folder.
  async demo() {
    const folder = await this.folder();
    for (const part of ["kami.toml", "decks", "wiki", "static"]) {
      if (existsSync(join(root, part))) await cp(join(root, part), join(folder, part), { recursive: true });
    }
    return new Site(folder);
  }

  // Writes a site from a table of path and text.
  async site(files) {
    const site = new Site(await this.folder());
    for (const [path, text] of Object.entries(files)) await site.write(path, text);
    return site;
  }

  async folder() {
    const folder = await mkdtemp(join(tmpdir(), "kami-test-"));
    this.#cleanups.push(() => rm(folder, { recursive: true, force: true }));
    return folder;
  }

  // Runs `kami serve` on a port that is free unless it is given, and returns once that port answers.
  async serve(site, port = undefined, ...flags) {
    port ??= await freePort();
    const child = start(["serve", site.folder, "--port", String(port), ...flags]);
    this.#cleanups.push(() => child.stop());
    await child.untilAnswers(port);
    const origin = `http://127.0.0.1:${port}`;
    this.#allowed.push(`${origin}/`, `ws://127.0.0.1:${port}/`);
    return { origin, port, url: (path) => `${origin}/${path}`, stop: () => child.stop(), said: () => child.output };
  }

  // Runs `kami build` and returns the bundle as a reader finds it on a disk.
  async build(site, ...flags) {
    const folder = join(await this.folder(), "bundle");
    const child = start(["build", site.folder, "-o", folder, ...flags]);
    const [status] = await child.ended;
    assert.equal(status, 0, `kami build ended with ${status}:\n${child.output}`);
    const base = pathToFileURL(`${folder}/`).href;
    this.#allowed.push(base);
    return new Bundle(folder, base);
  }

  // Opens a page in a context of its own: `options` are Playwright's, such as `colorScheme` or `viewport`.
  // With `stopped` its clock stands still until the test moves it by `page.clock.runFor`.
  async open(url, { stopped = false, ...options } = {}) {
    const context = await (await browser()).newContext({ viewport: { width: 1280, height: 720 }, ...options });
    context.setDefaultTimeout(20_000);
    // A page is there when its pictures are, and these are made when somebody asks for them.
    context.setDefaultNavigationTimeout(60_000);
    this.#cleanups.push(() => context.close());
    context.on("request", (request) => this.#judge(request.url()));
    context.on("page", (page) => this.#listen(page));
    const page = await context.newPage();
    if (stopped) await page.clock.install({ time: noon });
    await page.goto(url);
    if (stopped) await page.clock.pauseAt(noon + 60_000);
    return page;
  }

  // Lets pages ask for what begins with `url`.
  allow(url) {
    this.#allowed.push(url);
  }

  // Has something done when the test has ended, the last first.
  cleanup(act) {
    this.#cleanups.push(act);
  }

  complain(text) {
    this.#complaints.push(text);
  }

  // Lets a complaint pass that the test provokes, such as the 404 of a page it has just deleted.
  forgive(pattern) {
    this.#forgiven.push(pattern);
  }

  assertNoComplaints() {
    const left = this.#complaints.filter((text) => !this.#forgiven.some((pattern) => pattern.test(text)));
    if (left.length > 0) assert.fail(`the browser complained:\n  ${left.join("\n  ")}`);
  }

  async close() {
    for (const cleanup of this.#cleanups.reverse()) await cleanup();
  }

  #listen(page) {
    if (isSlow) slowProcessor(page).catch(() => {}); // it was closed at once
    page.on("console", (message) => {
      // What a proxy cannot reach has refused the connection.
      const text = message.text().replace("ERR_SOCKS_CONNECTION_FAILED", "ERR_CONNECTION_REFUSED");
      if (message.type() === "error") this.#complaints.push(`console: ${text} (${message.location().url})`);
    });
    page.on("pageerror", (error) => this.#complaints.push(`script: ${error.stack ?? error}`));
    page.on("websocket", (socket) => this.#judge(socket.url()));
  }

  #judge(url) {
    const own = url.startsWith("about:") || this.#allowed.some((prefix) => url.startsWith(prefix));
    if (!own) this.#complaints.push(`request outside the site: ${url}`);
  }
}

// A bundle's folder, whose manifest tells what is in it.
class Bundle {
  constructor(folder, base) {
    this.folder = folder;
    this.url = (path) => base + path.split("/").map(encodeURIComponent).join("/");
    this.files = async () => JSON.parse(await readFile(join(folder, "bundle.json"), "utf8")).files.map(({ path }) => path);
    this.pages = () => this.#pages();
  }

  // The pages that stay when they are opened; the others lead on to a new address at once.
  async #pages() {
    const pages = [];
    for (const path of (await this.files()).filter((path) => path.endsWith(".html"))) {
      const text = await readFile(join(this.folder, path), "utf8");
      if (!text.includes('http-equiv="refresh"')) pages.push(path);
    }
    return pages;
  }
}

// A site's folder and the ways in which programs change files in it.
class Site {
  constructor(folder) {
    this.folder = folder;
  }

  path(path) {
    return join(this.folder, path);
  }

  read(path) {
    return readFile(this.path(path), "utf8");
  }

  async write(path, text) {
    await mkdir(dirname(this.path(path)), { recursive: true });
    await writeFile(this.path(path), text);
  }

  // Saves as vim and most editors do: a new file beside the old one takes its name.
  async replace(path, text) {
    await writeFile(this.path(`${path}.4913~`), text);
    await rename(this.path(`${path}.4913~`), this.path(path));
  }

  async edit(path, from, to) {
    const text = await this.read(path);
    assert.ok(text.includes(from), `${path} has no ${JSON.stringify(from)}`);
    await this.write(path, text.replace(from, to));
  }

  remove(path) {
    return rm(this.path(path));
  }
}

// Runs `kami` to its end; answers with its exit status and what it wrote where.
export function run(...args) {
  return new Promise((resolve) => {
    execFile(kami, args, { maxBuffer: 64 << 20 }, (error, stdout, stderr) => {
      resolve({ status: error?.code ?? 0, stdout, stderr });
    });
  });
}

// Starts `kami` with `args`; its output is kept for messages.
function start(args) {
  assert.ok(existsSync(kami), `${kami} is missing: cargo build --release`);
  const child = spawn(kami, args, { stdio: ["ignore", "pipe", "pipe"], env: { ...process.env, NO_COLOR: "1" } });
  const running = {
    output: "",
    ended: once(child, "close"),
    async stop() {
      child.kill("SIGINT");
      const late = setTimeout(() => child.kill("SIGKILL"), 3000);
      await running.ended;
      clearTimeout(late);
    },
    async untilAnswers(port) {
      await eventually(async () => {
        assert.equal(child.exitCode, null, `kami ${args[0]} ended with ${child.exitCode}:\n${running.output}`);
        await answers(port);
      });
    },
  };
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text) => (running.output += text));
  }
  return running;
}

async function answers(port) {
  const socket = connect(port, "127.0.0.1");
  try {
    await once(socket, "connect");
  } finally {
    socket.destroy();
  }
}

// A port below those that the system gives to connections: nobody takes it by chance before it is listened on, nor
// while a server is away that is to come back there.
export async function freePort() {
  for (;;) {
    const server = createServer().listen(10_000 + Math.floor(Math.random() * 22_000), "127.0.0.1");
    try {
      await once(server, "listening");
    } catch {
      continue;
    }
    const { port } = server.address();
    server.close();
    await once(server, "close");
    return port;
  }
}
