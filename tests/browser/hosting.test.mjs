// `kami template`: what hosts are told holds. The function at the edge is asked in a JavaScript engine, nginx and Caddy
// really serve a bundle, and cfn-lint reads the templates of CloudFormation.
import assert from "node:assert/strict";
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { chmod, mkdir, readFile, writeFile } from "node:fs/promises";
import { request } from "node:http";
import { dirname, join } from "node:path";
import { brotliDecompressSync, gunzipSync } from "node:zlib";
import { promisify } from "node:util";
import vm from "node:vm";
import { check, eventually, freePort, root, run } from "./harness.mjs";

const files = {
  "kami.toml": 'title = "雨"\n',
  "decks/t.md": "---\naliases: [old talk]\n---\n# 題\n",
  "wiki/雨 の日.md": "---\naliases: [梅雨, index.php/Rain]\n---\n降る。\n",
  "wiki/t1.micro.md": "小さい。[[Node.js]]\n",
  "wiki/Node.js.md": "速い。\n",
  "wiki/C++.md": "足す。\n",
  "wiki/Help/index.md": "助け。[[雨 の日]]\n",
  "wiki/Sun.md": `---\nredirect: 雨 の日\n---\n`,
  "wiki/Long.md": `${"長い話。".repeat(800)}\n`,
  "static/音.ics": "BEGIN:VCALENDAR\n",
};
const rain = `/wiki/${encodeURIComponent("雨_の日")}.html`;
// What browsers ask for, and what they get: a file of the bundle, or `> ` and where they are sent.
const asked = [
  ["/", "/index.html"],
  ["/index.html", "/index.html"],
  ["/wiki/t1.micro", "/wiki/t1.micro.html"],
  ["/wiki/t1.micro.html", "/wiki/t1.micro.html"],
  ["/wiki/Node.js", "/wiki/Node.js.html"],
  ["/wiki/C++", "/wiki/C%2B%2B.html"],
  ["/wiki/C%2b%2b.html", "/wiki/C%2B%2B.html"],
  [`/wiki/${encodeURIComponent("雨_の日")}`, rain],
  [`/wiki/${encodeURIComponent("雨_の日").toLowerCase()}.html`, rain],
  ["/wiki/Help/", "/wiki/Help/index.html"],
  ["/wiki/Help", "> 301 /wiki/Help/"],
  ["/wiki/t1.micro/", "> 301 /wiki/t1.micro"],
  ["//example.org/", "> 301 /example.org"],
  [`/wiki/${encodeURIComponent("梅雨")}`, `> 301 ${rain}`],
  [`/wiki/${encodeURIComponent("梅雨")}.html`, `> 301 ${rain}`],
  ["/wiki/index.php/Rain", `> 301 ${rain}`],
  ["/wiki/Sun", `> 301 ${rain}`],
  ["/decks/old_talk", "> 301 /decks/t.html"],
  ["/wiki/constructor", "/wiki/constructor.html"],
  ["/decks/t", "/decks/t.html"],
  ["/sw.js", "/sw.js"],
  ["/feed.xml", "/feed.xml"],
  ["/assets/site-0123.css", "/assets/site-0123.css"],
  ["/.well-known/security", "/.well-known/security"],
  [`/${encodeURIComponent("音")}.ics`, `/${encodeURIComponent("音")}.ics`],
  ["/wiki/%E0%A4%A", "/wiki/%E0%A4%A"],
];

async function template(site, ...args) {
  const { status, stdout, stderr } = await run("template", ...args, site.folder);
  assert.equal(status, 0, stderr);
  return { text: stdout, said: stderr };
}

// The script that stands below a key of a template, with its indentation gone.
function script(text, key) {
  const lines = text.split("\n");
  const at = lines.findIndex((line) => line.trim() === `${key}: |`);
  const deep = lines[at].search(/\S/) + 2;
  const end = lines.findIndex((line, index) => index > at && line !== "" && line.search(/\S/) < deep);
  return lines.slice(at + 1, end).map((line) => line.slice(deep)).join("\n");
}

function answered(answer) {
  return answer.statusCode ? `> ${answer.statusCode} ${answer.headers.location.value}` : answer.uri;
}

