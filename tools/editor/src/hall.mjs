// Who else has this text open, in this browser or on another device, and which text the file holds by now. The server
// passes on what windows say and keeps nothing of it.
const AGAIN = 2000;

export class Hall {
  // `unsaved()` tells where this window stands; `others` hears who else is there, `text` the file's revision.
  constructor(path, { unsaved, others, text }) {
    this.path = path;
    this.unsaved = unsaved;
    this.others = others;
    this.text = text;
    this.known = new Map();
    this.open();
  }

  open() {
    const scheme = location.protocol === "https:" ? "wss" : "ws";
    const socket = new WebSocket(`${scheme}://${location.host}/_kami/live?edit=${encodeURIComponent(this.path)}`);
    this.socket = socket;
    socket.onopen = () => this.say(true);
    socket.onmessage = ({ data }) => this.hear(JSON.parse(data));
    socket.onclose = () => {
      this.known.clear();
      this.others([]);
      setTimeout(() => this.open(), AGAIN);
    };
  }

  say(asks = false) {
    this.said = this.unsaved();
    if (this.socket.readyState === WebSocket.OPEN) this.socket.send(JSON.stringify({ type: "writing", unsaved: this.said, asks }));
  }

  // Tells the others when this window got its first unsaved letter, or saved its last.
  update() {
    if (this.unsaved() !== this.said) this.say();
  }

  hear(frame) {
    if (frame.type === "text") return this.text(frame.digest && `"${frame.digest}"`);
    if (frame.type === "left") this.known.delete(frame.window);
    else if (frame.type === "writing") this.known.set(frame.window, frame);
    else return;
    this.others([...this.known.values()]);
    if (frame.asks) this.say();
  }
}
