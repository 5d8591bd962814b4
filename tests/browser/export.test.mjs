// `kami export` and `kami check --browser`, as a person at a terminal meets them: one file that presents by
// itself, pages of paper, pictures, and what is said of slides that hold too much.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { once } from "node:events";
import { chmod, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { inflateSync } from "node:zlib";
import { check, eventually, root } from "./harness.mjs";

const kami = process.env.KAMI ?? join(root, "target", "release", "kami");
const chromium = process.env.CHROMIUM ?? "/usr/bin/chromium";

// Runs `kami` to its end.
function run(folder, args, env = {}) {
  const options = { cwd: folder, env: { ...process.env, NO_COLOR: "1", KAMI_BROWSER: chromium, ...env }, maxBuffer: 1 << 26 };
  return new Promise((resolve) => {
    execFile(kami, args, options, (error, stdout, stderr) => resolve({ status: error?.code ?? 0, stdout, stderr }));
  });
}

async function runs(folder, ...args) {
  const ended = await run(folder, args);
  assert.equal(ended.status, 0, `kami ${args.join(" ")} ended with ${ended.status}:\n${ended.stderr}`);
  return ended;
}

const talk = `---
title: 夜の話
speaker: Aki Sato
tags: [osaka, ebs]
summary: What happened in April
lang: ja
---

# 夜の話

[[#終わり]] and [out](https://example.org/there) and [[Page]]

<!-- Say 今晩は first. -->

---

## Steps

* one
* two

---

## 終わり

<!-- Bow. -->
`;

const site = (deck = talk, more = {}) => ({
  "kami.toml": 'title = "Night"\nlang = "en"\n',
  "wiki/Page.md": "# Page\n\n[[talk]]\n",
  "decks/talk.md": deck,
  ...more,
});

// ---- a PDF, read as plainly as it was written: every object by its number ----

class Pdf {
  constructor(bytes) {
    this.text = bytes.toString("latin1");
    assert.ok(this.text.startsWith("%PDF-"), "it is a PDF");
    this.objects = new Map();
    for (const [, id, body] of this.text.matchAll(/(?:^|[\r\n])(\d+) 0 obj\s*([\s\S]*?)endobj/g)) this.objects.set(Number(id), body);
    for (const body of [...this.objects.values()]) this.#unpack(body);
    this.catalog = [...this.objects.values()].find((body) => /\/Type\s*\/Catalog/.test(body));
  }

  #unpack(body) {
    if (!/\/Type\s*\/ObjStm/.test(body)) return;
    const data = inflateSync(Buffer.from(body.slice(body.indexOf("stream") + 7), "latin1"), { finishFlush: 2 }).toString("latin1");
    const first = Number(/\/First\s+(\d+)/.exec(body)[1]);
    const table = data.slice(0, first).trim().split(/\s+/).map(Number);
    for (let i = 0; i < table.length; i += 2) {
      this.objects.set(table[i], data.slice(first + table[i + 1], i + 3 < table.length ? first + table[i + 3] : undefined));
    }
  }

  // What a name in a dictionary leads to.
  at(body, name) {
    const reference = new RegExp(`/${name}\\s+(\\d+) 0 R`).exec(body ?? "");
    return reference ? this.objects.get(Number(reference[1])) : undefined;
  }

  string(body, name) {
    const hex = new RegExp(`/${name}\\s*<([0-9A-Fa-f\\s]*)>`).exec(body);
    if (!hex) return new RegExp(`/${name}\\s*\\(((?:[^()\\\\]|\\\\.)*)\\)`).exec(body)?.[1]?.replace(/\\(.)/g, "$1");
    const bytes = Buffer.from(hex[1].replace(/\s/g, ""), "hex");
    return bytes[0] === 0xfe && bytes[1] === 0xff ? bytes.subarray(2).swap16().toString("utf16le") : bytes.toString("latin1");
  }

  get pages() {
    return [...this.objects.values()].filter((body) => /\/Type\s*\/Page[^s]/.test(body));
  }

  get info() {
    const [, id] = /\/Info\s+(\d+) 0 R/.exec(this.text) ?? [];
    return this.objects.get(Number(id)) ?? "";
  }

  get outline() {
    const titles = [];
    for (let entry = this.at(this.at(this.catalog, "Outlines"), "First"); entry; entry = this.at(entry, "Next")) {
      titles.push(this.string(entry, "Title"));
    }
    return titles;
  }

  get notes() {
    return [...this.objects.values()].filter((body) => /\/Subtype\s*\/Text/.test(body)).map((body) => this.string(body, "Contents"));
  }

  // What is written on each page, in the order of the pages, without the spaces between words.
  get texts() {
    const [, kids] = /\/Kids\s*\[([^\]]*)\]/.exec(this.at(this.catalog, "Pages"));
    const pages = [...kids.matchAll(/(\d+) 0 R/g)].map(([, id]) => this.objects.get(Number(id)));
    return pages.map((page) => this.#written(page, this.#stream(this.at(page, "Contents"))).replace(/\s/g, ""));
  }

  #stream(body) {
    const data = Buffer.from(body.slice(body.indexOf("stream") + 6).replace(/^\r?\n/, ""), "latin1");
    return (/\/FlateDecode/.test(body) ? inflateSync(data, { finishFlush: 2 }) : data).toString("latin1");
  }

  // The objects that a dictionary names under a heading, such as its fonts.
  #named(body, heading) {
    const [, inside = ""] = new RegExp(`/${heading}\\s*<<([^>]*)>>`).exec(body.split("stream")[0]) ?? [];
    return new Map([...inside.matchAll(/\/(\w+)\s+(\d+) 0 R/g)].map(([, name, id]) => [name, this.objects.get(Number(id))]));
  }

  // Reads the text of a page, or of a form on it: letters are numbers that each font gives a meaning.
  #written(body, content) {
    const [fonts, forms] = [this.#named(body, "Font"), this.#named(body, "XObject")];
    let letters = null;
    let text = "";
    for (const [token, font, form, hex, literal] of content.matchAll(/\/(\w+)\s+[\d.]+\s+Tf|\/(\w+)\s+Do|<([0-9A-Fa-f\s]+)>|\(((?:[^()\\]|\\[\s\S])*)\)/g)) {
      if (font) letters = this.#letters(fonts.get(font));
      else if (form && /\/Subtype\s*\/Form/.test(forms.get(form))) text += this.#written(forms.get(form), this.#stream(forms.get(form)));
      else if (letters && (hex ?? literal) !== undefined && token !== "") {
        const codes = hex !== undefined ? hex.replace(/\s/g, "") : Buffer.from(literal.replace(/\\([0-7]{1,3}|[\s\S])/g, unescaped), "latin1").toString("hex");
        for (let at = 0; at < codes.length; at += letters.digits) text += letters.get(parseInt(codes.slice(at, at + letters.digits), 16)) ?? "";
      }
    }
    return text;
  }

  #letters(font) {
    const found = new Map();
    const text = (hex) => Buffer.from(hex, "hex").swap16().toString("utf16le");
    const table = this.#stream(this.at(font, "ToUnicode"));
    for (const [, inside] of table.matchAll(/beginbfchar([\s\S]*?)endbfchar/g)) {
      for (const [, code, letter] of inside.matchAll(/<(\w+)>\s*<(\w+)>/g)) found.set(parseInt(code, 16), text(letter));
    }
    for (const [, inside] of table.matchAll(/beginbfrange([\s\S]*?)endbfrange/g)) {
      for (const [, from, to, letter] of inside.matchAll(/<(\w+)>\s*<(\w+)>\s*<(\w+)>/g)) {
        const first = parseInt(letter, 16);
        for (let code = parseInt(from, 16); code <= parseInt(to, 16); code += 1) {
          found.set(code, String.fromCodePoint(first + code - parseInt(from, 16)));
        }
      }
    }
    return Object.assign(found, { digits: /\/Subtype\s*\/Type0/.test(font) ? 4 : 2 });
  }

  box(page) {
    return /\/MediaBox\s*\[([^\]]*)\]/.exec(page)[1].trim().split(/\s+/).map(Number);
  }
}

