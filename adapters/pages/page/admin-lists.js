// Budgets and unknown outcomes, grants and bans, the audit: lists, and the little forms that add to them.

import { send } from "./admin-settings.js";
import { money } from "./admin-usage.js";
import { Problem, announce, ask, here } from "./base.js";
import { h, moment } from "./dom.js";

const time = (at) => h("time", { datetime: new Date(at).toISOString() }, moment(at));
const until = (at) => (at === null ? "for good" : ["until ", time(at)]);

/** A command of the admin's words; the tab is drawn anew when it worked, and `said` tells what did not. */
async function act(words, said, again, until = "") {
  said.textContent = "";
  try {
    const answer = await send("do", { words, until });
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

/** A form of one line. A field is [label, what to write, whether it is needed, the id of a list or the choices]. */
function form(label, fields, words, again) {
  const said = complaint();
  const inputs = fields.map(([name, about, required, offered]) => (offered instanceof Map
    ? h("select", { name }, [...offered].map(([value, shown]) => h("option", { value }, shown)))
    : h("input", { type: "text", name, placeholder: about, required, list: offered, maxlength: 300, autocomplete: "off", dir: "auto", spellcheck: "false" })));
  const submit = (event) => {
    event.preventDefault();
    const missing = inputs.find((one) => one.required && !one.value.trim());
    if (missing) { said.textContent = `Fill in “${missing.name}”.`; missing.focus(); return; }
    try {
      const typed = inputs.map((one) => one.value.trim());
    const until = fields.findIndex(([name]) => name === "Until");
    act(words(...typed), said, again, typed[until]);
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      said.textContent = error.message;
    }
  };
  return h("form", { class: "act", onsubmit: submit, novalidate: true },
    inputs.map((one) => h("label", {}, one.name, one)), h("button", { class: "button", type: "submit" }, label), said);
}

// ── Money ───────────────────────────────────────────────────────────────────────────────────────────────────────

export async function moneyTab(again) {
  const { budgets, grants, unknown } = await ask(`${here}/money`);
  const whose = new Map(budgets.map((one) => [one.where, one.where ? `of channel ${one.where}` : "of the workspace"]));
  return [
    h("h2", {}, "Budgets"),
    budgets.length ? h("div", { class: "bars" }, budgets.map(bar))
      : h("p", { class: "none" }, "There is no budget. Set one under ", h("a", { href: "#settings" }, "Settings"), ", for example: $50 a month."),
    ...(budgets.length ? [
      h("h2", {}, "More for a while"),
      h("p", { class: "hint" }, "For good, change the budget itself under ", h("a", { href: "#settings" }, "Settings"), "."),
      table("Grants", ["Which budget", "More", "Until"], grants.map((one) => grant(one, {})), "Nothing was granted."),
      form("Grant", [["Budget", "", true, whose], ["How much", "$20", true], ["Until", "2 hours, this month; empty: today"]],
        (where, amount, end) => `grant budget${where ? ` in ${where}` : ""} $${amount.replace(/^[+\s]*\$?\s*/, "")} ${end || "today"}`, again),
    ] : []),
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
  const { bans, grants, seen } = await ask(`${here}/people`);
  const person = (typed) => personOf(typed, seen);
  return [
    h("h2", {}, "Who may not make pictures"),
    table("Bans", ["Who", "Until", "Why", ""], bans.map((one) => ban(one, seen, again)), "Nobody is banned."),
    form("Ban", [["Person", "a name, or user:ID", true, "seen"], ["Until", "7 days, 2026-12-01; empty: for good"], ["Why", "they read it", true]],
      (who, span, why) => `ban ${person(who)} ${span || "for good"}: ${why}`, again),
    h("h2", {}, "Who may make more"),
    table("Grants", ["Who", "More", "Until"], grants.map((one) => grant(one, seen)), "Nothing was granted."),
    h("datalist", { id: "seen" }, Object.entries(seen).map(([who, name]) => h("option", { value: `${name} (${who})`.trim() }))),
    form("Grant", [["Person", "a name, or user:ID", true, "seen"], ["How much", "+20 images, or $5", true], ["Until", "2 hours, this month; empty: today"]],
      (who, amount, end) => `grant ${person(who)} ${amount} ${end || "today"}`, again),
  ];
}

/** Whose id was meant: one was chosen from the list, a name or an id was typed. What is unclear the server says. */
function personOf(typed, seen) {
  const chosen = /\((user:[^()\s]+)\)$/.exec(typed)?.[1];
  const plain = typed.replace(/^@/, "");
  const called = Object.keys(seen).filter((who) => seen[who].toLowerCase() === plain.toLowerCase());
  if (called.length > 1 || (chosen && called.length)) throw new Problem(`There are several called ${plain}. Write the id: user:ID.`);
  if (chosen) return chosen;
  if (!called.length && typed.includes(":")) return typed;
  if (called.length === 0 && /\s/.test(plain)) throw new Problem(`Nobody called ${plain} made pictures here of late. Write their id: user:ID.`);
  return called[0] || `user:${plain}`;
}

const somebody = (who, seen) => [seen[who] ? h("bdi", {}, seen[who]) : null, " ", h("code", { class: seen[who] ? "hint" : null }, who)];

function ban(one, seen, again) {
  const said = complaint();
  const lift = () => act(`unban ${one.who}`, said, again);
  return h("tr", {}, h("th", { scope: "row" }, somebody(one.who, seen)), h("td", {}, until(one.until)),
    h("td", { dir: "auto" }, one.reason, h("span", { class: "hint" }, `by ${one.by}`)),
    h("td", {}, h("div", { class: "row" }, h("button", { class: "button danger", type: "button", onclick: lift, "aria-label": `Unban ${one.who}` }, "Unban")), said));
}

function grant(one, seen) {
  const amount = one.measure === "dollars" ? money(one.amount) : `${one.amount.toLocaleString("en-US")} images`;
  const whom = one.who ? somebody(one.who, seen) : [one.where ? `of channel ${one.where}` : "of the workspace"];
  return h("tr", {}, h("th", { scope: "row" }, whom, one.who && one.where ? ` in ${one.where}` : null), h("td", {}, `+${amount}`), h("td", {}, time(one.until)));
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
    h("p", { class: "hint" }, "Every act of an admin and every refusal. Lines are only added, never changed; retouch audit verify checks that. What people wrote goes when prompts do."),
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
    h("td", { dir: "auto" }, act.before || act.after ? [act.before || "—", " → ", act.after || "—"] : "",
      act.had_words ? h("q", { dir: "auto" }, act.words || "words that are not kept any more") : null));
}
