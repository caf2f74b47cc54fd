// Asking the server by the link this page was opened with, and the stars. Problems are one sentence to show as it is.

import { announce, h, icon } from "./dom.js";

export class Problem extends Error {}

/** The link itself: /p/gallery/TOKEN or /p/thread/TOKEN. */
export const base = location.pathname.split("/").slice(0, 4).join("/");

export async function ask(path, how) {
  let answer;
  try {
    answer = await fetch(path, how);
  } catch {
    throw new Problem("Retouch does not answer. Check your connection and try again.");
  }
  const body = await answer.json().catch(() => ({}));
  if (!answer.ok) throw new Problem(body.error || `That did not work (${answer.status}). Try again.`);
  return body;
}

/** A star that can be pressed. It shows at once what was meant, and goes back if that did not work. */
export function starButton(version, { starred, label, onChange, onProblem }) {
  const button = h("button", { class: "star", type: "button", "aria-pressed": String(Boolean(starred)), "aria-label": `Star ${label}`,
    title: "Star", onclick: press }, icon("star"));
  const show = (on) => button.setAttribute("aria-pressed", String(on));
  async function press() {
    const on = button.getAttribute("aria-pressed") !== "true";
    show(on);
    try {
      await ask(`${base}/star`, { method: "POST", headers: { "Content-Type": "application/json" },
        body: JSON.stringify({ version, on }) });
      announce(on ? "Starred." : "Not starred any more.");
      onChange?.(on);
    } catch (error) {
      show(!on);
      onProblem(error.message);
    }
  }
  return button;
}
