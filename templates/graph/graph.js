// The graph, for who points at it: what is joined with a node, nodes by title, larger and smaller. All of it is extra:
// the picture and its links are there without.
(function () {
  'use strict';
  var SCALE_MIN = 0.25, SCALE_MAX = 3, LEGIBLE = 0.8;
  var picture, svg, nodes, lit, input, found, scale = 1, words;

  function make(name) {
    var node = document.createElementNS('http://www.w3.org/2000/svg', name);
    node.setAttribute('data-kami-keep', '');
    return node;
  }
  function nearOf(node) {
    return (node.dataset.near || '').split(' ').filter(Boolean).map(function (at) { return nodes[at]; });
  }

  // ---- what is marked: the node pointed at with its neighbours, else what the filter finds ----
  function mark(node) {
    var on = node ? [node].concat(nearOf(node)) : matches();
    nodes.forEach(function (one) { one.classList.toggle('on', !!on && on.indexOf(one) >= 0); });
    svg.classList.toggle('marked', !!on);
    lit.setAttribute('d', node ? nearOf(node).map(function (one) { return 'M' + node.dataset.at + 'L' + one.dataset.at; }).join('') : '');
  }
  function matches() {
    var asked = kamiSearch.fold(input.value).split(/\s+/).filter(Boolean);
    if (!asked.length) { found.textContent = ''; return null; }
    var on = nodes.filter(function (node) {
      var title = node.querySelector('title') || node.querySelector('text'), text = kamiSearch.fold(title.textContent);
      return asked.every(function (term) { return text.indexOf(term) >= 0; });
    });
    found.textContent = words.found.replace('{n}', on.length).replace('{all}', nodes.length);
    return on;
  }
  function filter() {
    mark(null);
    var on = matches();
    if (on && on.length) show(on[0]);
  }
  function show(node) {
    var box = picture.getBoundingClientRect(), at = node.getBoundingClientRect();
    if (at.left < box.left || at.right > box.right || at.top < box.top || at.bottom > box.bottom) {
      picture.scrollLeft += (at.left + at.right - box.left - box.right) / 2;
      picture.scrollTop += (at.top + at.bottom - box.top - box.bottom) / 2;
    }
  }
  function nodeOf(target) { return target.closest ? target.closest('.picture svg a') : null; }

  // ---- larger and smaller: the middle of what is seen stays ----
  function fit() {
    var box = svg.viewBox.baseVal, high = parseFloat(getComputedStyle(picture).maxHeight);
    return Math.min(picture.clientWidth / box.width, (high - 2) / box.height, 1);
  }
  function zoom(to) {
    var width = svg.viewBox.baseVal.width, height = svg.viewBox.baseVal.height;
    var x = (picture.scrollLeft + picture.clientWidth / 2) / scale, y = (picture.scrollTop + picture.clientHeight / 2) / scale;
    if (!to) to = fit();
    scale = Math.min(Math.max(to, SCALE_MIN), SCALE_MAX);
    svg.setAttribute('width', width * scale);
    svg.setAttribute('height', height * scale);
    picture.scrollLeft = x * scale - picture.clientWidth / 2;
    picture.scrollTop = y * scale - picture.clientHeight / 2;
  }

  // ---- a mouse drags the paper ----
  var held = null;
  addEventListener('pointerdown', function (e) {
    if (!picture || e.pointerType !== 'mouse' || e.button || !picture.contains(e.target) || nodeOf(e.target)) return;
    held = { x: e.clientX + picture.scrollLeft, y: e.clientY + picture.scrollTop };
    picture.classList.add('held');
  });
  addEventListener('pointermove', function (e) {
    if (!held) return;
    picture.scrollLeft = held.x - e.clientX;
    picture.scrollTop = held.y - e.clientY;
  });
  addEventListener('pointerup', function () {
    if (!held) return;
    held = null;
    picture.classList.remove('held');
  });
  addEventListener('pointerover', function (e) { if (svg && !held) mark(nodeOf(e.target) || nodeOf(document.activeElement)); });
  addEventListener('focusin', function (e) { if (svg) mark(nodeOf(e.target)); });
  addEventListener('keydown', function (e) {
    if (e.key === 'Escape' && e.target === input && input.value) { input.value = ''; filter(); e.preventDefault(); }
    if (e.key === 'Enter' && e.target === input && !e.isComposing) {
      var on = matches();
      if (on && on.length) on[0].focus();
    }
  });

  function dress() {
    picture = document.querySelector('.graph .picture');
    if (!picture) { svg = null; return; }
    var first = svg !== picture.querySelector('svg');
    svg = picture.querySelector('svg');
    words = document.querySelector('main').dataset;
    nodes = Array.from(svg.querySelectorAll('a'));
    lit = svg.querySelector('.lit');
    if (!lit) {
      lit = make('path');
      lit.setAttribute('class', 'lit');
      svg.insertBefore(lit, svg.querySelector('.edges').nextSibling);
    }
    var handles = document.querySelector('.handles');
    handles.hidden = false;
    input = handles.querySelector('input');
    found = handles.querySelector('.found');
    input.oninput = function (e) { if (!e.isComposing) filter(); };
    input.addEventListener('compositionend', filter);
    handles.querySelectorAll('button').forEach(function (button) {
      button.onclick = function () { zoom(scale * Number(button.dataset.scale)); };
    });
    // A picture larger than its frame is first seen in its middle; a patch of the page moves nothing.
    if (first) {
      scale = 1;
      var whole = fit();
      if (whole >= LEGIBLE) zoom(whole);
      picture.scrollLeft = (picture.scrollWidth - picture.clientWidth) / 2;
      picture.scrollTop = (picture.scrollHeight - picture.clientHeight) / 2;
    } else zoom(scale);
    mark(null);
  }
  document.addEventListener('kami:patched', dress);
  if (document.readyState === 'loading') document.addEventListener('DOMContentLoaded', dress);
  else dress();
})();
