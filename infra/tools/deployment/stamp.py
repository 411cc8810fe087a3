"""Writes the release stamp into the build.

SAM names a function's version after its properties as they are written, before parameters have their
values. So a new value alone publishes no version, and `live` would go on with the old environment. And where
another property renames the version (a tag, a concurrency) Lambda refuses it: nothing that it keeps differs.
The stamp is a literal in every function's environment that differs whenever a template or a parameter does.

The newest migration's number is written too, as a literal: CloudFormation runs the migration when it changes.
So is what becomes of a database that nothing protects: a `DeletionPolicy` takes no parameter.
"""

import hashlib
import json
import re
from pathlib import Path

from infra.deployed.migrations import newest
from infra.tools.deployment.samconfig import Configuration

REVISION = re.compile(r"^(\s*Revision: )unstamped\b", re.MULTILINE)
PLACE = re.compile(r"^(\s*(?:RELEASE|Release): )unstamped$", re.MULTILINE)
POLICY = re.compile(r"^(\s*DeletionPolicy: )Snapshot$", re.MULTILINE)
LENGTH = 16  # hexadecimal digits


def stamp(folder: Path, stage: Configuration) -> str:
    """Writes the stamp into each template of the build and returns it: the stage's name and a digest."""
    files = (*folder.glob("template.yaml"), *folder.glob("*/template.yaml"))
    templates = {file: REVISION.sub(rf'\g<1>"{newest()}"', file.read_text()) for file in files}
    if stage.parameters.get("DeletionProtection") != "true":
        templates = {file: POLICY.sub(r"\g<1>Delete", text) for file, text in templates.items()}
    digest = hashlib.sha256(json.dumps(stage.deploy, sort_keys=True).encode())
    for file in sorted(templates):
        digest.update(f"\0{file.relative_to(folder)}\0{templates[file]}".encode())
    release = f"{stage.stage}-{digest.hexdigest()[:LENGTH]}"
    for file, text in templates.items():
        file.write_text(PLACE.sub(rf"\g<1>{release}", text))
    return release
