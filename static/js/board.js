// The board: applies the server's frames to the rows. A row is a whole state, rendered by the
// same partial as the page, so that the page equals what a reload would show.

const board = () => document.getElementById("board");
let lastFilter = () => {};

/** Called after each change of the rows, to filter and select again. */
export function afterChange(callback) {
  lastFilter = callback;
}

export function shown() {
  const { epoch, version } = board().dataset;
  return { epoch, v: Number(version) };
}

/** Apply one frame. Returns false when something was missed: the caller asks to resume. */
export function apply(frame) {
  const { epoch, v } = shown();
  if (frame.type === "board") {
    if (frame.epoch !== epoch || frame.v >= v) replaceBoard(frame);
    return true;
  }
  if (frame.type === "rows") {
    if (frame.v <= v) return true;
    if (frame.from > v) return false;
    applyRows(frame);
    return true;
  }
  if (frame.type === "hb" || frame.type === "hello") return frame.epoch === epoch && frame.v <= v;
  return true;
}

function replaceBoard(frame) {
  const picked = new Set([...document.querySelectorAll(".pick:checked")].map((box) => box.value));
  const mark = markFocus();
  const template = document.createElement("template");
  template.innerHTML = frame.html;
  board().replaceWith(template.content);
  for (const box of document.querySelectorAll(".pick")) box.checked = picked.has(box.value);
  mark();
  lastFilter();
}

function applyRows(frame) {
  const mark = markFocus();
  for (const [id, html] of Object.entries(frame.rows)) {
    const template = document.createElement("template");
    template.innerHTML = html.trim();
    place(template.content.firstElementChild, document.getElementById(`row-${id}`));
  }
  for (const [name, value] of Object.entries(frame.counters)) {
    const node = board().querySelector(`[data-counter="${name}"]`);
    if (node) node.textContent = value;
  }
  board().dataset.version = frame.v;
  mark();
  lastFilter();
}

function place(row, old) {
  const list = document.getElementById("needsMe" in row.dataset ? "needs-me" : "room");
  if (old) {
    row.querySelector(".pick").checked = old.querySelector(".pick").checked;
    if (old.parentElement === list && order(row, old) === 0) {
      old.replaceWith(row);
      return;
    }
    old.remove();
  }
  const next = [...list.children].find((other) => order(row, other) < 0);
  list.insertBefore(row, next ?? null);
}

// The order of the server: longest wait first, then by name without accents, then by number.
function order(a, b) {
  const since = (row) => (row.dataset.needsMe ? Date.parse(row.dataset.needsMe) : 0);
  const by = since(a) - since(b);
  if (by) return by;
  if (a.dataset.order !== b.dataset.order) return a.dataset.order < b.dataset.order ? -1 : 1;
  return Number(a.dataset.candidate) - Number(b.dataset.candidate);
}

// A row that is redrawn while one of its controls has the focus gives it back to its twin.
function markFocus() {
  const active = document.activeElement;
  const row = active?.closest?.(".row");
  if (!row) return () => {};
  const { id } = row;
  const selector = active.matches(".pick") ? ".pick" : `[data-key="${active.dataset.key}"]`;
  return () => {
    if (document.contains(active)) return;
    const twin = document.getElementById(id)?.querySelector(selector);
    const target = twin ?? document.getElementById(id)?.querySelector('[data-key="more"]');
    target?.focus({ preventScroll: true });
  };
}
