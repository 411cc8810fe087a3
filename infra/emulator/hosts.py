"""Checks Host headers, so that a stranger's name that resolves to this machine (DNS rebinding) is refused."""

import re
from collections.abc import Iterable
from contextlib import suppress
from ipaddress import IPv4Address, IPv6Address, ip_address

HOST = re.compile(r"(\[[0-9a-f:.]{2,45}\]|[a-z0-9._-]{1,253})(:\d{1,5})?")


def host_name(header: str) -> str | None:
    """The name or address of a Host field without its port, or None if the field is malformed."""
    match = HOST.fullmatch(header.lower())
    return match[1].strip("[]").rstrip(".") if match else None


def is_localhost(name: str) -> bool:
    return name == "localhost" or name.endswith(".localhost")


def address(name: str) -> IPv4Address | IPv6Address | None:
    with suppress(ValueError):
        return ip_address(name)
    return None


def is_served(header: str, allowed: Iterable[str]) -> bool:
    """Accepts addresses, localhost and its subdomains, and the `allowed` names."""
    name = host_name(header)
    if name is None:
        return False
    return is_localhost(name) or name in {each.lower() for each in allowed} or bool(address(name))
