// One message: a person's words, or a card of the bot's.

import { Problem, freshId, post } from "./api.js";
import { clock, h, icon, told } from "./dom.js";
import { pairBox } from "./pair.js";
import { pictureBoxes } from "./pictures.js";

/** The whole message as a list item. `room` is the list it stands in (its thread, its callbacks). */
export function messageItem(message, room) {
  const card = message.card;
  const body = h("div", { class: "said" }, heading(message, room), card ? cardBody(message, room) : words(message, room));
  if (room.inChannel) body.append(...threadLink(message, room));
  const label = card ? card.summary : `${message.name}: ${message.text}`;
  return h("li", { class: "message", "data-id": message.id, "data-tone": card ? card.tone : "person" },
    h("article", { "aria-label": label, tabindex: "-1" }, avatar(message), body));
}

function avatar(message) {
  if (message.card) return h("img", { class: "avatar", src: "/page/icon.svg", alt: "", width: 36, height: 36 });
  const tint = parseInt(message.user.slice(0, 4), 16) % 6 || 0;
  return h("span", { class: `avatar tint${tint}`, "aria-hidden": "true" }, [...message.name][0].toUpperCase());
}

function nameOf(message, room) {
  if (message.user !== room.me()) return message.name;
  if (message.card) return "you";
  return message.name === "Guest" ? "You" : message.name;
}

function heading(message, room) {
  const time = h("time", { datetime: new Date(message.at).toISOString() }, clock(message.at));
  if (!message.card) return h("p", { class: "who" }, h("strong", {}, h("bdi", {}, nameOf(message, room))), time);
  const asker = message.name ? h("span", { class: "for" }, "for ", h("bdi", {}, nameOf(message, room))) : null;
  return h("p", { class: "who" }, h("strong", {}, "Retouch"), asker, time);
}

function words(message, room) {
  const pictures = message.attachments.map((src, index) => {
    const about = { src, full: src, download: "", alt: `Picture ${index + 1} attached by ${message.name}`, name: "" };
    return h("button", { class: "attached", type: "button", "aria-label": `${about.alt}, open`,
      "data-key": `attached${index}`, onclick: () => room.open(about) }, h("img", { src, alt: about.alt, loading: "lazy" }));
  });
  return h("div", {}, message.text ? h("p", { class: "text", dir: "auto" }, message.text) : null,
    pictures.length ? h("div", { class: "attachments" }, pictures) : null);
}

function cardBody(message, room) {
  const card = message.card;
  const busy = card.tone === "progress";
  return h("div", { class: `card ${card.tone}` },
    card.prompt ? h("p", { class: "prompt", dir: "auto" }, card.prompt) : null,
    pictureBoxes(message, room),
    card.pair ? pairBox(card.pair) : null,
    h("div", { class: "meta" },
      h("p", { class: "title" }, busy ? h("span", { class: "pulse", "aria-hidden": "true" }) : null, told(card.title, card.live?.title)),
      card.footer ? h("p", { class: "footer" }, card.footer) : null),
    busy ? progress(card) : null,
    card.body ? h("p", { class: "body" }, told(card.body, card.live?.body)) : null,
    cardActions(message, room));
}

/** How far it is, where the card's facts say so ("40 %"). */
function progress(card) {
  const found = /(\d+) %/.exec(card.footer);
  const bar = h("progress", { class: "bar", max: 100, "aria-label": "Drawing" });
  if (found) bar.value = Number(found[1]);
  return bar;
}

/** A card's links, buttons and downloads in a row, or null. `message` has the card and its id; `room` hears of presses. */
export function cardActions(message, room) {
  const card = message.card;
  const buttons = card.buttons.map((button) => actionButton(button, message, room));
  const saves = card.images.map((image, index) => h("a", {
    class: "button", href: image.download, download: image.name, "data-key": `save${index}`,
    "aria-label": card.images.length > 1 ? `Download picture ${index + 1}` : `Download ${image.name}`,
  }, icon("download"), h("span", { class: card.images.length > 1 ? "" : "label" }, card.images.length > 1 ? String(index + 1) : "Download")));
  const links = linkButtons(card);
  if (!buttons.length && !saves.length && !links.length) return null;
  return h("div", { class: "actions" }, links, buttons, saves, h("p", { class: "problem", role: "alert", hidden: true }));
}

/** Pages that open beside this one. */
function linkButtons(card) {
  return card.links.map((link) => h("a", { class: "button primary", href: link.url, target: "_blank", rel: "noopener",
    "data-key": `link ${link.url}`, "aria-label": link.description || null }, link.label));
}

function actionButton(button, message, room) {
  const press = async (event, text = "") => {
    const row = event.target.closest(".actions");
    const pressed = row.querySelectorAll("button");
    pressed.forEach((one) => { one.disabled = true; });
    try {
      await post("/api/act", { id: freshId(), button: button.id, message: message.id, text, seen_in: room.seenIn(message, button) });
      room.pressed(message, button);
      row.querySelector(".inline-form")?.remove();
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      showProblem(row, error.message);
    } finally {
      pressed.forEach((one) => { one.disabled = false; });
    }
  };
  return h("button", {
    class: `button ${button.style}`, type: "button", "data-key": button.id, "aria-label": button.description || null,
    onclick: (event) => (button.form ? toggleForm(event.currentTarget, button, press) : press(event)),
  }, button.label);
}

function showProblem(row, sentence) {
  const line = row.querySelector(":scope > .problem");
  line.textContent = sentence;
  line.hidden = false;
}

/** The words a button asks for, in a box right under it. */
function toggleForm(opener, button, press) {
  const row = opener.closest(".actions");
  const open = row.querySelector(".inline-form");
  if (open) {
    open.remove();
    if (open.dataset.for === button.id) return;
  }
  const asks = button.asks || { label: button.label };  // cards kept by an earlier version have none
  const box = h("input", { class: "inline-words", dir: "auto", value: button.value, "aria-label": button.description || button.label,
    placeholder: [asks.label, asks.example].filter(Boolean).join(" For example: ") });
  const shut = () => { form.remove(); opener.focus(); };
  const form = h("form", { class: "inline-form", "data-for": button.id,
    onsubmit: (event) => { event.preventDefault(); if (box.value.trim() || asks.optional) press(event, box.value.trim()); else box.focus(); },
    onkeydown: (event) => { if (event.key === "Escape") { event.stopPropagation(); shut(); } },
  }, box, h("button", { class: "button primary", type: "submit" }, "Send"),
  h("button", { class: "button", type: "button", onclick: shut }, "Close"));
  row.append(form);
  box.focus();
  box.select();
  form.scrollIntoView({ block: "nearest" });
}

/** "3 replies", with the newest picture, under a message in the channel. */
function threadLink(message, room) {
  if (!message.replies) {
    const canChange = message.card && message.card.buttons.some((button) => button.id.startsWith("v1:edit:"));
    const label = canChange ? "Reply to change it" : "Reply";
    if (message.card && !canChange) return [];
    return [h("button", { class: "quiet reply", type: "button", "data-key": "thread", onclick: () => room.openThread(message.id) }, label)];
  }
  const count = message.replies === 1 ? "1 reply" : `${message.replies} replies`;
  return [h("button", { class: "replies", type: "button", "data-key": "thread", "aria-label": `${count}, open the thread`,
    onclick: () => room.openThread(message.id) },
  message.newest ? h("img", { src: message.newest, alt: "", width: 40, height: 40 }) : null,
  h("strong", {}, count), message.last ? h("span", {}, `last ${clock(message.last)}`) : null)];
}
