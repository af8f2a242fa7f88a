"""Spells Terraform attribute paths: ``root_block_device[0].volume_size``, ``tags.Env``, ``tags["a.b/c"]``.

A member that is an identifier follows a dot; any other is a JSON string in brackets. An element of a list is its index
in brackets.
"""

from __future__ import annotations

import re
from typing import Final

import orjson

_IDENTIFIER: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")


def member_path(path: str, name: str) -> str:
    """Returns the path of a member; ``path`` is that of the object that has it, "" for the resource itself."""
    if not _IDENTIFIER.fullmatch(name):
        return f"{path}[{orjson.dumps(name).decode()}]"
    return f"{path}.{name}" if path else name


def element_path(path: str, index: int) -> str:
    """Returns the path of a list's element."""
    return f"{path}[{index}]"