const unescaped = (all, inside) => (/^[0-7]/.test(inside) ? String.fromCharCode(parseInt(inside, 8)) : ({ n: "\n", r: "\r", t: "\t", b: "\b", f: "\f" })[inside] ?? inside);

async function printed(site, ...args) {
  await runs(site.folder, "export", "talk", "--format", "pdf", "-o", "out.pdf", ...args);
  return new Pdf(await readFile(site.path("out.pdf")));
}

// Width, height, and whether more than one colour is in a PNG without a palette.
function png(bytes) {
  assert.equal(bytes.subarray(1, 4).toString(), "PNG");
  const parts = [];
  for (let at = 8; at < bytes.length; at += bytes.readUInt32BE(at) + 12) {
    if (bytes.toString("latin1", at + 4, at + 8) === "IDAT") parts.push(bytes.subarray(at + 8, at + 8 + bytes.readUInt32BE(at)));
  }
  const lines = inflateSync(Buffer.concat(parts));
  return { width: bytes.readUInt32BE(16), height: bytes.readUInt32BE(20), isBlank: new Set(lines).size < 12 };
}

// ---- one file ----

check("one HTML file presents by itself, from a stick", async (world) => {
  const talks = await world.site(site(talk, { "wiki/pic.svg": '<svg xmlns="http://www.w3.org/2000/svg" width="40" height="30"><rect width="40" height="30"/></svg>' }));
  await talks.edit("decks/talk.md", "## Steps", "## Steps\n\n![pic](../wiki/pic.svg)");
  const stick = await world.folder();
  await runs(talks.folder, "export", "talk", "-o", join(stick, "talk.html"), "--with-notes");
  const url = pathToFileURL(join(stick, "talk.html")).href;
  world.allow(url);
  const page = await world.open(url);
  await page.keyboard.press("ArrowRight");
  await page.keyboard.press("ArrowRight");
  assert.equal(await page.evaluate(() => kami.state().number + "." + kami.state().step), "2.1");
  assert.equal(await page.locator(".card.current img").evaluate((it) => it.naturalWidth), 40);
  await page.keyboard.press("o");
  assert.equal(await page.locator("main.deck > .card:visible").count(), 3);
  assert.equal(await page.locator('a[href*=".notes.html"]').count(), 0, "there is no handout to go to");
  await page.goto(`${url}?view=presenter#1`);
  await page.locator(".presenter .notes .text", { hasText: "今晩は" }).waitFor();
  await page.goto(`${url}?view=print`);
  assert.equal(await page.locator("main.deck > .card:visible").count(), 3);
});

