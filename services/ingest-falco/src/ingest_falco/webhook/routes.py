"""The webhook: falcosidekick's routes and answers (falcosecurity/falcosidekick, ``handlers.go``)."""

from __future__ import annotations

import hmac
import uuid
from datetime import UTC, datetime
from typing import Any, Final

import orjson
from aiohttp import hdrs, web

from ingest_falco.errors import AlertTooLarge, IngestError, MalformedAlert, SpoolRefused
from ingest_falco.metrics import ALERTS, REQUEST_SECONDS
from ingest_falco.webhook.intake import Intake
from tfdrift.envelope import rfc3339

_RETRY_AFTER_SECONDS: Final = 5


class Webhook:
    """Answers the requests of Falco and falcosidekick.

    Attributes:
        token: what senders must show, as bytes; None lets everybody send.
    """

    def __init__(self, intake: Intake, token: bytes | None, max_alert_bytes: int, log: Any) -> None:
        self._intake = intake
        self._token = token
        self._max_alert_bytes = max_alert_bytes
        self._log = log

    def app(self) -> web.Application:
        """The application with every route."""
        # aiohttp refuses bodies from its limit on; ours is the largest that is taken.
        app = web.Application(client_max_size=self._max_alert_bytes + 1)
        app.router.add_post("/", self.alert)
        app.router.add_put("/", self.alert)
        app.router.add_post("/test", self.test)
        app.router.add_get("/ping", _ping)
        app.router.add_get("/healthz", _healthz)
        return app

    async def alert(self, request: web.Request) -> web.Response:
        """``POST /``: one alert, answered once it is on disk."""
        if not self._may_send(request):
            return self._unauthorised()
        try:
            body = await self._body(request)
        except AlertTooLarge as error:
            return self._rejected(error)
        return await self._take(request, body)

    async def test(self, request: web.Request) -> web.Response:
        """``POST /test``: falcosidekick's test alert, on the way that every alert goes."""
        return await self._take(request, _test_alert()) if self._may_send(request) else self._unauthorised()

    async def _take(self, request: web.Request, body: bytes) -> web.Response:
        with REQUEST_SECONDS.time():
            try:
                outcome = await self._intake.take(body, request.headers.get("traceparent"))
            except IngestError as error:
                return self._rejected(error)
        ALERTS.labels(outcome).inc()
        return web.Response()

    async def _body(self, request: web.Request) -> bytes:
        limit = f"the body is larger than the {self._max_alert_bytes} bytes that are taken"
        if request.content_length is not None and request.content_length > self._max_alert_bytes:
            raise AlertTooLarge(limit)
        try:
            return await request.read()
        except web.HTTPRequestEntityTooLarge as error:
            raise AlertTooLarge(limit) from error

    def _may_send(self, request: web.Request) -> bool:
        if self._token is None:
            return True
        scheme, _, shown = request.headers.get(hdrs.AUTHORIZATION, "").partition(" ")
        return scheme.lower() == "bearer" and hmac.compare_digest(
            shown.strip().encode("utf-8", "surrogateescape"), self._token
        )

    def _unauthorised(self) -> web.Response:
        ALERTS.labels("unauthorised").inc()
        self._log.warning("alert_rejected", status=401, reason="the token is missing or wrong")
        headers = {hdrs.WWW_AUTHENTICATE: "Bearer"}
        return web.Response(status=401, text="send the token as 'Authorization: Bearer …'", headers=headers)

    def _rejected(self, error: IngestError) -> web.Response:
        status, outcome = _answer(error)
        ALERTS.labels(outcome).inc()
        self._log.warning("alert_rejected", status=status, reason=str(error))
        headers = {hdrs.RETRY_AFTER: str(_RETRY_AFTER_SECONDS)} if status == 503 else {}
        return web.Response(status=status, text=str(error), headers=headers)


def _answer(error: IngestError) -> tuple[int, str]:
    """The status of a rejected alert, and the outcome that it is counted as."""
    match error:
        case MalformedAlert():
            return 400, "malformed"
        case AlertTooLarge():
            return 413, "too_large"
        case SpoolRefused():
            return 503, "refused"
    raise AssertionError(f"{type(error).__name__} has no status")


async def _ping(_: web.Request) -> web.Response:
    return web.Response(text="pong")


async def _healthz(_: web.Request) -> web.Response:
    return web.Response(body=b'{"status": "ok"}', content_type="application/json")


def _test_alert() -> bytes:
    """falcosidekick's own, with an id so that each one shows."""
    return orjson.dumps(
        {
            "uuid": str(uuid.uuid4()),
            "output": "This is a test from falcosidekick",
            "priority": "Debug",
            "hostname": "falcosidekick",
            "rule": "Test rule",
            "time": rfc3339(datetime.now(UTC)),
            "output_fields": {"proc.name": "falcosidekick", "user.name": "falcosidekick"},
            "tags": ["test", "example"],
        }
    )
