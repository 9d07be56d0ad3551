// A change of the rows moves neither what the person looks at, nor the focus.

import { isHeld, rowAtHand } from "./holding.js";

// Done here for every browser alike: several have no scroll anchoring of their own.
for (const each of [document.body, needsMe()]) each.style.overflowAnchor = "none";

/** Call before a change; what it returns, called after, gives a redrawn control its focus back. */
export function holdFocus() {
  const active = document.activeElement;
  const control = nameOf(active);
  const home = active?.closest(".row, #board")?.id;
  if (!home || !control) return () => {};
  return () => {
    if (document.activeElement === active) return;
    const place = document.getElementById(home);
    const twin = place?.querySelector(control) ?? place?.querySelector(":scope > .do [data-key=more]");
    twin?.focus({ preventScroll: true });
  };
}

// How to find again the control that will stand for this one.
function nameOf(control) {
  if (control?.matches(".pick")) return ".pick";
  if (control?.dataset.key) return `[data-key="${control.dataset.key}"]`;
  if (control?.dataset.filter) return `[data-filter="${control.dataset.filter}"]`;
  return control?.closest(".paused-room") ? ".paused-room button" : null;
}

/** Call before a change; what it returns, called after, puts what was in sight where it was. */
export function holdPlace() {
  if (!isHeld() && [document.scrollingElement, needsMe()].every((each) => each.scrollTop === 0)) {
    return () => {}; // all stands at its top
  }
  const marks = rowsInSight().filter(({ scroller }) => scroller.scrollTop > 0 || isHeld());
  return () => {
    for (const scroller of new Set(marks.map((mark) => mark.scroller))) {
      const mark = marks.find((each) => each.scroller === scroller && hasStayed(each));
      if (mark) scroller.scrollTop += find(mark).getBoundingClientRect().top - mark.top;
    }
  };
}

/** The rows whose top is in sight: the one that somebody is at, then from the top. */
function rowsInSight() {
  const atHand = rowAtHand();
  const page = document.scrollingElement;
  const section = needsMe();
  // Beside the room on a laptop, it scrolls by itself.
  const isApart = getComputedStyle(section).position === "sticky";
  const marks = [];
  for (const list of ["needs-me", "room"]) {
    const scroller = isApart && list === "needs-me" ? section : page;
    for (const row of document.querySelectorAll(`#${list} > .row:not([hidden])`)) {
      const { top, left } = row.getBoundingClientRect();
      if (top > innerHeight) break; // and so are all below
      if (top < 0) continue;
      const mark = { id: row.id, list, top, left, scroller };
      if (row.id === atHand) marks.unshift(mark);
      else marks.push(mark);
    }
  }
  return marks;
}

function needsMe() {
  return document.querySelector(".needs-me");
}

const find = ({ id }) => document.getElementById(id);

// In columns, a row that has gone over to the next one says nothing.
function hasStayed(mark) {
  const row = find(mark);
  if (!row || row.hidden || row.parentElement.id !== mark.list) return false;
  return Math.abs(row.getBoundingClientRect().left - mark.left) < 2;
}
