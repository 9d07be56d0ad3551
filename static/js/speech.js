// What a screen reader says of the room: whole sentences, never one on top of another. A burst
// becomes one sentence; what cannot wait has a voice of its own.

import { word } from "./words.js";

const GATHER_MS = 1_000; // what comes together is said together
const FEW = 2; // of one kind are named; more are counted

const SEVERAL = {
  joined: (count) => word("{count} candidats demandent à commencer.", { count }),
  resume_asked: (count) => word("{count} candidats demandent à reprendre.", { count }),
  alert_raised: (count) => word("{count} candidats signalent un problème.", { count }),
  went_away: (count) => word("{count} candidats sont déconnectés.", { count }),
  overtime_reached: (count) => word("{count} candidats ont dépassé leur heure de fin.", { count }),
  test_ended: (count) => word("{count} candidats ont terminé.", { count }),
};
const URGENT = new Set(["alert_raised", "resume_asked"]);
const LATEST = new Set(["search", "line"]); // of these, only the last is still true

class Voice {
  #region;
  #gap;
  #waiting = new Map(); // kind → sentences
  #timer = null;
  #spokenAt = -Infinity;

  constructor(id, gap) {
    this.#region = document.getElementById(id);
    this.#gap = gap;
  }

  add(sentence, kind) {
    if (LATEST.has(kind)) this.#waiting.delete(kind);
    const sentences = this.#waiting.get(kind) ?? new Set();
    this.#waiting.set(kind, sentences.add(sentence));
    const wait = Math.max(GATHER_MS, this.#spokenAt + this.#gap - performance.now());
    this.#timer ??= setTimeout(() => this.#speak(), wait);
  }

  #speak() {
    this.#timer = null;
    this.#spokenAt = performance.now();
    const text = [...this.#waiting].flatMap(([kind, sentences]) => merge(kind, [...sentences]));
    this.#waiting.clear();
    this.#region.replaceChildren(text.join(" ")); // a new text, even with the same words
  }
}

const polite = new Voice("live-status", 5_000);
const assertive = new Voice("live-urgent", 2_000);

/** Say `sentence`; `kind`: the type of its event, which several of a burst have in common. */
export function say(sentence, kind = "") {
  (URGENT.has(kind) ? assertive : polite).add(sentence, kind);
}

function merge(kind, sentences) {
  const isMany = sentences.length > FEW && kind in SEVERAL;
  return isMany ? [SEVERAL[kind](sentences.length)] : sentences;
}
