"""The client for TypeScript and React, in a real browser, against a real gateway on another origin than the page's."""

from __future__ import annotations

import asyncio
import json
import re
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nats
import pytest
import yaml
from aiohttp import web

from tests.browser.chromium import Page, browsing, chromium
from tests.browser.conftest import CLIENT, ROOT, Packed
from tests.conftest import DEADLINE_SECONDS, NatsServer
from tests.pipeline import Pipeline
from tests.shared.samples import drift
from tests.sse_gateway.credentials import token_file
from tfdrift.events import DriftStatus

SUBJECT = "tfdrift.drift.high.aws.aws_instance"

# The gateway is on another origin, so the application's own `api/sse` says where.
_API = """
import * as tfdrift from "@tfdrift/client/react";
const url = new URLSearchParams(location.search).get("gateway") + "/api/v1/stream";
export const openStream = (options: tfdrift.StreamOptions) => tfdrift.openStream({ url, ...options });
export const useSSE = (options: tfdrift.SSEOptions = {}) => tfdrift.useSSE({ url, ...options });
export const useDriftAlerts = (options: tfdrift.SSEOptions = {}) => tfdrift.useDriftAlerts({ url, ...options });
"""
_TSCONFIG = {
    "extends": "../tsconfig.json",
    "compilerOptions": {
        "module": "ESNext",
        "moduleResolution": "Bundler",
        "jsx": "react-jsx",
        "noEmit": True,
        "rootDir": "..",
        "noUnusedLocals": False,
    },
    "include": ["."],
}
# Records everything that a stream reports, and every connection that it makes.
_WATCH = """
window.ours = {ids: [], errors: [], sources: []};
const Browsers = EventSource;
window.EventSource = class extends Browsers { constructor(...a) { super(...a); ours.sources.push(this) } };
window.watch = options => { ours.stream = openStream({
  onEvent: event => event.event === 'drift' && ours.ids.push(event.data.id),
  onError: error => ours.errors.push(error.kind), ...options }) };
"""

needs_browser = pytest.mark.skipif(chromium() is None, reason="no Chromium is installed: apt-get install chromium")


@dataclass
class Site:
    """A page with the client in it, and the gateway that it reads from."""

    pipeline: Pipeline
    page: Page
    origin: str

    async def publish(self, *identities: str, status: DriftStatus = DriftStatus.OPEN) -> None:
        """Put drifts on the ledger."""
        await self.publish_raw(*(drift().model_copy(update={"id": i, "status": status}).encode() for i in identities))

    async def publish_raw(self, *payloads: bytes) -> None:
        """Put payloads on the ledger as they are."""
        client = await nats.connect(self.pipeline.nats.url)
        for payload in payloads:
            await client.jetstream().publish(SUBJECT, payload)
        await client.close()

    async def stop(self) -> None:
        """End the gateway."""
        await asyncio.to_thread(self.pipeline.stop, "sse-gateway")

    async def start(self) -> None:
        """Start the gateway again."""
        self.pipeline.start("sse-gateway")
        await self.pipeline.ready("sse-gateway")

    async def clients(self, wanted: int) -> None:
        """Wait until the gateway has so many streams open."""
        await self.pipeline.get_until("/health", lambda health: health["clients"] == wanted)


@pytest.fixture(scope="module")
def bundle(packed: Packed) -> Path:
    """The application's bundle, its types checked."""
    folder = packed.folder
    (folder / "app" / "api").mkdir(parents=True)
    (folder / "app" / "api" / "sse.ts").write_text(_API)
    (folder / "app" / "tsconfig.json").write_text(json.dumps(_TSCONFIG))
    shutil.copy(Path(__file__).with_name("react_app.tsx"), folder / "app" / "main.tsx")
    made = folder / "app.js"
    packed.run("npx", "tsc", "--project", "app")
    packed.run("npx", "esbuild", "app/main.tsx", "--bundle", "--jsx=automatic", f"--outfile={made}")
    return made


