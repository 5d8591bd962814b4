// The theme switch, the mark in the contents that follows the reader, and what one does with an article: copy code, read
// a note where it is cited, look at a picture. All of it is extra: nothing here is needed to read.
(function () {
  'use strict';
  var root = document.documentElement;
  // Pages opened from files share one storage, so the key names the site.
  var key = 'kami:' + root.dataset.site + ':theme';
  var dark = matchMedia('(prefers-color-scheme: dark)');
  var wide = matchMedia('(min-width: 58em)');

  function stored() {
    try { return localStorage.getItem(key); } catch (e) { return null; }
  }
  function store(theme) {
    try {
      if (theme) localStorage.setItem(key, theme);
      else localStorage.removeItem(key);
    } catch (e) { /* no storage here: the choice lasts as long as the page */ }
  }
  function apply(theme) {
    if (theme === 'light' || theme === 'dark') root.dataset.theme = theme;
    else delete root.dataset.theme;
  }
  apply(stored());
  addEventListener('storage', function (e) { if (e.key === key) apply(e.newValue); });

  function toggle() {
    var system = dark.matches ? 'dark' : 'light';
    var next = (root.dataset.theme || system) === 'dark' ? 'light' : 'dark';
    var choice = next === system ? null : next;
    apply(choice);
    store(choice);
  }

  var watcher = null;
  function followContents() {
    if (watcher) watcher.disconnect();
    var links = {}, seen = new Set(), order = [];
    document.querySelectorAll('.toc a').forEach(function (a) {
      var heading = document.getElementById(decodeURIComponent(a.hash.slice(1)));
      if (heading) { links[heading.id] = a; order.push(heading); }
    });
    if (!order.length) return;
    var current = null;
    function mark() {
      // The section being read is the last whose heading has passed the upper third.
      var line = innerHeight / 3, now = order[0];
      order.forEach(function (h) {
        if (h.getBoundingClientRect().top < line && !h.closest('details:not([open])')) now = h;
      });
      if (now === current) return;
      if (current) links[current.id].removeAttribute('aria-current');
      current = now;
      var a = links[now.id], side = a.closest('.side');
      a.setAttribute('aria-current', 'location');
      if (side.scrollHeight > side.clientHeight) {
        var box = side.getBoundingClientRect(), at = a.getBoundingClientRect();
        if (at.top < box.top + 24) side.scrollTop += at.top - box.top - 24;
        else if (at.bottom > box.bottom - 24) side.scrollTop += at.bottom - box.bottom + 24;
      }
    }
    watcher = new IntersectionObserver(mark, { rootMargin: '9999999px 0px -66% 0px' });
    order.forEach(function (h) { watcher.observe(h); });
    mark();
  }

  // Beside the text the contents are always open; above it they wait to be asked.
  function openContents() {
    var contents = document.querySelector('.toc details');
    if (!contents) return;
    contents.open = wide.matches;
    contents.firstElementChild.tabIndex = wide.matches ? -1 : 0;
  }

  function make(tag, name, label) {
    var node = document.createElement(tag);
    node.className = name;
    if (label) node.setAttribute('aria-label', label);
    // A patch of the page leaves it alone.
    node.dataset.kamiKeep = '';
    return node;
  }

  var words = {}, said = make('p', 'vh'), note = make('div', 'note'), cited = null, timer = 0;
  said.setAttribute('role', 'status');
  note.id = '_note';
  note.popover = 'manual';
  note.setAttribute('role', 'note');

  function dressArticle() {
    var article = document.querySelector('main[data-copy] > article');
    if (!article) return;
    words = article.parentNode.dataset;
    if (!said.isConnected) article.append(said, note);
    article.querySelectorAll('pre').forEach(function (pre) {
      if (pre.querySelector('.copy')) return;
      var button = make('button', 'copy', words.copy);
      button.type = 'button';
      pre.prepend(button);
    });
    article.querySelectorAll('img').forEach(function (img) {
      var width = img.getAttribute('width');
      if (width && width < 100 || img.closest('a, summary, .card')) return;
      img.tabIndex = 0;
      img.setAttribute('role', 'button');
      img.setAttribute('aria-haspopup', 'dialog');
      if (!img.alt) img.setAttribute('aria-label', words.enlarge);
    });
    // On paper an address stands behind its link, unless it is what the link says.
    article.querySelectorAll('a[href^="http"]').forEach(function (a) {
      a.classList.toggle('bare', a.textContent === a.getAttribute('href'));
    });
    if (cited) cite(cited.isConnected ? cited : null);
  }

  // What a code says: of one that is changed, the lines that are gone are not copied.
  function textOf(code) {
    var copied = code.cloneNode(true);
    copied.querySelectorAll('del.line').forEach(function (line) {
      if (line.nextSibling) line.nextSibling.remove();
      line.remove();
    });
    return copied.textContent.replace(/\n$/, '');
  }

  function copy(button) {
    var code = button.parentNode.querySelector('code') || button.parentNode;
    function done() {
      button.setAttribute('aria-label', said.textContent = words.copied);
      setTimeout(function () { button.setAttribute('aria-label', words.copy); said.textContent = ''; }, 2000);
    }
    // Where the browser keeps its clipboard to itself the code is at least marked.
    function select() {
      getSelection().selectAllChildren(code);
      if (document.execCommand('copy')) done();
    }
    if (navigator.clipboard) navigator.clipboard.writeText(textOf(code)).then(done, select);
    else select();
  }

  function mark(node) { return node.closest && node.closest('.footnote-ref a'); }
  function cite(a) {
    clearTimeout(timer);
    if (cited) { cited.removeAttribute('aria-describedby'); note.hidePopover(); }
    cited = null;
    // What is shown from another page has no ids here: its notes are told by their numbers.
    var home = a && a.closest('.page-embed');
    var from = home ? home.querySelectorAll('.footnotes li')[parseInt(a.textContent, 10) - 1] : a && document.getElementById(decodeURIComponent(a.hash.slice(1)));
    if (!from || !note.showPopover) return;
    note.replaceChildren.apply(note, from.cloneNode(true).childNodes);
    note.querySelectorAll('.footnote-backref').forEach(function (node) { node.remove(); });
    note.querySelectorAll('[id]').forEach(function (node) { node.removeAttribute('id'); });
    cited = a;
    a.setAttribute('aria-describedby', note.id);
    note.showPopover({ source: a });
  }
  addEventListener('pointerover', function (e) {
    if (e.pointerType === 'touch') return;
    var a = mark(e.target), stay = a === cited || note.contains(e.target) || document.activeElement === cited;
    clearTimeout(timer);
    if (a ? a !== cited : cited && !stay) timer = setTimeout(cite, a ? 100 : 250, a);
  });
  addEventListener('focusin', function (e) {
    var a = mark(e.target);
    if (a && a.matches(':focus-visible')) { if (a !== cited) cite(a); }
    else if (cited && a !== cited && !note.contains(e.target)) cite(null);
  });

  function enlarge(img) {
    var dialog = make('dialog', 'zoom', img.alt || words.enlarge), close = make('button', ''), big = new Image();
    close.type = 'button';
    close.textContent = words.close;
    big.alt = img.alt;
    // Of several formats the one that this browser has shown.
    var kind = img.currentSrc.split('.').pop() + ' ';
    var source = [].find.call(img.parentNode.querySelectorAll('source'), function (one) { return one.srcset.includes('.' + kind); }) || img;
    var widths = source.srcset.match(/\d+(?=w)/g);
    big.sizes = '100vw';
    big.srcset = source.srcset;
    big.src = img.src;
    // Drawings have no size of their own; photographs get coarse beyond twice theirs.
    big.width = /\.svg$/.test(big.src) ? 9999 : 2 * (widths ? widths[widths.length - 1] : img.naturalWidth || innerWidth);
    dialog.append(close, big);
    document.body.append(dialog);
    dialog.onclose = function () { dialog.remove(); };
    dialog.onclick = function () { dialog.close(); };
    dialog.showModal();
  }

  addEventListener('click', function (e) {
    var a = mark(e.target), touch = e.pointerType ? e.pointerType === 'touch' : matchMedia('(hover: none)').matches;
    if (a && touch && a !== cited) { e.preventDefault(); cite(a); return; }
    if (cited && !note.contains(e.target)) cite(null);
    if (e.target.matches('article .copy')) copy(e.target);
    if (e.target.matches('article img[role]')) enlarge(e.target);
  });
  addEventListener('keydown', function (e) {
    if (e.key === 'Escape' && cited) cite(null);
    if ((e.key === 'Enter' || e.key === ' ') && e.target.matches && e.target.matches('article img[role]')) {
      e.preventDefault();
      enlarge(e.target);
    }
  });

  function dress() {
    document.querySelectorAll('button.theme').forEach(function (b) {
      b.hidden = false;
      b.onclick = toggle;
    });
    openContents();
    followContents();
    dressArticle();
  }
  wide.addEventListener('change', openContents);
  document.addEventListener('kami:patched', dress);
  if (document.readyState === 'loading') document.addEventListener('DOMContentLoaded', dress);
  else dress();
})();
