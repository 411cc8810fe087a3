"""Writes files so that a crash leaves the old or the new content, never a part."""

import os
import secrets
from pathlib import Path


def write_private(file: Path, content: bytes) -> None:
    """Replaces the file's content by `content`; only its owner can read the file."""
    draft = file.with_name(f".{file.name}.{secrets.token_hex(4)}")
    try:
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as output:
            output.write(content)
            output.flush()
            os.fsync(descriptor)
        draft.replace(file)
    finally:
        draft.unlink(missing_ok=True)
    folder = os.open(file.parent, os.O_RDONLY)
    try:
        os.fsync(folder)  # makes the new name durable too
    finally:
        os.close(folder)
