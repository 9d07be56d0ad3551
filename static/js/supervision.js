// The supervisor's page: joins the socket, the board, the filters and the actions.

import * as actions from "./actions.js";
import { afterChange, apply, shown } from "./board.js";
import { duration, learn, showHour, tick, write } from "./clock.js";
import { connect } from "./connection.js";
import * as colleagues from "./colleagues.js";
import * as filters from "./filters.js";
import { isHeld } from "./holding.js";
import * as ordering from "./ordering.js";
import * as sheet from "./sheet.js";
import { say } from "./speech.js";
import { word } from "./words.js";

const NOT_LIVE = word("La page n’est pas à jour : attendez le retour de la connexion.");
const ONE_COLUMN = 8; // who needs me, beside the room, as the template counts
const pulse = document.getElementById("pulse");
const pulseText = pulse.querySelector(".pulse-text");
const hour = document.querySelector("[data-clock]");
const over = document.getElementById("over");
let lostAt = null;
let isMany = document.getElementById("board").dataset.many === "yes";

learn(document.body.dataset.now);
filters.start();
ordering.start();

const { socket, poll } = document.body.dataset;
const connection = connect({ socket, poll }, {
  shown,
  frame(frame) {
    const before = shown().v;
    const isExact = apply(frame);
    if (frame.type === "here") colleagues.show(frame.people);
    if (shown().v !== before) frame.say?.forEach((each, at) => say(each, frame.kinds?.[at]));
    return isExact;
  },
  live(isLive, exactAt) {
    const hasChanged = isLive !== (lostAt === null);
    lostAt = isLive ? null : exactAt;
    showPulse(isLive ? "on" : "stale");
    if (!hasChanged) return;
    actions.showWhetherPossible();
    const back = word("De nouveau en direct.");
    say(isLive ? back : word("Connexion perdue : les actions attendent."), "line");
  },
  over() {
    lostAt = null;
    over.hidden = false;
    document.body.classList.add("is-over");
    showPulse("off");
    actions.showWhetherPossible();
  },
});

// The menu closes like any other: a tap elsewhere, Escape, or a choice made.
const menu = document.getElementById("room-menu");
document.addEventListener("click", (event) => {
  if (!menu.contains(event.target) || event.target.closest(".menu-items :is(a, button)")) menu.open = false;
});
// While it is open it covers controls: a tap beside it closes it, and does nothing else.
menu.addEventListener("toggle", () => {
  document.getElementById("board").inert = menu.open;
});
menu.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  menu.open = false;
  menu.querySelector("summary").focus();
});

actions.start({
  whyNot() {
    if (!over.hidden) return over.querySelector("p").textContent;
    return connection.isLive() ? null : NOT_LIVE;
  },
  afterGroup: filters.stopChoosing,
});

function counter(name) {
  return document.querySelector(`[data-counter="${name}"]`).textContent;
}

const PULSES = {
  on: () =>
    word("en direct · {seen} sur {expected} vus", { seen: counter("seen"), expected: counter("expected") }),
  stale: () =>
    word("connexion perdue depuis {time}", { time: duration(performance.now() - lostAt) }),
  off: () => word("déconnecté"),
};

function showPulse(state) {
  pulse.dataset.live = state;
  document.body.classList.toggle("stale", state === "stale");
  write(pulseText, PULSES[state]());
}

function showTimes() {
  const paused = document.querySelector(".paused-room [data-since]")?.dataset.since;
  tick(document.getElementById("main"), paused);
  if (sheet.isOpen()) tick(document.getElementById("sheet"));
}

// What styles hang on is told here: a selector that looks at all the rows would restyle them all.
function showFullness() {
  const isEmpty = counter("needs_me") === "0";
  document.querySelector(".needs-me").dataset.empty = isEmpty ? "yes" : "no";
  const waiting = document.querySelectorAll("#needs-me > .row").length;
  if (!isHeld()) isMany = waiting > ONE_COLUMN; // held rows stay in their columns
  document.getElementById("board").dataset.many = isMany ? "yes" : "no";
}

afterChange(showFullness);
showFullness();

// A row that is redrawn tells its time at once, and so keeps its height.
afterChange(showTimes);
showTimes();
setInterval(() => {
  showTimes();
  showHour(hour);
}, 1_000);
