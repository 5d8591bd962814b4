// What ties the windows of one talk together: the server's socket where there is one, a BroadcastChannel
// in one browser, and on file:// messages between a window and the one that opened it. What travels is
// absolute, so hearing something twice, late or not at all does no harm.
(function () {
  "use strict";

  const kami = window.kami;
  const { here, home, ui } = kami;
  let popup = null;

  // A presenter view obeys every window, a stage obeys presenter views, and programs that do not say
  // what they are: two readers' tabs leave each other alone.
  function receive(message, far) {
    if (!message || typeof message !== "object" || message.deck !== kami.deck.dataset.deck) return;
    if (home === "stage" && message.presenter === false) return;
    if (home === "stage" && !kami.led) {
      kami.led = true;
      kami.keepAwake();
      // What a speaker may draw or point at is shown though the network is gone by then.
      kami.later();
    }
    if (message.type === "hello") tellAll();
    if (message.type === "stage" && kami.obey(message, far) && home === "presenter" && !message.presenter) {
      kami.send({ type: "stage", ...kami.state() });
    }
    if (/^(ink|laser|timer)$/.test(message.type)) kami.later().then(() => kami.tell("take", message));
    else kami.tell("take", message);
  }

  // All that this window knows, for one that has just come or come back.
  function tellAll() {
    if (here.at) kami.send({ type: "stage", ...kami.state() });
    kami.tell("retell");
  }

  // http: a BroadcastChannel of this site and deck, and the socket of `kami serve` for other devices.
  // file: has no origin that can be trusted, so a window there only listens to the window it opened
  // and to the one that opened it.
  function connect() {
    const name = kami.storeName("link");
    const local = location.protocol === "file:" ? connectWindows(name) : connectChannel(name);
    document.addEventListener("kami:frame", (event) => receive(event.detail, true));
    document.addEventListener("kami:open", meet);
    document.addEventListener("visibilitychange", () => document.hidden || meet());
    kami.send = (message) => {
      message = { deck: kami.deck.dataset.deck, presenter: home === "presenter", ...message };
      local(message);
      if (window.kamiLive) window.kamiLive.send(message);
    };
  }

  // After a sleep, a restart of the server or a reload the windows tell each other where they are.
  function meet() {
    kami.send({ type: "hello" });
    tellAll();
  }

  function connectChannel(name) {
    if (!window.BroadcastChannel) return () => {};
    const channel = new BroadcastChannel(name);
    channel.onmessage = (event) => receive(event.data);
    return (message) => channel.postMessage(message);
  }

  function connectWindows(name) {
    const peer = () => (home === "presenter" ? window.opener : popup);
    addEventListener("message", (event) => {
      const known = home === "presenter" ? event.source === window.opener : isMine(event.source);
      if (!known || !event.data || event.data.channel !== name) return;
      const found = home === "stage" && popup !== event.source;
      if (found) popup = event.source;
      receive(event.data);
      if (found) meet();
    });
    // the stage may have been reloaded and lost sight of the window it opened
    if (home === "presenter") setInterval(() => kami.send({ type: "here" }), 500);
    return (message) => peer() && !peer().closed && peer().postMessage({ channel: name, ...message }, "*");
  }

  function isMine(source) {
    try {
      return source !== window && source.opener === window;
    } catch {
      return false;
    }
  }

  function openPresenter() {
    if (home === "presenter") return window.opener && window.opener.focus();
    if (popup && !popup.closed) return popup.focus();
    // the new window asks where the talk stands: here, whatever other tabs show
    here.at = Math.max(Date.now(), here.at + 1);
    const url = `${location.pathname}?view=presenter${kami.hashOf()}`;
    popup = window.open(url, kami.storeName("presenter"), "popup,width=1280,height=800");
    if (!popup) offerLink(url);
  }

  function offerLink(url) {
    const link = kami.make("a", { href: url, target: "_blank", rel: "opener" }, [ui.strings.popupLink]);
    link.addEventListener("click", () => ui.message.replaceChildren());
    ui.message.replaceChildren(kami.make("p", {}, [ui.strings.popupBlocked, " ", link]));
  }

  Object.assign(kami.keys, { p: openPresenter, s: openPresenter });
  kami.actions.presenter = openPresenter;
  kami.parts.push({ begin: connect, start: () => kami.send({ type: "hello" }) });
})();
