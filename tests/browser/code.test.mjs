// Code: what is drawn before a line is not copied, colours can be read in every theme, steps light lines.
import assert from "node:assert/strict";
import { check, eventually } from "./harness.mjs";

const samples = `\`\`\`rust title="src/a.rs" linenos=9 {2}
// 一
fn a() -> u8 { b!("c\\n", 1, true) }
\`\`\`

\`\`\`diff-js
 a();
-b();
+c();
\`\`\`

\`\`\`css
a.b { color: #fff }
\`\`\`

\`\`\`html
<a b="c">&amp;</a>
\`\`\`
`;

// The contrast of every text of code with what it stands on.
const contrasts = (scope) => {
  const luminance = (color) => {
    const canvas = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });
    canvas.fillStyle = color;
    canvas.fillRect(0, 0, 1, 1);
    const part = (value) => (value / 255 <= 0.04045 ? value / 255 / 12.92 : ((value / 255 + 0.055) / 1.055) ** 2.4);
    const [r, g, b] = [...canvas.getImageData(0, 0, 1, 1).data].map(part);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  return [...document.querySelectorAll(`${scope} pre span[class*="hljs-"]`)].map((span) => {
    const ground = luminance(getComputedStyle(span.closest("pre")).backgroundColor);
    const ink = luminance(getComputedStyle(span).color);
    const [light, dark] = [Math.max(ground, ink), Math.min(ground, ink)];
    return { name: span.className, ratio: (light + 0.05) / (dark + 0.05) };
  });
};

const assertReadable = (found, where) => {
  assert.ok(found.length > 10, `${where}: ${found.length} colours`);
  for (const { name, ratio } of found) assert.ok(ratio >= 4.5, `${where}: ${name} has ${ratio.toFixed(2)}`);
  assert.ok(new Set(found.map(({ ratio }) => ratio.toFixed(3))).size >= 4, `${where}: colours differ`);
};

check("code on a page can be read in the light and in the dark", async (world) => {
  const made = await world.site({ "kami.toml": `title = "コード"\n`, "wiki/Code.md": `# コード\n\n${samples}` });
  const { url } = await world.serve(made);
  for (const colorScheme of ["light", "dark"]) {
    const page = await world.open(url("wiki/Code.html"), { colorScheme });
    assertReadable(await page.evaluate(contrasts, "article"), colorScheme);
  }
});

