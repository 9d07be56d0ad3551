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
  const { just, ago } = place.dataset; // as the room says them, in its language
  const sentence = (minutes < 1 ? just : ago) ?? "{hour}";
  place.textContent = sentence.replace("{hour}", hour.format(knownAt)).replace("{minutes}", minutes);
}

async function comeBack() {
  const answer = await fetch("/health/live", { cache: "no-store" }).catch(() => null);
  if (answer?.ok) location.reload();
}

tell();
setInterval(tell, 1_000);
setInterval(comeBack, RETRY_MS);
window.addEventListener("online", comeBack);
