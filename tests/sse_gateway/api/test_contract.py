"""The OpenAPI document is true: every route is in it, and every answer that it names is given just so."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

import aiohttp
import pytest
from jsonschema_rs import Draft202012Validator, meta

from sse_gateway.contract.openapi import document
from tests.conftest import free_port
from tests.sse_gateway.access.test_access import bearer
from tests.sse_gateway.credentials import AUDIENCE, RSA_KEY, signed, token_file
from tests.sse_gateway.gateway import STREAM_PATH, Gateway, alert, change, publish, running
from tests.sse_gateway.stored import drift, store
from tfdrift.events import DriftStatus, Resolution
from tfdrift.records import STATE_BUCKET, WORKSPACES_BUCKET, ResourceRecord, WorkspaceHead, resource_key, workspace_key
from tfdrift.severity import Severity
from tfdrift.subjects import Provider

DOCUMENT = document()
ADDRESS = 'module.net["a/b"].aws_instance.web[0]'
NOW = datetime(2025, 1, 15, tzinfo=UTC)

Operation = tuple[str, str]


def resolved(node: Any) -> Any:
    """Returns what a reference of the document names."""
    while "$ref" in node:
        target: Any = DOCUMENT
        for part in node["$ref"].removeprefix("#/").split("/"):
            target = target[part]
        node = target
    return node


def documented() -> Iterator[tuple[Operation, str]]:
    """Returns every operation with each status that it names."""
    for path, item in DOCUMENT["paths"].items():
        for method, operation in item.items():
            for status in operation["responses"]:
                yield (method, path), status


def check(operation: Operation, response: aiohttp.ClientResponse, body: bytes) -> None:
    """Assert that the document allows an answer: status, headers, content type, and the body's schema."""
    responses = DOCUMENT["paths"][operation[1]][operation[0]]["responses"]
    said = resolved(responses.get(str(response.status), responses["default"]))
    for name, header in said.get("headers", {}).items():
        found = response.headers.get(name)
        assert found is not None, (operation, response.status, name)
        schema = resolved(header)["schema"]
        value = int(found) if schema["type"] == "integer" else found
        Draft202012Validator(schema).validate(value)
    content = said.get("content")
    if content is None:
        assert body == b""
        return
    assert response.content_type in content, (operation, response.status)
    if response.content_type != "text/event-stream":
        schema = {**content[response.content_type]["schema"], "components": DOCUMENT["components"]}
        Draft202012Validator(schema, validate_formats=True).validate(json.loads(body))


class Walk:
    """Makes requests, checks their answers against the document, and notes which of its answers were seen."""

    def __init__(self) -> None:
        self.seen: set[tuple[Operation, str]] = set()

    async def __call__(
        self, gateway: Gateway, method: str, path: str, url: str, status: int, **options: Any
    ) -> Mapping[str, str]:
        """One request; returns the headers of the answer."""
        async with gateway.session.request(method, f"{gateway.url}{url}", **options) as response:
            assert response.status == status, (method, url, await response.text())
            streaming = response.content_type == "text/event-stream"
            check((method, path), response, b"" if streaming else await response.read())
            self.seen.add(((method, path), str(status)))
            return response.headers


async def fill(gateway: Gateway) -> None:
    """Store at least one record of each kind."""
    for name in ("prod", "dev"):
        head = WorkspaceHead(
            workspace=name,
            source="file:///states",
            lineage="l",
            serial=1,
            digest="d",
            terraform_version="1.9.0",
            recorded_at=NOW,
            resource_count=1,
            data_source_count=0,
            types={"aws_instance": 1},
        )
        await gateway.bus.bucket(WORKSPACES_BUCKET).put(workspace_key(name), head.encode())
        for address in ("aws_instance.both", *([ADDRESS] if name == "prod" else [])):
            record = ResourceRecord(
                workspace=name,
                address=address,
                type="aws_instance",
                name="web",
                provider=Provider.AWS,
                id="i-1",
                account_id="1",
                region="eu-west-1",
                lineage="l",
                serial=1,
                recorded_at=NOW,
                attributes={"instance_type": "t3.micro", "user_data": {"tfdrift:sensitive": "00ff"}},
            )
            await gateway.bus.bucket(STATE_BUCKET).put(resource_key(name, address), record.encode())
    await publish(gateway.bus, [change(1), alert(Severity.HIGH), drift(9)])
    resolved_drift = drift(3, status=DriftStatus.RESOLVED, resolution=Resolution.REVERTED, attribute=None)
    await store(gateway, drift(1), drift(2), resolved_drift)
    while (await gateway.get("/api/v1/stats"))[1]["workspaces"] < 2:
        pass


