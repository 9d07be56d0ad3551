// The page that stands in when the network is gone: how old it is, and away with it when it can.

const RETRY_MS = 5_000;
const place = document.querySelector("[data-known-at]");
const knownAt = place && Date.parse(place.dataset.knownAt);
const savedAt = place && Number(place.dataset.savedAt);
const hour = new Intl.DateTimeFormat("fr", {
  hour: "2-digit",
  minute: "2-digit",
  timeZone: document.body.dataset.zone,
});

function tell() {
  if (!place) return;
  const minutes = Math.max(0, Math.floor((Date.now() - savedAt) / 60_000));
  const age = minutes < 1 ? "il y a moins d’une minute" : `il y a ${minutes}\u00a0min`;
  place.textContent = `La salle telle qu’elle était à ${hour.format(knownAt)}, ${age}.`;
}

async function comeBack() {
  const answer = await fetch("/health/live", { cache: "no-store" }).catch(() => null);
  if (answer?.ok) location.reload();
}

tell();
setInterval(tell, 1_000);
setInterval(comeBack, RETRY_MS);
window.addEventListener("online", comeBack);
