// The search field: quiet in the head of a page, its centre when used, and a page of its own. Nothing is found while
// an input method composes. All that is shown is made of nodes and texts.
(function () {
  'use strict';
  var form, input, found, status, list, more, root, words;
  var lang = document.documentElement.lang;
  var asked = '', turn = 0, results = null, waiting = 0, opened = false, read = null;
  var PAGE = 10, SLIDES = 4;

  // ---- shards come by script tags, from our own folder alone ----
  var SCRIPT = /^search\/(?:index|[dwgt]-[0-9a-f]{16})\.js$/;
  function isOurs(address) {
    return address.indexOf(root) === 0 && SCRIPT.test(address.slice(root.length)) &&
      (/^(?:\.\.\/)*$/.test(root) || new URL(address, document.baseURI).origin === location.origin);
  }
  function isWorker(address) { return /^(?:\.\.\/)*sw\.js$/.test(address); }
  var policy = window.trustedTypes ? trustedTypes.createPolicy('kami', {
    createScriptURL: function (address) {
      if (!isOurs(address) && !isWorker(address)) throw new TypeError('not a script of this site: ' + address);
      return address;
    }
  }) : { createScriptURL: String };
  var data = new Map();
  kamiSearch.put = function (value) { data.set(document.currentScript, value); };
  kamiSearch.load = function (name) {
    return new Promise(function (resolve, reject) {
      var script = document.createElement('script');
      script.onload = function () {
        script.remove();
        if (data.has(script)) resolve(data.get(script));
        else reject(new Error(name));
        data.delete(script);
      };
      script.onerror = function () { script.remove(); reject(new Error(name)); };
      script.src = policy.createScriptURL(root + 'search/' + name + '.js');
      document.head.append(script);
    });
  };
  // The one policy of a page makes the address of its worker, too.
  kamiSearch.trusted = function (address) { return policy.createScriptURL(address); };
  kamiSearch.now = function () { return performance.now(); };

  // ---- what is shown ----
  function make(tag, name, text) {
    var node = document.createElement(tag);
    if (name) node.className = name;
    if (text) node.textContent = text;
    return node;
  }
  function pieces(node, parts) {
    parts.forEach(function (part) { node.append(part[1] ? make('mark', '', part[0]) : part[0]); });
    return node;
  }
  function say(text) { if (status.textContent !== text) status.textContent = text; }
  function filled(text, name, value) { return text.split('{' + name + '}').join(value); }

  function item(shown) {
    var li = make('li', shown.deck ? 'deck' : '');
    if (shown.lang && shown.lang !== lang) li.lang = shown.lang;
    var a = make('a', 'hit');
    a.href = root + shown.href;
    pieces(a.appendChild(make('span', 'name')), shown.title);
    if (shown.alias.length) pieces(a.appendChild(make('span', 'beside')), shown.alias);
    if (shown.section) a.append(make('span', 'beside', shown.section));
    if (shown.deck) {
      var kind = make('span', 'kind', words.deck);
      kind.lang = lang;
      a.append(kind);
    }
    li.append(a);
    if (shown.body.length) li.append(pieces(make('p'), shown.body));
    if (shown.slides.length) {
      var slides = li.appendChild(make('ul', 'slides'));
      shown.slides.forEach(function (slide) {
        var card = slides.appendChild(make('li')), link = card.appendChild(make('a'));
        link.href = root + slide.href;
        link.append(make('b', '', String(slide.number)));
        var says = link.appendChild(make('span'));
        if (slide.title) says.append(make('span', 'name', slide.title));
        if (slide.body.length) says.append(pieces(make('span', 'says'), slide.body));
      });
      if (shown.more) {
        var rest = make('li', 'rest', filled(words.slides, 'n', shown.more));
        rest.lang = lang;
        slides.append(rest);
      }
    }
    return li;
  }

  function tell() {
    var count = results.count();
    if (results.isDone() && results.found === 0) return say(filled(words.none, 'q', asked.trim()));
    say(count === 1 && results.isCountCertain() ? words.one : filled(results.isCountCertain() ? words.many : words.most, 'n', count.toLocaleString(lang)));
  }

  // What keys do is of no use to those who have none.
  function hint() { return matchMedia('(hover: none)').matches ? '' : words.hint; }

  // ---- the search ----
  function later() {
    clearTimeout(waiting);
    waiting = setTimeout(function () { say(words.wait); }, 250);
  }
  async function seek(again) {
    var mine = turn += 1, query = asked;
    later();
    try {
      var next = await kamiSearch.find(query, lang);
      if (mine !== turn) return;
      var hits = next ? await next.next(PAGE) : [];
      if (mine !== turn) return;
      clearTimeout(waiting);
      var held = list.contains(document.activeElement) ? document.activeElement.href : '';
      results = next;
      list.replaceChildren();
      if (!next) { say(hint()); more.hidden = true; return; }
      append(hits);
      found.scrollTop = 0;
      // Who has gone down into an older answer stays at what was chosen there.
      if (held) (places().find(function (place) { return place.href === held; }) || input).focus();
    } catch (e) { if (mine === turn) await lost(again, function () { return seek(true); }); }
  }
  // The index may be another since it was read; if it is not, the site is out of reach.
  async function lost(again, retry) {
    if (!again) {
      try {
        await kamiSearch.open();
        return retry();
      } catch (e) { /* out of reach: said below */ }
    }
    clearTimeout(waiting);
    say(words.lost);
  }
  function append(hits) {
    list.append.apply(list, hits.map(function (hit) { return item(kamiSearch.show(hit, results.terms, SLIDES)); }));
    more.hidden = results.isDone();
    tell();
  }
  async function goOn(again) {
    var mine = turn, last = list.lastElementChild, held = document.activeElement === more;
    try {
      var hits = await results.next(PAGE);
      if (mine !== turn) return;
      append(hits);
      var first = last ? last.nextElementSibling : list.firstElementChild;
      if (first && (held || more.hidden)) first.querySelector('a').focus();
    } catch (e) { if (mine === turn) await lost(again === true, function () { return goOn(true); }); }
  }

  function ask() {
    if (input.value === asked) return;
    asked = input.value;
    if (isOwn()) {
      // A file may not always change its address.
      try { history.replaceState(null, '', asked.trim() ? '?q=' + encodeURIComponent(asked) : location.pathname); } catch (e) { /* it stays */ }
    }
    seek(false);
  }

  // ---- the field ----
  function isOwn() { return form.classList.contains('own'); }
  function isOpen() { return opened; }
  function open() {
    if (opened) return;
    opened = true;
    form.classList.add('open');
    found.hidden = false;
    if (!asked) say(hint());
    // The site may have changed since; what it says then is looked for anew, and so is what was asked of the older one.
    kamiSearch.open().then(function (book) {
      var changed = read && read !== book;
      read = book;
      if (changed && asked.trim()) seek(false);
    }).catch(function () { /* a search tells */ });
  }
  function close() {
    if (!opened || isOwn()) return;
    opened = false;
    form.classList.remove('open');
    found.hidden = true;
  }
  function places() {
    return [input].concat(Array.from(found.querySelectorAll('a')), more.hidden ? [] : [more]);
  }
  function step(by) {
    var all = places(), at = all.indexOf(document.activeElement);
    var next = all[Math.min(Math.max(at + by, 0), all.length - 1)];
    next.focus();
    if (next === input) input.select();
    else next.scrollIntoView({ block: 'nearest' });
  }
  function onKey(e) {
    if (e.isComposing || e.keyCode === 229) return;
    if (e.key === 'Escape') {
      e.preventDefault();
      if (isOwn()) { input.focus(); return; }
      input.focus();
      close();
      input.blur();
    } else if (e.key === 'ArrowDown' || e.key === 'ArrowUp') {
      e.preventDefault();
      step(e.key === 'ArrowDown' ? 1 : -1);
    } else if (document.activeElement !== input && e.key.length === 1 && e.key !== ' ' && !e.ctrlKey && !e.metaKey && !e.altKey) {
      // Who types goes on writing.
      input.focus();
    } else if (e.key === 'Enter' && e.target === input && isOwn()) {
      e.preventDefault();
      ask();
    }
  }
  // Where somebody writes in a shadow, the event names only what that stands on.
  function isTyping(node) { return node.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(node.nodeName); }
  document.addEventListener('keydown', function (e) {
    if (!form || e.defaultPrevented || e.isComposing) return;
    var slash = e.key === '/' && !e.ctrlKey && !e.metaKey && !e.altKey && !isTyping(e.composedPath()[0]);
    var k = (e.ctrlKey || e.metaKey) && !e.altKey && !e.shiftKey && e.key.toLowerCase() === 'k';
    if (!slash && !k) return;
    e.preventDefault();
    input.focus();
    input.select();
    open();
  });
  document.addEventListener('pointerdown', function (e) { if (form && isOpen() && !form.contains(e.target)) close(); });

  function dress() {
    var now = document.querySelector('form.search');
    if (!now) return;
    if (now === form) {
      // A patch of the page took away what is the reader's own.
      form.classList.toggle('open', opened);
      return;
    }
    form = now;
    input = form.querySelector('input');
    root = form.dataset.root;
    words = form.dataset;
    found = make('div', 'found');
    found.setAttribute('data-kami-keep', '');
    found.hidden = true;
    status = found.appendChild(make('p', 'status'));
    status.setAttribute('role', 'status');
    list = found.appendChild(make('ol'));
    more = found.appendChild(make('button', 'act plain', words.more));
    more.type = 'button';
    more.hidden = true;
    more.addEventListener('click', goOn);
    form.append(found);
    input.addEventListener('focus', open);
    input.addEventListener('click', open);
    input.addEventListener('input', function (e) { if (!e.isComposing) { open(); ask(); } });
    input.addEventListener('compositionend', function () { ask(); });
    form.addEventListener('keydown', onKey);
    form.addEventListener('focusout', function (e) { if (e.relatedTarget && !form.contains(e.relatedTarget)) close(); });
    form.addEventListener('submit', function (e) { if (isOwn()) e.preventDefault(); });
    if (isOwn()) {
      input.value = new URLSearchParams(location.search).get('q') || '';
      open();
      input.focus();
      ask();
    }
  }
  document.addEventListener('kami:patched', dress);
  if (document.readyState === 'loading') document.addEventListener('DOMContentLoaded', dress);
  else dress();
})();
