"""Reads calls with the mapping of whichever checkout is first on the path, and prints what they claim.

`python -m bench.claims` runs this file once in each checkout. It uses only what both have.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from drift_detector.catalog.load import load_catalog
from drift_detector.catalog.lookup import Catalog
from drift_detector.claim.by_provider import call_of
from drift_detector.compare.apply_operation import apply
from drift_detector.compare.values import same
from drift_detector.facts.no_value import UNKNOWN
from tfdrift.envelope import Envelope
from tfdrift.events import FalcoEvent

# What a state may record in place of a claimed value.
_RECORDED: tuple[Any, ...] = (
    None,
    "",
    [],
    {},
    [{}],
    False,
    True,
    0,
    1,
    "0",
    "other",
    ["other"],
    [{"name": "other"}],
    "{}",
)


def main() -> None:
    """Print a line for each call of the file that the first argument names: its name, and its claims as JSON."""
    catalog = load_catalog()
    with open(sys.argv[1], encoding="utf-8") as file:
        for line in file:
            given = json.loads(line)
            print(given["name"], json.dumps(_claims(given, catalog), sort_keys=True, default=str), sep="\t")


def _claims(given: dict[str, Any], catalog: Catalog) -> Any:
    event = FalcoEvent.model_validate(given["event"])
    moment = datetime.fromisoformat("2026-01-01T00:00:00+00:00")
    envelope = Envelope("one", moment, moment, call=json.dumps(given["call"]).encode())
    try:
        call = call_of(event, envelope, catalog)
    except Exception as error:  # noqa: BLE001 - an error is a result too
        return f"{type(error).__name__}: {error}"
    if call is None:
        return None
    groups = [[_target(target, catalog) for target in group] for group in call.groups]
    return {"account": call.account_id, "region": call.region, "part": call.part, "groups": groups}


def _target(target: Any, catalog: Catalog) -> Any:
    return {
        "type": target.type,
        "act": target.act,
        "identity": target.identity,
        "names": sorted(target.names),
        "expected": catalog.is_expected(target.type),
        "parents": [(parent.type, sorted(parent.via.items())) for parent in catalog.parents(target.type)],
        "recorded": [catalog.identity_value(target.type, name, _arn(value)) for name, value in target.identity.items()],
        "operations": [_operation(target.type, operation, catalog) for operation in target.operations],
    }


def _arn(value: str) -> str:
    return value if value.startswith("arn:") else f"arn:aws:x:eu-central-1:123456789012:kind/{value}"


def _operation(kind: str, operation: Any, catalog: Catalog) -> Any:
    comparison = catalog.comparison(kind, operation.attribute)
    value = UNKNOWN if operation.unknown else operation.value
    panel = [*_RECORDED, *_spellings(operation.value)]
    return {
        "attribute": operation.attribute,
        "verb": operation.verb,
        "value": operation.value,
        "unknown": operation.unknown,
        "only_recorded": operation.only_recorded,
        "elsewhere": catalog.may_be_in_another_resource(kind, operation.attribute),
        "same": "".join(str(same(value, one, comparison))[0] for one in panel),
        "applied": [str(apply(operation, one, comparison)) for one in (None, operation.value, [operation.value])],
    }


def _spellings(value: Any) -> Iterator[Any]:
    """Yields a claimed value as other states may record it."""
    yield value
    yield [value]
    yield str(value)
    if isinstance(value, str):
        yield value.upper()
        yield value.rsplit("/", 1)[-1].rsplit(":", 1)[-1]
        yield f"arn:aws:x:eu-central-1:123456789012:kind/{value}"
        yield f"{value}."
    if isinstance(value, list):
        yield value[::-1]
        yield value[:-1]
    if isinstance(value, dict):
        yield {name: one for name, one in value.items() if one}


if __name__ == "__main__":
    main()
