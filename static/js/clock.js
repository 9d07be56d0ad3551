// The server's time, counted with the browser's monotonic clock: the wall clock of a phone may
// be wrong by a day and change nothing here.

import { word } from "./words.js";

const KEPT = 6;
const offsets = [];
let isOutdated = false;
let hours = null;

/** Learn from an instant the server has just sent (ISO 8601). A frame can only be late, never
 *  early: the largest of the last offsets is the truest. */
export function learn(iso) {
  if (isOutdated) offsets.length = 0;
  isOutdated = false;
  offsets.push(Date.parse(iso) - performance.now());
  if (offsets.length > KEPT) offsets.shift();
}

/** What was measured before a sleep or a lost connection serves until the next instant comes. */
export function forget() {
  isOutdated = true;
}

/** Milliseconds since the epoch, by the server's clock; NaN before the first frame. */
export function now() {
  return Math.max(...offsets) + performance.now();
}

/** `1:05:09` or `5:09`, from milliseconds, never negative. */
export function duration(ms) {
  const total = Math.max(0, Math.floor(ms / 1000));
  const [h, m, s] = [Math.floor(total / 3600), Math.floor(total / 60) % 60, total % 60];
  const two = (n) => String(n).padStart(2, "0");
  return h ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`;
}

/** `1 h 05` or `35 min`: what remains, short enough for a row; rounded up. */
export function remaining(ms) {
  const minutes = Math.ceil(ms / 60_000);
  if (minutes < 60) return `${minutes}\u00a0min`;
  return `${Math.floor(minutes / 60)}\u00a0h\u00a0${String(minutes % 60).padStart(2, "0")}`;
}

/** Write the hour of the page's zone: from the server at first, since a slow phone takes a while
 *  to make what writes it. */
export function showHour(node) {
  const timeZone = document.body.dataset.zone;
  hours ??= new Intl.DateTimeFormat("fr", { hour: "2-digit", minute: "2-digit", timeZone });
  write(node, hours.format(now()));
}

/** Write what ticks below `root`: waits that grow, time that remains, the hour. */
export function tick(root, pausedAt = null) {
  const instant = now();
  if (Number.isNaN(instant) || !Number.isFinite(instant)) return;
  const held = pausedAt ? Date.parse(pausedAt) : instant;
  for (const node of root.querySelectorAll("[data-since]")) {
    write(node, duration(instant - Date.parse(node.dataset.since)));
  }
  for (const node of root.querySelectorAll(".left[data-ends-at]")) {
    const left = Date.parse(node.dataset.endsAt) - held;
    node.classList.toggle("over", left <= 0);
    write(node, left > 0 ? word("reste {time}", { time: remaining(left) }) : `+${duration(-left)}`);
  }
}

/** Only what differs: the same text written again would cost a layout of the whole board. */
export function write(node, text) {
  if (node.textContent !== text) node.textContent = text;
}
