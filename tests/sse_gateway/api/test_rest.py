"""The REST API over the ledger and the buckets."""

from __future__ import annotations

import gzip
import json
from urllib.parse import quote

import aiohttp
import pytest

from tests.conftest import eventually
from tests.sse_gateway.gateway import alert, change, metric, publish, publish_changes, running
from tests.sse_gateway.stored import BEGIN, drift, put_resource, store
from tfdrift.events import Drift, DriftKind, DriftStatus, Resolution, UserIdentity
from tfdrift.records import (
    DRIFTS_BUCKET,
    WORKSPACES_BUCKET,
    RecordedChange,
    Removal,
    WorkspaceHead,
    workspace_key,
)
from tfdrift.severity import Severity


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", ["d5", "d4", "d3", "d2", "d1"]),
        ("?status=open", ["d4", "d3", "d2", "d1"]),
        ("?severity=high%2B", ["d5", "d3", "d2", "d1"]),
        ("?workspace=eu/net", ["d2"]),
        ("?kind=deleted", ["d3"]),
        ("?kind=aws_iam_*,deleted", ["d4", "d3"]),
        ("?attribute=tags", ["d5", "d1"]),
        ("?attribute=tags.Env", ["d5", "d1"]),
        ("?attribute=tag", []),
        ("?attribute=ebs", ["d2"]),
        ("?user=jane", ["d5", "d4", "d3", "d1"]),
        ("?user=ARN:AWS:iam::1:user/joe", ["d2"]),
        ("?since=2025-01-15T10:04:00Z", ["d5", "d4"]),
        ("?status=open&severity=low", ["d4"]),
    ],
)
async def test_drifts_are_listed_newest_first_by_any_filter(nats_url: str, query: str, expected: list[str]) -> None:
    """An attribute includes what is below it; users match by name or ARN in any case, kinds by drift or resource."""
    async with running(nats_url) as gateway:
        joe = UserIdentity(user_name="joe", arn="arn:aws:iam::1:user/Joe")
        await store(
            gateway,
            drift(1),
            drift(2, workspace="eu/net", attribute="ebs[0].size", user_identity=joe),
            drift(3, kind=DriftKind.DELETED, attribute=None),
            drift(4, severity=Severity.LOW, resource_type="aws_iam_role", attribute="policy"),
            drift(5, status=DriftStatus.RESOLVED),
        )
        status, page = await gateway.get(f"/api/v1/drifts{query}")
        assert status == 200
        assert [row["id"] for row in page["drifts"]] == expected
        assert page["next_cursor"] is None


async def test_pages_of_drifts_are_complete_while_drifts_come_and_go(nats_url: str) -> None:
    """A cursor is a place in the order, not a number of rows."""
    async with running(nats_url) as gateway:
        await store(gateway, *(drift(number) for number in range(1, 8)))
        _, page = await gateway.get("/api/v1/drifts?limit=3")
        assert [row["id"] for row in page["drifts"]] == ["d7", "d6", "d5"]
        await store(gateway, drift(9))
        _, page = await gateway.get(f"/api/v1/drifts?limit=3&cursor={page['next_cursor']}")
        assert [row["id"] for row in page["drifts"]] == ["d4", "d3", "d2"]
        _, page = await gateway.get(f"/api/v1/drifts?limit=3&cursor={page['next_cursor']}")
        assert ([row["id"] for row in page["drifts"]], page["next_cursor"]) == (["d1"], None)


