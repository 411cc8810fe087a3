"""Scopes of services: `<domain>:read` and `<domain>:write`, after the folders of functions/."""

from collections.abc import Iterable

CORE = ("accounts", "meta")  # which no service reaches
READ, WRITE = "read", "write"


def scope_of(module: str, method: str) -> str | None:
    """Returns the scope of the route that this module serves, None if no service may call it."""
    domain = module.rpartition(".")[0].rpartition(".")[2]
    if not domain or domain in CORE:
        return None
    return f"{domain}:{READ if method == 'GET' else WRITE}"


def scopes_of(domains: Iterable[str]) -> list[str]:
    """Returns all scopes of these domains, in order."""
    return [f"{each}:{kind}" for each in sorted(domains) if each not in CORE for kind in (READ, WRITE)]
