// A hostile schedule, for whoever hunts races: with `KAMI_TEST_SLOW=SEED` in the environment every Chromium of the tests
// reaches the network through a SOCKS proxy that holds each piece of bytes back by up to a quarter of a second, in both
// directions and in order within one connection only, and the processors of its pages run at a third to a sixth.
// So a frame of a socket and an answer over HTTP arrive in whichever order the seed and chance say.
import { once } from "node:events";
import { connect, createServer } from "node:net";
import { setTimeout as late } from "node:timers/promises";

const seed = process.env.KAMI_TEST_SLOW;
export const isSlow = seed !== undefined && seed !== "";
const LONGEST_MS = 250;
const NONE = 0, CONNECTED = 0, REFUSED = 5, IPV4 = 1, NAME = 3, IPV6 = 4;

// Mulberry32.
let state = [...(seed ?? "")].reduce((sum, letter) => Math.imul(sum, 31) + letter.codePointAt(0), 7) | 0;
function chance() {
  state = (state + 0x6d2b79f5) | 0;
  let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
  mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
  return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
}

// What Chromium is started with to go through the proxy, which ends with the process.
export async function slowNetwork() {
  const proxy = createServer(answer).listen(0, "127.0.0.1");
  proxy.unref();
  await once(proxy, "listening");
  return [`--proxy-server=socks5://127.0.0.1:${proxy.address().port}`, "--proxy-bypass-list=<-loopback>"];
}

export async function slowProcessor(page) {
  const session = await page.context().newCDPSession(page);
  await session.send("Emulation.setCPUThrottlingRate", { rate: 3 + Math.floor(chance() * 4) });
}

async function answer(near) {
  near.on("error", () => near.destroy()).unref(); // whoever hangs up
  try {
    await once(near, "data"); // which ways to say who one is are at hand
    near.write(Uint8Array.of(5, NONE));
    const [wish] = await once(near, "data");
    near.pause();
    const far = connect(place(wish)).unref();
    try {
      await once(far, "connect");
    } catch {
      near.end(reply(REFUSED));
      return;
    }
    far.on("error", () => far.destroy());
    near.write(reply(CONNECTED));
    pour(near, far);
    pour(far, near);
  } catch {
    near.destroy();
  }
}

const reply = (status) => Uint8Array.of(5, status, 0, IPV4, 0, 0, 0, 0, 0, 0);

function place(wish) {
  const port = wish.readUInt16BE(wish.length - 2);
  const rest = wish.subarray(4, wish.length - 2);
  if (wish[3] === IPV4) return { host: rest.join("."), port };
  if (wish[3] === IPV6) return { host: Array.from({ length: 8 }, (_, i) => rest.readUInt16BE(2 * i).toString(16)).join(":"), port };
  if (wish[3] === NAME) return { host: rest.subarray(1).toString(), port };
  throw new Error(`a kind of address that SOCKS does not have: ${wish[3]}`);
}

// Passes on what comes from one side to the other, each piece late, none before the one ahead of it.
function pour(from, to) {
  let last = Promise.resolve();
  const pass = (act) => {
    const due = performance.now() + chance() * LONGEST_MS;
    last = last.then(() => late(Math.max(0, due - performance.now()), undefined, { ref: false })).then(act);
  };
  from.on("data", (bytes) => pass(() => to.write(bytes)));
  from.on("end", () => pass(() => to.end()));
  from.on("close", () => from.readableEnded || pass(() => to.destroy()));
  from.resume();
}
