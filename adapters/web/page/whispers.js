// What only you can see, right above the box you typed in.

import { post } from "./api.js";
import { cardActions } from "./card.js";
import { announce, h, icon, told } from "./dom.js";
import { pictureBoxes } from "./pictures.js";

export class Whispers {
  /** `isHere(whisper)` says whether it belongs to this room; `composer` gets words put back; `open(picture, all, from)`. */
  constructor(spot, isHere, composer, open) {
    this.spot = spot;
    this.isHere = isHere;
    this.composer = composer;
    this.open = open;
    this.boxes = new Map();
    this.shown = new Map();
    spot.tabIndex = -1;
  }

  /** Show exactly these. What is shown already stays: somebody may be typing in it. */
  reset(whispers) {
    const ids = new Set(whispers.map((whisper) => whisper.id));
    for (const node of [...this.spot.children]) if (!ids.has(node.dataset.id)) this.remove(node.dataset.id);
    whispers.forEach((whisper) => this.put(whisper, { quiet: true }));
  }

  put(whisper, { quiet = false } = {}) {
    if (!this.isHere(whisper)) return;
    if (this.shown.get(whisper.id) === JSON.stringify(whisper)) return;
    this.shown.set(whisper.id, JSON.stringify(whisper));
    const card = whisper.card;
    const known = this.#node(whisper.id);
    const wasIn = known?.contains(document.activeElement);
    const dismiss = () => { this.remove(whisper.id); post("/api/dismiss", { id: whisper.id }).catch(() => {}); };
    const node = h("section", { class: `whisper ${card.tone}`, tabindex: "-1", "data-id": whisper.id, "aria-label": `Only you can see this: ${card.summary}` },
      h("p", { class: "only" }, icon("eye"), "Only you can see this"),
      h("button", { class: "icon", type: "button", "aria-label": "Dismiss", onclick: () => { dismiss(); this.composer.focus(); } }, icon("close")),
      card.images.length && card.prompt ? h("p", { class: "prompt", dir: "auto" }, card.prompt) : null,
      pictureBoxes(whisper, { boxes: this.boxes, open: (picture, from) => this.open(picture, card.images, from) }),
      h("p", { class: "title" }, told(card.title, card.live.title)),
      card.body ? h("p", { class: "body" }, told(card.body, card.live.body)) : null,
      card.footer ? h("p", { class: "footer" }, card.footer) : null,
      this.#offers(whisper, dismiss));
    if (known) known.replaceWith(node);
    else this.spot.append(node);
    node.scrollIntoView({ block: "nearest" });
    if (wasIn || document.activeElement === this.spot) node.focus({ preventScroll: true }); // a button was pressed here: this is its answer
    if (!quiet && !known) announce(card.summary);
  }

  /** It is spent, or was dismissed in another window. The focus waits here for the answer. */
  remove(id) {
    const node = this.#node(id);
    if (node?.contains(document.activeElement)) this.spot.focus({ preventScroll: true });
    node?.remove();
    this.shown.delete(id);
    for (const key of [...this.boxes.keys()]) if (key.startsWith(`${id}/`)) this.boxes.delete(key);
  }

  /** What its card offers; else words to send instead, or to mend. */
  #offers(whisper, dismiss) {
    const card = whisper.card;
    const one = (label, style, onclick) => h("div", { class: "actions" }, h("button", { class: `button ${style}`, type: "button", onclick }, label));
    if (whisper.suggest) return one("Make a picture of it", "primary", () => { dismiss(); this.composer.send(whisper.suggest); });
    const row = cardActions(whisper, { seenIn: () => whisper.thread, pressed: () => {} });
    if (row || !card.prompt) return row;
    const words = whisper.thread ? card.prompt : `/imagine ${card.prompt.replace(/^\/imagine\s*/, "")}`;
    return one("Edit my words", "", () => { dismiss(); this.composer.fill(words); });
  }

  /** The person goes on: a function that clears what was said so far. The answer to come may be quicker than it. */
  dealtWith() {
    const before = [...this.spot.children];
    return () => before.filter((node) => node.isConnected).forEach((node) => {
      this.remove(node.dataset.id);
      post("/api/dismiss", { id: node.dataset.id }).catch(() => {});
    });
  }

  #node(id) { return [...this.spot.children].find((node) => node.dataset.id === id); }
}