check("the function at the edge finds files and old addresses", async (world) => {
  const site = await world.site(files);
  const code = script((await template(site, "cloudfront")).text, "FunctionCode");
  assert.ok(Buffer.byteLength(code) <= 10240 && /^[\x20-\x7e\n]*$/.test(code));
  const context = vm.createContext({});
  vm.runInContext(code, context);
  const handler = (uri, querystring = {}) => context.handler({ request: { method: "GET", uri, querystring, headers: {} } });
  for (const [uri, expected] of asked) assert.equal(answered(handler(uri)), expected, uri);
  const query = { q: { value: "%E9%9B%A8" }, tag: { value: "a", multiValue: [{ value: "a" }, { value: "b" }] }, bare: { value: "" } };
  assert.equal(answered(handler("/wiki/Sun", query)), `> 301 ${rain}?q=%E9%9B%A8&tag=a&tag=b&bare`);
});

check("the function of the spare answers where the server is down, and only there", async (world) => {
  const site = await world.site(files);
  const code = script((await template(site, "cloudfront", "--custom-origin", "origin.example.jp")).text, "ZipFile");
  const context = vm.createContext({ exports: {} });
  vm.runInContext(code, context);
  const ask = (origin, uri, querystring = "") =>
    context.exports.handler({ Records: [{ cf: { request: { uri, querystring, origin } } }] });
  assert.deepEqual(await ask({ custom: {} }, "/2011/04/", "p=1"), { uri: "/2011/04/", querystring: "p=1", origin: { custom: {} } });
  for (const [uri, expected] of asked) {
    const { status, headers, ...answer } = await ask({ s3: {} }, uri, "acl");
    assert.equal(status ? `> ${status} ${headers.location[0].value}` : answer.uri, expected, uri);
    if (!status) assert.equal(answer.querystring, "", "a query may be a command to S3");
  }
});

check("a site's own rules count, and what cannot be told is said", async (world) => {
  const many = Array.from({ length: 400 }, (_, number) => `/old/${number} /wiki/${encodeURIComponent("雨_の日")}.html 302`);
  const own = ["/blog/* https://example.org/:splat", "/:id /wiki/Sun.html", "/wiki/Sun /a?b=1#c 307", ...many].join("\n");
  const site = await world.site({ ...files, "static/_redirects": own, "static/_headers": "/*\n  X-Own: \"雨\"\n" });
  const { text, said } = await template(site, "cloudfront");
  assert.match(said, /_redirects:2: `\/:id \/wiki\/Sun\.html` is left out/);
  assert.match(said, /\d+ of 402 old addresses fit/);
  const code = script(text, "FunctionCode");
  assert.ok(Buffer.byteLength(code) <= 10240);
  const context = vm.createContext({});
  vm.runInContext(code, context);
  const handler = (uri, querystring = {}) => answered(context.handler({ request: { uri, querystring } }));
  assert.equal(handler("/blog/2011/雨"), `> 301 https://example.org/2011/${encodeURIComponent("雨")}`);
  assert.equal(handler("/wiki/Sun", { d: { value: "2" } }), "> 307 /a?b=1&d=2#c");
  assert.match(text, /Header: "X-Own"\n\s+Value: "\\"\\u96e8\\""/);
  // A template of the site's own takes the place of the built-in one; one that is wrong is told with its place.
  await site.write("templates/hosts/netlify.toml", "mine {{ base_path }}\n");
  assert.equal((await template(site, "netlify")).text, "mine /\n");
  await site.write("templates/hosts/netlify.toml", "mine {{ nothing }}\n");
  const wrong = await run("template", "netlify", site.folder);
  assert.equal(wrong.status, 1);
  assert.match(wrong.stderr, /^templates\/hosts\/netlify\.toml:1:\d+: error\[template\]/);
});

check("what makes no sense is refused with what to do", async (world) => {
  const site = await world.site(files);
  for (const [flags, said] of [
    [["--domain", "https://example.org"], "write the name alone"],
    [["--replica-region", "Osaka"], "regions are called"],
    [["--replica-region", "us-east-1", "--domain", "example.org"], "choose another region"],
    [["--custom-origin", "example.org", "--domain", "example.org"], "a name of its own"],
  ]) {
    const { status, stderr, stdout } = await run("template", "cloudfront", ...flags, site.folder);
    assert.deepEqual([status, stdout], [2, ""], flags.join(" "));
    assert.ok(stderr.includes(said), stderr);
  }
});

check("CloudFormation finds nothing to say", async (world) => {
  const site = await world.site(files);
  const lint = join(root, "target", "python", "bin", "cfn-lint");
  assert.ok(existsSync(lint), `${lint} is missing: tests/python/install.sh makes it`);
  const folder = await world.folder();
  const paths = [];
  for (const origin of [[], ["--custom-origin", "origin.example.jp"]]) {
    for (const replica of [[], ["--replica-region", "ap-northeast-3"]]) {
      for (const domain of [[], ["--domain", "www.example.jp"]]) {
        const { text } = await template(site, "cloudfront", ...origin, ...replica, ...domain);
        paths.push(join(folder, `${paths.length}.yaml`));
        await writeFile(paths.at(-1), text);
      }
    }
  }
  const linted = await promisify(execFile)(lint, paths, { env: { ...process.env, HOME: folder } }).catch((error) => error);
  assert.deepEqual([linted.code ?? 0, linted.stdout], [0, ""], linted.stderr);
});

