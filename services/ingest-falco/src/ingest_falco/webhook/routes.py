"""The webhook: falcosidekick's routes and answers (falcosecurity/falcosidekick, ``handlers.go``)."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime
from typing import Any

import orjson
from aiohttp import hdrs, web

from ingest_falco.errors import AlertTooLarge, IngestError
from ingest_falco.metrics import ALERTS, REQUEST_SECONDS
from ingest_falco.webhook.answers import UNAUTHORISED, Answer, may_send, rejection
from ingest_falco.webhook.intake import Intake
from tfdrift.envelope import rfc3339


class Webhook:
    """Answers the requests of Falco and falcosidekick.

    Attributes:
        token: the token that senders must show; None lets everybody send.
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
            return self._refuse(UNAUTHORISED)
        try:
            body = await self._body(request)
        except AlertTooLarge as error:
            return self._refuse(rejection(error))
        return await self._take(request, body)

    async def test(self, request: web.Request) -> web.Response:
        """``POST /test``: falcosidekick's test alert, taken like every alert."""
        return await self._take(request, _test_alert()) if self._may_send(request) else self._refuse(UNAUTHORISED)

    async def _take(self, request: web.Request, body: bytes) -> web.Response:
        with REQUEST_SECONDS.time():
            try:
                outcome = await self._intake.take(body, request.headers.get("traceparent"))
            except IngestError as error:
                return self._refuse(rejection(error))
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
        return may_send(request.headers.get(hdrs.AUTHORIZATION, ""), self._token)

    def _refuse(self, answer: Answer) -> web.Response:
        ALERTS.labels(answer.outcome).inc()
        self._log.warning("alert_rejected", status=answer.status, reason=answer.text)
        return web.Response(status=answer.status, text=answer.text, headers=answer.headers)


async def _ping(_: web.Request) -> web.Response:
    return web.Response(text="pong")


async def _healthz(_: web.Request) -> web.Response:
    return web.Response(body=b'{"status": "ok"}', content_type="application/json")


def _test_alert() -> bytes:
    """falcosidekick's own test alert, with a new id so that each one is reported."""
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
