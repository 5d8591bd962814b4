// Tells the worker what is read here, and the reader what the worker keeps. Files have no worker, and a server that
// watches the sources wants none: yesterday's site must not haunt its port.
(function () {
  'use strict';
  var place = document.querySelector('.offline'), worker = navigator.serviceWorker;
  if (!place || !worker || !isSecureContext || !/^https?:$/.test(location.protocol)) return;
  if (document.querySelector('script[src^="/_kami/"]') || !/^(?:\.\.\/)*sw\.js$/.test(place.dataset.worker)) return;
  var words = place.dataset, root = document.documentElement, button = place.querySelector('button');
  var said = place.querySelector('[role=status]'), whole = false, busy = false;

  function filled(text, values) {
    return text.replace(/\{(\w+)\}/g, function (_, name) { return values[name]; });
  }
  function size(bytes) {
    return (Math.max(bytes, 0) / 1e6).toLocaleString(root.lang, { maximumFractionDigits: 1 }) + ' MB';
  }
  function ask(message) {
    return worker.ready.then(function (there) { there.active.postMessage(message); });
  }
  function show(text) {
    place.hidden = false;
    button.textContent = whole ? words.forget : words.keep;
    button.disabled = busy;
    said.textContent = text;
  }
  button.onclick = function () {
    busy = true;
    show(whole ? '' : words.begun);
    ask({ kami: whole ? 'forget' : 'keep' });
  };

  function newer() {
    if (document.querySelector('.newer')) return;
    var bar = document.createElement('p'), go = document.createElement('button');
    bar.className = 'newer';
    bar.setAttribute('role', 'status');
    go.type = 'button';
    go.textContent = words.load;
    go.onclick = function () { location.reload(); };
    bar.append(words.newer + ' ', go);
    document.body.append(bar);
  }

  var told = {
    state: function (message) {
      whole = message.whole;
      busy = false;
      show(whole ? filled(words.kept, { n: message.kept }) : '');
    },
    progress: function (message) { show(filled(words.progress, { n: message.done, of: message.of })); },
    full: function (message) {
      busy = false;
      show(filled(words.full, { needed: size(message.needed), free: size(message.free) }));
    },
    failed: function (message) {
      busy = false;
      if (message.what !== 'visited') show(words.failed);
    },
    newer: newer
  };
  worker.addEventListener('message', function (event) {
    var data = event.data;
    if (data && Object.prototype.hasOwnProperty.call(told, data.kami)) told[data.kami](data);
  });
  worker.startMessages();

  worker.register(kamiSearch.trusted(words.worker), { scope: words.worker.replace(/sw\.js$/, '') || './' }).then(function () {
    // This page was read before there was a worker to keep it.
    if (!worker.controller) {
      var read = performance.getEntriesByType('resource').map(function (entry) { return entry.name; });
      ask({ kami: 'visited', urls: [location.href].concat(read) });
    }
    return ask({ kami: 'state' });
  }).catch(function () { /* a browser that keeps nothing: all else works */ });
})();
