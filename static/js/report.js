// The words of one supervisor on the PV: saved while they are typed, never over somebody else's.

import { word } from "./words.js";

const PAUSE_MS = 1_000; // after the last sign
const LONGEST_MS = 3_000; // without a pause: a crash costs no more than this, and the way
const RETRY_MS = 2_000;
const PATIENCE_MS = 10_000;
const form = document.getElementById("remarks-form");
const { remarks, version } = form.elements;
const saving = document.getElementById("saving");
const clash = document.getElementById("clash");
let saved = remarks.value;
const unanswered = new Set(); // what was sent, when the reply may have been lost
let unsavedSince = null;
let timer = null;
let isUnderWay = false;
let theirs = null; // what another page of the same person has saved since: {text, version}

remarks.addEventListener("input", () => {
  unsavedSince ??= performance.now();
  const left = LONGEST_MS - (performance.now() - unsavedSince);
  plan(Math.max(0, Math.min(PAUSE_MS, left)));
});
form.addEventListener("submit", (event) => {
  event.preventDefault();
  plan(0);
});
// Leaving the page, or hiding it: what is not saved goes with the last request.
document.addEventListener("visibilitychange", () => {
  if (document.visibilityState === "hidden" && remarks.value !== saved) save(true);
});
clash.addEventListener("click", ({ target }) => {
  if (!target.dataset.keep) return;
  version.value = theirs.version;
  saved = theirs.text;
  if (target.dataset.keep === "theirs") remarks.value = theirs.text;
  theirs = null;
  clash.hidden = true;
  plan(0);
});

function plan(wait) {
  clearTimeout(timer);
  timer = setTimeout(() => save(), wait);
}

async function save(isLast = false) {
  if (theirs || (isUnderWay && !isLast)) return; // saved again once that is answered
  const text = remarks.value;
  if (text === saved) {
    say(word("Enregistré."));
    return;
  }
  isUnderWay = true;
  unsavedSince = null;
  unanswered.add(text);
  const { ok, status, answer } = await post(text, isLast);
  isUnderWay = false;
  if (ok) {
    unanswered.clear();
    saved = text;
    version.value = answer.version;
    say(word("Enregistré."));
    if (remarks.value !== saved) plan(PAUSE_MS);
  } else if (status === 409 && unanswered.has(answer.text)) {
    saved = answer.text; // it was ours: only its reply was lost
    version.value = answer.version;
    plan(0);
  } else if (status === 409 && "version" in answer) {
    ask(answer);
  } else {
    say(answer.message ?? word("Pas encore enregistré\u00a0: le serveur ne répond pas. Nouvel essai…"), "late");
    if (!status || status >= 500) plan(RETRY_MS);
  }
}

async function post(text, keepalive) {
  const body = new URLSearchParams({ remarks: text, version: version.value });
  const headers = { Accept: "application/json", "X-CSRFToken": document.body.dataset.csrf };
  const signal = AbortSignal.timeout(PATIENCE_MS);
  try {
    const response = await fetch(location.pathname, { method: "POST", body, headers, keepalive, signal });
    return { ok: response.ok, status: response.status, answer: await response.json() };
  } catch {
    return { ok: false, status: 0, answer: {} };
  }
}

function ask(answer) {
  theirs = answer;
  clash.querySelector("blockquote").textContent = answer.text;
  clash.hidden = false;
  say("");
}

function say(text, state = "") {
  saving.dataset.state = state;
  if (saving.textContent !== text) saving.textContent = text;
}
