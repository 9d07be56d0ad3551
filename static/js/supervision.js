// The supervisor's page: joins the socket, the board, the filters and the actions.

import * as actions from "./actions.js";
import { apply, shown } from "./board.js";
import { duration, learn, now, tick } from "./clock.js";
import { connect } from "./connection.js";
import * as filters from "./filters.js";

const pulse = document.getElementById("pulse");
const pulseText = pulse.querySelector(".pulse-text");
const status = document.getElementById("live-status");
const hour = document.querySelector("[data-clock]");
let lostAt = null;

learn(document.body.dataset.now);
filters.start();

const connection = connect(document.body.dataset.socket, {
  frame(frame, send) {
    if (!apply(frame)) send({ type: "resume", ...shown() });
    if (frame.say?.length) status.textContent = frame.say.join(" ");
  },
  live(isLive, heardAt) {
    lostAt = isLive ? null : heardAt;
    showPulse();
  },
});

// The menu closes like any other: a tap elsewhere, Escape, or a choice made.
const menu = document.getElementById("room-menu");
document.addEventListener("click", (event) => {
  if (!menu.contains(event.target) || event.target.closest(".menu-items a")) menu.open = false;
});
menu.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  menu.open = false;
  menu.querySelector("summary").focus();
});

actions.start({ isLive: connection.isLive, afterSuccess: filters.stopChoosing });

function counter(name) {
  return document.querySelector(`[data-counter="${name}"]`).textContent;
}

function showPulse() {
  pulse.dataset.live = lostAt === null ? "on" : "stale";
  document.body.classList.toggle("stale", lostAt !== null);
  pulseText.textContent =
    lostAt === null
      ? `en direct · ${counter("seen")} sur ${counter("expected")} vus`
      : `connexion perdue depuis ${duration(performance.now() - lostAt)}`;
}

setInterval(() => {
  const paused = document.querySelector(".paused-room [data-since]")?.dataset.since;
  tick(document.getElementById("main"), paused);
  if (sheetIsOpen()) tick(document.getElementById("sheet"));
  if (lostAt !== null) showPulse();
  hour.textContent = new Date(now()).toLocaleTimeString("fr", {
    hour: "2-digit",
    minute: "2-digit",
    timeZone: document.body.dataset.zone,
  });
}, 1_000);

function sheetIsOpen() {
  return document.getElementById("sheet").open;
}
