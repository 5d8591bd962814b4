// Lays a deck out to be printed or photographed, and waits for all that is on its way.
(async ({ steps, base, paper }) => {
  const deck = document.querySelector("main.deck");
  const cards = [...deck.querySelectorAll(":scope > .card")];
  const sectionOf = (card) => card.querySelector(":scope > .slide");

  for (const picture of document.images) {
    // A PDF holds a JPEG as it is, and other formats pixel by pixel.
    if (paper) for (const source of [picture, ...picture.parentNode.querySelectorAll("source")]) source.removeAttribute("srcset");
    Object.assign(picture, { loading: "eager", decoding: "sync" });
  }
  const behind = new Set();
  for (const element of deck.querySelectorAll("*")) {
    for (const [, url] of getComputedStyle(element).backgroundImage.matchAll(/url\("([^"]+)"\)/g)) behind.add(url);
  }
  for (const film of deck.querySelectorAll("video[poster]")) behind.add(film.poster);
  const layers = [...behind].map((src) => Object.assign(new Image(), { src }));
  await document.fonts.ready;
  await Promise.all([...document.images, ...layers].map((picture) => picture.decode().catch(() => {})));
  window.kamiFit?.all();

  const style = getComputedStyle(cards[0] ?? deck);
  const length = (name, otherwise) => Number.parseFloat(style.getPropertyValue(name)) || otherwise;
  const width = length("--slide-width", 1280);
  const height = length("--slide-height", 720);

  // A link leads where it does from elsewhere, or nowhere.
  for (const link of deck.querySelectorAll("a[href]")) {
    const url = new URL(link.getAttribute("href"), location.href);
    if (url.origin !== location.origin) continue;
    const path = url.pathname.slice(1);
    if (url.pathname === location.pathname) link.setAttribute("href", url.hash || "#1");
    else if (base) link.setAttribute("href", base + path + url.hash);
    else link.removeAttribute("href");
  }

  const show = window.kami?.showSteps ?? ((card, step) => {
    for (const element of card.querySelectorAll("[data-step]")) {
      element.classList.toggle("shown", Number(element.dataset.step) <= step);
    }
  });
  const sheets = [];
  for (const card of cards) {
    const section = sectionOf(card);
    const last = steps ? Number(section.dataset.steps) || 0 : 0;
    let after = card;
    for (let step = 0; step <= last; step += 1) {
      let sheet = card;
      if (step > 0) {
        sheet = card.cloneNode(true);
        for (const element of sheet.querySelectorAll("[id]")) element.removeAttribute("id");
        after.after(sheet);
        after = sheet;
      }
      sheet.classList.remove("current");
      sheets.push({ sheet, number: cards.indexOf(card) + 1, step, title: card.dataset.title ?? "" });
    }
    if (steps) sheets.slice(-1 - last).forEach(({ sheet }, step) => show(sheet, step));
  }

  const looks = new CSSStyleSheet();
  looks.replaceSync(`
    @page { size: ${width}px ${height}px; margin: 0; }
    html, body { margin: 0 !important; padding: 0 !important; background: none !important; }
    body > :not(main) { display: none !important; }
    main.deck { display: block !important; position: static !important; margin: 0 !important; padding: 0 !important;
      max-width: none !important; overflow: visible !important; }
    main.deck > .card { page: auto !important; display: block !important; width: ${width}px !important; height: ${height}px !important;
      margin: 0 !important; padding: 0 !important; border: 0 !important; box-shadow: none !important; content-visibility: visible !important;
      break-inside: avoid; break-after: page; print-color-adjust: exact; -webkit-print-color-adjust: exact; }
    main.deck > .card:last-child { break-after: auto; }
    main.deck > .card > .slide { top: 0 !important; left: 0 !important; }
    ${steps ? "main.deck > .card [data-step]:not(.shown) { visibility: hidden !important; }" : ""}
    @media screen {
      html, body { overflow: hidden !important; }
      main.deck > .card:not([data-shot]) { display: none !important; }
    }`);
  document.adoptedStyleSheets = [...document.adoptedStyleSheets, looks];

  window.kamiShot = (index) => {
    deck.querySelector("[data-shot]")?.removeAttribute("data-shot");
    sheets[index].sheet.dataset.shot = "";
    scrollTo(0, 0);
  };
  return { width, height, sheets: sheets.map(({ number, step, title }) => ({ number, step, title })) };
})
