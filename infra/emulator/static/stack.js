// What else runs here: the panels that the stack hands in, with their buttons, and the workers.

import { $, ask, element, facts } from "./dom.js";

let token = null;
const shown = new Map(); // what a button gave, by its panel: it stays when the panel is drawn anew

export const accessToken = () => token;

export function showStack(panels, workers) {
  if ($("panels").contains(document.activeElement) && document.activeElement.matches("input")) return;
  $("panels").replaceChildren(...panels.map(panel), workersPanel(workers));
}

function panel(one) {
  const outcome = element("div", { "aria-live": "polite" }, ...(shown.get(one.name) ?? []));
  return element("section", { class: "panel", "aria-label": one.title },
    element("h3", {}, one.title),
    one.rows.length ? facts(one.rows) : null,
    ...one.actions.map((action) => button(one.name, action, outcome)),
    outcome);
}

function button(panelName, action, outcome) {
  const id = `${panelName}-${action.name}`;
  const input = action.choices && element("input", { name: id, list: `${id}-choices`, value: action.choices[0] ?? "", autocomplete: "off" });
  const form = element("form", { class: input ? null : "plain" },
    element("div", { class: "row" },
      input && element("label", {}, "Name",
        input, element("datalist", { id: `${id}-choices` }, ...action.choices.map((value) => element("option", { value })))),
      element("button", { class: "act" }, action.label)));
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    let content;
    try {
      const { result } = await ask(`actions/${panelName}/${action.name}`, input ? input.value : "");
      if (action.is_token) token = result;
      content = action.is_token ? [tokenField(result)] : [element("pre", { tabindex: "0" }, result)];
    } catch (error) {
      content = [element("p", { class: "bad" }, error.message)];
    }
    shown.set(panelName, content);
    outcome.replaceChildren(...content);
  });
  return form;
}

function tokenField(result) {
  const field = element("input", { class: "mono", readonly: true, value: result, "aria-label": "Access token", onfocus: (event) => event.target.select() });
  const copied = element("span", { class: "soft", role: "status" });
  return element("div", { class: "row" },
    element("label", {}, "Access token: calls from Routes carry it", field),
    element("button", {
      class: "act quiet", type: "button",
      onclick: async () => {
        await navigator.clipboard.writeText(result);
        copied.textContent = "copied";
      },
    }, "Copy"),
    copied);
}

function workersPanel(workers) {
  const rows = workers.map((worker) => [worker.function.replace(/Function$/, ""), `${worker.state}, process ${worker.process ?? "…"}`]);
  return element("section", { class: "panel", "aria-label": "Workers" },
    element("h3", {}, `Workers (${workers.length})`),
    rows.length ? facts(rows) : element("p", { class: "soft" }, "None yet: each starts with its function's first call."));
}
