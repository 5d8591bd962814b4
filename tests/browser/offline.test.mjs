// The bundle on a host that goes away: what was read stays readable, all of it on request, and a new build takes the
// place of the old one whole.
import assert from "node:assert/strict";
import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { createServer } from "node:http";
import { once } from "node:events";
import { join } from "node:path";
import { small } from "./fixtures.mjs";
import { check, eventually, freePort } from "./harness.mjs";

const TYPES = { html: "text/html; charset=utf-8", js: "text/javascript", css: "text/css", json: "application/json", svg: "image/svg+xml" };

const files = {
  ...small,
  "wiki/Rain.md": "# Rain\n\nIt rains in Osaka. [[Sun]]\n",
  "wiki/Sun.md": "# Sun\n\nIt shines in Kobe. [[Rain]]\n",
};

// Serves a folder until it is stopped, and at the same address again.
async function host(world, folder) {
  const host = { folder, port: await freePort(), asked: [], held: null };
  // Until it is released, the manifest is not answered.
  host.hold = () => {
    host.held = new Promise((done) => (host.release = done));
  };
  host.start = async () => {
    const server = createServer(async (request, response) => {
      const path = decodeURIComponent(new URL(request.url, "http://x").pathname);
      host.asked.push(path);
      if (path === "/bundle.json") await host.held;
      const file = join(host.folder, path.endsWith("/") ? `${path}index.html` : path);
      const known = await stat(file).catch(() => null);
      if (!known?.isFile()) return response.writeHead(404).end();
      response.writeHead(200, { "content-type": TYPES[file.split(".").pop()] ?? "application/octet-stream" });
      createReadStream(file).pipe(response);
    }).listen(host.port, "127.0.0.1");
    await once(server, "listening");
    host.stop = () => new Promise((resolve) => {
      server.close(resolve);
      server.closeAllConnections();
    });
  };
  await host.start();
  world.cleanup(() => host.stop());
  host.url = (path) => `http://127.0.0.1:${host.port}/${path}`;
  world.allow(host.url(""));
  return host;
}

const worksAlone = (page) => page.evaluate(async () => {
  await navigator.serviceWorker.ready;
  return Boolean(navigator.serviceWorker.controller);
});

// Waits until the worker has kept the page and all that it fetched.
const expectKept = (page) => eventually(async () => {
  const missing = await page.evaluate(async () => {
    const urls = [location.href, ...performance.getEntriesByType("resource").map(({ name }) => name)];
    const kept = await Promise.all(urls.map((url) => caches.match(url)));
    return urls.filter((url, index) => !kept[index] && !/sw\.js|bundle\.json/.test(url));
  });
  assert.deepEqual(missing, []);
});

async function visitor(world, site, ...flags) {
  const bundle = await world.build(site, ...flags);
  const there = await host(world, bundle.folder);
  const page = await world.open(there.url("wiki/Rain.html"));
  await eventually(async () => assert.ok(await worksAlone(page)));
  await expectKept(page);
  return { there, page };
}

check("what was read stays readable when the host is gone, and the rest says why it is not", async (world) => {
  world.forgive(/ERR_CONNECTION_REFUSED|503|Failed to load resource/);
  const { there, page } = await visitor(world, await world.site(files));
  await there.stop();
  await page.reload();
  await page.getByText("It rains in Osaka.").waitFor({ state: "visible" });
  const theme = await page.evaluate(() => getComputedStyle(document.querySelector("main")).maxWidth);
  assert.notEqual(theme, "none", "with its style sheet");
  await page.getByRole("link", { name: "Sun" }).first().click();
  await page.getByRole("heading", { name: /offline|オフライン/ }).waitFor({ state: "visible" });
  await there.start();
  await page.reload();
  await page.getByText("It shines in Kobe.").waitFor({ state: "visible" });
});

check("a talk that was looked at is given without the host: pen and speaker's window came along", async (world) => {
  world.forgive(/ERR_CONNECTION_REFUSED|Failed to load resource/);
  const { there, page } = await visitor(world, await world.site(files));
  await page.goto(there.url("decks/rehearsal.html"));
  await eventually(async () => assert.ok(await page.evaluate(async () => {
    const parts = [...document.querySelector("template.later").content.children].map((part) => part.getAttribute("src") || part.getAttribute("href"));
    const kept = await Promise.all(parts.map((part) => caches.match(new URL(part, location.href).href)));
    return parts.length > 1 && kept.every(Boolean);
  })));
  await there.stop();
  await page.reload();
  const [speaker] = await Promise.all([page.waitForEvent("popup"), page.keyboard.press("p")]);
  await speaker.getByRole("button", { name: "Draw" }).filter({ visible: true }).waitFor();
  await page.keyboard.press("d");
  await page.getByRole("button", { name: "Draw", pressed: true }).waitFor();
});

