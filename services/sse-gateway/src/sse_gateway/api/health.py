"""``/api/v1/health``: what can be known of the pipeline now, and what cannot.

Every service is asked over NATS whether it is there. One that does not answer is silent, and then the answer is not
"ok": without the detector no drift would be reported, and silence would look like peace.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

import orjson

from sse_gateway.access.scope import Scope
from sse_gateway.api.mirror import Mirror
from tfdrift import __version__
from tfdrift.bus import Bus, BusError
from tfdrift.envelope import rfc3339
from tfdrift.records import WorkspaceHead
from tfdrift.subjects import PREFIX, STREAM, EventName

OWN_NAME: Final = "sse-gateway"
SERVICES: Final = ("ingest-falco", "ingest-tfstate", "drift-detector")
# Answers come within milliseconds; whoever takes longer counts as silent.
ANSWER_SECONDS: Final = 0.4
# So long one question serves all who ask.
FRESH_SECONDS: Final = 2.0
_MAX_HINTS: Final = 20
_MAX_HINT: Final = 500


@dataclass(slots=True)
class Pipeline:
    """What was found out about the pipeline at one time.

    Attributes:
        answers: of the services, None if NATS could not be asked.
        last: the time of the last event of each name; absent if there is none.
    """

    answers: list[dict[str, Any]] | None = None
    last: dict[EventName, datetime] = field(default_factory=dict)


class Health:
    """Asks the pipeline, at most once in `FRESH_SECONDS`."""

    def __init__(self, bus: Bus, mirror: Mirror, caught_up: asyncio.Event) -> None:
        self._bus = bus
        self._mirror = mirror
        self._caught_up = caught_up
        self._asking: asyncio.Task[Pipeline] | None = None
        self._asked_at = float("-inf")

    async def members(self, scope: Scope) -> dict[str, object]:
        """Returns the answer for a token of that scope."""
        now = asyncio.get_running_loop().time()
        if self._asking is None or now - self._asked_at >= FRESH_SECONDS:
            self._asking, self._asked_at = asyncio.create_task(self._ask()), now
        pipeline = await asyncio.shield(self._asking)
        nats, caught_up = self._bus.connected, self._caught_up.is_set()
        services = [*(_service(name, pipeline.answers) for name in SERVICES), _own(nats and caught_up)]
        heads = self._mirror.heads(scope)
        reasons = [*_reasons(nats, caught_up, services), *_workspace_reasons(heads)]
        return {
            "status": "degraded" if reasons else "ok",
            "reasons": reasons,
            "version": __version__,
            "nats": nats,
            "caught_up": caught_up,
            "services": services,
            "last_alert_at": _time(pipeline.last.get(EventName.FALCO)),
            "last_drift_at": _time(pipeline.last.get(EventName.DRIFT)),
            "last_state_change_at": _time(pipeline.last.get(EventName.STATE_CHANGE)),
            "workspaces": [_workspace(head) for head in heads],
        }

    async def _ask(self) -> Pipeline:
        found = Pipeline()
        try:
            async with asyncio.timeout(FRESH_SECONDS):
                answers = await self._bus.ask_presence(ANSWER_SECONDS)
                found.answers = [member for answer in answers if isinstance(member := _parsed(answer), dict)]
                for event in EventName:
                    message = await self._bus.last_message(STREAM, f"{PREFIX}.{event}.>")
                    if message is not None:
                        found.last[event] = message.published
        except (BusError, TimeoutError):
            pass
        return found


def _parsed(answer: bytes) -> object:
    try:
        return orjson.loads(answer)
    except orjson.JSONDecodeError:
        return None


def _service(name: str, answers: Sequence[dict[str, Any]] | None) -> dict[str, object]:
    """Returns the state of a service: of several instances one that is ready is enough."""
    if answers is None:
        return {"name": name, "status": "unknown", "instances": 0, "failing": [], "hints": []}
    own = [answer for answer in answers if answer.get("service") == name]
    if not own:
        return {"name": name, "status": "silent", "instances": 0, "failing": [], "hints": []}
    ready = any(answer.get("ready") is True for answer in own)
    failing = {name for answer in own for name, ok in dict(answer.get("conditions") or {}).items() if not ok}
    return {
        "name": name,
        "status": "ok" if ready else "not_ready",
        "instances": len(own),
        "failing": sorted(map(str, failing)),
        "hints": _hints(own),
    }


def _hints(answers: Sequence[dict[str, Any]]) -> list[str]:
    """What limits a service that works, in sentences for operators: such as alerts that were shortened on their way."""
    found = {str(sentence)[:_MAX_HINT] for answer in answers for sentence in dict(answer.get("details") or {}).values()}
    return sorted(found)[:_MAX_HINTS]


def _own(ready: bool) -> dict[str, object]:
    return {"name": OWN_NAME, "status": "ok" if ready else "not_ready", "instances": 1, "failing": [], "hints": []}


def _reasons(nats: bool, caught_up: bool, services: Sequence[dict[str, object]]) -> list[str]:
    if not nats:
        return ["NATS is away, so nothing new can be known."]
    reasons = [] if caught_up else ["This gateway has not yet read up to the present."]
    texts = {
        "silent": "{} does not answer.",
        "not_ready": "{} is not ready.",
        "unknown": "{} could not be asked.",
    }
    others = [service for service in services if service["name"] != OWN_NAME and service["status"] in texts]
    return reasons + [texts[str(service["status"])].format(service["name"]) for service in others]


def _workspace_reasons(heads: Sequence[WorkspaceHead]) -> list[str]:
    if not heads:
        return ["No Terraform state has been read, so nothing can be compared."]
    return [f"The state of {head.workspace} is refused: {head.condition}." for head in heads if head.condition]


def _workspace(head: WorkspaceHead) -> dict[str, object]:
    return {
        "workspace": head.workspace,
        "serial": head.serial,
        "recorded_at": rfc3339(head.recorded_at),
        "condition": head.condition,
    }


def _time(moment: datetime | None) -> str | None:
    return rfc3339(moment) if moment is not None else None
