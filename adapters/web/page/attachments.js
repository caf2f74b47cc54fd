// Pictures waiting in a composer: chosen, dropped or pasted; each a chip with its own progress and its own problem.

import { Problem, upload } from "./api.js";
import { announce, h, icon } from "./dom.js";

const LARGEST = 50_000_000;

export class Attachments {
  constructor(spot, onChange) {
    this.spot = spot;
    this.onChange = onChange;
    this.chips = [];
  }

  get busy() { return this.chips.some((chip) => chip.state === "busy"); }

  get broken() { return this.chips.some((chip) => chip.state === "broken"); }

  get ids() { return this.chips.filter((chip) => chip.state === "done").map((chip) => chip.id); }

  add(files) {
    for (const file of files) this.#add(file);
  }

  clear() {
    for (const chip of this.chips) this.#remove(chip, { quiet: true });
    this.chips = [];
    this.onChange();
  }

  /** Put these chips in place of the present ones, which are returned: each thread keeps its own. */
  swap(chips) {
    const before = this.chips;
    this.chips = chips;
    this.spot.replaceChildren(...chips.map((chip) => chip.node));
    this.onChange();
    return before;
  }

  async #add(file) {
    const name = file.name || "Pasted picture";
    const chip = { state: "busy", id: "", stop: new AbortController(), url: URL.createObjectURL(file) };
    const note = h("span", { class: "note", role: "status" }, "Uploading…");
    const picture = h("img", { src: chip.url, alt: "", onerror: () => picture.classList.add("none") });
    chip.node = h("li", { class: "chip busy" }, picture, h("span", { class: "name" }, h("bdi", {}, name), note),
      h("button", { class: "icon", type: "button", "aria-label": `Remove ${name}`, onclick: () => this.#remove(chip) }, icon("close")));
    this.chips.push(chip);
    this.spot.append(chip.node);
    this.onChange();
    try {
      if (file.size > LARGEST) throw new Problem("This file is larger than 50 MB. Send a smaller one.");
      const kept = await upload(file, chip.stop.signal);
      chip.id = kept.id;
      chip.state = "done";
      note.textContent = `${kept.width}×${kept.height}`;
    } catch (error) {
      if (error.name === "AbortError") return;
      chip.state = "broken";
      note.textContent = error instanceof Problem ? error.message : "This file could not be sent. Try again.";
      announce(`${name}: ${note.textContent}`);
    }
    chip.node.className = `chip ${chip.state}`;
    this.onChange();
  }

  #remove(chip, { quiet = false } = {}) {
    chip.stop.abort();
    URL.revokeObjectURL(chip.url);
    chip.node.remove();
    if (quiet) return;
    this.chips = this.chips.filter((one) => one !== chip);
    this.onChange();
  }
}
