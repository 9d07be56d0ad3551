// The frames of a socket, asked for over HTTP: for networks that refuse WebSockets.

const PATIENCE_MS = 10_000;
const REFUSALS = new Set([401, 403, 404]);

/** The server has answered, and this person may not read here any more. */
export class Refused extends Error {}

/**
 * What a socket would have sent to a page that shows `shown` ({epoch, v}; null: nothing yet).
 * Throws `Refused`, or any other error when nobody answered well.
 */
export async function ask(path, shown) {
  const query = shown ? `?${new URLSearchParams(shown)}` : "";
  const response = await fetch(path + query, {
    cache: "no-store",
    headers: { Accept: "application/json" },
    signal: AbortSignal.timeout(PATIENCE_MS),
  });
  // Only our own words count: a proxy or a Wi-Fi portal may answer 403 to anything.
  const isOurs = (response.headers.get("Content-Type") ?? "").startsWith("application/json");
  if (response.redirected || (isOurs && REFUSALS.has(response.status))) throw new Refused();
  if (!response.ok) throw new Error(`${response.status}`);
  return (await response.json()).frames;
}
