// Settings by group, each saved on its own: what the server says about it stands beside it.

import { Problem, announce, ask, freshId, here } from "./base.js";
import { h } from "./dom.js";

const unsaved = new Set();
export const isUnsaved = () => unsaved.size > 0;

const unanswered = new Map(); // what was sent, by its id: sent again it is the same request, and not done twice

/** Send something to the server: what it answers. Throws `Problem`. */
export async function send(path, body) {
  const words = JSON.stringify([path, body]);
  const id = unanswered.get(words) || freshId();
  unanswered.set(words, id);
  try {
    const answer = await ask(`${here}/${path}`, {
      method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ id, ...body }),
    });
    unanswered.delete(words);
    return answer;
  } catch (error) {
    if (error.answered) unanswered.delete(words);
    throw error;
  }
}

export async function settingsTab() {
  const { settings } = await ask(`${here}/settings`);
  unsaved.clear();
  const sections = [...grouped(settings)].map(([group, members]) =>
    h("section", { class: "group" }, h("h2", { tabindex: "-1" }, group), members.map(row)));
  return [contents(sections), ...sections];
}

/** The ways to the sections: the address says which tab it is, so these are no links. */
function contents(sections) {
  const go = (section) => { section.scrollIntoView({ block: "start" }); section.firstChild.focus({ preventScroll: true }); };
  return h("nav", { class: "contents", "aria-label": "Sections" }, sections.map((section) =>
    h("button", { class: "button", type: "button", onclick: () => go(section) }, section.firstChild.textContent)));
}

function grouped(settings) {
  const groups = new Map();
  for (const one of settings) groups.set(one.group, [...(groups.get(one.group) || []), one]);
  return groups;
}

function row(setting) {
  const id = `setting-${setting.name}`;
  const field = input(setting, id);
  const said = h("p", { class: "said", role: "status" });
  const button = h("button", { class: "button", type: "submit", hidden: true }, "Save");
  const usual = h("p", { class: "hint" }), next = h("p", { class: "hint" });
  let kept = setting.value;
  const note = (words, bad) => { said.textContent = words; said.classList.toggle("bad", Boolean(bad)); };
  const changed = () => {
    const differs = read(field) !== shown(setting, kept);
    button.hidden = !differs;
    usual.textContent = kept === setting.usual ? "" : `Usually: ${setting.usual}`;
    if (differs) unsaved.add(setting.name); else unsaved.delete(setting.name);
  };
  const save = async (event) => {
    event.preventDefault();
    if (button.hidden || button.disabled) return;
    button.disabled = true;
    try {
      const answer = await send("set", { name: setting.name, value: read(field) || setting.empty, was: kept });
      kept = answer.value;
      write(field, shown(setting, kept));
      field.removeAttribute("aria-invalid");
      note("Saved.");
      next.textContent = answer.next;
      announce(`${setting.label}: saved. ${answer.next}`.trim());
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      field.setAttribute("aria-invalid", "true");
      const theirs = await elsewhere(setting, kept);
      kept = theirs ?? kept;
      note(theirs === null ? error.message : `Somebody else has changed this to “${theirs}”. Save again to put yours in its place, or reload the page.`, true);
    }
    button.disabled = false;
    changed();
  };
  field.addEventListener("input", () => { note(""); next.textContent = ""; changed(); });
  field.addEventListener("change", changed);
  changed();
  const hand = field.type === "checkbox" ? h("div", { class: "switch" }, field, h("label", { for: id }, "On")) : field;
  return h("form", { class: "setting", onsubmit: save, novalidate: true },
    h("div", {}, h("label", { for: id }, setting.label), h("p", { class: "hint", id: `${id}-about` }, setting.about), usual),
    h("div", { class: "hand" }, hand, h("div", { class: "row" }, button, said), next));
}

/** What a setting is on the server where that is not what was `kept` here, else null. */
async function elsewhere(setting, kept) {
  try {
    const { settings } = await ask(`${here}/settings`);
    const value = settings.find((one) => one.name === setting.name).value;
    return value === kept ? null : value;
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    return null;
  }
}

function input(setting, id) {
  const value = shown(setting, setting.value);
  const common = { id, "aria-describedby": `${id}-about`, autocomplete: "off" };
  if (setting.kind === "switch") return h("input", { ...common, type: "checkbox", checked: value === "on" });
  if (setting.kind === "choice") {
    return h("select", common, setting.choices.map((one) => h("option", { value: one, selected: one === value }, one)));
  }
  if (setting.kind === "lines" || setting.kind === "list") {
    const area = h("textarea", { ...common, rows: 3, placeholder: setting.empty, spellcheck: "false", dir: "auto" });
    area.value = value;
    return area;
  }
  return h("input", { ...common, type: "text", value, placeholder: setting.empty, spellcheck: "false", dir: "auto" });
}

/** What stands in the field: nothing where nothing is set, which the field says by itself. */
const shown = (setting, value) => (value === setting.empty ? "" : value);

const read = (field) => (field.type === "checkbox" ? (field.checked ? "on" : "off") : field.value.trim());

function write(field, value) {
  if (field.type === "checkbox") field.checked = value === "on";
  else field.value = value;
}
