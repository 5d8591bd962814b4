// What comes by paste and drop: pictures go beside the page, addresses become links, tables tables, HTML Markdown.
import { EditorView } from "@codemirror/view";
import { gfm } from "@joplin/turndown-plugin-gfm";
import Turndown from "turndown";
import { inCode } from "./where.mjs";
import { say } from "./words.mjs";

const ADDRESS = /^(?:https?:\/\/|mailto:)[^\s<>]+$/;

// Where something goes that is still on its way: it stays what it was while the text around it changes.
class Place {
  static coming = new Set();

  constructor({ from, to }) {
    Object.assign(this, { from, to });
    Place.coming.add(this);
  }

  // What is typed where it is to stand comes behind it, and what it was to replace has then been seen to.
  static move({ changes }) {
    for (const place of Place.coming) {
      const touched = changes.touchesRange(place.from, place.to);
      place.from = changes.mapPos(place.from, -1);
      place.to = touched ? place.from : changes.mapPos(place.to, -1);
    }
  }

  // Takes a text; what comes next stands behind that.
  fill(view, text) {
    const { from, to } = this;
    const { main } = view.state.selection;
    // Who has gone on elsewhere meanwhile stays there.
    const selection = main.from === from && main.to === to ? { anchor: from + text.length } : undefined;
    view.dispatch({ changes: { from, to, insert: text }, selection, userEvent: "input.paste", scrollIntoView: selection !== undefined });
    this.from = this.to = from + text.length;
    // What was pasted later at the same place stands behind it, whichever comes first.
    const all = [...Place.coming];
    for (const later of all.slice(all.indexOf(this))) if (later.from === from) later.from = later.to = this.to;
  }

  leave() {
    Place.coming.delete(this);
  }
}

function insert(view, text) {
  const place = new Place(view.state.selection.main);
  place.fill(view, text);
  place.leave();
}

// Cells that a spreadsheet puts on the clipboard: lines of tabs, all of one length. Where nothing else says that they
// are cells, lines that begin with a tab are code.
export function tableOf(text, sure) {
  const rows = text.replace(/\r\n?/g, "\n").replace(/\n+$/, "").split("\n").map((row) => row.split("\t"));
  const columns = rows[0].length;
  if (columns < 2 || rows.length < 2 || rows.some((row) => row.length !== columns)) return null;
  if (!sure && rows.some((row) => row[0] === "")) return null;
  const cell = (text) => text.trim().replace(/\|/g, "\\|") || " ";
  const line = (cells) => `| ${cells.map(cell).join(" | ")} |`;
  return [line(rows[0]), line(rows[0].map(() => "---")), ...rows.slice(1).map(line)].join("\n") + "\n";
}

// The browser parses what the server hands back: no string of HTML is ever put into this page.
function parsed(html) {
  const request = new XMLHttpRequest();
  request.open("POST", "/_kami/parse");
  request.responseType = "document";
  request.setRequestHeader("content-type", "text/plain; charset=utf-8");
  return new Promise((resolve, reject) => {
    request.onload = () => (request.status === 200 && request.response ? resolve(request.response) : reject(new Error(String(request.status))));
    request.onerror = reject;
    request.send(html);
  });
}

