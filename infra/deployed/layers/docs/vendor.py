"""`python infra/deployed/layers/docs/vendor.py`: put what the pages load into api_docs/, as it is served.

The libraries come from npm, in the versions and with the digests of packages.toml. Each file lies there
compressed, a hash of its content in its name; our own script and style are among them. Run it after a change
in packages.toml or pages/.
"""

import gzip
import io
import subprocess
import tarfile
import tempfile
import tomllib
from base64 import b64encode
from hashlib import sha256, sha512
from pathlib import Path

HERE = Path(__file__).parent
PAGES, TARGET = HERE / "pages", HERE / "api_docs"

PACKAGES = tomllib.loads((HERE / "packages.toml").read_text())
# ReDoc loads its maker's logo from another host: an empty image replaces it.
LOGO, NO_LOGO = b"https://cdn.redoc.ly/redoc/logo-mini.svg", b"data:image/gif;base64,R0lGODlhAQABAAAAACw="
SOURCE_MAP = b"\n//# sourceMappingURL="


def main() -> None:
    for former in TARGET.glob("*.gz"):
        former.unlink()
    for own in sorted(PAGES.iterdir()):
        write(own.name, own.read_bytes())
    for package, wanted in PACKAGES.items():
        with tarfile.open(fileobj=io.BytesIO(fetched(package, wanted["digest"]))) as archive:
            for path, name in wanted["files"].items():
                write(name, content(archive, path).replace(LOGO, NO_LOGO).partition(SOURCE_MAP)[0])
            for path, name in wanted["notices"].items():
                (TARGET / name).write_bytes(content(archive, path))


def fetched(package: str, digest: str) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(["npm", "pack", "--silent", package], cwd=folder, check=True, capture_output=True)
        [file] = Path(folder).iterdir()
        packed = file.read_bytes()
    if b64encode(sha512(packed).digest()).decode() != digest:
        raise SystemExit(f"{package} is not what was reviewed")
    return packed


def content(archive: tarfile.TarFile, path: str) -> bytes:
    file = archive.extractfile(f"package/{path}")
    assert file is not None
    return file.read()


def write(name: str, text: bytes) -> None:
    stem, _, kind = name.rpartition(".")
    hashed = f"{stem}.{sha256(text).hexdigest()[:16]}.{kind}"
    (TARGET / f"{hashed}.gz").write_bytes(gzip.compress(text, mtime=0))


if __name__ == "__main__":
    main()
