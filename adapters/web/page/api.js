// Talking to the server. Problems come back as one sentence that can be shown as it is.

export class Problem extends Error {
  /** `answered`: the server said no; else it was not reached. */
  constructor(sentence, answered = false) {
    super(sentence);
    this.answered = answered;
  }
}

export const COMMON = "general";
export const channel = new URLSearchParams(location.search).get("channel") || COMMON;

/** An id the server has never seen: sending the same one twice is harmless. */
export function freshId() {
  const bytes = crypto.getRandomValues(new Uint8Array(12));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

export const get = (path, query = {}) => ask(`${path}?${new URLSearchParams({ channel, ...query })}`);

export const post = (path, body) =>
  ask(path, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) });

export function upload(file, signal) {
  const form = new FormData();
  form.append("file", file, file.name || "pasted.png");
  return ask("/api/uploads", { method: "POST", body: form, signal });
}

async function ask(path, how) {
  let answer;
  try {
    answer = await fetch(path, how);
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Problem("Retouch does not answer. Is it still running? Your words are kept here; try again.");
  }
  const body = await answer.json().catch(() => ({}));
  if (!answer.ok) throw new Problem(body.error || `That did not work (${answer.status}). Try again.`, true);
  return body;
}

/** Listen to what happens. `onOpen` runs at every (re)connection: then everything is to be read anew.
 *
 *  A browser keeps only six connections to one server, all its tabs together: a hidden tab lets go of its own, unless
 *  `isWaiting` for a picture.
 */
export function listen({ onOpen, onEvent, onLost, isWaiting }) {
  let feed = null;
  const open = () => {
    if (feed && feed.readyState !== EventSource.CLOSED) return;
    feed = new EventSource("/api/feed");
    feed.addEventListener("hello", onOpen);
    feed.onmessage = (message) => { onEvent(JSON.parse(message.data)); rest(); };
    feed.onerror = () => {
      onLost();
      if (feed.readyState === EventSource.CLOSED) setTimeout(open, 2000);
    };
  };
  const rest = () => { if (document.hidden && !isWaiting()) feed.close(); };
  document.addEventListener("visibilitychange", () => (document.hidden ? rest() : open()));
  addEventListener("pagehide", () => feed.close());
  addEventListener("pageshow", (event) => { if (event.persisted) open(); });
  open();
}
