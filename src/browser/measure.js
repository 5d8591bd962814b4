// What can be seen of each slide of a deck at its design size. The design comes from kamiFit; this tells of it.
(async () => {
  await document.fonts.ready;
  for (const picture of document.images) picture.loading = "eager";
  await Promise.all([...document.images].map((picture) => picture.decode().catch(() => {})));
  kamiFit.all();
  const cards = [...document.querySelectorAll("main.deck > .card")];
  const isDrawing = (url) => /^data:image\/svg|\.svg([?#]|$)/.test(url);

  // How many pixels of the slide one of the picture's own takes.
  function enlarged(wide, high, own, fit) {
    const [x, y] = [wide / own.naturalWidth, high / own.naturalHeight];
    if (fit === "contain" || fit === "scale-down") return Math.min(x, y);
    return Math.max(x, y);
  }

  const pictureOf = (src, wide, high, own, fit) => ({
    src, times: enlarged(wide, high, own, fit), shown: [wide, high], own: [own.naturalWidth, own.naturalHeight],
  });

  // Of a picture in several widths the widest counts: that is the one a projector gets.
  function widest(picture) {
    const source = picture.parentNode.querySelector("source") ?? picture;
    const widths = (source.srcset.match(/\d+(?=w)/g) ?? []).map(Number);
    if (!widths.length) return picture;
    const naturalWidth = Math.max(...widths);
    return { naturalWidth, naturalHeight: (naturalWidth * picture.naturalHeight) / picture.naturalWidth };
  }

  async function backgrounds(section, scale) {
    const found = [];
    for (const element of [section, ...section.querySelectorAll("*")]) {
      const style = getComputedStyle(element);
      const [, url] = /url\("([^"]+)"\)/.exec(style.backgroundImage) ?? [];
      if (!url || isDrawing(url) || !/cover|contain/.test(style.backgroundSize)) continue;
      const own = Object.assign(new Image(), { src: url });
      await own.decode().catch(() => {});
      const box = element.getBoundingClientRect();
      if (own.naturalWidth) found.push(pictureOf(url, box.width / scale, box.height / scale, own, style.backgroundSize));
    }
    return found;
  }

  const slides = [];
  for (const [index, card] of cards.entries()) {
    const section = card.querySelector(":scope > .slide");
    const fit = Number.parseFloat(section.style.getPropertyValue("--fit")) || 1;
    const scale = card.getBoundingClientRect().width / (section.offsetWidth * fit);
    const over = "overflow" in section.dataset ? kamiFit.over(section) : { x: 0, y: 0 };
    const texts = kamiFit.texts(section).map(({ text, size }) => ({ text, size: size * fit }));
    const smallest = texts.reduce((least, it) => (it.size < least.size ? it : least), { text: "", size: Infinity });
    const pictures = await backgrounds(section, scale);
    for (const picture of section.querySelectorAll("img")) {
      const box = picture.getBoundingClientRect();
      if (isDrawing(picture.currentSrc) || !picture.naturalWidth) continue;
      pictures.push(pictureOf(picture.src, box.width / scale, box.height / scale, widest(picture), getComputedStyle(picture).objectFit));
    }
    slides.push({
      number: index + 1, fit, width: section.offsetWidth * fit, height: section.offsetHeight * fit,
      over: [over.x * fit, over.y * fit], text: smallest.text.slice(0, 60), size: smallest.size === Infinity ? null : smallest.size, pictures,
    });
  }
  return slides;
})()
