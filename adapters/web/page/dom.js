// Building the page. Text goes in as text nodes only: there is no innerHTML anywhere in this folder.

/** An element with attributes, properties (keys with a leading dot), listeners (keys with "on") and children. */
export function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [key, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (key.startsWith(".")) element[key.slice(1)] = value;
    else if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
    else element.setAttribute(key, value === true ? "" : String(value));
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

const PATHS = {
  attach: "M8 12.5 13.5 7a3.2 3.2 0 0 1 4.5 4.5l-7 7a5 5 0 0 1-7-7L11 4.5",
  send: "M4 12 20 4l-5 16-3.5-6.5zM11.5 13.5 20 4",
  close: "M6 6l12 12M18 6 6 18",
  back: "M15 5l-7 7 7 7",
  next: "M9 5l7 7-7 7",
  download: "M12 4v11m0 0 4.5-4.5M12 15l-4.5-4.5M5 20h14",
  eye: "M2.5 12S6 5.5 12 5.5 21.5 12 21.5 12 18 18.5 12 18.5 2.5 12 2.5 12zM12 9.5a2.5 2.5 0 1 0 0 5 2.5 2.5 0 0 0 0-5z",
  spark: "M12 3l2 6 6 2-6 2-2 6-2-6-6-2 6-2z",
};

/** One of our line icons; decoration only, the label is on what it sits in. */
export function icon(name) {
  const space = "http://www.w3.org/2000/svg";
  const svg = document.createElementNS(space, "svg");
  const path = document.createElementNS(space, "path");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  svg.setAttribute("class", "glyph");
  path.setAttribute("d", PATHS[name]);
  svg.append(path);
  return svg;
}

/** Say something to screen readers without showing it. */
export function announce(words) {
  const heard = document.getElementById("heard");
  heard.textContent = "";
  setTimeout(() => { heard.textContent = words; }, 50);
}

/** A card's title or body: its moments in the reader's own time, its channels as links. `parts` come from the server. */
export function told(text, parts) {
  return parts ? parts.map(piece) : [text];
}

function piece(one) {
  if (typeof one === "string") return one;
  if (one.channel) return h("a", { class: "place", href: `/?channel=${one.channel}` }, one.words);
  if (one.person) return h("bdi", { title: one.words }, one.person);
  const date = new Date(one.at);
  return h("time", { datetime: date.toISOString(), title: date.toLocaleString() },
    date.toLocaleString([], { dateStyle: "medium", timeStyle: "short" }));
}

/** "14:05" today, "3 Mar, 14:05" before. */
export function clock(at) {
  const date = new Date(at);
  const time = date.toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
  if (date.toDateString() === new Date().toDateString()) return time;
  return `${date.toLocaleDateString([], { day: "numeric", month: "short" })}, ${time}`;
}
