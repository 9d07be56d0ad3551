// The board: applies the server's frames to the rows. A row is a whole state, rendered by the
// same partial as the page, so that the page equals what a reload would show. Time never goes
// back, and what has not changed is not touched.

import { isHeld } from "./holding.js";
import { compare } from "./order.js";
import { holdFocus, holdPlace } from "./steady.js";

const board = () => document.getElementById("board");
const sources = new WeakMap(); // element → its HTML as the server wrote it
const fresh = new Map(); // candidate id → version of a row that is ahead of the board
const past = new Set(); // epochs that are over
let heard = shown(); // the latest that the server has named
let wasHeld = false; // since the rows were last in order
const afterwards = [];

remember(board());

/** Called after each change of the rows, before anybody sees it: to filter, to tell the time. */
export function afterChange(callback) {
  afterwards.push(callback);
}

export function shown() {
  const { epoch, version } = board().dataset;
  return { epoch, v: Number(version) };
}

/** Apply one frame. Returns whether the board shows all that the server has named so far. */
export function apply(frame) {
  if (hear(frame)) {
    const { epoch, v } = shown();
    const isThisHistory = heard.epoch === epoch;
    if (frame.type === "board" && (!isThisHistory || frame.v > v)) change(() => takeBoard(frame));
    if (frame.type === "rows" && isThisHistory && frame.from <= v && v < frame.v) {
      change(() => takeRows(frame));
    }
  }
  const { epoch, v } = shown();
  return heard.epoch === epoch && heard.v <= v;
}

/** The rows that came with a refused action, true at `v`; counters are left to the frames. */
export function applyFresh({ epoch, v, rows = {} }) {
  if (epoch !== shown().epoch || epoch !== heard.epoch) return;
  change(() => {
    for (const [id, html] of Object.entries(rows)) {
      if (v <= Math.max(shown().v, fresh.get(id) ?? 0)) continue;
      fresh.set(id, v);
      place(parse(html));
    }
  });
}

// Which history the server speaks of, and how far it is; false for one that is over.
function hear({ epoch = heard.epoch, v }) {
  if (past.has(epoch)) return false;
  if (v !== undefined) heard = { epoch, v: epoch === heard.epoch ? Math.max(v, heard.v) : v };
  return true;
}

/** Whether rows stand elsewhere than they belong, because somebody was at them. */
export function isDisordered() {
  return rowLists().some((list) => {
    const rows = [...list.children];
    return rows.some((row, at) => isGap(row) || (at > 0 && compare(rows[at - 1], row) > 0));
  });
}

/** Every row where it belongs. */
export function putInOrder() {
  change(() => rowLists().forEach(sort));
}

function change(apply) {
  const [giveFocusBack, givePlaceBack] = [holdFocus(), holdPlace()];
  if (!isHeld() && wasHeld) rowLists().forEach(sort);
  wasHeld = isHeld();
  apply();
  for (const callback of afterwards) callback();
  giveFocusBack();
  givePlaceBack();
}

function takeBoard(frame) {
  const { epoch } = shown();
  if (frame.epoch !== epoch) {
    past.add(epoch);
    fresh.clear();
  }
  const next = parse(frame.html);
  const ids = new Set([...next.querySelectorAll(".row")].map((row) => row.id));
  settle(board(), next, frame.v);
  for (const row of board().querySelectorAll(".row")) if (!ids.has(row.id)) leave(row);
  forgetFresh(frame.v);
}

function takeRows(frame) {
  for (const [id, html] of Object.entries(frame.rows)) {
    if ((fresh.get(id) ?? 0) <= frame.v) place(parse(html));
  }
  for (const [name, value] of Object.entries(frame.counters)) {
    const node = board().querySelector(`[data-counter="${name}"]`);
    if (node && node.textContent !== String(value)) write(node, value);
  }
  board().dataset.version = frame.v;
  forgetFresh(frame.v);
}

// What holds the number is no longer as the server wrote it.
function write(node, text) {
  node.textContent = text;
  for (let each = node; each !== board(); each = each.parentElement) sources.delete(each);
}

function forgetFresh(version) {
  for (const [id, v] of fresh) if (v <= version) fresh.delete(id);
}

function parse(html) {
  const template = document.createElement("template");
  template.innerHTML = html.trim();
  const element = template.content.firstElementChild;
  remember(element);
  return element;
}