// Looks are attributes that the page may not have; here they are only read.
async function markdownOf(html) {
  const made = await parsed(html.replace(/<style\b[^]*?<\/style>/gi, "").replace(/<[a-z][^>]*>/gi, (tag) => tag.replace(/\sstyle\s*=/gi, " data-style=")));
  // As of cells from a spreadsheet, the first row is the head.
  for (const table of made.querySelectorAll("table")) {
    if (table.querySelector("th")) continue;
    for (const cell of [...(table.rows[0]?.cells ?? [])]) {
      const head = made.createElement("th");
      head.append(...cell.childNodes);
      cell.replaceWith(head);
    }
  }
  const service = new Turndown({ headingStyle: "atx", codeBlockStyle: "fenced", bulletListMarker: "-", emDelimiter: "*" });
  service.use(gfm);
  // What an office program calls bold may be all of its text, and what it calls a stretch may be bold.
  const looks = (node, pattern) => pattern.test(node.getAttribute("data-style") ?? "");
  for (const node of made.querySelectorAll("b")) if (looks(node, /font-weight:\s*(?:normal|400)/i)) node.replaceWith(...node.childNodes);
  service.addRule("stretch", {
    filter: (node) => node.nodeName === "SPAN" && looks(node, /font-weight:\s*(?:bold|[6-9]00)|font-style:\s*italic/i),
    replacement(content, node) {
      const [, before, text, after] = /^(\s*)(.*?)(\s*)$/s.exec(content);
      if (!text || node.closest("h1, h2, h3, h4, h5, h6, b, strong")) return content;
      const mark = looks(node, /font-weight:\s*(?:bold|[6-9]00)/i) ? "**" : "*";
      return `${before}${mark}${text}${mark}${after}`;
    },
  });
  service.remove(["script", "style", "noscript", "title", "meta"]);
  return service.turndown(made.body).trim();
}

function nameOf(file) {
  if (file.name && !/^image\.\w+$/.test(file.name)) return file.name;
  const now = new Date();
  const two = (number) => String(number).padStart(2, "0");
  const day = `${now.getFullYear()}-${two(now.getMonth() + 1)}-${two(now.getDate())}`;
  return `${day}-${two(now.getHours())}${two(now.getMinutes())}.${file.type.split("/")[1]?.replace("jpeg", "jpg").replace("svg+xml", "svg") ?? "png"}`;
}

export function pasting(source, tell) {
  async function send(view, files, at) {
    const place = new Place(at);
    for (const file of files) {
      tell(say("uploading"));
      try {
        const { path, markdown } = await source.upload(file, nameOf(file));
        place.fill(view, markdown);
        tell(say("uploaded", { path }));
      } catch (error) {
        tell(error.message);
      }
    }
    place.leave();
  }

  const handlers = EditorView.domEventHandlers({
    paste(event, view) {
      const data = event.clipboardData;
      const [text, html] = [data.getData("text/plain"), data.getData("text/html")];
      const files = [...data.files];
      if (files.length && !text) {
        send(view, files, view.state.selection.main);
        return true;
      }
      const { from, to } = view.state.selection.main;
      if (inCode(view.state, from)) return false;
      const chosen = view.state.sliceDoc(from, to);
      if (ADDRESS.test(text.trim()) && chosen.trim() && !chosen.includes("\n") && !ADDRESS.test(chosen.trim())) {
        insert(view, `[${chosen.replace(/[[\]]/g, "\\$&")}](${text.trim()})`);
        return true;
      }
      const table = tableOf(text, /<table\b/i.test(html));
      if (table) {
        insert(view, table);
        return true;
      }
      // A text editor's clipboard has HTML that says no more than the text.
      if (html && /<(?:a|b|strong|em|i|h[1-6]|ul|ol|table|img|code|pre|blockquote)\b/i.test(html) && !/data-vscode|class="?monaco/i.test(html)) {
        const place = new Place(view.state.selection.main);
        const fill = (markdown) => place.fill(view, markdown || text);
        markdownOf(html).then(fill, () => fill(text)).finally(() => place.leave());
        return true;
      }
      return false;
    },
    drop(event, view) {
      const files = [...event.dataTransfer.files];
      if (!files.length) return false;
      event.preventDefault();
      const at = view.posAtCoords({ x: event.clientX, y: event.clientY }) ?? view.state.selection.main.head;
      view.dispatch({ selection: { anchor: at } });
      send(view, files, { from: at, to: at });
      return true;
    },
  });
  return [handlers, EditorView.updateListener.of((update) => Place.move(update))];
}
