// The last calls, and of the chosen one its log and its SQL.

import { $, ask, choose, colour, element, facts, keys } from "./dom.js";

const KEPT = 200;
const FRAMES = 3;
const ASSET = /\.(css|js|map|ico|png|svg|woff2?)$/;
const list = $("call-list");
let chosen = null;

export function showCalls(calls) {
  list.replaceChildren(...calls.map((call) => row(call, false)));
  filter();
}

export function showCall(call) {
  const there = list.querySelector(`button[data-key="${CSS.escape(call.id)}"]`);
  if (there) {
    const focused = document.activeElement === there;
    const made = row(call, false);
    there.parentElement.replaceWith(made);
    if (focused) made.firstElementChild.focus();
  } else {
    list.prepend(row(call, true));
    while (list.children.length > KEPT) list.lastElementChild.remove();
  }
  if (chosen === call.id && call.status !== null) open(call.id, false);
  filter();
}

function row(call, isNew) {
  const status = call.status === null ? "…" : String(call.status);
  const address = call.query ? `${call.path}?${call.query}` : call.path;
  const more = [
    timeOf(call),
    call.function?.replace(/Function$/, "") ?? "the gateway",
    call.milliseconds === null ? null : `${call.milliseconds} ms`,
    call.invocation === null ? null : call.cold ? "cold" : "warm",
    call.round_trips ? count(call.round_trips, "round trip") : null,
    call.note,
  ].filter(Boolean).join(" · ");
  return element("li", { class: isNew ? "new" : null, "data-asset": ASSET.test(call.path) },
    element("button", {
      type: "button", "data-key": call.id, "data-text": `${call.method} ${address} ${status} ${more}`.toLowerCase(),
      "aria-current": chosen === call.id ? "true" : null, onclick: () => open(call.id, true),
    },
    element("span", { class: "method" }, call.method),
    element("span", { class: "path" }, address),
    element("span", { class: `status ${colour(call.status)}` }, status),
    element("span", { class: "more" }, more)));
}

async function open(id, byHand) {
  chosen = id;
  const call = await ask(`calls/${encodeURIComponent(id)}`);
  if (chosen !== id) return;
  const roundTrips = call.records.filter((record) => record.sql.length);
  const lines = call.records.filter((record) => !record.sql.length);
  if (!byHand && !$("call").querySelector(".title")) return;
  choose(list, $("call"), id, [
    element("p", { class: "title" }, `${call.method} ${call.path}`),
    ...(call.query ? [element("p", { class: "mono query" }, `?${call.query}`)] : []),
    facts([
      ["Answer", element("span", { class: `status ${colour(call.status)}` }, call.status ?? "none yet")],
      ["Time", `${call.milliseconds ?? "…"} ms, at ${timeOf(call)}`],
      ["Function", call.function ?? "none: the gateway's own answer"],
      ...(call.invocation ? [["Worker", call.cold ? "cold: started for this call" : "warm"]] : []),
      ...(call.note ? [["Note", call.note]] : []),
      ["Request", element("code", {}, call.id)],
      ["Database", `${count(call.round_trips, "round trip")}, ${count(call.statements, "statement")}`],
    ]),
    ...(roundTrips.length ? [element("h3", {}, "SQL"), ...roundTrips.map(roundTrip)] : []),
    element("h3", {}, "Log"),
    lines.length ? element("ol", { class: "log" }, ...lines.map(line)) : element("p", { class: "soft" }, "Nothing."),
  ]);
  if (byHand) $("call").focus({ preventScroll: true });
}

const timeOf = (call) => new Date(call.at * 1000).toLocaleTimeString();
const count = (number, noun) => `${number} ${noun}${number === 1 ? "" : "s"}`;

function roundTrip(record, index) {
  const time = record.fields.duration_ms === undefined ? "" : `, ${record.fields.duration_ms} ms`;
  return element("div", { class: "round-trip" }, `Round trip ${index + 1}${time}`,
    element("pre", { tabindex: "0" }, record.sql.join("\n\n")));
}

function line(record) {
  const level = { ERROR: "bad", CRITICAL: "bad", WARNING: "warn" }[record.level] ?? "soft";
  const fields = Object.entries(record.fields).map(([name, value]) => `${name}=${JSON.stringify(value)}`).join(" ");
  return element("li", {},
    element("span", { class: level }, `${record.time} ${record.level} `.trimStart()),
    `${record.message} `,
    element("span", { class: "soft" }, fields),
    ...traceback(record.trace));
}

// The innermost frames; the rest on request.
export function traceback(text) {
  if (!text) return [];
  const lines = text.trimEnd().split("\n");
  const frames = lines.flatMap((each, at) => /^\s*File "/.test(each) ? [at] : []);
  const whole = element("pre", { tabindex: "0" }, text);
  if (frames.length <= FRAMES) return [whole];
  return [
    element("pre", { tabindex: "0", class: "trace" }, lines.slice(frames.at(-FRAMES)).join("\n")),
    element("details", {}, element("summary", {}, `All ${frames.length} frames`), whole),
  ];
}

function filter() {
  const wanted = $("filter").value.trim().toLowerCase();
  for (const item of list.children) {
    const folded = "asset" in item.dataset && !$("assets").checked;
    item.hidden = folded || !item.firstElementChild.dataset.text.includes(wanted);
  }
  $("asset-count").textContent = list.querySelectorAll("[data-asset]").length;
  $("no-calls").hidden = list.children.length > 0;
}

$("filter").addEventListener("input", filter);
$("assets").addEventListener("change", filter);
keys(list, $("call"));
