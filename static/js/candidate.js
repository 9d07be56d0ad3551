// The candidate's page: follows the stage of the test, keeps the time, loses no answer.

import * as answers from "./answers.js";
import { duration, learn, now } from "./clock.js";
import { connect } from "./connection.js";
import { word } from "./words.js";

const NOTICED_MS = 12_000; // a blip is not worth a word
const CUT_OFF = word(
  "La connexion est coupée. Vos réponses validées sont enregistrées ; cette page revient d’elle-même.",
);
const RETRY_MS = [1_000, 2_000, 4_000, 8_000];
const holder = document.getElementById("stage");
const timeLeft = document.getElementById("time-left");
const timeText = timeLeft.querySelector("[data-ends-at]");
const status = document.getElementById("live-status");
const trouble = document.getElementById("trouble");
const warned = new Set();
const READ_MS = 20_000;
const ANSWERING = new Set(["question", "review"]);
const drafts = new Map(); // question number → what is chosen or typed, not sent yet
let seat = { epoch: null, v: 0 }; // of the last frame
let owed = null; // {v, stage}: what the server asks to be told of, once the page shows that stage
let failures = 0;
let saidAt = 0;
let again = null; // what could not be delivered, and when it is sent again

learn(document.body.dataset.now);
const stage = () => holder.querySelector("[data-stage]");
let { endsAt: knownEnd, stage: knownStage } = stage().dataset;

/** Ask for the stage again; an answer that waits to be sent goes first, and brings it back. */
function reload() {
  if (again) sendAgain();
  else htmx.trigger(holder, "stage-changed");
}

function say(text) {
  saidAt = performance.now();
  status.textContent = text;
  status.hidden = false;
}

const { socket, poll } = document.body.dataset;
const line = connect({ socket, poll }, {
  shown: () => null, // a seat frame is a whole state
  tells: () => (owed && isShown(owed.stage) ? { seen: owed.v } : null),
  frame(frame) {
    if (frame.type === "refused") {
      answers.refuse(frame);
      return true;
    }
    if (frame.type === "seat") takeSeat(frame);
    // Who answers questions learns what is new with the next one; who waits asks again.
    const isExact = frame.v <= seat.v || ANSWERING.has(stage().dataset.stage);
    return frame.type !== "hello" && frame.epoch === seat.epoch && isExact;
  },
  live(isLive, exactAt) {
    document.body.classList.toggle("stale", !isLive);
    if (!isLive) answers.lineLost();
    if (isLive) {
      if (trouble.textContent === CUT_OFF) trouble.hidden = true;
    } else if (performance.now() - exactAt > NOTICED_MS && trouble.hidden) {
      trouble.textContent = CUT_OFF;
      trouble.hidden = false;
    }
  },
  over() {
    trouble.hidden = true;
    document.getElementById("over").hidden = false;
    document.body.classList.add("is-over");
  },
});

function takeSeat(frame) {
  const isLate = frame.epoch === seat.epoch && frame.v < seat.v; // time does not go back
  const opensNext = answers.take(frame);
  const here = stage().dataset;
  if (!isLate) {
    seat = { epoch: frame.epoch, v: frame.v };
    if (frame.ends_at) here.endsAt = frame.ends_at;
    if (!frame.answered) owed = frame.unseen ? { v: frame.unseen, stage: frame.stage } : null;
  }
  if (opensNext) put(frame);
  if (isLate || opensNext) return;
  followEnd(here);
  if (isShown(frame.stage)) acknowledge();
  else reload();
}

function isShown(name) {
  const here = stage().dataset.stage;
  return name === here || (name === "question" && here === "review");
}

/** What a supervisor did is on this screen: their board says “pas encore reçu” until it knows. */
function acknowledge() {
  if (owed && isShown(owed.stage) && line.send({ type: "seen", v: owed.v })) owed = null;
}

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
  if (stageBefore === "paused") {
    say(word("Le temps de la pause vous est rendu. Fin du test : {hour}.", { hour }));
  } else if (isLater) {
    say(word("Votre surveillant a ajouté du temps. Fin du test : {hour}.", { hour }));
  } else {
    say(word("Votre heure de fin a changé. Fin du test : {hour}.", { hour }));
  }
}