// ---- paper ----

check("a PDF has a page a slide, an outline and says whose it is", async (world) => {
  const talks = await world.site(site());
  const pdf = await printed(talks);
  assert.equal(pdf.pages.length, 3);
  for (const page of pdf.pages) assert.deepEqual(pdf.box(page), [0, 0, 960, 540]);
  assert.deepEqual(pdf.outline, ["夜の話", "Steps", "終わり"]);
  assert.equal(pdf.string(pdf.info, "Title"), "夜の話");
  assert.equal(pdf.string(pdf.info, "Author"), "Aki Sato");
  assert.equal(pdf.string(pdf.info, "Keywords"), "osaka, ebs");
  assert.equal(pdf.string(pdf.catalog, "Lang"), "ja");
  assert.deepEqual(pdf.notes, [], "notes stay at home");
  const objects = [...pdf.objects.values()];
  assert.ok(objects.some((it) => /\/URI\s*\(https:\/\/example\.org\/there\)/.test(it)), "a link out leads out");
  assert.ok(objects.some((it) => /\/Subtype\s*\/Link/.test(it) && /\/Dest/.test(it)), "a link into the deck leads there");
  assert.ok(!pdf.text.includes("kami.invalid"), "no link leads to where the browser found the deck");
  assert.ok(objects.some((it) => /\/ToUnicode/.test(it)), "its text can be selected");
});

