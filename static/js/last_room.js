// The room as this page last knew it, for when the network is gone and the page is asked for
// again: kept by the browser for the present login, without anything to press.

import { now } from "./clock.js";
import { language, word } from "./words.js";

const STORE = "last-room";
const SAVE_MS = 10_000;
const STILL_TRUE_MS = 60_000; // a calm room is known as of now, too
const PRESSABLE = "form, button, a, input, select, .do, .counters, [hidden]:not(.row)";
let isDirty = true;
let savedAt = -Infinity;

export function start(isExact) {
  navigator.serviceWorker?.register(document.body.dataset.worker).catch(() => {});
  const save = () => {
    const isDue = isDirty || performance.now() - savedAt > STILL_TRUE_MS;
    if (isDue && isExact()) keep();
  };
  setInterval(save, SAVE_MS);
  document.addEventListener("visibilitychange", save);
  setTimeout(save, 1_000);
}

export function changed() {
  isDirty = true;
}

/** This person may not see the room any more. */
export function erase() {
  window.caches?.delete(STORE).catch(() => {});
}

async function keep() {
  if (!window.caches) return; // a room served over plain HTTP
  isDirty = false;
  savedAt = performance.now();
  const page = render();
  const store = await caches.open(STORE);
  const headers = { "Content-Type": "text/html; charset=utf-8", "X-Saved-At": String(Date.now()) };
  await store.put(location.pathname, new Response(page, { headers }));
}

function render() {
  // In a document of its own from the first: there, icons are not looked for.
  const page = document.implementation.createHTMLDocument(document.title);
  const frame = page.importNode(document.getElementById("last-room").content, true);
  const board = page.importNode(document.getElementById("board"), true);
  for (const each of board.querySelectorAll(PRESSABLE)) each.remove();
  for (const row of board.querySelectorAll(".row")) row.hidden = false; // whatever was filtered
  frame.querySelector("h1").textContent = document.querySelector("h1").textContent;
  frame.querySelector("main").append(board);
  const place = frame.querySelector("[data-known-at]");
  place.dataset.knownAt = new Date(now()).toISOString(); // by the server's clock: the hour
  place.dataset.savedAt = Date.now(); // by this device's: the age
  place.dataset.just = word("La salle telle qu’elle était à {hour}, il y a moins d’une minute.");
  place.dataset.ago = word("La salle telle qu’elle était à {hour}, il y a {minutes}\u00a0min.");
  page.documentElement.lang = language;
  for (const each of document.querySelectorAll("head link[rel=stylesheet], head meta[name]")) {
    page.head.append(each.cloneNode());
  }
  const script = page.createElement("script");
  script.type = "module";
  script.src = document.body.dataset.offline;
  page.head.append(script);
  page.body.className = "room offline";
  page.body.dataset.zone = document.body.dataset.zone;
  page.body.append(frame);
  return `<!doctype html>${page.documentElement.outerHTML}`;
}
