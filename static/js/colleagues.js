// Who else has this room's board open: named beside the pulse, outside the board, and told aloud
// once when they come. That somebody leaves is only seen.

import { say } from "./speech.js";
import { counted, language } from "./words.js";

const box = document.getElementById("colleagues");
const list = box.querySelector("ul");

let isFirst = true; // who is here already does not join us

/** Show `people`: `[{id, name}]`, in this order. */
export function show(people) {
  const known = new Set([...list.children].map(({ dataset }) => dataset.person));
  const arrived = people.filter(({ id }) => !known.has(String(id))).map(({ name }) => name);
  list.replaceChildren(...people.map(item));
  box.hidden = people.length === 0;
  if (arrived.length && !isFirst) {
    const names = new Intl.ListFormat(language, { type: "conjunction" }).format(arrived);
    say(counted(arrived.length, "{names} vous rejoint.", "{names} vous rejoignent.", { names }));
  }
  isFirst = false;
}

function item({ id, name }) {
  const node = document.createElement("li");
  node.dataset.person = id;
  node.textContent = name;
  return node;
}
