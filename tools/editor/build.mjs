// Makes the scripts in templates/editor of src/ and what package-lock.json names, with the licences of all that is in it.
// `node build.mjs --check` tells whether what is there is what would be made.
import { build } from "esbuild";
import { readFile, readdir, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const target = join(here, "..", "..", "templates", "editor");

// Turndown tries at its start whether a browser parses HTML from a string. Ours may not, and gives it nodes.
const unasked = {
  name: "unasked",
  setup(build) {
    build.onLoad({ filter: /turndown\.browser\.es\.js$/ }, async ({ path }) => {
      const text = await readFile(path, "utf8");
      const contents = text.replace("canParseHTMLNatively() ?", "true ?");
      if (contents === text) throw new Error("turndown no longer asks whether it may parse: take this out");
      return { contents, loader: "js" };
    });
  },
};

const { outputFiles, metafile } = await build({
  absWorkingDir: here,
  // Vim's keys are a fifth of the whole and are loaded by who wants them; what both need is a file of its own.
  entryPoints: [{ in: "src/main.mjs", out: "editor" }],
  bundle: true,
  minify: true,
  format: "esm",
  splitting: true,
  chunkNames: "editor-[name]",
  target: ["chrome111", "firefox113", "safari16.4"],
  charset: "utf8",
  legalComments: "none",
  sourcemap: "external",
  outdir: here,
  metafile: true,
  write: false,
  plugins: [unasked],
  alias: { "@codemirror/lang-html": join(here, "src", "html.mjs") },
});

// The packages that went in, each with its licence.
async function licences() {
  const packages = new Set();
  for (const path of Object.keys(metafile.inputs)) {
    const inside = /^node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(path);
    if (inside) packages.add(inside[1]);
  }
  let text = "What the scripts of the editor are made of, besides our own part.\n";
  for (const name of [...packages].sort()) {
    const folder = join(here, "node_modules", name);
    const { version, license } = JSON.parse(await readFile(join(folder, "package.json"), "utf8"));
    const file = (await readdir(folder)).find((file) => /^licen[cs]e/i.test(file));
    const said = file ? await readFile(join(folder, file), "utf8") : `${license}\n`;
    text += `\n${"=".repeat(80)}\n${name} ${version} (${license})\n\n${said.trim()}\n`;
  }
  return text;
}

const made = (ending) => Object.fromEntries(outputFiles.filter(({ path }) => path.endsWith(ending)).map(({ path, text }) => [basename(path), text]));
const files = { ...made(".js"), "editor.LICENSES": await licences() };
const maps = made(".map");

if (process.argv.includes("--check")) {
  for (const [name, text] of Object.entries(files)) {
    const there = await readFile(join(target, name), "utf8").catch(() => null);
    if (there !== text) {
      console.error(`templates/editor/${name} is not what tools/editor makes: run node tools/editor/build.mjs`);
      process.exitCode = 1;
    }
  }
} else {
  for (const [name, text] of Object.entries(files)) await writeFile(join(target, name), text);
  for (const [name, text] of Object.entries(maps)) await writeFile(join(here, name), text);
}
