// In which order the rows stand. Who needs me: longest wait first, always. The room: by name as
// the server writes it, or as the person chose on this device.

import { read, write } from "./storage.js";

const KEY = "order";
const NAME = "name";
const STATES = ["in_progress", "not_started", "finished"];

const KEYS = {
  [NAME]: () => 0,
  state: (row) => STATES.indexOf(row.dataset.state),
  left: endsAt,
};
let chosen = remembered();

export const present = () => chosen;

/** Choose one of `name`, `state`, `left` for the room, and remember it on this device. */
export function choose(name) {
  chosen = name in KEYS ? name : NAME;
  write(KEY, chosen);
}

/** Of two rows of one list, which comes first: negative, positive; 0 for a row and itself. */
export function compare(a, b) {
  return (
    since(a) - since(b) ||
    (a.dataset.needsMe ? 0 : difference(KEYS[chosen], a, b)) ||
    byName(a, b) ||
    Number(a.dataset.candidate) - Number(b.dataset.candidate)
  );
}

const since = (row) => (row.dataset.needsMe ? Date.parse(row.dataset.needsMe) : 0);

// Not a subtraction: two infinities would give no number.
function difference(key, a, b) {
  const [first, second] = [key(a), key(b)];
  return first === second ? 0 : first < second ? -1 : 1;
}

// Without accents, as the server sorts.
function byName({ dataset: a }, { dataset: b }) {
  return a.order === b.order ? 0 : a.order < b.order ? -1 : 1;
}

// Who is about to end, first; who has not started, then who has finished, last.
function endsAt(row) {
  const left = row.querySelector(".left[data-ends-at]");
  if (left) return Date.parse(left.dataset.endsAt);
  return row.dataset.state === "finished" ? Infinity : Number.MAX_VALUE;
}

function remembered() {
  const name = read(KEY);
  return name in KEYS ? name : NAME;
}
