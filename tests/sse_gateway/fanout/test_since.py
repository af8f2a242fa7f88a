"""Moments in the past."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from sse_gateway.errors import BadParameter
from sse_gateway.fanout.since import parse_since

NOW = datetime(2025, 1, 15, 10, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("30s", datetime(2025, 1, 15, 9, 59, 30, tzinfo=UTC)),
        ("15m", datetime(2025, 1, 15, 9, 45, tzinfo=UTC)),
        ("2h", datetime(2025, 1, 15, 8, tzinfo=UTC)),
        ("7d", datetime(2025, 1, 8, 10, tzinfo=UTC)),
        ("1w", datetime(2025, 1, 8, 10, tzinfo=UTC)),
        ("0s", NOW),
        ("999999999w", datetime(1970, 1, 1, tzinfo=UTC)),
        ("2025-01-14T00:00:00Z", datetime(2025, 1, 14, tzinfo=UTC)),
        ("2025-01-14T09:00:00+09:00", datetime(2025, 1, 14, tzinfo=UTC)),
        ("2025-01-14T09:00:00 09:00", datetime(2025, 1, 14, tzinfo=UTC)),
        ("2025-01-14T00:00:00.25Z", datetime(2025, 1, 14, 0, 0, 0, 250_000, tzinfo=UTC)),
    ],
)
def test_a_time_or_a_duration_is_a_moment(text: str, expected: datetime) -> None:
    """A plus sign that became a space in the query string is still an offset."""
    assert parse_since(text, NOW) == expected


@pytest.mark.parametrize("text", ["yesterday", "15", "-5m", "1.5h", "15M", "2025-01-14", "2025-01-14T00:00:00", "١5m"])
def test_anything_else_is_refused(text: str) -> None:
    """The refusal says what is allowed."""
    with pytest.raises(BadParameter) as refusal:
        parse_since(text, NOW)
    assert any("15m" in word for word in refusal.value.allowed)
