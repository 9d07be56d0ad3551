// An answer goes by the line that is open anyway, and comes back with the next question. Without
// such a line, or without an answer in time, the form is sent as the form it is: the server saves
// an answer once, however often it comes.

const PATIENCE_MS = 5_000;
const BUSY = 503;
let under = null; // what is under way: {form, number, timer}
let on = null;

/** `on.tell(text)`: say what went wrong. `on.reload()`: the page shows what is no longer true. */
export function start(callbacks) {
  on = callbacks;
}

/** Send the form of a question by the line; whether it is on its way. */
export function send(form, line) {
  if (form.id !== "question-form" || form.dataset.by === "request") return false;
  const fields = new FormData(form);
  const number = Number(fields.get("question"));
  if (!line.send({ type: "answer", question: number, answer: fields.getAll("answer") })) return false;
  form.ariaBusy = "true";
  under = { form, number, timer: setTimeout(sendAsForm, PATIENCE_MS) };
  return true;
}

/** Whether a frame acknowledges the answer under way; it holds what comes next. */
export function take({ answered }) {
  if (!under || under.number !== answered || !under.form.isConnected) return false;
  settle();
  return true;
}

export function refuse({ question, status, message }) {
  if (!under || under.number !== question) return;
  if (status === BUSY) {
    sendAsForm();
    return;
  }
  settle();
  on.tell(message);
  if (status === 409) on.reload();
}

/** Nobody will answer by that line: the form is sent, and sent again, until it arrives. */
export function lineLost() {
  if (under) sendAsForm();
}

function sendAsForm() {
  const form = settle();
  if (!form.isConnected) return;
  form.dataset.by = "request";
  form.requestSubmit();
}

function settle() {
  const { form, timer } = under;
  clearTimeout(timer);
  form.ariaBusy = null;
  under = null;
  return form;
}
