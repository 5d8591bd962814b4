// What readers ask for, and the file of the bundle that this means. Print the template anew when pages got other names.
const base = {{ base }};
// Folders with a page of their own.
const folders = {{ folders }};
// Old addresses, with or without .html; a status stands before a target that is not for ever.
const moved = {{ moved }};
const exact = {{ exact }};
const below = {{ below }};
// Endings of files. t1.micro has none of them; Node.js is a page where pages are, and a script elsewhere.
const media = /\.(?:html|{{ media }})$/i;
const data = /\.(?:{{ data }})$/i;
const pages = /^(?:decks|tags|wiki)\//;
const files = /^(?:assets|cards|search|\.well-known)\//;

function handler(event) {
  const request = event.request;
  let path;
  try {
    path = decodeURIComponent(request.uri).replace(/\/{2,}/g, '/');
  } catch (error) {
    return request;
  }
  if (path.normalize) path = path.normalize('NFC');
  const target = old(path);
  if (target) {
    const at = target.indexOf(' ');
    return redirect(at < 0 ? 301 : Number(target.slice(0, at)), target.slice(at + 1), request);
  }
  let file = path;
  if (folders.indexOf(path) >= 0) {
    file += 'index.html';
  } else if (folders.indexOf(path + '/') >= 0) {
    return redirect(301, encode(path + '/'), request);
  } else if (path.slice(-1) === '/') {
    if (path === '/') return redirect(302, encode(base), request);
    return redirect(301, encode(path.slice(0, -1)), request);
  } else if (!isFile(path.slice(0, base.length) === base ? path.slice(base.length) : path)) {
    file += '.html';
  }
  request.uri = encode(file);
  return request;
}

function isFile(path) {
  if (files.test(path)) return true;
  return media.test(path) || (!pages.test(path) && data.test(path));
}

function old(path) {
  const own = (table, key) => (Object.prototype.hasOwnProperty.call(table, key) ? table[key] : '');
  const found = own(exact, path) || own(moved, path.replace(/\.html$/, ''));
  if (found) return found;
  for (const from in below) {
    if (path.indexOf(from) === 0) return below[from].replace(':splat', () => encode(path.slice(from.length)));
  }
  return '';
}

// One spelling for each address: S3 takes + for a space, and knows composed characters only.
function encode(path) {
  return path.split('/').map(encodeURIComponent).join('/');
}

function redirect(statusCode, target, request) {
  const asked = [];
  for (const name in request.querystring) {
    const one = request.querystring[name];
    (one.multiValue || [one]).forEach((it) => asked.push(it.value === '' ? name : name + '=' + it.value));
  }
  const hash = target.indexOf('#');
  const [before, after] = hash < 0 ? [target, ''] : [target.slice(0, hash), target.slice(hash)];
  const query = asked.length ? (before.indexOf('?') < 0 ? '?' : '&') + asked.join('&') : '';
  return {
    statusCode: statusCode,
    statusDescription: statusCode === 301 || statusCode === 308 ? 'Moved Permanently' : 'Found',
    headers: {
      location: { value: before + query + after },
      'cache-control': { value: 'public, max-age=300' },
    },
  };
}
