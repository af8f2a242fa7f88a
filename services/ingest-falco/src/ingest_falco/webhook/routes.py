"""The webhook: falcosidekick's routes and answers (falcosecurity/falcosidekick, ``handlers.go``)."""

from __future__ import annotations

import ssl
import uuid
from datetime import UTC, datetime
from functools import partial
from time import perf_counter
from typing import Any, Final

import orjson
from aiohttp import hdrs, web

from ingest_falco.alert.audit_logs import AUDIT_LOGS, AuditLog, validation_code
from ingest_falco.alert.sns import is_signed
from ingest_falco.conditions import Condition, Conditions
from ingest_falco.errors import AlertTooLarge, IngestError, MalformedAlert
from ingest_falco.metrics import ALERTS, REFUSED_SENDERS, REQUEST_SECONDS
from ingest_falco.throttle import Throttle
from ingest_falco.webhook.answers import Answer, refused, rejection
from ingest_falco.webhook.authentication import Policy, Refusal, Sender, bearer, refusal, signature_refusal
from ingest_falco.webhook.intake import Intake, Outcome
from ingest_falco.webhook.relay import Relay
from ingest_falco.webhook.senders import Forged, Senders, Unreachable
from tfdrift.envelope import rfc3339

_WARN_SECONDS: Final = 60.0
_TAKEN: Final = {outcome: ALERTS.labels(outcome) for outcome in Outcome}
# An API server posts up to 400 events at once; CloudTrail's files have some megabytes.
_MAX_ENTRIES_BYTES: Final = 32 * 1024 * 1024


class Webhook:
    """Answers the requests of Falco and falcosidekick."""

    def __init__(
        self,
        intake: Intake,
        senders: Senders,
        conditions: Conditions,
        max_alert_bytes: int,
        log: Any,
        relay: Relay | None = None,
    ) -> None:
        self._intake = intake
        self._policy = senders.policy
        self._notifications = senders.notifications
        self._push_tokens = senders.push_tokens
        self._networks_alone = Policy(networks=senders.policy.networks)
        self._conditions = conditions
        self._max_alert_bytes = max_alert_bytes
        self._warnings = Throttle(_WARN_SECONDS)
        self._log = log
        self._relay = relay

    def app(self) -> web.Application:
        """The application with every route."""
        app = web.Application()
        app.router.add_post("/", self.alert)
        app.router.add_put("/", self.alert)
        app.router.add_post("/test", self.test)
        for path, log in AUDIT_LOGS.items():
            app.router.add_post(path, partial(self.entries, log))
        app.router.add_route("OPTIONS", "/azure", _allow_event_grid)
        app.router.add_get("/ping", _ping)
        app.router.add_get("/healthz", _healthz)
        return app

    async def alert(self, request: web.Request) -> web.Response:
        """``POST /``: one alert, answered once it is on disk."""
        received = await self._received(request)
        return received if isinstance(received, web.Response) else await self._take(request, received)

    async def test(self, request: web.Request) -> web.Response:
        """``POST /test``: falcosidekick's test alert, taken like every alert."""
        received = await self._received(request)
        return received if isinstance(received, web.Response) else await self._take(request, _test_alert())

    async def entries(self, log: AuditLog, request: web.Request) -> web.Response:
        """``POST /cloudtrail`` and its like: entries of an audit log, answered once all are on disk."""
        received = await self._entries_body(request)
        if isinstance(received, web.Response):
            return received
        if (code := validation_code(received)) is not None:
            return web.json_response({"validationResponse": code})
        with REQUEST_SECONDS.time():
            try:
                outcomes = await self._intake.take_entries(log, received, request.headers.get("traceparent"))
            except IngestError as error:
                return self._reject(rejection(error))
        for outcome, count in outcomes.items():
            ALERTS.labels(outcome).inc(count)
        return web.Response()

    async def _entries_body(self, request: web.Request) -> bytes | web.Response:
        """The entries of a sender that may post, which SNS and Pub/Sub may show by signatures of their own."""
        try:
            if request.path == "/cloudtrail" and is_signed(request.headers):
                return await self._notification(request)
            token = bearer(request.headers.get("Authorization", ""))
            if request.path == "/gcp" and self._push_tokens is not None:
                if token is not None and await self._push_tokens.accepts(token):
                    return await self._received(request, _MAX_ENTRIES_BYTES, self._networks_alone)
                if self._policy.open:
                    return self._turn_away(_sender(request), Refusal.MISSING if token is None else Refusal.TOKEN)
        except Unreachable as error:
            return self._reject(Answer(503, "refused", f"the sender cannot be verified now: {error}"))
        return await self._received(request, _MAX_ENTRIES_BYTES)

    async def _notification(self, request: web.Request) -> bytes | web.Response:
        """The message in a notification of SNS; the answer to a confirmation, or to a notification that is none."""
        received = await self._received(request, _MAX_ENTRIES_BYTES, self._networks_alone)
        if isinstance(received, web.Response):
            return received
        try:
            message = await self._notifications.text(received)
        except Forged as error:
            self._log.warning("sns_message_refused", reason=str(error))
            return self._turn_away(_sender(request), Refusal.SNS)
        return web.Response() if message is None else message

    async def _received(
        self, request: web.Request, max_bytes: int | None = None, policy: Policy | None = None
    ) -> bytes | web.Response:
        """The body of a sender that may post, or the answer that refuses it."""
        policy = policy or self._policy
        sender = _sender(request)
        if (reason := refusal(policy, sender)) is not None:
            return self._turn_away(sender, reason)
        try:
            body = await _body(request, max_bytes or self._max_alert_bytes)
        except IngestError as error:  # the rest of the body is still on its way
            response = self._reject(rejection(error))
            response.force_close()
            return response
        if (reason := signature_refusal(policy, sender, body)) is not None:
            return self._turn_away(sender, reason)
        return body

    async def _take(self, request: web.Request, body: bytes) -> web.Response:
        began = perf_counter()
        try:
            outcome = await self._intake.take(body, request.headers.get("traceparent"))
        except IngestError as error:
            return self._reject(rejection(error))
        finally:
            REQUEST_SECONDS.observe(perf_counter() - began)
        _TAKEN[outcome].inc()
        if self._relay is not None:
            self._relay.offer(body)
        return web.Response()

    def _turn_away(self, sender: Sender, reason: Refusal) -> web.Response:
        """Count and show a refused sender; log each address once a minute."""
        answer = refused(reason)
        ALERTS.labels(answer.outcome).inc()
        REFUSED_SENDERS.labels(reason).inc()
        self._conditions.begin(Condition.SENDER_REFUSED, f"a sender at {sender.address} is refused: {answer.text}")
        if self._warnings.due((reason, sender.address)):
            self._log.warning("sender_refused", address=sender.address, status=answer.status, reason=reason)
        return web.Response(status=answer.status, text=answer.text, headers=answer.headers)

    def _reject(self, answer: Answer) -> web.Response:
        ALERTS.labels(answer.outcome).inc()
        self._log.warning("alert_rejected", status=answer.status, reason=answer.text)
        return web.Response(status=answer.status, text=answer.text, headers=answer.headers)


