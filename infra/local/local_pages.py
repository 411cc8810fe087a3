"""The pages under `/_local`: the dashboard, the mails, and the pages that mailed links lead to."""

from collections.abc import Callable, Sequence
from pathlib import Path

from aiohttp import web

from infra.emulator.dashboard import HEADERS, TYPES, Dashboard, Panel, is_at_this_machine
from infra.emulator.model import Template
from infra.emulator.runtime import Runtime
from infra.local.mailbox import Mailbox

ACCOUNT_PAGES = "/_local/account"
FOLDER = Path(__file__).parent / "account_pages"
NAMES = ("verify", "reset", "invitation", "undo", "forgot")  # of mail_texts.py


class LocalPages(Dashboard):
    def __init__(
        self, runtime: Runtime, template: Callable[[], Template], panels: Sequence[Panel], mailbox: Mailbox
    ) -> None:
        super().__init__(runtime, template, panels)
        self._mailbox = mailbox

    async def serve(self, request: web.Request) -> web.StreamResponse:
        if request.method == "GET" and is_at_this_machine(request):
            match request.path.split("/")[2:]:
                case ["mail"]:
                    return self._mailbox.page()
                case ["mail", number]:
                    return self._mailbox.show(number)
                case ["account", name] if name in NAMES:
                    return _file("page.html")
                case ["account", ("page.js" | "pages.css") as name]:
                    return _file(name)
        return await super().serve(request)


def _file(name: str) -> web.Response:
    file = FOLDER / name
    type_ = TYPES[file.suffix]
    return web.Response(body=file.read_bytes(), content_type=type_, charset="utf-8", headers=HEADERS)
