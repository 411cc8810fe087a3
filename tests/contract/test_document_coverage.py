"""An undocumented answer fails its test; documented answers without a test are listed at the end."""

import json
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from tests.support import document, document_coverage
from tests.support.client import Answer

ITEM = {"id": 1, "name": "Anvil", "description": ""}
ERROR = {"success": False, "error": "gadget_not_found", "message": "Gadget not found", "request_id": "1"}
ALWAYS = {"content-type": "application/json", "x-request-id": "1"}
READ = Answer(200, ALWAYS | {"etag": '"1"'}, json.dumps(ITEM).encode())
MISSING = Answer(404, ALWAYS, json.dumps(ERROR).encode())


def test_what_it_says_may_be_answered() -> None:
    document.check_documented("get_gadget", READ)
    document.check_documented("get_gadget", MISSING)
    assert {("get_gadget", "200", ""), ("get_gadget", "404", "gadget_not_found")} <= document.seen


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (replace(READ, status=202), "does not say that get_gadget answers 202"),
        (replace(READ, headers=READ.headers | {"x-power": "much"}), "the header x-power"),
        (replace(READ, headers=ALWAYS), "no header etag"),
        (replace(READ, body=b""), "no body"),
        (
            replace(READ, headers=READ.headers | {"content-type": "text/html"}),
            "a body of the kind 'text/html'",
        ),
        (replace(READ, body=json.dumps(ITEM | {"colour": "red"}).encode()), "colour"),
        (replace(READ, body=json.dumps(ITEM | {"id": "1"}).encode()), "id: "),
        (replace(READ, body=b'{"id": 1, "name": "Anvil"}'), "description"),
        (replace(READ, status=304), "a body"),
        (
            replace(MISSING, body=json.dumps(ERROR | {"error": "gone"}).encode()),
            "does not say that 404 can be gone",
        ),
        (replace(MISSING, status=401, body=b'{"message": "Unauthorized"}'), "no header www-authenticate"),
    ],
)
def test_what_it_does_not_say_may_not(answer: Answer, said: str) -> None:
    with pytest.raises(AssertionError, match=said):
        document.check_documented("get_gadget", answer)


def test_what_nobody_saw_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    everything = {each for each in document.documented() if each[1:] not in document_coverage.NEVER}
    one = ("get_user", "404", "user_not_found")
    monkeypatch.setattr(document_coverage, "seen", everything - {one})
    assert document_coverage.unseen() == ["get_user 404 user_not_found"]
    another_process: Any = SimpleNamespace(workeroutput={"seen": [list(one)]})
    document_coverage.pytest_testnodedown(another_process, None)
    assert document_coverage.unseen() == []


def test_what_is_never_seen_is_documented_all_the_same() -> None:
    said = {each[1:] for each in document.documented()}
    assert set(document_coverage.NEVER) <= said
