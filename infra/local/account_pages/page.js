// The pages that mailed links lead to: the least that a front end has to do. To open one spends nothing, since
// mail scanners follow links: the token goes to the API when the button is pressed.

const password = { label: "New password", type: "password", field: "new_password", autocomplete: "new-password" };
const pages = {
  verify: { title: "Confirm your e-mail address", route: "/api/v1/auth/email/verify" },
  reset: { title: "Choose a new password", route: "/api/v1/auth/password/reset", input: password },
  invitation: { title: "Choose your password", route: "/api/v1/auth/password/reset", input: password },
  undo: { title: "Restore your e-mail address", route: "/api/v1/auth/email/undo" },
  forgot: {
    title: "Forgot your password?",
    route: "/api/v1/auth/password/forgot",
    input: { label: "E-mail address", type: "email", field: "email", autocomplete: "email" },
  },
};

const page = pages[location.pathname.split("/").pop()];
const token = new URLSearchParams(location.hash.slice(1)).get("token");
history.replaceState(null, "", location.pathname); // the token leaves the address bar and the history

const [title, form, status] = ["h1", "form", "p"].map((name) => document.querySelector(name));
document.title = title.textContent = page.title;
form.querySelector("button").textContent = "Send";
if (page.input) {
  const label = form.querySelector("label");
  label.hidden = false;
  label.querySelector("span").textContent = page.input.label;
  Object.assign(label.querySelector("input"), { type: page.input.type, autocomplete: page.input.autocomplete });
} else {
  form.querySelector("label").remove();
}

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const body = token ? { token } : {};
  if (page.input) body[page.input.field] = form.querySelector("input").value;
  const answer = await fetch(page.route, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(body),
  });
  status.textContent = answer.ok ? "Done." : (await answer.json()).message;
});
