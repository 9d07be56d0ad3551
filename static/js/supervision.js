// The supervisor's page: joins the socket, the board, the filters and the actions.

import * as actions from "./actions.js";
import * as alarm from "./alarm.js";
import { afterChange, apply, shown } from "./board.js";
import { duration, learn, now, tick, write } from "./clock.js";
import { connect } from "./connection.js";
import * as device from "./device.js";
import * as filters from "./filters.js";
import * as lastRoom from "./last_room.js";
import * as sheet from "./sheet.js";

const NOT_LIVE = "La page n’est pas à jour : attendez le retour de la connexion.";
const pulse = document.getElementById("pulse");
const pulseText = pulse.querySelector(".pulse-text");
const status = document.getElementById("live-status");
const hour = document.querySelector("[data-clock]");
const over = document.getElementById("over");
const hours = new Intl.DateTimeFormat("fr", {
  hour: "2-digit",
  minute: "2-digit",
  timeZone: document.body.dataset.zone,
});
let lostAt = null;

learn(document.body.dataset.now);
filters.start();

const { socket, poll } = document.body.dataset;
const connection = connect({ socket, poll }, {
  shown,
  frame(frame) {
    const before = shown().v;
    const isExact = apply(frame);
    if (frame.say?.length && shown().v !== before) status.textContent = frame.say.join(" ");
    return isExact;
  },
  live(isLive, exactAt) {
    const hasChanged = isLive !== (lostAt === null);
    lostAt = isLive ? null : exactAt;
    showPulse(isLive ? "on" : "stale");
    if (hasChanged) actions.showWhetherPossible();
  },
  over() {
    lostAt = null;
    lastRoom.erase();
    alarm.forget();
    over.hidden = false;
    showPulse("off");
    actions.showWhetherPossible();
  },
});

// The menu closes like any other: a tap elsewhere, Escape, or a choice made.
const menu = document.getElementById("room-menu");
document.addEventListener("click", (event) => {
  if (!menu.contains(event.target) || event.target.closest(".menu-items :is(a, button)")) menu.open = false;
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
  on: () => `en direct · ${counter("seen")} sur ${counter("expected")} vus`,
  stale: () => `connexion perdue depuis ${duration(performance.now() - lostAt)}`,
  off: () => "déconnecté",
};

function showPulse(state) {
  pulse.dataset.live = state;
  document.body.classList.toggle("stale", state !== "on");
  pulseText.textContent = PULSES[state]();
}

function showTimes() {
  const paused = document.querySelector(".paused-room [data-since]")?.dataset.since;
  tick(document.getElementById("main"), paused);
  if (sheet.isOpen()) tick(document.getElementById("sheet"));
  write(hour, hours.format(now()));
}

// A row that is redrawn tells its time at once, and so keeps its height.
afterChange(showTimes);
showTimes();
setInterval(showTimes, 1_000);

alarm.start();
device.start({ tryOut: alarm.tryOut });
lastRoom.start(connection.isLive);
afterChange(lastRoom.changed);
