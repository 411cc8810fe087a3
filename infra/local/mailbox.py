"""Stands in for SES: keeps the mails that the function Deliver sends, and shows them at `/_local/mail`.

Deliver's own client of SES sends them here by AWS_ENDPOINT_URL_SESV2. Source: SES API v2, "SendEmail".
"""

import html
import json
import re
from collections import deque
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count
from typing import Any

from aiohttp import web

from infra.emulator.dashboard import HEADERS

KEPT = 200  # mails
LINK = re.compile(r"https?://\S+")
# A mail's HTML has its own style and may not run a script. Its links open in the whole window.
MAIL_HEADERS = HEADERS | {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; sandbox allow-top-navigation"
}


@dataclass(frozen=True)
class Mail:
    number: int
    to: str
    subject: str
    text: str
    html: str
    at: datetime = field(default_factory=lambda: datetime.now(UTC))


class Mailbox:
    def __init__(self) -> None:
        self.mails: deque[Mail] = deque(maxlen=KEPT)
        self._numbers = count(1)
        app = web.Application()
        app.router.add_post("/v2/email/outbound-emails", self._receive)
        self._runner = web.AppRunner(app, access_log=None)
        self.url = ""

    async def start(self) -> None:
        """Listens on a free port of this machine alone."""
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"

    async def stop(self) -> None:
        await self._runner.cleanup()

    async def _receive(self, request: web.Request) -> web.Response:
        if "Authorization" not in request.headers:  # AWS's clients sign; another page's script may not
            return web.json_response({"message": "Missing Authentication Token"}, status=403)
        sent: Any = json.loads(await request.read())
        content = sent["Content"]["Simple"]
        number = next(self._numbers)
        body = content["Body"]
        to = ", ".join(sent["Destination"]["ToAddresses"])
        subject = content["Subject"]["Data"]
        self.mails.appendleft(Mail(number, to, subject, body["Text"]["Data"], body["Html"]["Data"]))
        return web.json_response({"MessageId": f"{number}"})

    def page(self) -> web.Response:
        """Lists the mails, the newest first, with links that can be followed."""
        listed = "\n".join(map(_article, self.mails)) or "<p>No mail has been sent yet.</p>"
        text = (
            "<!DOCTYPE html>\n<html lang='en'>\n<meta charset='utf-8'>\n<title>Mail</title>\n"
            f"<link rel='stylesheet' href='/_local/account/pages.css'>\n<h1>Mail</h1>\n{listed}\n</html>\n"
        )
        return web.Response(text=text, content_type="text/html", headers=HEADERS)

    def show(self, number: str) -> web.Response:
        """Shows the HTML form of one mail."""
        for mail in self.mails:
            if number == str(mail.number):
                return web.Response(text=mail.html, content_type="text/html", headers=MAIL_HEADERS)
        return web.Response(status=404, text="There is no such mail.", headers=HEADERS)


def _article(mail: Mail) -> str:
    text = LINK.sub(lambda found: f'<a href="{found[0]}">{found[0]}</a>', html.escape(mail.text))
    as_html = f"<a href='/_local/mail/{mail.number}'>HTML</a>"
    return (
        f"<article>\n<h2>{html.escape(mail.subject)}</h2>\n"
        f"<p>To {html.escape(mail.to)}, {mail.at:%H:%M:%S} UTC, {as_html}</p>\n"
        f"<pre>{text}</pre>\n</article>"
    )
