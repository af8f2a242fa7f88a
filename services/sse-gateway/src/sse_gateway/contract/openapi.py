"""The OpenAPI document: ``openapi.yaml`` of this folder with the schemas of the models."""

from __future__ import annotations

from importlib.resources import files
from typing import Any, Final

import orjson
import yaml
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from tfdrift import __version__
from tfdrift.events import PAYLOADS
from tfdrift.records import ResourceRecord, WorkspaceHead

_MODELS: Final[tuple[type[BaseModel], ...]] = (*PAYLOADS, ResourceRecord, WorkspaceHead)


def document() -> dict[str, Any]:
    """Returns the document."""
    made = template("openapi.yaml")
    made["info"]["version"] = __version__
    made["components"]["schemas"].update(schemas(_MODELS))
    return made


def encoded() -> bytes:
    """Returns the document in JSON."""
    return orjson.dumps(document())


def template(name: str) -> dict[str, Any]:
    """Returns a hand-written contract."""
    read = yaml.safe_load(files("sse_gateway").joinpath("contract", name).read_text(encoding="utf-8"))
    assert isinstance(read, dict)  # noqa: S101 - a file of our own
    return read


def schemas(models: tuple[type[BaseModel], ...]) -> dict[str, Any]:
    """Returns the JSON Schemas of models and of the models inside them, by name, as clients receive them."""
    _, found = models_json_schema(
        [(model, "serialization") for model in models], ref_template="#/components/schemas/{model}"
    )
    definitions: dict[str, Any] = found["$defs"]
    texts = template("descriptions.yaml")
    for model, schema in definitions.items():
        for name, member in schema.get("properties", {}).items():
            if (text := texts.get(f"{model}.{name}", texts.get(name))) is not None:
                member.setdefault("description", text)
    return definitions
