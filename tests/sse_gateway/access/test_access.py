"""Who is let in, and what each may see, over real HTTP."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import DEADLINE_SECONDS, eventually, free_port
from tests.sse_gateway.access.test_jwks import issuing
from tests.sse_gateway.credentials import AUDIENCE, EC_KEY, RSA_KEY, SECRET, jwk, pem, signed, token_file
from tests.sse_gateway.gateway import STREAM_PATH, alert, change, metric, publish, running
from tests.sse_gateway.stored import drift, put_resource, store
from tfdrift.records import WORKSPACES_BUCKET, WorkspaceHead, workspace_key
from tfdrift.severity import Severity

PATHS = (
    STREAM_PATH,
    "/api/v1/drifts",
    "/api/v1/drifts/d1",
    "/api/v1/events",
    "/api/v1/workspaces",
    "/api/v1/resources/a.b",
    "/api/v1/stats",
)


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


@pytest.mark.parametrize(
    ("headers", "error"),
    [
        ({}, None),
        ({"Authorization": "Basic b3BlbjpzZXNhbWU="}, None),
        ({"Authorization": "Bearer"}, None),
        (bearer("nonsense"), "invalid_token"),
        (bearer("sésame"), "invalid_token"),
        (bearer("a.b.c"), "invalid_token"),
        ({"Cookie": "tfdrift=sesame"}, None),
    ],
)
async def test_requests_without_a_valid_token_are_refused(
    nats_url: str, tmp_path: Path, headers: dict[str, str], error: str | None
) -> None:
    """401 with the challenge of RFC 6750, on every path that shows anything, and on paths that do not exist."""
    async with running(nats_url, auth_tokens_file=token_file(tmp_path, sesame={})) as gateway:
        for path in (*PATHS, "/api/v1/nothing", f"{STREAM_PATH}?last_event_id=x-1"):
            async with gateway.session.get(f"{gateway.url}{path}", headers=headers) as response:
                assert response.status == 401, path
                assert response.content_type == "application/problem+json"
                challenge = response.headers["WWW-Authenticate"]
                assert challenge.startswith('Bearer realm="tfdrift"')
                assert (f'error="{error}"' in challenge) if error else ("error" not in challenge)


async def test_a_token_in_the_url_is_ignored(nats_url: str, tmp_path: Path) -> None:
    """URLs end up in logs and histories."""
    async with running(nats_url, auth_tokens_file=token_file(tmp_path, sesame={})) as gateway:
        for query in ("?access_token=sesame", "?token=sesame", "?authorization=Bearer%20sesame"):
            assert (await gateway.get(f"{STREAM_PATH}{query}"))[0] == 401
            status, problem = await gateway.get(f"{STREAM_PATH}{query}", **bearer("sesame"))
            assert status == 400
            assert "sesame" not in str(problem)


async def test_the_page_and_the_health_need_no_token(nats_url: str, tmp_path: Path) -> None:
    """A load balancer has no token, the page shows no data by itself, and a preflight never has a token."""
    async with running(nats_url, auth_tokens_file=token_file(tmp_path, sesame={})) as gateway:
        for path in ("/health", "/", "/static/app.js"):
            async with gateway.session.get(f"{gateway.url}{path}") as response:
                assert response.status == 200
        async with gateway.session.options(f"{gateway.url}{STREAM_PATH}") as response:
            assert response.status == 204


async def test_a_token_of_the_file_opens_every_path(nats_url: str, tmp_path: Path) -> None:
    """In either case of the scheme's name."""
    async with running(nats_url, auth_tokens_file=token_file(tmp_path, sesame={})) as gateway:
        for scheme in ("Bearer", "bearer"):
            assert (await gateway.get("/api/v1/stats", Authorization=f"{scheme} sesame"))[0] == 200
        async with gateway.live(**bearer("sesame")) as stream:
            await publish(gateway.bus, [change(1)])
            assert (await stream.next()).json["serial"] == 1


async def test_an_expired_token_of_the_file_is_refused(nats_url: str, tmp_path: Path) -> None:
    """Although its hash is known."""
    path = token_file(tmp_path, sesame={"expires": "2024-01-01T00:00:00Z"})
    async with running(nats_url, auth_tokens_file=path) as gateway:
        status, problem = await gateway.get("/api/v1/stats", **bearer("sesame"))
        assert (status, "expired" in problem["detail"]) == (401, True)


