"""`python -m infra.tools.openapi`: writes docs/openapi.json. A test compares it with the code."""

import json
import sys
from pathlib import Path
from typing import Any

from infra.tools.openapi.document import make_document
from infra.tools.openapi.examples import NoExample

FILE = Path(__file__).parents[3] / "docs/openapi.json"


def written(document: dict[str, Any]) -> str:
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    try:
        FILE.write_text(written(make_document()))
    except NoExample as error:
        sys.exit(f"error: {error}")