async def test_a_drift_is_found_by_its_id_as_the_stream_shows_it(nats_url: str) -> None:
    """And an unknown one is a problem document."""
    async with running(nats_url) as gateway:
        await store(gateway, drift(1))
        async with gateway.session.get(f"{gateway.url}/api/v1/drifts/d1") as response:
            body = await response.read()
            assert response.content_type == "application/json"
            assert body.startswith(drift(1).encode()[:-1] + b',"remedies":[')
            assert [remedy["kind"] for remedy in json.loads(body)["remedies"]] == ["restore", "ignore"]
        status, problem = await gateway.get("/api/v1/drifts/d2")
        assert (status, problem["title"]) == (404, "Not Found")


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("?user=*oe", ["d2"]),
        ("?user=arn:aws:*:1:*&workspace=eu/net", ["d2"]),
        ("?resource=module.net.*", ["d2"]),
        ("?resource=AWS_INSTANCE.web[1]", ["d1"]),
        ("?resource=i-3", ["d3"]),
        ("?resolution=reverted", ["d4"]),
        ("?q=JANE%20web", ["d4", "d3", "d1"]),
        ("?q=putbucketpolicy", ["d3"]),
        ("?account=2", ["d4"]),
        ("?region=US-east-1", ["d2"]),
        ("?provider=gcp", []),
        ("?sort=timestamp", ["d1", "d2", "d3", "d4"]),
        ("?sort=-severity", ["d3", "d2", "d1", "d4"]),
        ("?sort=severity", ["d4", "d1", "d2", "d3"]),
        ("?sort=user", ["d1", "d3", "d4", "d2"]),
    ],
)
async def test_drifts_are_searched_and_sorted(nats_url: str, query: str, expected: list[str]) -> None:
    """Globs and search words match in any case; the same list comes in pages of one, too."""
    async with running(nats_url) as gateway:
        await store(gateway, *various())
        status, page = await gateway.get(f"/api/v1/drifts{query}")
        assert (status, [row["id"] for row in page["drifts"]]) == (200, expected)
        assert page["total"] == len(expected)
        found, cursor = [], ""
        while True:
            more = (await gateway.get(f"/api/v1/drifts{query}&limit=1{cursor}"))[1]
            found += [row["id"] for row in more["drifts"]]
            if more["next_cursor"] is None:
                break
            cursor = f"&cursor={more['next_cursor']}"
        assert found == expected


async def test_drifts_are_counted_by_facet_and_in_groups(nats_url: str) -> None:
    """A facet ignores its own parameter, and a group shows its most severe and its open drifts."""
    async with running(nats_url) as gateway:
        await store(gateway, *various())
        page = (await gateway.get("/api/v1/drifts?severity=critical&group_by=user"))[1]
        assert page["facets"]["severity"] == {"high": 2, "critical": 1, "medium": 1}
        assert page["facets"]["user"] == {"Jane": 1}
        assert [(group["key"], group["count"]) for group in page["groups"]] == [("Jane", 1)]
        (jane, joe) = (await gateway.get("/api/v1/drifts?group_by=user&limit=1"))[1]["groups"]
        assert (jane["key"], jane["count"], jane["open"], jane["severity"]) == ("Jane", 3, 2, "critical")
        assert (joe["key"], joe["ids"]) == ("joe", ["d2"])
        calls = (await gateway.get("/api/v1/drifts?group_by=call"))[1]["groups"]
        assert {group["key"]: group["count"] for group in calls} == {"e-1": 1, None: 3}
        assert (await gateway.get("/api/v1/drifts"))[1]["groups"] is None


async def test_people_are_listed_with_their_drifts(nats_url: str) -> None:
    """The person of the newest drift first."""
    async with running(nats_url) as gateway:
        await store(gateway, *various())
        status, page = await gateway.get("/api/v1/people")
        assert status == 200
        jane, joe = page["people"]
        assert (jane["name"], jane["open"], jane["resolved"], jane["severity"]) == ("Jane", 2, 1, "critical")
        assert (jane["via"], jane["last_seen"]) == (["console"], "2025-01-15T10:04:00.000000Z")
        assert joe["name"] == "joe"
        first = (await gateway.get("/api/v1/people?limit=1"))[1]
        second = (await gateway.get(f"/api/v1/people?limit=1&cursor={first['next_cursor']}"))[1]
        assert [person["name"] for person in first["people"] + second["people"]] == ["Jane", "joe"]
        assert second["next_cursor"] is None


