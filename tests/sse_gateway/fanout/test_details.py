"""Filters that look into the payload."""

from __future__ import annotations

import json
from typing import Any

import pytest

from sse_gateway.fanout.client import Client
from sse_gateway.fanout.details import Attributes, attributes_of
from sse_gateway.fanout.filters import compile_filter
from sse_gateway.fanout.frame import Frame, encode
from sse_gateway.fanout.groups import Groups
from tests.sse_gateway.fanout.test_hub import Wire
from tfdrift.subjects import EventName

JANE = {"user_name": "Jane@example.com", "arn": "arn:aws:sts::1:assumed-role/Admin/Jane", "principal_id": "AROA:Jane"}
DRIFT = {"account_id": "1", "region": "eu-west-1", "status": "open", "address": 'a.b["x[0]"]', "user_identity": JANE}


def frame(payload: Any, event: EventName = EventName.DRIFT) -> Frame:
    data = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    return Frame(1, f"tfdrift.{event}.high.aws.aws_instance", None, 0, encode("e", 1, event, data))


@pytest.mark.parametrize(
    ("query", "taken"),
    [
        ([("account", "1")], True),
        ([("account", "2,1")], True),
        ([("account", "2")], False),
        ([("region", "EU-West-1")], True),
        ([("region", "eu-west-2")], False),
        ([("user", "jane@example.com")], True),
        ([("user", "jane")], False),
        ([("user", "*/jane")], True),
        ([("user", "AROA:*")], True),
        ([("status", "open")], True),
        ([("status", "resolved")], False),
        ([("status", "open"), ("account", "2")], False),
        ([("resource", 'a.b["x[0]"]')], True),
        ([("resource", "a.*")], True),
        ([("resource", "b.*")], False),
    ],
)
def test_a_drift_is_taken_by_what_its_payload_says(query: list[tuple[str, str]], taken: bool) -> None:
    """In any case; only ``*`` is a glob, and brackets of an address are themselves."""
    assert compile_filter(query, also=("resource",)).takes(frame(DRIFT)) is taken


def test_an_event_that_does_not_say_something_is_not_taken_by_a_filter_that_asks_for_it() -> None:
    """A state change names neither an account nor a person."""
    change = frame({"resource": "a.b", "resource_id": "i-1"}, EventName.STATE_CHANGE)
    assert compile_filter([]).takes(change)
    for query in ([("account", "1")], [("user", "*")], [("status", "open")], [("region", "eu-west-1")]):
        assert not compile_filter(query).takes(change)


def test_an_attribution_is_about_each_of_its_actors() -> None:
    """As a call that names several resources is about each of them."""
    attribution = attributes_of(frame({"resource": "a.b", "actors": [{"user_identity": JANE}, None]}).data)
    assert "jane@example.com" in attribution.users
    falco = attributes_of(frame({"resources": [{"arn": "arn:aws:s3:::A"}, 3]}).data)
    assert falco.resources == {"arn:aws:s3:::a"}


@pytest.mark.parametrize("payload", [b"{", b"[]", b"3", b'{"actors": 1, "resources": {}, "account_id": 7}'])
def test_a_foreign_payload_says_nothing(payload: bytes) -> None:
    """It is not an error, and no such filter takes it."""
    assert attributes_of(frame(payload).data) == Attributes()


def test_a_filter_of_a_status_can_only_show_drifts() -> None:
    """`connected` lists the events that can come."""
    assert compile_filter([("status", "open")]).events == (EventName.DRIFT,)
    assert not compile_filter([("status", "open"), ("events", "falco")]).takes(frame(DRIFT))


def test_clients_without_such_a_filter_share_a_route_with_those_that_have_one() -> None:
    """The payload decides for the others event by event."""
    groups, everything = Groups(), Client(Wire(), compile_filter([]), chunked=True)
    narrow = Client(Wire(), compile_filter([("account", "1")]), chunked=True)
    groups.add(everything)
    groups.add(narrow)

    def reached(payload: Any) -> set[Client]:
        return {client for group in groups.route(frame(payload)) for client in group.clients}

    assert reached(DRIFT) == {everything, narrow}
    assert reached({**DRIFT, "account_id": "2"}) == {everything}
    assert reached(DRIFT) == {everything, narrow}
