// What all pages share. Text goes in as text nodes only: there is no innerHTML anywhere in this folder.

/** What can be shown to people as it is. */
export class Problem extends Error {
  constructor(sentence, { answered = false } = {}) {
    super(sentence);
    this.answered = answered; // the server said so; otherwise nobody knows what became of it
  }
}

/** "/p/mask/TOKEN": the token is in the address, and nowhere else. */
export const here = location.pathname.split("/").slice(0, 4).join("/");

/** An id the server has never seen: sending the same one twice is harmless. */
export function freshId() {
  const bytes = crypto.getRandomValues(new Uint8Array(12));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** Ask the server; what comes back is JSON. Throws `Problem`. */
export async function ask(path, how) {
  let answer;
  try {
    answer = await fetch(path, how);
  } catch {
    throw new Problem("Retouch does not answer. Everything is kept here; try again.");
  }
  const body = await answer.json().catch(() => null);
  if (!answer.ok) throw new Problem(body?.error || `That did not work (${answer.status}). Try again.`, { answered: true });
  if (body === null) throw new Problem("Retouch's answer was cut off. Everything is kept here; try again.");
  return body;
}

let saying = 0;

/** Say something to screen readers without showing it; the page has an element #heard for it. */
export function announce(words) {
  const heard = document.getElementById("heard");
  heard.textContent = "";
  clearTimeout(saying);
  saying = setTimeout(() => { heard.textContent = words; }, 50);
}
