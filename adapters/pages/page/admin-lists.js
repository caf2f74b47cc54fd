// Budgets and unknown outcomes, grants and bans, the audit: lists, and the little forms that add to them.

import { send } from "./admin-settings.js";
import { money } from "./admin-usage.js";
import { Problem, announce, ask, here } from "./base.js";
import { h, moment } from "./dom.js";

const time = (at) => h("time", { datetime: new Date(at).toISOString() }, moment(at));
const until = (at) => (at === null ? "for good" : ["until ", time(at)]);

/** A command of the admin's words; the tab is drawn anew when it worked, and `said` tells what did not. */
async function act(words, said, again) {
  said.textContent = "";
  try {
    const answer = await send("do", { words });
    await again();
    announce(answer.said);
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    said.textContent = error.message;
  }
}

function table(label, heads, rows, none) {
  if (!rows.length) return h("p", { class: "none" }, none);
  return h("div", { class: "table long", tabindex: "0", role: "region", "aria-label": label }, h("table", {},
    h("thead", {}, h("tr", {}, heads.map((head) => h("th", { scope: "col" }, head)))), h("tbody", {}, rows)));
}

const complaint = () => h("p", { class: "said bad", role: "alert" });

function form(label, fields, words, again) {
  const said = complaint();
  const inputs = fields.map(([name, about, required]) =>
    h("input", { type: "text", name, placeholder: about, required, maxlength: 300, autocomplete: "off", dir: "auto", spellcheck: "false" }));
  const submit = (event) => {
    event.preventDefault();
    const missing = inputs.find((one) => one.required && !one.value.trim());
    if (missing) { said.textContent = `Fill in “${missing.name}”.`; missing.focus(); return; }
    act(words(...inputs.map((one) => one.value.trim())), said, again);
  };
  return h("form", { class: "act", onsubmit: submit, novalidate: true },
    inputs.map((one) => h("label", {}, one.name, one)), h("button", { class: "button", type: "submit" }, label), said);
}

// ── Money ───────────────────────────────────────────────────────────────────────────────────────────────────────

export async function moneyTab(again) {
  const { budgets, unknown } = await ask(`${here}/money`);
  return [
    h("h2", {}, "Budgets"),
    budgets.length ? h("div", { class: "bars" }, budgets.map(bar))
      : h("p", { class: "none" }, "There is no budget. Set one under Settings, for example: $50 a month."),
    h("h2", {}, "Outcomes nobody knows"),
    h("p", { class: "hint" }, "Requests that were cut off after they were sent. They count as estimated until you say what was billed."),
    table("Outcomes nobody knows", ["When", "Who", "Model", "Estimated", "Billed"], unknown.map((one) => outcome(one, again)),
      "None: everything that was sent was answered."),
  ];
}

function bar(budget) {
  const share = budget.amount ? budget.used / budget.amount : 1;
  const state = share >= 1 ? "over" : share >= 0.8 ? "near" : "";
  const label = `${budget.name}: ${money(budget.used)} of ${money(budget.amount)} used`;
  return h("div", { class: `bar ${state}` },
    h("p", {}, h("b", {}, budget.name), h("span", {}, `${money(budget.used)} of ${money(budget.amount)} · ${Math.floor(share * 100)} %`)),
    h("progress", { max: 1, value: Math.max(0, Math.min(1, share)), "aria-label": label }));
}

function outcome(one, again) {
  const said = complaint();
  const billed = h("input", { type: "text", inputmode: "decimal", value: (one.cost / 1e6).toString(), "aria-label": `Dollars billed for ${one.name}'s request` });
  const submit = (event) => { event.preventDefault(); act(`resolve ${one.job} $${billed.value.trim().replace(/^\$/, "")}`, said, again); };
  return h("tr", {}, h("td", {}, time(one.at)), h("td", {}, h("bdi", {}, one.name)), h("td", {}, one.model),
    h("td", { class: "number" }, money(one.cost)),
    h("td", {}, h("form", { class: "row", onsubmit: submit }, "$", billed, h("button", { class: "button", type: "submit" }, "Set")), said));
}

