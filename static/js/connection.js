// The page's line to the server: a WebSocket that comes back by itself, the same frames by
// polling where WebSockets are refused, and the truth about whether the page is up to date.

import { forget, learn } from "./clock.js";
import { Refused, ask } from "./polling.js";

const SILENCE_MS = 25_000; // longer than two heartbeats: the line is dead, whatever it says
const OPENING_MS = 10_000;
const WAIT_MS = { least: 1_000, first: 3_000, longest: 15_000 };
const CALLED_BACK_MS = 1_500; // the server itself asked to come back
const REFUSALS_BEFORE_POLLING = 2;
const POLL_MS = 2_000;
const SOCKET_AGAIN_MS = 30_000;
const RESUME_AGAIN_MS = 5_000;
const SLEPT_MS = 5_000;
const OVER = { 4401: "login", 4403: "access" };
const LATER = ["many", "flood"]; // this browser asks for too much: it waits before it comes back

/**
 * Follow the server. `paths`: `{socket, poll}`. Returns `{isLive(), send(message)}`: `send` tells
 * whether there was a socket to send by.
 * on.frame(frame): each frame, parsed; returns whether the page now shows all that is known.
 * on.shown(): `{epoch, v}` of what the page shows, or null when frames are whole states.
 * on.tells(): what the page has to say with its next poll, as parameters, or null. Optional.
 * on.live(isLive, exactAt): the page is up to date, or has not been since that `performance.now()`.
 * on.over(code): this person may not read here any more; nothing is tried again.
 */
export function connect(paths, on) {
  const line = new Line(paths, on);
  line.start();
  return { isLive: () => line.isLive === true, send: (message) => line.send(message) };
}

class Line {
  isLive = null; // not known yet
  #paths;
  #on;
  #socket = null;
  #hasSpoken = false; // the present socket has
  #soundAt = 0; // when the present socket was opened, or last left the page exact
  #exactAt = performance.now();
  #askedAt = -Infinity;
  #isBehind = false;
  #refusals = 0; // sockets in a row that closed without a word
  #isPolling = false;
  #hasTriedAgain = false; // a socket, since a poll was answered
  #isAsking = false;
  #longest = WAIT_MS.first;
  #isOver = false;
  #timer = null;
  #pollTimer = null;
  #tickedAt = performance.now();
  #drift = Date.now() - performance.now();

  constructor(paths, on) {
    this.#on = on;
    const url = new URL(paths.socket, location.href);
    url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
    this.#paths = { socket: url, poll: paths.poll };
  }