function showTime() {
  const { endsAt, pausedAt, stage: name } = stage().dataset;
  timeLeft.hidden = !endsAt || name === "finished";
  if (timeLeft.hidden) return;
  const left = Date.parse(endsAt) - (pausedAt ? Date.parse(pausedAt) : now());
  timeText.dataset.endsAt = endsAt;
  timeText.textContent = left > 0 ? duration(left) : word("dépassé de {time}", { time: duration(-left) });
  timeLeft.classList.toggle("soon", left <= 15 * 60_000);
  timeLeft.classList.toggle("very-soon", left <= 5 * 60_000);
  timeLeft.classList.toggle("over", left <= 0);
  for (const minutes of [15, 5]) {
    const isNear = left <= minutes * 60_000 && left > (minutes - 1) * 60_000;
    if (isNear && !warned.has(minutes)) {
      warned.add(minutes);
      say(word("Il vous reste {minutes} minutes.", { minutes }));
    }
  }
}

// A timed question: what is chosen is sent when its time is over.
function showDeadline() {
  const node = holder.querySelector(".deadline");
  if (!node || node.dataset.sent) return;
  const left = Date.parse(stage().dataset.deadline) - now();
  node.textContent = duration(left);
  if (left <= 0) {
    node.dataset.sent = "1";
    document.getElementById("question-form").requestSubmit();
  }
}

// htmx sends the forms; what it could not deliver is sent again, an answer is never lost.
// A form that is on its way is not sent twice: a double click answers one question.
holder.addEventListener(
  "submit",
  (event) => {
    if (!event.target.ariaBusy && !answers.send(event.target, line)) return;
    event.preventDefault();
    event.stopPropagation();
  },
  true,
);
answers.start({
  tell(text) {
    trouble.textContent = text;
    trouble.hidden = false;
  },
  reload,
});
holder.addEventListener("htmx:beforeRequest", ({ target }) => {
  if (target.matches("form")) target.ariaBusy = "true";
});
holder.addEventListener("htmx:afterRequest", ({ target }) => {
  target.ariaBusy = null;
});
holder.addEventListener("htmx:sendError", (event) => retry(event));
holder.addEventListener("htmx:timeout", (event) => retry(event));
holder.addEventListener("htmx:responseError", async (event) => {
  const { xhr } = event.detail;
  if ([502, 503, 504].includes(xhr.status)) {
    retry(event);
    return;
  }
  let text = word("Le serveur n’a pas pu répondre. Recommencez dans un instant.");
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

function retry({ target }) {
  trouble.textContent = word("La connexion est coupée : votre réponse sera envoyée dès son retour.");
  trouble.hidden = false;
  clearTimeout(again?.timer);
  const wait = RETRY_MS[Math.min(failures, RETRY_MS.length - 1)];
  failures += 1;
  again = { form: target.closest("form"), timer: setTimeout(sendAgain, wait) };
}

function sendAgain() {
  clearTimeout(again.timer);
  const { form } = again;
  again = null;
  if (form?.isConnected) form.requestSubmit();
  else reload();
}

// What is chosen or typed is still there after a pause, or a problem that was looked at.
function keepDraft() {
  const form = document.getElementById("question-form");
  if (form) drafts.set(form.elements.question.value, new FormData(form).getAll("answer"));
}

function giveDraftBack() {
  const form = document.getElementById("question-form");
  const draft = form && drafts.get(form.elements.question.value);
  if (!draft) return;
  for (const field of form.querySelectorAll("[name=answer]")) {
    if (field.matches("[type=radio], [type=checkbox]")) field.checked = draft.includes(field.value);
    else [field.value] = draft;
  }
}

/** The stage that an answer has opened, as a page would have it. */
function put(frame) {
  keepDraft();
  const here = stage();
  here.dataset.stage = frame.stage;
  if (frame.deadline) here.dataset.deadline = frame.deadline;
  else delete here.dataset.deadline;
  here.innerHTML = frame.html;
  htmx.process(here);
  showStage();
}

holder.addEventListener("htmx:beforeSwap", keepDraft);
holder.addEventListener("htmx:afterSwap", showStage);

function showStage() {
  failures = 0;
  clearTimeout(again?.timer);
  again = null;
  trouble.hidden = true;
  giveDraftBack();
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
  acknowledge();
}

/** Of the dots that say “wait”, one is lit, each second the next: an animation would draw sixty
 *  times as often, on every computer of the room. */
function lightNext() {
  const dots = [...holder.querySelectorAll(".waiting span")];
  const lit = Math.floor(performance.now() / 1_000) % dots.length;
  dots.forEach((dot, at) => dot.classList.toggle("lit", at === lit));
}

setInterval(() => {
  showTime();
  showDeadline();
  lightNext();
  acknowledge(); // what came before the line was known to be live
}, 500);
