// What the eye picks out of the board: counters that filter, search without accents, selection.

import { afterChange } from "./board.js";

const search = document.getElementById("search");
const group = document.getElementById("group");
const choose = document.getElementById("choose");
let state = null;

const plain = (text) =>
  text
    .normalize("NFD")
    .replace(/\p{M}/gu, "")
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, " ")
    .trim();

function refresh() {
  const words = plain(search.value).split(" ").filter(Boolean);
  let visible = 0;
  for (const row of document.querySelectorAll(".row")) {
    const name = plain(row.querySelector(".who").textContent);
    const joined = name.replaceAll(" ", "");
    const matches = words.every((word) => name.includes(word) || joined.includes(word));
    row.hidden = !(matches && (state === null || row.dataset.state === state));
    visible += row.hidden ? 0 : 1;
  }
  document.querySelector(".no-match").hidden = visible > 0;
  for (const button of document.querySelectorAll(".counter")) {
    button.setAttribute("aria-pressed", String(button.dataset.filter === state));
  }
  count();
}

function count() {
  const number = document.querySelectorAll(".pick:checked").length;
  group.querySelector("[data-count]").textContent = number;
  group.querySelector("button.primary").disabled = number === 0;
}

function setChoosing(isOn) {
  document.body.classList.toggle("choosing", isOn);
  choose.setAttribute("aria-pressed", String(isOn));
  group.hidden = !isOn;
  if (!isOn) for (const box of document.querySelectorAll(".pick")) box.checked = false;
  count();
}

export function stopChoosing() {
  setChoosing(false);
}

export function start() {
  afterChange(refresh);
  search.addEventListener("input", refresh);
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
  });
  document.addEventListener("change", (event) => {
    if (event.target.matches(".pick")) count();
  });
}