function holdsRows(element) {
  return element.querySelector("ul.rows") !== null;
}

/** Note what the server wrote, before anything of ours ticks or hides in it. */
function remember(element) {
  if (element.matches("ul.rows") || holdsRows(element)) {
    [...element.children].forEach(remember);
    return;
  }
  sources.set(element, element.outerHTML);
  if (element.matches(".row")) for (const part of element.children) sources.set(part, part.outerHTML);
}

function isSame(a, b) {
  return sources.get(a) === sources.get(b);
}

/** Make `old` like `fresh`: rows one by one, the rest where it differs. */
function settle(old, next, version) {
  if (next.matches("ul.rows")) {
    settleRows(next, version);
  } else if (holdsRows(next)) {
    for (const { name, value } of next.attributes) old.setAttribute(name, value);
    settleParts(old, next, version);
  } else if (!isSame(old, next)) {
    old.replaceWith(next);
  }
}

function settleParts(old, next, version) {
  const key = (part) => part.id || part.className || part.tagName;
  const parts = new Map([...old.children].map((part) => [key(part), part]));
  let following = old.firstElementChild;
  for (const part of [...next.children]) {
    const twin = parts.get(key(part));
    parts.delete(key(part));
    if (twin) {
      following = twin.nextElementSibling;
      settle(twin, part, version);
    } else {
      putIn(old, part, following);
    }
  }
  for (const part of parts.values()) takeOut(part);
}

// With the line end that follows each element in what the server writes.
function putIn(parent, element, next) {
  parent.insertBefore(element, next);
  element.after("\n");
}

function takeOut(element) {
  if (element.nextSibling?.nodeType === Node.TEXT_NODE) element.nextSibling.remove();
  element.remove();
}

function settleRows(next, version) {
  for (const row of [...next.children]) {
    if ((fresh.get(row.dataset.candidate) ?? 0) <= version) place(row);
  }
}

/** Put a row where it belongs, in the place of its older state. */
function place(row) {
  const list = document.getElementById("needsMe" in row.dataset ? "needs-me" : "room");
  const old = document.getElementById(row.id);
  if (old && isSame(old, row)) return;
  if (old) {
    row.querySelector(".pick").checked = old.querySelector(".pick").checked;
    if (old.parentElement === list && (isHeld() || compare(row, old) === 0)) {
      renew(old, row);
      return;
    }
    leave(old);
  }
  enter(list, row);
}

// Most changes are of one part of a row: drawing the others again would cost a phone its battery.
function renew(old, row) {
  const [had, has] = [[...old.children], [...row.children]];
  if (had.length !== has.length || had.some((part, at) => part.className !== has[at].className)) {
    old.replaceWith(row);
    return;
  }
  for (const name of old.getAttributeNames()) if (!row.hasAttribute(name)) old.removeAttribute(name);
  for (const { name, value } of row.attributes) old.setAttribute(name, value);
  had.forEach((part, at) => {
    if (!isSame(part, has[at])) part.replaceWith(has[at]);
  });
  sources.set(old, sources.get(row));
}

// While somebody is at the rows, who leaves keeps a place open, and who comes stands last.
function leave(row) {
  if (!isHeld() || row.hidden) {
    takeOut(row);
    return;
  }
  const gap = document.createElement("li");
  gap.className = "gap";
  gap.ariaHidden = "true";
  gap.dataset.of = row.id;
  gap.style.blockSize = `${row.offsetHeight}px`;
  row.replaceWith(gap);
}

function enter(list, row) {
  const others = [...list.children];
  const own = others.find((other) => other.dataset.of === row.id);
  if (own) own.replaceWith(row);
  else if (isHeld()) putIn(list, row, null);
  else putIn(list, row, others.find((other) => compare(row, other) < 0) ?? null);
}

const rowLists = () => ["needs-me", "room"].map((id) => document.getElementById(id));
const isGap = (item) => item.dataset.of !== undefined;

function closeGaps(list) {
  [...list.children].filter(isGap).forEach(takeOut);
}

function sort(list) {
  closeGaps(list);
  [...list.children].sort(compare).forEach((row, at) => {
    const present = list.children[at];
    if (row === present) return;
    takeOut(row);
    putIn(list, row, present);
  });
}
