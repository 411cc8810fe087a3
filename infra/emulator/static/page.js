// The views, and the stream that keeps them live.

import { showCall, showCalls } from "./calls.js";
import { $, ask } from "./dom.js";
import { showRoutes } from "./routes.js";
import { showStack } from "./stack.js";

const VIEWS = ["calls", "routes", "stack"];

async function refresh() {
  const state = await ask("state");
  showCalls(state.calls);
  showRoutes(state.routes);
  showStack(state.panels, state.workers);
}

async function refreshStack() {
  const state = await ask("state");
  showStack(state.panels, state.workers);
}

function show() {
  const view = VIEWS.includes(location.hash.slice(1)) ? location.hash.slice(1) : "calls";
  for (const name of VIEWS) $(name).hidden = name !== view;
  for (const link of document.querySelectorAll("nav a")) {
    if (link.hash === `#${view}`) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  document.title = `${view[0].toUpperCase()}${view.slice(1)} · local stack`;
  if (view === "stack") refreshStack();
  scrollTo(0, 0);
}

function live(on, text) {
  $("live").classList.toggle("on", on);
  $("live").textContent = text;
}

function listen() {
  const stream = new EventSource("/_local/events");
  stream.addEventListener("open", () => { live(true, `live on ${location.host}`); refresh(); });
  stream.addEventListener("call", (event) => showCall(JSON.parse(event.data)));
  stream.addEventListener("state", refreshStack);
  stream.onerror = () => live(false, "the stack does not answer; waiting for it");
}

addEventListener("hashchange", show);
show();
listen();
