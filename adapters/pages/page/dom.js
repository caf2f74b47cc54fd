// Building a page. Text goes in as text nodes only: there is no innerHTML anywhere in this folder.

/** An element with attributes, listeners (keys with "on") and children; null and false are left out. */
export function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [key, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
    else element.setAttribute(key, value === true ? "" : String(value));
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

const PATHS = {
  back: "M15 5l-7 7 7 7",
  chat: "M5 5h14v10H11l-4 4v-4H5z",
  close: "M6 6l12 12M18 6 6 18",
  compare: "M12 3v18M9 8l-4 4 4 4M15 8l4 4-4 4",
  download: "M12 4v11m0 0 4.5-4.5M12 15l-4.5-4.5M5 20h14",
  search: "M11 4a7 7 0 1 0 0 14 7 7 0 0 0 0-14zM16 16l4.5 4.5",
  star: "M12 3.6l2.6 5.4 5.9.8-4.3 4.1 1 5.9-5.2-2.8-5.2 2.8 1-5.9L3.5 9.8l5.9-.8z",
};

const SPACE = "http://www.w3.org/2000/svg";

/** An SVG element. */
export function s(tag, attributes = {}, ...children) {
  const element = document.createElementNS(SPACE, tag);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, String(value));
  element.append(...children);
  return element;
}

/** One of our line icons; decoration only, the label is on what it sits in. */
export const icon = (name) =>
  s("svg", { viewBox: "0 0 24 24", "aria-hidden": "true", class: "glyph" }, s("path", { d: PATHS[name] }));

/** Say something to screen readers without showing it. */
export function announce(words) {
  const heard = document.getElementById("heard");
  heard.textContent = "";
  setTimeout(() => { heard.textContent = words; }, 50);
}

/** "12 Nov, 14:05", with the year where it is another. */
export function moment(at) {
  const date = new Date(at);
  const year = date.getFullYear() === new Date().getFullYear() ? undefined : "numeric";
  const day = date.toLocaleDateString([], { day: "numeric", month: "short", year });
  return `${day}, ${date.toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" })}`;
}
