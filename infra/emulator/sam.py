"""Translates a SAM template to CloudFormation by SAM's own translator."""

import logging
import os
from collections.abc import Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from samtranslator.model.exceptions import InvalidDocumentException
from samtranslator.translator.transform import transform

from infra.emulator.command_error import CommandError

CODE = "s3://local/code"  # SAM accepts only code in S3, and does not look at it
REGION = "us-east-1"  # SAM requires a region; nothing real is in it
NO_MANAGED_POLICIES = SimpleNamespace(load=dict)


def transformed(file: Path, source: dict[str, Any], parameters: Mapping[str, str]) -> dict[str, Any]:
    """Errors: CommandError, with SAM's own words."""
    logging.getLogger("samtranslator").setLevel(logging.ERROR)  # it warns about metrics that nobody asked for
    os.environ.setdefault("AWS_DEFAULT_REGION", REGION)
    try:
        translated: dict[str, Any] = transform(source, dict(parameters), NO_MANAGED_POLICIES)
    except InvalidDocumentException as error:
        causes = "; ".join(str(cause.message) for cause in error.causes)
        raise CommandError(f"{file.name} is not a valid template: {causes}") from None
    except Exception as error:  # the translator's own mistakes with unusual templates
        raise CommandError(f"{file.name}: SAM's translator failed: {type(error).__name__}: {error}") from None
    return translated
