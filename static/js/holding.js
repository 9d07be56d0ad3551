// While a finger, a pointer or the keyboard is in the lists, no row changes place: what is
// pressed is what was read.

const REST_MS = { mouse: 5_000, pen: 1_500, touch: 1_500, keyboard: 30_000 };
const sheet = document.getElementById("sheet");
let isDown = false;
let under = null; // the row last pointed at
let pointerUntil = -Infinity;
let keyboardUntil = -Infinity;

const isInLists = (target) => target instanceof Element && target.closest(".lists") !== null;

document.addEventListener("pointerdown", (event) => {
  isDown = isInLists(event.target);
  follow(event);
});
for (const end of ["pointerup", "pointercancel"]) {
  document.addEventListener(end, (event) => {
    if (isDown) follow(event);
    isDown = false;
  });
}
document.addEventListener("pointermove", (event) => {
  if (event.pointerType === "mouse") follow(event);
});
document.documentElement.addEventListener("pointerleave", () => {
  pointerUntil = -Infinity;
});
for (const kind of ["keydown", "focusin"]) {
  document.addEventListener(kind, (event) => {
    const isThere = isInLists(event.target) && event.target.matches(":focus-visible");
    keyboardUntil = isThere ? performance.now() + REST_MS.keyboard : -Infinity;
  });
}

function follow({ target, pointerType }) {
  under = isInLists(target) ? (target.closest(".row")?.id ?? under) : null;
  pointerUntil = isInLists(target) ? performance.now() + REST_MS[pointerType] : -Infinity;
}

/** The id of the row that somebody is at, if any. */
export function rowAtHand() {
  const pointed = isDown || performance.now() < pointerUntil ? under : null;
  return pointed ?? document.activeElement?.closest(".row")?.id;
}

/** Somebody is at the rows, or has a choice or a dialog under way. */
export function isHeld() {
  if (isDown || sheet.open || document.body.classList.contains("choosing")) return true;
  const instant = performance.now();
  return instant < pointerUntil || (instant < keyboardUntil && isInLists(document.activeElement));
}
