// Full view: the original, arrows to its neighbours, Esc back to where you were. <dialog> keeps the focus inside.

import { icon } from "./dom.js";

const part = (name) => document.getElementById(name ? `lightbox-${name}` : "lightbox");

let pictures = [];
let at = 0;
let opener = null;

export function setUpLightbox() {
  part("save").append(icon("download"));
  part("close").append(icon("close"));
  part("previous").append(icon("back"));
  part("next").append(icon("next"));
  part("close").addEventListener("click", () => part().close());
  part("previous").addEventListener("click", () => show(at - 1));
  part("next").addEventListener("click", () => show(at + 1));
  part().addEventListener("close", () => { part("picture").removeAttribute("src"); if (opener?.isConnected) opener.focus(); });
  part().addEventListener("click", (event) => { if (event.target.matches("dialog, .stage")) part().close(); });
  part().addEventListener("keydown", (event) => {
    if (event.key === "ArrowLeft") show(at - 1);
    else if (event.key === "ArrowRight") show(at + 1);
    else if (event.key === "Escape") event.stopPropagation();
  });
}

/** Open `picture`; `all` are those the arrows go through. */
export function openLightbox(picture, all, from) {
  opener = from || document.activeElement;
  const index = all.includes(picture) ? all.indexOf(picture) : all.findIndex((one) => one.full === picture.full);
  pictures = index < 0 ? [picture] : all;
  part().showModal();
  show(Math.max(0, index));
  part("close").focus();
}

function show(index) {
  if (index < 0 || index >= pictures.length) return;
  at = index;
  const picture = pictures[at];
  part("picture").src = picture.full;
  part("picture").alt = picture.alt;
  part("caption").textContent = picture.alt;
  part("about").textContent = pictures.length > 1 ? `${at + 1} of ${pictures.length}` : "";
  part("save").hidden = !picture.download;
  part("save").href = picture.download || "#";
  part("save").download = picture.name;
  part("previous").hidden = pictures.length < 2;
  part("next").hidden = pictures.length < 2;
  part("previous").disabled = at === 0;
  part("next").disabled = at === pictures.length - 1;
}
