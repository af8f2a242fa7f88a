"""The JSON Schemas that are published with the project."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from jsonschema_rs import Draft202012Validator, ValidationError, meta

from tests.shared.samples import SAMPLES, drift
from tfdrift.events import Event
from tfdrift.schemas import schemas

FOLDER = Path(__file__).parents[2] / "docs" / "schemas"


def test_the_published_schemas_are_fresh() -> None:
    """`make schemas` writes them again after a change of a model."""
    assert {path.name: path.read_text(encoding="utf-8") for path in FOLDER.iterdir()} == schemas()


@pytest.mark.parametrize("name", [*schemas()])
def test_a_schema_is_valid_itself(name: str) -> None:
    """Every tool for draft 2020-12 can read it."""
    meta.validate(json.loads(schemas()[name]))


@pytest.mark.parametrize("event", SAMPLES, ids=lambda event: type(event).__name__)
def test_a_payload_is_valid_under_its_schema(event: Event) -> None:
    """Payloads are as the schemas promise."""
    validator(event).validate(json.loads(event.encode()))


@pytest.mark.parametrize(
    ("field", "value"), [("severity", "severe"), ("status", None), ("history", {}), ("timestamp", 5), ("id", None)]
)
def test_an_invalid_payload_is_refused(field: str, value: object) -> None:
    """The schemas do refuse something."""
    with pytest.raises(ValidationError):
        validator(drift()).validate({**json.loads(drift().encode()), field: value})


def test_every_field_is_promised() -> None:
    """A client can rely on each field, null or not."""
    data = json.loads(drift().encode())
    del data["history"]
    with pytest.raises(ValidationError, match="history"):
        validator(drift()).validate(data)


def validator(event: Event) -> Draft202012Validator:
    schema = json.loads((FOLDER / f"{event.event}.json").read_text(encoding="utf-8"))
    return Draft202012Validator(schema, validate_formats=True)
