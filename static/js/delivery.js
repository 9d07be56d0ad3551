// One request that is sent until it is answered. Its key makes a repeat harmless.

import { word } from "./words.js";

const WAITS_MS = [1_000, 2_000, 4_000, 8_000];
const PATIENCE_MS = 10_000;
const BUSY = new Set([502, 503, 504]);
const NO_REPLY = word("Pas de réponse du serveur. Vérifiez la connexion, puis recommencez.");
const NOT_OURS = word("Le serveur n’a pas pu répondre. Recommencez dans un instant.");
const SENT_AWAY = word("Vous n’êtes plus connecté. Rechargez la page, puis recommencez.");

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

// `crypto.randomUUID` is missing where a room is served over plain HTTP.
export function newKey() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/**
 * POST `body`, again after a lost reply or from a service that is not ready, four times.
 * onRetry(): called before each repeat.
 * Returns `{ok, isSettled, answer}`: `isSettled` when our server has said yes or no, `answer`
 * what it said; unsettled, nobody knows whether it was done, and the same key must be kept.
 */
export async function deliver(url, body, onRetry) {
  let reply = null;
  for (const wait of [...WAITS_MS, null]) {
    reply = await post(url, body).catch(() => null); // whether the server heard us is unknown
    if (wait === null || (reply && !reply.isBusy)) break;
    onRetry();
    await pause(wait);
  }
  return reply ?? { ok: false, isSettled: false, answer: { message: NO_REPLY } };
}

async function post(url, body) {
  const response = await fetch(url, {
    method: "POST",
    body,
    headers: { Accept: "application/json", "X-CSRFToken": document.body.dataset.csrf },
    redirect: "manual",
    signal: AbortSignal.timeout(PATIENCE_MS),
  });
  if (response.type === "opaqueredirect") {
    return { ok: false, isSettled: true, answer: { message: SENT_AWAY } };
  }
  // A yes that cannot be read to its end is a lost reply.
  if (response.ok) return { ok: true, isSettled: true, answer: await response.json() };
  const answer = await response.json().catch(() => ({}));
  const isSettled = response.status < 500 && Boolean(answer.message);
  const message = answer.message ?? NOT_OURS;
  return { ok: false, isSettled, isBusy: BUSY.has(response.status), answer: { ...answer, message } };
}