// Starts a server and returns a way to ask it.
async function started(world, command, args, port) {
  const child = spawn(command, args, { stdio: ["ignore", "pipe", "pipe"], env: { ...process.env, HOME: await world.folder() } });
  let said = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (text) => (said += text));
  const ended = once(child, "close");
  world.cleanup(async () => {
    child.kill("SIGTERM");
    await ended;
  });
  const ask = (path, headers = {}, method = "GET") =>
    new Promise((resolve, reject) => {
      request({ port, host: "127.0.0.1", path, headers, method, setHost: true }, async (response) => {
        const chunks = [];
        for await (const chunk of response) chunks.push(chunk);
        resolve({ status: response.statusCode, headers: response.headers, body: Buffer.concat(chunks) });
      }).on("error", reject).end();
    });
  await eventually(async () => {
    assert.equal(child.exitCode, null, `${command} ended: ${said}`);
    await ask("/");
  });
  return ask;
}

// Asks a server for everything that a reader may meet.
async function tried(ask, bundle, manifest) {
  const old = (await readFile(join(bundle.folder, "_redirects"), "utf8")).split("\n").map((line) => decodeURIComponent(line.split(" ")[0]));
  for (const { path, content_type: type, cache_control: caching, content_encoding: form } of manifest) {
    if (form || path.startsWith("_") || path.startsWith(".") || old.includes(`/${path}`)) continue;
    const answer = await ask(`/${path.split("/").map(encodeURIComponent).join("/")}`);
    assert.equal(answer.status, 200, path);
    // Where we know nothing, a server may know more.
    if (type !== "application/octet-stream") assert.equal(answer.headers["content-type"]?.toLowerCase(), type, path);
    assert.equal(answer.headers["cache-control"], caching, path);
    assert.ok(answer.headers.etag, path);
    assert.match(answer.headers["content-security-policy"], /^default-src 'none'.*frame-ancestors 'self'$/, path);
    assert.equal(answer.headers["x-content-type-options"], "nosniff", path);
    assert.deepEqual(answer.body, await readFile(join(bundle.folder, path)), path);
  }
  const long = await readFile(join(bundle.folder, "wiki/Long.html"));
  for (const path of ["/wiki/Long.html", "/wiki/Long"]) {
    const packed = await ask(path, { "Accept-Encoding": "gzip" });
    assert.equal(packed.headers["content-encoding"], "gzip", path);
    assert.match(packed.headers.vary, /Accept-Encoding/i);
    assert.deepEqual(gunzipSync(packed.body), long);
    assert.deepEqual(packed.body, await readFile(join(bundle.folder, "wiki/Long.html.gz")), "it was compressed beforehand");
  }
  const part = await ask("/wiki/Long.html", { Range: "bytes=10-19" });
  assert.deepEqual([part.status, part.body], [206, long.subarray(10, 20)]);
  const { headers } = await ask("/wiki/Long.html");
  assert.equal((await ask("/wiki/Long.html", { "If-None-Match": headers.etag })).status, 304);
  const head = await ask("/wiki/Long.html", {}, "HEAD");
  assert.deepEqual([head.status, head.body.length], [200, 0]);
  for (const [path, at] of [
    [`/wiki/${encodeURIComponent("梅雨")}`, rain],
    [`/wiki/${encodeURIComponent("梅雨")}.html`, rain],
    ["/wiki/index.php/Rain", rain],
    ["/wiki/Help", "/wiki/Help/"],
    ["/wiki/t1.micro/", "/wiki/t1.micro"],
  ]) {
    const { status, headers } = await ask(path);
    assert.ok(status === 301 || status === 308, `${path}: ${status}`);
    assert.equal(headers.location, at, path);
  }
  for (const [path, file] of [["/", "index.html"], ["/wiki/t1.micro", "wiki/t1.micro.html"], ["/wiki/Node.js", "wiki/Node.js.html"], ["/wiki/Help/", "wiki/Help/index.html"]]) {
    const answer = await ask(path);
    assert.equal(answer.status, 200, path);
    assert.match(answer.headers["content-type"], /^text\/html; charset=utf-8$/i, path);
    assert.deepEqual(answer.body, await readFile(join(bundle.folder, file)), path);
  }
  const lost = await readFile(join(bundle.folder, "404.html"));
  for (const path of ["/wiki/nothing", "/assets/nothing.css", "/decks/", "/_headers", "/_redirects", "/wiki/%E9%9B%A8"]) {
    const answer = await ask(path);
    assert.equal(answer.status, 404, path);
    assert.deepEqual(answer.body, lost, path);
    assert.doesNotMatch(answer.headers["cache-control"] ?? "", /immutable/, path);
  }
  const away = await ask("//example.org/");
  assert.doesNotMatch(away.headers.location ?? "", /^\/[/\\]/);
}

