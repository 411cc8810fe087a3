"""What `sam build` makes is small, precompiled, and whole."""

import importlib.util
import json
import os
import subprocess
from pathlib import Path

import pytest

from infra.emulator.python import clean_python
from infra.tools.names import function_of
from tests.support.artifact import files, run, sizes
from tests.support.client import ROOT

pytestmark = pytest.mark.artifact
PYC_FLAGS_UNCHECKED_HASH = 0b01  # PEP 552
ELF_MACHINES = {"x86_64": 62, "arm64": 183}
BUDGET = 0.30  # of what pip installs for the same dependencies


@pytest.fixture(scope="module")
def layers(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The packages layer for both architectures."""
    made = {name: tmp_path_factory.mktemp(name) for name in ELF_MACHINES}
    for architecture, folder in made.items():
        build = ("make", "-f", "infra/deployed/layers/Makefile", "build-PackagesLayer")
        run(*build, ARTIFACTS_DIR=str(folder), ARCHITECTURE=architecture)
    return made


def test_every_source_has_bytecode_that_no_file_time_invalidates(built: Path) -> None:
    sources = list(built.rglob("*.py"))
    assert sources
    for source in sources:
        compiled = Path(importlib.util.cache_from_source(str(source)))
        assert compiled.exists(), f"{source} has no bytecode"
    for compiled in built.rglob("*.pyc"):
        header = compiled.read_bytes()[:8]
        assert header[:4] == importlib.util.MAGIC_NUMBER, f"{compiled} is not of this Python"
        assert int.from_bytes(header[4:], "little") == PYC_FLAGS_UNCHECKED_HASH, compiled


def test_it_is_at_most_30_percent_of_what_pip_installs(built: Path, tmp_path: Path) -> None:
    made, installed = sizes(built, tmp_path)
    ratio = made / installed
    print(f"artifact: {made / 1e6:.1f} MB, {ratio:.3f} of what pip installs")
    assert ratio <= BUDGET


def test_it_holds_no_boto3_no_tests_and_nothing_of_infra(built: Path) -> None:
    names = {path.name for path in built.rglob("*")}
    assert not names & {"boto3", "botocore", "awslambdaric", "pytest", "tests", "conftest.py"}
    routes = [path for path in built.iterdir() if path.is_dir() and path.name != "Migration"]
    assert not any(list(path.rglob("infra")) + list(path.rglob("alembic")) for path in routes)


def test_it_holds_no_leftovers_and_data_where_it_is_used_alone(built: Path) -> None:
    for layer in [*built.glob("*Layer"), *built.glob("*/*Layer")]:
        left = [path for path in layer.rglob("*") if path.name.startswith(".") or "templates" in path.parts]
        left += [path for path in layer.rglob("*") if path.is_dir() and not any(path.iterdir())]
        assert left == []
    with_list = {path.parents[1].name for path in built.rglob("common_passwords.txt")}
    accounts = {function_of(file.stem) for file in (ROOT / "functions/accounts").glob("*.py")}
    assert "RegisterFunction" in with_list
    assert with_list <= accounts


def test_an_architectures_libraries_are_its_own(layers: dict[str, Path]) -> None:
    for architecture, folder in layers.items():
        libraries = [path for path in files(folder) if ".so" in path.name]
        assert libraries
        for library in libraries:
            machine = int.from_bytes(library.read_bytes()[18:20], "little")  # e_machine
            assert machine == ELF_MACHINES[architecture], library


def test_both_architectures_have_the_same_files(layers: dict[str, Path]) -> None:
    def names(architecture: str) -> set[str]:
        other = {"x86_64": "x86_64-linux-gnu", "arm64": "aarch64-linux-gnu"}[architecture]
        folder = layers[architecture]
        return {str(path.relative_to(folder)).replace(other, "ARCH") for path in files(folder)}

    assert names("x86_64") == names("arm64")


@pytest.mark.parametrize(
    "function", ["ListUsersFunction", "Migration/MigrateFunction", "Jobs/TakeJobsFunction"]
)
def test_every_handler_imports_under_a_clean_python(built: Path, tmp_path: Path, function: str) -> None:
    """Clean: no package but those of the artifact and of Lambda's own runtime."""
    python = clean_python(tmp_path)
    code = built / function
    layers = sorted(code.parent.glob("*Layer/python"))
    modules = [".".join(path.relative_to(code).with_suffix("").parts) for path in code.glob("*/*.py")]
    if "Jobs" in function:
        modules = [path.stem for path in code.glob("*.py")]
    modules = modules or ["migrate", "infra.deployed.migrations", "infra.deployed.migrations.bootstrap"]
    roots = [code, *layers, *python.path]
    redis = {"REDIS_URL": "rediss://cache.test:6379"}  # whose client is then imported too
    script = (
        "import importlib, json, sys\n"
        "for name in sys.argv[1:]: importlib.import_module(name)\n"
        "print(json.dumps(sys.path))"
    )
    ran = subprocess.run(
        [*python.command, "-c", script, *modules],
        env={"PYTHONPATH": os.pathsep.join(map(str, roots))} | redis,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    assert not any("site-packages" in entry for entry in json.loads(ran.stdout))
