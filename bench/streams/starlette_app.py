"""A library's SSE server to compare with: sse-starlette on uvicorn. ``python -m bench.streams.starlette_app PORT``."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from typing import Any

import uvicorn
from sse_starlette import EventSourceResponse, ServerSentEvent
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

clients: set[asyncio.Queue[tuple[int, Any]]] = set()
count = 0


async def publish(request: Request) -> Response:
    """Put an event into every client's queue."""
    global count  # noqa: PLW0603
    event = json.loads(await request.body())
    count += 1
    for queue in clients:
        queue.put_nowait((count, event))
    return Response(status_code=202)


async def stream(_: Request) -> EventSourceResponse:
    """Write each event of this client's queue."""
    queue: asyncio.Queue[tuple[int, Any]] = asyncio.Queue()

    async def events() -> AsyncIterator[ServerSentEvent]:
        clients.add(queue)
        try:
            while True:
                number, event = await queue.get()
                yield ServerSentEvent(data=json.dumps(event), event="drift", id=str(number))
        finally:
            clients.discard(queue)

    return EventSourceResponse(events(), ping=3600)


def main() -> None:
    """Serve on a loopback port; uvicorn uses uvloop and httptools where they are installed."""
    app = Starlette(routes=[Route("/sub", stream), Route("/pub", publish, methods=["POST"])])
    uvicorn.run(
        app, host="127.0.0.1", port=int(sys.argv[1]), access_log=False, log_level="error", timeout_graceful_shutdown=1
    )


if __name__ == "__main__":
    main()
