"""`make run` runs the job functions and shows the mails that they send."""

import json
import os
import re
import subprocess
import time
from typing import Any
from urllib.parse import urlsplit

import pytest
import sqlalchemy as sa

from tests.emulator.client import HttpAnswer, request
from tests.local.conftest import Stack
from tests.support.client import ROOT

PATIENCE = 40  # seconds, on a busy machine


def execute(stack: Stack, statement: str, **values: Any) -> Any:
    url = json.loads((stack.data_dir / "stack.json").read_text())["database_url"]
    with sa.create_engine(url, poolclass=sa.NullPool).begin() as db:
        return db.execute(sa.text(statement), values).scalar_one_or_none()


def add_user(stack: Stack, name: str) -> int:
    columns = "(username, username_key, email, email_key, password_hash)"
    address = f"{name}@example.com"
    row = f"INSERT INTO users {columns} VALUES (:name, :name, :address, :address, 'x') RETURNING id"
    return int(execute(stack, row, name=name, address=address))


def enqueue(stack: Stack, kind: str, name: str) -> None:
    payload = "jsonb_build_object('email', CAST(:address AS text))"
    job = f"INSERT INTO jobs (kind, payload) VALUES (:kind, {payload}) RETURNING id"
    execute(stack, job, kind=kind, address=f"{name}@example.com")


def await_mail(stack: Stack, address: str, subject: str = "") -> str:
    """The page's part about the newest mail of the subject to the address."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        page = request(stack.port, "GET", "/_local/mail").body.decode()
        found = [each for each in page.split("<article>") if f"To {address}" in each and subject in each]
        if found:
            return found[0]
        time.sleep(0.2)
    raise AssertionError(f"no mail to {address}: " + "\n".join(stack.lines[-30:]))


def await_token(stack: Stack, address: str, subject: str = "") -> str:
    """The token of the newest mail of the subject to the address."""
    [token] = set(re.findall(r"#token=([\w-]{43})", await_mail(stack, address, subject)))
    return str(token)


def test_a_job_becomes_a_mail_with_a_link_to_a_page(stack: Stack) -> None:
    add_user(stack, "mail1")
    enqueue(stack, "recovery", "mail1")
    mail = await_mail(stack, "mail1@example.com")
    [link] = re.findall(r'href="(http\S+/_local/account/reset)#token=[\w-]{43}"', mail)
    page = request(stack.port, "GET", urlsplit(link).path)
    assert (page.status, page.headers["content-type"]) == (200, "text/html; charset=utf-8")
    number = re.findall(r"/_local/mail/(\d+)", mail)[0]
    shown = request(stack.port, "GET", f"/_local/mail/{number}")
    assert "sandbox" in shown.headers["content-security-policy"]
    assert b"#token=" in shown.body
    assert execute(stack, "SELECT attempts FROM jobs WHERE payload ->> 'to' = 'mail1@example.com'") == 1


def test_the_dashboard_shows_jobs(stack: Stack) -> None:
    enqueue(stack, "recovery", "nobody-at-all")
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        state = request(stack.port, "GET", "/_local/state", headers={"Sec-Fetch-Site": "same-origin"}).json()
        [panel] = [each for each in state["panels"] if each["name"] == "jobs"]
        if "done no mail: unknown user or address" in str(panel["rows"]):
            return
        time.sleep(0.2)
    raise AssertionError(panel)


def test_make_jobs_runs_dead_jobs_again_and_drops_them(stack: Stack) -> None:
    def jobs(**given: str) -> str:
        words = (f"{name}={value}" for name, value in given.items())
        environment = os.environ | {"DATA_DIR": str(stack.data_dir), "DATABASE_URL": ""}
        command = ["make", "-s", "--no-print-directory", "jobs", *words]
        ran = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True)
        return ran.stdout

    row = "INSERT INTO jobs (kind, attempts, last_error) VALUES ('verification', 8, 'refused') RETURNING id"
    first, second = execute(stack, row), execute(stack, row)
    assert f"{first} verification of user unknown: refused" in jobs()
    assert jobs(DROP=f"{first}").startswith("1 dead jobs are deleted")
    assert jobs(RERUN="all").startswith("1 dead jobs are due again")
    assert execute(stack, "SELECT attempts FROM jobs WHERE id = :id", id=second) in (0, 1)


@pytest.mark.parametrize("path", ["mail", "mail/1", "account/verify", "account/page.js"])
def test_another_host_or_method_sees_none_of_it(stack: Stack, path: str) -> None:
    def ask(method: str, **headers: str) -> HttpAnswer:
        return request(stack.port, method, f"/_local/{path}", headers=headers)

    assert ask("GET", Host="evil.example.com").status in (403, 404)
    assert ask("POST").status == 404
