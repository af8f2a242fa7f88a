"""The AsyncAPI document of the stream is fresh, and what is streamed is as it says."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from jsonschema_rs import Draft202012Validator

from sse_gateway.contract.asyncapi import document, text
from sse_gateway.stream.lifetime import Ending
from tests.sse_gateway.access.test_access import bearer
from tests.sse_gateway.credentials import SECRET, signed
from tests.sse_gateway.gateway import alert, change, publish, running
from tests.sse_gateway.stored import drift
from tfdrift.severity import Severity
from tfdrift.subjects import EventName

DOCUMENT = document()


def test_the_document_in_the_docs_is_fresh() -> None:
    """`python -m sse_gateway.contract.asyncapi docs/asyncapi.yaml` makes it again."""
    path = Path(__file__).parents[3] / "docs" / "asyncapi.yaml"
    assert path.read_text(encoding="utf-8") == text()


def test_it_names_every_event_of_the_ledger_and_of_the_gateway() -> None:
    """And each has a schema."""
    messages = DOCUMENT["components"]["messages"]
    assert set(messages) == set(DOCUMENT["channels"]["stream"]["messages"])
    assert set(messages) == {"connected", "reset", "closing", *map(str, EventName)}
    assert Ending.TOKEN_EXPIRED in DOCUMENT["components"]["schemas"]["Closing"]["properties"]["reason"]["enum"]
    for name, message in messages.items():
        assert message["name"] == name
        assert message["payload"]["$ref"].rpartition("/")[2] in DOCUMENT["components"]["schemas"]


def check(name: str, payload: Any) -> None:
    schema = {**DOCUMENT["components"]["messages"][name]["payload"], "components": DOCUMENT["components"]}
    Draft202012Validator(schema, validate_formats=True).validate(payload)


async def test_what_is_streamed_is_as_it_says(nats_url: str) -> None:
    """The gateway's own events too."""
    async with running(nats_url, auth_jwt_secret=SECRET) as gateway:
        await publish(gateway.bus, [change(1), alert(Severity.HIGH), drift(1)])
        async with gateway.stream(Last_Event_ID="garbage", **bearer(signed(seconds=4))) as stream:
            events = await stream.until_end()
        assert [event.name for event in events] == ["connected", "reset", "state_change", "falco", "drift", "closing"]
        for event in events:
            check(event.name, event.json)