check("the print view gives the pages of the PDF, with the same words on each", async (world) => {
  const talks = await world.site(site(talk.replace("lang: ja", "lang: ja\nfooter: below\npaginate: true")));
  const pdf = await printed(talks);
  const bundle = await world.build(talks);
  const page = await world.open(`${bundle.url("decks/talk.html")}?view=print`);
  await page.evaluate(() => document.fonts.ready);
  const own = new Pdf(await page.pdf({ preferCSSPageSize: true, printBackground: true }));
  assert.deepEqual(own.texts, ["夜の話#終わりandoutandPagebelow1", "Stepsonetwobelow2", "終わりbelow3"]);
  assert.deepEqual(pdf.texts, own.texts);
});

check("steps are pages and notes are pinned when they are asked for", async (world) => {
  const pdf = await printed(await world.site(site()), "--steps", "--with-notes");
  assert.equal(pdf.pages.length, 5);
  assert.deepEqual(pdf.outline, ["夜の話", "Steps", "終わり"]);
  assert.deepEqual(pdf.notes.sort(), ["Bow.", "Say 今晩は first."]);
});

check("a PDF has the size of its slides, and the same deck gives the same file", async (world) => {
  const talks = await world.site(site(talk.replace("lang: ja", "lang: ja\nsize: 4:3")));
  const pdf = await printed(talks);
  assert.deepEqual(pdf.box(pdf.pages[0]), [0, 0, 720, 540]);
  const first = await readFile(talks.path("out.pdf"));
  await printed(talks);
  assert.ok(first.equals(await readFile(talks.path("out.pdf"))), "two exports differ");
});

check("a hundred slides are printed in one go", async (world) => {
  const slide = (n) => `## Slide ${n}\n\n${"Some words that stand on it. ".repeat(20)}\n\n- one\n- two\n`;
  const deck = Array.from({ length: 100 }, (_, n) => slide(n + 1)).join("\n---\n\n");
  const pdf = await printed(await world.site(site(deck)));
  assert.equal(pdf.pages.length, 100);
  assert.deepEqual([pdf.outline.length, pdf.outline[99]], [100, "Slide 100"]);
});

// ---- pictures ----

check("a picture a slide, or a step, in the size of the slides", async (world) => {
  const talks = await world.site(site());
  await runs(talks.folder, "export", "talk", "--format", "png", "-o", "shot.png");
  await runs(talks.folder, "export", "talk", "--format", "png", "-o", "steps/", "--steps", "--scale", "2");
  const names = (await readdir(talks.folder)).filter((name) => name.endsWith(".png")).sort();
  assert.deepEqual(names, ["shot.001.png", "shot.002.png", "shot.003.png"]);
  for (const name of names) {
    assert.deepEqual(png(await readFile(talks.path(name))), { width: 1280, height: 720, isBlank: false }, name);
  }
  const steps = (await readdir(talks.path("steps"))).sort();
  assert.equal(steps.length, 5);
  assert.equal(png(await readFile(talks.path("steps/talk.002.png"))).width, 2560);
  const pictures = await Promise.all(steps.slice(1, 4).map((name) => readFile(talks.path(`steps/${name}`))));
  assert.ok(!pictures[0].equals(pictures[1]) && !pictures[1].equals(pictures[2]), "each step is another picture");
});

// ---- what a browser sees ----

const words = (count) => Array.from({ length: count }, (_, n) => `word${n}`).join(" ");

