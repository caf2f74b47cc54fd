// Pictures in a card. A box keeps its shape from the first moment, so nothing jumps when a picture arrives, and it
// lives on when its message is drawn again, so nothing flickers: previews and the finished picture fade over each other.

import { h, icon } from "./dom.js";

/** The grid of a card's pictures, finished or passing, or null where there are none. `room.boxes` keeps them. */
export function pictureBoxes(message, room) {
  const card = message.card;
  const wanted = card.images.length ? card.images : passing(card);
  if (!wanted.length) return null;
  const boxes = wanted.map((picture, index) => {
    const key = `${message.id}/${index}`;
    if (!room.boxes.has(key)) room.boxes.set(key, newBox());
    const box = room.boxes.get(key);
    fill(box, picture, message, room);
    return box;
  });
  return h("div", { class: boxes.length > 1 ? "pictures many" : "pictures" }, boxes);
}

/** What to show while it is drawn: as many boxes as pictures were asked for, each with its newest preview. */
function passing(card) {
  if (card.tone !== "progress") return [];
  const [width, height] = card.shape || [1, 1];
  const empty = { src: "", full: "", width, height, alt: "" };
  return Array.from({ length: card.count || 1 }, (_, index) => {
    const preview = (card.previews || []).find((one) => one.number === index + 1);
    return preview ? { ...empty, src: preview.src, alt: preview.alt } : empty;
  });
}

function newBox() {
  return h("button", { class: "picture", type: "button", disabled: true });
}

/** Whether a card's pictures are hidden until they are asked for, and this one was not yet. */
const isVeiled = (box, message, picture) => Boolean(message.card.spoiler && picture.src && !box.dataset.unveiled);

/** The pictures of a message that may be shown in full: not those that are hidden. */
export function openPictures(message, boxes) {
  return message.card.images.filter((picture, index) => {
    const box = boxes.get(`${message.id}/${index}`);
    return !box || !isVeiled(box, message, picture);
  });
}

function veil(box, picture, show) {
  box.disabled = false;
  box.classList.remove("drawing");
  box.classList.add("veiled");
  box.setAttribute("aria-label", `Show picture: ${picture.alt || "it is being drawn"}`);
  box.dataset.key = `picture${picture.full}`;
  if (!box.querySelector(".veil")) box.append(h("span", { class: "veil", "aria-hidden": "true" }, icon("eye"), "Show picture"));
  box.onclick = () => {
    box.dataset.unveiled = "yes";
    box.classList.remove("veiled");
    box.querySelector(".veil").remove();
    show();
  };
}

function fill(box, picture, message, room) {
  box.style.aspectRatio = `${picture.width} / ${picture.height}`;
  box.style.setProperty("--ratio", picture.width / picture.height);
  if (isVeiled(box, message, picture)) {
    veil(box, picture, () => fill(box, picture, message, room));
    return;
  }
  const done = Boolean(picture.full);
  box.disabled = !done;
  box.classList.toggle("drawing", !done);
  box.setAttribute("aria-label", done ? `Open full view: ${picture.alt}` : "Being drawn");
  box.onclick = done ? () => room.open(picture, box) : null;
  box.dataset.key = `picture${picture.full}`;
  const current = box.querySelector("img:last-of-type");
  if (!picture.src || (current && current.getAttribute("src") === picture.src)) return;
  const image = h("img", { src: picture.src, alt: done ? picture.alt : "", class: done ? "" : "preview", decoding: "async" });
  const arrived = () => {
    image.classList.add("here");
    setTimeout(() => { while (image.previousElementSibling?.tagName === "IMG") image.previousElementSibling.remove(); }, 500);
  };
  image.addEventListener("load", arrived, { once: true });
  image.addEventListener("error", () => {
    if (!done) { image.remove(); return; }
    box.classList.add("lost");
    image.classList.add("here");
  }, { once: true });
  box.append(image);
}
