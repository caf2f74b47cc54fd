// Which channel this is, and the way to the others: plain links, in a list that opens at its name.

import { COMMON, channel } from "./api.js";
import { h } from "./dom.js";

export class Channels {
  /** `button` says where one is and opens `list`, once there is another place to go to. `me` is my id. */
  constructor(button, list, me) {
    this.me = me;
    this.button = button;
    this.list = list;
    this.names = new Set([COMMON, channel]);
    document.title = this.title;
    list.addEventListener("toggle", (event) => {
      button.setAttribute("aria-expanded", String(event.newState === "open"));
      if (event.newState === "open") list.querySelector("a").focus();
    });
    this.#draw();
  }

  /** These have messages. */
  show(names) {
    this.names = new Set([COMMON, ...names, channel]);
    this.#draw();
  }

  /** Something was said there. */
  add(name) {
    if (this.names.has(name)) return;
    this.names.add(name);
    this.#draw();
  }

  /** What the window is called. */
  get title() { return channel === COMMON ? "Retouch" : `${this.#called(channel)} · Retouch`; }

  #draw() {
    const names = [COMMON, ...[...this.names].filter((name) => name !== COMMON).sort()];
    this.button.textContent = this.#called(channel);
    this.button.disabled = names.length < 2;
    this.button.setAttribute("aria-label", names.length < 2 ? `Channel ${channel}` : `Channel ${channel}. Go to another`);
    this.list.replaceChildren(...names.map((name) => h("li", {},
      h("a", { href: name === COMMON ? "/" : `/?channel=${encodeURIComponent(name)}`, "aria-current": name === channel ? "page" : null }, this.#called(name)))));
  }

  /** A channel called like my id is mine alone. */
  #called(name) { return name === this.me ? "Only you" : `# ${name}`; }
}
