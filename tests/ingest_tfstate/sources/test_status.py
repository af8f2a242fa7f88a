"""The status of a state, step by step; the clock is a number."""

from __future__ import annotations

import pytest

from ingest_tfstate.errors import (
    DuplicateWorkspace,
    Incomplete,
    Malformed,
    Missing,
    StaleSerial,
    StateError,
    Truncated,
    Unavailable,
    Unreadable,
)
from ingest_tfstate.sources.status import (
    DOUBT_SECONDS,
    Absent,
    Claimed,
    Clear,
    Count,
    Doubtful,
    Duplicate,
    Effect,
    HeadChanged,
    Listed,
    LookAgain,
    Mark,
    Observation,
    Read,
    Recorded,
    Refused,
    Rejected,
    Replace,
    Report,
    SourceLost,
    Status,
    Stored,
    Unchanged,
    Unreachable,
    Unread,
    Unseen,
    step,
)

HALF = Truncated("the state ends too early")
STALE = StaleSerial("the serial is 4, lower than 5")
DENIED = Unreadable("/prod.tfstate cannot be read: Permission denied")
AWAY = Unavailable("s3://states cannot be listed")
PARTLY = Incomplete("1 of 2 resources keep their last records: aws_vpc.a: too deep")
GONE = Missing("file:///prod.tfstate is gone")
WHERE = "file:///prod.tfstate"


@pytest.mark.parametrize(
    ("before", "observation", "after", "effects"),
    [
        (Unseen(), Listed("a"), Unseen(), [Read(None)]),
        (Unseen(), Listed(None), Unseen(), [Read(None)]),
        (Recorded("a"), Listed("a"), Recorded("a"), []),
        (Recorded("a"), Listed("b"), Recorded("a"), [Read("a")]),
        (Recorded("a"), Listed(None), Recorded("a"), [Read("a")]),
        (Recorded("a"), Unchanged(), Recorded("a"), []),
        (Refused(STALE, "a"), Listed("a"), Refused(STALE, "a"), []),
        (Refused(STALE, "a"), Listed("b"), Refused(STALE, "a"), [Read("a")]),
        (Refused(DENIED, None), Listed("a"), Refused(DENIED, None), [Read(None)]),
        (Unreachable("a"), Listed("a"), Recorded("a"), [Mark(None)]),
        (Unreachable("a"), Listed("b"), Unreachable("a"), [Read("a")]),
        (Unreachable(None), Listed("a"), Unreachable(None), [Read(None)]),
        (Unseen(), Stored("a", None), Recorded("a"), []),
        (Unseen(), Stored("a", "missing"), Recorded("a"), [Mark(None)]),
        (Refused(STALE, "a"), Stored("b", None), Recorded("b"), [Clear(STALE)]),
        (Unseen(), Stored("a", None, PARTLY), Refused(PARTLY, "a"), [Report(PARTLY)]),
        (Refused(PARTLY, "a"), Stored("b", None, PARTLY), Refused(PARTLY, "b"), []),
        (Doubtful("d", 1.0, STALE), Stored("b", "x"), Recorded("b"), [Mark(None), Clear(STALE)]),
        (
            Recorded("a"),
            Unread(DENIED),
            Refused(DENIED, None),
            [Mark("unreadable"), Report(DENIED), Count("unreadable")],
        ),
        (Refused(DENIED, None), Unread(DENIED), Refused(DENIED, None), []),
        (
            Refused(STALE, "a"),
            Absent(WHERE, True),
            Refused(GONE, None),
            [Mark("missing"), Replace(STALE), Report(GONE), Count("missing")],
        ),
        (
            Recorded("a"),
            Rejected(STALE, "d", "b"),
            Refused(STALE, "b"),
            [Mark("stale_serial"), Report(STALE), Count("stale_serial")],
        ),
        (Recorded("a"), SourceLost(AWAY, True), Unreachable("a"), [Mark("unavailable")]),
        (Doubtful("d", 1.0, None), SourceLost(AWAY, True), Unreachable(None), [Mark("unavailable")]),
        (Refused(STALE, "a"), SourceLost(AWAY, True), Refused(STALE, "a"), []),
        (Unreachable("a"), SourceLost(AWAY, True), Unreachable("a"), []),
        (Recorded("a"), SourceLost(AWAY, False), Recorded("a"), []),
        (Unseen(), Absent(WHERE, False), Unseen(), []),
        (Recorded("a"), HeadChanged(), Unseen(), []),
        (Refused(STALE, "a"), HeadChanged(), Unseen(STALE), []),
        (Refused(DENIED, None), HeadChanged(), Refused(DENIED, None), []),
    ],
)
def test_each_observation_has_its_step(
    before: Status, observation: Observation, after: Status, effects: list[Effect]
) -> None:
    """The table of statuses and observations."""
    found, executed = step(before, observation, 10.0)
    assert _plain(found) == _plain(after)
    assert [_plain(effect) for effect in executed] == [_plain(effect) for effect in effects]


@pytest.mark.parametrize("error", [HALF, Malformed("the state is not JSON")])
def test_content_that_may_be_half_written_is_refused_only_when_it_stays(error: StateError) -> None:
    """The same content is refused after `DOUBT_SECONDS`, and other content is doubted anew."""
    status, effects = step(Recorded("a"), Rejected(error, "d", "b"), 10.0)
    assert (status, effects) == (Doubtful("d", 10.0, None), (LookAgain(DOUBT_SECONDS),))
    early, effects = step(status, Rejected(error, "d", "b"), 10.0 + DOUBT_SECONDS / 2)
    assert (early, effects) == (status, (LookAgain(DOUBT_SECONDS / 2),))
    grown, _ = step(status, Rejected(error, "e", "c"), 10.0 + DOUBT_SECONDS)
    assert grown == Doubtful("e", 10.0 + DOUBT_SECONDS, None)
    refused, _ = step(status, Rejected(error, "d", "b"), 10.0 + DOUBT_SECONDS)
    assert refused == Refused(error, "b")


def test_content_that_is_whole_and_refused_is_not_doubted() -> None:
    """An older serial does not get newer by waiting."""
    status, _ = step(Recorded("a"), Rejected(STALE, "d", "b"), 10.0)
    assert status == Refused(STALE, "b")


def test_a_second_state_of_a_workspace_is_a_condition_of_its_own_and_ends_with_it() -> None:
    """It marks no head: the workspace itself is well."""
    status, effects = step(Unseen(), Claimed(WHERE, "file:///b/prod.tfstate"), 0.0)
    assert isinstance(status, Duplicate)
    (report,) = effects
    assert isinstance(report, Report)
    assert isinstance(report.error, DuplicateWorkspace)
    assert step(status, Claimed(WHERE, "file:///b/prod.tfstate"), 1.0)[1] == ()
    after, effects = step(status, Absent(WHERE, False), 2.0)
    assert (after, effects) == (Unseen(), (Clear(status.reported),))


def _plain(value: Status | Effect) -> str:
    """An error equals only itself; what it says is compared."""
    return repr(value)
