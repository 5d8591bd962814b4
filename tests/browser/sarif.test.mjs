// What `kami check --format sarif` writes is SARIF 2.1.0 by the schema of the standard, and leads to the places meant.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import draft04 from "ajv-draft-04";
import formats from "ajv-formats";
import { check, run } from "./harness.mjs";

const require = createRequire(import.meta.url);
const folder = require.resolve("@microsoft/jest-sarif/package.json").replace("package.json", "lib/schemas/");

async function validator() {
  const ajv = new draft04.default({ strict: false, allErrors: true, unicodeRegExp: false });
  formats.default(ajv);
  return ajv.compile(JSON.parse(await readFile(`${folder}sarif-2.1.0-rtm.5.json`, "utf8")));
}

check("a log of faults is valid and names their places", async (world) => {
  const site = await world.site({
    "wiki/index.md": "雨の日に[[かさ]]を忘れない。\n\n[[雨の日]]\n",
    "wiki/雨の日.md": "---\ntitle: [oops\n---\n# 雨\n\n![](なし%20#1.png)\n",
    "wiki/a b.md": "[[index]] 😀 [[gone]]\n",
  });
  const told = await run("check", site.folder, "--format", "sarif");
  assert.equal(told.status, 1);
  const log = JSON.parse(told.stdout);
  const valid = await validator();
  assert.ok(valid(log), JSON.stringify(valid.errors, null, 1));
  const [pass] = log.runs;
  const place = ({ ruleId, ruleIndex, level, locations: [{ physicalLocation: at }] }) => {
    assert.equal(pass.tool.driver.rules[ruleIndex].id, ruleId);
    const { startLine, startColumn, endColumn } = at.region;
    return `${decodeURIComponent(at.artifactLocation.uri)}:${startLine}:${startColumn}-${endColumn} ${level} ${ruleId}`;
  };
  const places = pass.results.map(place);
  assert.ok(places.includes("wiki/index.md:1:5-11 warning missing-link"), places.join("\n"));
  assert.ok(places.includes("wiki/a b.md:1:13-21 warning missing-link"), places.join("\n"));
  assert.ok(places.some((line) => line.startsWith("wiki/雨の日.md:2:8") && line.endsWith("error front-matter")));
  // A URI is ASCII.
  assert.ok(pass.results.every((r) => /^[\x21-\x7e]+$/.test(r.locations[0].physicalLocation.artifactLocation.uri)));
});

check("a log of nothing is valid, too", async (world) => {
  const site = await world.site({ "wiki/index.md": "雨の日。\n" });
  const told = await run("check", site.folder, "--format", "sarif");
  assert.equal(told.status, 0, told.stderr);
  const log = JSON.parse(told.stdout);
  const valid = await validator();
  assert.ok(valid(log), JSON.stringify(valid.errors, null, 1));
  assert.deepEqual(log.runs[0].results, []);
});
