// One WebSocket that comes back by itself, and the truth about whether the page is live.

import { forget, learn } from "./clock.js";

const SILENCE_MS = 25_000;
const FIRST_WAIT_MS = 1_000;
const LONGEST_WAIT_MS = 15_000;

/**
 * Keep a socket open to `path`.
 * on.frame(frame, send): each frame of the server, already parsed.
 * on.live(isLive, since): the page is up to date, or not since that `performance.now()`.
 */
export function connect(path, on) {
  const url = new URL(path, location.href);
  url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
  let socket = null;
  let timer = null;
  let wait = FIRST_WAIT_MS;
  let heardAt = performance.now();
  let isLive = false;

  const tell = (live) => {
    isLive = live;
    on.live(live, heardAt);
  };

  const open = () => {
    clearTimeout(timer);
    timer = null;
    if (socket && socket.readyState <= WebSocket.OPEN) return;
    forget();
    const opened = new WebSocket(url);
    socket = opened;
    const send = (message) => {
      if (opened.readyState === WebSocket.OPEN) opened.send(JSON.stringify(message));
    };
    opened.addEventListener("message", (event) => {
      if (socket !== opened) return;
      const frame = JSON.parse(event.data);
      heardAt = performance.now();
      wait = FIRST_WAIT_MS;
      if (frame.now) learn(frame.now);
      on.frame(frame, send);
      tell(true);
    });
    opened.addEventListener("close", () => {
      if (socket !== opened) return;
      socket = null;
      tell(false);
      later();
    });
  };

  // Full jitter: a room that lost its Wi-Fi does not come back in one single second.
  const later = () => {
    if (timer) return;
    timer = setTimeout(open, 500 + Math.random() * wait);
    wait = Math.min(wait * 2, LONGEST_WAIT_MS);
  };

  const lookNow = () => {
    if (document.visibilityState === "visible") {
      wait = FIRST_WAIT_MS;
      if (!socket) open();
    }
  };

  setInterval(() => {
    const isSilent = performance.now() - heardAt >= SILENCE_MS;
    if (isSilent && socket) {
      // Nothing heard for longer than two heartbeats: this socket is dead, whatever it says.
      const dead = socket;
      socket = null;
      dead.close();
      later();
    }
    if (isSilent || !socket) tell(false);
  }, 1_000);
  window.addEventListener("online", lookNow);
  document.addEventListener("visibilitychange", lookNow);
  open();
  return { isLive: () => isLive };
}
