"""Makes what the layers hold, small and precompiled.

    build_layer.py packages REQUIREMENTS TARGET ARCHITECTURE    third-party packages, as bytecode alone
    build_layer.py code SOURCE TARGET                           our code with its bytecode beside it

Bytecode is `unchecked-hash`: the times of files in a zip would invalidate the usual kind.
"""

import compileall
import fcntl
import hashlib
import importlib.util
import py_compile
import shutil
import struct
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from py_compile import PycInvalidationMode

assert sys.version_info[:2] == (3, 13), "bytecode must be of the runtime's own Python, 3.13"

KEPT = Path(__file__).resolve().parents[3] / ".aws-sam/packages"  # `make clean` removes it
UNCHECKED = PycInvalidationMode.UNCHECKED_HASH
PLATFORMS = {"x86_64": "x86_64-manylinux_2_28", "arm64": "aarch64-manylinux_2_28"}

UNUSED = Path(__file__).with_name("unused.txt")


def main() -> None:
    match sys.argv[1:]:
        case ["packages", requirements, target, architecture]:
            shutil.copytree(packages(Path(requirements), architecture), target, dirs_exist_ok=True)
        case ["code", source, target]:
            shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"), dirs_exist_ok=True)
            compile_in_place([Path(target)])
        case _:
            sys.exit(__doc__)


def packages(requirements: Path, architecture: str) -> Path:
    """Returns the folder of installed packages. It is made once for all templates and builds."""
    made_of = b"".join(file.read_bytes() for file in (Path(__file__), UNUSED, requirements))
    digest = hashlib.sha256(made_of + architecture.encode())
    kept = KEPT / digest.hexdigest()[:16]
    KEPT.mkdir(parents=True, exist_ok=True)
    with (KEPT / f"{kept.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not kept.exists():
            unfinished = kept.with_suffix(".unfinished")
            shutil.rmtree(unfinished, ignore_errors=True)
            install(requirements, unfinished, architecture)
            slim(unfinished)
            unfinished.rename(kept)
    return kept


def install(requirements: Path, target: Path, architecture: str) -> None:
    """Installs wheels for Lambda's Linux, on any kind of machine."""
    options = ["--target", str(target), "--python-version", "3.13", "--link-mode", "copy", "--quiet"]
    platform = ["--python-platform", PLATFORMS[architecture], "--only-binary", ":all:"]
    exact = ["--no-deps", "--require-hashes", "-r", str(requirements)]
    subprocess.run(["uv", "pip", "install", *options, *platform, *exact], check=True)


def slim(target: Path) -> None:
    """Removes unused packages and debug symbols, and replaces sources by bytecode."""
    patterns = [line.partition("#")[0].strip() for line in UNUSED.read_text().splitlines()]
    for pattern in filter(None, patterns):
        for found in list(target.glob(pattern)):
            shutil.rmtree(found) if found.is_dir() else found.unlink(missing_ok=True)
    for library in target.rglob("*.so*"):
        drop_symbols(library)
    for metadata in target.glob("*.dist-info/METADATA"):  # the header holds the version, the rest is prose
        metadata.write_text(metadata.read_text().partition("\n\n")[0] + "\n")
    # Level 2 leaves docstrings out; `legacy` writes module.pyc, which is imported without a source.
    compiled = compileall.compile_dir(
        target,
        quiet=1,
        force=True,
        legacy=True,
        optimize=2,
        invalidation_mode=UNCHECKED,
        stripdir=str(target),
    )
    if not compiled:
        sys.exit(f"{target} could not be compiled")
    for source in target.rglob("*.py"):
        source.unlink()
    for folder in sorted(target.rglob("*"), reverse=True):  # the inner ones first
        if folder.is_dir() and not any(folder.iterdir()):
            folder.rmdir()


def drop_symbols(library: Path) -> None:
    """Cuts an ELF file after its last loaded segment: the sections behind it hold symbols and debug
    information.

    `strip` handles only the machine's own architecture. Layout: System V ABI, "Object Files".
    """
    data = bytearray(library.read_bytes())
    assert data[:6] == b"\x7fELF\x02\x01", f"{library} is not a 64-bit little-endian ELF file"
    table, size, count = *struct.unpack_from("<Q", data, 32), *struct.unpack_from("<HH", data, 54)
    ends = []
    for at in range(table, table + size * count, size):
        offset, stored = struct.unpack_from("<Q16xQ", data, at + 8)
        ends.append(offset + stored)
    struct.pack_into("<Q", data, 40, 0)  # no section header table,
    struct.pack_into("<HH", data, 60, 0, 0)  # of no entries
    library.write_bytes(data[: max(ends)])


def compile_in_place(folders: Iterable[Path]) -> None:
    """Writes bytecode beside each source.

    SAM copies the same code to every function. Each source is compiled once, since the same source in the
    same place has the same bytecode.
    """
    compiled: dict[tuple[str, bytes], bytes] = {}
    for folder in folders:
        for source in folder.rglob("*.py"):
            name, code = str(source.relative_to(folder)), source.read_bytes()
            target = Path(importlib.util.cache_from_source(source))
            if (name, code) not in compiled:
                py_compile.compile(str(source), str(target), name, doraise=True, invalidation_mode=UNCHECKED)
                compiled[name, code] = target.read_bytes()
            target.parent.mkdir(exist_ok=True)
            target.write_bytes(compiled[name, code])


if __name__ == "__main__":
    main()
