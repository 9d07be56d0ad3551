// One alarm for one need: a tune, a vibration, the count in the title and on the icon, a
// notification when the page is not looked at. Whatever redraws the board, however many tabs show
// it. What is remembered names nobody: keys, kinds and instants.

import { afterChange } from "./board.js";
import { canNotify, settings } from "./device.js";
import { erase, read, write } from "./storage.js";
import { play } from "./tunes.js";
import { counted, language, word } from "./words.js";

const REMINDER_MS = 120_000;
const JITTER_MS = 5_000; // of a tab's timer
const KEPT = 500; // needs that are remembered
const ARRIVES_MS = 100; // what a tab writes, at the others
const KINDS = {
  lapsing: word("autorisation bientôt expirée"),
  alert: word("problème signalé"),
  "asks-resume": word("reprise demandée"),
  "asks-start": word("départ demandé"),
  away: word("déconnexion"),
  overtime: word("temps dépassé"),
  together: word("réseau de la salle"),
};
const title = document.title;
const place = `alarmed ${location.pathname}`;
const remindedPlace = `reminded ${location.pathname}`;
const alarmed = new Set(); // by this tab
let reminder = null;
let told = null; // how many the title and the icon tell

export function start() {
  const needs = present();
  remember(needs);
  remind(needs.size > 0);
  showCount();
  afterChange(() => {
    showCount();
    const needs = present();
    if ([...needs.keys()].every((key) => alarmed.has(key))) remind(needs.size > 0);
    else whileNobodyElse(look);
  });
}

export function tryOut() {
  const { tune, volume } = settings();
  play(tune, volume);
}

/** Each need that is shown: what tells it from all others, and its kind. */
function present() {
  const needs = new Map();
  for (const row of document.querySelectorAll(".row[data-needs-me]")) {
    for (const need of row.querySelectorAll(".need")) {
      const kind = Object.keys(KINDS).find((each) => need.classList.contains(each));
      const since = need.querySelector("[data-since]")?.dataset.since;
      needs.set(`${row.dataset.candidate} ${kind} ${since}`, kind);
    }
  }
  const lost = document.querySelector("#lost-together [data-since]");
  if (lost) needs.set(`together ${lost.dataset.since}`, "together");
  return needs;
}

function look() {
  const known = remembered();
  const needs = present();
  const fresh = [...needs].filter(([key]) => !known.has(key)).map(([, kind]) => kind);
  remember(needs);
  if (fresh.length) alarm(fresh);
  remind(needs.size > 0);
}

// Two tabs of one room must not both find the same need new. What one has written reaches the
// others a moment later: they wait as long.
function whileNobodyElse(task) {
  if (!navigator.locks) return task();
  return navigator.locks.request(place, () => {
    task();
    return new Promise((resolve) => setTimeout(resolve, ARRIVES_MS));
  });
}

/** Of all tabs; where nothing may be kept, each alarms for itself. */
function remembered() {
  try {
    return new Set([...(JSON.parse(read(place)) ?? []), ...alarmed]);
  } catch {
    return alarmed; // not what we wrote
  }
}

// Also those that are over: withdrawn or undone, the same need may come back.
function remember(needs) {
  for (const key of needs.keys()) alarmed.add(key);
  write(place, JSON.stringify([...remembered()].slice(-KEPT)));
}

export function forget() {
  erase(place);
  erase(remindedPlace);
}

function alarm(kinds) {
  const { quiet, tune, vibration, volume, notifications } = settings();
  if (quiet) return;
  play(tune, volume);
  if (vibration) navigator.vibrate?.([180, 90, 180]);
  if (notifications && document.hidden && canNotify()) notify(kinds);
}

/** How many and what; a phone lies on a desk, where candidates can read it. */
async function notify(kinds) {
  const words = [...new Set(kinds)].map((kind) => KINDS[kind]).join(", ");
  const head = counted(kinds.length, "Une demande à traiter", "{count} demandes à traiter");
  const options = { body: words, tag: place, lang: language };
  const worker = await navigator.serviceWorker?.getRegistration();
  if (worker) worker.showNotification(head, options);
  else new Notification(head, options);
}

function remind(isWaiting) {
  if (!isWaiting) {
    clearInterval(reminder);
    reminder = null;
  } else if (!reminder) {
    reminder = setInterval(() => whileNobodyElse(ringAgain), REMINDER_MS);
  }
}

/** Of all tabs of the room one rings; an hour is the only clock that they share. */
function ringAgain() {
  const { quiet, reminder: isWanted, tune, volume } = settings();
  if (!isWanted || quiet) return;
  const now = Date.now();
  if (Math.abs(now - Number(read(remindedPlace))) < REMINDER_MS - JITTER_MS) return;
  write(remindedPlace, String(now));
  play(tune, volume);
}

function showCount() {
  const count = Number(document.querySelector('[data-counter="needs_me"]').textContent);
  if (count === told) return;
  told = count;
  document.title = count ? `(${count}) ${title}` : title;
  if (count) navigator.setAppBadge?.(count).catch(() => {});
  else navigator.clearAppBadge?.().catch(() => {});
}
