"""`python -m services.upper_edge.web.openapi`: the OpenAPI document on stdout, as the page's types are made from it."""

from __future__ import annotations

import json
import sys

from services.upper_edge.web.app import make_app
from services.upper_edge.web.settings import WebSettings


def document() -> str:
    """The document as JSON, the version of the software left out: types do not depend on it."""
    described = make_app(WebSettings()).openapi()
    described["info"]["version"] = "1"
    return json.dumps(described, indent=1, sort_keys=True, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    sys.stdout.write(document())
