"""Small API models and types, in the shapes of botocore's and the provider's, for tests of the generator's rules."""

from __future__ import annotations

from typing import Any

from mapping_generator.sources.provider_schema import Attribute
from mapping_generator.sources.service_model import Service
from mapping_generator.types.nouns import ResourceType

TEXT = Attribute("string", configurable=True)
NEEDED = Attribute("string", configurable=True, required=True)
SHAPES: dict[str, Any] = {
    "text": {"type": "string"},
    "choice": {"type": "string", "enum": ["A", "B"]},
    "secret": {"type": "string", "sensitive": True},
    "number": {"type": "integer"},
    "flag": {"type": "boolean"},
    "time": {"type": "timestamp"},
    "texts": {"type": "list", "member": {"shape": "text"}},
    "map": {"type": "map", "key": {"shape": "text"}, "value": {"shape": "text"}},
    "inner": {"type": "structure", "members": {"Mode": {"shape": "text"}, "Strict": {"shape": "flag"}}},
    "book": {"type": "structure", "members": {"BookName": {"shape": "text"}}, "required": ["BookName"]},
    "inners": {"type": "list", "member": {"shape": "inner"}},
}


def service(operations: dict[str, dict[str, str]], responses: dict[str, dict[str, str]] | None = None) -> Service:
    """A service whose operations have members of the given shapes; a name that ends in "!" is required."""
    shapes, described = dict(SHAPES), {}
    for name, members in operations.items():
        described[name] = {"input": {"shape": f"{name}Request"}, "output": {"shape": f"{name}Response"}}
        shapes[f"{name}Request"] = _structure(members)
        shapes[f"{name}Response"] = _structure((responses or {}).get(name, {}))
    metadata = {"endpointPrefix": "shop", "protocol": "json"}
    return Service("shop", {"metadata": metadata, "operations": described, "shapes": shapes})


def _structure(members: dict[str, str]) -> dict[str, Any]:
    return {
        "type": "structure",
        "required": [name.removesuffix("!") for name in members if name.endswith("!")],
        "members": {name.removesuffix("!"): {"shape": shape} for name, shape in members.items()},
    }


def resource(name: str, *nouns: str, **attributes: Attribute) -> ResourceType:
    """A type of the service ``shop``, with an id, an ARN and a name beside its other attributes."""
    common = {"id": TEXT, "arn": Attribute("string"), "name": NEEDED}
    return ResourceType(name, nouns, {**common, **attributes})
