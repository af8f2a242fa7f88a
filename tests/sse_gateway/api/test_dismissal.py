"""Dismissing a drift: through the bucket and the ledger to every client."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from sse_gateway.drifts.dismissal import dismissed, expired, parse_dismissal, undone
from sse_gateway.errors import Refused
from tests.conftest import NatsServer
from tests.sse_gateway.access.test_access import bearer
from tests.sse_gateway.credentials import token_file
from tests.sse_gateway.gateway import Gateway, metric, running
from tests.sse_gateway.stored import BEGIN, drift, store
from tfdrift.events import Dismissal, Drift, DriftStatus, Resolution
from tfdrift.records import DRIFTS_BUCKET, DriftRecord, digest


async def dismiss(gateway: Gateway, identifier: str, body: object = None, **headers: str) -> tuple[int, Any]:
    """POST a dismissal; status and JSON of the answer."""
    data = body if isinstance(body, bytes) else json.dumps(body).encode() if body is not None else None
    path = f"{gateway.url}/api/v1/drifts/{identifier}/dismiss"
    async with gateway.session.post(path, data=data, headers=headers) as response:
        return response.status, await response.json(content_type=None)


async def stored(gateway: Gateway, identifier: str) -> DriftRecord:
    entry = await gateway.bus.bucket(DRIFTS_BUCKET).get(identifier)
    assert entry is not None
    assert entry.value is not None
    return DriftRecord.model_validate_json(entry.value)


def test_a_dismissal_adds_a_step_and_changes_nothing_else() -> None:
    """Its time stays that of the change, so its place in the list stays the same."""
    before, at = drift(1), datetime(2025, 2, 1, tzinfo=UTC)
    after = dismissed(before, Dismissal(by="ops", reason="a test", until=None, at=at))
    assert (after.status, after.resolution) == (DriftStatus.RESOLVED, Resolution.DISMISSED)
    assert after.timestamp == before.timestamp
    assert after.dismissal == Dismissal(by="ops", reason="a test", until=None, at=at)
    (step,) = after.history
    assert (step.timestamp, step.resolution, step.event_name) == (at, Resolution.DISMISSED, "Dismiss: a test")
    assert step.user_identity is not None
    assert step.user_identity.user_name == "ops"


def test_a_dismissal_ends_when_it_is_undone_or_expires() -> None:
    """The drift is open again, with that step; what nobody dismissed here is not opened."""
    at, later = datetime(2025, 2, 1, tzinfo=UTC), datetime(2025, 2, 2, tzinfo=UTC)
    after = dismissed(drift(1), Dismissal(by="ops", reason=None, until=later, at=at))
    back = undone(after, "boss", later)
    assert (back.status, back.resolution, back.dismissal) == (DriftStatus.OPEN, None, None)
    assert [step.event_name for step in back.history] == ["Dismiss", "Undo dismissal"]
    assert undone(back, "boss", later) == back
    assert expired(after, at) == after
    assert expired(after, later).history[-1].event_name == "Dismissal expired"
    by_rule = drift(1, status=DriftStatus.RESOLVED, resolution=Resolution.DISMISSED)
    assert expired(by_rule, later) == by_rule
    with pytest.raises(Refused, match="not dismissed here"):
        undone(by_rule, None, later)


@pytest.mark.parametrize("until", ["2025-01-31T00:00:00Z", "7", "0s", "soon", 7, "9" * 9 + "w"])
def test_an_end_that_is_not_in_the_future_is_refused(until: object) -> None:
    """A duration counts from now."""
    now = datetime(2025, 2, 1, tzinfo=UTC)
    with pytest.raises(Refused, match="until"):
        parse_dismissal(json.dumps({"until": until}).encode(), None, now)
    week = parse_dismissal(b'{"until": "1w"}', None, now).until
    assert week == parse_dismissal(b'{"until": "2025-02-08T00:00:00Z"}', None, now).until


async def test_a_dismissal_is_undone_and_expires_for_every_client(nats_url: str) -> None:
    """Of two replicas one writes the expiry, once."""
    async with running(nats_url) as here, running(nats_url), here.live() as stream:
        await store(here, drift(1))
        path = f"{here.url}/api/v1/drifts/d1/dismiss"
        await dismiss(here, "d1", {"until": "1w"})
        assert (await stream.next()).json["dismissal"]["until"] is not None
        async with here.session.delete(path) as response:
            assert (response.status, (await response.json())["status"]) == (200, "open")
        assert (await stream.next()).json["status"] == "open"
        await dismiss(here, "d1", {"until": "1s"})
        first, second = await stream.take(2)
        assert (first.json["status"], second.json["status"]) == ("resolved", "open")
        assert second.json["history"][-1]["event_name"] == "Dismissal expired"
        assert (await here.bus.stream_state()).messages == 4


async def test_a_dismissal_shows_on_every_client_and_in_every_list(nats_url: str) -> None:
    """On the stream of another replica too, with the same payload as in the answer."""
    async with running(nats_url) as here, running(nats_url) as there, here.live() as one, there.live() as two:
        await store(here, drift(1))
        status, answer = await dismiss(here, "d1", {"reason": "a planned change"})
        assert (status, answer["status"], answer["resolution"]) == (200, "resolved", "dismissed")
        for stream in (one, two):
            event = await stream.next()
            assert (event.name, event.json) == ("drift", answer)
        for gateway in (here, there):
            while (await gateway.get("/api/v1/drifts/d1"))[1]["status"] == "open":
                pass
        record = await stored(here, "d1")
        assert (record.version, record.published) == (2, 2)
        assert record.drift.history[-1].event_name == "Dismiss: a planned change"
        assert (await here.get("/api/v1/stats"))[1]["drifts"]["open"] == 0


async def test_dismissing_twice_or_at_once_is_dismissing_once(nats_url: str) -> None:
    """A client that got no answer tries again; the ledger gets the version once."""
    async with running(nats_url) as gateway:
        await store(gateway, drift(1))
        answers = await asyncio.gather(*(dismiss(gateway, "d1", {"reason": str(n)}) for n in range(10)))
        assert {status for status, _ in answers} == {200}
        assert len({json.dumps(answer) for _, answer in answers}) == 1
        assert (await gateway.bus.stream_state()).messages == 1
        assert (await stored(gateway, "d1")).version == 2


async def test_an_unpublished_version_is_published_first(nats_url: str) -> None:
    """A detector that died between its write and its publish leaves no gap; its version is published once."""
    async with running(nats_url) as gateway, gateway.live() as stream:
        record = DriftRecord(drift=drift(1), version=3, published=2, received=BEGIN, occurred=None)
        await gateway.bus.bucket(DRIFTS_BUCKET).put("d1", record.encode())
        assert (await dismiss(gateway, "d1"))[0] == 200
        assert [event.json["status"] for event in await stream.take(2)] == ["open", "resolved"]
        assert (await stored(gateway, "d1")).version == 4


async def test_an_update_in_between_is_not_lost(nats_url: str) -> None:
    """The dismissal is of the newest version, however often others write meanwhile."""
    async with running(nats_url) as gateway:
        await store(gateway, drift(1))
        bucket = gateway.bus.bucket(DRIFTS_BUCKET)

        async def write() -> None:
            for number in range(2, 12):
                newer = drift(1, new_value=f"t3.{number}")
                record = DriftRecord(drift=newer, version=number, published=number, received=BEGIN, occurred=None)
                await bucket.put("d1", record.encode())

        (status, _), _ = await asyncio.gather(dismiss(gateway, "d1"), write())
        assert status == 200
        assert (await dismiss(gateway, "d1"))[0] == 200
        assert (await stored(gateway, "d1")).drift.new_value == "t3.11"


@pytest.mark.parametrize(
    ("identifier", "status"),
    [("nothing", 404), ("d2", 409), ("%3E", 404), ("a.b", 404), ("a%20b", 404), ("x" * 200, 404), ("%2e%2e", 404)],
)
async def test_what_cannot_be_dismissed_is_said_to_be_so(nats_url: str, identifier: str, status: int) -> None:
    """404 for an unknown drift, 409 for one that was resolved otherwise; a wildcard is not an id."""
    async with running(nats_url) as gateway:
        await store(gateway, drift(1), drift(2, status=DriftStatus.RESOLVED, resolution=Resolution.REVERTED))
        answered, problem = await dismiss(gateway, identifier)
        assert (answered, problem["status"]) == (status, status)
        assert (await gateway.bus.stream_state()).messages == 0


@pytest.mark.parametrize(
    "body", [b"{", b"[]", b'"x"', b'{"reason": 1}', b'{"raison": "x"}', b'{"reason": "%b"}' % (b"x" * 1001), b"\xff"]
)
async def test_an_invalid_body_dismisses_nothing(nats_url: str, body: bytes) -> None:
    """400, and the drift stays open."""
    async with running(nats_url) as gateway:
        await store(gateway, drift(1))
        assert (await dismiss(gateway, "d1", body))[0] == 400
        assert (await stored(gateway, "d1")).drift.status is DriftStatus.OPEN


@pytest.mark.parametrize("body", [None, {}, {"reason": None}, {"reason": ""}])
async def test_no_reason_is_needed(nats_url: str, body: object) -> None:
    """And an empty reason counts as none."""
    async with running(nats_url) as gateway:
        await store(gateway, drift(1))
        assert (await dismiss(gateway, "d1", body))[0] == 200
        assert (await stored(gateway, "d1")).drift.history[-1].event_name == "Dismiss"


async def test_only_a_token_that_may_write_what_it_sees_dismisses(nats_url: str, tmp_path: Path) -> None:
    """403 for a token that may only read; 404 for a drift that it may not see."""
    tokens = {
        "reader": {},
        "writer": {"write": True},
        "other-workspace": {"write": True, "workspaces": ["dev"]},
        "others": {"write": True, "subjects": ["tfdrift.drift.critical.>"]},
    }
    async with running(nats_url, auth_tokens_file=token_file(tmp_path, **tokens)) as gateway:
        gateway.session.headers.update(bearer("writer"))
        await store(gateway, drift(1))
        for token, expected in (("nobody", 401), ("reader", 403), ("other-workspace", 404), ("others", 404)):
            assert (await dismiss(gateway, "d1", **bearer(token)))[0] == expected
            assert (await stored(gateway, "d1")).drift.status is DriftStatus.OPEN
        assert (await dismiss(gateway, "d1", **bearer("writer")))[0] == 200
        identity = (await stored(gateway, "d1")).drift.history[-1].user_identity
        assert identity is not None
        assert identity.user_name == "writer"


async def test_no_page_of_another_site_makes_a_browser_dismiss(nats_url: str, tmp_path: Path) -> None:
    """Not on an open gateway of this machine, and not with the cookie, for which an origin is needed."""
    foreign, own = {"Origin": "https://evil.example.org"}, {"Origin": "http://localhost:3000"}
    async with running(nats_url) as gateway:
        await store(gateway, drift(1))
        for origin in (foreign, {"Origin": "null"}):
            assert (await dismiss(gateway, "d1", **origin))[0] == 403
        assert (await dismiss(gateway, "d1", **own))[0] == 200
    path = token_file(tmp_path, sesame={"write": True})
    async with running(nats_url, auth_tokens_file=path, auth_cookie="tfdrift") as gateway:
        gateway.session.headers.update(bearer("sesame"))
        await store(gateway, drift(2))
        del gateway.session.headers["Authorization"]
        cookie = {"Cookie": "tfdrift=sesame"}
        for headers, status in ((cookie, 403), ({**cookie, **foreign}, 403), ({**cookie, **own}, 200)):
            assert (await dismiss(gateway, "d2", **headers))[0] == status


async def test_while_nats_is_away_nothing_is_pretended(nats_server: NatsServer) -> None:
    """503, and the same request afterwards dismisses, once."""
    async with running(nats_server.url) as gateway:
        await store(gateway, drift(1))
        nats_server.stop()
        status, problem = await dismiss(gateway, "d1")
        assert (status, problem["title"]) == (503, "Service Unavailable")
        nats_server.start()
        await gateway.bus.wait_connected()
        before = metric("tfdrift_gateway_dismissed_total")
        while (await dismiss(gateway, "d1"))[0] != 200:
            await asyncio.sleep(0.05)
        assert (await gateway.bus.stream_state()).messages == 1
        assert metric("tfdrift_gateway_dismissed_total") <= before + 1


async def test_the_payload_is_a_drift_of_the_contract(nats_url: str) -> None:
    """Byte for byte what the ledger has."""
    async with running(nats_url) as gateway, gateway.live() as stream:
        await store(gateway, drift(1))
        await dismiss(gateway, "d1")
        event = await stream.next()
        assert Drift.model_validate_json(event.data).encode().decode() == event.data
        message = await gateway.bus.get_message("TFDRIFT", event.sequence)
        assert message is not None
        assert message.headers["Nats-Msg-Id"] == f"drift:d1:2:{digest(event.data, 10)}"  # the detector's own form
        assert message.headers["Tfdrift-Workspace"] == "prod"
