// Diagrams: drawn when the site is compiled, in the colours of the page, under its policy.
import assert from "node:assert/strict";
import { readdir } from "node:fs/promises";
import { expectSlide } from "./deck-page.mjs";
import { check, eventually, run } from "./harness.mjs";
import { coloursOf } from "./pixels.mjs";

const kinds = {
  flowchart: "flowchart LR\n  A[読者] --> B{CloudFront}\n  B -->|hit| C[(cache)]",
  sequence: "sequenceDiagram\n  participant A as 読者\n  A->>B: GET",
  state: "stateDiagram-v2\n  [*] --> 開く\n  開く --> [*]",
  class: "classDiagram\n  class Animal {\n    +eat()\n  }\n  Animal <|-- Dog",
  er: "erDiagram\n  A ||--o{ B : has",
  gantt: "gantt\n  dateFormat YYYY-MM-DD\n  section s\n  t :a, 2026-01-01, 3d",
  pie: 'pie\n  "大阪" : 3\n  "京都" : 2',
  timeline: "timeline\n  2006 : S3",
  mindmap: "mindmap\n  root((紙))\n    芝居",
};
const fence = (text, info = "mermaid") => `\`\`\`${info}\n${text}\n\`\`\`\n`;
const files = {
  "kami.toml": 'title = "D"\nlang = "en"\n',
  "wiki/A.md": `# A\n\n${Object.values(kinds).map((text) => fence(text)).join("\n")}\n${fence(kinds.flowchart, 'mermaid title="Again"')}`,
  "decks/d.md": `# One\n\n${fence(kinds.flowchart)}`,
};

check("all kinds are drawn, with ids of their own and words for those who cannot see them", async (world) => {
  const { url } = await world.serve(await world.site(files));
  const page = await world.open(url("wiki/A.html"));
  const drawn = page.locator("figure.mermaid > svg");
  assert.equal(await drawn.count(), Object.keys(kinds).length + 1);
  for (const svg of await drawn.all()) {
    const { width, height } = await svg.boundingBox();
    assert.ok(width > 40 && height > 40, `${width} by ${height}`);
    assert.notEqual(await svg.getAttribute("aria-label"), "");
  }
  assert.match(await drawn.first().getAttribute("aria-label"), /読者.*CloudFront.*cache/);
  assert.equal(await page.locator("figure.mermaid figcaption").innerText(), "Again");
  const ids = await page.locator("[id]").evaluateAll((all) => all.map((element) => element.id));
  assert.deepEqual(ids.filter((id, index) => ids.indexOf(id) !== index), []);
  assert.equal(await page.locator("main [style], main style").count(), 0);
});

check("a diagram has the ink of the text around it, in the dark as well", async (world) => {
  const { url } = await world.serve(await world.site(files));
  for (const colorScheme of ["light", "dark"]) {
    const page = await world.open(url("wiki/A.html"), { colorScheme });
    const text = page.locator("figure.mermaid").first().locator("text", { hasText: "CloudFront" });
    const ink = await page.locator("main article").evaluate((article) => getComputedStyle(article).color);
    assert.equal(await text.evaluate((text) => getComputedStyle(text).fill), ink);
  }
  const page = await world.open(url("decks/d.html"));
  await expectSlide(page, 1);
  const onSlide = page.locator("section.slide figure.mermaid > svg text", { hasText: "CloudFront" });
  const drawn = await onSlide.evaluate((text) => text.getScreenCTM().a * parseFloat(getComputedStyle(text).fontSize));
  const heading = await page.locator("section.slide h1").evaluate((heading) => parseFloat(getComputedStyle(heading).fontSize));
  assert.ok(drawn > heading / 3, `${drawn} px beside ${heading} px can be read from the last row`);
});

check("a graph in Graphviz's language has its words, its colours and its clusters", async (world) => {
  const dot = [
    "digraph {",
    '  subgraph cluster_a { label="雲"; cdn [label="CloudFront" shape=cylinder] }',
    '  reader [style=filled fillcolor=gold]; reader -> cdn [label="GET" color="crimson" style=dashed]',
    "}",
  ].join("\n");
  const { url } = await world.serve(await world.site({ "wiki/A.md": `# A\n\n${fence(dot, "dot")}\n${fence(dot, "gv")}` }));
  const page = await world.open(url("wiki/A.html"), { colorScheme: "dark" });
  const drawn = page.locator("figure.mermaid > svg");
  assert.equal(await drawn.count(), 1);
  assert.match(await drawn.getAttribute("aria-label"), /雲/);
  for (const word of ["雲", "CloudFront", "GET", "reader"]) {
    await drawn.locator("text", { hasText: word }).first().waitFor({ state: "visible" });
  }
  const painted = (locator, name) => locator.evaluate((element, name) => getComputedStyle(element)[name], name);
  const node = drawn.locator("g.d-node", { hasText: "reader" });
  assert.equal(await painted(node.locator("rect, path").first(), "fill"), "rgb(255, 215, 0)");
  assert.equal(await painted(node.locator("text").first(), "fill"), "rgb(0, 0, 0)");
  assert.equal(await painted(drawn.locator("path.d-flowchart-link"), "stroke"), "rgb(220, 20, 60)");
  assert.equal(await page.locator("pre code.language-gv").count(), 1, "`gv` shows the text");
});

// ---- kinds that Mermaid's own script draws, in `kami check --browser` ----

