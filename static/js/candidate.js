// The candidate's page: follows the stage of the test, keeps the time, loses no answer.

import { duration, learn, now } from "./clock.js";
import { connect } from "./connection.js";

const NOTICED_MS = 12_000; // a blip is not worth a word
const CUT_OFF =
  "La connexion est coupée. Vos réponses validées sont enregistrées ; cette page revient d’elle-même.";
const RETRY_MS = [1_000, 2_000, 4_000, 8_000];
const holder = document.getElementById("stage");
const timeLeft = document.getElementById("time-left");
const timeText = timeLeft.querySelector("[data-ends-at]");
const status = document.getElementById("live-status");
const trouble = document.getElementById("trouble");
const warned = new Set();
const READ_MS = 20_000;
let failures = 0;
let saidAt = 0;

learn(document.body.dataset.now);
const stage = () => holder.querySelector("[data-stage]");
let { endsAt: knownEnd, stage: knownStage } = stage().dataset;

function reload() {
  htmx.trigger(holder, "stage-changed");
}

function say(text) {
  saidAt = performance.now();
  status.textContent = text;
  status.hidden = false;
}

connect(document.body.dataset.socket, {
  frame(frame) {
    if (frame.type !== "seat") return;
    const here = stage().dataset;
    if (frame.ends_at) here.endsAt = frame.ends_at;
    followEnd(here);
    if (frame.stage !== here.stage && !(frame.stage === "question" && here.stage === "review")) {
      reload();
    }
  },
  live(isLive, heardAt) {
    document.body.classList.toggle("stale", !isLive);
    if (isLive) {
      if (trouble.textContent === CUT_OFF) trouble.hidden = true;
    } else if (performance.now() - heardAt > NOTICED_MS && trouble.hidden) {
      trouble.textContent = CUT_OFF;
      trouble.hidden = false;
    }
  },
});

/** The end hour has moved: say so, whether a frame or a new page brought it. */
function followEnd({ endsAt: iso, stage: name }) {
  const [before, stageBefore] = [knownEnd, knownStage];
  [knownEnd, knownStage] = [iso, name];
  if (!iso || !before || name === "finished" || Date.parse(iso) === Date.parse(before)) return;
  warned.clear();
  const hour = new Date(iso).toLocaleTimeString("fr", {
    hour: "2-digit",
    minute: "2-digit",
    timeZone: document.body.dataset.zone,
  });
  const isLater = Date.parse(iso) > Date.parse(before);
  const added = isLater ? "Votre surveillant a ajouté du temps." : "Votre heure de fin a changé.";
  const what = stageBefore === "paused" ? "Le temps de la pause vous est rendu." : added;
  say(`${what} Fin du test : ${hour}.`);
}

function showTime() {
  const { endsAt, pausedAt, stage: name } = stage().dataset;
  timeLeft.hidden = !endsAt || name === "finished";
  if (timeLeft.hidden) return;
  const left = Date.parse(endsAt) - (pausedAt ? Date.parse(pausedAt) : now());
  timeText.dataset.endsAt = endsAt;
  timeText.textContent = left > 0 ? duration(left) : `dépassé de ${duration(-left)}`;
  timeLeft.classList.toggle("soon", left <= 15 * 60_000);
  timeLeft.classList.toggle("very-soon", left <= 5 * 60_000);
  timeLeft.classList.toggle("over", left <= 0);
  for (const minutes of [15, 5]) {
    const isNear = left <= minutes * 60_000 && left > (minutes - 1) * 60_000;
    if (isNear && !warned.has(minutes)) {
      warned.add(minutes);
      say(`Il vous reste ${minutes} minutes.`);
    }
  }
}

// A timed question: what is chosen is sent when its time is over.
function showDeadline() {
  const node = holder.querySelector("[data-deadline]");
  if (!node || node.dataset.sent) return;
  const left = Date.parse(node.dataset.deadline) - now();
  node.textContent = duration(left);
  if (left <= 0) {
    node.dataset.sent = "1";
    document.getElementById("question-form").requestSubmit();
  }
}

// htmx sends the forms; what it could not deliver is sent again, an answer is never lost.
holder.addEventListener("htmx:sendError", (event) => retry(event));
holder.addEventListener("htmx:responseError", async (event) => {
  const { xhr } = event.detail;
  if ([502, 503, 504].includes(xhr.status)) {
    retry(event);
    return;
  }
  let text = "Le serveur n’a pas pu répondre. Recommencez dans un instant.";
  try {
    text = JSON.parse(xhr.responseText).message;
  } catch {
    // not our JSON: the sentence above says enough
  }
  trouble.textContent = text;
  trouble.hidden = false;
  if (xhr.status === 403) location.assign("/candidat/");
  else if (xhr.status === 409) reload();
});

function retry(event) {
  trouble.textContent = "La connexion est coupée : votre réponse sera envoyée dès son retour.";
  trouble.hidden = false;
  const wait = RETRY_MS[Math.min(failures, RETRY_MS.length - 1)];
  failures += 1;
  const form = event.target.closest("form");
  setTimeout(() => {
    if (!form) reload();
    else if (document.contains(form)) form.requestSubmit();
  }, wait);
}

holder.addEventListener("htmx:afterSwap", () => {
  failures = 0;
  trouble.hidden = true;
  // What has been read gives its place back with the next page.
  if (performance.now() - saidAt > READ_MS || stage().dataset.stage === "finished") {
    status.hidden = true;
  }
  followEnd(stage().dataset);
  window.scrollTo({ top: 0 });
  const heading = holder.querySelector("h1");
  heading.tabIndex = -1;
  heading.focus({ preventScroll: true });
  showTime();
});

setInterval(() => {
  showTime();
  showDeadline();
}, 500);
