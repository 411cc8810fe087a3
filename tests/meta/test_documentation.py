"""The API document and the pages that show it, as their functions answer."""

import gzip
import hashlib
import json
import re
from pathlib import Path

import pytest

from tests.contract.project import Project
from tests.support.client import ROOT, Answer, Client

ANYONE = Client()
GZIP = {"Accept-Encoding": "br, gzip;q=0.8"}
KEPT = ["/openapi.json", "/docs", "/redoc"]
LAYER = ROOT / "infra/deployed/layers/docs"
MAX_ANSWER = 6 * 2**20  # bytes, Lambda's
A_YEAR = 31536000  # seconds


def assets() -> list[str]:
    """Their paths, as the pages name them."""
    pages = [ANYONE.get(page).body.decode() for page in ("/docs", "/redoc")]
    return sorted({path for page in pages for path in re.findall(r'(?:src|href)="(/assets/[^"]+)"', page)})


def test_the_document_is_the_committed_one() -> None:
    answer = ANYONE.get("/openapi.json")
    assert (answer.status, answer.headers["content-type"]) == (200, "application/json")
    assert answer.body.decode() == (ROOT / "docs/openapi.json").read_text()
    assert json.loads(answer.body)["openapi"].startswith("3.1.")


@pytest.mark.parametrize("path", KEPT)
class TestWhatChanges:
    def test_is_asked_for_by_its_version(self, path: str) -> None:
        answer = ANYONE.get(path)
        assert answer.headers["cache-control"] == "public, max-age=300"
        etag = answer.headers["etag"]
        for known in (etag, f'"other", W/{etag}'):
            again = ANYONE.get(path, headers={"If-None-Match": known})
            assert (again.status, again.body, again.headers["etag"]) == (304, b"", etag)
            for name in ("cache-control", "content-type", "vary", "x-content-type-options"):
                assert again.headers[name] == answer.headers[name], "a cache would replace what it holds"
        assert ANYONE.get(path, headers={"If-None-Match": '"other"'}).status == 200

    def test_goes_out_compressed_to_who_takes_that(self, path: str) -> None:
        assert_compressed(path)

    def test_has_an_entity_tag_for_each_encoding(self, path: str) -> None:
        """RFC 9110, section 8.8.3.3: a cache must not take one for the other."""
        plain, compressed = (ANYONE.get(path, headers=each).headers["etag"] for each in ({}, GZIP))
        assert plain != compressed
        for sent, wanted in ((compressed, 304), (plain, 200)):
            assert ANYONE.get(path, headers=GZIP | {"If-None-Match": sent}).status == wanted


def assert_compressed(path: str) -> None:
    plain, compressed = ANYONE.get(path), ANYONE.get(path, headers=GZIP)
    assert "content-encoding" not in plain.headers
    assert compressed.headers["content-encoding"] == "gzip"
    assert gzip.decompress(compressed.body) == plain.body
    assert "Accept-Encoding" in plain.headers["vary"]
    assert ANYONE.get(path, headers={"Accept-Encoding": "gzip;q=0"}).body == plain.body


@pytest.mark.parametrize("path", ["/docs", "/redoc"])
class TestPage:
    def test_loads_nothing_of_another_host(self, path: str) -> None:
        answer = ANYONE.get(path)
        policy = dict(
            part.strip().split(" ", 1) for part in answer.headers["content-security-policy"].split(";")
        )
        assert policy["default-src"] == "'none'"
        assert (policy["script-src"], policy["connect-src"]) == ("'self'", "'self'")
        assert policy["worker-src"] == "blob:"
        assert "://" not in answer.body.decode()

    def test_holds_no_script_of_its_own(self, path: str) -> None:
        scripts = re.findall(r"<script[^>]*>([^<]*)</script>", ANYONE.get(path).body.decode())
        assert scripts and not any(scripts)


class TestAssets:
    def test_are_four_scripts_and_styles_or_more(self) -> None:
        assert len(assets()) >= 4

    def test_are_kept_for_good_under_a_name_that_holds_their_hash(self) -> None:
        for path in assets():
            answer = ANYONE.get(path)
            assert answer.status == 200
            assert answer.headers["cache-control"] == f"public, max-age={A_YEAR}, immutable"
            [digest] = re.findall(r"\.([0-9a-f]{16})\.", path)
            assert hashlib.sha256(answer.body).hexdigest().startswith(digest), path
            kind = {".js": "text/javascript", ".css": "text/css"}[Path(path).suffix]
            assert answer.headers["content-type"] == f"{kind}; charset=utf-8"

    def test_go_out_compressed_to_who_takes_that(self) -> None:
        for path in assets():
            assert_compressed(path)

    def test_stay_below_what_lambda_lets_out(self) -> None:
        for path in assets():
            assert len(json.dumps(ANYONE.get(path).body.decode())) < MAX_ANSWER

    def test_are_all_of_the_layer(self) -> None:
        files = {f"/assets/{file.name.removesuffix('.gz')}" for file in (LAYER / "api_docs").glob("*.gz")}
        assert files == set(assets())

    def test_are_what_the_pages_folder_holds(self) -> None:
        served = {re.sub(r"\.[0-9a-f]{16}\.", ".", path): ANYONE.get(path).body for path in assets()}
        for own in (LAYER / "pages").iterdir():
            assert served[f"/assets/{own.name}"] == own.read_bytes(), "make vendor"

    def test_bear_their_licenses(self) -> None:
        names = {file.name for file in (LAYER / "api_docs").iterdir()}
        assert {"redoc.LICENSE", "swagger-ui.LICENSE", "swagger-ui.NOTICE"} <= names

    @pytest.mark.parametrize(
        "name", ["redoc.js", "docs.html", "openapi.json", "..%2F..%2Fdocs.py", "redoc.LICENSE", "%00"]
    )
    def test_are_nothing_else(self, name: str) -> None:
        answer = ANYONE.get(f"/assets/{name}")
        assert (answer.status, answer.error) == (404, "asset_not_found")
        assert answer.headers["cache-control"] == "no-store"


def test_no_other_function_carries_them() -> None:
    carriers = {
        name for name, block in Project(ROOT).blocks() if {"Ref": "DocsLayer"} in block.get("Layers", [])
    }
    assert carriers == {"DocsFunction", "DocsAssetFunction", "OpenapiJsonFunction", "RedocFunction"}


def test_discovery_is_as_documented(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KEY_SET", '{"keys": []}')
    answers: list[Answer] = [
        ANYONE.get("/.well-known/jwks.json"),
        ANYONE.get("/.well-known/openid-configuration"),
    ]
    assert [answer.status for answer in answers] == [200, 200]


@pytest.mark.parametrize("path", KEPT)
def test_another_version_is_refused(path: str) -> None:
    answer = ANYONE.get(path, headers={"If-Match": '"other"'})
    assert (answer.status, answer.error) == (412, "precondition_failed")
