"""Forms of OAuth2 (RFC 6749, section 3.2 and appendix B)."""

from collections import Counter
from urllib.parse import parse_qsl

FORM = "application/x-www-form-urlencoded"


def parse_form(body: bytes) -> tuple[dict[str, str], list[str]]:
    """Returns the parameters, without empty ones, and the names of repeated ones, empty or not.

    Errors: UnicodeDecodeError.
    """
    pairs = parse_qsl(body.decode(), keep_blank_values=True, errors="strict")
    repeated = [name for name, times in Counter(name for name, _ in pairs).items() if times > 1]
    return {name: value for name, value in pairs if value}, repeated
