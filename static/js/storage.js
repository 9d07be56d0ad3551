// What this device remembers from one visit to the next. Where the browser refuses to, it holds
// until the page is left.

const here = new Map();

export function read(place) {
  if (here.has(place)) return here.get(place);
  try {
    return localStorage.getItem(place);
  } catch {
    return null;
  }
}

export function write(place, text) {
  try {
    localStorage.setItem(place, text);
    here.delete(place);
  } catch {
    here.set(place, text);
  }
}

export function erase(place) {
  here.delete(place);
  try {
    localStorage.removeItem(place);
  } catch {
    // nothing was kept
  }
}