async function built(world) {
  const site = await world.site(files);
  const bundle = await world.build(site, "--precompress");
  const { files: manifest } = JSON.parse(await readFile(join(bundle.folder, "bundle.json"), "utf8"));
  for (let folder = bundle.folder; folder.length > 5; folder = dirname(folder)) await chmod(folder, 0o755).catch(() => {});
  return { site, bundle, manifest };
}

check("nginx serves the bundle", async (world) => {
  const { site, bundle, manifest } = await built(world);
  const port = await freePort();
  const folder = await world.folder();
  const server = (await template(site, "nginx")).text
    .replace("listen 80;", `listen 127.0.0.1:${port};`)
    .replace(/ *listen \[::\]:80;\n/, "")
    .replace("root /var/www/site;", `root ${bundle.folder};`);
  await mkdir(join(folder, "temp"));
  const temps = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map((kind) => `${kind}_temp_path ${folder}/temp/${kind};`);
  const whole = `daemon off; worker_processes 1; pid ${folder}/pid; error_log stderr;
${process.getuid() === 0 ? "user root;" : ""}
events {}
http { access_log off; ${temps.join(" ")}
${server}}
`;
  await writeFile(join(folder, "nginx.conf"), whole);
  await tried(await started(world, "/usr/sbin/nginx", ["-c", join(folder, "nginx.conf"), "-p", folder], port), bundle, manifest);
});

check("Caddy serves the bundle", async (world) => {
  const { site, bundle, manifest } = await built(world);
  const port = await freePort();
  const folder = await world.folder();
  const server = (await template(site, "caddy")).text
    .replace(":80 {", `http://127.0.0.1:${port} {`)
    .replace("root * /var/www/site", `root * ${bundle.folder}`);
  await writeFile(join(folder, "Caddyfile"), `{\n\tadmin off\n\tauto_https off\n}\n${server}`);
  const ask = await started(world, "caddy", ["run", "--adapter", "caddyfile", "--config", join(folder, "Caddyfile")], port);
  await tried(ask, bundle, manifest);
  // A browser asks so; it gets the smallest.
  const packed = await ask("/wiki/Long.html", { "Accept-Encoding": "gzip, deflate, br, zstd" });
  assert.equal(packed.headers["content-encoding"], "br");
  assert.deepEqual(brotliDecompressSync(packed.body), await readFile(join(bundle.folder, "wiki/Long.html")));
  const other = await ask("/wiki/Long", { "Accept-Encoding": "zstd" });
  assert.deepEqual([other.headers["content-encoding"], other.headers["content-type"]], ["zstd", "text/html; charset=utf-8"]);
  assert.deepEqual(other.body, await readFile(join(bundle.folder, "wiki/Long.html.zst")), "it was compressed beforehand");
});

check("a drill tells what readers see, and the outage's talk shows what it tells", async (world) => {
  const site = await world.demo();
  const drill = async (...args) => {
    const { status, stdout, stderr } = await run("drill", ...args, site.folder);
    return { status, stdout, stderr };
  };
  const { stdout } = await drill("--page", "/index.html");
  for (const deck of ["decks/us-east-1-outage.md", "decks/us-east-1-outage.en.md"]) {
    assert.ok((await site.read(deck)).includes(stdout), `${deck} does not show\n${stdout}`);
  }
  assert.match((await drill()).stdout, /bundle\.json.*\n0-9 +well/);
  const spared = await drill("--page", "wiki/EBS.html", "--timeline", "well 5m, gone 2h", "--spare");
  assert.match(spared.stdout, /the spare's, after 6 s/);
  for (const [args, said] of [
    [["--page", "wiki/EBS.htm"], "did you mean `wiki/EBS.html`?"],
    [["--timeline", "gone soon"], "help: write it such as --timeline"],
  ]) {
    const { status, stderr } = await drill(...args);
    assert.equal(status, 2);
    assert.ok(stderr.includes(said), stderr);
  }
});
