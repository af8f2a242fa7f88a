"""The AsyncAPI document of the stream: ``python -m sse_gateway.contract.asyncapi docs/asyncapi.yaml`` writes it.

It is ``asyncapi.yaml`` of this folder with the schemas of the payloads.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any, Final

import yaml

from sse_gateway.contract.openapi import schemas, template
from tfdrift import __version__
from tfdrift.events import PAYLOADS

_NOTE: Final = "# Made by `make schemas`.\n"


def document() -> dict[str, Any]:
    """Returns the document."""
    made = template("asyncapi.yaml")
    made["info"]["version"] = __version__
    made["components"]["schemas"].update(schemas(PAYLOADS))
    return made


def text() -> str:
    """Returns the document in YAML."""
    return _NOTE + yaml.safe_dump(document(), sort_keys=False, allow_unicode=True, width=120)


def main() -> None:
    """Write the document to the file named by the first argument."""
    Path(sys.argv[1]).write_text(text(), encoding="utf-8")


if __name__ == "__main__":
    main()
