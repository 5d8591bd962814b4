// Keeps what was visited, or on request the whole bundle, readable without a network. Each build has a cache of its own:
// a newer one is filled beside it and takes its place whole, so that nobody reads a mix of two.
'use strict';
// Of this build's manifest, so that the worker changes with the site.
const BUILD = '{{build}}';
const WORDS = {{words}};
const SCOPE = registration.scope;
const MARK = `kami ${SCOPE} `;
const LASTING = /^(?:assets\/|search\/[a-z]-[0-9a-f]{16}\.js$)/;
const AT_ONCE = 6;

const address = (path) => SCOPE + path;
const encoded = (path) => path.split('/').map(encodeURIComponent).join('/');
const pathOf = (url) => {
  const path = url.split(/[?#]/)[0].slice(SCOPE.length);
  return path === '' || path.endsWith('/') ? `${path}index.html` : path;
};

// ---- what is known across starts of the worker ------------------------------------------------

const store = () => caches.open(`${MARK}state`);
const cacheOf = (build) => caches.open(MARK + build);

async function read() {
  const kept = await (await store()).match(address('state'));
  return kept ? kept.json() : { build: '', before: '', whole: false, files: {} };
}

async function write(state) {
  await (await store()).put(address('state'), new Response(JSON.stringify(state)));
}

// One after the other: two changes of the state never meet.
let turn = Promise.resolve();
function inTurn(work) {
  const next = turn.then(work);
  turn = next.catch(() => {});
  return next;
}

async function tell(message) {
  for (const window of await clients.matchAll({ includeUncontrolled: true })) window.postMessage(message);
}

// ---- builds --------------------------------------------------------------------------------------

// The worker's own digest tells one build from another: it changes with everything else.
async function manifest() {
  const response = await fetch(address('bundle.json'), { cache: 'no-cache' });
  if (!response.ok) throw new Error(`bundle.json: ${response.status}`);
  const { files } = await response.json();
  const build = files.find(({ path }) => path === 'sw.js')?.digest;
  if (!build) throw new Error('no bundle of ours');
  // Compressed forms are the host's own business: what it answers with is unpacked before it comes here.
  return { build, files: files.filter((file) => file.path !== 'sw.js' && !file.content_encoding && !file.path.startsWith('cards/')) };
}

async function get(path) {
  const response = await fetch(address(path), { cache: LASTING.test(path) ? 'default' : 'no-cache' });
  if (!response.ok) throw new Error(`${path}: ${response.status}`);
  // What was led on is kept under the address that was asked for.
  return response.redirected ? new Response(response.body, { headers: response.headers }) : response;
}

// Fills a cache with files that it lacks; those that `old` has unchanged are not fetched again.
async function fill(cache, files, old, had, progress) {
  const waiting = [...files];
  let done = 0;
  const work = async () => {
    for (let file; (file = waiting.pop());) {
      const path = encoded(file.path);
      if (!(await cache.match(address(path)))) {
        const same = old && had[path] === file.digest && (await old.match(address(path)));
        await cache.put(address(path), same || (await get(path)));
      }
      progress(++done);
    }
  };
  const ended = await Promise.allSettled(Array.from({ length: AT_ONCE }, work));
  const failed = ended.find(({ status }) => status === 'rejected');
  if (failed) throw failed.reason;
}

const digests = (files) => Object.fromEntries(files.map(({ path, digest }) => [encoded(path), digest]));

// Asks for the manifest, and where it is a newer one moves to that build whole.
async function renew() {
  const state = await read();
  const now = await manifest();
  if (now.build === state.build) return;
  const files = digests(now.files);
  if (!state.build) return write({ ...state, build: now.build, files });
  const [cache, old] = [await cacheOf(now.build), await cacheOf(state.build)];
  const visited = new Set((await old.keys()).map(({ url }) => pathOf(url)));
  const wanted = now.files.filter(({ path }) => state.whole || (visited.has(encoded(path)) && !LASTING.test(path)));
  try {
    await fill(cache, wanted, old, state.files, () => {});
    // A build that came in the middle: what was filled may be of both.
    if ((await manifest()).build !== now.build) throw new Error('changed meanwhile');
  } catch (error) {
    await caches.delete(MARK + now.build);
    throw error;
  }
  await write({ ...state, build: now.build, before: state.build, files });
  // Windows of the build before may still ask for its scripts; those before that are gone.
  for (const name of await caches.keys()) {
    const build = name.startsWith(MARK) && name.slice(MARK.length);
    if (build && !['state', now.build, state.build].includes(build)) await caches.delete(name);
  }
  await tell({ kami: 'newer' });
}

let renewing = null;
const renewed = () => (renewing ??= inTurn(renew).finally(() => (renewing = null)));

// ---- answers ---------------------------------------------------------------------------------------

async function kept(path) {
  const { build, before } = await read();
  if (!build) return undefined;
  const own = await (await cacheOf(build)).match(address(path));
  if (own || !before || !LASTING.test(path)) return own;
  return (await cacheOf(before)).match(address(path));
}

async function keep(path, response) {
  const { build } = await read();
  if (!build || !response.ok || response.type !== 'basic' || response.status !== 200) return;
  const copy = response.clone();
  const whole = copy.redirected ? new Response(copy.body, { headers: copy.headers }) : copy;
  // A full disk is no reason to show nothing.
  await (await cacheOf(build)).put(address(path), whole).catch(() => {});
}

async function answer(event, path) {
  const found = (await kept(path)) ?? (event.request.mode === 'navigate' && (await kept(`${path}.html`)));
  if (found) {
    if (event.request.mode === 'navigate') event.waitUntil(renewed().catch(() => {}));
    return found;
  }
  // The network may have moved on: then so do we, before anything of it stands among ours.
  if (!LASTING.test(path)) await renewed().catch(() => {});
  try {
    const response = await fetch(event.request);
    event.waitUntil(keep(path, response.clone()));
    return response;
  } catch (error) {
    if (event.request.mode !== 'navigate') throw error;
    return lost();
  }
}

function escaped(text) {
  return text.replace(/[&<>"]/g, (c) => `&#${c.charCodeAt(0)};`);
}

function lost() {
  const [lang, title, text, go, home, sheet] = ['lang', 'title', 'text', 'go', 'home', 'sheet'].map((key) => escaped(WORDS[key]));
  const html = `<!doctype html><html lang="${lang}"><meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'self'"><meta name="viewport" content="width=device-width, initial-scale=1"><title>${title}</title><link rel="stylesheet" href="${address(sheet)}"><body><main class="lost"><h1>${title}</h1><p>${text}</p><p class="acts"><a class="act" href="${address(home)}">${go}</a></p></main>`;
  return new Response(html, { status: 503, headers: { 'content-type': 'text/html; charset=utf-8' } });
}

// ---- what a page asks for ------------------------------------------------------------------------

async function stand() {
  const { build, whole, files } = await read();
  const count = build ? (await (await cacheOf(build)).keys()).length : 0;
  return { kami: 'state', whole, kept: count, files: Object.keys(files).length };
}

async function keepAll(window) {
  await renew();
  const { files } = await manifest();
  const state = await read();
  const cache = await cacheOf(state.build);
  const had = new Set((await cache.keys()).map(({ url }) => pathOf(url)));
  const needed = files.filter(({ path }) => !had.has(encoded(path))).reduce((sum, { bytes }) => sum + bytes, 0);
  const { quota = Infinity, usage = 0 } = (await navigator.storage?.estimate?.()) ?? {};
  if (needed > quota - usage) return window.postMessage({ kami: 'full', needed, free: quota - usage });
  await fill(cache, files, null, {}, (done) => window.postMessage({ kami: 'progress', done, of: files.length }));
  await write({ ...state, whole: true });
  window.postMessage(await stand());
}

async function forget() {
  for (const name of await caches.keys()) if (name.startsWith(MARK)) await caches.delete(name);
}

async function visited(urls) {
  await renew();
  for (const url of urls.filter((url) => typeof url === 'string' && url.startsWith(SCOPE))) {
    const path = pathOf(url);
    if (!(await kept(path))) await keep(path, await get(path));
  }
}

const asked = {
  state: async (_, window) => window.postMessage(await stand()),
  keep: (_, window) => keepAll(window),
  forget: async (_, window) => {
    await forget();
    window.postMessage(await stand());
  },
  visited: ({ urls }) => (Array.isArray(urls) ? visited(urls) : null),
};

addEventListener('message', (event) => {
  const what = Object.hasOwn(asked, event.data?.kami) && asked[event.data.kami];
  if (!what || !event.source) return;
  const failed = () => event.source.postMessage({ kami: 'failed', what: event.data.kami });
  event.waitUntil(inTurn(() => what(event.data, event.source)).catch(failed));
});

addEventListener('install', () => skipWaiting());
addEventListener('activate', (event) => event.waitUntil(clients.claim()));
addEventListener('fetch', (event) => {
  const { method, url, headers } = event.request;
  if (method !== 'GET' || !url.startsWith(SCOPE) || headers.has('range')) return;
  const path = pathOf(url);
  if (path === 'bundle.json' || path === 'sw.js') return;
  event.respondWith(answer(event, path));
});
