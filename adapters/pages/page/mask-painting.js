// What was painted, as strokes: drawn at any size, undone one by one. Points are in pixels of the picture.

const WORK_EDGE = 2048; // pixels of the canvas that is looked at; what is sent is drawn anew at the picture's own size
const SHARE_EDGE = 400;
const KEPT_APART = 30; // strokes that are drawn again at an undo; earlier ones are one picture

/** A stroke: {kind, erase, size, points: [[x, y, width], …]}; kind is brush, rectangle, lasso, invert or clear. */
export class Painting extends EventTarget {
  constructor(width, height) {
    super();
    this.width = width;
    this.height = height;
    this.strokes = [];
    this.undone = [];
    this.revision = 0;
    this.scale = Math.min(1, WORK_EDGE / Math.max(width, height));
    this.canvas = blank(width * this.scale, height * this.scale);
    const small = Math.min(1, SHARE_EDGE / Math.max(width, height));
    this.small = blank(width * small, height * small);
    this.early = { canvas: blank(this.canvas.width, this.canvas.height), count: 0 };
    this.marked = 0; // the share of the picture, 0 to 1
  }

  /** Draw what was added to a stroke since its point `from`, without keeping it: it may still be taken back. */
  sketch(stroke, from) {
    paint(this.canvas, [stroke], this.scale, from);
  }

  add(stroke, { isDrawn = false } = {}) {
    this.strokes.push(stroke);
    this.undone = [];
    if (isDrawn) this.changed(); else this.redraw([stroke]);
  }

  undo() {
    if (!this.strokes.length) return false;
    this.undone.push(this.strokes.pop());
    this.redraw();
    return true;
  }

  redo() {
    if (!this.undone.length) return false;
    const stroke = this.undone.pop();
    this.strokes.push(stroke);
    this.redraw([stroke]);
    return true;
  }

  /** Begin with other strokes: none, or those of a draft. */
  replace(strokes) {
    this.strokes = [...strokes];
    this.undone = [];
    this.early.count = Infinity; // what it shows is gone
    this.redraw();
  }

  /** Draw everything again, or only what came on top. */
  redraw(added = null) {
    if (added) {
      paint(this.canvas, added, this.scale);
    } else {
      this.settle();
      wipe(this.canvas);
      this.canvas.getContext("2d").drawImage(this.early.canvas, 0, 0);
      paint(this.canvas, this.strokes.slice(this.early.count), this.scale);
    }
    this.changed();
  }

  /** Bring the picture of the early strokes up to date. */
  settle() {
    const { early, strokes } = this;
    const upTo = Math.max(0, strokes.length - KEPT_APART);
    if (early.count > strokes.length) {
      wipe(early.canvas);
      early.count = 0;
    }
    if (upTo > early.count) {
      paint(early.canvas, strokes.slice(early.count, upTo), this.scale);
      early.count = upTo;
    }
  }

  changed() {
    this.revision += 1;
    this.marked = this.measure();
    this.dispatchEvent(new Event("change"));
  }

  measure() {
    const context = this.small.getContext("2d", { willReadFrequently: true });
    context.clearRect(0, 0, this.small.width, this.small.height);
    context.imageSmoothingQuality = "high";
    context.drawImage(this.canvas, 0, 0, this.small.width, this.small.height);
    const { data } = context.getImageData(0, 0, this.small.width, this.small.height);
    let sum = 0;
    for (let at = 3; at < data.length; at += 4) sum += data[at];
    return sum / 255 / (data.length / 4);
  }

  /** A PNG of the picture's own size: white where it may change, black elsewhere. */
  async file() {
    const canvas = blank(this.width, this.height);
    paint(canvas, this.strokes, 1);
    const context = canvas.getContext("2d");
    context.globalCompositeOperation = "destination-over";
    context.fillStyle = "#000";
    context.fillRect(0, 0, canvas.width, canvas.height);
    const file = await new Promise((resolve) => canvas.toBlob(resolve, "image/png"));
    canvas.width = canvas.height = 0; // some browsers free it late
    return file;
  }
}

export function blank(width, height) {
  const canvas = document.createElement("canvas");
  canvas.width = Math.max(1, Math.round(width));
  canvas.height = Math.max(1, Math.round(height));
  return canvas;
}

export function wipe(canvas) {
  const context = canvas.getContext("2d");
  context.setTransform(1, 0, 0, 1, 0, 0);
  context.globalCompositeOperation = "source-over";
  context.clearRect(0, 0, canvas.width, canvas.height);
}

function paint(canvas, strokes, scale, from = 0) {
  const context = canvas.getContext("2d");
  context.save();
  context.setTransform(scale, 0, 0, scale, 0, 0);
  context.fillStyle = context.strokeStyle = "#fff";
  context.lineCap = context.lineJoin = "round";
  for (const stroke of strokes) {
    context.globalCompositeOperation = stroke.erase ? "destination-out" : "source-over";
    KINDS[stroke.kind](context, stroke, from, [canvas.width / scale, canvas.height / scale]);
  }
  context.restore();
}

const KINDS = {
  brush(context, { points, size }, from) {
    if (from === 0) {
      context.beginPath();
      context.arc(points[0][0], points[0][1], (size * points[0][2]) / 2, 0, 2 * Math.PI);
      context.fill();
    }
    for (let at = Math.max(from, 1); at < points.length;) {
      const width = points[at][2];
      context.lineWidth = size * width;
      context.beginPath();
      context.moveTo(points[at - 1][0], points[at - 1][1]);
      while (at < points.length && points[at][2] === width) {
        context.lineTo(points[at][0], points[at][1]);
        at += 1;
      }
      context.stroke();
    }
  },
  rectangle(context, { points: [[x, y], [otherX, otherY]] }) {
    context.fillRect(x, y, otherX - x, otherY - y);
  },
  lasso(context, { points }) {
    context.beginPath();
    for (const [x, y] of points) context.lineTo(x, y);
    context.fill();
  },
  invert(context, _stroke, _from, [width, height]) {
    context.globalCompositeOperation = "xor";
    context.fillRect(0, 0, width, height);
  },
  clear(context, _stroke, _from, [width, height]) {
    context.clearRect(0, 0, width, height);
  },
};
