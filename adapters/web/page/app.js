// The page: a channel, a thread beside it, and the feed that keeps both alive.

import { channel, get, listen, post } from "./api.js";
import { Channels } from "./channels.js";
import { Composer } from "./composer.js";
import { announce, h, icon } from "./dom.js";
import { openLightbox, setUpLightbox } from "./lightbox.js";
import { MessageList } from "./list.js";
import { Whispers } from "./whispers.js";

const EXAMPLES = [
  ["A red fox in fresh snow", "/imagine a red fox in fresh snow, soft morning light"],
  ["A poster for a summer sale", '/imagine a poster for our summer sale, the words "SUMMER SALE" --ar 2:3'],
  ["Mountains above a lake", "/imagine snowy mountains above a still lake at sunset --ar 16:9"],
  ["A lighthouse in four moods", "/imagine a lighthouse on a cliff, painted --n 4"],
];

const STAYS = /^v1:(cancel|try_again|report|approve|reject|remove|remove_words|dismiss|share|discard|show_me):/; // answered there
const TOUCH = matchMedia("(hover: none)").matches; // focus would call up the keyboard over the pictures
const byId = (id) => document.getElementById(id);
const mainRoom = byId("main");
const threadRoom = byId("thread");
const page = { openThread: null, main: null, thread: null, me: null, reading: 0, waiting: [] };

// ── Starting ────────────────────────────────────────────────────────────────────────────────────────────────────

async function start() {
  page.me = await get("/api/me");
  page.channels = new Channels(byId("channel"), byId("channels"), page.me.user);
  byId("engine").textContent = page.me.engine;
  byId("engine").title = page.me.engine;
  byId("me").textContent = page.me.name;
  byId("me").setAttribute("aria-label", `Your name: ${page.me.name}. Change it`);
  setUpLightbox();
  setUpName();
  setUpPage("gallery", page.me.gallery);
  setUpPage("admin", page.me.admin);
  page.main = room(mainRoom, { inChannel: true, threadOf: () => null, id: "main", label: `Message #${channel}`,
    placeholder: "/imagine what you want to see…" });
  page.thread = room(threadRoom, { inChannel: false, threadOf: () => page.openThread, id: "thread",
    label: "Reply in the thread", placeholder: "Say what should change…" });
  byId("thread-close").append(icon("close"), icon("back"));
  byId("thread-close").addEventListener("click", closeThread);
  byId("earlier").addEventListener("click", showEarlier);
  byId("examples").append(...EXAMPLES.map(([label, words]) => h("li", {},
    h("button", { class: "example", type: "button", onclick: () => page.main.composer.send(words) }, h("strong", {}, label), h("span", {}, words)))));
  addEventListener("hashchange", () => inPeace(followAddress));
  for (const kind of ["dragover", "drop"]) addEventListener(kind, keepThePage);
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && page.openThread && !document.querySelector("dialog[open], :popover-open")) closeThread();
  });
  listen({ onOpen: refresh, onEvent: heard, isWaiting: () => page.main.list.isWaiting || page.thread.list.isWaiting,
    onLost: () => { byId("offline").textContent = "Reconnecting…"; byId("offline").hidden = false; } });
  document.addEventListener("visibilitychange", () => { if (!document.hidden) document.title = page.channels.title; });
  if (!TOUCH) page.main.composer.focus();
}

/** A file dropped beside the rooms must not replace the page with itself. */
function keepThePage(event) {
  if ([...event.dataTransfer.types].includes("Files")) event.preventDefault();
}

/** A list, its composer and its whispers. */
function room(element, { inChannel, threadOf, id, label, placeholder }) {
  const scroller = element.querySelector(".scroll");
  const list = new MessageList(element.querySelector(".messages"), scroller, {
    inChannel,
    me: () => page.me.user,
    boxes: new Map(),
    open: (picture, from) => openLightbox(picture, list.pictures(), from),
    openThread: (message) => openThread(message),
    seenIn: (message, button) => threadOf() || (opensThread(message, button) ? message.id : null),
    pressed: (message, button) => { if (inChannel && opensThread(message, button)) openThread(message.id); },
  });
  const composer = new Composer(element, { id, label, placeholder, threadOf, hints: page.me.hints,
    onSend: () => {
      const clear = whispers.dealtWith();
      return () => { clear(); list.stuck = true; list.toEnd(); };
    } });
  const whispers = new Whispers(element.querySelector(".whispers"), (whisper) => whisper.thread === threadOf(), composer, openLightbox);
  return { list, composer, whispers };
}

/** Whether what a button does shows in its picture's thread. */
const opensThread = (message, button) => message.card.images.length > 0 && !STAYS.test(button.id);

/** Read everything anew: at the start, and whenever the connection was lost. */
const refresh = () => inPeace(async () => {
  try {
    const { messages, more, whispers, channels } = await get("/api/history");
    page.channels.show(channels);
    if (!page.main.list.reset(messages, { tail: true })) byId("earlier").hidden = !more;
    page.main.whispers.reset(whispers);
    byId("offline").hidden = true;
    showEmpty();
    if (page.main.list.stuck) page.main.list.toEnd();
    await followAddress();
  } catch (error) {
    byId("offline").textContent = error.answered ? error.message : "Reconnecting…";
    byId("offline").hidden = false;
  }
});

