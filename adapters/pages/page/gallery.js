// The gallery: three walls, one search, more of it on demand. The address keeps the wall and the words.

import { h, icon, moment } from "./dom.js";
import { Problem, ask, base, starButton } from "./shelf.js";

const PAUSE = 250; // ms after the last letter
const CLAMP = [0.6, 2.2]; // a tile's width to its height; what is beyond is cut at its edges
const EMPTY = {
  mine: ["You have made no pictures here yet.", "Go back to the chat and type /imagine with what you want to see."],
  channel: ["Nobody has made a picture in this channel yet.", "Go back to the chat and type /imagine with what you want to see."],
  starred: ["You have starred nothing yet.", "Press the star on a picture that you want to find again."],
};

const byId = (id) => document.getElementById(id);
const tabs = [...document.querySelectorAll("[role=tab]")];
const page = { wall: "channel", words: "", next: "", shown: 0, turn: 0 };

function start() {
  const query = new URLSearchParams(location.search);
  page.wall = EMPTY[query.get("wall")] ? query.get("wall") : "channel";
  page.words = (query.get("words") || "").slice(0, 500);
  byId("words").value = page.words;
  byId("search").prepend(icon("search"));
  byId("search").addEventListener("submit", (event) => { event.preventDefault(); search(); });
  byId("words").addEventListener("input", later(search));
  byId("more").addEventListener("click", more);
  for (const tab of tabs) tab.addEventListener("click", () => choose(tab.dataset.wall));
  document.querySelector(".tabs").addEventListener("keydown", walkTabs);
  show();
}

function later(work) {
  let timer = 0;
  return () => { clearTimeout(timer); timer = setTimeout(work, PAUSE); };
}

function choose(wall) {
  page.wall = wall;
  page.words = byId("words").value.trim();
  show();
}

function search() {
  const words = byId("words").value.trim();
  if (words === page.words) return;
  page.words = words;
  show();
}

function walkTabs(event) {
  const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
  if (!step) return;
  const next = tabs[(tabs.findIndex((tab) => tab.dataset.wall === page.wall) + step + tabs.length) % tabs.length];
  event.preventDefault();
  next.focus();
  choose(next.dataset.wall);
}

/** The wall from its beginning. */
async function show() {
  for (const tab of tabs) {
    const chosen = tab.dataset.wall === page.wall;
    tab.setAttribute("aria-selected", String(chosen));
    tab.tabIndex = chosen ? 0 : -1;
    if (chosen) byId("panel").setAttribute("aria-labelledby", tab.id);
  }
  const query = new URLSearchParams({ wall: page.wall, ...(page.words ? { words: page.words } : {}) });
  history.replaceState(null, "", `${location.pathname}?${query}`);
  byId("panel").setAttribute("aria-busy", "true");
  await read("", (items) => {
    page.shown = 0;
    byId("wall").replaceChildren();
    hang(items);
  });
}

async function more() {
  byId("more").disabled = true;
  await read(page.next, (items) => {
    const first = hang(items);
    first?.querySelector("a").focus({ preventScroll: true });
  });
  byId("more").disabled = false;
}

/** Ask for a page of the wall; an answer that something newer overtook is dropped. */
async function read(before, put) {
  const turn = ++page.turn;
  const query = new URLSearchParams({ wall: page.wall, words: page.words, before });
  try {
    const { items, next } = await ask(`${base}/list?${query}`);
    if (turn !== page.turn) return;
    page.next = next;
    complain("");
    put(items);
    say();
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    if (turn === page.turn) complain(error.message);
  } finally {
    if (turn === page.turn) byId("panel").removeAttribute("aria-busy");
  }
}

function complain(sentence) {
  byId("problem").textContent = sentence;
  byId("problem").hidden = !sentence;
}

/** How many there are, or what to do where there are none. */
function say() {
  const none = page.shown === 0;
  const [title, next] = page.words
    ? [`No pictures with “${page.words}” here.`, "Try fewer or other words, or another tab."] : EMPTY[page.wall];
  byId("empty").hidden = !none;
  byId("empty-title").textContent = none ? title : "";
  byId("empty-next").textContent = none ? next : "";
  byId("more").hidden = !page.next;
  const counted = `${page.next ? "The newest " : ""}${page.shown} ${page.shown === 1 ? "picture" : "pictures"}`;
  byId("count").textContent = none ? "" : counted + (page.words ? ` with “${page.words}”` : "");
}

function hang(items) {
  const tiles = items.map(tile);
  page.shown += tiles.length;
  byId("wall").append(...tiles);
  return tiles[0];
}

function tile(item) {
  const ratio = Math.min(CLAMP[1], Math.max(CLAMP[0], item.width / item.height));
  const count = item.count > 1 ? h("span", { class: "many" }, `${item.count} pictures`) : null;
  const element = h("li", { class: "tile" },
    h("a", { href: `${base}/thread/${item.thread}#${item.id}` }, h("img", { src: item.src, alt: item.alt, loading: "lazy", decoding: "async" }), count),
    starButton(item.id, { starred: item.starred, label: `${item.number}: ${item.prompt.slice(0, 60)}`, onProblem: complain }),
    h("p", { class: "prompt", dir: "auto", title: item.prompt }, item.prompt || "Uploaded picture"),
    h("p", { class: "about" }, h("b", {}, item.number), h("bdi", {}, item.who), h("time", { datetime: new Date(item.when).toISOString() }, moment(item.when))),
    item.ai ? h("p", { class: "about", dir: "auto" }, item.ai) : null);
  element.style.setProperty("--ratio", ratio);
  return element;
}

start();
