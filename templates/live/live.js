// What `kami serve` adds to a page: it follows the sources. A change is patched into the page in place, so that scroll,
// focus, selection and whatever is open stay as they are; what is wrong with the content lies on a sheet at the lower edge.
// Everything here moves parsed nodes and text, never strings of HTML.
(function () {
  'use strict';
  if (window.kamiLive) return;
  // A deck's windows tell one another over this socket where the talk stands.
  // Where only who has a token may drive, a window without one follows, and knows it before the deck's script asks.
  var kamiLive = window.kamiLive = { isFollower: false, send: function (frame) { if (socket && socket.readyState === 1) socket.send(JSON.stringify(frame)); } };

  var root = document.documentElement;
  var ja = root.lang.slice(0, 2) === 'ja';
  var words = ja ? {
    sheet: '診断', error: 'エラー', warning: '警告', close: '閉じる', mended: 'エラーはなくなりました。',
    follows: 'この画面はついて行くだけです。動かすにもノートを読むにも、kami serveが表示したトークン付きのアドレスで開いてください。',
    gone: 'このページは削除されました。', waiting: 'kami serve につなぎ直しています。',
    over: function (n) { return 'このスライドは収まりません（' + n + '%超過）'; },
    count: function (n, word) { return word + ' ' + n + '件'; }
  } : {
    sheet: 'Diagnostics', error: 'error', warning: 'warning', close: 'Close', mended: 'No errors left.',
    follows: 'This window only follows. To drive the talk and read its notes, open the address with the token that kami serve printed.',
    gone: 'This page has been deleted.', waiting: 'Waiting for kami serve.',
    over: function (n) { return 'This slide holds ' + n + ' % too much'; },
    count: function (n, word) { return n + ' ' + word + (n === 1 ? '' : 's'); }
  };

  kamiLive.follows = words.follows;

  function el(tag, name, text) {
    var node = document.createElement(tag);
    if (name) node.className = name;
    if (text !== undefined) node.textContent = text;
    return node;
  }
  function all(selector, from) { return Array.from((from || document).querySelectorAll(selector)); }

  // ---- the socket ----
  function here() {
    var path = location.pathname.slice(1);
    try { path = decodeURIComponent(path); } catch (e) { /* not ours, then: no frame will name it */ }
    return path === '' || path.slice(-1) === '/' ? path + 'index.html' : path;
  }
  var route = here();
  var socket = null, tries = 0, timer = 0, met = false, leaving = false;
  // Which state of the page this is; the server tells at once when there is a newer one.
  var digest = (document.currentScript && document.currentScript.dataset.digest) || null;

  function connect() {
    clearTimeout(timer);
    if (socket && socket.readyState < 2) return;
    var own = socket = new WebSocket((location.protocol === 'https:' ? 'wss://' : 'ws://') + location.host +
      '/_kami/live?route=' + encodeURIComponent(route) + (digest ? '&digest=' + digest : ''));
    own.onopen = function () {
      tries = 0;
      kamiLive.isFollower = false;
      show(notes.waiting, false);
      // Whatever happened while nobody listened is caught up with in one patch.
      if (met) refresh({});
      met = true;
      document.dispatchEvent(new CustomEvent('kami:open'));
    };
    own.onmessage = function (message) {
      var frame;
      try { frame = JSON.parse(message.data); } catch (e) { return; }
      receive(frame);
    };
    own.onclose = function () {
      if (own !== socket || leaving) return;
      var wait = Math.min(5000, 300 * Math.pow(2, tries));
      tries += 1;
      if (tries > 2) show(notes.waiting, true);
      timer = setTimeout(connect, wait * (0.5 + Math.random() / 2));
    };
  }
  function receive(frame) {
    if (frame.type === 'diagnostics') diagnose(frame.diagnostics || []);
    if (frame.type === 'follows') kamiLive.isFollower = true;
    if (frame.deck) document.dispatchEvent(new CustomEvent('kami:frame', { detail: frame }));
    // The server knows `wiki/EBS` as `wiki/EBS.html`.
    if (frame.route !== route && frame.route !== route + '.html') return;
    if (frame.type === 'gone') { digest = null; show(notes.gone, true); }
    if (frame.type === 'changed' && (!frame.digest || frame.digest !== digest)) {
      digest = frame.digest || null;
      refresh({ slide: frame.slide, step: frame.step, keys: frame.keys });
    }
  }
  addEventListener('pagehide', function () { leaving = true; clearTimeout(timer); if (socket) socket.close(); });
  addEventListener('pageshow', function (e) { if (e.persisted) { leaving = false; connect(); } });
  document.addEventListener('visibilitychange', function () { if (!document.hidden && !leaving) connect(); });

  // ---- the patch ----
  var busy = false, queued = null;

  function refresh(where) {
    if (busy) { queued = where.keys || !queued ? where : queued; return; }
    busy = true;
    var request = new XMLHttpRequest();
    request.open('GET', location.pathname + location.search);
    request.responseType = 'document';
    request.timeout = 15000;
    request.setRequestHeader('Cache-Control', 'no-cache');
    request.onload = function () {
      var next = request.response;
      if (request.status === 404 || request.status === 410) { show(notes.gone, true); rest(); return; }
      if (request.status !== 200 || !next || !next.body) { rest(); return; }
      if (needsReload(next)) { location.reload(); return; }
      show(notes.gone, false);
      loadStyles(next, function (settle) {
        try { patch(next, Object.assign({}, where, { keys: keysOf(next, where.keys) }), settle); } catch (e) { location.reload(); }
        rest();
      });
    };
    // What was told is not seen yet: it is asked for again, as long as somebody is there to ask.
    request.onerror = request.ontimeout = request.onabort = function () {
      setTimeout(function () {
        queued = socket && socket.readyState === 1 ? queued || where : null;
        rest();
      }, 1000);
    };
    request.send();
  }
  // What slides are called now that had other names: the page knows, which may be a later one than was told of.
  function keysOf(next, told) {
    var script = next.querySelector('script[data-keys]');
    return Object.assign({}, told, script ? JSON.parse(script.dataset.keys) : null);
  }
  function rest() {
    busy = false;
    if (!queued) return;
    var where = queued;
    queued = null;
    refresh(where);
  }

  // A script cannot be taken back and a policy cannot be widened: then the page starts again.
  function needsReload(next) {
    function policy(doc) {
      var meta = doc.querySelector('meta[http-equiv="Content-Security-Policy"]');
      return meta ? meta.content : '';
    }
    function scripts(doc) {
      return all('script[src]', doc).concat(later(doc)).map(addressOf).filter(function (src) { return !isNotes(src); });
    }
    var running = scripts(document);
    return policy(next) !== policy(document) || scripts(next).some(function (src) { return running.indexOf(src) < 0; });
  }

  // What a deck loads when it is asked for, its styles too.
  function later(doc) {
    var template = doc.querySelector('template.later');
    return template ? all('[src], [href]', template.content) : [];
  }
  function addressOf(node) { return node.getAttribute('src') || node.getAttribute('href'); }

  // A deck's notes are data: when they change they are read again, and the window goes on.
  function isNotes(src) { return /\.notes\.js$/.test(src); }
  function notesOf(doc) {
    var main = doc.querySelector('main.deck');
    return main && main.getAttribute('data-notes');
  }
  var reading = null;
  function readNotes(next) {
    var script = later(next).find(function (part) { return isNotes(addressOf(part)); });
    if (!script || !window.kamiNotes) { if (window.kamiNotes) window.kamiNotes({}); return; }
    var request = reading = new XMLHttpRequest();
    request.open('GET', new URL(script.getAttribute('src'), location.href));
    request.onload = function () {
      if (request !== reading) return;
      var text = request.responseText;
      try { window.kamiNotes(JSON.parse(text.slice(text.indexOf('(') + 1, text.lastIndexOf(')')))); } catch (e) { /* the next edit brings them */ }
    };
    request.send();
  }

  // New style sheets load unused beside the old ones; `settle` exchanges them in the same frame as the patch.
  function loadStyles(next, done) {
    var now = all('link[rel="stylesheet"]', document.head), wanted = [], fresh = [], waiting = 1, cursor = null;
    all('link[rel="stylesheet"]', next.head).forEach(function (link) {
      var href = link.getAttribute('href');
      var have = now.find(function (l) { return l.getAttribute('href') === href; });
      if (have) { cursor = have; wanted.push(have); return; }
      var added = document.importNode(link, true);
      added.media = 'not all';
      fresh.push({ link: added, media: link.media });
      wanted.push(added);
      waiting += 1;
      added.onload = added.onerror = function () { waiting += loadFonts(added, arrived); arrived(); };
      if (cursor) cursor.after(added);
      else if (now[0]) now[0].before(added);
      else document.head.append(added);
      cursor = added;
    });
    var patience = setTimeout(function () { waiting = 1; arrived(); }, 5000);
    arrived();
    function arrived() {
      waiting -= 1;
      if (waiting !== 0) return;
      clearTimeout(patience);
      done(function settle() {
        fresh.forEach(function (f) { f.link.media = f.media; });
        keepFonts();
        now.forEach(function (link) { if (wanted.indexOf(link) < 0) link.remove(); });
      });
    }
  }

  // A font with one character more is another file, and text would vanish while it loads. So those in use are loaded
  // by hand before the text is patched; they hold until the next ones are there.
  var fonts = [], coming = [];
  function loadFonts(link, done) {
    var inUse = Array.from(document.fonts).filter(function (face) { return face.status === 'loaded'; }).map(nameOf);
    var found = [], known = all('link[rel="stylesheet"]', document.head).filter(function (other) { return other !== link; });
    function rules(of) { return of.sheet ? Array.from(of.sheet.cssRules).filter(function (rule) { return rule.type === 5; }) : []; }
    function sources(of) { return rules(of).map(function (rule) { return rule.style.getPropertyValue('src'); }); }
    var old = /\/fonts-[^/]*\.css$/.test(link.href) ? known.filter(function (other) { return /\/fonts-/.test(other.href); }).flatMap(sources) : null;
    (old ? rules(link) : []).forEach(function (rule) {
      var get = function (name) { return rule.style.getPropertyValue(name); }, src = get('src'), file = /url\("([^"]+)"\)/.exec(src);
      var face = file && old.indexOf(src) < 0 && new FontFace(get('font-family').replace(/"/g, ''), 'url("' + new URL(file[1], link.href).href + '")', {
        weight: get('font-weight'), style: get('font-style'), unicodeRange: get('unicode-range') || 'U+0-10FFFF', display: 'block'
      });
      if (face && inUse.indexOf(nameOf(face)) >= 0) found.push(face);
    });
    found.forEach(function (face) { face.load().then(done, done); });
    coming = coming.concat(found);
    return found.length;
  }
  function nameOf(face) { return [face.family.replace(/"/g, ''), face.weight, face.style].join(); }
  function keepFonts() {
    if (!coming.length) return;
    coming.forEach(function (face) { document.fonts.add(face); });
    fonts.forEach(function (face) { document.fonts.delete(face); });
    fonts = coming;
    coming = [];
  }

  function patch(next, where, settle) {
    var place = takePlace(), focused = document.activeElement, selection = takeSelection();
    var noted = notesOf(next) !== notesOf(document);
    root.style.setProperty('overflow-anchor', 'none');
    settle();
    patchHead(next);
    morph(document.body, next.body);
    document.dispatchEvent(new CustomEvent('kami:patched', { detail: where }));
    if (noted) readNotes(next);
    if (focused && focused !== document.activeElement) {
      if (!focused.isConnected && focused.id) focused = document.getElementById(focused.id);
      if (focused && focused.isConnected && focused !== document.body) focused.focus({ preventScroll: true });
    }
    restoreSelection(selection);
    restorePlace(place);
    requestAnimationFrame(function () {
      root.style.removeProperty('overflow-anchor');
      if (!root.getAttribute('style')) root.removeAttribute('style');
    });
  }

  // Old nodes stay where they are and take on what the new ones say; only what has no partner comes or goes. So focus,
  // selection and the state of media live on without being saved. The work grows with the page, not with its square.
  function morph(old, fresh) {
    morphAttributes(old, fresh);
    if (old.nodeName === 'TEMPLATE') { morphChildren(old.content, fresh.content); return; }
    // Idiomorph patches what a block says. Which block is which is paired here: it takes a block put in for its neighbour.
    if (old.matches(leaves)) Idiomorph.morph(old, fresh.childNodes, { morphStyle: 'innerHTML', ignoreActiveValue: true });
    else morphChildren(old, fresh);
  }
  var leaves = ':is(p, h1, h2, h3, h4, h5, h6, pre, td, th, dt, figcaption, summary):not(:has([data-kami-keep], details, video, audio))';
  function morphChildren(old, fresh) {
    var partners = partnersOf(old, fresh), at = old.firstChild;
    function drop(until) {
      while (at !== until) {
        var gone = at;
        at = at.nextSibling;
        if (!isKept(gone)) gone.remove();
      }
    }
    Array.from(fresh.childNodes).forEach(function (node) {
      while (at && isKept(at)) at = at.nextSibling;
      var partner = partners.get(node);
      if (partner) {
        drop(partner);
        at = partner.nextSibling;
        if (!partner.isEqualNode(node)) morph(partner, node);
      } else if (node.nodeType !== 1 && at && at.nodeType === node.nodeType) {
        if (at.data !== node.data) at.data = node.data;
        at = at.nextSibling;
      } else {
        old.insertBefore(document.importNode(node, true), at);
      }
    });
    drop(null);
  }
  function morphAttributes(old, fresh) {
    // Whether it is open is the reader's own.
    var own = /^(DETAILS|DIALOG)$/.test(old.nodeName) ? 'open' : '';
    Array.from(fresh.attributes).forEach(function (a) {
      if (a.name === own || old.getAttribute(a.name) === a.value) return;
      if (a.namespaceURI) old.setAttributeNS(a.namespaceURI, a.name, a.value);
      else old.setAttribute(a.name, a.value);
      if (a.name === 'value' && old !== document.activeElement) old.value = a.value;
      if (a.name === 'checked') old.checked = true;
    });
    Array.from(old.attributes).forEach(function (a) {
      if (a.name === own || fresh.hasAttribute(a.name)) return;
      old.removeAttribute(a.name);
      if (a.name === 'checked') old.checked = false;
    });
  }
  function isKept(node) { return node.nodeType === 1 && node.hasAttribute('data-kami-keep'); }

  // Who stands for whom: first those that say the same, carry the same id or are the same slide, in order;
  // between two of them an edited element is known by its kind.
  function partnersOf(old, fresh) {
    var partners = new Map();
    var a = Array.from(old.children).filter(function (node) { return !isKept(node); }), b = Array.from(fresh.children);
    matches(a.map(says), b.map(says)).concat([[a.length, b.length]]).reduce(function (from, to) {
      var left = a.slice(from[0], to[0]);
      b.slice(from[1], to[1]).forEach(function (node) {
        var i = left.findIndex(function (n) { return n.nodeName === node.nodeName; });
        if (i >= 0) partners.set(node, left.splice(0, i + 1)[i]);
      });
      if (to[0] < a.length) partners.set(b[to[1]], a[to[0]]);
      return [to[0] + 1, to[1] + 1];
    }, [0, 0]);
    return partners;
  }
  function says(node) {
    var slide = node.matches('.slide') ? node : node.matches('.card') ? node.querySelector('.slide') : null;
    if (slide && slide.dataset.slide) return node.nodeName + '/' + slide.dataset.slide;
    return node.id ? node.nodeName + '#' + node.id : node.nodeName + ' ' + node.textContent;
  }
  // The longest common run of two lists, as pairs of places; equal ends first, so that the table stays small.
  function matches(a, b) {
    var start = 0, enda = a.length, endb = b.length, pairs = [], tail = [];
    while (start < enda && start < endb && a[start] === b[start]) { pairs.push([start, start]); start += 1; }
    while (enda > start && endb > start && a[enda - 1] === b[endb - 1]) { enda -= 1; endb -= 1; tail.unshift([enda, endb]); }
    var n = enda - start, m = endb - start;
    if (n && m && n * m < 4e6) {
      var wide = m + 1, best = new Uint16Array((n + 1) * wide), i, j;
      for (i = n - 1; i >= 0; i -= 1) {
        for (j = m - 1; j >= 0; j -= 1) {
          best[i * wide + j] = a[start + i] === b[start + j] ? best[(i + 1) * wide + j + 1] + 1
            : Math.max(best[(i + 1) * wide + j], best[i * wide + j + 1]);
        }
      }
      for (i = 0, j = 0; i < n && j < m;) {
        if (a[start + i] === b[start + j]) { pairs.push([start + i, start + j]); i += 1; j += 1; }
        else if (best[(i + 1) * wide + j] >= best[i * wide + j + 1]) i += 1;
        else j += 1;
      }
    }
    return pairs.concat(tail);
  }

  function patchHead(next) {
    if (document.title !== next.title) document.title = next.title;
    Array.from(next.documentElement.attributes).forEach(function (a) {
      if (a.name === 'data-view' || a.name === 'data-theme') return;
      if (root.getAttribute(a.name) !== a.value) root.setAttribute(a.name, a.value);
    });
    var plain = 'meta[name], meta[property], link[rel="alternate"], link[rel="canonical"], link[rel="icon"]';
    var old = all(plain, document.head), fresh = all(plain, next.head);
    if (old.length === fresh.length && old.every(function (node, i) { return node.isEqualNode(fresh[i]); })) return;
    old.forEach(function (node) { node.remove(); });
    fresh.forEach(function (node) { document.head.append(document.importNode(node, true)); });
  }

  // The reader's place is the text in view, not a number of pixels: found again by what it says.
  var blocks = 'h1, h2, h3, h4, h5, h6, p, li, pre, tr, dt, dd, figure, .card';
  function takePlace() {
    if (scrollY < 1) return null;
    var seen = [];
    all('main :is(' + blocks + ')').some(function (node, index) {
      var box = node.getBoundingClientRect();
      if (box.height && box.bottom > 0 && !stays(node)) {
        seen.push({ index: index, tag: node.tagName, text: node.textContent, top: box.top });
      }
      return seen.length === 12;
    });
    return seen;
  }
  // What stays where it is while the page scrolls tells nothing about the place.
  function stays(node) {
    for (; node && node !== document.body; node = node.parentElement) {
      if (/sticky|fixed/.test(getComputedStyle(node).position)) return true;
    }
    return false;
  }
  function restorePlace(seen) {
    if (!seen || !seen.length) return;
    var now = all('main :is(' + blocks + ')');
    seen.some(function (was) {
      var best = null, far = Infinity;
      now.forEach(function (node, index) {
        var off = Math.abs(index - was.index);
        if (off < far && node.tagName === was.tag && node.textContent === was.text) { best = node; far = off; }
      });
      if (!best) return false;
      var moved = best.getBoundingClientRect().top - was.top;
      if (Math.abs(moved) >= 1) scrollBy({ top: moved, behavior: 'instant' });
      return true;
    });
  }

  function takeSelection() {
    var s = getSelection();
    return s && s.rangeCount && !s.isCollapsed
      ? { a: s.anchorNode, ao: s.anchorOffset, f: s.focusNode, fo: s.focusOffset } : null;
  }
  function restoreSelection(was) {
    if (!was || !was.a.isConnected || !was.f.isConnected) return;
    var s = getSelection();
    if (s.anchorNode === was.a && s.anchorOffset === was.ao && s.focusNode === was.f && s.focusOffset === was.fo) return;
    function within(node, offset) {
      return Math.min(offset, node.nodeType === 3 ? node.length : node.childNodes.length);
    }
    s.setBaseAndExtent(was.a, within(was.a, was.ao), was.f, within(was.f, was.fo));
  }

  // ---- the sheet ----
  // It lies beside <body>, where no patch and no `inert` of a view reaches it.
  var box = el('div', 'kami-live');
  var mark = el('button', 'kami-mark');
  var sheet = el('section', 'kami-sheet');
  var status = el('p', 'kami-status');
  var notes = { gone: el('p', 'kami-note', words.gone), waiting: el('p', 'kami-note', words.waiting) };
  var list = [], open = false, closed = null;

  mark.type = 'button';
  mark.onclick = function () { open = true; draw(); sheet.focus({ preventScroll: true }); };
  sheet.tabIndex = -1;
  sheet.setAttribute('role', 'region');
  sheet.setAttribute('aria-label', words.sheet);
  status.setAttribute('role', 'status');
  box.lang = ja ? 'ja' : 'en';
  box.append(status, notes.gone, notes.waiting, mark, sheet);
  [mark, sheet, notes.gone, notes.waiting].forEach(function (node) { node.hidden = true; });
  root.append(box);
  try { closed = sessionStorage.getItem('kami:live:closed'); } catch (e) { /* then it is forgotten on reload */ }

  function show(note, yes) {
    if (note.hidden !== yes) return;
    note.hidden = !yes;
    if (yes) status.textContent = note.textContent;
  }
  // Hints are for who asks `kami check`, or writes.
  function of(severity) { return list.filter(function (d) { return d.severity === severity; }); }
  // Lines shift with every edit above them, so they do not make a diagnostic another one.
  function name(diagnostics) {
    return diagnostics.map(function (d) { return [d.code, d.path, d.message].join('\t'); }).sort().join('\n');
  }
  function remember(what) {
    closed = what;
    try {
      if (what) sessionStorage.setItem('kami:live:closed', what);
      else sessionStorage.removeItem('kami:live:closed');
    } catch (e) { /* kept in this window only */ }
  }

  function diagnose(diagnostics) {
    var before = name(of('error'));
    list = diagnostics;
    list = of('error').concat(of('warning'));
    var errors = name(of('error'));
    // On a stage the sheet waits in the corner until it is asked for: it never lies on the slide by itself.
    if (errors !== before) open = errors !== '' && errors !== closed && root.dataset.view !== 'stage';
    if (!errors) remember(null);
    if (!list.length) open = false;
    if (errors !== before) status.textContent = errors ? words.count(of('error').length, words.error) : words.mended;
    draw();
  }
  function close() {
    var inside = sheet.contains(document.activeElement);
    open = false;
    remember(name(of('error')) || null);
    draw();
    if (inside) mark.focus({ preventScroll: true });
  }

  function summary() {
    return [['error', of('error').length], ['warning', of('warning').length]].filter(function (p) { return p[1]; });
  }
  function draw() {
    mark.hidden = !list.length || open;
    sheet.hidden = !open;
    mark.replaceChildren();
    summary().forEach(function (p) { mark.append(el('span', 'kami-' + p[0], words.count(p[1], words[p[0]]))); });
    if (!open) { sheet.replaceChildren(); return; }
    var head = el('header', 'kami-head');
    summary().forEach(function (p) { head.append(el('b', 'kami-' + p[0], words.count(p[1], words[p[0]]))); });
    var button = el('button', 'kami-close', words.close);
    button.type = 'button';
    button.append(el('kbd', '', 'Esc'));
    button.onclick = close;
    head.append(button);
    var items = el('ol', 'kami-list');
    list.forEach(function (d) { items.append(item(d)); });
    items.tabIndex = 0;
    items.setAttribute('aria-label', words.sheet);
    var at = sheet.lastElementChild ? sheet.lastElementChild.scrollTop : 0;
    sheet.replaceChildren(head, items);
    items.scrollTop = at;
  }
  function item(d) {
    var error = d.severity === 'error', li = el('li'), first = el('p', 'kami-where');
    first.append(el('b', error ? 'kami-error' : 'kami-warning', words[error ? 'error' : 'warning']),
      el('code', 'kami-path', [d.path, d.line, d.column].filter(function (part) { return part; }).join(':')),
      el('code', 'kami-code', d.code));
    li.append(first, el('p', 'kami-message', d.message));
    if (d.excerpt) {
      var excerpt = el('pre', '', d.excerpt);
      excerpt.tabIndex = 0;
      li.append(excerpt);
    }
    if (d.help) li.append(el('p', 'kami-help', d.help));
    return li;
  }

  // On a stage in full screen nothing may lie on the slide: there only a point in the corner says that something is wrong.
  var full = matchMedia('(display-mode: fullscreen)');
  function quiet() {
    return root.dataset.view === 'stage' && (document.fullscreenElement !== null || full.matches);
  }
  function hush() { box.classList.toggle('kami-quiet', quiet()); }
  document.addEventListener('fullscreenchange', hush);
  full.addEventListener('change', hush);
  new MutationObserver(hush).observe(root, { attributes: true, attributeFilter: ['data-view'] });
  hush();

  addEventListener('keydown', function (e) {
    if (e.key !== 'Escape' || e.isComposing || !open || quiet()) return;
    e.preventDefault();
    e.stopImmediatePropagation();
    close();
  }, true);

  // ---- a slide that holds more than fits on it ----
  // Its author is told, on the machine that serves it; an audience sees what it sees.
  var deck = document.querySelector('main.deck');
  if (deck && /^(localhost|127(\.\d+){3}|\[::1\])$/.test(location.hostname)) {
    var over = el('p', 'kami-note kami-over');
    over.hidden = true;
    box.append(over);
    var measure = function () {
      var slide = deck.querySelector(':scope > .card.current > .slide[data-overflow]');
      over.hidden = !slide;
      if (slide) over.textContent = words.over(slide.dataset.overflow);
    };
    new MutationObserver(measure).observe(deck, { subtree: true, attributes: true, attributeFilter: ['class', 'data-overflow'] });
    measure();
  }

  // ---- the way to the editor ----
  // `e` opens it, from a deck in a window of its own: the talk stays where it is.
  function edit() {
    var way = document.querySelector('.kami-edit');
    if (!way) return false;
    if (deck) window.open(way.href, '_blank', 'noopener');
    else location.href = way.href;
    return true;
  }
  function addEditButton() {
    var way = document.querySelector('body > .kami-edit'), controls = document.querySelector('nav.controls');
    if (!way || !controls || controls.querySelector('.kami-edit-button')) return;
    var ns = 'http://www.w3.org/2000/svg', button = el('button', 'kami-edit-button'), svg = document.createElementNS(ns, 'svg');
    var path = document.createElementNS(ns, 'path');
    svg.setAttribute('viewBox', '0 0 24 24');
    svg.setAttribute('aria-hidden', 'true');
    path.setAttribute('d', 'M4.5 5.5h15M4.5 10h8M4.5 14.5h5M12 19.5l.7-3 6-6 2.3 2.3-6 6z');
    svg.append(path);
    button.type = 'button';
    button.dataset.kamiKeep = '';
    button.setAttribute('aria-label', way.textContent);
    button.title = way.textContent + ' (e)';
    button.onclick = edit;
    button.append(svg);
    controls.insertBefore(button, controls.lastElementChild);
  }
  addEventListener('keydown', function (e) {
    if (e.key !== 'e' || e.shiftKey || e.ctrlKey || e.metaKey || e.altKey || e.isComposing || e.repeat || e.defaultPrevented) return;
    if (e.target.closest && e.target.closest('input, textarea, select, dialog, [contenteditable]')) return;
    // The overview takes letters for a title.
    if (deck && root.dataset.view === 'overview') return;
    if (edit()) { e.preventDefault(); e.stopImmediatePropagation(); }
  }, true);
  if (deck) {
    // The deck makes its controls when the document is there.
    addEditButton();
    document.addEventListener('DOMContentLoaded', addEditButton);
    document.addEventListener('kami:patched', addEditButton);
  }

  connect();
})();
