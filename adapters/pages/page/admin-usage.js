// Usage: figures, a drawn chart, a table of the same numbers, and a CSV to take away.

import { ask, here } from "./base.js";
import { h, s } from "./dom.js";

const MOST_BARS = 12; // of people, channels …; the table has all
const asked = { by: "day", days: "30" };
const BY = { day: "Day", person: "Person", role: "Role", channel: "Channel", model: "Model", gateway: "Image service" };
const DAYS = { 1: "Today", 7: "Last 7 days", 30: "Last 30 days", 90: "Last 90 days", 365: "Last year" };

/** Micro-dollars as dollars; less than a cent is not rounded away. */
export function money(micro) {
  const dollars = micro / 1e6;
  const digits = dollars !== 0 && Math.abs(dollars) < 0.1 ? 4 : 2;
  return `$${dollars.toLocaleString("en-US", { minimumFractionDigits: 2, maximumFractionDigits: digits })}`;
}

export async function usageTab(again) {
  const query = new URLSearchParams(asked);
  const report = await ask(`${here}/usage?${query}`);
  const pick = (key, label, choices) =>
    h("label", {}, label, h("select", { "aria-label": label, onchange: (event) => { asked[key] = event.target.value; again(); } },
      Object.entries(choices).map(([value, name]) => h("option", { value, selected: value === asked[key] }, name))));
  const tools = h("div", { class: "tools" }, pick("by", "By", BY), pick("days", "When", DAYS),
    h("a", { class: "button", href: `${here}/usage.csv?${query}`, download: "" }, "Download CSV"));
  if (!report.rows.length) {
    return [tools, h("p", { class: "none" }, "Nothing was made in this time. Choose a longer one.")];
  }
  const drawn = asked.by === "day" ? columns(report) : bars(report);
  return [tools, figures(report), drawn, table(report)];
}

function figures({ total }) {
  const figure = (value, name) => h("div", { class: "figure" }, h("b", {}, value), h("span", {}, name));
  return h("div", { class: "figures" },
    figure(total.images.toLocaleString("en-US"), total.images === 1 ? "image" : "images"),
    figure(money(total.cost), "in all"),
    total.unknown ? figure(money(total.unknown), "of it perhaps not billed") : null,
    total.refused ? figure(total.refused.toLocaleString("en-US"), "refused") : null);
}

/** Drawn as wide as it is shown, so that its letters stay readable on a phone. */
const width = () => Math.min(1000, Math.max(300, document.getElementById("panel").clientWidth));

/** One column per day; days without any are gaps. */
function columns({ rows, total }) {
  const wide = width(), high = 190, foot = 22, top = Math.max(...rows.map((row) => row.cost), 1);
  const days = everyDay(rows);
  const step = (wide - 56) / days.length;
  const known = new Map(rows.map((row) => [row.key, row]));
  const shapes = days.flatMap((day, index) => {
    const tall = Math.max(0, known.get(day)?.cost || 0) / top * (high - foot - 16);
    const bar = s("rect", { x: 56 + index * step + step * .12, y: high - foot - tall, width: step * .76, height: tall, rx: Math.min(3, step / 4) },
      s("title", {}, `${day}: ${money(known.get(day)?.cost || 0)}, ${known.get(day)?.images || 0} images`));
    const every = Math.ceil(days.length / (wide / 90));
    const name = index % every ? [] : [s("text", { x: 56 + (index + .5) * step, y: high - 6, "text-anchor": "middle" }, day.slice(5))];
    return [bar, ...name];
  });
  const line = s("line", { x1: 56, x2: wide, y1: high - foot, y2: high - foot });
  const most = s("text", { x: 48, y: 20, "text-anchor": "end" }, money(top));
  const label = `Cost by day: ${money(total.cost)} on ${rows.length} days. The table below has the numbers.`;
  return s("svg", { class: "chart", viewBox: `0 0 ${wide} ${high}`, role: "img", "aria-label": label }, line, most, ...shapes);
}

function everyDay(rows) {
  const days = [];
  const last = new Date(`${rows.at(-1).key}T00:00:00Z`);
  for (let day = new Date(`${rows[0].key}T00:00:00Z`); day <= last; day.setUTCDate(day.getUTCDate() + 1)) {
    days.push(day.toISOString().slice(0, 10));
  }
  return days;
}

function bars({ by, rows }) {
  const shown = rows.slice(0, MOST_BARS), row = 26, top = Math.max(...shown.map((one) => one.cost), 1);
  const wide = width(), left = Math.min(200, wide * .34), track = wide - left - 70;
  const shapes = shown.flatMap((one, index) => {
    const length = Math.max(0, one.cost) / top * track;
    return [
      s("text", { x: left - 8, y: index * row + 17, "text-anchor": "end" }, short(named(one), left / 7)),
      s("rect", { class: "track", x: left, y: index * row + 5, width: track, height: 16, rx: 4 }),
      s("rect", { x: left, y: index * row + 5, width: length, height: 16, rx: 4 }),
      s("text", { x: left + track + 8, y: index * row + 17 }, money(one.cost)),
    ];
  });
  const label = `Cost by ${BY[by].toLowerCase()}. The table below has the numbers.`;
  return s("svg", { class: "chart", viewBox: `0 0 ${wide} ${shown.length * row}`, role: "img", "aria-label": label }, ...shapes);
}

const short = (name, most) => (name.length > most ? `${name.slice(0, most - 1)}…` : name);

function named(row) {
  return row.name || row.key || "none";
}

function table({ by, rows, total }) {
  const refused = rows.some((row) => row.refused !== null), unknown = total.unknown > 0;
  const cells = (row) => [
    h("td", { class: "number" }, row.images.toLocaleString("en-US")),
    h("td", { class: "number" }, money(row.cost)),
    unknown ? h("td", { class: "number" }, row.unknown ? money(row.unknown) : "") : null,
    refused ? h("td", { class: "number" }, row.refused || "") : null,
  ];
  const line = (row) => h("tr", {}, h("th", { scope: "row" }, h("bdi", {}, named(row)),
    row.name && row.name !== row.key ? h("code", { class: "hint" }, ` ${row.key}`) : null), cells(row));
  const heads = [BY[by], "Images", "Cost", unknown ? "Perhaps not billed" : null, refused ? "Refused" : null].filter(Boolean);
  return h("div", { class: "table", tabindex: "0", role: "region", "aria-label": `Usage by ${BY[by].toLowerCase()}` },
    h("table", {},
      h("thead", {}, h("tr", {}, heads.map((name, index) => h("th", { scope: "col", class: index ? "number" : null }, name)))),
      h("tbody", {}, rows.map(line)),
      h("tfoot", {}, h("tr", {}, h("th", { scope: "row" }, "Total"), cells(total)))));
}
