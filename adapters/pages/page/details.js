// Everything about one version, beside the tree.

import { h, icon, moment } from "./dom.js";
import { starButton } from "./shelf.js";

/** The panel's content. `node` is the version in the tree, `all` are those it can be compared with. */
export function details(version, node, all, { onCompare, onStar, onProblem }) {
  return [
    h("header", {}, h("h2", {}, version.number, h("span", {}, version.made)),
      starButton(version.id, { starred: node.starred, label: version.number, onChange: onStar, onProblem })),
    pictures(version),
    version.prompt ? h("p", { class: "prompt", dir: "auto", tabindex: "0", "aria-label": `Prompt: ${version.prompt}` }, version.prompt) : null,
    h("p", { class: "by" }, "by ", h("bdi", {}, version.who), " · ", h("time", { datetime: new Date(version.when).toISOString() }, moment(version.when)),
      version.ai ? [" · ", h("span", { class: "ai", dir: "auto" }, version.ai)] : null),
    actions(version),
    compareWith(version, all, onCompare),
    references(version),
    version.facts.length ? h("dl", { class: "facts" }, version.facts.map(([name, value]) => h("div", {}, h("dt", {}, name), h("dd", { dir: "auto" }, value)))) : null,
    version.notes.length ? h("ul", { class: "notes" }, version.notes.map((one) => h("li", { dir: "auto" }, one))) : null,
    sources(version),
  ].filter(Boolean);
}

function pictures(version) {
  if (!version.pictures.length) return h("p", { class: "gone" }, "These pictures were removed.");
  return h("div", { class: version.pictures.length > 1 ? "pictures many" : "pictures" }, version.pictures.map((one, index) => {
    const image = h("img", { src: version.pictures.length > 1 ? one.src : one.full, alt: one.alt, width: one.width, height: one.height, decoding: "async" });
    const label = version.pictures.length > 1 ? `Picture ${index + 1} in full size` : "The picture in full size";
    return h("a", { href: one.full, target: "_blank", rel: "noopener", "aria-label": label }, image,
      version.pictures.length > 1 ? h("span", { class: "number", "aria-hidden": "true" }, index + 1) : null);
  }));
}

function actions(version) {
  const many = version.pictures.length > 1;
  return h("p", { class: "actions" },
    version.chat ? h("a", { class: "button", href: version.chat }, icon("chat"), "Open in chat") : null,
    version.pictures.map((one, index) => h("a", { class: "button", href: one.download, download: one.name,
      "aria-label": `Download ${one.name}` }, icon("download"), many ? String(index + 1) : "Download")));
}

function compareWith(version, all, onCompare) {
  const others = all.filter((one) => one.id !== version.id && !one.hidden && one.src);
  if (!others.length || !version.pictures.length) return null;
  const chosen = others.some((one) => one.id === version.parent) ? version.parent : others[0].id;
  const select = h("select", { id: "compare-with" }, others.map((one) => h("option", { value: one.id, selected: one.id === chosen }, `${one.number} · ${one.prompt.slice(0, 40)}`)));
  return h("form", { class: "against", onsubmit: (event) => { event.preventDefault(); onCompare(select.value); } },
    h("label", { for: "compare-with" }, "Compare with"), select, h("button", { class: "button", type: "submit" }, icon("compare"), "Compare"));
}

function references(version) {
  if (!version.references.length) return null;
  return h("section", {}, h("h3", {}, "Went along"), h("ul", { class: "references" }, version.references.map((one) => {
    const name = one.name || "a picture";
    return h("li", {}, h("img", { src: one.src, alt: `Reference: ${name}`, loading: "lazy" }), h("bdi", {}, name), h("span", {}, one.role));
  })));
}

/** The address itself is what is shown: nobody has to trust a link's name. */
function sources(version) {
  if (!version.sources.length) return null;
  return h("section", {}, h("h3", {}, "Sources"), h("ul", { class: "sources" }, version.sources.map((one) => {
    const isWeb = /^https?:\/\//i.test(one.url);
    return h("li", {}, h("bdi", {}, one.title), " ", isWeb ? h("a", { href: one.url, target: "_blank", rel: "noopener noreferrer" }, one.url) : h("span", {}, one.url));
  })));
}