@pytest.mark.parametrize("algorithm", ["HS256", "RS256", "ES256"])
async def test_a_jwt_of_any_of_the_three_algorithms_opens(nats_url: str, tmp_path: Path, algorithm: str) -> None:
    """A token of another key does not."""
    settings: dict[str, Any] = {"auth_jwt_secret": SECRET, "auth_jwt_audience": AUDIENCE}
    key: Any = SECRET
    if algorithm != "HS256":
        key = RSA_KEY if algorithm == "RS256" else EC_KEY
        (tmp_path / "key.pem").write_bytes(pem(key))
        settings = {"auth_jwt_key_file": tmp_path / "key.pem", "auth_jwt_audience": AUDIENCE}
    async with running(nats_url, **settings) as gateway:
        good = signed(key, algorithm, aud=AUDIENCE)
        assert (await gateway.get("/api/v1/stats", **bearer(good)))[0] == 200
        for bad in (
            good[:-6] + "AAAAAA",
            signed(key, algorithm, aud="others"),
            signed("x" * 32, "HS256", aud=AUDIENCE),
        ):
            assert (await gateway.get("/api/v1/stats", **bearer(bad)))[0] == 401


async def test_keys_come_from_the_issuers_url_and_an_issuer_that_is_away_is_no_bad_token(nats_url: str) -> None:
    """503 makes the client try again, whereas 401 would sign it out."""
    good = signed(RSA_KEY, "RS256", "a", aud=AUDIENCE)
    async with (
        issuing(jwk(RSA_KEY, "a")) as issuer,
        running(nats_url, auth_jwks_url=issuer.url, auth_jwt_audience=AUDIENCE) as gateway,
    ):
        assert (await gateway.get("/api/v1/stats", **bearer(good)))[0] == 200
        other = signed(RSA_KEY, "RS256", "b", aud=AUDIENCE)
        assert (await gateway.get("/api/v1/stats", **bearer(other)))[0] == 401
    away = f"http://127.0.0.1:{free_port()}/jwks"
    async with (
        running(nats_url, auth_jwks_url=away, auth_jwt_audience=AUDIENCE) as gateway,
        gateway.session.get(f"{gateway.url}/api/v1/stats", headers=bearer(good)) as response,
    ):
        assert response.status == 503
        assert response.headers["Retry-After"]


async def test_tokens_of_the_file_and_jwts_go_together(nats_url: str, tmp_path: Path) -> None:
    """Programs use tokens of the file, people use JWTs."""
    settings = {"auth_tokens_file": token_file(tmp_path, sesame={}), "auth_jwt_secret": SECRET}
    async with running(nats_url, **settings) as gateway:
        for token in ("sesame", signed()):
            assert (await gateway.get("/api/v1/stats", **bearer(token)))[0] == 200


async def test_a_browser_may_send_the_token_in_the_cookie_that_is_named(nats_url: str, tmp_path: Path) -> None:
    """An Authorization header takes precedence, even an invalid one; another cookie is ignored."""
    settings = {"auth_tokens_file": token_file(tmp_path, sesame={}), "auth_cookie": "__Host-tfdrift"}
    async with running(nats_url, **settings) as gateway:
        async with gateway.live(Cookie="__Host-tfdrift=sesame"):
            pass
        assert (await gateway.get("/api/v1/stats", Cookie="other=sesame"))[0] == 401
        headers = {"Cookie": "__Host-tfdrift=sesame", **bearer("wrong")}
        assert (await gateway.get("/api/v1/stats", **headers))[0] == 401


@pytest.mark.parametrize(("cookie", "credentials"), [("tfdrift", "true"), (None, None)])
async def test_browsers_may_send_the_cookie_only_where_one_is_configured(
    nats_url: str, tmp_path: Path, cookie: str | None, credentials: str | None
) -> None:
    """Only for named origins, and on refusals too, so that a page can read the reason."""
    settings = {"auth_tokens_file": token_file(tmp_path, sesame={}), "auth_cookie": cookie}
    async with running(nats_url, **settings) as gateway:
        for origin, allowed in (("http://localhost:3000", credentials), ("https://evil.example.org", None)):
            for request in (gateway.session.get, gateway.session.options):
                async with request(f"{gateway.url}{STREAM_PATH}", headers={"Origin": origin}) as response:
                    assert response.headers.get("Access-Control-Allow-Credentials") == allowed
                    assert response.headers.get("Access-Control-Allow-Origin") != "*"


