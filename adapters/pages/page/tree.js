// The drawn tree. Where versions stand is decided by the server; here they become buttons, and lines between them.

import { h, icon, s } from "./dom.js";

const WIDE = 124; // pixels: a node, and the gaps between
const HIGH = 166;
const GAP = 40;
const ROW_GAP = 22;
const EDGE = 20;
const WORDS = { generate: "new", extend: "larger canvas" }; // where the kind itself says little
const NEAR = 600; // pictures are fetched when they are this close to being seen

export class Tree {
  /** `onOpen(version)` is called when one is pressed. */
  constructor(element, scroller, versions, onOpen) {
    this.element = element;
    this.scroller = scroller;
    this.versions = versions;
    this.byId = new Map(versions.map((one) => [one.id, one]));
    this.nodes = new Map(versions.map((one) => [one.id, this.#node(one, onOpen)]));
    this.#draw();
    scroller.addEventListener("scroll", () => this.#fetchNear(), { passive: true });
    addEventListener("resize", () => this.#fetchNear());
    element.addEventListener("keydown", (event) => this.#walk(event));
  }

  /** Mark a version as the one whose details are shown. */
  choose(id, { byHand = false } = {}) {
    for (const [one, node] of this.nodes) {
      node.setAttribute("aria-selected", String(one === id));
      node.tabIndex = one === id ? 0 : -1;
    }
    this.#show(id, { byHand });
    this.#fetchNear();
  }

  star(id, on) { this.nodes.get(id).classList.toggle("starred", on); }

  #draw() {
    const columns = Math.max(...this.versions.map((one) => one.column)) + 1;
    const rows = Math.max(...this.versions.map((one) => one.row)) + 1;
    const [width, height] = [2 * EDGE + columns * (WIDE + GAP) - GAP, 2 * EDGE + rows * (HIGH + ROW_GAP) - ROW_GAP];
    this.element.style.width = `${width}px`;
    this.element.style.height = `${height}px`;
    const lines = s("svg", { class: "lines", width, height, viewBox: `0 0 ${width} ${height}`, "aria-hidden": "true" });
    for (const one of this.versions) {
      const parent = this.byId.get(one.parent);
      if (parent) lines.append(s("path", { d: line(parent, one) }));
    }
    this.element.replaceChildren(lines, ...this.versions.map((one) => this.nodes.get(one.id)));
  }

  #node(version, onOpen) {
    const parent = this.byId.get(version.parent);
    const from = parent ? `, made of ${parent.number}` : "";
    const { number, hidden, head } = version;
    const label = hidden ? `${number}${from}: not yours to see`
      : `${number}, ${word(version)} by ${version.who}${from}${head ? ", current" : ""}: ${version.prompt.slice(0, 120)}`;
    const picture = hidden || !version.src ? h("span", { class: "picture" })
      : h("span", { class: "picture" }, h("img", { "data-src": version.src, alt: version.alt, decoding: "async" }));
    const node = h("button", { class: `node${head ? " head" : ""}${hidden ? " hidden" : ""}${version.starred ? " starred" : ""}`,
      type: "button", role: "treeitem", "aria-level": version.column + 1, "aria-label": label, "aria-disabled": hidden ? "true" : null,
      "data-id": version.id, tabindex: "-1", onclick: () => { if (!hidden) onOpen(version); } },
    picture, h("span", { class: "title" }, h("b", {}, number), head ? h("span", { class: "now" }, "current") : null,
      version.count > 1 ? h("span", { class: "times" }, `×${version.count}`) : null, icon("star")),
    h("span", { class: "by" }, hidden ? "in another channel" : word(version), hidden ? null : " · ", hidden ? null : h("bdi", {}, version.who)));
    node.style.left = `${left(version)}px`;
    node.style.top = `${top(version)}px`;
    return node;
  }

  #walk(event) {
    const from = this.byId.get(event.target.dataset?.id);
    const to = from && { ArrowLeft: () => this.byId.get(from.parent), ArrowRight: () => this.#child(from),
      ArrowDown: () => this.#beside(from, 1), ArrowUp: () => this.#beside(from, -1),
      Home: () => this.versions[0], End: () => this.versions.find((one) => one.head) }[event.key];
    if (!to || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    const next = to();
    if (!next) return;
    for (const node of this.nodes.values()) node.tabIndex = -1;
    const node = this.nodes.get(next.id);
    node.tabIndex = 0;
    node.focus({ preventScroll: true });
    this.#show(next.id, { byHand: true });
  }

  /** The first thing made of it: the one in its own row. */
  #child(version) { return this.versions.find((one) => one.parent === version.id); }

  /** The nearest in the rows below (1) or above (-1), in its own column if there is one. */
  #beside(version, way) {
    const far = (one) => Math.abs(one.column - version.column) * 1000 + Math.abs(one.row - version.row);
    const others = this.versions.filter((one) => (one.row - version.row) * way > 0);
    return others.sort((a, b) => far(a) - far(b))[0];
  }

  #show(id, { byHand }) {
    const node = this.nodes.get(id);
    const smooth = byHand && !matchMedia("(prefers-reduced-motion: reduce)").matches;
    const [x, y] = [node.offsetLeft + WIDE / 2 - this.scroller.clientWidth / 2, node.offsetTop + HIGH / 2 - this.scroller.clientHeight / 2];
    const isSeen = node.offsetLeft >= this.scroller.scrollLeft && node.offsetLeft + WIDE <= this.scroller.scrollLeft + this.scroller.clientWidth
      && node.offsetTop >= this.scroller.scrollTop && node.offsetTop + HIGH <= this.scroller.scrollTop + this.scroller.clientHeight;
    if (!isSeen) this.scroller.scrollTo({ left: x, top: y, behavior: smooth ? "smooth" : "instant" });
  }

  #fetchNear() {
    const { scrollLeft, scrollTop, clientWidth, clientHeight } = this.scroller;
    for (const image of this.element.querySelectorAll("img[data-src]")) {
      const version = this.byId.get(image.closest(".node").dataset.id);
      const [x, y] = [left(version), top(version)];
      if (x + WIDE < scrollLeft - NEAR || x > scrollLeft + clientWidth + NEAR) continue;
      if (y + HIGH < scrollTop - NEAR || y > scrollTop + clientHeight + NEAR) continue;
      image.src = image.dataset.src;
      delete image.dataset.src;
    }
  }
}

const word = (version) => WORDS[version.kind] || version.kind;
const left = (version) => EDGE + version.column * (WIDE + GAP);
const top = (version) => EDGE + version.row * (HIGH + ROW_GAP);

/** Straight on in the same row; else down in the gap, round the corner and in. */
function line(parent, child) {
  const [x1, y1] = [left(parent) + WIDE, top(parent) + WIDE / 2];
  const [x2, y2] = [left(child), top(child) + WIDE / 2];
  if (y1 === y2) return `M${x1} ${y1}H${x2}`;
  const middle = x1 + GAP / 2;
  return `M${x1} ${y1}H${middle - 10}q10 0 10 10V${y2 - 10}q0 10 10 10H${x2}`;
}
