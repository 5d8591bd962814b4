// The theme switch, and the mark in the contents that follows the reader. Both are extras: nothing here is needed to read.
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
      order.forEach(function (h) { if (h.getBoundingClientRect().top < line) now = h; });
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

  function dress() {
    document.querySelectorAll('button.theme').forEach(function (b) {
      b.hidden = false;
      b.onclick = toggle;
    });
    openContents();
    followContents();
  }
  wide.addEventListener('change', openContents);
  document.addEventListener('kami:patched', dress);
  if (document.readyState === 'loading') document.addEventListener('DOMContentLoaded', dress);
  else dress();
})();
