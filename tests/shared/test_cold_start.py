"""What a cold start defers stays out until it is used, and is then the real thing."""

import json
import subprocess
import sys

from shared.runtime.cold_start import DEFERRED

import pytest

from tests.support.client import ROOT, make_event

HEALTH = make_event("GET", "/health", "/health")


def run(script: str, **environment: str) -> str:
    """What `script` prints, in a process of its own that starts lean."""
    paths = f"{ROOT}:{ROOT / 'functions'}"
    ran = subprocess.run(
        [sys.executable, "-c", script, json.dumps(HEALTH)],
        env={"PYTHONPATH": paths, "LEAN_START": "true"} | environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    return ran.stdout.splitlines()[-1]


def loaded(module: str, **environment: str) -> set[str]:
    """The deferred modules that are loaded once `module` has been imported and its event answered."""
    script = (
        f"import json, sys; from {module} import handler\n"
        "assert handler(json.loads(sys.argv[1]), None)['statusCode'] < 500\n"
        "print(json.dumps([name for name in sys.modules]))"
    )
    names = json.loads(run(script, **environment))
    return {each for each in DEFERRED if each in names}


@pytest.mark.parametrize("module", ["meta.health", "meta.root"])
def test_an_answer_needs_nothing_that_is_deferred(module: str) -> None:
    assert loaded(module) == set()
    assert loaded(module, LEAN_START="false")  # as the libraries have it


@pytest.mark.parametrize("module", ["accounts.get_me", "accounts.login", "accounts.register"])
def test_importing_a_route_loads_nothing_that_is_deferred(module: str) -> None:
    names = json.loads(run(f"import json, sys, {module}\nprint(json.dumps(list(sys.modules)))"))
    assert not set(DEFERRED) & set(names)


def test_each_deferred_module_is_one_that_our_libraries_import() -> None:
    """Else its line is dead: the library has changed."""
    script = "import json, sys, accounts.get_me\nprint(json.dumps(list(sys.modules)))"
    names = json.loads(run(script, LEAN_START="false", REDIS_URL="redis://127.0.0.1:1"))
    assert set(DEFERRED) - set(names) == set()


def test_a_later_use_is_that_of_the_real_module() -> None:
    uses = (
        # of a module, as a library that has imported it
        ("from pg8000.core import scramp", "scramp.ScramClient(['SCRAM-SHA-256'], 'a', 'b').mechanism_name"),
        # of a name, as one that has imported that
        ("from pg8000.converters import parse", "parse('2026-11-20').year"),
        # as our own code does later
        (
            "from email_validator import validate_email as v",
            "v('a@x.org', check_deliverability=False).domain",
        ),
    )
    imports, values = "\n".join(set_env for set_env, _ in uses), ", ".join(value for _, value in uses)
    script = f"import accounts.get_me\n{imports}\nprint({values})"
    assert run(script) == run(script, LEAN_START="false") == "SCRAM-SHA-256 2026 x.org"


def test_the_collector_runs_again_after_the_start_and_passes_over_what_was_there() -> None:
    script = "import gc, accounts.get_me\nprint(gc.isenabled() and gc.get_freeze_count() > 10_000)"
    assert run(script) == "True"
