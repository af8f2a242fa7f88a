"""What a token may see, as NATS subject patterns and workspaces."""

from __future__ import annotations

import pytest

from sse_gateway.access.scope import EVERYTHING, Scope, parse_scope
from sse_gateway.errors import ScopeError
from sse_gateway.fanout.filters import compile_filter
from tfdrift.subjects import EventName, Provider

DRIFT = "tfdrift.drift.critical.aws.aws_instance"


@pytest.mark.parametrize(
    ("pattern", "seen"),
    [
        ("tfdrift.>", True),
        (">", True),
        ("tfdrift.drift.>", True),
        ("tfdrift.*.critical.aws.>", True),
        ("tfdrift.*.*.*.*", True),
        (DRIFT, True),
        ("tfdrift.falco.>", False),
        ("tfdrift.*.high.aws.>", False),
        ("tfdrift.drift", False),
        ("tfdrift.*.*.*", False),
        (f"{DRIFT}.>", False),
        (f"{DRIFT}.*", False),
    ],
)
def test_patterns_match_as_in_nats(pattern: str, seen: bool) -> None:
    """``*`` is exactly one token, a last ``>`` one or more."""
    assert parse_scope([pattern], None).allows(DRIFT, None) is seen


@pytest.mark.parametrize(
    "subjects",
    [
        "tfdrift.>",
        [1],
        [""],
        ["tfdrift..>"],
        ["tfdrift.>.aws"],
        ["tfdrift.aws_*"],
        ["tfdrift.drift .>"],
        ["drift.>"],
        {"a": 1},
        [f"tfdrift.drift.high.aws.t{number}" for number in range(65)],
    ],
)
def test_what_is_no_list_of_patterns_is_refused(subjects: object) -> None:
    """A token with an unreadable scope is refused, rather than seeing too much or nothing."""
    with pytest.raises(ScopeError):
        parse_scope(subjects, None)


def test_left_out_is_everything_and_empty_is_nothing() -> None:
    """An empty list allows nothing."""
    assert parse_scope(None, None) == EVERYTHING
    assert not parse_scope([], None).allows(DRIFT, None)
    assert not parse_scope(None, []).allows(DRIFT, "prod")


def test_one_workspace_is_no_other_and_not_none() -> None:
    """A token that is limited to workspaces does not see events without a workspace."""
    scope = parse_scope(None, ["prod"])
    assert [scope.allows(DRIFT, name) for name in ("prod", "dev", None)] == [True, False, False]


def test_a_filter_asks_within_the_scope_and_never_beyond() -> None:
    """An event must match both the filter and the scope."""
    wanted = compile_filter([("severity", "critical,high")], parse_scope(["tfdrift.*.critical.>"], ["prod"]))
    assert wanted.matches(DRIFT, "prod")
    assert not wanted.matches(DRIFT, "dev")
    assert not wanted.matches("tfdrift.drift.high.aws.aws_instance", "prod")
    assert not wanted.matches("tfdrift.drift.low.aws.aws_instance", "prod")


def test_equal_filters_of_unequal_scopes_are_not_shared() -> None:
    """Clients with one filter object are one group of the hub."""
    query = [("events", "drift")]
    narrow, wide = compile_filter(query, Scope(("tfdrift.*.low.>",))), compile_filter(query)
    assert narrow is not wide
    assert narrow != wide
    assert compile_filter(query, Scope(("tfdrift.*.low.>",))) is narrow


def test_the_events_that_can_come_are_those_of_the_scope() -> None:
    """As `connected` lists them."""
    assert compile_filter([], parse_scope(["tfdrift.drift.>", "tfdrift.falco.low.>"], None)).events == (
        "drift",
        "falco",
    )
    assert compile_filter([("events", "falco")], parse_scope(["*.drift.>"], None)).events == ()
    assert parse_scope(["tfdrift.>"], None).allows_event(EventName.ATTRIBUTION)


def test_a_resource_is_seen_by_tokens_that_see_its_changes() -> None:
    """Its record shows at least as much as they do."""
    scope = parse_scope(["tfdrift.state_change.*.aws.aws_instance"], ["prod"])
    assert scope.allows_resource(Provider.AWS, "aws_instance", "prod")
    assert not scope.allows_resource(Provider.AWS, "aws_iam_role", "prod")
    assert not scope.allows_resource(Provider.AWS, "aws_instance", "dev")
