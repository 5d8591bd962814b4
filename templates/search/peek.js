// What a link leads to, shown beside it while it is pointed at or focused: a page's title and first paragraph, a slide's
// title and text. They come from the texts of the search, so it works from a disk too. Not on touch, where one taps.
(function () {
  'use strict';
  var WAIT = 280, LEAVE = 220, LENGTH = 170, PIECES = 4;
  var peek = null, shown = null, wanted = null, timer = 0, turn = 0;

  function linkOf(node) { return node && node.closest ? node.closest('main a.wikilink[href]:not(.missing)') : null; }
  function cut(text) {
    var characters = Array.from(text);
    return characters.length > LENGTH ? characters.slice(0, LENGTH).join('').trimEnd() + '…' : text;
  }
  function line(name, text) {
    var node = document.createElement('p');
    node.className = name;
    node.textContent = text;
    return node;
  }

  // The blocks of a document that a place in it stands for: its heading, and what is said there.
  function told(text, anchor) {
    if (text.deck && !anchor) {
      var titles = text.blocks.filter(function (block) { return block.weight === 5 && block.text !== text.title; });
      return { title: text.title, beside: '', slide: 0, text: cut(titles.slice(0, PIECES).map(function (block) { return block.text; }).join(' / ')) };
    }
    var blocks = text.blocks, number = text.deck && /^\d/.test(anchor) ? parseInt(anchor, 10) : 0;
    var at = anchor ? blocks.findIndex(function (block) {
      return block.weight === 5 && (number ? block.slide === number : block.anchor === anchor);
    }) : -1;
    var slide = number || (text.deck && at >= 0 ? blocks[at].slide : 0), heading = at >= 0 ? blocks[at].text : '', said = [];
    for (var i = Math.max(at + 1, 0); i < blocks.length && said.length < PIECES; i += 1) {
      if (slide ? blocks[i].slide > slide : at >= 0 && blocks[i].weight === 5) break;
      if (blocks[i].weight === 1 && (!slide || blocks[i].slide === slide)) said.push(blocks[i].text);
      if (!slide && said.length) break;
    }
    return { title: heading || text.title, beside: heading && heading !== text.title ? text.title : '', slide: slide, text: cut(said.join(' / ')) };
  }

  function hide() {
    clearTimeout(timer);
    turn += 1;
    wanted = null;
    if (!shown) return;
    shown.removeAttribute('aria-describedby');
    shown = null;
    peek.hidePopover();
  }
  async function show(a) {
    hide();
    var mine = turn, root = document.querySelector('form.search').dataset.root, href = a.getAttribute('href');
    wanted = a;
    if (href.indexOf(root) !== 0 || href[root.length] === '#') return;
    var parts = href.slice(root.length).split('#');
    try {
      var text = await kamiSearch.at(parts[0].replace(/^\.\//, ''));
      if (!text || mine !== turn || !a.isConnected) return;
      draw(text, told(text, a.dataset.number || decodeURIComponent(parts[1] || '')), a);
    } catch (e) { /* out of reach: the link itself still leads there */ }
  }
  function draw(text, it, a) {
    if (!peek) {
      peek = document.createElement('div');
      peek.className = 'peek';
      peek.id = '_peek';
      peek.popover = 'manual';
      peek.setAttribute('role', 'tooltip');
      peek.setAttribute('data-kami-keep', '');
    }
    if (!peek.isConnected) document.querySelector('main').append(peek);
    peek.lang = text.lang;
    var words = document.querySelector('form.search').dataset;
    var beside = [it.beside, text.deck ? words.deck + (it.slide ? ' ' + it.slide : '') : ''].filter(Boolean).join(' · ');
    peek.replaceChildren.apply(peek, [line('name', it.title)].concat(beside ? [line('beside', beside)] : [], it.text ? [line('says', it.text)] : []));
    shown = a;
    a.setAttribute('aria-describedby', peek.id);
    peek.showPopover({ source: a });
  }

  addEventListener('pointerover', function (e) {
    if (e.pointerType === 'touch' || !HTMLElement.prototype.showPopover) return;
    var a = linkOf(e.target), stays = peek && peek.contains(e.target);
    clearTimeout(timer);
    if (a && a !== wanted) timer = setTimeout(show, WAIT, a);
    else if (!a && wanted && !stays && document.activeElement !== wanted) timer = setTimeout(hide, LEAVE);
  });
  addEventListener('focusin', function (e) {
    var a = linkOf(e.target);
    if (a && a.matches(':focus-visible') && HTMLElement.prototype.showPopover) show(a);
    else if (wanted) hide();
  });
  addEventListener('focusout', function (e) { if (e.target === wanted) hide(); });
  addEventListener('keydown', function (e) { if (e.key === 'Escape') hide(); });
  addEventListener('pointerdown', hide);
  document.addEventListener('kami:patched', hide);
})();