NARROW = {"subjects": ["tfdrift.drift.high.>", "tfdrift.*.info.>"], "workspaces": ["prod"]}


async def test_a_narrow_token_sees_its_part_live_and_nothing_else(nats_url: str, tmp_path: Path) -> None:
    """Whatever it asks for; `connected` names only what can come."""
    async with running(nats_url, auth_tokens_file=token_file(tmp_path, narrow=NARROW, wide={})) as gateway:
        async with gateway.stream(**bearer("narrow")) as narrow, gateway.live(**bearer("wide")) as wide:
            connected = (await narrow.next()).json
            assert connected["events"] == ["drift", "falco", "state_change", "attribution"]
            await publish(
                gateway.bus, [change(1, "dev"), alert(Severity.HIGH), change(2), alert(Severity.INFO), change(3)]
            )
            assert [event.json["serial"] for event in (await narrow.take(2))] == [2, 3]
            assert len(await wide.take(5)) == 5
        query = "?since=1h&events=falco,state_change&severity=info%2B&workspace=dev"
        async with gateway.stream(query, **bearer("narrow")) as stream:
            assert (await stream.next()).json["replayed"] == 0


@pytest.mark.parametrize("window_bytes", [64 * 1024, 64 * 1024**2])
async def test_a_cursor_never_widens_what_a_token_may_see(nats_url: str, tmp_path: Path, window_bytes: int) -> None:
    """Neither an id of a hidden event, nor `since`, nor an invalid id; from memory and from the ledger."""
    settings = {"auth_tokens_file": token_file(tmp_path, narrow=NARROW, wide={}), "recent_window_bytes": window_bytes}
    async with running(nats_url, **settings) as gateway:
        async with gateway.live(**bearer("wide")) as wide:
            await publish(
                gateway.bus, [change(n, "prod" if n % 10 == 0 else "dev", padding=2000) for n in range(1, 101)]
            )
            first = (await wide.take(100))[0]
        starts: list[tuple[str, dict[str, str], int]] = [
            ("", {"Last_Event_ID": str(first.id)}, 0),
            (f"?last_event_id={first.id}", {}, 0),
            ("?since=1h", {}, 0),
            ("", {"Last_Event_ID": "garbage"}, 1),
        ]
        for query, headers, resets in starts:
            async with gateway.stream(query, **headers, **bearer("narrow")) as stream:
                events = await stream.take(11 + resets)
                assert events[0].json["replayed"] == 10
                assert [event.json["serial"] for event in events[1 + resets :]] == list(range(10, 101, 10))


