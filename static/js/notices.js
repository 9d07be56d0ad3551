// Messages that stay until they are dismissed.

import { word } from "./words.js";

const region = document.getElementById("notices");

/** `details`: short sentences below `text`, as a list. */
export function notice(text, kind = "ok", details = []) {
  const box = document.createElement("div");
  box.className = `notice ${kind}`;
  if (kind === "error") box.setAttribute("role", "alert");
  const sentence = document.createElement("p");
  sentence.textContent = text;
  const words = document.createElement("div");
  words.append(sentence, ...(details.length ? [listOf(details)] : []));
  const close = document.createElement("button");
  close.type = "button";
  close.className = "icon-button";
  close.textContent = "×";
  close.setAttribute("aria-label", word("Fermer le message"));
  close.addEventListener("click", () => box.remove());
  box.append(words, close);
  region.append(box);
}

function listOf(sentences) {
  const list = document.createElement("ul");
  for (const each of sentences) {
    const item = document.createElement("li");
    item.textContent = each;
    list.append(item);
  }
  return list;
}
