// A thread's page: its tree, one version of it in full, and two held against each other.

import { announce, icon } from "./dom.js";
import { details } from "./details.js";
import { Problem, ask, base } from "./shelf.js";
import { slider } from "./slider.js";
import { Tree } from "./tree.js";

const byId = (id) => document.getElementById(id);
const known = new Map(); // what was read about versions; it never changes
const page = { versions: [], tree: null, chosen: "" };

async function start() {
  if (base.startsWith("/p/gallery/")) {
    byId("back").href = base;
    byId("back").append(icon("back"));
    byId("back").hidden = false;
  }
  byId("compare-close").append(icon("close"));
  byId("compare-close").addEventListener("click", () => byId("compare").close());
  byId("compare").addEventListener("close", () => byId("stage").replaceChildren());
  page.versions = (await ask(`${location.pathname}/tree`)).versions;
  const count = page.versions.length;
  byId("count").textContent = count === 1 ? "1 version" : `${count} versions`;
  page.tree = new Tree(byId("tree"), byId("scroll"), page.versions, (version) => guarded(() => open(version.id, { byHand: true })));
  addEventListener("hashchange", () => guarded(() => open(wanted())));
  await open(wanted());
}

/** The version in the address, else the current one, else the newest that may be seen. */
function wanted() {
  const seen = page.versions.filter((one) => !one.hidden);
  const asked = seen.find((one) => one.id === location.hash.slice(1));
  return (asked || seen.find((one) => one.head) || seen.at(-1)).id;
}

async function guarded(work) {
  try {
    byId("problem").hidden = true;
    await work();
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    byId("problem").textContent = error.message;
    byId("problem").hidden = false;
  }
}

async function open(id, { byHand = false } = {}) {
  page.chosen = id;
  page.tree.choose(id, { byHand });
  const version = await about(id);
  if (page.chosen !== id) return;
  const node = page.versions.find((one) => one.id === id);
  history.replaceState(null, "", `#${id}`);
  byId("details").replaceChildren(...details(version, node, page.versions, {
    onCompare: (other) => guarded(() => compare(id, other)),
    onStar: (on) => { node.starred = on; page.tree.star(id, on); },
    onProblem: (sentence) => guarded(() => { throw new Problem(sentence); }),
  }));
  byId("details").scrollTop = 0;
  if (!byHand) return;
  announce(`${version.number}, ${version.made}. Its details follow the tree.`);
  if (matchMedia("(max-width: 860px)").matches) byId("details").scrollIntoView({ block: "start" });
}

async function about(id) {
  if (!known.has(id)) known.set(id, await ask(`${base}/version/${id}`));
  return known.get(id);
}

/** The older on the left. Of several pictures, the one that the other was made from. */
async function compare(one, other) {
  const pair = (await Promise.all([about(one), about(other)])).sort((a, b) => Number(a.number.slice(1)) - Number(b.number.slice(1)));
  const [before, after] = pair.map((version, index) => side(version, pair[1 - index]));
  if (!before || !after) throw new Problem("One of these pictures was removed. Choose another version.");
  byId("compare-title").textContent = `${before.label} and ${after.label}`;
  byId("stage").replaceChildren(slider(before, after));
  byId("compare-ai").textContent = pair.map((version) => version.ai).find(Boolean) || "";
  byId("compare").showModal();
  byId("stage").querySelector("[role=slider]").focus();
}

function side(version, other) {
  const number = other.parent === version.id ? other.parent_picture : 1;
  const picture = version.pictures[Math.min(number, version.pictures.length) - 1];
  return picture && { ...picture, src: picture.full, label: version.number };
}

guarded(start);