// Stands in for the script: what is asked of it, and what it gives, are Mermaid's.
const standIn = `window.mermaid = {
  initialize(settings) { this.theme = settings.theme; },
  async render(id, text) {
    if (text.includes("wrong")) {
      throw Object.assign(new Error("Parse error on line 2:\\n...wrong\\n---^\\nExpecting 'number'"), { hash: { loc: { first_line: 2 } } });
    }
    const [paper, ink] = this.theme === "dark" ? ["#123456", "#fedcba"] : ["#abcdef", "#654321"];
    return { svg: '<svg id="' + id + '" viewBox="0 0 300 200" style="max-width: 300px"><style>#' + id + ' .ink{fill:' + ink + '}</style>'
      + '<rect width="300" height="200" fill="' + paper + '"/><rect class="ink" x="10" y="10" width="60" height="60" onclick="alert(1)"/>'
      + '<foreignObject x="100" y="50" width="100" height="50"><div xmlns="http://www.w3.org/1999/xhtml">雲<br>傘</div></foreignObject><script>alert(1)</script></svg>' };
  },
};`;
const sankey = (number) => `sankey-beta\n雲,傘,${number}`;
const drawnFiles = async (site) => (await readdir(site.path("wiki"))).filter((name) => name.endsWith(".svg")).sort();
const hex = (colour) => colour.match(/[0-9a-f]{2}/g).map((part) => parseInt(part, 16)).join();

check("a kind that is not drawn here is drawn by Mermaid itself, beside the page, in light and dark", async (world) => {
  const site = await world.site({ "kami.toml": 'title = "D"\nlang = "en"\n', "wiki/A.md": `# A\n\n${fence(sankey(3), 'mermaid title="Where rain goes"')}` });
  const { url } = await world.serve(site);
  const page = await world.open(url("wiki/A.html"), { colorScheme: "dark" });
  const written = page.locator("pre code.language-mermaid");
  await written.waitFor({ state: "visible" });
  const without = await run("check", "--browser", site.folder);
  assert.match(without.stderr, /wiki\/A\.md:3:1: warning\[diagram\].*sankey[^]*help: Mermaid's own script was not found: `npm install mermaid`/);
  assert.deepEqual(await drawnFiles(site), []);

  await site.write("node_modules/mermaid/dist/mermaid.min.js", standIn);
  const first = await run("check", "--browser", site.folder);
  assert.doesNotMatch(first.stderr, /\[diagram\]/);
  const [name, ...others] = await drawnFiles(site);
  assert.deepEqual(others, []);
  assert.match(name, /^mermaid-[0-9a-f]{12}\.svg$/);
  const svg = await site.read(`wiki/${name}`);
  assert.match(svg, /^<!-- drawn by kami check, in a browser -->\n<svg/);
  assert.doesNotMatch(svg, /script|foreignObject|onclick|alert/);
  assert.match(svg, />雲<[^]*>傘</);

  // The page that stands open shows it by itself, and in the scheme of its reader.
  const picture = page.locator("figure.diagram-file > img");
  await picture.waitFor({ state: "visible" });
  assert.equal(await written.count(), 0);
  assert.equal(await picture.getAttribute("alt"), "Where rain goes");
  assert.equal(await page.locator("figure.diagram-file figcaption").innerText(), "Where rain goes");
  for (const [colorScheme, shown, hidden] of [["dark", "#fedcba", "#654321"], ["light", "#654321", "#fedcba"]]) {
    const reader = await world.open(url("wiki/A.html"), { colorScheme });
    await eventually(async () => assert.ok((await coloursOf(reader)).has(hex(shown)), `${colorScheme} shows ${shown}`));
    assert.ok(!(await coloursOf(reader)).has(hex(hidden)));
  }

  // Another text is another drawing; the old one goes, and what is not ours stays.
  await site.write("wiki/mermaid-0123456789ab.svg", svg.replace(/^.*\n/, ""));
  await site.edit("wiki/A.md", "傘,3", "傘,4");
  await written.waitFor({ state: "visible" });
  await run("check", "--browser", site.folder);
  const now = await drawnFiles(site);
  assert.equal(now.length, 2);
  assert.ok(now.includes("mermaid-0123456789ab.svg") && !now.includes(name), now.join());
  await picture.waitFor({ state: "visible" });
});

check("what Mermaid itself says of a diagram is told at its place", async (world) => {
  const site = await world.site({
    "kami.toml": 'title = "D"\nlang = "en"\n',
    "wiki/A.md": `# A\n\n${fence("sankey-beta\n  wrong")}`,
    "node_modules/mermaid/dist/mermaid.min.js": standIn,
  });
  const { stdout } = await run("check", "--browser", "--format", "json", site.folder);
  const told = stdout.trim().split("\n").map((line) => JSON.parse(line)).filter((it) => it.code === "diagram");
  assert.equal(told.length, 1, stdout);
  assert.equal(`${told[0].path}:${told[0].line}:${told[0].column}`, "wiki/A.md:5:3");
  assert.match(told[0].message, /Mermaid itself: Parse error on line 2: Expecting 'number'/);
  assert.deepEqual(await drawnFiles(site), []);
  await site.write("node_modules/mermaid/dist/mermaid.min.js", "window.other = 1;");
  const wrong = await run("check", "--browser", site.folder);
  assert.equal(wrong.status, 2);
  assert.match(wrong.stderr, /not Mermaid's\nhelp: KAMI_MERMAID/);
});
