// Diagrams: drawn when the site is compiled, in the colours of the page, under its policy.
import assert from "node:assert/strict";
import { expectSlide } from "./deck-page.mjs";
import { check } from "./harness.mjs";

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
