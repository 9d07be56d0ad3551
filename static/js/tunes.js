// Short sober tunes, made on the spot: nothing to download, nothing to start late.

const TUNES = {
  bells: { wave: "sine", notes: [[880, 0], [1174.7, 0.16], [1568, 0.32]] },
  drop: { wave: "triangle", notes: [[660, 0], [440, 0.18]] },
};
const LENGTH_S = 0.5;
const LOUDNESS = { low: 0.08, middle: 0.25, high: 0.8 };
let audio = null;

// Browsers let a page sound only once somebody has touched it.
document.addEventListener("pointerdown", wake, { once: true, capture: true });
document.addEventListener("keydown", wake, { once: true, capture: true });

function wake() {
  const Audio = window.AudioContext;
  if (!Audio) return;
  audio ??= new Audio();
  audio.resume?.();
}

export function play(name, volume) {
  const tune = TUNES[name];
  if (!tune) return;
  wake();
  if (!audio) return;
  for (const [pitch, delay] of tune.notes) sound(tune.wave, pitch, LOUDNESS[volume], audio.currentTime + delay);
}

function sound(wave, pitch, loudness, at) {
  const source = audio.createOscillator();
  const gain = audio.createGain();
  source.type = wave;
  source.frequency.value = pitch;
  gain.gain.setValueAtTime(loudness, at);
  gain.gain.exponentialRampToValueAtTime(0.001, at + LENGTH_S);
  source.connect(gain).connect(audio.destination);
  source.start(at);
  source.stop(at + LENGTH_S);
}