@asynccontextmanager
async def visited(bundle: Path, folder: Path, server: NatsServer, **overrides: str) -> AsyncIterator[Site]:
    """A browser on a page of another origin than the gateway's; nothing is mounted yet."""

    async def index(_: web.Request) -> web.Response:
        return web.Response(text='<div id="root"></div><script src="app.js"></script>', content_type="text/html")

    async def script(_: web.Request) -> web.FileResponse:
        return web.FileResponse(bundle)

    async with serving(0, {"/": index, "/app.js": script}) as port:
        origin = f"http://127.0.0.1:{port}"
        pipeline = Pipeline(folder, server, {"TFDRIFT_CORS_ORIGINS": origin, **overrides})
        try:
            pipeline.start("sse-gateway")
            await pipeline.ready("sse-gateway")
            async with browsing(f"{origin}/?gateway={pipeline.gateway}", folder / "profile") as page:
                await page.until("document.readyState === 'complete' && 'openStream' in window")
                await page.evaluate(_WATCH)
                yield Site(pipeline, page, origin)
        finally:
            pipeline.stop_all()


@asynccontextmanager
async def serving(port: int, routes: dict[str, Any]) -> AsyncIterator[int]:
    """A small HTTP server on a loopback port (0: any); yields the port."""
    app = web.Application()
    for path, handler in routes.items():
        app.router.add_get(path, handler)
    runner = web.AppRunner(app, shutdown_timeout=0)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", port).start()
        yield runner.addresses[0][1]
    finally:
        await runner.cleanup()


@needs_browser
async def test_the_component_shows_every_drift_once_over_a_restart(
    bundle: Path, tmp_path: Path, nats_server: NatsServer
) -> None:
    """In StrictMode too; clearing empties only its own list, and unmounting ends the connections."""
    async with visited(bundle, tmp_path, nats_server) as site:
        page = site.page
        await page.evaluate("mount()")
        await page.until("document.body.innerText.includes('Stream: Active')")
        await site.clients(1)  # one connection for all three hooks

        await site.publish("one", "two", "three")
        await page.until("document.querySelectorAll('li').length === 3")
        assert await page.evaluate("document.querySelector('li').innerText") == "high: aws_instance"
        await site.publish("one", status=DriftStatus.RESOLVED)
        await page.until("received.length === 4")
        await page.until("document.querySelectorAll('p')[2].innerText === 'resolved'")
        assert await page.evaluate("document.querySelectorAll('li').length") == 3

        await site.stop()
        await page.until("document.body.innerText.includes('Stream: Inactive')")
        await site.publish("four")
        await site.start()
        await site.publish("five")
        await page.until("document.body.innerText.includes('Stream: Active')")
        await page.until("document.querySelectorAll('li').length === 5 && received.length >= 6")
        assert [int(i.split("-")[1]) for i in await page.evaluate("received")] == [1, 2, 3, 4, 5, 6]

        await page.evaluate("document.querySelector('button').click()")
        await page.until("document.querySelectorAll('p').length === 0")
        assert await page.evaluate("document.querySelectorAll('li').length") == 5
        await site.publish("six")
        await page.until("document.querySelectorAll('p').length === 1")

        await site.clients(1)
        await page.evaluate("unmount()")
        await site.clients(0)
        assert await page.evaluate("ours.sources.every(source => source.readyState === EventSource.CLOSED)")


@needs_browser
async def test_a_stream_that_was_refused_goes_on_where_it_was(
    bundle: Path, tmp_path: Path, nats_server: NatsServer
) -> None:
    """A 503 ends an EventSource for good; the client opens another one with the last id."""
    refused: list[str] = []

    async def refuse(request: web.Request) -> web.Response:
        refused.append(request.query_string)
        return web.Response(status=503)

    async with visited(bundle, tmp_path, nats_server) as site:
        await site.page.evaluate("watch({events: 'drift', severity: ['high+', 'info']})")
        await site.page.until("ours.stream.snapshot.isConnected")
        await site.publish("before")
        await site.page.until("ours.ids.length === 1")
        (last,) = await site.page.evaluate("ours.stream.snapshot.events.map(event => event.id)")

        await site.stop()
        await site.publish("between")
        async with serving(site.pipeline.ports["sse-gateway"][0], {"/api/v1/stream": refuse}):
            async with asyncio.timeout(DEADLINE_SECONDS):
                while len(refused) < 2:  # by the EventSource that was, and by a new one
                    await asyncio.sleep(0.02)
        await site.start()
        await site.publish("after")
        await site.page.until("ours.ids.length >= 3 && ours.stream.snapshot.isConnected")
        assert await site.page.evaluate("ours.ids") == ["before", "between", "after"]
        assert refused[1] == f"events=drift&severity=high%2B&severity=info&last_event_id={last}"
        assert await site.page.evaluate("ours.stream.snapshot.error") is None


