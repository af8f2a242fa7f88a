"""The subject grammar of the ledger."""

from __future__ import annotations

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tfdrift.severity import Severity
from tfdrift.subjects import (
    MAX_TOKEN_LENGTH,
    EventName,
    Pattern,
    Provider,
    Subject,
    SubjectError,
    build,
    parse,
    token,
)

SUBJECTS = st.builds(
    build, st.sampled_from(EventName), st.sampled_from(Severity), st.sampled_from(Provider), st.text(max_size=200)
)


def test_a_subject_is_spelled_as_the_contract_says() -> None:
    """The five tokens are in the order of the contract."""
    subject = build(EventName.STATE_CHANGE, Severity.INFO, Provider.AWS, "aws_iam_role")
    assert str(subject) == "tfdrift.state_change.info.aws.aws_iam_role"


@given(SUBJECTS)
def test_what_is_built_is_parsed_back(subject: Subject) -> None:
    """The subject has five tokens and can be parsed, whatever text its kind came from."""
    assert parse(str(subject)) == subject


@given(st.text())
def test_a_token_has_nothing_that_nats_forbids(text: str) -> None:
    """Any text becomes printable ASCII of limited length, without separators and wildcards; a token stays the same."""
    result = token(text)
    assert 1 <= len(result) <= MAX_TOKEN_LENGTH
    assert all("!" <= character <= "~" and character not in ".*>" for character in result)
    assert result == result.lower()
    assert token(result) == result


@pytest.mark.parametrize(
    "character",
    [
        ".",
        "*",
        ">",
        " ",
        "\t",
        "\r",
        "\n",
        "\0",
        "\x1f",
        "\x7f",
        "\x85",
        "\u00a0",
        "\u2028",
        "\u3000",
        "ü",
        "日",
        "😀",
        "\ud800",
    ],
)
def test_every_forbidden_character_becomes_an_underscore(character: str) -> None:
    """Each character that NATS forbids, or that is not printable ASCII, is replaced."""
    assert token(f"a{character}b") == "a_b"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "_"),
        ("AWS_Instance", "aws_instance"),
        ("x" * 500, "x" * MAX_TOKEN_LENGTH),
        ("İ", "i_"),
        ("a-b/c:d", "a-b/c:d"),
    ],
)
def test_a_token_of_an_odd_text(text: str, expected: str) -> None:
    """Empty, mixed-case and over-long texts become tokens too."""
    assert token(text) == expected


@pytest.mark.parametrize(
    "subject",
    [
        "",
        "tfdrift",
        "tfdrift.drift.low.aws",
        "tfdrift.drift.low.aws.",
        "tfdrift.drift.low.aws.a.b",
        "other.drift.low.aws.a",
        "tfdrift.unknown.low.aws.a",
        "tfdrift.drift.severe.aws.a",
        "tfdrift.drift.low.moon.a",
        "tfdrift.Drift.low.aws.a",
        "tfdrift.drift.low.aws.*",
        "tfdrift.drift.low.aws.>",
        "tfdrift.drift.low.aws.AWS_Instance",
        "tfdrift.drift.low.aws.a b",
        "tfdrift.drift.low.aws." + "x" * (MAX_TOKEN_LENGTH + 1),
    ],
)
def test_a_subject_outside_the_grammar_is_refused_by_name(subject: str) -> None:
    """The error names the subject, so that its publisher can be found from a log line."""
    with pytest.raises(SubjectError) as caught:
        parse(subject)
    assert repr(subject) in str(caught.value)


def test_an_empty_pattern_matches_everything() -> None:
    """A reader without filters sees every event."""
    assert Pattern().matches(parse("tfdrift.falco.low.host.syscall"))


def covers(pattern: str, subject: str) -> bool:
    """Whether a pattern of NATS matches a subject with as many tokens."""
    return all(wanted in ("*", token) for wanted, token in zip(pattern.split("."), subject.split("."), strict=True))


@pytest.mark.parametrize(
    "pattern",
    [
        Pattern(),
        Pattern(events=frozenset({EventName.DRIFT, EventName.FALCO})),
        Pattern(severities=Severity.HIGH.and_above(), kinds=frozenset({"ec2", "aws_instance"})),
        Pattern(frozenset({EventName.DRIFT}), frozenset({Severity.LOW}), frozenset({Provider.AWS}), frozenset({"ec2"})),
    ],
)
def test_a_pattern_is_the_same_as_filters_of_nats(pattern: Pattern) -> None:
    """Exactly one of the filters matches each subject that the pattern matches, and none matches another."""
    filters = pattern.subjects()
    assert filters is not None
    for event, severity, provider in product(EventName, Severity, Provider):
        for kind in ("ec2", "aws_instance", "x"):
            subject = build(event, severity, provider, kind)
            assert sum(covers(each, str(subject)) for each in filters) == pattern.matches(subject)


@pytest.mark.parametrize(
    "pattern", [Pattern(kinds=frozenset({"aws_*"})), Pattern(kinds=frozenset(f"k{number}" for number in range(65)))]
)
def test_globs_and_very_many_kinds_are_no_filters_of_nats(pattern: Pattern) -> None:
    """NATS has no wildcard for a part of a token, and a consumer matches few filters."""
    assert pattern.subjects() is None


@pytest.mark.parametrize(
    ("pattern", "matches"),
    [
        (Pattern(events=frozenset({EventName.DRIFT})), True),
        (Pattern(events=frozenset({EventName.FALCO, EventName.DRIFT})), True),
        (Pattern(events=frozenset({EventName.FALCO})), False),
        (Pattern(severities=Severity.HIGH.and_above()), True),
        (Pattern(severities=Severity.CRITICAL.and_above()), False),
        (Pattern(providers=frozenset({Provider.GCP})), False),
        (Pattern(kinds=frozenset({"aws_iam_*"})), True),
        (Pattern(kinds=frozenset({"aws_s3_*", "aws_iam_policy"})), True),
        (Pattern(kinds=frozenset({"aws_iam"})), False),
        (Pattern(events=frozenset({EventName.DRIFT}), kinds=frozenset({"aws_s3_*"})), False),
    ],
)
def test_a_pattern_matches_when_every_part_does(pattern: Pattern, matches: bool) -> None:
    """Values of one part are alternatives; every part must match."""
    assert pattern.matches(parse("tfdrift.drift.high.aws.aws_iam_policy")) is matches
