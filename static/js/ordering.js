// The order of the room in the person's hands: the choice in the menu, and the button that puts
// the rows in order at once when they were held.

import { afterChange, isDisordered, putInOrder } from "./board.js";
import { isHeld } from "./holding.js";
import { choose, present } from "./order.js";

const CHECK_MS = 500;
const choices = document.getElementById("order");
const button = document.getElementById("reorder");

export function start() {
  choices.hidden = false;
  choices.querySelector(`[value="${present()}"]`).checked = true;
  choices.addEventListener("change", (event) => {
    choose(event.target.value);
    putInOrder();
  });
  button.addEventListener("click", () => {
    document.getElementById("main").focus({ preventScroll: true });
    putInOrder();
  });
  afterChange(show);
  setInterval(fallIntoPlace, CHECK_MS);
  if (isDisordered()) putInOrder();
}

function show() {
  button.hidden = !(isHeld() && isDisordered());
}

// Nobody is at the rows any more: as though nobody had been.
function fallIntoPlace() {
  if (!button.hidden && !isHeld()) putInOrder();
}
