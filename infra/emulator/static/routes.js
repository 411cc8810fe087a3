// The table of routes, and a call of the chosen one from here.

import { $, choose, colour, element, facts, keys } from "./dom.js";
import { accessToken } from "./stack.js";

const DOCUMENT = "/openapi.json";
const list = $("route-list");

let apiDocument = null; // the API document, if the API has one

export function showRoutes(routes) {
  if (!routes.some((each) => each.method === "GET" && each.path === DOCUMENT)) apiDocument = Promise.resolve({});
  const sorted = routes.toSorted((a, b) => a.path.localeCompare(b.path) || a.method.localeCompare(b.method));
  list.replaceChildren(...sorted.map(row));
}

function row(route) {
  const key = `${route.method} ${route.path}`;
  const access = route.scopes.length ? route.scopes.join(" or ") : route.authorizer ? "a token" : "anyone";
  const more = `${route.function.replace(/Function$/, "")} · ${access} · ${route.handler}`;
  return element("li", {},
    element("button", {
      type: "button", "data-key": key, "data-text": `${key} ${more}`.toLowerCase(),
      onclick: () => open(key, route, access),
    },
    element("span", { class: "method" }, route.method),
    element("span", { class: "path" }, route.path),
    element("span", { class: "more" }, more)));
}

function open(key, route, access) {
  const path = element("input", { class: "mono", name: "path", value: route.path, autocomplete: "off", spellcheck: "false" });
  const hasBody = ["POST", "PUT", "PATCH", "ANY"].includes(route.method);
  const body = element("textarea", { name: "body", spellcheck: "false" });
  const answer = element("div", { "aria-live": "polite" });
  const form = element("form", {},
    element("label", {}, "Path and query", path),
    hasBody ? element("label", {}, "Body (JSON)", body) : null,
    element("div", { class: "row" },
      element("button", { class: "act" }, "Send"),
      element("span", { class: "soft" }, accessToken() ? "with the token from Stack" : "without a token: Stack has one")));
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    answer.replaceChildren(...await send(route.method, path.value, hasBody ? body.value : ""));
  });
  choose(list, $("try"), key, [
    element("p", { class: "title" }, key),
    facts([["Function", route.function], ["Handler", element("code", {}, route.handler)], ["For", access]]),
    form,
    answer,
  ]);
  path.focus();
  if (hasBody) fillIn(body, route);
}

// The document's example of a body, unless one has been written meanwhile.
async function fillIn(body, route) {
  apiDocument ??= fetch(DOCUMENT).then((answer) => answer.json()).catch(() => ({}));
  const operation = (await apiDocument).paths?.[route.path]?.[route.method.toLowerCase()];
  const example = operation?.requestBody?.content?.["application/json"]?.example;
  if (example !== undefined && !body.value) body.value = JSON.stringify(example, null, 2);
}

async function send(method, path, body) {
  const headers = {};
  if (accessToken()) headers.Authorization = `Bearer ${accessToken()}`;
  if (body.trim()) headers["Content-Type"] = "application/json";
  const began = performance.now();
  try {
    const answer = await fetch(path, { method: method === "ANY" ? "GET" : method, headers, body: body.trim() ? body : undefined });
    const text = await answer.text();
    const time = Math.round(performance.now() - began);
    return [
      element("h3", {}, "Answer ", element("span", { class: `status ${colour(answer.status)}` }, `${answer.status}`), ` in ${time} ms`),
      element("pre", { tabindex: "0" }, pretty(text) || "no body"),
    ];
  } catch (error) {
    return [element("p", { class: "bad" }, `No answer: ${error.message}`)];
  }
}

function pretty(text) {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}

$("route-filter").addEventListener("input", () => {
  const wanted = $("route-filter").value.trim().toLowerCase();
  for (const item of list.children) item.hidden = !item.firstElementChild.dataset.text.includes(wanted);
});
keys(list, $("try"));
