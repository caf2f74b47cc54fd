// Two pictures laid over each other, with a divider to be dragged between them. Used by the web chat, too.

import { h } from "./dom.js";

const STEP = 2; // percent a key moves the divider
const LEAP = 10;
const SAME_SHAPE = 1.02; // between the ratios of width to height

/** The slider for two pictures ({src, label, width, height, alt}), as large as what it stands in allows.
 *
 *  Pictures of one shape cover each other. Others keep their scale, centred, in a frame that holds both.
 */
export function slider(before, after) {
  const frame = frameFor(before, after);
  const handle = h("div", { class: "slider-handle", role: "slider", tabindex: "0", "aria-valuemin": "0", "aria-valuemax": "100",
    "aria-orientation": "horizontal", "aria-label": `Divider between ${before.label} and ${after.label}` }, h("span", { "aria-hidden": "true" }));
  const stage = h("div", { class: "slider" },
    side("after", after, frame), side("before", before, frame), handle);
  stage.style.setProperty("--ratio", frame.width / frame.height);
  const put = (percent) => {
    const at = Math.min(100, Math.max(0, percent));
    stage.style.setProperty("--at", `${at}%`);
    handle.setAttribute("aria-valuenow", String(Math.round(at)));
    handle.setAttribute("aria-valuetext", `${before.label} on the left ${Math.round(at)} %, ${after.label} on the right`);
  };
  put(50);
  listenTo(stage, handle, put);
  return stage;
}

/** The frame in pixels, and whether its pictures fill it. */
function frameFor(before, after) {
  const ratios = [before, after].map((one) => one.width / one.height);
  if (Math.max(...ratios) / Math.min(...ratios) < SAME_SHAPE) return { width: before.width, height: before.height, filled: true };
  return { width: Math.max(before.width, after.width), height: Math.max(before.height, after.height), filled: false };
}

function side(name, picture, frame) {
  const image = h("img", { src: picture.src, alt: picture.alt, draggable: "false", decoding: "async" });
  image.style.width = frame.filled ? "100%" : `${(100 * picture.width) / frame.width}%`;
  image.style.height = frame.filled ? "100%" : `${(100 * picture.height) / frame.height}%`;
  const box = h("div", { class: `slider-side ${name}` }, image, h("span", { class: "slider-label" }, picture.label));
  image.addEventListener("error", () => {
    image.remove();
    box.append(h("p", { class: "slider-lost" }, `${picture.label} cannot be shown. Reload the page.`));
  }, { once: true });
  return box;
}

function listenTo(stage, handle, put) {
  const follow = (event) => {
    const box = stage.getBoundingClientRect();
    put((100 * (event.clientX - box.left)) / box.width);
  };
  stage.addEventListener("pointerdown", (event) => {
    if (event.button) return;
    stage.setPointerCapture(event.pointerId);
    handle.focus({ preventScroll: true });
    event.preventDefault();
    follow(event);
  });
  stage.addEventListener("pointermove", (event) => { if (stage.hasPointerCapture(event.pointerId)) follow(event); });
  handle.addEventListener("keydown", (event) => {
    const now = Number(handle.getAttribute("aria-valuenow"));
    const step = event.shiftKey ? LEAP : STEP;
    const to = { ArrowLeft: now - step, ArrowDown: now - step, ArrowRight: now + step, ArrowUp: now + step,
      PageDown: now - LEAP, PageUp: now + LEAP, Home: 0, End: 100 }[event.key];
    if (to === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    event.stopPropagation();
    put(to);
  });
}
