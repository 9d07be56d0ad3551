// A code of the session, taken to the clipboard by its button.

import { word } from "./words.js";

for (const button of document.querySelectorAll("button.copy")) {
  button.hidden = !navigator.clipboard; // not offered where the browser refuses it
  button.addEventListener("click", async () => {
    const said = button.parentElement.querySelector(".copied");
    try {
      await navigator.clipboard.writeText(button.dataset.code);
      said.textContent = word("Copié");
    } catch {
      said.textContent = word("Le navigateur refuse la copie : sélectionnez le code.");
    }
  });
}
