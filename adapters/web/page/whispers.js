// What only you can see, right above the box you typed in.

import { post } from "./api.js";
import { linkButtons } from "./card.js";
import { announce, h, icon } from "./dom.js";

export class Whispers {
  /** `isHere(whisper)` says whether it belongs to this room; `composer` gets words put back. */
  constructor(spot, isHere, composer) {
    this.spot = spot;
    this.isHere = isHere;
    this.composer = composer;
  }

  reset(whispers) {
    this.spot.replaceChildren();
    whispers.forEach((whisper) => this.put(whisper, { quiet: true }));
  }

  put(whisper, { quiet = false } = {}) {
    if (!this.isHere(whisper)) return;
    this.#node(whisper.id)?.remove();
    const card = whisper.card;
    const gone = () => { this.#node(whisper.id)?.remove(); post("/api/dismiss", { id: whisper.id }).catch(() => {}); };
    this.spot.append(h("section", { class: `whisper ${card.tone}`, "data-id": whisper.id, "aria-label": "Only you can see this" },
      h("p", { class: "only" }, icon("eye"), "Only you can see this"),
      h("button", { class: "icon", type: "button", "aria-label": "Dismiss", onclick: () => { gone(); this.composer.focus(); } }, icon("close")),
      h("p", { class: "title" }, card.title),
      card.body ? h("p", { class: "body" }, card.body) : null,
      this.#offers(whisper, gone)));
    this.spot.scrollTop = this.spot.scrollHeight;
    if (!quiet) announce(card.summary);
  }

  /** Words to send instead, or to mend. */
  #offers(whisper, gone) {
    const card = whisper.card;
    if (whisper.suggest) {
      return h("div", { class: "actions" }, h("button", { class: "button primary", type: "button",
        onclick: () => { gone(); this.composer.send(whisper.suggest); } }, "Make a picture of it"));
    }
    if (card.links.length) return h("div", { class: "actions" }, linkButtons(card));
    if (!card.prompt) return null;
    const words = whisper.thread ? card.prompt : `/imagine ${card.prompt.replace(/^\/imagine\s*/, "")}`;
    return h("div", { class: "actions" }, h("button", { class: "button", type: "button",
      onclick: () => { gone(); this.composer.fill(words); } }, "Edit my words"));
  }

  /** The person goes on: a function that clears what was said so far. The answer to come may be quicker than it. */
  dealtWith() {
    const before = [...this.spot.children];
    return () => before.filter((node) => node.isConnected).forEach((node) => {
      node.remove();
      post("/api/dismiss", { id: node.dataset.id }).catch(() => {});
    });
  }

  #node(id) { return [...this.spot.children].find((node) => node.dataset.id === id); }
}
