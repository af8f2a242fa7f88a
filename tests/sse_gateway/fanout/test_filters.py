"""What the query parameters ask for."""

from __future__ import annotations

import pytest

from sse_gateway.errors import BadParameter
from sse_gateway.fanout.filters import check_names, compile_filter, single

SUBJECTS = (
    "tfdrift.drift.critical.aws.aws_iam_policy",
    "tfdrift.drift.high.aws.aws_instance",
    "tfdrift.falco.low.aws.iam",
    "tfdrift.falco.critical.host.syscall",
    "tfdrift.state_change.info.gcp.google_storage_bucket",
)


def matching(*query: tuple[str, str]) -> list[int]:
    wanted = compile_filter(query)
    return [index for index, subject in enumerate(SUBJECTS) if wanted.matches(subject, None)]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ((), [0, 1, 2, 3, 4]),
        ((("events", "drift"),), [0, 1]),
        ((("events", "drift,state_change"),), [0, 1, 4]),
        ((("events", "drift"), ("events", "falco")), [0, 1, 2, 3]),
        ((("severity", "critical"),), [0, 3]),
        ((("severity", "high+"),), [0, 1, 3]),
        ((("severity", "high "),), [0, 1, 3]),
        ((("severity", "high ,info"),), [0, 1, 3, 4]),
        ((("severity", "HIGH"),), [1]),
        ((("provider", "host"),), [3]),
        ((("kind", "aws_iam_*"),), [0]),
        ((("kind", "AWS_Instance"),), [1]),
        ((("kind", "*iam*"),), [0, 2]),
        ((("kind", "i?m"),), []),
        ((("kind", "[i]am"),), []),
        ((("events", "falco"), ("severity", "critical"), ("provider", "aws")), []),
    ],
)
def test_a_filter_takes_what_it_names(query: tuple[tuple[str, str], ...], expected: list[int]) -> None:
    """Values of one parameter are alternatives, parameters narrow one another; only ``*`` is a glob."""
    assert matching(*query) == expected


def test_workspaces_are_exact_and_an_event_of_none_is_in_none() -> None:
    """The workspace is in a header, not in the subject."""
    wanted = compile_filter([("workspace", "prod,eu/net")])
    found = [name for name in ("prod", "eu/net", "Prod", "eu", None) if wanted.matches(SUBJECTS[0], name)]
    assert found == ["prod", "eu/net"]


def test_equal_filters_are_one_object() -> None:
    """Order, case and repetition make no difference, so such clients share the work."""
    first = compile_filter([("severity", "high+"), ("events", "drift,falco")])
    second = compile_filter([("events", "falco"), ("events", "drift,drift"), ("severity", "CRITICAL,high")])
    assert first is second
    assert first is not compile_filter([("events", "drift")])


@pytest.mark.parametrize(
    ("name", "value", "named"),
    [
        ("events", "drifts", "drift"),
        ("severity", "highest", "high+"),
        ("severity", "+", "high+"),
        ("provider", "oracle", "kubernetes"),
        ("kind", "aws.iam", "aws_iam_*"),
        ("kind", "a>", "aws_iam_*"),
        ("kind", "ä", "aws_iam_*"),
        ("events", "drift,", None),
        ("workspace", "", None),
    ],
)
def test_an_unknown_value_is_refused_by_name(name: str, value: str, named: str | None) -> None:
    """The refusal names the parameter and its allowed values."""
    with pytest.raises(BadParameter) as refusal:
        compile_filter([(name, value)])
    assert refusal.value.parameter == name
    assert named is None or any(named in word for word in refusal.value.allowed)


def test_an_unknown_parameter_is_refused_by_name() -> None:
    """A typing error must not widen what a client sees."""
    with pytest.raises(BadParameter, match="'event'") as refusal:
        check_names([("events", "drift"), ("event", "drift")], ("events", "severity"))
    assert refusal.value.parameter == "event"
    assert refusal.value.allowed == ("events", "severity")


def test_a_parameter_of_one_value_is_refused_when_repeated_or_empty() -> None:
    """It would be unclear which of two counts."""
    assert single([("since", "1h")], "since") == "1h"
    for query in ([("since", "1h"), ("since", "2h")], [("since", "")]):
        with pytest.raises(BadParameter):
            single(query, "since")


def test_a_foreign_subject_matches_no_filter() -> None:
    """Not even the filter that asks for everything."""
    assert not compile_filter([]).matches("tfdrift.unheard.of", None)
