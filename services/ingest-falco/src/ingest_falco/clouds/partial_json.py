"""JSON that lost its end, or a character, on the way: as much of it as can be read.

falcosidekick (2.29 and newer, ``types/types.go`` and ``handlers.go``) truncates each text field over 512 bytes of an
alert over 4,096 bytes: its first 507 bytes stay, and ``[...]`` is appended. No setting changes that.
"""

from __future__ import annotations

import re
from typing import Final

from ingest_falco.strict_json import parse
from tfdrift.events import TRUNCATED, Json

_MARK: Final = "[...]"
_SHORTENED_BYTES: Final = 512
# Go's encoder writes this for each byte that is no UTF-8, such as the first of a character that was truncated.
_REPLACEMENT: Final = "\ufffd"

_CONTROL: Final = re.compile(r"[\x00-\x1f]")
# An escaped surrogate without its other half. RFC 8259 §8.2 allows the text, but it is no Unicode.
_LONE_SURROGATE: Final = re.compile(
    r"(?<!\\)((?:\\\\)*)(?:(\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2})|\\u[dD][89a-fA-F][0-9a-fA-F]{2})"
)
# The name of the member whose value was truncated.
_NAME: Final = re.compile(r'[\s,]*("(?:[^"\\]|\\.)*")\s*:')
_CLOSERS: Final = {"{": "}", "[": "]"}


def is_shortened(text: str) -> bool:
    """Whether falcosidekick has truncated a text: it has 512 bytes, the last of which are ``[...]``."""
    if not text.endswith(_MARK) or len(text) > _SHORTENED_BYTES:
        return False
    head = text[: -len(_MARK)]
    whole = head.rstrip(_REPLACEMENT)
    return len(whole.encode()) + len(head) - len(whole) == _SHORTENED_BYTES - len(_MARK)


def parse_prefix(text: str, *, marked: bool = False) -> Json:
    """The value of a JSON text that lost its end: every member that is whole, and None where none is.

    A text, number or word that the end may have truncated is left out.

    Args:
        marked: whether `TRUNCATED` stands where the text ends: as the value of the last member, or as one more element
            or member, so that no part of a list or a map is taken for the whole.

    Raises:
        InvalidJson: it is not the beginning of JSON.
    """
    text = text.removesuffix(_MARK).rstrip(_REPLACEMENT)
    end, open_brackets = _whole(text)
    if end == 0:
        return None
    mark = _mark(text[:end], text[end:], open_brackets) if marked else ""
    return parse(repaired(text[:end] + mark + "".join(_CLOSERS[bracket] for bracket in reversed(open_brackets))))


def _mark(whole: str, rest: str, open_brackets: str) -> str:
    """What stands for the truncated end; the outermost object needs no member that says so."""
    if not open_brackets:
        return ""
    comma = "" if whole[-1] in _CLOSERS else ","
    if open_brackets[-1] == "[":
        return f'{comma}"{TRUNCATED}"'
    name = _NAME.match(rest)
    if name is not None:
        return f'{comma}{name[1]}:"{TRUNCATED}"'
    return f'{comma}"{TRUNCATED}":"{TRUNCATED}"' if len(open_brackets) > 1 else ""


def repaired(text: str) -> str:
    """The text with characters that JSON forbids replaced as Go's encoder does: control characters, lone surrogates."""
    text = _LONE_SURROGATE.sub(lambda found: found.group(1) + (found.group(2) or _REPLACEMENT), text)
    return _CONTROL.sub(lambda found: found.group() if found.group() in "\t\n\r" else _REPLACEMENT, text)


def _whole(text: str) -> tuple[int, str]:
    """Where the last whole value ends, and the brackets that are open there."""
    end, at_end, brackets = 0, "", ""
    in_text = escaped = False
    for position, character in enumerate(text):
        if in_text:
            in_text = escaped or character != '"'
            escaped = not escaped and character == "\\"
        elif character == '"':
            in_text = True
        elif character in _CLOSERS:
            brackets += character
            end, at_end = position + 1, brackets
        elif character in "}]":
            brackets = brackets[:-1]
            end, at_end = position + 1, brackets
        elif character == ",":
            end, at_end = position, brackets
    return end, at_end