check("what is copied is the code", async (world) => {
  const made = await world.site({ "kami.toml": `title = "コード"\n`, "wiki/Code.md": `# コード\n\n${samples}` });
  const { url } = await world.serve(made);
  const page = await world.open(url("wiki/Code.html"), { permissions: ["clipboard-read", "clipboard-write"] });
  const copied = async (index) => {
    await page.locator("article .copy").nth(index).click();
    return page.evaluate(() => navigator.clipboard.readText());
  };
  await eventually(async () => assert.equal(await copied(0), '// 一\nfn a() -> u8 { b!("c\\n", 1, true) }'));
  assert.equal(await copied(1), "a();\nc();");
  const before = (selector) => page.locator(selector).first().evaluate((line) => getComputedStyle(line, "::before").content);
  assert.match(await before("article [data-numbers] .line"), /" 9 /);
  assert.match(await before("article ins.line"), /\+/);
  assert.equal(await page.locator("figure.code > figcaption").textContent(), "src/a.rs");
});

const classes = { default: ["", "invert", "lead"], gaia: ["", "invert", "gaia"], minwa: ["", "invert"], takahashi: ["", "invert", "lead", "lead invert"], uncover: ["", "invert"] };

check("code on a slide can be read in every theme", async (world) => {
  const files = { "kami.toml": `title = "コード"\n` };
  for (const [theme, all] of Object.entries(classes)) {
    for (const name of all) {
      files[`decks/${theme}-${name.replace(" ", "-")}.md`] = `---\ntheme: ${theme}\nclass: ${name}\n---\n\n${samples}`;
    }
  }
  const made = await world.site(files);
  const { url } = await world.serve(made);
  const page = await world.open(url("decks/default-.html"));
  for (const name of Object.keys(files).filter((name) => name.endsWith(".md"))) {
    await page.goto(url(name.replace(/\.md$/, ".html")));
    assertReadable(await page.evaluate(contrasts, ".slide"), name);
  }
});

const drawn = `\`\`\`chart
type: line
title: 来た人
x: 月
y: 人
月,会場,配信
2011年4月,12,40
2011年5月,,65
2011年6月,31,-5
\`\`\`

\`\`\`chart
type: bar
x: 店
y: 売上（千円）
店,本店と支店を合わせた売上の高,昨年の同じ月にあった売上の高,一昨年の同じ月にあった売上の高
神保町の本店と倉庫,14500,22000,-6000
Kyoto station west exit,1,2,3
横浜駅の西口の店,,,4000
\`\`\`

\`\`\`qr
https://example.org
\`\`\`
`;

check("a chart keeps to its frame and a QR code is dark on light, on pages and slides", async (world) => {
  const files = { "kami.toml": `title = "図"\n`, "wiki/Chart.md": `# 図\n\n${drawn}`, "decks/chart.md": drawn };
  const { url } = await world.serve(await world.site(files));
  for (const [address, colorScheme] of [["wiki/Chart.html", "dark"], ["wiki/Chart.html", "light"], ["decks/chart.html", "light"]]) {
    const page = await world.open(url(address), { colorScheme });
    const found = await page.evaluate(() => {
      const outside = (svg) => {
        const frame = svg.getBoundingClientRect();
        const inside = ({ left, right, top, bottom }) => left >= frame.left - 1 && right <= frame.right + 1 && top >= frame.top - 1 && bottom <= frame.bottom + 1;
        return [...svg.querySelectorAll("text, path, rect")].filter((part) => !inside(part.getBoundingClientRect())).map((part) => part.outerHTML);
      };
      const over = (svg) => {
        const boxes = [...svg.querySelectorAll("text")].map((text) => text.getBoundingClientRect());
        return boxes.filter((one, at) => boxes.some((other, next) => next > at && one.left < other.right && other.left < one.right && one.top + 4 < other.bottom && other.top + 4 < one.bottom)).length;
      };
      const charts = [...document.querySelectorAll(".chart-sheet > svg")];
      return {
        outside: charts.flatMap(outside),
        over: charts.map(over),
        colours: new Set([...charts[0].querySelectorAll(".chart-line")].map((line) => getComputedStyle(line).stroke)).size,
        values: document.querySelectorAll("figure.chart table tbody tr").length,
        code: [...document.querySelectorAll("svg.qr > :is(rect, path)")].map((part) => getComputedStyle(part).fill),
        square: document.querySelector("svg.qr").getBoundingClientRect(),
      };
    });
    assert.deepEqual(found.outside, [], address);
    assert.equal(found.colours, 2, address);
    assert.deepEqual(found.over, [0, 0], `words lie over one another: ${address}`);
    assert.equal(found.values, 6, address);
    assert.deepEqual(found.code, ["rgb(255, 255, 255)", "rgb(0, 0, 0)"], address);
    assert.ok(found.square.width > 40 && Math.abs(found.square.width - found.square.height) < 1, address);
  }
});

check("a saved CSV file changes its table and its chart on the page and the slide that show it", async (world) => {
  const shows = "![[prices.csv|料金]]\n\n```chart\ntype: bar\nfile: prices.csv\n```\n";
  const site = await world.site({
    "kami.toml": `title = "図"\n`,
    "wiki/Prices.md": `# 料金\n\n${shows}`,
    "wiki/prices.csv": "種類,円\nt1,3\nm1,12\n",
    "decks/prices.md": "# 料金\n\n![](/wiki/prices.csv)\n",
  });
  const { url } = await world.serve(site);
  const pages = [];
  for (const path of ["wiki/Prices.html", "decks/prices.html"]) {
    const page = await world.open(url(path));
    await page.getByRole("cell", { name: "12", exact: true }).first().waitFor();
    await page.evaluate(() => (window.marker = "kept"));
    pages.push(page);
  }
  assert.equal(await pages[0].locator(".chart-sheet rect").count(), 2);
  // A name like that of a formula is text, and a quoted line end stays in its cell.
  await site.write("wiki/prices.csv", "\ufeff種類,円\r\nt1,3\r\n\"c1\nxlarge\",78\r\n<b>,5\r\n");
  for (const page of pages) {
    await page.getByRole("cell", { name: "78", exact: true }).first().waitFor();
    await page.getByRole("cell", { name: "<b>", exact: true }).first().waitFor();
    assert.equal(await page.evaluate(() => window.marker), "kept");
  }
  await pages[0].locator(".chart-sheet rect").nth(2).waitFor();
});
