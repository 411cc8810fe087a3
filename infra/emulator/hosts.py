"""Which Host names are served: a name that a stranger lets point here (DNS rebinding) is none of them."""

import re
from collections.abc import Iterable
from ipaddress import ip_address

HOST = re.compile(r"(\[[0-9a-f:.]{2,45}\]|[a-z0-9._-]{1,253})(:\d{1,5})?")
SETTING = "ALLOWED_HOSTS"


def host_name(header: str) -> str | None:
    """The name or address of a Host field without its port; None for what is no host."""
    match = HOST.fullmatch(header.lower())
    return match[1].strip("[]").rstrip(".") if match else None


def is_served(header: str, allowed: Iterable[str]) -> bool:
    """Addresses, localhost and its subdomains, and the names that are `allowed`."""
    name = host_name(header)
    if name is None:
        return False
    if name == "localhost" or name.endswith(".localhost") or name in {each.lower() for each in allowed}:
        return True
    try:
        ip_address(name)
    except ValueError:
        return False
    return True
