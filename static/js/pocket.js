// The room in the pocket: one alarm for each need, this device's settings, the last known room.
// Loaded beside the page's own script, which answers the finger without it.

import * as alarm from "./alarm.js";
import { afterChange } from "./board.js";
import * as device from "./device.js";
import * as lastRoom from "./last_room.js";

const pulse = document.getElementById("pulse");
const over = document.getElementById("over");

alarm.start();
device.start({ tryOut: alarm.tryOut });
lastRoom.start(() => pulse.dataset.live === "on");
afterChange(lastRoom.changed);

// This person may not see the room any more: nothing of it stays on the device.
function forget() {
  if (over.hidden) return;
  lastRoom.erase();
  alarm.forget();
}

new MutationObserver(forget).observe(over, { attributeFilter: ["hidden"] });
forget();
