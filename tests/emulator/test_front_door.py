"""`python -m infra.emulator TEMPLATE`, over templates in the form of public ones."""

import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from infra.local.keys import ensure_key
from tests.emulator.client import HttpAnswer, request
from tests.support.client import ROOT
from tests.support.issuer import IssuerServer

TEMPLATES = Path(__file__).parent / "templates"


class Served:
    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.lines: list[str] = []
        assert process.stdout
        self.output = process.stdout
        for line in self.output:
            self.lines.append(line.rstrip())
            if line.startswith("ready "):
                break
        else:
            raise AssertionError("\n".join(self.lines))
        self.port = int(self.lines[-1].rpartition(":")[2])

    @property
    def left_out(self) -> list[str]:
        return [line.removeprefix("left out").strip() for line in self.lines if line.startswith("left out")]

    def call(self, method: str, path: str, token: str | None = None) -> HttpAnswer:
        return request(self.port, method, path, None, {"Authorization": f"Bearer {token}"} if token else {})

    def answer(self, method: str, path: str, token: str | None = None) -> tuple[int, str]:
        answer = self.call(method, path, token)
        return answer.status, answer.body.decode()


@contextmanager
def served(template: Path, *options: str) -> Iterator[Served]:
    process = subprocess.Popen(
        [sys.executable, "-m", "infra.emulator", str(template), "--port", "0", *options],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        yield Served(process)
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(timeout=30)
        assert process.stdout
        with process.stdout as output:
            rest = output.read()
    assert process.returncode == 0, rest
    assert "Traceback" not in rest


@pytest.fixture(scope="module")
def issuer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[IssuerServer]:
    key = tmp_path_factory.mktemp("issuer") / "key.pem"
    ensure_key(key)
    running = IssuerServer(key)
    yield running
    running.close()


def test_code_in_the_template_takes_every_request() -> None:
    with served(TEMPLATES / "inline_code.yaml") as api:
        assert api.answer("GET", "/") == (200, "$default")
        assert api.answer("DELETE", "/any/path%0a") == (200, "$default")
        assert api.left_out == ["ApiFunction: its runtime is python3.14; it runs with python3.13 here"]
        assert b"Local stack" in api.call("GET", "/_local").body  # not the template's
        assert [route["function"] for route in api.call("GET", "/_local/state").json()["routes"]] != []


def test_parameters_are_set_and_what_only_the_cloud_knows_is_absent() -> None:
    options = ("--set", "RdsProxyEndpoint=proxy.test", "--env", "region=here")
    with served(TEMPLATES / "parameters.yaml", *options) as api:
        assert api.call("GET", "/").json() == {
            "region": "here",
            "rds_endpoint": "proxy.test",
            "port": "3306",
            "username": None,
        }
        assert api.call("POST", "/").status == 404


@pytest.mark.parametrize(
    ("packages", "seen"),
    [((), True), (("--packages", str(TEMPLATES / "layer")), False)],
)
def test_functions_see_the_packages_that_are_stated(
    tmp_path: Path, packages: tuple[str, ...], seen: bool
) -> None:
    (tmp_path / "template.yaml").write_text(
        (TEMPLATES / "inline_code.yaml")
        .read_text()
        .replace("event[", "str(find('sqlalchemy') is not None) or event[")
        .replace("def handler", "from importlib.util import find_spec as find\n        def handler")
    )
    with served(tmp_path / "template.yaml", *packages) as api:
        assert api.answer("GET", "/") == (200, str(seen))
        assert any(line.startswith("packages ") for line in api.lines) == seen


def test_a_user_pools_routes_ask_for_their_scopes(issuer: IssuerServer) -> None:
    options = ("--issuer", issuer.url, "--set", "Audience=web")
    with served(TEMPLATES / "user_pool.yaml", *options) as api:
        assert api.answer("GET", "/") == (200, "LambdaFunction GET /")
        assert api.answer("PUT", "/") == (200, "CatchAllLambdaFunction $default")
        assert api.answer("GET", "/simple") == (401, '{"message":"Unauthorized"}')
        statuses = {
            scope: [
                api.call("GET", path, issuer.token(aud="web", scope=scope)).status
                for path in ("/simple", "/admin", "/both")
            ]
            for scope in ("email", "Admins-web", "SU-web")
        }
        assert statuses == {
            "email": [200, 403, 403],
            "Admins-web": [403, 200, 200],
            "SU-web": [403, 403, 200],
        }
        assert api.call("GET", "/simple", issuer.token(scope="email")).status == 401  # another audience


def test_what_is_no_jwt_authorizer_and_no_python_is_left_out_and_told(
    issuer: IssuerServer, tmp_path: Path
) -> None:
    template = tmp_path / "template.yaml"
    template.write_text((TEMPLATES / "several_authorizers.yaml").read_text().replace("ISSUER", issuer.url))
    (tmp_path / "code").symlink_to(TEMPLATES / "code")
    with served(template) as api:
        token = issuer.token(aud="audience2", scope="scope")
        assert api.answer("PUT", "/hello", token) == (200, "HttpApiFunction PUT /hello")
        assert api.call("PUT", "/hello").status == 401
        for method, path in (("GET", "/hello"), ("GET", "/hello-aws-iam-auth"), ("GET", "/x")):
            assert api.call(method, path, token).status == 404
        assert sorted(api.left_out) == [
            "$default, GET /hello: its authorizer LambdaAuth is not served",
            "GET /hello-aws-iam-auth: its authorizer AWS_IAM is not served",
            "HttpApiFunction: its runtime is python3.11; it runs with python3.13 here",
            "MyAuthFn: its runtime is nodejs18.x, not Python",
        ]


def test_a_layers_sources_and_a_definition_of_its_own_are_served() -> None:
    with served(TEMPLATES / "layer_and_definition.yaml") as api:
        assert api.answer("GET", "/beta/hello/World") == (200, "Hello World")
        for path in ("/hello/World", "/beta/elsewhere", "/betahello/World", "/beta", "/"):
            assert api.call("GET", path).status == 404
        assert sorted(api.left_out) == [
            "GET /elsewhere: no Python function of this template serves it",
            "HelloStepFunction: a state machine; it does not run here",
            "HelloWorldApi: a REST API; only HTTP APIs are served",
            "HelloWorldFunction: its runtime is python3.11; it runs with python3.13 here",
        ]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nowhere.yaml"], "nowhere.yaml cannot be read: No such file or directory"),
        pytest.param(
            [str(TEMPLATES / "inline_code.yaml"), "--set", "x"],
            "'x' is not of the form NAME=VALUE",
            marks=pytest.mark.slow,
        ),
        pytest.param(
            [str(TEMPLATES / "inline_code.yaml"), "--packages", "Makefile"],
            "Makefile is not a folder: create one with pip install --target FOLDER",
            marks=pytest.mark.slow,
        ),
    ],
)
def test_what_cannot_be_served_is_one_clear_line(arguments: list[str], message: str) -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "infra.emulator", *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert ended.returncode == 1
    assert ended.stderr.strip().endswith(message)
    assert ended.stderr.startswith("error: ")