def concrete(path: str) -> str:
    """Returns a path of the document with parameters for which there is data."""
    return path.replace("{id}", "d1").replace("{address}", quote(ADDRESS, safe=""))


async def walk_open(walk: Walk, gateway: Gateway) -> None:
    """Make the requests that an open gateway answers."""
    for method, path in {operation for operation, _ in documented()}:
        if method != "get":
            continue
        url = concrete(path)
        headers = await walk(gateway, method, path, url, 200)
        if path in (STREAM_PATH, "/api/v1/session"):
            continue
        if path == "/api/v1/health":
            await walk(gateway, method, path, f"{url}?x=1", 400)
        # The tag may change between two requests of a busy gateway, but not of this one.
        await walk(gateway, method, path, url, 304, headers={"If-None-Match": headers["ETag"]})
    for path, query in (
        (STREAM_PATH, "severity=worst"),
        ("/api/v1/drifts", "status=closed"),
        ("/api/v1/drifts/{id}", "x=1"),
        ("/api/v1/events", "cursor=x"),
        ("/api/v1/people", "cursor=*"),
        ("/api/v1/workspaces", "cursor=*"),
        ("/api/v1/resources/{address}", "workspace="),
        ("/api/v1/stats", "x=1"),
    ):
        await walk(gateway, "get", path, f"{concrete(path)}?{query}", 400)
    for query in ("group_by=call&sort=-severity", "q=jane&limit=1", "resolution=reverted&user=*&resource=aws_*"):
        await walk(gateway, "get", "/api/v1/drifts", f"/api/v1/drifts?{query}", 200)
    await walk(gateway, "get", "/api/v1/drifts/{id}", "/api/v1/drifts/none", 404)
    await walk(gateway, "get", "/api/v1/resources/{address}", "/api/v1/resources/aws_instance.none", 404)
    path = "/api/v1/drifts/{id}/dismiss"
    await walk(gateway, "post", path, "/api/v1/drifts/d1/dismiss", 400, data=b"{")
    await walk(gateway, "post", path, "/api/v1/drifts/d1/dismiss", 413, data=b"x" * 100_000)
    await walk(gateway, "post", path, "/api/v1/drifts/d1/dismiss", 403, headers={"Origin": "https://evil.example.org"})
    await walk(gateway, "post", path, "/api/v1/drifts/none/dismiss", 404)
    await walk(gateway, "post", path, "/api/v1/drifts/d3/dismiss", 409)
    await walk(gateway, "post", path, "/api/v1/drifts/d1/dismiss", 200, json={"reason": "x", "until": "7d"})
    await walk(gateway, "delete", path, "/api/v1/drifts/d1/dismiss", 200)
    await walk(gateway, "delete", path, "/api/v1/drifts/d1/dismiss?x=1", 400)
    await walk(gateway, "delete", path, "/api/v1/drifts/none/dismiss", 404)
    await walk(gateway, "delete", path, "/api/v1/drifts/d3/dismiss", 409)
    foreign = {"Origin": "https://evil.example.org"}
    await walk(gateway, "delete", path, "/api/v1/drifts/d1/dismiss", 403, headers=foreign)

    session = "/api/v1/session"
    await walk(gateway, "post", session, session, 200, json={"token": "x"})
    await walk(gateway, "post", session, session, 400, data=b"{")
    await walk(gateway, "post", session, session, 403, json={"token": "x"}, headers=foreign)
    await walk(gateway, "post", session, session, 413, data=b"x" * 100_000)
    await walk(gateway, "delete", session, session, 204)
    await walk(gateway, "delete", session, session, 403, headers=foreign)


