// Every action of the supervisor: one intention, one key, kept until it is answered.
// Rows are redrawn by frames while a request may be under way: nothing here hangs on them.

import { applyFresh, shown } from "./board.js";
import { deliver, newKey } from "./delivery.js";
import { notice } from "./notices.js";
import * as sheet from "./sheet.js";
import { say } from "./speech.js";
import { counted, word } from "./words.js";

const SAME_CLICK_MS = 700; // pressed again sooner, it was meant once
const unanswered = new Map(); // what a button meant → its key and sight, until it is settled
const settledAt = new Map(); // what was settled → when
const underWay = new Set(); // keys
const retrying = new Set(); // keys
let whyNot = () => null;
let afterGroup = () => {};

/** `options.whyNot()`: the sentence to say when nothing may be sent now, or null. */
export function start(options) {
  ({ whyNot, afterGroup } = options);
  document.addEventListener("submit", (event) => {
    const [form, by] = [event.target, event.submitter];
    if (form.matches("[data-send], [data-sheet]")) event.preventDefault();
    if (form.matches("[data-send]") || by?.matches("[data-send]")) {
      send(form, by);
    } else if (form.matches("[data-sheet]")) {
      openSheet(`${form.getAttribute("action")}?${fields(form, by)}`, by ?? form);
    }
  });
  // What is opened to write in is ready for the words.
  const ready = (event) => event.target.open && event.target.querySelector?.("[data-first]")?.focus();
  document.addEventListener("toggle", ready, true);
  document.addEventListener("click", (event) => {
    // The rows may have moved under the pointer: a second click was not meant for this one.
    if (event.detail > 1 && event.target.closest(".row .do")) event.preventDefault();
    const link = event.target.closest("a[data-sheet]");
    if (link && !event.ctrlKey && !event.metaKey && !event.defaultPrevented) {
      event.preventDefault();
      openSheet(link.href, link);
    }
    const quick = event.target.closest("[data-post]");
    if (quick) send(quick.form, quick);
    const chip = event.target.closest("[data-fill]");
    if (chip) chip.form.elements[chip.dataset.fill].value = chip.dataset.value;
  });
}

async function openSheet(url, from) {
  await sheet.open(url, from);
  showWhetherPossible();
}

/** A button that cannot send anything now looks like it, and says why when pressed. */
export function showWhetherPossible() {
  const isPossible = whyNot() === null;
  for (const button of document.querySelectorAll("[data-send] button:not([type=button]), button[data-send], [data-post]")) {
    if (isPossible) button.removeAttribute("aria-disabled");
    else button.setAttribute("aria-disabled", "true");
  }
}

/** `by`: the button that was pressed, which may have an address and a value of its own. */
async function send(form, by) {
  const url = addressOf(form, by);
  const body = fields(form, by);
  if (!body.has("epoch")) body.set("epoch", shown().epoch);
  const ownKey = body.get("idempotency_key"); // a dialog's; a row has none
  const meant = ownKey || `${url} ${body}`;
  const kept = unanswered.get(meant);
  const key = ownKey || kept?.key || newKey();
  if (underWay.has(key) || wasJustSettled(ownKey || url)) return;
  const who = nameOf(form);
  const refusal = whyNot();
  if (refusal) {
    fail(form, who, refusal);
    return;
  }
  body.set("idempotency_key", key);
  const row = form.closest(".row")?.dataset.rowVersion;
  const seen = kept?.seen ?? body.get("row_version") ?? row ?? shown().v; // the board's, for several
  if (!ownKey) {
    unanswered.set(meant, { key, seen });
    body.set("row_version", seen);
  }
  const button = by ?? form.querySelector("button:not([type=button])");
  const { ok, isSettled, answer } = await whileBusy(form, button, key, () =>
    deliver(url, body, () => showRetrying(key, true)),
  );
  if (isSettled) {
    unanswered.delete(meant);
    settledAt.set(url, performance.now());
  }
  if (ok) {
    succeed(form, body, answer);
    return;
  }
  if (isSettled && ownKey) decideAgain(form, answer);
  applyFresh(answer);
  showWhetherPossible();
  fail(form, who, answer.message, answer.refused);
}

/** What the form holds, with what the button that was pressed adds. */
function fields(form, by) {
  const values = new URLSearchParams(new FormData(form));
  if (by?.name) values.set(by.name, by.value);
  return values;
}

/** That of the button, below the candidate's, or the form's. */
function addressOf(form, by) {
  const own = form.getAttribute("action"); // a field of that name would hide `form.action`
  if (by?.matches("[data-send]")) return `${own}${by.value}/`;
  return by?.dataset.post || own;
}

function wasJustSettled(what) {
  return performance.now() - (settledAt.get(what) ?? -Infinity) < SAME_CLICK_MS;
}

async function whileBusy(form, button, key, task) {
  underWay.add(key);
  button.setAttribute("aria-busy", "true");
  hideAlert(form);
  const result = await task();
  underWay.delete(key);
  showRetrying(key, false);
  button.removeAttribute("aria-busy");
  return result;
}

function succeed(form, body, { done = [], refused = [] }) {
  if (sheet.holds(form)) sheet.close();
  if (!body.has("candidate")) return;
  const reasons = refused.map((each) => each.message);
  if (reasons.length) {
    const outcome = counted(
      done.length,
      "Fait pour {count} candidat, pas pour {others}\u00a0:",
      "Fait pour {count} candidats, pas pour {others}\u00a0:",
      { others: reasons.length },
    );
    notice(outcome, "warning", reasons);
  } else {
    say(counted(done.length, "Fait pour {count} candidat.", "Fait pour {count} candidats."), "done");
  }
  afterGroup();
}

// Refused: who presses again has read why, and means it anew, of what is true now.
function decideAgain(form, { row_version: row, v }) {
  const { idempotency_key: key, row_version: seen } = form.elements;
  key.value = newKey();
  settledAt.set(key.value, performance.now());
  if (seen && (row ?? v)) seen.value = row ?? v;
}

function showRetrying(key, isRetrying) {
  if (isRetrying) retrying.add(key);
  else retrying.delete(key);
  const text = retrying.size ? word("Nouvel essai…") : "";
  for (const node of document.querySelectorAll(".retrying")) {
    if (node.textContent !== text) node.textContent = text;
  }
}

const alertOf = (form) => form.isConnected && form.querySelector("[role=alert]");

function hideAlert(form) {
  const place = alertOf(form);
  if (place) place.hidden = true;
}

function fail(form, who, text, refused = []) {
  const place = alertOf(form);
  if (place) {
    place.textContent = text;
    place.hidden = false;
  } else if (refused.length > 1) {
    const reasons = refused.map((each) => each.message);
    notice(word("Fait pour aucun des {count} candidats\u00a0:", { count: reasons.length }), "error", reasons);
  } else {
    notice(who ? word("{who} : {text}", { who, text }) : text, "error");
  }
}

function nameOf(form) {
  const place = form.closest(".row")?.querySelector(".who") ?? form.closest("dialog")?.querySelector("h2");
  return place?.textContent.trim().replace(/\s+/g, " ");
}
