"""Makes the converter's Postman collection runnable from its first request to its last on an empty API.

Requests come in a useful order, ids and tokens go from answers into variables, bodies are the document's
examples, and each request tests its status. `baseUrl` is the only variable to set.
"""

import copy
import json
import re
from collections.abc import Iterator
from typing import Any

ORDER = (
    *("register", "login", "refresh", "create", "get", "list", "update"),
    *("follow", "like", "retweet", "unfollow", "unlike", "unretweet", "delete"),
)
# Only a page knows an asset's name, which contains a hash, and has an origin and a cookie; only a mail knows
# its link's token; only an admin's service has an id and a secret.
LEFT_OUT = {
    *("docs_asset", "web_login", "web_refresh", "web_logout"),
    *("verify_email", "undo_email_change", "reset_password"),
    *("issue_token", "get_service", "delete_service", "create_service_secret"),
}
FOR_ADMINS = {
    *("list_users", "update_user", "invite_user", "list_user_events"),
    *("create_service", "list_services", "delete_user"),
}
# Requests that end sessions come last, with a sign-in between them, and the end of the account after them.
LAST = ("end_other_sessions", "end_session", "login", "change_password", "logout", "login", "delete_me")
PASSWORD = "a long way down 1865"  # noqa: S105
VALUES: dict[str, Any] = {
    "username": "u{{run}}",
    "email": "u{{run}}@example.com",
    "isbn": "{{run}}",
    "password": PASSWORD,
    "current_password": PASSWORD,
    "new_password": PASSWORD,
    "refresh_token": "{{refreshToken}}",
    "author_id": "{{author_id}}",
    "category_ids": ["{{category_id}}"],
}
ONCE = 'if (!pm.collectionVariables.get("run")) { pm.collectionVariables.set("run", String(Date.now())); }'
KEEP_TOKENS = [
    'pm.collectionVariables.set("bearerToken", pm.response.json().access_token);',
    'pm.collectionVariables.set("refreshToken", pm.response.json().refresh_token);',
]


def runnable(collection: dict[str, Any], document: dict[str, Any]) -> dict[str, Any]:
    operations = {
        (method.upper(), path): operation
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    }
    folders: list[dict[str, Any]] = []
    last: dict[str, dict[str, Any]] = {}
    for folder in collection["item"]:
        requests = {}
        for item in requests_of(folder):
            operation = operations[item["request"]["method"], path_of(item)]
            requests[operation["operationId"]] = prepared(item, operation)
        last |= {name: copy.deepcopy(requests[name]) for name in LAST if name in requests}
        here = {name: request for name, request in requests.items() if name not in LAST or name == "login"}
        folders.append({"name": folder["name"], "item": in_order(here)})
    folders.append(
        {"name": "Ends of sessions and users", "item": [last[name] for name in LAST if name in last]}
    )
    return {
        "info": collection["info"],
        "item": folders,
        "event": [script("prerequest", ONCE)],
        "variable": [{"key": "baseUrl", "value": "http://127.0.0.1:3000"}],
    }


def requests_of(folder: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for item in folder["item"]:
        yield from requests_of(item) if "item" in item else (item,)


def path_of(item: dict[str, Any]) -> str:
    return "/" + "/".join(re.sub(r"^:(\w+)$", r"{\1}", part) for part in item["request"]["url"]["path"])


def prepared(item: dict[str, Any], operation: dict[str, Any]) -> dict[str, Any]:
    name, request = operation["operationId"], item["request"]
    for each in request["url"].get("query", []) + request.get("header", []):
        each["disabled"] = each["key"] not in ("Content-Type", "Accept", "Idempotency-Key")
        if each["key"] == "Idempotency-Key":
            each["value"] = "{{$guid}}"
    for variable in request["url"].get("variable", []):
        variable["value"] = f"{{{{{resource_of(path_of(item))}_id}}}}"
    if request.get("body", {}).get("mode") == "raw":
        request["body"]["raw"] = body_of(name, operation)
    request["name"] = request["name"].rstrip(".")
    return {
        "name": request["name"],
        "request": request,
        "event": [script("test", *tests_of(name, operation))],
    }


def resource_of(path: str) -> str:
    """/api/v1/categories/{id} → category; other_user for the user to look at and to follow."""
    plural = path.partition("/{")[0].rpartition("/")[2]
    return "other_user" if plural == "users" else re.sub(r"ies$", "y", plural).removesuffix("s")


def body_of(name: str, operation: dict[str, Any]) -> str:
    """Returns the document's example, with values unique to the run and ids from earlier answers."""
    body = operation["requestBody"]["content"]["application/json"]["example"]
    body = {field: VALUES.get(field, value) for field, value in body.items()}
    if name.endswith("_category"):
        body["name"] = f"{name} {{{{run}}}}"
    return re.sub(r'"({{\w+_id}})"', r"\1", json.dumps(body, indent=2))


def tests_of(name: str, operation: dict[str, Any]) -> Iterator[str]:
    expected = [int(status) for status in operation["responses"] if status.startswith("2")]
    expected += [403] * (name in FOR_ADMINS)
    yield f"pm.test('{name} answers {expected}', () => pm.expect(pm.response.code).to.be.oneOf({expected}));"
    if name in ("login", "refresh"):
        yield from KEEP_TOKENS
    elif name == "list_sessions":
        yield "pm.collectionVariables.set('session_id', pm.response.json()[0].id);"
    elif name.startswith("create_"):
        yield f"pm.collectionVariables.set('{name.removeprefix('create_')}_id', pm.response.json().id);"


def script(listen: str, *lines: str) -> dict[str, Any]:
    return {"listen": listen, "script": {"type": "text/javascript", "exec": list(lines)}}


def in_order(requests: dict[str, dict[str, Any]]) -> list[dict[str, Any]]:
    """Sorts requests by ORDER: a row comes before rows that refer to it, and is deleted after them."""
    if "register" in requests:
        requests["register_other"] = another_user(requests["register"])
    made: list[str] = []
    while waiting := [name for name in requests if name.startswith("create_") and name not in made]:
        made += [
            name for name in waiting if needs(requests[name]) <= {each[len("create_") :] for each in made}
        ]
    rank = {name.removeprefix("create_"): number for number, name in enumerate(made)}

    def turn(name: str) -> tuple[int, int]:
        verb, _, resource = name.partition("_")
        number = rank.get(resource, 0)
        step = ORDER.index(verb) if verb in ORDER else ORDER.index("get")
        return step, -number if verb == "delete" else number

    return [requests[name] for name in sorted(requests, key=turn) if name not in LEFT_OUT]


def needs(request: dict[str, Any]) -> set[str]:
    return set(re.findall(r"{{(\w+)_id}}", json.dumps(request["request"])))


def another_user(item: dict[str, Any]) -> dict[str, Any]:
    other = copy.deepcopy(item)
    other["name"] = other["request"]["name"] = f"{item['name']}, another one"
    other["request"]["body"]["raw"] = other["request"]["body"]["raw"].replace("u{{run}}", "v{{run}}")
    keep = "pm.collectionVariables.set('other_user_id', pm.response.json().id);"
    other["event"][0]["script"]["exec"].append(keep)
    return other
