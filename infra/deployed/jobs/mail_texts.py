"""The texts of mails: a file of `texts/` for each kind, its first line the subject.

`texts/layout.html` is around the HTML form of each.
"""

import html
import re
from collections.abc import Mapping
from pathlib import Path
from string import Template
from typing import Any

TEXTS = Path(__file__).parent / "texts"
PAGES = {  # of the front end, for the link of each kind
    "verification": "verify",
    "email_change": "verify",
    "recovery": "reset",
    "invitation": "invitation",
    "email_changed": "undo",
}


def render(mail: Mapping[str, Any], pages: str) -> tuple[str, str, str]:
    """Returns the subject, the text and the HTML.

    The token is in the link's fragment, which no server, log or Referer field sees.
    """
    token = mail["token"]
    kind = mail["kind"] if token or mail["kind"] != "email_changed" else "email_changed_without_undo"
    link = f"{pages}/{PAGES[mail['kind']]}#token={token}" if token else f"{pages}/forgot"
    subject, _, text = (TEXTS / f"{kind}.txt").read_text().partition("\n\n")
    given = {"username": mail["username"], "address": mail["to"]}
    return (
        Template(subject).substitute(given),
        Template(text).substitute(given, link=link),
        _in_html(subject, text, given, link),
    )


def _in_html(subject: str, text: str, given: Mapping[str, str], link: str) -> str:
    """Returns the text as paragraphs. Values are escaped, and the link can be followed."""
    escaped = {name: html.escape(value) for name, value in given.items()}
    address = html.escape(link)
    paragraphs = [f"<p>{html.escape(part.strip(), quote=False)}</p>" for part in re.split(r"\n{2,}", text)]
    body = Template("\n".join(paragraphs)).substitute(escaped, link=f'<a href="{address}">{address}</a>')
    layout = Template((TEXTS / "layout.html").read_text())
    return layout.substitute(subject=Template(html.escape(subject)).substitute(escaped), body=body)
