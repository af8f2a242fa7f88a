"""Reads Terraform attribute paths, as `tfdrift.attribute_paths` spells them, and looks up what they lead to.

``[*]`` is every element of a list: ``ebs_block_device[*].volume_id``.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

import orjson

from drift_detector.facts.no_value import MISSING, Absent
from tfdrift.attribute_paths import element_path, member_path
from tfdrift.events import Json

_PART: Final = re.compile(r'(?:^|\.)([A-Za-z_][A-Za-z0-9_-]*)|\[(\d+|\*)\]|\["((?:[^"\\]|\\.)*)"\]')

Part = str | int
# The index that means every element of a list.
EVERY: Final = -1
# The path of an attribute that neither the log nor the mapping names: the call changed something of the resource.
SOMETHING: Final = "*"


@lru_cache(maxsize=16384)
def parse_attribute(path: str) -> tuple[Part, ...]:
    """Returns the members and indexes of an attribute path.

    Raises:
        ValueError: it is not an attribute path.
    """
    if path == SOMETHING:
        return (SOMETHING,)
    parts: list[Part] = []
    position = 0
    while position < len(path):
        match = _PART.match(path, position)
        if match is None or (position and match[1] is not None and path[position] != "."):
            break
        if match[1] is not None:
            parts.append(match[1])
        elif match[2] is not None:
            parts.append(EVERY if match[2] == "*" else int(match[2]))
        else:
            parts.append(orjson.loads(f'"{match[3]}"'))
        position = match.end()
    if not parts or position < len(path) or isinstance(parts[0], int):
        raise ValueError(f"{path!r} is not an attribute path such as root_block_device[0].volume_size")
    return tuple(parts)


def format_attribute(*parts: Part) -> str:
    """Returns the attribute path of members and indexes."""
    text = ""
    for part in parts:
        if isinstance(part, str):
            text = member_path(text, part)
        else:
            text = f"{text}[*]" if part == EVERY else element_path(text, part)
    return text


def without_indexes(path: str) -> str:
    """Returns a path as the mapping's types have it: ``root_block_device.volume_size``."""
    return ".".join(part for part in parse_attribute(path) if isinstance(part, str))


def read(attributes: Json, path: str) -> Json | Absent:
    """Returns the value at a path; `MISSING`, which is not null, if the attributes have no such place.

    Members of a map or block that is null are missing, and so is an element beyond the end of a list. A path with
    ``[*]`` gives the list of the values that are there.
    """
    return _read(attributes, parse_attribute(path))


def _read(value: Json, parts: tuple[Part, ...]) -> Json | Absent:
    for position, part in enumerate(parts):
        if isinstance(part, int):
            if not isinstance(value, list) or part >= len(value):
                return MISSING
            if part == EVERY:
                found = [_read(one, parts[position + 1 :]) for one in value]
                return [one for one in found if not isinstance(one, Absent)]
            value = value[part]
        elif isinstance(value, dict) and part in value:
            value = value[part]
        else:
            return MISSING
    return value


def spells(attributes: dict[str, Json], path: str) -> bool:
    """Whether a state with these attributes would have the attribute at a path, if that had a value.

    A state has every attribute that its provider's version knows, and every member of a block that is there (a block is
    an element of a list). Nothing is known of the members of a block that is not there, nor of the keys of a map.
    """
    value: Json = attributes
    is_block = True
    for part in parse_attribute(path):
        if isinstance(part, str):
            if not isinstance(value, dict):
                return True
            if part not in value:
                return not is_block
            value, is_block = value[part], False
        elif isinstance(value, list) and 0 <= part < len(value):
            value, is_block = value[part], True
        else:
            return True
    return True


def located(attributes: Json, path: str) -> str:
    """Returns a path with indexes for the elements that it names: ``container[0].image`` for ``container.app.image``.

    An element is named by its member ``name``. A name that no element has stays, and such a path leads nowhere.
    """
    value, parts = attributes, list(parse_attribute(path))
    found = False
    for position, part in enumerate(parts):
        place: Part | None = part
        if isinstance(part, str) and isinstance(value, list):
            named = (place for place, one in enumerate(value) if isinstance(one, dict) and one.get("name") == part)
            place = next(named, None)
            if place is None:
                break
            parts[position], found = place, True
        if isinstance(place, int):
            if not isinstance(value, list) or place >= len(value):
                break
            value = value[place]
        else:
            value = value.get(place) if isinstance(value, dict) and place is not None else None
    return format_attribute(*parts) if found else path


# The attributes that have the provider's default tags or labels beside a resource's own: since version 3.38 of the AWS
# provider and version 5 of Google's.
_WITH_DEFAULTS: Final = {"tags": "tags_all", "labels": "effective_labels", "resource_labels": "effective_labels"}


def recorded(attributes: dict[str, Json], path: str) -> Json | Absent:
    """Returns, as `read` does, the value that the cloud has if it is as Terraform left it.

    ``tags`` has only the tags of the resource's own block; ``tags_all`` has the provider's default tags too.
    """
    own = str(parse_attribute(path)[0])
    everything = attributes.get(_WITH_DEFAULTS[own]) if own in _WITH_DEFAULTS else None
    return read({own: everything} if isinstance(everything, dict) else attributes, path)