async def test_a_large_answer_is_compressed_for_a_client_that_accepts_it(nats_url: str) -> None:
    """Under another tag; a client that does not accept it gets the same bytes uncompressed."""
    async with running(nats_url) as gateway:
        await store(gateway, *(drift(number) for number in range(1, 60)))
        url = f"{gateway.url}/api/v1/drifts"
        async with aiohttp.ClientSession(auto_decompress=False) as session:
            plain, packed = [await _answer(session, url, coding) for coding in ("identity, gzip;q=0", "br, gzip;q=0.5")]
            assert (plain[0], packed[0]) == (None, "gzip")
            assert len(packed[2]) * 5 < len(plain[2])
            assert gzip.decompress(packed[2]) == plain[2]
            assert plain[1] != packed[1]
            headers = {"If-None-Match": packed[1], "Accept-Encoding": "gzip"}
            async with session.get(url, headers=headers) as response:
                assert response.status == 304


async def _answer(session: aiohttp.ClientSession, url: str, accepted: str) -> tuple[str | None, str, bytes]:
    """Returns coding, tag and body of an answer."""
    async with session.get(url, headers={"Accept-Encoding": accepted}) as response:
        assert response.headers["Vary"] == "Accept-Encoding, Origin"
        return response.headers.get("Content-Encoding"), response.headers["ETag"], await response.read()


def various() -> list[Drift]:
    """Returns drifts that differ in everything that is searched for."""
    joe = UserIdentity(user_name="joe", arn="arn:aws:iam::1:user/Joe")
    resolved = {"status": DriftStatus.RESOLVED, "resolution": Resolution.REVERTED}
    return [
        drift(1),
        drift(2, workspace="eu/net", address="module.net.aws_vpc.main", user_identity=joe, region="us-east-1"),
        drift(3, severity=Severity.CRITICAL, event_id="e-1", event_name="PutBucketPolicy"),
        drift(4, severity=Severity.MEDIUM, account_id="2", **resolved),
    ]


@pytest.mark.parametrize(
    ("path", "parameter"),
    [
        ("/api/v1/drifts?limit=0", "limit"),
        ("/api/v1/drifts?limit=1001", "limit"),
        ("/api/v1/drifts?limit=ten", "limit"),
        ("/api/v1/drifts?status=closed", "status"),
        ("/api/v1/drifts?cursor=garbage", "cursor"),
        ("/api/v1/drifts?events=drift", "events"),
        ("/api/v1/events?cursor=garbage", "cursor"),
        ("/api/v1/events?cursor=k3f9a2-7", "cursor"),
        ("/api/v1/events?status=closed", "status"),
        ("/api/v1/stats?x=1", "x"),
        ("/api/v1/workspaces?x=1", "x"),
    ],
)
async def test_an_invalid_query_is_a_problem_document(nats_url: str, path: str, parameter: str) -> None:
    """It names the parameter."""
    async with running(nats_url) as gateway:
        status, problem = await gateway.get(path)
        assert (status, problem["parameter"]) == (400, parameter)


@pytest.mark.parametrize("window_bytes", [64 * 1024, 64 * 1024**2])
async def test_the_ledger_is_listed_newest_first_to_its_beginning(nats_url: str, window_bytes: int) -> None:
    """From the ring and from JetStream before it, every event once."""
    async with running(nats_url, recent_window_bytes=window_bytes) as gateway, gateway.live() as stream:
        await publish_changes(gateway.bus, 1, 1300)
        await stream.take(1300)
        listed, cursor = [], ""
        while cursor is not None:
            _, page = await gateway.get(f"/api/v1/events?limit=500{cursor and f'&cursor={cursor}'}")
            listed += page["events"]
            cursor = page["next_cursor"]
        assert [event["data"]["serial"] for event in listed] == list(range(1300, 0, -1))
        assert {event["event"] for event in listed} == {"state_change"}
        assert listed[0]["id"].endswith("-1300")


