"""The JSON Schemas that are published with the project."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator, FormatChecker, ValidationError

from tests.shared.samples import SAMPLES, drift
from tfdrift.events import Event
from tfdrift.schemas import schemas

FOLDER = Path(__file__).parents[2] / "docs" / "schemas"


def test_the_published_schemas_are_fresh() -> None:
    """`make schemas` writes them anew after a model has changed."""
    assert {path.name: path.read_text(encoding="utf-8") for path in FOLDER.iterdir()} == schemas()


@pytest.mark.parametrize("name", [*schemas()])
def test_a_schema_is_valid_itself(name: str) -> None:
    """Any tool that knows draft 2020-12 can read it."""
    Draft202012Validator.check_schema(json.loads(schemas()[name]))


@pytest.mark.parametrize("event", SAMPLES, ids=lambda event: type(event).__name__)
def test_a_payload_is_valid_under_its_schema(event: Event) -> None:
    """What we send is what we promise."""
    validator(event).validate(json.loads(event.encode()))


@pytest.mark.parametrize(
    ("field", "value"), [("severity", "grave"), ("status", None), ("history", {}), ("timestamp", 5), ("id", None)]
)
def test_a_wrong_payload_is_not_valid(field: str, value: object) -> None:
    """The schema says something."""
    with pytest.raises(ValidationError):
        validator(drift()).validate({**json.loads(drift().encode()), field: value})


def test_every_field_is_promised() -> None:
    """A client may rely on each field being there, null or not."""
    data = json.loads(drift().encode())
    del data["history"]
    with pytest.raises(ValidationError, match="history"):
        validator(drift()).validate(data)


def validator(event: Event) -> Draft202012Validator:
    schema = json.loads((FOLDER / f"{event.event}.json").read_text(encoding="utf-8"))
    return Draft202012Validator(schema, format_checker=FormatChecker())
