"""Finding calls: every one that may mean a resource, and not all that share something with it."""

from __future__ import annotations

from typing import Any

from drift_detector.claim.by_provider import call_of
from drift_detector.facts.call import Call
from drift_detector.resolve.call_index import CallIndex
from drift_detector.resolve.tokens import target_tokens
from tests.drift_detector.playbook import CATALOG, called, message_of

RECORDS = 200


def change(minutes: int, name: str, action: str = "CREATE") -> Call:
    """A change of one record in the one zone of these tests."""
    records: dict[str, Any] = {"name": f"{name}.example.com", "type": "A", "tTL": 60}
    records["resourceRecords"] = [{"value": "192.0.2.1"}]
    batch = {"changes": [{"action": action, "resourceRecordSet": records}]}
    request = {"hostedZoneId": "Z1", "changeBatch": batch}
    call = call_of(*message_of(called(minutes, "route53:ChangeResourceRecordSets", request)), CATALOG)
    assert call is not None
    return call


def tokens(call: Call) -> frozenset[str]:
    """The tokens of the record that a call names."""
    return target_tokens(call.groups[0][0])


def test_the_calls_of_one_record_are_found_among_those_of_its_zone() -> None:
    """A zone in which a controller writes all day must not be read through for each of its records."""
    index = CallIndex(CATALOG)
    calls = [change(number, f"host-{number}") for number in range(RECORDS)]
    for call in calls:
        index.put(call)
    for call in calls:
        found = index.naming(tokens(call))
        assert call in found
        assert len(found) < RECORDS / 10


def test_a_deletion_finds_its_own_creation_in_a_zone() -> None:
    index = CallIndex(CATALOG)
    calls = [change(number, f"host-{number}") for number in range(RECORDS)]
    deletion = change(RECORDS, "host-7", action="DELETE")
    for call in (*calls, deletion):
        index.put(call)
    target = deletion.groups[0][0]
    assert [made for made, _ in index.creations_undone_by(target, deletion)] == [calls[7]]
    assert [call for call, _, _ in index.deletions_of([(calls[7], calls[7].groups[0][0])])] == [deletion]


def test_what_is_forgotten_is_not_found() -> None:
    index = CallIndex(CATALOG)
    calls = [change(number, f"host-{number}") for number in range(3)]
    for call in calls:
        index.put(call)
    for call in calls:
        index.remove(call.event_id)
    assert not index.naming(frozenset().union(*map(tokens, calls)))