async def test_the_list_of_events_takes_the_filters_of_the_stream(nats_url: str) -> None:
    """And by `since`."""
    async with running(nats_url) as gateway, gateway.live() as stream:
        await publish(gateway.bus, [change(1), alert(Severity.HIGH), change(2, workspace="dev"), alert(Severity.LOW)])
        await stream.take(4)
        for query, sequences in (("events=falco", [4, 2]), ("severity=high%2B", [2]), ("workspace=dev&since=1h", [3])):
            _, page = await gateway.get(f"/api/v1/events?{query}")
            assert [int(event["id"].partition("-")[2]) for event in page["events"]] == sequences
        _, page = await gateway.get("/api/v1/events?since=0s")
        assert page == {"events": [], "next_cursor": None}


async def test_workspaces_are_listed_without_other_values_of_the_bucket(nats_url: str) -> None:
    """The pipeline's hash key is a secret in the same bucket, and is not listed."""
    async with running(nats_url) as gateway:
        bucket = gateway.bus.bucket(WORKSPACES_BUCKET)
        await bucket.put("hash_key", b"very secret")
        for name in ("prod", "eu/net"):
            head = WorkspaceHead(
                workspace=name,
                source="file:///states",
                lineage="l",
                serial=3,
                digest="d",
                terraform_version="1.9.0",
                recorded_at=BEGIN,
                resource_count=15,
                data_source_count=2,
                types={"aws_instance": 15},
            )
            await bucket.put(workspace_key(name), head.encode())
        while (await gateway.get("/api/v1/stats"))[1]["workspaces"] < 2:
            pass
        status, page = await gateway.get("/api/v1/workspaces")
        assert status == 200
        assert [(head["workspace"], head["resource_count"]) for head in page["workspaces"]] == [
            ("eu/net", 15),
            ("prod", 15),
        ]
        assert "secret" not in str(page)


async def test_stats_count_what_is_open_and_name_the_ledgers_ends(nats_url: str) -> None:
    """The page shows them at its top."""
    async with running(nats_url) as gateway, gateway.live():
        await store(gateway, drift(1), drift(2, severity=Severity.LOW), drift(3, status=DriftStatus.RESOLVED))
        await publish(gateway.bus, [change(1), change(2)])
        _, stats = await gateway.get("/api/v1/stats")
        assert (stats["drifts"]["open"], stats["drifts"]["resolved"]) == (2, 1)
        assert stats["drifts"]["open_by_severity"] == {"critical": 0, "high": 1, "medium": 0, "low": 1, "info": 0}
        assert stats["drifts"]["open_by_kind"]["modified"] == 2
        assert stats["ledger"]["first_id"].endswith("-1")
        assert stats["ledger"]["last_id"].endswith("-2")
        assert stats["clients"] == 1


async def test_a_record_that_cannot_be_read_is_counted_and_passed_over(nats_url: str) -> None:
    """One invalid value does not break the list."""
    name, labels = "tfdrift_gateway_unreadable_records_total", {"bucket": DRIFTS_BUCKET}
    before = metric(name, **labels)
    async with running(nats_url) as gateway:
        await gateway.bus.bucket(DRIFTS_BUCKET).put("broken", b"{not json")
        await eventually(lambda: metric(name, **labels) == before + 1)
        await store(gateway, drift(1))


async def test_health_is_ok(nats_url: str) -> None:
    """With what an operator asks first."""
    async with running(nats_url) as gateway:
        status, health = await gateway.get("/health")
        assert status == 200
        assert (health["status"], health["nats"], health["caught_up"], health["clients"]) == ("ok", True, True, 0)


