// The text on disk: read, written over the revision that was seen, and told apart from what others wrote meanwhile.
import { opened, written } from "./text.mjs";
import { say } from "./words.mjs";

const address = (kind, path) => `/_kami/${kind}/${path.split("/").map(encodeURIComponent).join("/")}`;

// Says why the server did not do it, in the language of the page where it has words for that.
async function told(response) {
  const { error = "", message = `${response.status}`, help } = await response.json().catch(() => ({}));
  const key = `why-${error}`.replace(/-(\w)/g, (_, letter) => letter.toUpperCase());
  const n = /\d+/.exec(message)?.[0] ?? "";
  return say(key, { why: message, n }) || say("failed", { why: [message, help].filter(Boolean).join(" — ") });
}

export class Source {
  constructor(path) {
    this.path = path;
    this.tag = null; // of the revision that the text stands on; none: there is no file
    this.form = opened("");
  }

  // Looks at the file and changes nothing here: {tag, form}; without a tag there is no file. Whoever doubts that there
  // is one asks for that first, so that a new page does not begin with an error in the console.
  async look(doubted = false) {
    if (doubted && (await this.isGone())) return { tag: null, form: opened("") };
    const response = await fetch(address("source", this.path));
    if (response.status === 404) return { tag: null, form: opened("") };
    if (!response.ok) throw new Error(await told(response));
    // `text()` would drop a byte order mark.
    const bytes = await response.arrayBuffer();
    return { tag: response.headers.get("etag"), form: opened(new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes)) };
  }

  // What is written from now on stands on a text that was looked at.
  take({ tag, form }) {
    this.tag = tag;
    this.form = form;
    return form.shown;
  }

  // Writes the text. Answers with {saved}, {theirs, merged} (what both changes come to, if they do), {gone} or {why}.
  async write(shown) {
    const condition = this.tag ? { "if-match": this.tag } : { "if-none-match": "*" };
    const body = written(this.form, shown);
    const response = await fetch(address("source", this.path), { method: "PUT", headers: condition, body });
    if (response.ok) {
      this.tag = response.headers.get("etag");
      return { saved: true };
    }
    if (response.status !== 412) return { why: await told(response) };
    const { current, digest, merged } = await response.json();
    if (current === null) {
      this.tag = null;
      return { gone: true };
    }
    return { theirs: opened(current), tag: `"${digest}"`, merged: merged === null ? null : opened(merged) };
  }

  async upload(file, name) {
    const folder = this.path.slice(0, this.path.lastIndexOf("/"));
    const response = await fetch(`${address("upload", folder)}?name=${encodeURIComponent(name)}`, { method: "POST", body: file });
    if (!response.ok) throw new Error(await told(response));
    return response.json();
  }

  // Commits the file as it stands on disk; answers with what stood in the way, if anything did.
  async commit(message) {
    const response = await fetch(address("commit", this.path), { method: "POST", headers: { accept: "application/json" }, body: new URLSearchParams({ message }) });
    if (response.ok) return null;
    const answer = await response.json().catch(() => ({}));
    return answer.message ?? `${response.status}`;
  }

  // Asks for the editor's own page as it is by now.
  async page() {
    const request = new XMLHttpRequest();
    request.open("GET", address("edit", this.path));
    request.responseType = "document";
    request.send();
    await new Promise((resolve) => (request.onloadend = resolve));
    return request.response;
  }

  // Tells whether there is no file any more. The editor's page is there either way: to ask for that is no error,
  // and what it says of the file stands in its head.
  async isGone() {
    const response = await fetch(address("edit", this.path), { method: "HEAD" }).catch(() => null);
    return response?.ok === true && !response.headers.has("kami-rev");
  }

  // Asks what a draft becomes: a document, parsed by the browser itself.
  preview(shown) {
    const request = new XMLHttpRequest();
    request.open("POST", address("preview", this.path));
    request.setRequestHeader("accept", "text/html");
    request.responseType = "document";
    const answer = new Promise((resolve, reject) => {
      request.onload = () => (request.status === 200 && request.response ? resolve(request) : reject(new Error(String(request.status))));
      request.onerror = reject;
    });
    request.send(written(this.form, shown));
    return answer.then((done) => ({
      document: done.response,
      route: decodeURIComponent(done.getResponseHeader("kami-route") ?? "").replace(/^\//, ""),
    }));
  }
}