check("kami check --browser finds what does not fit, is too small or too coarse", async (world) => {
  const deck = `# Fine\n\nA few words.\n\n---\n\n## Little too much\n\n${words(160)}\n\n---\n\n## Far too much\n\n${words(900)}\n\n---\n\n## Long line\n\n\`\`\`\n${"x".repeat(180)}\n\`\`\`\n\n---\n\n## Coarse\n\n![w:900](dot.png)\n`;
  const talks = await world.site(site(deck));
  await runs(talks.folder, "export", "talk", "--format", "png", "-o", "decks/dot.png", "--scale", "0.1");
  await Promise.all(["002", "003", "004", "005"].map((n) => rm(talks.path(`decks/dot.${n}.png`))));
  await talks.edit("decks/talk.md", "dot.png", "dot.001.png");
  const { stdout, status } = await run(talks.folder, ["check", "--browser", "--format", "json"]);
  assert.equal(status, 0, "what is seen are warnings");
  const lines = (await talks.read("decks/talk.md")).split("\n");
  const seen = stdout.trim().split("\n").map((line) => JSON.parse(line)).filter((it) => /^(overfull|small|coarse)-/.test(it.code) && it.path === "decks/talk.md");
  const told = seen.map(({ code, line }) => `${code}: ${lines.slice(line - 1).find((text) => text.startsWith("#") || text.startsWith("!"))}`);
  assert.deepEqual(told, ["overfull-slide: ## Far too much", "small-text: ## Long line", "coarse-picture: ![w:900](dot.001.png)"], stdout);
  const [overfull, , coarse] = seen;
  assert.match(overfull.message, /slide 3 is \d+ px \(\d+ %\) too tall, shrunk to 60 % as it is/);
  assert.match(coarse.message, /128×72 pixels/);
  assert.equal((await run(talks.folder, ["check", "--browser", "--strict"])).status, 1);
});

// ---- a browser that is not there, or goes ----

check("without a browser one is told what to install", async (world) => {
  const talks = await world.site(site());
  for (const args of [["export", "talk", "--format", "pdf"], ["export", "talk", "--format", "png"], ["check", "--browser"]]) {
    const none = await run(talks.folder, args, { KAMI_BROWSER: "", PATH: talks.folder });
    assert.equal(none.status, 2, none.stderr);
    assert.match(none.stderr, /no Chromium was found\nhelp: install Chromium/);
    const wrong = await run(talks.folder, args, { KAMI_BROWSER: "/nowhere/chromium" });
    assert.equal(wrong.status, 2);
    assert.match(wrong.stderr, /KAMI_BROWSER names \/nowhere\/chromium/);
  }
  const ended = await run(talks.folder, ["export", "talk", "--format", "pdf"], { KAMI_BROWSER: "/bin/true" });
  assert.equal(ended.status, 2);
  assert.match(ended.stderr, /does not work as a browser/);
  assert.deepEqual((await readdir(talks.folder)).filter((name) => name.endsWith(".pdf")), []);
});

const profiles = async () => (await readdir(tmpdir())).filter((name) => name.startsWith("kami-browser-"));

check("a browser that is killed is told of, and nothing of it stays", async (world) => {
  const talks = await world.site(site());
  // A browser that dies as soon as it is asked to open a page.
  const script = talks.path("dying-browser");
  await writeFile(script, `#!/bin/sh\n"${chromium}" "$@" &\nbrowser=$!\nwhile ! ls -d "$(printf '%s\\n' "$@" | sed -n 's/--user-data-dir=//p')"/Default 2>/dev/null; do :; done\nkill -9 $browser\nwait $browser\n`);
  await chmod(script, 0o755);
  const before = await profiles();
  const ended = await run(talks.folder, ["export", "talk", "--format", "pdf"], { KAMI_BROWSER: script });
  assert.equal(ended.status, 2, ended.stderr);
  assert.match(ended.stderr, /help: /);
  await eventually(async () => assert.deepEqual(await profiles(), before));
  assert.deepEqual((await readdir(talks.folder)).filter((name) => name.endsWith(".pdf")), []);
});

check("a Ctrl-C ends the browser too", async (world) => {
  const slow = Array.from({ length: 300 }, (_, n) => `# ${n}\n\n${words(300)}`).join("\n\n---\n\n");
  const talks = await world.site(site(slow));
  const before = await profiles();
  const child = execFile(kami, ["export", "talk", "--format", "pdf"], { cwd: talks.folder, env: { ...process.env, KAMI_BROWSER: chromium } });
  const closed = once(child, "close");
  await eventually(async () => assert.ok((await profiles()).length > before.length));
  child.kill("SIGINT");
  await closed;
  await eventually(async () => assert.deepEqual(await profiles(), before));
  await assert.rejects(stat(talks.path("talk.pdf")));
});
