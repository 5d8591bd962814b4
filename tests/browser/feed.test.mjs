// What programs read of a site: the feeds, the map of the site and robots.txt, judged by what reads them.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { createRequire } from "node:module";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { check } from "./harness.mjs";

const require = createRequire(import.meta.url);
const BASE = "https://example.org/site/";

check("the map of the site is valid by its schema and names pages that are there", async (world) => {
  const bundle = await world.build(await world.demo(), "--base-url", BASE);
  const schema = require.resolve("sitemap/package.json").replace("package.json", "schema/sitemap.xsd");
  execFileSync("xmllint", ["--noout", "--nonet", "--schema", schema, join(bundle.folder, "sitemap.xml")]);
  const map = await readFile(join(bundle.folder, "sitemap.xml"), "utf8");
  const files = new Set(await bundle.files());
  const listed = [...map.matchAll(/<loc>([^<]*)<\/loc>/g)].map(([, url]) => url);
  assert.ok(listed.length > 20);
  for (const url of listed) {
    assert.match(url, /^https:\/\/example\.org\/site\/[\x21-\x7e]+$/);
    const path = decodeURIComponent(url.slice(BASE.length));
    assert.ok(files.has(path), `${path} is listed and not there`);
    const page = await readFile(join(bundle.folder, path), "utf8");
    assert.ok(page.includes(`<link rel="canonical" href="${url}">`), `${path} has another address of its own`);
  }
  const robots = await readFile(join(bundle.folder, "robots.txt"), "utf8");
  assert.ok(robots.includes(`Sitemap: ${BASE}sitemap.xml`));
});

check("feeds are whole XML with what Atom asks of them", async (world) => {
  const bundle = await world.build(await world.demo(), "--base-url", BASE);
  // A page of ours would not parse strings: its policy forbids it.
  const page = await world.open("about:blank");
  for (const name of ["feed.xml", "feed.en.xml"]) {
    const xml = await readFile(join(bundle.folder, name), "utf8");
    const told = await page.evaluate((xml) => {
      const feed = new DOMParser().parseFromString(xml, "application/xml");
      const text = (of, tag) => [...of.children].filter((e) => e.localName === tag).map((e) => e.textContent);
      const entries = [...feed.querySelectorAll("entry")];
      const links = entries.map((e) => e.querySelector("link[rel=alternate]").getAttribute("href"));
      return {
        fault: feed.querySelector("parsererror")?.textContent,
        space: feed.documentElement.namespaceURI,
        head: ["id", "title", "updated"].map((tag) => text(feed.documentElement, tag).length),
        ids: entries.flatMap((e) => text(e, "id")),
        dates: entries.flatMap((e) => text(e, "updated")),
        newest: text(feed.documentElement, "updated")[0],
        links,
      };
    }, xml);
    assert.equal(told.fault, undefined);
    assert.equal(told.space, "http://www.w3.org/2005/Atom");
    assert.deepEqual(told.head, [1, 1, 1]);
    assert.ok(told.ids.length > 3);
    assert.equal(new Set(told.ids).size, told.ids.length);
    assert.equal(told.newest, told.dates[0]);
    for (const date of told.dates) assert.match(date, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(Z|[+-]\d\d:\d\d)$/);
    for (const link of told.links) assert.ok(link.startsWith(BASE));
    // The ids outlive a move to another address.
    const moved = await world.build(await world.demo(), "--base-url", "https://elsewhere.example/");
    const ids = (xml) => [...xml.matchAll(/<id>([^<]*)/g)].map(([, id]) => id);
    assert.deepEqual(ids(await readFile(join(moved.folder, name), "utf8")), ids(xml));
  }
});
