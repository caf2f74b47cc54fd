// Paint where a picture may change. This file fetches what is painted on and ties the parts together.

import { announce, ask, here } from "./base.js";
import { Draft } from "./mask-draft.js";
import { Hand } from "./mask-hand.js";
import { followKeys } from "./mask-keys.js";
import { Painting } from "./mask-painting.js";
import { followPointers } from "./mask-pointers.js";
import { countDown, followForm } from "./mask-send.js";
import { View } from "./mask-view.js";

const SMALLEST = 0.004; // the brush, as a part of the picture's longer edge
const LARGEST = 0.3;
const ZOOM = 1.3;

const at = (id) => document.getElementById(id);

async function open() {
  try {
    const about = await ask(`${here}/about`);
    countDown(about.seconds);
    const picture = await fetched(`${here}/picture`);
    describe(about);
    start(about, picture);
    at("loading").hidden = true;
  } catch (error) {
    at("loading").textContent = error.message || "The picture cannot be shown. Reload the page.";
    at("loading").setAttribute("role", "alert");
  }
}

async function fetched(address) {
  const picture = new Image();
  picture.src = address;
  await picture.decode().catch(() => { throw new Error("The picture did not arrive. Reload the page."); });
  return picture;
}

function describe({ title, prompt, width, height }) {
  at("title").textContent = `Paint where ${title} may change`;
  document.title = `Paint where ${title} may change · Retouch`;
  at("stage").setAttribute("aria-label", `Picture ${title}, ${width} by ${height} pixels: ${prompt.slice(0, 300) || "without words"}`);
}

function start(about, picture) {
  const painting = new Painting(about.width, about.height);
  const view = new View(at("stage"), picture, painting);
  const hand = new Hand(painting, view);
  const space = { isDown: false, used: false };
  const draft = new Draft(about.key);
  at("stage").addEventListener("zoomed", ({ detail }) => at("fit").setAttribute("aria-disabled", String(detail.isFitted)));
  view.fit();
  const does = actions(painting, view, hand);
  showShare(painting);
  followTools(hand, view, does);
  keepDraft(draft, painting);
  does.send = followForm(painting, { onSent: () => draft.drop(), onAgain: () => painting.replace([]) });
  followPointers(view, hand, space);
  followKeys(view, hand, space, does);
  hand.addEventListener("said", ({ detail }) => announce(detail.withShare ? `${detail.words} ${told(painting)}.` : detail.words));
}

// ── what buttons and keys do ──

function actions(painting, view, hand) {
  const say = (words) => hand.say(words, true);
  const whole = (kind, words) => () => {
    hand.cancel();
    painting.add({ kind, erase: false, size: 0, points: [] });
    say(words);
  };
  const does = {
    undo: () => { hand.cancel(); if (painting.undo()) say("Undone."); },
    redo: () => { hand.cancel(); if (painting.redo()) say("Done again."); },
    invert: whole("invert", "Inverted."),
    clear: () => { if (painting.marked) whole("clear", "Cleared.")(); },
    in: () => view.zoom(ZOOM),
    out: () => view.zoom(1 / ZOOM),
    fit: () => view.fit(),
    help: () => at("keys").showModal(),
    tool: (name) => choose(hand, view, name),
    size: (by) => resize(hand, view, Number(at("size").value) + by),
  };
  const tools = Object.fromEntries(["brush", "eraser", "rectangle", "lasso"].map((name) => [name[0], () => does.tool(name)]));
  does.keys = {
    ...tools, "[": () => does.size(-5), "]": () => does.size(5), i: does.invert, "?": does.help, 0: does.fit,
    "+": does.in, "=": does.in, "-": does.out, Delete: does.clear, Backspace: does.clear,
  };
  return does;
}

function followTools(hand, view, does) {
  for (const button of document.querySelectorAll("[data-tool]")) {
    button.addEventListener("click", () => does.tool(button.dataset.tool));
  }
  for (const name of ["undo", "redo", "invert", "clear", "in", "out", "fit", "help"]) {
    at(name).addEventListener("click", does[name]);
  }
  at("size").addEventListener("input", () => does.size(0));
  does.size(0);
}

function choose(hand, view, name) {
  hand.cancel();
  hand.tool = name;
  for (const button of document.querySelectorAll("[data-tool]")) {
    button.setAttribute("aria-pressed", String(button.dataset.tool === name));
  }
  view.request();
  announce(`${hand.name}.`);
}

/** The slider runs from 0 to 100 in even ratios: each step is as much larger as the one before. */
function resize(hand, view, value) {
  at("size").value = value;
  const edge = Math.max(view.painting.width, view.painting.height);
  hand.size = Math.max(1, edge * SMALLEST * (LARGEST / SMALLEST) ** (at("size").value / 100));
  at("size").setAttribute("aria-valuetext", `${Math.round(hand.size)} pixels of the picture`);
  view.request();
}

// ── what is told ──

function told({ marked }) {
  if (!marked) return "Nothing is marked";
  return `${percent(marked)} of the picture is marked`;
}

function percent(share) {
  const rounded = Math.round(100 * share);
  if (rounded < 1) return "Less than 1 %";
  return rounded > 99 && share < 0.9995 ? "More than 99 %" : `${rounded} %`;
}

function showShare(painting) {
  const show = () => {
    at("share").textContent = painting.marked ? `${percent(painting.marked)} marked` : "Nothing marked";
    at("undo").disabled = !painting.strokes.length;
    at("redo").disabled = !painting.undone.length;
    at("clear").disabled = !painting.marked;
  };
  painting.addEventListener("change", show);
  show();
}

// ── what is kept ──

function keepDraft(draft, painting) {
  const current = () => ({ strokes: painting.strokes, words: at("words").value });
  const isUnsent = () => at("done").hidden && painting.marked > 0;
  const found = draft.read();
  if (found) restore(found, painting);
  painting.addEventListener("change", () => { if (at("done").hidden) draft.keep(current); });
  at("words").addEventListener("input", () => draft.keep(current));
  addEventListener("pagehide", () => { if (isUnsent()) draft.write(current()); });
  addEventListener("beforeunload", (event) => { if (isUnsent()) event.preventDefault(); });
}

function restore({ strokes, words }, painting) {
  try {
    painting.replace(strokes);
    at("words").value = words;
    announce(`What you painted before is here again. ${told(painting)}.`);
  } catch {
    painting.replace([]); // kept by an older page
  }
}

open();
