// What this device does when somebody needs me: its own settings, kept on it and nowhere else.

import { read, write } from "./storage.js";

const PLACE = "device";
const USUAL = {
  tune: "bells",
  volume: "middle",
  vibration: true,
  notifications: false,
  awake: false,
  quiet: false,
  reminder: false,
};
const dialog = document.getElementById("device");
const form = dialog.querySelector("form");
let opener = null;
let awake = null; // the lock of the screen, while it is held
let on = null;

export function settings() {
  try {
    return { ...USUAL, ...JSON.parse(read(PLACE)) };
  } catch {
    return USUAL; // not what we wrote
  }
}

/** `callbacks.tryOut()`: play the chosen tune now. */
export function start(callbacks) {
  on = callbacks;
  document.addEventListener("click", (event) => {
    const from = event.target.closest("[data-device]");
    if (from) open(from);
  });
  dialog.addEventListener("close", () => opener?.focus({ preventScroll: true }));
  dialog.addEventListener("click", (event) => {
    if (event.target === dialog) dialog.close();
  });
  form.addEventListener("change", change);
  form.elements.try.addEventListener("click", () => on.tryOut());
  document.addEventListener("visibilitychange", keepAwake);
  keepAwake();
}

function open(from) {
  opener = from.closest("details")?.querySelector("summary") ?? from;
  const chosen = settings();
  for (const [name, value] of Object.entries(chosen)) {
    const field = form.elements[name];
    if (typeof value === "boolean") field.checked = value;
    else field.value = value;
  }
  form.elements.notifications.checked &&= canNotify();
  sayWhatIsMissing();
  dialog.showModal();
}

async function change({ target }) {
  if (target.name === "notifications" && target.checked && !canNotify()) {
    target.checked = (await window.Notification?.requestPermission()) === "granted";
  }
  const chosen = Object.fromEntries(
    Object.entries(USUAL).map(([name, value]) => {
      const field = form.elements[name];
      return [name, typeof value === "boolean" ? field.checked : field.value];
    }),
  );
  write(PLACE, JSON.stringify(chosen));
  sayWhatIsMissing();
  keepAwake();
  if (["tune", "volume"].includes(target.name)) on.tryOut();
}

export function canNotify() {
  return window.Notification?.permission === "granted";
}

function sayWhatIsMissing() {
  const missing = {
    vibration: !("vibrate" in navigator),
    notifications: !("Notification" in window),
    awake: !("wakeLock" in navigator),
  };
  for (const [name, isMissing] of Object.entries(missing)) {
    form.elements[name].disabled = isMissing;
    form.querySelector(`[data-missing="${name}"]`).hidden = !isMissing;
  }
  const isRefused = window.Notification?.permission === "denied";
  form.querySelector("[data-refused]").hidden = !isRefused;
}

/** The browser gives the lock up when the page is hidden: asked for again when it is seen. */
async function keepAwake() {
  if (!settings().awake) {
    awake?.release();
    awake = null;
  } else if (document.visibilityState === "visible" && (!awake || awake.released)) {
    awake = await navigator.wakeLock?.request("screen").catch(() => null);
  }
}
