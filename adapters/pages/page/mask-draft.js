// A painting outlives its link: a fresh link to the same picture, or a reload, finds it in this browser again.

const PREFIX = "retouch-mask:";
const LASTS_MS = 24 * 3600 * 1000;
const WAIT_MS = 400;

export class Draft {
  constructor(key) {
    this.key = PREFIX + key;
    this.timer = 0;
    sweep();
  }

  /** The strokes and words that were kept, or null. */
  read() {
    try {
      const { strokes, words } = JSON.parse(localStorage.getItem(this.key));
      return Array.isArray(strokes) ? { strokes, words: String(words) } : null;
    } catch {
      return null;
    }
  }

  /** Keep what `current` returns, once it has been quiet for a moment. */
  keep(current) {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.write(current()), WAIT_MS);
  }

  write({ strokes, words }) {
    try {
      if (strokes.length || words) localStorage.setItem(this.key, JSON.stringify({ at: Date.now(), strokes, words }));
      else localStorage.removeItem(this.key);
    } catch {
      // no room, or not allowed: the painting is on the page all the same
    }
  }

  drop() {
    clearTimeout(this.timer);
    this.write({ strokes: [], words: "" });
  }
}

/** Forget drafts of yesterday. */
function sweep() {
  try {
    for (const key of Object.keys(localStorage).filter((one) => one.startsWith(PREFIX))) {
      if (!(JSON.parse(localStorage.getItem(key))?.at > Date.now() - LASTS_MS)) localStorage.removeItem(key);
    }
  } catch {
    // nothing can be read, so nothing is kept
  }
}
