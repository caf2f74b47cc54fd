// Two originals of a compare card, slid over each other: the same slider as on the threads' pages, fetched when wanted.

import { h } from "./dom.js";

const SLIDER = "/p/page/slider.js";
const LOOK = "/p/page/slider.css";

/** A button that opens the slider under it. */
export function pairBox(pair) {
  const spot = h("div", { class: "pair", hidden: true });
  const problem = h("p", { class: "problem", role: "alert", hidden: true });
  const button = h("button", { class: "button", type: "button", "aria-expanded": "false", "data-key": "pair",
    onclick: async () => {
      try {
        if (!spot.firstChild) spot.append(await sliderFor(pair));
      } catch {
        problem.textContent = "The slider cannot be loaded. Reload the page.";
        problem.hidden = false;
        return;
      }
      spot.hidden = !spot.hidden;
      button.setAttribute("aria-expanded", String(!spot.hidden));
      if (!spot.hidden) spot.querySelector("[role=slider]").focus();
    } }, `Slide ${pair.before.label} over ${pair.after.label}`);
  return h("div", { class: "pair-box" }, button, problem, spot);
}

async function sliderFor({ before, after }) {
  const { slider } = await import(SLIDER);
  if (!document.querySelector(`link[href="${LOOK}"]`)) {
    await new Promise((loaded, failed) => document.head.append(h("link", { rel: "stylesheet", href: LOOK, onload: loaded, onerror: failed })));
  }
  return slider({ ...before, src: before.full }, { ...after, src: after.full });
}