@needs_browser
async def test_what_comes_before_a_first_event_was_seen_is_not_lost(
    bundle: Path, tmp_path: Path, nats_server: NatsServer
) -> None:
    """Without an id, the client asks for everything since it was opened."""
    async with visited(bundle, tmp_path, nats_server) as site:
        await site.publish("old")
        await site.page.evaluate("watch({})")
        await site.page.until("ours.stream.snapshot.isConnected")
        await site.stop()
        await site.publish("first")
        await site.start()
        await site.page.until("ours.ids.includes('first')")
        assert await site.page.evaluate("ours.ids.filter(id => id === 'first').length") == 1


@needs_browser
async def test_a_malformed_event_is_reported_and_skipped_and_the_latest_stay(
    bundle: Path, tmp_path: Path, nats_server: NatsServer
) -> None:
    """The gateway forwards the payloads of the ledger without decoding them."""
    async with visited(bundle, tmp_path, nats_server) as site:
        await site.page.evaluate("watch({maxEvents: 2})")
        await site.page.until("ours.stream.snapshot.isConnected")
        await site.publish("one")
        await site.publish_raw(b'{"id":', b"null")
        await site.publish("two", "three", "two")
        await site.page.until("ours.ids.length === 4")
        assert await site.page.evaluate("ours.errors") == ["malformed", "malformed"]
        kept = await site.page.evaluate("ours.stream.snapshot.events.map(event => event.data.id)")
        assert kept == ["three", "two"]
        await site.page.evaluate("ours.stream.clear()")
        assert await site.page.evaluate("ours.stream.snapshot.events") == []


@needs_browser
async def test_a_withdrawn_token_is_reported_and_the_stream_does_not_reconnect_at_once(
    bundle: Path, tmp_path: Path, nats_server: NatsServer
) -> None:
    """The cookie goes to the gateway's origin; its EventSource would reconnect at once with the same one."""
    path = token_file(tmp_path, wall={}, other={})
    settings = {"TFDRIFT_AUTH_TOKENS_FILE": str(path), "TFDRIFT_AUTH_COOKIE": "tfdrift"}
    async with visited(bundle, tmp_path, nats_server, **settings) as site:
        await site.page.evaluate("document.cookie = 'tfdrift=wall'; watch({withCredentials: true})")
        await site.page.until("ours.stream.snapshot.isConnected")
        token_file(tmp_path, other={})
        await site.page.until("ours.errors.length > 0")
        assert await site.page.evaluate("ours.errors") == ["closing"]
        assert await site.page.evaluate("ours.stream.snapshot.error.message.includes('token_withdrawn')")
        assert await site.page.evaluate("ours.sources.map(source => source.readyState)") == [2]


def test_its_types_are_made_from_the_schemas(packed: Packed) -> None:
    """`npm run types` changes nothing."""
    packed.run("npm", "run", "types")
    assert (packed.folder / "src" / "schemas.ts").read_text() == (CLIENT / "src" / "schemas.ts").read_text()


def test_the_gateways_own_events_are_those_of_the_contract() -> None:
    """They have no schema of their own among docs/schemas; the contract has their fields."""
    source = (CLIENT / "src" / "events.ts").read_text(encoding="utf-8")
    schemas = yaml.safe_load((ROOT / "docs" / "asyncapi.yaml").read_text(encoding="utf-8"))["components"]["schemas"]
    bodies = dict(re.findall(r"export interface (\w+) \{\n(.*?)\n\}", source, re.DOTALL))
    for name in ("Connected", "Reset", "Closing"):
        assert set(re.findall(r"^  (\w+):", bodies[name], re.MULTILINE)) == set(schemas[name]["properties"]), name


def test_the_archive_has_both_module_kinds_with_types_and_maps(packed: Packed) -> None:
    """Publint and attw, which read it as Node, bundlers and TypeScript do, find nothing."""
    wanted = {f"dist/{k}/{m}.{e}" for k in ("esm", "cjs") for m in ("index", "react") for e in ("js", "d.ts", "js.map")}
    assert wanted <= packed.files
    packed.run("npm", "run", "package")
