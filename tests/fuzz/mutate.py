"""Changes a JSON value at random places: types exchanged, extreme numbers, deep nesting, missing members."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from random import Random
from typing import Any, Final

_MAX_MUTATIONS: Final = 4
_INSIDE: Final = 0.95
# Alerts that nest deeper than 64 levels are refused; these are accepted.
_DEPTHS: Final = (3, 20, 50)

# A place in a value: the container, and the key or index in it.
Place = tuple[Any, Any]

EXTREMES: Final[tuple[Any, ...]] = (
    None,
    True,
    False,
    0,
    -1,
    1,
    65536,
    2**31,
    2**63 - 1,
    2**63,
    -(2**63),
    -(2**63) - 1,
    2**64,
    2**65 + 1,
    10**30,
    -(10**30),
    10**400,
    0.1,
    -0.0,
    1e300,
    "",
    " ",
    "-1",
    "0",
    "9" * 30,
    "-" + "9" * 30,
    "1e400",
    "NaN",
    "true",
    "null",
    "*",
    "[]",
    "{}",
    "[1",
    '{"Statement":[{"Sid":{"a":[1]},"Effect":"Allow"}]}',
    '{"Statement":-1}',
    '{"Statement":[[[]]],"Version":{}}',
    "arn:aws:::",
    "arn:aws:iam::123456789012:",
    "arn:::::::::",
    "alias/",
    "0.0.0.0/0",
    "::/129",
    "x" * 3000,
    "\x00",
    "\u2028\U0001f600",
    "a.b[0]\"'\\",
    "$.%s{}",
    "[" * 900 + "]" * 900,
    '{"Version":"2012-10-17","Statement":' + '{"a":' * 300 + "1" + "}" * 301,
    "0001-01-01T00:00:00Z",
    "9999-12-31T23:59:59.999999Z",
    [],
    {},
    [None],
    [[]],
    [{}],
    [[], {}, "", None, 0],
    ["a", "a", ["a"], {"a": "a"}],
    {"": ""},
    {"value": None},
    {"items": []},
    {"items": {"item": -1}},
    {"content": [], "tag": 1},
    {"name": {"name": []}},
    {"Key": ["a"], "Value": {"b": 1}},
    {"a.b[0]": {"\x00": []}},
)


def mutated(value: Any, random: Random) -> Any:
    """Returns a copy of a value with one to four changes; the value itself if nothing in it can be changed."""
    root = [copy.deepcopy(value)]
    for _ in range(random.randint(1, _MAX_MUTATIONS)):
        places = list(_places(root))
        # The root itself seldom: little of a scenario is left then.
        container, key = random.choice(places[1:] if len(places) > 1 and random.random() < _INSIDE else places)
        _change(container, key, random)
    return root[0]


def _places(value: Any) -> Iterator[Place]:
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in items:
        yield value, key
        yield from _places(inner)


def _change(container: Any, key: Any, random: Random) -> None:
    value = container[key]
    match random.randrange(9):
        case 0:
            container[key] = [value]
        case 1:
            container[key] = {random.choice(("value", "items", "a", "key", "Sid")): value}
        case 2:
            container[key] = str(value)
        case 3:
            container[key] = _nested(value, random)
        case 4 if isinstance(container, dict):
            del container[key]
        case 5 if isinstance(container, list):
            container.insert(key, copy.deepcopy(value))
        case 6 if isinstance(container, dict):
            container[random.choice(("items", "value", "name", "id", "Sid", ""))] = container.pop(key)
        case _:
            container[key] = copy.deepcopy(random.choice(EXTREMES))


def _nested(value: Any, random: Random) -> Any:
    for _ in range(random.choice(_DEPTHS)):
        value = [value] if random.random() < 0.5 else {"a": value}
    return value
