"""Every row of the route table that is not public, without a token, through the gateway."""

from tests.local.conftest import Stack, request
from tests.support.client import ROOT, ROUTES


def test_what_is_not_public_is_refused(stack: Stack) -> None:
    there = {path.stem for path in (ROOT / "functions").glob("*/*.py")}
    let_in = {}
    for row in ROUTES:
        if row["operation_id"] in there and row["auth"] != "-":
            answer = request(stack.port, row["method"], row["path"].replace("{id}", "1"))
            if (answer.status, answer.body) != (401, b'{"message":"Unauthorized"}'):
                let_in[row["operation_id"]] = (answer.status, answer.body)
    assert let_in == {}
