// What should change there, sending it, and how long the link is good.

import { Problem, ask, freshId, here } from "./base.js";

const at = (id) => document.getElementById(id);

/** The form. Returns `send`, for the keys. */
export function followForm(painting, { onSent, onAgain }) {
  const words = at("words");
  let attempt = { id: "", of: "" };
  let isSending = false;

  const tell = (sentence) => { at("problem").textContent = sentence; };

  /** The same painting with the same words keeps its id while nobody knows whether it arrived. */
  function idOf(text) {
    const of = JSON.stringify([painting.revision, text]);
    if (attempt.of !== of) attempt = { id: freshId(), of };
    return attempt.id;
  }

  function missing() {
    if (!painting.marked) return ["Paint over the part that may change first.", at("stage")];
    return words.value.trim() ? null : ["Say what should change there.", words];
  }

  async function send() {
    if (isSending || at("words-form").hidden) return;
    const problem = missing();
    if (problem) {
      tell(problem[0]);
      problem[1].focus();
      return;
    }
    busy(true);
    try {
      await post(words.value.trim());
      done();
    } catch (error) {
      if (error instanceof Problem && error.answered) attempt = { id: "", of: "" };
      tell(error instanceof Problem ? error.message : "That did not work. Everything is kept here; try again.");
    } finally {
      busy(false);
    }
  }

  async function post(text) {
    const form = new FormData();
    form.append("id", idOf(text));
    form.append("words", text);
    form.append("mask", await painting.file(), "mask.png");
    await ask(`${here}/send`, { method: "POST", body: form });
  }

  function busy(isBusy) {
    isSending = isBusy;
    at("send").disabled = isBusy;
    at("send").textContent = isBusy ? "Sending…" : "Send";
    if (isBusy) tell("");
  }

  /** Show the form, or that it is done: then nothing more is painted. */
  function rest(isDone) {
    at("words-form").hidden = isDone;
    at("done").hidden = !isDone;
    for (const part of [at("tools"), at("stage").parentElement]) part.inert = isDone;
  }

  function done() {
    onSent();
    rest(true);
    at("done").focus(); // screen readers read it out
  }

  at("words-form").noValidate = true; // our own sentences say what is missing
  at("words-form").addEventListener("submit", (event) => { event.preventDefault(); send(); });
  words.addEventListener("input", () => tell(""));
  painting.addEventListener("change", () => tell(""));
  at("again").addEventListener("click", () => {
    rest(false);
    words.value = "";
    onAgain();
    at("stage").focus();
  });
  return send;
}

/** Say how long the link is good, minute by minute, without interrupting anybody. */
export function countDown(seconds) {
  const end = performance.now() + seconds * 1000;
  const tick = () => {
    const minutes = Math.floor((end - performance.now()) / 60_000);
    at("countdown").textContent = leftFor(minutes);
    if (minutes < 0) clearInterval(timer);
  };
  const timer = setInterval(tick, 5000);
  tick();
}

function leftFor(minutes) {
  if (minutes < 0) return "link no longer good";
  if (minutes < 1) return "good for less than a minute";
  return minutes === 1 ? "good for 1 more minute" : `good for ${minutes} more minutes`;
}
