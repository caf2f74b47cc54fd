// The admin page: five tabs over one link. What is read is drawn anew with each tab; writing is one thing at a time.

import { settingsTab, isUnsaved } from "./admin-settings.js";
import { usageTab } from "./admin-usage.js";
import { auditTab, moneyTab, peopleTab } from "./admin-lists.js";
import { Problem, ask, here } from "./base.js";

const TABS = { usage: usageTab, money: moneyTab, settings: settingsTab, people: peopleTab, audit: auditTab };
const byId = (id) => document.getElementById(id);
const tabs = [...document.querySelectorAll("[role=tab]")];
let turn = 0;

async function start() {
  for (const tab of tabs) tab.addEventListener("click", () => choose(tab.dataset.tab));
  document.querySelector(".tabs").addEventListener("keydown", walk);
  addEventListener("beforeunload", (event) => { if (isUnsaved()) event.preventDefault(); });
  addEventListener("hashchange", show);
  show();
  const { workspace, platform } = await ask(`${here}/about`);
  byId("where").textContent = platform === "web" ? "this computer" : `${platform} · ${workspace}`;
}

const chosen = () => (TABS[location.hash.slice(1)] ? location.hash.slice(1) : "usage");

function choose(name) {
  if (name === chosen()) show();
  else location.hash = name;
}

function walk(event) {
  const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
  if (!step) return;
  event.preventDefault();
  const next = tabs[(tabs.findIndex((tab) => tab.dataset.tab === chosen()) + step + tabs.length) % tabs.length];
  next.focus();
  choose(next.dataset.tab);
}

/** Draw the chosen tab; one that something newer overtook is dropped. */
async function show() {
  const mine = ++turn;
  for (const tab of tabs) {
    const isChosen = tab.dataset.tab === chosen();
    tab.setAttribute("aria-selected", String(isChosen));
    tab.tabIndex = isChosen ? 0 : -1;
  }
  const panel = byId("panel");
  panel.setAttribute("aria-labelledby", `tab-${chosen()}`);
  panel.setAttribute("aria-busy", "true");
  try {
    const drawn = await TABS[chosen()](show);
    if (mine !== turn) return;
    panel.replaceChildren(...drawn);
    complain("");
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    if (mine === turn) complain(error.message);
  } finally {
    if (mine === turn) panel.removeAttribute("aria-busy");
  }
}

function complain(sentence) {
  byId("problem").textContent = sentence;
  byId("problem").hidden = !sentence;
}

start().catch((error) => complain(error.message));
