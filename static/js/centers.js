// All the rooms of a centre: each frame brings whole lines, rendered by the page's own partial.

import { duration, learn, showHour, tick, write } from "./clock.js";
import { connect } from "./connection.js";
import { counted, word } from "./words.js";

const REST_MS = 5_000; // so long after the last move of a pointer, lines keep their places
const list = document.getElementById("rooms");
const pulse = document.getElementById("pulse");
const status = document.getElementById("live-status");
const waiting = document.querySelector(".waiting");
const title = document.title;
const sources = new Map(); // session id → {epoch, v, html} of the line as the server last sent it
let pointerUntil = -Infinity;
let lostAt = null;
let isOver = false;

learn(document.body.dataset.now);

for (const kind of ["pointerdown", "pointermove"]) {
  list.addEventListener(kind, () => (pointerUntil = performance.now() + REST_MS));
}
list.addEventListener("pointerleave", () => (pointerUntil = -Infinity));

/** Somebody is about to press a line: none changes place. */
function isHeld() {
  return performance.now() < pointerUntil || list.querySelector(":focus-visible") !== null;
}

function take({ ids, rooms }) {
  for (const [id, line] of Object.entries(rooms)) {
    const old = sources.get(id);
    // An answer that was slow on its way tells what is past.
    if (old?.epoch === line.epoch && line.v < old.v) continue;
    sources.set(id, line);
    if (old?.html !== line.html) place(id, line.html);
  }
  const known = new Set(ids.map(String));
  for (const line of [...list.children]) if (!known.has(line.dataset.session)) line.remove();
  show();
}

function place(id, html) {
  const template = document.createElement("template");
  template.innerHTML = html.trim();
  const line = template.content.firstElementChild;
  const old = document.getElementById(line.id);
  const hadFocus = old?.contains(document.activeElement);
  if (line.dataset.needs !== "0" && old?.dataset.needs === "0") say(line.dataset.name);
  if (old) old.replaceWith(line);
  else list.append(line);
  if (hadFocus) line.querySelector("a").focus({ preventScroll: true });
}

function say(room) {
  status.textContent = word("{room} : quelqu’un attend.", { room });
}

function inOrder() {
  const order = (line) => line.dataset.order;
  const lines = [...list.children].sort((a, b) => (order(a) < order(b) ? -1 : 1));
  if (lines.some((line, at) => line !== list.children[at])) list.append(...lines);
}

function show() {
  if (!isHeld()) inOrder();
  const count = list.querySelectorAll(".line:not([data-needs='0'])").length;
  waiting.dataset.waiting = count;
  write(waiting.querySelector("strong"), String(count));
  write(waiting.querySelector("span"), counted(count, "salle attend quelqu’un", "salles attendent quelqu’un"));
  const text = count ? `(${count}) ${title}` : title;
  if (document.title !== text) document.title = text;
  document.querySelector(".none").hidden = list.children.length > 0;
  tick(list);
}

function showPulse() {
  const state = isOver ? "off" : lostAt === null ? "on" : "stale";
  pulse.dataset.live = state;
  document.body.classList.toggle("stale", state === "stale");
  const words = {
    on: word("en direct"),
    stale: word("connexion perdue depuis {time}", { time: duration(performance.now() - lostAt) }),
    off: word("déconnecté"),
  };
  write(pulse.querySelector(".pulse-text"), words[state]);
}

const { socket, poll } = document.body.dataset;
connect({ socket, poll }, {
  shown: () => null, // each frame holds whole lines
  frame(frame) {
    if (frame.type === "rooms") take(frame);
    return true;
  },
  live(isLive, exactAt) {
    lostAt = isLive ? null : exactAt;
    showPulse();
  },
  over() {
    isOver = true;
    document.getElementById("over").hidden = false;
    document.body.classList.add("is-over");
    showPulse();
  },
});

setInterval(() => {
  show();
  showHour(document.querySelector("[data-clock]"));
}, 1_000);
show();
