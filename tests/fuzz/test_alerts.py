"""Some mutated alerts against a real ingest-falco in every run of the tests."""

from __future__ import annotations

from tests.fuzz.alerts import post_alerts

ALERTS = 2_000
SEED = 20_251_130


async def test_ingest_falco_answers_every_request_and_goes_on() -> None:
    """Half of the requests are a browser's: odd headers, wrong methods, other origins."""
    report = await post_alerts(ALERTS, SEED)
    # Memory needs longer runs than this one: `python -m tests.fuzz --alerts 200000`.
    complaints = [one for one in report.complaints if "memory" not in one]
    assert not complaints, report
    assert report.answers.total() == ALERTS, report
    assert report.answers[200] > ALERTS / 10, report
    assert not any(500 <= status < 600 for status in report.answers), report
