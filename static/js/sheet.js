// The dialog with everything about one person, several, or the room.

import { tick } from "./clock.js";
import { notice } from "./notices.js";
import { word } from "./words.js";

const sheet = document.getElementById("sheet");
const body = document.getElementById("sheet-body");
const PATIENCE_MS = 10_000;
const NO_REPLY = word("Pas de réponse du serveur. Vérifiez la connexion, puis recommencez.");
let opener = null;
let asked = 0;

sheet.addEventListener("close", returnFocus);
sheet.addEventListener("click", (event) => {
  if (event.target === sheet) sheet.close();
});

export const holds = (element) => sheet.open && sheet.contains(element);
export const close = () => sheet.close();
export const isOpen = () => sheet.open;

/** Show what is at `url`; `from` is the control that asked for it. */
export async function open(url, from) {
  asked += 1;
  const turn = asked;
  const row = from.closest(".row");
  const by = row ? { id: row.id, key: from.closest("[data-key]")?.dataset.key ?? "act" } : { from };
  const { html, message } = await read(url);
  if (turn !== asked) return; // another one was asked for meanwhile
  if (message) {
    notice(message, "error");
    return;
  }
  opener = by;
  body.innerHTML = html;
  tick(body);
  if (!sheet.open) sheet.showModal();
  document.body.classList.add("has-sheet");
  body.querySelector("h2").focus();
}

async function read(url) {
  try {
    const headers = { Accept: "application/json" };
    const response = await fetch(url, { headers, signal: AbortSignal.timeout(PATIENCE_MS) });
    return response.ok ? { html: await response.text() } : await response.json();
  } catch {
    return { message: NO_REPLY };
  }
}

// The row may have been redrawn, or have moved: the focus returns to its twin.
function returnFocus() {
  document.body.classList.remove("has-sheet");
  body.replaceChildren();
  const row = opener?.id && document.getElementById(opener.id);
  const twin = row && (row.querySelector(`[data-key="${opener.key}"]`) ?? row.querySelector('[data-key="more"]'));
  (twin ?? opener?.from)?.focus({ preventScroll: true });
}
