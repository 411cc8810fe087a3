"""The snippet of docs/clients.md that reads a list to its end."""

import json
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import urljoin
from urllib.request import Request, urlopen


def rows(url: str, token: str) -> Iterator[Any]:
    while url:
        with urlopen(Request(url, headers={"Authorization": f"Bearer {token}"})) as answer:
            yield from json.load(answer)
            following = re.search(r'<([^>]*)>; rel="next"', answer.headers.get("Link", ""))
        url = urljoin(url, following[1]) if following else ""