async def _body(request: web.Request, max_bytes: int) -> bytes:
    """The body, at most `max_bytes` of it, decompressed."""
    if request.content_length is not None and request.content_length > max_bytes:
        raise AlertTooLarge(f"the body is larger than the {max_bytes} bytes that are taken")
    chunks, size = [], 0
    try:
        if request.content_length is not None and hdrs.CONTENT_ENCODING not in request.headers:
            return await request.content.read()  # no larger than its length says
        async for chunk in request.content.iter_any():
            chunks.append(chunk)
            size += len(chunk)
            if size > max_bytes:
                raise AlertTooLarge(f"the body is larger than the {max_bytes} bytes that are taken")
    except web.RequestPayloadError as error:
        request.content.feed_eof()  # else aiohttp reads on, and logs the same error with a traceback
        encoding = request.headers.get(hdrs.CONTENT_ENCODING, "identity")
        raise MalformedAlert(f"the body is broken: it is no {encoding!r} as Content-Encoding says") from error
    return b"".join(chunks)


async def _allow_event_grid(request: web.Request) -> web.Response:
    """``OPTIONS /azure``: CloudEvents' validation of a webhook, by which nothing is allowed that a token would not."""
    origin = request.headers.get("WebHook-Request-Origin", "")
    return web.Response(headers={"WebHook-Allowed-Origin": origin, "WebHook-Allowed-Rate": "*"} if origin else {})


def _sender(request: web.Request) -> Sender:
    tls = request.transport.get_extra_info("ssl_object") if request.transport is not None else None
    has_certificate = isinstance(tls, ssl.SSLObject) and bool(tls.getpeercert())
    return Sender(request.remote or "", request.headers, has_certificate)


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
