// Messages that stay until they are dismissed.

const region = document.getElementById("notices");

export function notice(text, kind = "ok") {
  const box = document.createElement("div");
  box.className = `notice ${kind}`;
  if (kind === "error") box.setAttribute("role", "alert");
  const sentence = document.createElement("p");
  sentence.textContent = text;
  const close = document.createElement("button");
  close.type = "button";
  close.className = "icon-button";
  close.textContent = "×";
  close.setAttribute("aria-label", "Fermer le message");
  close.addEventListener("click", () => box.remove());
  box.append(sentence, close);
  region.append(box);
}
