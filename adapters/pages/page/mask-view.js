// The picture in its window: zoom, pan, and what is drawn over it. Places on the screen are in CSS pixels.

import { blank, wipe } from "./mask-painting.js";

const MARGIN = 14;
const CLOSEST = 16; // times the size that fits
const TINT = "rgb(255 30 120 / .42)";
const DASH = 5;
const MARCH_MS = 110;
const AROUND = [[-1.4, -1.4], [0, -2], [1.4, -1.4], [2, 0], [1.4, 1.4], [0, 2], [-1.4, 1.4], [-2, 0]];

export class View {
  constructor(canvas, picture, painting) {
    Object.assign(this, { canvas, picture, painting });
    this.context = canvas.getContext("2d");
    this.tint = blank(1, 1);
    this.edge = blank(1, 1);
    this.march = 0;
    this.hand = null; // what is drawn at the moment; see mask-hand.js
    this.isFitted = true;
    this.isMaskStale = true;
    this.frame = 0;
    new ResizeObserver(() => this.resize()).observe(canvas);
    this.resize();
    painting.addEventListener("change", () => this.refresh());
    const still = matchMedia("(prefers-reduced-motion: reduce)");
    setInterval(() => this.step(still.matches), MARCH_MS);
  }

  // ── where things are ──

  resize() {
    const { clientWidth, clientHeight } = this.canvas;
    if (!clientWidth || !clientHeight) return;
    this.density = devicePixelRatio || 1;
    for (const one of [this.canvas, this.tint, this.edge]) {
      one.width = Math.round(clientWidth * this.density);
      one.height = Math.round(clientHeight * this.density);
    }
    if (this.isFitted) this.fit(); else this.place(this.x, this.y);
    this.paint(); // a resized canvas is empty until it is painted: at once, or it flickers
  }

  get fitting() {
    const { clientWidth, clientHeight } = this.canvas;
    const { width, height } = this.painting;
    return Math.max(1e-3, Math.min((clientWidth - 2 * MARGIN) / width, (clientHeight - 2 * MARGIN) / height));
  }

  fit() {
    this.scale = this.fitting;
    this.place(0, 0);
    this.note(true);
  }

  note(isFitted) {
    this.isFitted = isFitted;
    this.canvas.dispatchEvent(new CustomEvent("zoomed", { detail: { isFitted } }));
  }

  /** Zoom by `factor`, keeping the spot (x, y) of the window where it is. */
  zoom(factor, x = this.canvas.clientWidth / 2, y = this.canvas.clientHeight / 2) {
    const scale = Math.min(Math.max(this.scale * factor, this.fitting), this.fitting * CLOSEST);
    const grown = scale / this.scale;
    this.scale = scale;
    this.place(x - (x - this.x) * grown, y - (y - this.y) * grown);
    this.note(scale <= this.fitting * 1.001);
  }

  pan(dx, dy) {
    this.place(this.x + dx, this.y + dy);
  }

  /** Put the picture's corner there, as far as it stays in sight: centred where it fits, else up to its margin. */
  place(x, y) {
    const within = (at, size, room) => (size <= room ? (room - size) / 2 : Math.min(MARGIN, Math.max(room - size - MARGIN, at)));
    this.x = within(x, this.painting.width * this.scale, this.canvas.clientWidth);
    this.y = within(y, this.painting.height * this.scale, this.canvas.clientHeight);
    this.refresh();
  }

  /** The spot of the picture under a pointer. */
  spot(event) {
    const box = this.canvas.getBoundingClientRect();
    return [(event.clientX - box.left - this.x) / this.scale, (event.clientY - box.top - this.y) / this.scale];
  }

  /** Move the picture so that a spot of it can be seen. */
  reveal([spotX, spotY]) {
    const [x, y] = [this.x + spotX * this.scale, this.y + spotY * this.scale];
    const over = (at, room) => Math.min(0, at - MARGIN) + Math.max(0, at - room + MARGIN);
    this.pan(-over(x, this.canvas.clientWidth), -over(y, this.canvas.clientHeight));
  }

  // ── drawing ──

  refresh() {
    this.isMaskStale = true;
    this.request();
  }

  request() {
    this.frame ||= requestAnimationFrame(() => this.paint());
  }

  step(isStill) {
    if (isStill || document.hidden || !this.painting.marked) return;
    this.march = (this.march + 1) % (2 * DASH);
    this.dash();
    this.request();
  }

  paint() {
    cancelAnimationFrame(this.frame);
    this.frame = 0;
    const { context, density } = this;
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.clearRect(0, 0, this.canvas.width, this.canvas.height);
    context.imageSmoothingEnabled = this.scale * (this.painting.width / this.picture.naturalWidth) < 3;
    context.drawImage(this.picture, ...this.box());
    if (this.isMaskStale) this.layMask();
    context.drawImage(this.tint, 0, 0);
    context.drawImage(this.edge, 0, 0);
    context.setTransform(density, 0, 0, density, 0, 0);
    this.hand?.show(context);
  }

  box() {
    const size = this.density * this.scale;
    return [this.x * this.density, this.y * this.density, this.painting.width * size, this.painting.height * size];
  }

  /** The mask as a tint, and around it an edge of two tones: one of them can be seen on any picture. */
  layMask() {
    this.isMaskStale = false;
    wipe(this.tint);
    wipe(this.edge);
    const { density } = this;
    const tint = this.tint.getContext("2d");
    tint.drawImage(this.painting.canvas, ...this.box());
    const edge = this.edge.getContext("2d");
    for (const [dx, dy] of AROUND) edge.drawImage(this.tint, Math.round(dx * density), Math.round(dy * density));
    edge.globalCompositeOperation = "destination-out";
    edge.drawImage(this.tint, 0, 0);
    fill(tint, TINT);
    this.dash();
  }

  /** Colour the edge in dashes that run along it. */
  dash() {
    const edge = this.edge.getContext("2d");
    this.stripes ||= edge.createPattern(stripes(), "repeat");
    this.stripes.setTransform(new DOMMatrix([this.density, 0, 0, this.density, this.march * this.density, 0]));
    fill(edge, this.stripes);
  }
}

/** Colour everything that is there, and nothing else. */
function fill(context, style) {
  context.globalCompositeOperation = "source-in";
  context.fillStyle = style;
  context.fillRect(0, 0, context.canvas.width, context.canvas.height);
}

/** Diagonal stripes, dark and light. */
function stripes() {
  const side = 2 * DASH;
  const tile = blank(side, side);
  const context = tile.getContext("2d");
  for (let y = 0; y < side; y += 1) {
    for (let x = 0; x < side; x += 1) {
      context.fillStyle = (x + y) % side < DASH ? "#fff" : "#1d1b25";
      context.fillRect(x, y, 1, 1);
    }
  }
  return tile;
}
