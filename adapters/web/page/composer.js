// Where people type: words, options, pictures. Nothing typed is ever lost to a problem.

import { Problem, channel, freshId, post } from "./api.js";
import { Attachments } from "./attachments.js";
import { h, icon } from "./dom.js";
import { Hints } from "./hints.js";

const KEPT_WORDS = 50;

export class Composer {
  /** `room` is the element of the channel or thread; `threadOf` gives the open thread's id, or null. `onSend` is called
   *  when words go out and returns what is to be done once they arrived. */
  constructor(room, { id, label, placeholder, hints, threadOf, onSend }) {
    this.threadOf = threadOf;
    this.onSend = onSend;
    this.storage = `retouch-words-${id}`;
    this.recalled = 0;
    this.drafts = new Map();
    this.shownThread = null;
    this.#build(room, id, label, placeholder);
    this.hints = new Hints(this.box, this.shell, hints);
    this.attachments = new Attachments(this.chips, () => this.#refresh());
    this.#listen(room);
    this.#refresh();
  }

  focus() { this.box.focus(); }

  /** Put aside what was begun for one thread and take up what was begun for another: words never go astray. */
  switchTo(thread) {
    if (thread === this.shownThread) return;
    const next = this.drafts.get(thread) || { words: "", chips: [], unsent: null, problem: "" };
    const chips = this.attachments.swap(next.chips);
    this.drafts.set(this.shownThread, { words: this.box.value, chips, unsent: this.unsent, problem: this.problemLine.textContent });
    this.drafts.delete(thread);
    this.shownThread = thread;
    this.unsent = next.unsent;
    this.box.value = next.words;
    this.complain(next.problem);
    this.#refresh();
  }

  /** Make the box as tall as its words; nothing to measure while it is hidden. */
  fit() {
    this.box.style.height = "auto";
    if (this.box.scrollHeight) this.box.style.height = `${Math.min(this.box.scrollHeight, 220)}px`;
  }

  /** Put words into the box, with the caret behind them. */
  fill(words) {
    this.box.value = words;
    this.box.focus();
    this.box.setSelectionRange(words.length, words.length);
    this.#refresh();
  }

  /** Send what is in the box, or these words instead. */
  async send(words = null) {
    const text = (words ?? this.box.value).trim();
    if (words === null && (this.attachments.busy || this.attachments.broken || this.sending)) return;
    if (!text && !this.attachments.ids.length) { this.box.focus(); return; }
    const same = this.unsent && this.unsent.text === text;
    this.unsent = same ? this.unsent : { id: freshId(), text };
    const arrived = this.onSend();
    const thread = this.shownThread;
    this.sending = true;
    this.#refresh();
    try {
      await post("/api/say", { id: this.unsent.id, channel, thread: this.threadOf(), text, attachments: this.attachments.ids });
      this.#remember(text);
      if (thread === this.shownThread) this.#sent(text, words === null);
      else this.drafts.delete(thread);
      arrived();
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      if (thread === this.shownThread) this.complain(error.message);
      else this.drafts.get(thread).problem = error.message;
    } finally {
      this.sending = false;
      this.#refresh();
    }
  }

  #sent(text, fromBox) {
    this.unsent = null;
    this.attachments.clear();
    if (fromBox && this.box.value.trim() === text) this.box.value = ""; // else more was typed meanwhile
    this.complain("");
  }

  #build(room, id, label, placeholder) {
    this.chips = h("ul", { class: "chips", "aria-label": "Attached pictures" });
    this.file = h("input", { type: "file", accept: "image/*", multiple: true, hidden: true, "aria-label": "Attach pictures", tabindex: "-1" });
    this.box = h("textarea", { id: `composer-${id}`, rows: 1, placeholder, "aria-label": label, dir: "auto", autocomplete: "off", enterkeyhint: "send" });
    this.sendButton = h("button", { class: "send", type: "submit", "aria-label": "Send" }, icon("send"));
    this.problemLine = h("p", { class: "problem", role: "alert", hidden: true });
    const attach = h("button", { class: "icon", type: "button", "aria-label": "Attach pictures", title: "Attach pictures", onclick: () => this.file.click() }, icon("attach"));
    this.shell = h("div", { class: "composer-shell" }, this.chips, h("div", { class: "composer-row" }, attach, this.box, this.sendButton, this.file));
    this.form = h("form", { class: "composer", onsubmit: (event) => { event.preventDefault(); this.send(); } }, this.problemLine, this.shell);
    this.overlay = h("div", { class: "drop", hidden: true, "aria-hidden": "true" }, h("p", {}, "Drop pictures to attach them"));
    room.querySelector(".composer-spot").append(this.form);
    room.append(this.overlay);
  }

  #listen(room) {
    this.file.addEventListener("change", () => { this.attachments.add(this.file.files); this.file.value = ""; this.box.focus(); });
    this.box.addEventListener("input", () => { this.recalled = 0; this.#refresh(); });
    this.box.addEventListener("keydown", (event) => this.#key(event));
    this.box.addEventListener("paste", (event) => this.#paste(event));
    let depth = 0;
    const has = (event) => [...(event.dataTransfer?.types || [])].includes("Files");
    const show = (step) => { depth = Math.max(0, depth + step); this.overlay.hidden = depth === 0; };
    room.addEventListener("dragenter", (event) => { if (has(event)) { event.preventDefault(); show(1); } });
    room.addEventListener("dragleave", (event) => { if (has(event)) show(-1); });
    room.addEventListener("dragover", (event) => { if (has(event)) event.preventDefault(); });
    room.addEventListener("drop", (event) => {
      if (!has(event)) return;
      event.preventDefault();
      show(-depth);
      this.attachments.add(event.dataTransfer.files);
      this.box.focus();
    });
  }

  #key(event) {
    if (this.hints.key(event)) return;
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
      event.preventDefault();
      this.send();
    } else if (event.key === "ArrowUp" && (this.box.value === "" || this.recalled)) this.#recall(event, 1);
    else if (event.key === "ArrowDown" && this.recalled) this.#recall(event, -1);
  }

  #paste(event) {
    const files = [...event.clipboardData.files].filter((file) => file.type.startsWith("image/"));
    if (!files.length) return;
    event.preventDefault();
    this.attachments.add(files);
  }

  #refresh() {
    this.fit();
    if (!this.attachments) return;
    const empty = !this.box.value.trim() && !this.attachments.ids.length;
    this.sendButton.disabled = empty || this.attachments.busy || this.attachments.broken || Boolean(this.sending);
  }

  /** Say at the box what went wrong. */
  complain(sentence) {
    this.problemLine.textContent = sentence;
    this.problemLine.hidden = !sentence;
  }

  #words() {
    try { return JSON.parse(localStorage.getItem(this.storage)) || []; } catch { return []; }
  }

  #remember(text) {
    const words = [text, ...this.#words().filter((one) => one !== text)].slice(0, KEPT_WORDS);
    try { localStorage.setItem(this.storage, JSON.stringify(words)); } catch { /* private mode: nothing is recalled */ }
    this.recalled = 0;
  }

  #recall(event, step) {
    const words = this.#words();
    const next = Math.min(words.length, this.recalled + step);
    if (!words.length || next === this.recalled) return;
    event.preventDefault();
    this.fill(next ? words[next - 1] : "");
    this.recalled = next;
  }
}