check("a talk that somebody came to first is given without the host, too", async (world) => {
  world.forgive(/ERR_CONNECTION_REFUSED|Failed to load resource/);
  const site = await world.site(files);
  const there = await host(world, (await world.build(site)).folder);
  const page = await world.open(there.url("decks/rehearsal.html"));
  await eventually(async () => assert.ok(await worksAlone(page)));
  await expectKept(page);
  await there.stop();
  await page.reload();
  await page.locator(".card.current").waitFor({ state: "visible" });
  const paint = await page.evaluate(() => getComputedStyle(document.querySelector(".card.current .slide")).backgroundColor);
  assert.notEqual(paint, "rgba(0, 0, 0, 0)", "with its theme");
  const [speaker] = await Promise.all([page.waitForEvent("popup"), page.keyboard.press("p")]);
  await speaker.locator(".presenter").first().waitFor({ state: "visible" });
});

check("a talk that was kept is shown as it is now, until a hand moves it", async (world) => {
  const site = await world.site({ ...files, "decks/weather.md": "# It rains\n\n---\n\n# It pours\n" });
  const there = await host(world, (await world.build(site)).folder);
  const page = await world.open(there.url("decks/weather.html"));
  await eventually(async () => assert.ok(await worksAlone(page)));
  await expectKept(page);
  await site.edit("decks/weather.md", "# It rains", "# It snows");
  there.folder = (await world.build(site)).folder;
  await page.goto(there.url("decks/weather.html"));
  await page.getByRole("heading", { name: "It snows" }).waitFor({ state: "visible" });
  await site.edit("decks/weather.md", "# It snows", "# It hails");
  there.folder = (await world.build(site)).folder;
  const newer = () => page.evaluate(() => new Promise((done) => navigator.serviceWorker.addEventListener("message", ({ data }) => data.kami === "newer" && done())));
  await page.goto("about:blank");
  // Nothing is answered of the manifest before the hand has moved.
  there.hold();
  await page.goto(there.url("decks/weather.html"));
  await page.keyboard.press("ArrowRight");
  await page.getByRole("heading", { name: "It pours" }).waitFor({ state: "visible" });
  const told = newer();
  there.release();
  await told;
  await page.keyboard.press("ArrowLeft");
  await page.getByRole("heading", { name: "It snows" }).waitFor({ state: "visible" });
  await page.reload();
  await page.getByRole("heading", { name: "It hails" }).waitFor({ state: "visible" });
});

check("all of it is kept on request, search and talks included, and let go again", async (world) => {
  world.forgive(/ERR_CONNECTION_REFUSED|Failed to load resource/);
  const { there, page } = await visitor(world, await world.site(files), "--precompress");
  await page.getByRole("button", { name: /offline|オフライン/ }).click();
  await page.getByText(/Kept offline|オフラインで読めます（/).waitFor({ state: "visible" });
  const fetched = there.asked.filter((path) => /\.(?:br|gz)$/.test(path));
  assert.deepEqual(fetched, [], "compressed forms are the host's own");
  await there.stop();
  await page.goto(there.url("wiki/Sun.html"));
  await page.getByText("It shines in Kobe.").waitFor({ state: "visible" });
  await page.keyboard.press("/");
  await page.keyboard.type("Osaka");
  await page.locator(".hit", { hasText: "Rain" }).first().waitFor({ state: "visible" });
  await page.goto(there.url("decks/rehearsal.html?view=presenter#3"));
  await page.locator(".presenter").first().waitFor({ state: "visible" });
  await there.start();
  await page.goto(there.url("wiki/Rain.html"));
  await page.getByRole("button", { name: /Remove|消す/ }).click();
  await eventually(async () => assert.deepEqual((await page.evaluate(() => caches.keys())).filter((name) => !name.endsWith("state")), []));
});

check("a new build takes the place of the old one whole, and the page says so", async (world) => {
  const site = await world.site(files);
  const { there, page } = await visitor(world, site);
  await page.goto(there.url("wiki/Sun.html"));
  await expectKept(page);
  await site.edit("wiki/Sun.md", "It shines", "It blazes");
  await site.edit("wiki/Rain.md", "It rains", "It pours");
  there.folder = (await world.build(site)).folder;
  await page.goto(there.url("wiki/Rain.html"));
  await page.getByText("It rains in Osaka.").waitFor({ state: "visible" });
  await page.getByText(/A newer version|新しい版がある/).waitFor({ state: "visible" });
  await page.getByRole("button", { name: /Show it|新しい版を見る/ }).click();
  await page.getByText("It pours in Osaka.").waitFor({ state: "visible" });
  there.asked.length = 0;
  await page.goto(there.url("wiki/Sun.html"));
  await page.getByText("It blazes in Kobe.").waitFor({ state: "visible" });
  assert.ok(!there.asked.includes("/wiki/Sun.html"), "it was kept with the rest of its build");
});

check("a server of sources takes yesterday's worker away", async (world) => {
  const site = await world.site(files);
  const { there, page } = await visitor(world, site);
  await there.stop();
  const { url } = await world.serve(site, there.port);
  await page.evaluate(async () => (await navigator.serviceWorker.ready).update());
  await eventually(async () => assert.equal(await page.evaluate(async () => (await navigator.serviceWorker.getRegistrations()).length), 0));
  await page.goto(url("wiki/Rain.html"));
  await page.getByText("It rains in Osaka.").waitFor({ state: "visible" });
  assert.equal(await page.locator(".offline").isVisible(), false);
});