/** What happens while something is read waits until it is shown: an older answer never covers newer news. */
async function inPeace(read) {
  page.reading += 1;
  try {
    await read();
  } finally {
    page.reading -= 1;
    if (!page.reading) page.waiting.splice(0).forEach(happened);
  }
}

async function showEarlier() {
  const first = page.main.list.messages.values().next().value;
  try {
    const { messages, more } = await get("/api/history", { before: first.at });
    page.main.list.prepend(messages);
    byId("earlier").hidden = !more;
  } catch (error) {
    byId("earlier").textContent = error.message;
  }
}

function showEmpty() {
  byId("empty").hidden = page.main.list.size > 0;
}

// ── What happens ────────────────────────────────────────────────────────────────────────────────────────────────

function heard(event) {
  page.channels.add(event.channel);
  if (event.channel !== channel) return;
  if (page.reading) page.waiting.push(event);
  else happened(event);
}

function happened(event) {
  if (event.type === "said") said(event.message);
  else if (event.type === "thread") page.main.list.patch(event.root, { replies: event.replies, newest: event.newest, last: event.last });
  else if (event.type === "whisper") {
    page.main.whispers.put(event.whisper);
    if (page.openThread) page.thread.whispers.put(event.whisper);
  } else if (event.type === "dismissed") {
    page.main.whispers.remove(event.id);
    page.thread.whispers.remove(event.id);
  }
}

function said(message) {
  const known = page.main.list.get(message.id) || page.thread.list.get(message.id);
  if (!message.thread) {
    page.main.list.put(message);
    showEmpty();
  }
  if (page.openThread && [message.thread, message.id].includes(page.openThread)) page.thread.list.put(message);
  if (message.card && message.card.tone === "progress" && !known) announce(message.card.title);
  if (message.card && message.card.tone !== "progress") {
    announce(message.card.summary);
    if (document.hidden) document.title = `● ${page.channels.title}`;
  }
  if (message.thread && message.card && message.thread !== page.openThread && isMine(message)) openThread(message.thread);
}

/** An answer to what I said at the top of the channel: its thread opens by itself. */
function isMine(message) {
  const root = page.main.list.get(message.thread);
  return Boolean(root && !root.card && root.user === page.me.user && message.card.tone === "progress" && !page.openThread);
}

// ── The thread beside ───────────────────────────────────────────────────────────────────────────────────────────

function openThread(id) {
  if (page.openThread === id) { page.thread.composer.focus(); return; }
  location.hash = `thread=${id}`;
}

function closeThread() {
  const from = page.openThread;
  history.pushState(null, "", location.pathname + location.search);
  inPeace(followAddress);
  page.main.list.focusThread(from);
}

/** Show the thread in the address, so that a reload and the Back button work. */
async function followAddress() {
  const id = new URLSearchParams(location.hash.slice(1)).get("thread");
  const changed = id !== page.openThread;
  page.openThread = id;
  threadRoom.hidden = !id;
  byId("rooms").classList.toggle("with-thread", Boolean(id));
  if (!id) return;
  if (changed) {
    page.thread.list.reset([]);
    page.thread.whispers.reset([]);
    page.thread.composer.switchTo(id);
  }
  try {
    const { root, messages, whispers } = await get("/api/thread", { thread: id });
    if (page.openThread !== id) return;
    page.thread.list.reset([root, ...messages]);
    page.thread.whispers.reset(whispers);
    byId("thread-about").textContent = root.card ? root.card.prompt : root.text;
  } catch (error) {
    if (page.openThread === id) page.thread.composer.complain(error.message);
    return;
  }
  if (!changed) return;
  page.thread.list.stuck = true;
  page.thread.list.toEnd();
  page.thread.composer.fit();
  if (!TOUCH) page.thread.composer.focus();
}

// ── The gallery, the admin page ─────────────────────────────────────────────────────────────────────────────────

/** They open beside, by a link made for me. The tab is opened first: later, browsers take it for a popup. */
function setUpPage(name, isHere) {
  byId(name).hidden = !isHere;
  byId(name).addEventListener("click", async () => {
    const tab = open("about:blank", "_blank");
    try {
      const { url } = await post("/api/link", { page: name, channel });
      if (tab) tab.location = url;
      else location.assign(url);
    } catch (error) {
      tab?.close();
      page.main.composer.complain(error.message);
    }
  });
}

// ── My name ─────────────────────────────────────────────────────────────────────────────────────────────────────

function setUpName() {
  const dialog = byId("ask");
  const problem = byId("ask-problem");
  byId("ask-id").textContent = `user:${page.me.user}`;
  byId("me").addEventListener("click", () => {
    byId("ask-name").value = page.me.name;
    problem.hidden = true;
    dialog.showModal();
    byId("ask-name").select();
  });
  byId("ask-cancel").addEventListener("click", () => dialog.close());
  dialog.querySelector("form").addEventListener("submit", async (event) => {
    event.preventDefault();
    try {
      page.me.name = (await post("/api/me", { name: byId("ask-name").value })).name;
      byId("me").textContent = page.me.name;
      byId("me").setAttribute("aria-label", `Your name: ${page.me.name}. Change it`);
      dialog.close();
    } catch (error) {
      problem.textContent = error.message;
      problem.hidden = false;
    }
  });
}

start().catch((error) => {
  byId("offline").hidden = false;
  byId("offline").textContent = error.message;
});
