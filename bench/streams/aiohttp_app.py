"""A plain SSE server to compare with: aiohttp, a queue per client, JSON encoded per client.

``python -m bench.streams.aiohttp_app PORT``
"""

from __future__ import annotations

import asyncio
import json
import sys
from typing import Any

import uvloop
from aiohttp import web

clients: set[asyncio.Queue[tuple[int, Any]]] = set()
count = 0


async def publish(request: web.Request) -> web.Response:
    """Put an event into every client's queue."""
    global count  # noqa: PLW0603
    event = json.loads(await request.read())
    count += 1
    for queue in clients:
        queue.put_nowait((count, event))
    return web.Response(status=202)


async def stream(request: web.Request) -> web.StreamResponse:
    """Write each event of this client's queue."""
    response = web.StreamResponse(headers={"Content-Type": "text/event-stream", "Cache-Control": "no-cache"})
    await response.prepare(request)
    queue: asyncio.Queue[tuple[int, Any]] = asyncio.Queue()
    clients.add(queue)
    try:
        await response.write(b": welcome\n\n")
        while True:
            number, event = await queue.get()
            await response.write(f"id: {number}\nevent: drift\ndata: {json.dumps(event)}\n\n".encode())
    finally:
        clients.discard(queue)


def main() -> None:
    """Serve on a port of loopback."""
    app = web.Application()
    app.add_routes([web.get("/sub", stream), web.post("/pub", publish)])
    uvloop.install()
    web.run_app(
        app,
        host="127.0.0.1",
        port=int(sys.argv[1]),
        backlog=4096,
        handler_cancellation=True,
        access_log=None,
        print=None,
        shutdown_timeout=0.5,
    )


if __name__ == "__main__":
    main()
