// Options offered while `/imagine …` is typed: arrow keys choose, Tab or Enter take, Esc closes.

import { announce, h } from "./dom.js";

let count = 0;

export class Hints {
  /** `hints`: { flags: flag → { description, values }, models: model → what it has instead }. `box` is the textarea, `spot` where the list goes (above it). */
  constructor(box, spot, hints) {
    this.box = box;
    this.hints = hints;
    this.found = null;
    this.at = 0;
    this.list = h("ul", { class: "hints", role: "listbox", id: `hints${++count}`, "aria-label": "Options", hidden: true });
    spot.append(this.list);
    box.setAttribute("aria-autocomplete", "list");
    box.setAttribute("aria-haspopup", "listbox");
    box.setAttribute("aria-controls", this.list.id);
    box.addEventListener("input", () => this.update());
    box.addEventListener("click", () => this.update());
    box.addEventListener("blur", () => setTimeout(() => this.close(), 120));
  }

  get isOpen() { return !this.list.hidden; }

  update() {
    this.found = find(this.box, this.hints);
    this.at = 0;
    if (this.found) this.#draw(); else this.close();
  }

  close() {
    this.list.hidden = true;
    this.box.removeAttribute("aria-activedescendant");
  }

  /** Take a key if it is for the list; true when it was. */
  key(event) {
    if (!this.isOpen || event.isComposing) return false;
    const steps = { ArrowDown: 1, ArrowUp: -1 };
    if (steps[event.key]) {
      this.at = (this.at + steps[event.key] + this.found.choices.length) % this.found.choices.length;
      this.#draw();
    } else if (event.key === "Tab" || (event.key === "Enter" && !event.shiftKey)) this.#take(this.at);
    else if (event.key === "Escape") this.close();
    else return false;
    event.preventDefault();
    event.stopPropagation();
    return true;
  }

  #draw() {
    const rows = this.found.choices.map((choice, index) => h("li", {
      role: "option", id: `${this.list.id}-${index}`, "aria-selected": String(index === this.at),
      onpointerdown: (event) => { event.preventDefault(); this.#take(index); },
    }, h("code", {}, choice.label), h("span", {}, choice.about)));
    this.list.replaceChildren(...rows, h("li", { class: "keys", role: "presentation" }, "↑ ↓ choose · Tab takes it · Esc closes"));
    if (this.list.hidden) announce(`${rows.length} options. Arrow keys choose, Tab takes one.`);
    this.list.hidden = false;
    this.box.setAttribute("aria-activedescendant", `${this.list.id}-${this.at}`);
    rows[this.at].scrollIntoView({ block: "nearest" });
  }

  #take(index) {
    const choice = this.found.choices[index];
    const { value, selectionEnd } = this.box;
    const before = value.slice(0, this.found.from) + choice.insert;
    this.box.value = before + value.slice(selectionEnd);
    this.box.setSelectionRange(before.length, before.length);
    this.box.focus();
    this.box.dispatchEvent(new Event("input", { bubbles: true }));
  }
}

/** What can be completed at the caret, or null. */
function find(box, hints) {
  const text = box.value.slice(0, box.selectionEnd);
  if (box.selectionStart !== box.selectionEnd) return null;
  if (/^\/[\w-]*$/.test(text)) return commands(text);
  if (!text.startsWith("/imagine ")) return null;
  const flags = flagsFor(box.value, hints);
  const value = /(?:^|\s)--(\w+)[ =]([\w:.-]*)$/.exec(text);
  if (value && flags[value[1]]) return valuesOf(value[2], text, flags[value[1]]);
  const flag = /(?:^|\s)(--?\w*)$/.exec(text);
  return flag ? flagsLike(flag[1], text, flags) : null;
}

/** The flags of the model that is named in the text, or of the default. */
function flagsFor(text, hints) {
  const named = /(?:^|\s)--model[ =](\S+)/.exec(text);
  const own = named && hints.models[named[1]];
  if (!own) return hints.flags;
  const every = Object.values(hints.models).flatMap((one) => Object.keys(one));
  const shared = Object.entries(hints.flags).filter(([flag]) => own[flag] || !every.includes(flag));
  return { ...Object.fromEntries(shared), ...own };
}

function commands(text) {
  const all = [
    { label: "/imagine", insert: "/imagine ", about: "Make a picture" },
    { label: "/imagine-quota", insert: "/imagine-quota", about: "What you have used and what is left" },
    { label: "/imagine-privacy", insert: "/imagine-privacy", about: "What is kept about you: see, export, delete" },
    { label: "/help", insert: "/help", about: "What can be typed" },
  ];
  const choices = all.filter((one) => one.label.startsWith(text) && one.label !== text);
  return choices.length ? { from: 0, choices } : null;
}

function flagsLike(typed, text, hints) {
  const used = new Set([...text.matchAll(/--(\w+)/g)].map((found) => found[1]));
  const name = typed.replace(/^-+/, "");
  used.delete(name);
  const choices = Object.entries(hints)
    .filter(([flag, hint]) => flag.startsWith(name) && !used.has(flag) && (flag !== name || hint.values.length))
    .map(([flag, hint]) => ({ label: `--${flag}`, insert: `--${flag} `, about: about(hint) }));
  return choices.length ? { from: text.length - typed.length, choices } : null;
}

function about(hint) {
  if (!hint.values.length) return hint.description;
  const more = hint.values.length > 4 ? " …" : "";
  return `${hint.description}: ${hint.values.slice(0, 4).join(", ")}${more}`;
}

function valuesOf(typed, text, hint) {
  const choices = hint.values
    .filter((value) => value.startsWith(typed) && value !== typed)
    .map((value) => ({ label: value, insert: `${value} `, about: hint.description }));
  const exact = hint.values.includes(typed);
  return choices.length && !exact ? { from: text.length - typed.length, choices } : null;
}
