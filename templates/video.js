// A film that another host keeps: its player comes when somebody presses the card, and nothing is asked of that host
// before. Opened from a file, or with a key that asks for another window, the card is the link that it is written as.
(function () {
  "use strict";

  document.addEventListener("click", function (event) {
    var card = event.target.closest ? event.target.closest("a[data-frame]") : null;
    var elsewhere = event.button || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey;
    if (!card || elsewhere || event.defaultPrevented || location.protocol === "file:") return;
    event.preventDefault();
    var frame = document.createElement("iframe");
    frame.className = "video";
    frame.title = card.firstElementChild.textContent;
    frame.allow = "autoplay; encrypted-media; fullscreen; picture-in-picture";
    frame.referrerPolicy = "strict-origin-when-cross-origin";
    frame.src = card.dataset.frame;
    // Who leaves the slide gets the card back, and the film is quiet.
    frame.rest = function () { frame.replaceWith(card); };
    card.replaceWith(frame);
    frame.focus();
  });
})();
