// A list of messages that changes under the reader: only what changed is drawn again, focus and open boxes stay.

import { messageItem } from "./card.js";
import { openPictures } from "./pictures.js";

export class MessageList {
  /** `room`: { inChannel, boxes, open, openThread, pressed, seenIn }; `scroller` is what scrolls. */
  constructor(element, scroller, room) {
    this.element = element;
    this.scroller = scroller;
    this.room = room;
    this.messages = new Map();
    this.waiting = new Map();
    element.addEventListener("focusout", () => setTimeout(() => this.#catchUp(), 200));
    const keepUp = new ResizeObserver(() => { if (this.stuck) this.toEnd(); });
    keepUp.observe(element);
    keepUp.observe(scroller); // the composer below it grows and shrinks
    this.stuck = true;
    let top = 0;
    scroller.addEventListener("scroll", () => { // away from the end only by scrolling up: new messages move the end, too
      if (this.#isNearEnd()) this.stuck = true;
      else if (scroller.scrollTop < top) this.stuck = false;
      top = scroller.scrollTop;
    }, { passive: true });
  }

  /** Whether a picture is being drawn. */
  get isWaiting() { return [...this.messages.values()].some((message) => message.card && message.card.tone === "progress"); }

  get size() { return this.messages.size; }

  /** Show exactly these. With `tail` they are only the newest: older ones that join them stay; true when they did. */
  reset(messages, { tail = false } = {}) {
    const ids = new Set(messages.map((message) => message.id));
    const joins = tail && messages.length > 0 && this.messages.has(messages[0].id);
    for (const [id, one] of [...this.messages]) if (!ids.has(id) && !(joins && one.at < messages[0].at)) this.#drop(id);
    messages.forEach((message) => this.put(message));
    return joins;
  }

  /** Show these before all others, and leave the reader where they are. */
  prepend(messages) {
    const fromEnd = this.scroller.scrollHeight - this.scroller.scrollTop;
    const fresh = messages.filter((message) => !this.messages.has(message.id));
    this.element.prepend(...fresh.map((message) => messageItem(message, this.room)));
    this.messages = new Map([...fresh.map((message) => [message.id, message]), ...this.messages]);
    this.scroller.scrollTop = this.scroller.scrollHeight - fromEnd;
  }

  /** A new message, or one that changed. */
  put(message) {
    const known = this.messages.get(message.id);
    const merged = known ? { ...known, ...message } : message;
    if (known && JSON.stringify(known) === JSON.stringify(merged)) return;
    this.messages.set(message.id, merged);
    const old = this.#node(message.id);
    if (!old) { this.element.append(messageItem(merged, this.room)); return; }
    if (old.querySelector(".inline-form")) { this.waiting.set(message.id, merged); return; }
    this.#replace(old, merged);
  }

  /** Change some fields of a message that is shown. */
  patch(id, fields) {
    if (this.messages.has(id)) this.put({ ...this.messages.get(id), ...fields });
  }

  get(id) { return this.messages.get(id); }

  /** All pictures that can be opened, in reading order. */
  pictures() {
    return [...this.messages.values()].flatMap((message) => (message.card ? openPictures(message, this.room.boxes) : []));
  }

  toEnd() { this.scroller.scrollTop = this.scroller.scrollHeight; }

  /** Back to where a thread was opened from. */
  focusThread(id) {
    const link = this.#node(id)?.querySelector('[data-key="thread"]');
    if (link) link.focus();
  }

  #catchUp() {
    for (const [id, message] of this.waiting) {
      const node = this.#node(id);
      if (node && node.querySelector(".inline-form")) continue;
      this.waiting.delete(id);
      if (node) this.#replace(node, message);
    }
  }

  #replace(old, message) {
    const focused = old.contains(document.activeElement) ? document.activeElement.dataset.key || "article" : null;
    const fresh = messageItem(message, this.room);
    old.replaceWith(fresh);
    if (!focused) return;
    const again = [...fresh.querySelectorAll("[data-key]")].find((one) => one.dataset.key === focused && !one.disabled);
    (again || fresh.querySelector("article")).focus({ preventScroll: true });
  }

  #drop(id) {
    this.#node(id)?.remove();
    this.messages.delete(id);
    for (const key of [...this.room.boxes.keys()]) if (key.startsWith(`${id}/`)) this.room.boxes.delete(key);
  }

  #node(id) {
    return [...this.element.children].find((node) => node.dataset.id === id);
  }

  #isNearEnd() {
    return this.scroller.scrollHeight - this.scroller.scrollTop - this.scroller.clientHeight < 120;
  }
}
