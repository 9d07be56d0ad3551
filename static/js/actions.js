// Every action of the supervisor: one intention, one key, sent until it is answered.
// Rows are redrawn by frames while a request may be under way: nothing here hangs on them.

import { notice } from "./notices.js";

const WAITS_MS = [1_000, 2_000, 4_000, 8_000];
const BUSY = new Set([502, 503, 504]);
const sheet = document.getElementById("sheet");
const sheetBody = document.getElementById("sheet-body");
const underWay = new Set();
let isLive = () => true;
let afterSuccess = () => {};
let opener = null;

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

// `crypto.randomUUID` is missing where a room is served over plain HTTP.
function newKey() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** POST once, again after a lost reply; the same key makes a repeat harmless. */
async function post(url, body) {
  for (const wait of [...WAITS_MS, null]) {
    try {
      const headers = { Accept: "application/json", "X-CSRFToken": document.body.dataset.csrf };
      const response = await fetch(url, { method: "POST", body, headers, redirect: "error" });
      if (!BUSY.has(response.status)) return response;
    } catch {
      // The network failed: whether the server heard us is unknown.
    }
    if (wait === null) return null;
    await pause(wait);
  }
}

async function sentence(response) {
  if (!response) return "Pas de réponse du serveur. Vérifiez la connexion, puis recommencez.";
  try {
    return (await response.json()).message;
  } catch {
    return "Le serveur n’a pas pu répondre. Recommencez dans un instant.";
  }
}

async function send(form) {
  // Not `form.action`: a field of that name would hide it.
  const url = form.dataset.send || form.getAttribute("action");
  if (underWay.has(url)) return;
  if (!isLive()) {
    fail(form, "La page n’est pas à jour : attendez le retour de la connexion.");
    return;
  }
  const body = new URLSearchParams(new FormData(form));
  if (!body.get("idempotency_key")) body.set("idempotency_key", newKey());
  const button = form.querySelector("button:not([type=button])");
  underWay.add(url);
  button.setAttribute("aria-busy", "true");
  const response = await post(url, body);
  underWay.delete(url);
  button.removeAttribute("aria-busy");
  if (response?.ok) {
    const { refused } = await response.json();
    for (const each of refused) notice(each.message, "warning");
    if (sheet.open && sheet.contains(form)) sheet.close();
    afterSuccess();
  } else {
    fail(form, await sentence(response));
  }
}

function fail(form, text) {
  const place = form.querySelector("[role=alert]");
  if (!place) {
    notice(text, "error");
    return;
  }
  place.textContent = text;
  place.hidden = false;
}

async function openSheet(url, from) {
  const row = from.closest(".row");
  opener = row ? { id: row.id, key: from.closest("[data-key]")?.dataset.key ?? "act" } : { from };
  try {
    const response = await fetch(url, { headers: { Accept: "application/json" } });
    if (!response.ok) throw new Error(await sentence(response));
    sheetBody.innerHTML = await response.text();
  } catch (error) {
    notice(error.message.includes(" ") ? error.message : await sentence(null), "error");
    return;
  }
  if (!sheet.open) sheet.showModal();
  sheetBody.querySelector("h2").focus();
}

// The row may have been redrawn, or have moved: the focus returns to its twin.
function returnFocus() {
  sheetBody.replaceChildren();
  const row = opener?.id && document.getElementById(opener.id);
  const twin = row && (row.querySelector(`[data-key="${opener.key}"]`) ?? row.querySelector('[data-key="more"]'));
  (twin ?? opener?.from)?.focus({ preventScroll: true });
}

export function start(options) {
  isLive = options.isLive;
  afterSuccess = options.afterSuccess;
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.matches("[data-send]")) {
      event.preventDefault();
      send(form);
    } else if (form.matches("[data-sheet]")) {
      event.preventDefault();
      const query = new URLSearchParams(new FormData(form));
      openSheet(`${form.getAttribute("action")}?${query}`, event.submitter ?? form);
    }
  });
  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[data-sheet]");
    if (link && !event.ctrlKey && !event.metaKey) {
      event.preventDefault();
      openSheet(link.href, link);
    }
    const chip = event.target.closest("[data-fill]");
    if (chip) chip.form.elements[chip.dataset.fill].value = chip.dataset.value;
    if (event.target === sheet) sheet.close();
  });
  sheet.addEventListener("close", returnFocus);
}
