async (texts) => {
  const mermaid = window.mermaid;
  if (!mermaid || typeof mermaid.render !== 'function') return null;
  const NS = 'http://www.w3.org/2000/svg';
  const element = (name, attributes) => {
    const made = document.createElementNS(NS, name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    return made;
  };
  // The colours of charts: the library's own are hardly there on paper.
  const palette = '#2f7de1,#e0452f,#5f9a2a,#a05cc4,#c9751a,#159aa0';
  const number = (from, name) => parseFloat(from.getAttribute(name)) || 0;

  // As a picture a drawing may hold no HTML: its words become words of the drawing.
  const unboxed = (box) => {
    const outer = box.firstElementChild || box;
    let inner = outer;
    while (inner.firstElementChild) inner = inner.firstElementChild;
    const style = getComputedStyle(inner);
    const lines = (outer.innerText || box.textContent).split('\n').map((line) => line.trim()).filter(Boolean);
    const x = number(box, 'x') + number(box, 'width') / 2;
    const y = number(box, 'y') + number(box, 'height') / 2;
    const size = parseFloat(style.fontSize) || 16;
    const text = element('text', { 'text-anchor': 'middle', 'dominant-baseline': 'central', 'font-size': size });
    text.style.fill = style.color;
    lines.forEach((line, index) => {
      const part = element('tspan', { x, y: y + (index - (lines.length - 1) / 2) * size * 1.2 });
      part.textContent = line;
      text.append(part);
    });
    (box.closest('switch') || box).replaceWith(text);
  };

  const drawn = async (text, name, theme) => {
    mermaid.initialize({
      startOnLoad: false,
      securityLevel: 'strict',
      suppressErrorRendering: true,
      deterministicIds: true,
      deterministicIDSeed: 'kami',
      fontFamily: 'sans-serif',
      htmlLabels: false,
      flowchart: { htmlLabels: false },
      theme,
      themeVariables: { xyChart: { backgroundColor: 'transparent', plotColorPalette: palette } },
    });
    const { svg } = await mermaid.render(`kami-${name}`, text);
    const parsed = new DOMParser().parseFromString(svg, 'text/html').querySelector('svg');
    if (!parsed) throw new Error('nothing was drawn');
    const shown = document.importNode(parsed, true);
    document.body.append(shown);
    for (const box of shown.querySelectorAll('foreignObject')) unboxed(box);
    let view = shown.viewBox.baseVal;
    if (!view || !view.width || !view.height) {
      view = shown.getBBox();
      shown.setAttribute('viewBox', `${view.x} ${view.y} ${view.width} ${view.height}`);
    }
    const [width, height] = [Math.ceil(view.width), Math.ceil(view.height)];
    shown.remove();
    if (!width || !height) throw new Error('the drawing is empty');
    shown.removeAttribute('style');
    shown.setAttribute('width', width);
    shown.setAttribute('height', height);
    const group = element('g', { class: `kami-${name}` });
    group.append(shown);
    return { group, width, height };
  };

  const sketches = [];
  for (const text of texts) {
    try {
      const light = await drawn(text, 'light', 'neutral');
      const dark = await drawn(text, 'dark', 'dark');
      const [width, height] = [Math.max(light.width, dark.width), Math.max(light.height, dark.height)];
      const whole = element('svg', { width, height, viewBox: `0 0 ${width} ${height}` });
      const style = element('style', {});
      style.textContent = '.kami-dark{display:none}@media (prefers-color-scheme:dark){.kami-light{display:none}.kami-dark{display:inline}}';
      whole.append(style, light.group, dark.group);
      sketches.push({ svg: new XMLSerializer().serializeToString(whole) });
    } catch (error) {
      const said = typeof error === 'string' ? error : (error && (error.str || error.message)) || 'it cannot be drawn';
      const line = error && error.hash && error.hash.loc && error.hash.loc.first_line;
      sketches.push({ fault: { message: String(said), line: Number.isInteger(line) && line > 0 ? line : null } });
    }
  }
  return sketches;
}