// ── People ──────────────────────────────────────────────────────────────────────────────────────────────────────

export async function peopleTab(again) {
  const { bans, grants } = await ask(`${here}/people`);
  return [
    h("h2", {}, "Who may not make pictures"),
    table("Bans", ["Who", "Until", "Why", ""], bans.map((one) => ban(one, again)), "Nobody is banned."),
    form("Ban", [["Person", "user:ID", true], ["How long", "7 days; empty: for good"], ["Why", "they read it", true]],
      (who, span, why) => `ban ${person(who)} ${span || "for good"}: ${why}`, again),
    h("h2", {}, "Who may make more"),
    table("Grants", ["Who or what", "More", "Until"], grants.map(grant), "Nothing was granted."),
    form("Grant", [["Person", "user:ID", true], ["How much", "+20 images", true], ["Until", "today"]],
      (who, amount, end) => `grant ${person(who)} ${amount} ${end || "today"}`, again),
  ];
}

const person = (typed) => (typed.includes(":") ? typed : `user:${typed.replace(/^@/, "")}`);

function ban(one, again) {
  const said = complaint();
  const lift = () => act(`unban ${one.who}`, said, again);
  return h("tr", {}, h("th", { scope: "row" }, h("code", {}, one.who)), h("td", {}, until(one.until)),
    h("td", { dir: "auto" }, one.reason, h("span", { class: "hint" }, `by ${one.by}`)),
    h("td", {}, h("div", { class: "row" }, h("button", { class: "button danger", type: "button", onclick: lift, "aria-label": `Unban ${one.who}` }, "Unban")), said));
}

function grant(one) {
  const amount = one.measure === "dollars" ? money(one.amount) : `${one.amount.toLocaleString("en-US")} images`;
  const whom = one.who || (one.where ? `budget of ${one.where}` : "the workspace's budget");
  return h("tr", {}, h("th", { scope: "row" }, h("code", {}, whom)), h("td", {}, `+${amount}`), h("td", {}, time(one.until)));
}

// ── Audit ───────────────────────────────────────────────────────────────────────────────────────────────────────

export async function auditTab() {
  const page = await ask(`${here}/audit`);
  const body = h("tbody", {}, page.acts.map(line));
  const more = h("button", { class: "button", type: "button", hidden: !page.next }, "Older");
  const said = complaint();
  more.addEventListener("click", async () => {
    more.disabled = true;
    try {
      const older = await ask(`${here}/audit?before=${page.next}`);
      const rows = older.acts.map(line);
      body.append(...rows);
      page.next = older.next;
      more.hidden = !page.next;
      rows[0]?.querySelector("th").focus({ preventScroll: true });
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      said.textContent = error.message;
    }
    more.disabled = false;
  });
  if (!page.acts.length) return [h("p", { class: "none" }, "Nothing is recorded yet.")];
  const heads = ["When", "Who", "What", "Before and after"];
  return [
    h("p", { class: "hint" }, "Every act of an admin and every refusal. Lines are only added, never changed; retouch audit verify checks that."),
    h("div", { class: "table long", tabindex: "0", role: "region", "aria-label": "Audit" },
      h("table", {}, h("thead", {}, h("tr", {}, heads.map((head) => h("th", { scope: "col" }, head)))), body)),
    h("p", { class: "more" }, more), said,
  ];
}

function line(act) {
  return h("tr", {},
    h("th", { scope: "row", tabindex: "-1" }, time(act.at)),
    h("td", {}, h("bdi", {}, act.who_name), h("code", { class: "hint" }, act.who)),
    h("td", {}, act.what, act.target ? h("code", { class: "hint" }, act.target) : null),
    h("td", { dir: "auto" }, act.before || act.after ? [act.before || "—", " → ", act.after || "—"] : ""));
}
