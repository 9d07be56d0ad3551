// What the eye picks out of the board: counters that filter, search without accents, selection.

import { afterChange } from "./board.js";
import { say } from "./speech.js";
import { counted } from "./words.js";

const search = document.getElementById("search");
const group = document.getElementById("group");
const choose = document.getElementById("choose");
let state = null;

const LIGATURES = { œ: "oe", æ: "ae", ß: "ss" };

/** Letters and digits only, without accents or case: “D’Aubigné” and “d'aubigne” are one. */
const plain = (text) =>
  text
    .normalize("NFD")
    .replace(/\p{M}/gu, "")
    .toLowerCase()
    .replace(/[œæß]/g, (sign) => LIGATURES[sign])
    .replace(/[^\p{L}\p{N}]+/gu, " ")
    .trim();

/** Whether each of `words` is in the name of the row's candidate. */
function isNamed(row, words) {
  if (words.length === 0) return true;
  const name = plain(row.querySelector(".who").textContent);
  const joined = name.replaceAll(" ", "");
  return words.every((word) => name.includes(word) || joined.includes(word));
}

function refresh() {
  const words = plain(search.value).split(" ").filter(Boolean);
  let visible = 0;
  for (const row of document.querySelectorAll(".row")) {
    row.hidden = !((state === null || row.dataset.state === state) && isNamed(row, words));
    visible += row.hidden ? 0 : 1;
  }
  document.querySelector(".no-match").hidden = visible > 0;
  for (const button of document.querySelectorAll(".counter")) {
    button.setAttribute("aria-pressed", String(button.dataset.filter === state));
  }
  count();
}

function tellMatches() {
  const number = document.querySelectorAll(".row:not([hidden])").length;
  const found = counted(number, "{count} candidat correspond.", "{count} candidats correspondent.");
  say(number ? found : document.querySelector(".no-match").textContent, "search");
}

function count() {
  const number = document.querySelectorAll(".pick:checked").length;
  group.querySelector("[data-count]").textContent = number;
  for (const button of group.querySelectorAll(".group-acts button")) button.disabled = number === 0;
}

function setChoosing(isOn) {
  document.body.classList.toggle("choosing", isOn);
  choose.setAttribute("aria-pressed", String(isOn));
  if (!isOn && group.contains(document.activeElement)) choose.focus();
  group.hidden = !isOn;
  if (!isOn) for (const box of document.querySelectorAll(".pick")) box.checked = false;
  count();
}

export function stopChoosing() {
  setChoosing(false);
}

export function start() {
  afterChange(refresh);
  search.addEventListener("input", () => {
    refresh();
    tellMatches();
  });
  choose.addEventListener("click", () => setChoosing(!document.body.classList.contains("choosing")));
  group.querySelector("[data-none]").addEventListener("click", () => setChoosing(false));
  group.querySelector("[data-all]").addEventListener("click", () => {
    for (const box of document.querySelectorAll(".row:not([hidden]) .pick")) box.checked = true;
    count();
  });
  document.addEventListener("click", (event) => {
    const counter = event.target.closest(".counter");
    if (!counter) return;
    state = counter.dataset.filter === state ? null : counter.dataset.filter;
    refresh();
    tellMatches();
  });
  document.addEventListener("change", (event) => {
    if (event.target.matches(".pick")) count();
  });
}