async def test_a_resource_is_shown_without_what_is_hidden_and_without_its_hashes(nats_url: str) -> None:
    """At any depth, in its history too; a keyed hash would show whether two secrets are equal."""
    async with running(nats_url) as gateway:
        hidden, large = {"tfdrift:sensitive": "00ff"}, {"tfdrift:oversized": "00ff"}
        await put_resource(
            gateway,
            "prod",
            "aws_db_instance.main",
            attributes={"password": hidden, "blocks": [{"key": hidden, "port": 1}], "data": large, "tags": {"a": "b"}},
            changes=[RecordedChange(serial=3, recorded_at=BEGIN, before={"password": hidden})],
        )
        status, shown = await gateway.get("/api/v1/resources/aws_db_instance.main")
        assert status == 200
        assert shown["attributes"] == {
            "password": "(sensitive)",
            "blocks": [{"key": "(sensitive)", "port": 1}],
            "data": "(oversized)",
            "tags": {"a": "b"},
        }
        assert shown["changes"][0]["before"] == {"password": "(sensitive)"}
        assert "00ff" not in str(shown)


@pytest.mark.parametrize(
    "address", ["aws_instance.web", 'module.net["a/b"].aws_instance.web[0]', 'x.y["ü % ? # \\" .."]', 'x.y["a b+c"]']
)
async def test_any_address_can_be_asked_for(nats_url: str, address: str) -> None:
    """The keys of for_each are any text."""
    async with running(nats_url) as gateway:
        await put_resource(gateway, "prod", address)
        status, shown = await gateway.get(f"/api/v1/resources/{quote(address, safe='')}")
        assert (status, shown.get("address")) == (200, address)


async def test_an_address_of_several_workspaces_needs_the_workspace(nats_url: str) -> None:
    """The answer names them; a resource that has left its state is not found."""
    async with running(nats_url) as gateway:
        await put_resource(gateway, "prod", "a.b")
        await put_resource(gateway, "eu/net", "a.b", id="db-2")
        await put_resource(gateway, "prod", "a.gone", removed=Removal(serial=4, recorded_at=BEGIN))
        status, problem = await gateway.get("/api/v1/resources/a.b")
        assert (status, problem["parameter"], problem["allowed"]) == (400, "workspace", ["eu/net", "prod"])
        assert (await gateway.get("/api/v1/resources/a.b?workspace=eu/net"))[1]["id"] == "db-2"
        for path in ("a.b?workspace=dev", "a.gone", "a.none"):
            assert (await gateway.get(f"/api/v1/resources/{path}"))[0] == 404


async def test_workspaces_come_in_pages(nats_url: str) -> None:
    """In order of their names, each once."""
    async with running(nats_url) as gateway:
        for name in ("c", "a", "b"):
            await put_resource(gateway, name, "a.b")
        names, cursor = [], ""
        while cursor is not None:
            _, page = await gateway.get(f"/api/v1/workspaces?limit=2{cursor and f'&cursor={cursor}'}")
            names.append([head["workspace"] for head in page["workspaces"]])
            cursor = page["next_cursor"]
        assert names == [["a", "b"], ["c"]]


async def test_what_has_not_changed_is_not_sent_again(nats_url: str) -> None:
    """The tag depends on the content alone: it is the same on every replica, and changes with the content."""
    async with running(nats_url) as gateway, running(nats_url) as other:
        await store(gateway, drift(1))
        await store(other, drift(1))
        path = "/api/v1/drifts"
        async with gateway.session.get(f"{gateway.url}{path}") as response:
            tag = response.headers["ETag"]
            assert response.headers["Cache-Control"] == "private, no-cache"
        for condition, status in (
            (tag, 304),
            (f'W/{tag}, "x"', 304),
            (f'"x",{tag}', 304),
            ("*", 304),
            ('"x"', 200),
            (tag.strip('"'), 200),
        ):
            for method in ("GET", "HEAD"):
                headers = {"If-None-Match": condition}
                async with other.session.request(method, f"{other.url}{path}", headers=headers) as response:
                    assert response.status == status, condition
                    assert response.headers["ETag"] == tag
        await store(gateway, drift(1, status=DriftStatus.RESOLVED))
        async with gateway.session.get(f"{gateway.url}{path}", headers={"If-None-Match": tag}) as response:
            assert response.status == 200