  start() {
    setInterval(() => this.#tick(), 1_000);
    window.addEventListener("online", () => this.#wake());
    window.addEventListener("pageshow", () => this.#wake());
    document.addEventListener("visibilitychange", () => {
      if (document.visibilityState === "visible") this.#wake();
    });
    this.#open();
  }

  send(message) {
    if (!this.isLive || this.#socket?.readyState !== WebSocket.OPEN) return false;
    this.#socket.send(JSON.stringify(message));
    return true;
  }

  #open() {
    clearTimeout(this.#timer);
    if (this.#socket || this.#isOver) return;
    forget();
    const socket = new WebSocket(this.#address());
    this.#socket = socket;
    this.#hasSpoken = false;
    this.#soundAt = performance.now();
    socket.addEventListener("message", ({ data }) => {
      if (this.#socket !== socket) return;
      this.#hasSpoken = true;
      this.#refusals = 0;
      this.#isPolling = this.#hasTriedAgain = false;
      this.#receive(JSON.parse(data));
    });
    socket.addEventListener("close", ({ code }) => {
      if (this.#socket === socket) this.#lost(OVER[code]);
    });
  }

  /** With what is shown already: the server sends only what that lacks. */
  #address() {
    const address = new URL(this.#paths.socket);
    for (const [name, value] of Object.entries(this.#on.shown() ?? {})) address.searchParams.set(name, value);
    return address;
  }

  #receive(frame) {
    if (frame.now) learn(frame.now);
    if (frame.type === "bye") {
      this.#drop(frame.code);
      return;
    }
    const { v: before } = this.#on.shown() ?? {};
    const isExact = this.#on.frame(frame);
    this.#isBehind = !isExact;
    const hasMoved = this.#on.shown()?.v !== before;
    if (isExact || hasMoved) this.#askedAt = -Infinity;
    if (isExact) {
      this.#exactAt = this.#soundAt = performance.now();
      this.#longest = WAIT_MS.first;
      this.#tell(true);
    } else if (frame.type === "hello") {
      this.#askedAt = performance.now(); // what is missing follows by itself
    } else {
      this.#resume();
    }
  }

  /** Ask for what is missing; again when nothing came, never in a storm. */
  #resume() {
    if (performance.now() - this.#askedAt < RESUME_AGAIN_MS) return;
    if (this.#isPolling) {
      this.#askedAt = performance.now();
      this.#poll();
    } else if (this.#socket?.readyState === WebSocket.OPEN) {
      this.#askedAt = performance.now();
      this.#socket.send(JSON.stringify({ type: "resume", ...this.#on.shown() }));
    }
  }

  /** The socket is of no use any more; `code`: why the server closed it, when it said so. */
  #drop(code) {
    const dead = this.#socket;
    this.#lost(code);
    dead?.close();
  }

  #lost(code) {
    this.#refusals = this.#hasSpoken ? 0 : this.#refusals + 1;
    this.#socket = null;
    if (Object.values(OVER).includes(code)) {
      this.#end(code);
    } else if (LATER.includes(code)) {
      this.#tell(false);
      this.#timer = setTimeout(() => this.#open(), SOCKET_AGAIN_MS * (1 + Math.random()));
    } else if (this.#refusals >= REFUSALS_BEFORE_POLLING) {
      this.#timer = setTimeout(() => this.#open(), SOCKET_AGAIN_MS);
      if (!this.#isPolling) {
        this.#isPolling = true;
        this.#poll();
      }
    } else {
      this.#tell(false);
      const wait = code ? Math.random() * CALLED_BACK_MS : this.#nextWait();
      this.#timer = setTimeout(() => this.#open(), wait);
    }
  }

  // Full jitter: a room that lost its Wi-Fi does not come back in one single second.
  #nextWait() {
    const wait = WAIT_MS.least + Math.random() * (this.#longest - WAIT_MS.least);
    this.#longest = Math.min(this.#longest * 2, WAIT_MS.longest);
    return wait;
  }

  async #poll() {
    clearTimeout(this.#pollTimer);
    if (this.#isAsking || !this.#isPolling || this.#isOver) return;
    this.#isAsking = true;
    try {
      for (const frame of await ask(this.#paths.poll, this.#on.tells?.() ?? this.#on.shown())) this.#receive(frame);
      this.#tryAgain();
    } catch (error) {
      if (error instanceof Refused) this.#end("access");
      else this.#startOver();
      return;
    } finally {
      this.#isAsking = false;
    }
    this.#pollTimer = setTimeout(() => this.#poll(), POLL_MS * (1 + Math.random() / 2));
  }

  /** The server answers: perhaps it was only starting when sockets seemed refused. */
  #tryAgain() {
    if (this.#hasTriedAgain || !this.#isPolling) return;
    this.#hasTriedAgain = true;
    this.#open();
  }

  /** Nobody answers at all: it is not sockets that are refused, and they cost the server less. */
  #startOver() {
    if (!this.#isPolling) return;
    this.#isPolling = false;
    this.#refusals = 0;
    this.#tell(false);
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#open(), this.#nextWait());
  }

  #tick() {
    const isAwake = this.#sleptMs() < SLEPT_MS;
    if (this.#isOver) return;
    if (!isAwake) this.#wake();
    const patience = this.#hasSpoken ? SILENCE_MS : OPENING_MS;
    if (this.#socket && performance.now() - this.#soundAt >= patience) this.#drop();
    const isSilent = performance.now() - this.#exactAt >= SILENCE_MS;
    if (isSilent || this.isLive === false) this.#tell(false); // its age grows
    if (this.#isBehind) this.#resume();
  }

  /** Somebody looks again, or the network is back: nothing waits for its turn. */
  #wake() {
    if (this.#isOver) return;
    this.#sleptMs();
    this.#longest = WAIT_MS.first;
    if (performance.now() - this.#exactAt >= SILENCE_MS) {
      this.#tell(false);
      if (this.#hasSpoken) this.#drop();
    }
    this.#open();
    this.#poll();
  }

  /** How long nothing ran since the last look. Some computers do not count their sleep in
   *  `performance.now()`: then their two clocks part, and what was heard is older than it seems. */
  #sleptMs() {
    const [now, drift] = [performance.now(), Date.now() - performance.now()];
    const uncounted = Math.max(0, drift - this.#drift);
    const slept = now - this.#tickedAt + uncounted;
    if (uncounted >= SLEPT_MS) {
      this.#exactAt -= uncounted;
      this.#soundAt -= uncounted;
    }
    [this.#tickedAt, this.#drift] = [now, drift];
    return slept;
  }

  #tell(isLive) {
    this.isLive = isLive;
    this.#on.live(isLive, this.#exactAt);
  }

  #end(code) {
    this.#isOver = true;
    this.#isPolling = this.isLive = false;
    clearTimeout(this.#timer);
    this.#socket?.close();
    this.#socket = null;
    this.#on.over(code);
  }
}