async def test_lists_show_what_the_stream_would(nats_url: str, tmp_path: Path) -> None:
    """Events, drifts, workspaces and all counts; what the token may not see is absent."""
    async with running(
        nats_url, auth_tokens_file=token_file(tmp_path, narrow=NARROW, wide={}, blind={"subjects": []})
    ) as gateway:
        async with gateway.live(**bearer("wide")) as wide:
            await publish(gateway.bus, [change(1, "dev"), change(2), alert(Severity.CRITICAL)])
            await wide.take(3)
        for name in ("prod", "dev"):
            head = WorkspaceHead(
                workspace=name,
                source="s",
                lineage="l",
                serial=1,
                digest="d",
                terraform_version=None,
                recorded_at=datetime(2025, 1, 1, tzinfo=UTC),
                resource_count=5,
                data_source_count=0,
                types={},
            )
            await gateway.bus.bucket(WORKSPACES_BUCKET).put(workspace_key(name), head.encode())
        gateway.session.headers.update(bearer("wide"))
        await store(gateway, drift(1), drift(2, workspace="dev"), drift(3, severity=Severity.LOW))
        while (await gateway.get("/api/v1/stats"))[1]["workspaces"] < 2:
            pass
        seen = {}
        for token in ("narrow", "wide", "blind"):
            headers = bearer(token)
            drifts = (await gateway.get("/api/v1/drifts?limit=1", **headers))[1]
            events = (await gateway.get("/api/v1/events", **headers))[1]["events"]
            workspaces = (await gateway.get("/api/v1/workspaces", **headers))[1]["workspaces"]
            stats = (await gateway.get("/api/v1/stats", **headers))[1]
            seen[token] = (
                [row["id"] for row in drifts["drifts"]],
                [event["data"].get("serial") for event in events],
                [head["workspace"] for head in workspaces],
                (stats["drifts"]["open"], stats["workspaces"], stats["resources"]),
            )
        assert seen["narrow"] == (["d1"], [2], ["prod"], (1, 1, 5))
        assert seen["wide"] == (["d3"], [None, 2, 1], ["dev", "prod"], (3, 2, 10))
        assert seen["blind"] == ([], [], [], (0, 0, 0))
        for identifier, status in (("d1", 200), ("d2", 404), ("d3", 404)):
            assert (await gateway.get(f"/api/v1/drifts/{identifier}", **bearer("narrow")))[0] == status


async def test_a_resource_is_shown_to_tokens_that_may_see_its_changes(nats_url: str, tmp_path: Path) -> None:
    """Its workspace and its type decide; a hidden one is answered like an absent one."""
    tokens = {
        "wide": {},
        "prod": {"workspaces": ["prod"]},
        "databases": {"subjects": ["tfdrift.state_change.*.aws.aws_db_instance"]},
        "drifts": {"subjects": ["tfdrift.drift.>"]},
    }
    async with running(nats_url, auth_tokens_file=token_file(tmp_path, **tokens)) as gateway:
        gateway.session.headers.update(bearer("wide"))
        await put_resource(gateway, "prod", "a.instance", type="aws_instance")
        await put_resource(gateway, "dev", "a.database")
        seen = {
            token: [
                (await gateway.get(f"/api/v1/resources/{a}", **bearer(token)))[0] for a in ("a.instance", "a.database")
            ]
            for token in tokens
        }
        assert seen == {"wide": [200, 200], "prod": [200, 404], "databases": [404, 200], "drifts": [404, 404]}


async def test_a_stream_ends_with_its_token_and_says_so(nats_url: str) -> None:
    """Reconnecting with the same token would not help, so the stream ends with the reason."""
    before = metric("tfdrift_gateway_ended_total", reason="token_expired")
    async with running(nats_url, auth_jwt_secret=SECRET) as gateway:
        token = signed(seconds=4)
        async with gateway.live(**bearer(token)) as stream:
            await publish(gateway.bus, [change(1)])
            events = await stream.until_end()
            assert [event.name for event in events] == ["state_change", "closing"]
            assert events[-1].json == {"reason": "token_expired"}
            assert events[-1].id is None
        assert (await gateway.get(STREAM_PATH, **bearer(token)))[0] == 401
    await eventually(lambda: metric("tfdrift_gateway_ended_total", reason="token_expired") == before + 1)


async def test_a_token_ends_even_while_it_is_replayed_to(nats_url: str) -> None:
    """Even for a client that does not read, whose stream nothing else would end."""
    async with running(nats_url, auth_jwt_secret=SECRET, recent_window_bytes=64 * 1024) as gateway:
        for start in range(1, 4001, 500):
            await publish(gateway.bus, [change(n, padding=4000) for n in range(start, start + 500)])
        port = gateway.runtime.settings.http_port
        _, writer = await asyncio.open_connection("127.0.0.1", port, limit=4096)
        before = metric("tfdrift_gateway_ended_total", reason="token_expired")
        lines = (
            f"GET {STREAM_PATH}?since=1h HTTP/1.1",
            "Host: localhost",
            f"Authorization: Bearer {signed(seconds=1)}",
            "",
            "",
        )
        writer.write("\r\n".join(lines).encode())
        async with asyncio.timeout(DEADLINE_SECONDS):
            while metric("tfdrift_gateway_ended_total", reason="token_expired") == before:
                await asyncio.sleep(0.02)
        writer.close()
