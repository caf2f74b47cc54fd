// The hand that paints: one stroke at a time, begun, moved and ended by a pointer or by keys.

const NAMES = { brush: "Brush", eraser: "Eraser", rectangle: "Rectangle", lasso: "Lasso" };

export class Hand extends EventTarget {
  constructor(painting, view) {
    super();
    Object.assign(this, { painting, view });
    this.tool = "brush";
    this.size = 1; // of the brush, in pixels of the picture
    this.stroke = null;
    this.pointer = null; // the spot under the mouse or pen: there the brush is shown
    this.crosshair = null; // the spot the keys have moved to
    view.hand = this;
  }

  get name() {
    return NAMES[this.tool];
  }

  get isBusy() {
    return this.stroke !== null;
  }

  get isShape() {
    return this.stroke ? this.stroke.kind !== "brush" : this.tool === "rectangle" || this.tool === "lasso";
  }

  begin([x, y], { width = 1, erase = false } = {}) {
    const kind = this.tool === "eraser" ? "brush" : this.tool;
    this.stroke = { kind, erase: erase || this.tool === "eraser", size: this.size, points: [[x, y, width]] };
    if (!this.isShape) this.painting.sketch(this.stroke, 0);
    this.view.refresh();
  }

  move([x, y], width = 1) {
    if (!this.stroke) return;
    const { points, kind } = this.stroke;
    if (kind === "rectangle") points.length = 1;
    points.push([round(x), round(y), width]);
    if (!this.isShape) this.painting.sketch(this.stroke, points.length - 1);
    this.view[this.isShape ? "request" : "refresh"]();
  }

  end() {
    const { stroke } = this;
    if (!stroke) return;
    this.stroke = null;
    this.view.request();
    if (stroke.kind !== "brush" && !hasArea(stroke)) {
      this.say("That marks nothing: go further before you let go.");
      return;
    }
    this.painting.add(stroke, { isDrawn: stroke.kind === "brush" });
    this.say(stroke.erase && this.tool !== "eraser" ? `${this.name} taken away.` : `${this.name}.`, true);
  }

  /** Take the stroke in hand back. */
  cancel() {
    if (!this.stroke) return;
    this.stroke = null;
    this.painting.redraw();
  }

  say(words, withShare = false) {
    this.dispatchEvent(new CustomEvent("said", { detail: { words, withShare } }));
  }

  // ── what is seen of it ──

  show(context) {
    if (this.stroke && this.isShape) this.outline(context);
    if (this.crosshair) this.cross(context);
    const spot = this.crosshair || this.pointer;
    if (spot && !this.isShape) this.ring(context, spot);
  }

  place([x, y]) {
    return [this.view.x + x * this.view.scale, this.view.y + y * this.view.scale];
  }

  outline(context) {
    const places = this.stroke.points.map((point) => this.place(point));
    context.beginPath();
    if (this.stroke.kind === "rectangle" && places.length === 2) {
      const [[x, y], [otherX, otherY]] = places;
      context.rect(x, y, otherX - x, otherY - y);
    } else {
      for (const place of places) context.lineTo(...place);
      context.closePath();
    }
    context.fillStyle = this.stroke.erase ? "rgb(255 255 255 / .35)" : "rgb(255 30 120 / .3)";
    context.fill();
    twoTone(context, [5, 5]);
  }

  ring(context, spot) {
    context.beginPath();
    context.arc(...this.place(spot), Math.max(1, (this.size * this.view.scale) / 2), 0, 2 * Math.PI);
    twoTone(context, this.tool === "eraser" ? [4, 4] : []);
  }

  cross(context) {
    const [x, y] = this.place(this.crosshair);
    context.beginPath();
    for (const [dx, dy] of [[1, 0], [-1, 0], [0, 1], [0, -1]]) {
      context.moveTo(x + 4 * dx, y + 4 * dy);
      context.lineTo(x + 16 * dx, y + 16 * dy);
    }
    context.moveTo(x + 1, y);
    context.arc(x, y, 1, 0, 2 * Math.PI);
    twoTone(context, []);
  }
}

/** A thin light line over a wider dark one: one of them can be seen on any picture. */
function twoTone(context, dash) {
  context.setLineDash([]);
  context.lineWidth = 3.5;
  context.strokeStyle = "rgb(20 18 28 / .75)";
  context.stroke();
  context.setLineDash(dash);
  context.lineWidth = 1.5;
  context.strokeStyle = "#fff";
  context.stroke();
  context.setLineDash([]);
}

function hasArea({ points }) {
  const [xs, ys] = [0, 1].map((axis) => points.map((point) => point[axis]));
  return Math.max(...xs) - Math.min(...xs) >= 1 && Math.max(...ys) - Math.min(...ys) >= 1;
}

const round = (value) => Math.round(value * 10) / 10;