async def walk_refused(walk: Walk, gateway: Gateway, status: int, headers: dict[str, str]) -> None:
    """Make the requests that are refused without a valid token."""
    for (method, path), named in documented():
        if named == str(status):
            token = headers["Authorization"].removeprefix("Bearer ")
            body = {"json": {"token": token}} if (method, path) == ("post", "/api/v1/session") else {}
            await walk(gateway, method, path, concrete(path), status, headers=headers, **body)


async def test_the_document_is_true(nats_url: str, tmp_path: Path) -> None:
    """Each documented status is seen with its headers and its schema, and no other answer is seen."""
    walk = Walk()
    async with running(nats_url) as gateway:
        await fill(gateway)
        await walk_open(walk, gateway)
    async with running(nats_url, auth_tokens_file=token_file(tmp_path, sesame={}), max_clients_per_token=1) as gateway:
        await walk_refused(walk, gateway, 401, bearer("nonsense"))
        async with gateway.live(**bearer("sesame")):
            await walk(gateway, "get", STREAM_PATH, STREAM_PATH, 429, headers=bearer("sesame"))
    away = f"http://127.0.0.1:{free_port()}/jwks"
    async with running(nats_url, auth_jwks_url=away, auth_jwt_audience=AUDIENCE) as gateway:
        await walk_refused(walk, gateway, 503, bearer(signed(RSA_KEY, "RS256", aud=AUDIENCE)))
    assert {(operation, status) for operation, status in documented() if status != "default"} - walk.seen == set()


async def test_every_route_is_in_the_document_and_the_other_way_round(nats_url: str) -> None:
    """Except the files of the page."""
    async with running(nats_url) as gateway:
        runner = gateway.runtime._runners[-1]
        routes = {
            (route.method.lower(), re.sub(r"\{(\w+):[^}]*\}", r"{\1}", route.resource.canonical))
            for route in runner.app.router.routes()
            if route.resource is not None and route.method != "HEAD"
        }
        served = {route for route in routes if route[1].startswith("/api/") or route[1] == "/health"}
        assert served == {operation for operation, _ in documented()}
        status, answered = await gateway.get("/api/v1/openapi.json")
        assert (status, answered) == (200, json.loads(json.dumps(DOCUMENT)))


def test_every_property_is_described() -> None:
    """Of the payloads too, whose models have no texts of their own."""
    schemas = DOCUMENT["components"]["schemas"]
    properties = {
        f"{name}.{key}": value for name in schemas for key, value in schemas[name].get("properties", {}).items()
    }
    assert [name for name, member in properties.items() if not member.get("description")] == []


def test_no_member_of_the_document_is_empty() -> None:
    """A comma in an unquoted text of a flow mapping would make a key of the rest of it."""

    def walk(node: Any, path: str) -> None:
        if isinstance(node, dict):
            for name, member in node.items():
                assert member is not None or name == "default", f"{path}/{name}"
                walk(member, f"{path}/{name}")
        elif isinstance(node, list):
            for number, member in enumerate(node):
                walk(member, f"{path}/{number}")

    walk(DOCUMENT, "")


def test_every_reference_of_the_document_leads_somewhere() -> None:
    """And every schema is valid."""

    def walk(node: Any) -> None:
        if isinstance(node, dict):
            if "$ref" in node:
                resolved(node)
            for member in node.values():
                walk(member)
        elif isinstance(node, list):
            for member in node:
                walk(member)

    walk(DOCUMENT)
    for schema in DOCUMENT["components"]["schemas"].values():
        meta.validate(schema)


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/api/v1/nothing", 404),
        ("GET", "/api/v1/resources/", 404),
        ("POST", "/api/v1/drifts", 405),
        ("GET", "/api/v1/drifts/d1/dismiss", 405),
        ("DELETE", "/api/v1/drifts/d1", 405),
        ("PATCH", "/health", 405),
    ],
)
async def test_what_no_route_answers_is_a_problem_document_too(
    nats_url: str, method: str, path: str, status: int
) -> None:
    """They have the same schema."""
    async with running(nats_url) as gateway, gateway.session.request(method, f"{gateway.url}{path}") as response:
        assert response.status == status
        assert response.content_type == "application/problem+json"
        schema = {"$ref": "#/components/schemas/Problem", "components": DOCUMENT["components"]}
        Draft202012Validator(schema).validate(await response.json(content_type=None))
