// Elements without a framework. Texts are set as texts, never as markup.

export const $ = (id) => document.getElementById(id);

export function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value === undefined || value === null || value === false) continue;
    if (key.startsWith("on")) made.addEventListener(key.slice(2), value);
    else made.setAttribute(key, value === true ? "" : value);
  }
  made.append(...children.filter((child) => child !== null && child !== undefined));
  return made;
}

export function facts(rows) {
  return element("dl", {}, ...rows.flatMap(([name, value]) => [
    element("dt", {}, name),
    element("dd", {}, value instanceof Node ? value : String(value)),
  ]));
}

export const colour = (status) =>
  status === null ? "soft" : status < 400 ? "good" : status < 500 ? "warn" : "bad";

// The chosen one of a list shows its details beside it; on a phone in its place.
export function choose(list, detail, key, content) {
  for (const button of list.querySelectorAll("button")) {
    button.toggleAttribute("aria-current", button.dataset.key === key);
    if (button.dataset.key === key) button.setAttribute("aria-current", "true");
  }
  const split = detail.parentElement;
  const back = element("button", {
    class: "act quiet back", type: "button",
    onclick: () => close(list, split, key),
  }, "Back to the list");
  detail.replaceChildren(back, ...content);
  split.classList.add("open");
}

function close(list, split, key) {
  split.classList.remove("open");
  list.querySelector(`button[data-key="${CSS.escape(key)}"]`)?.focus();
}

// Up, down, home and end go through a list; escape leaves the details.
export function keys(list, detail) {
  const step = { ArrowDown: 1, ArrowUp: -1, Home: -Infinity, End: Infinity };
  list.addEventListener("keydown", (event) => {
    if (!(event.key in step)) return;
    const buttons = [...list.querySelectorAll("button")].filter((button) => !button.parentElement.hidden);
    const at = buttons.indexOf(document.activeElement) + step[event.key];
    buttons[Math.min(Math.max(at, 0), buttons.length - 1)]?.focus();
    event.preventDefault();
  });
  detail.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    detail.parentElement.classList.remove("open"); // first: what is hidden takes no focus
    list.querySelector("button[aria-current]")?.focus();
  });
}

export async function ask(path, value) {
  const options = value === undefined ? {} : {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ value }),
  };
  const answer = await fetch(`/_local/${path}`, options);
  const body = await answer.json();
  if (!answer.ok) throw new Error(body.message);
  return body;
}
