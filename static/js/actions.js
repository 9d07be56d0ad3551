// Every action of the supervisor: one intention, one key, kept until it is answered.
// Rows are redrawn by frames while a request may be under way: nothing here hangs on them.

import { applyFresh, shown } from "./board.js";
import { deliver, newKey } from "./delivery.js";
import { notice } from "./notices.js";
import * as sheet from "./sheet.js";

const SAME_CLICK_MS = 700; // pressed again sooner, it was meant once
const unanswered = new Map(); // what a row's button meant → its key, until it is settled
const settledAt = new Map(); // what was settled → when
const underWay = new Set(); // keys
const retrying = new Set(); // keys
let whyNot = () => null;
let afterGroup = () => {};

/** `options.whyNot()`: the sentence to say when nothing may be sent now, or null. */
export function start(options) {
  ({ whyNot, afterGroup } = options);
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.matches("[data-send], [data-sheet]")) event.preventDefault();
    if (form.matches("[data-send]")) {
      send(form, event.submitter);
    } else if (form.matches("[data-sheet]")) {
      const query = new URLSearchParams(new FormData(form));
      openSheet(`${form.getAttribute("action")}?${query}`, event.submitter ?? form);
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
  for (const button of document.querySelectorAll("[data-send] button:not([type=button])")) {
    if (isPossible) button.removeAttribute("aria-disabled");
    else button.setAttribute("aria-disabled", "true");
  }
}

async function send(form, submitter) {
  // Not `form.action`: a field of that name would hide it.
  const url = form.dataset.send || form.getAttribute("action");
  const body = new URLSearchParams(new FormData(form));
  if (submitter?.name) body.set(submitter.name, submitter.value); // the button says which
  if (!body.has("epoch")) body.set("epoch", shown().epoch);
  const ownKey = body.get("idempotency_key"); // a dialog's; a row has none
  const meant = ownKey || `${url} ${body.get("row_version")}`;
  const key = ownKey || unanswered.get(meant) || newKey();
  if (underWay.has(key) || wasJustSettled(ownKey || url)) return;
  const who = nameOf(form);
  const refusal = whyNot();
  if (refusal) {
    fail(form, who, refusal);
    return;
  }
  body.set("idempotency_key", key);
  if (!ownKey) unanswered.set(meant, key);
  const { ok, isSettled, answer } = await whileBusy(form, submitter, key, () =>
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
  fail(form, who, answer.message);
}

function wasJustSettled(what) {
  return performance.now() - (settledAt.get(what) ?? -Infinity) < SAME_CLICK_MS;
}

async function whileBusy(form, submitter, key, task) {
  const button = submitter ?? form.querySelector("button:not([type=button])");
  underWay.add(key);
  button.setAttribute("aria-busy", "true");
  hideAlert(form);
  const result = await task();
  underWay.delete(key);
  showRetrying(key, false);
  button.removeAttribute("aria-busy");
  return result;
}

function succeed(form, body, { refused }) {
  for (const each of refused ?? []) notice(each.message, "warning");
  if (sheet.holds(form)) sheet.close();
  if (body.has("candidate")) afterGroup();
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
  const text = retrying.size ? "Nouvel essai…" : "";
  for (const node of document.querySelectorAll(".retrying")) {
    if (node.textContent !== text) node.textContent = text;
  }
}

const alertOf = (form) => form.isConnected && form.querySelector("[role=alert]");

function hideAlert(form) {
  const place = alertOf(form);
  if (place) place.hidden = true;
}

function fail(form, who, text) {
  const place = alertOf(form);
  if (place) {
    place.textContent = text;
    place.hidden = false;
  } else {
    notice(who ? `${who} : ${text}` : text, "error");
  }
}

function nameOf(form) {
  const place = form.closest(".row")?.querySelector(".who") ?? form.closest("dialog")?.querySelector("h2");
  return place?.textContent.trim().replace(/\s+/g, " ");
}
