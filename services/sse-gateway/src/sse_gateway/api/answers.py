"""Makes the answers of the REST API: JSON with an entity tag, and pages of lists with a cursor."""

from __future__ import annotations

import asyncio
import gzip
import hashlib
import re
from collections.abc import Mapping
from http import HTTPStatus
from typing import Final

import orjson
from aiohttp import web

# Only the client's own cache may store an answer, and it asks again each time: the token decides what may be seen.
CACHE_CONTROL: Final = "private, no-cache"

# Below this size the headers cost more than is saved.
COMPRESSED_FROM_BYTES: Final = 1024
# Fast; lists compress to a tenth at any level.
_LEVEL: Final = 5
_NO_WEIGHT: Final = re.compile(r"q\s*=\s*0(\.0*)?")

_TAG: Final = re.compile(r'(?:W/)?("[\x21\x23-\x7e\x80-\xff]*")')


async def json_answer(request: web.Request, body: bytes, content_type: str = "application/json") -> web.Response:
    """Returns 200 with the body, or 304 if the client has this version (RFC 9110 sections 8.8.3 and 13.1.2).

    A large body is compressed for a client that accepts gzip. Its tag is another one then (section 8.8.3.3).
    """
    compress = len(body) >= COMPRESSED_FROM_BYTES and accepts_gzip(request.headers.getall("Accept-Encoding", []))
    digest = hashlib.sha256(body)
    if compress:
        digest.update(b"gzip")
    tag = f'"{digest.hexdigest()[:32]}"'
    headers = {"ETag": tag, "Cache-Control": CACHE_CONTROL, "Vary": "Accept-Encoding"}
    if matches(request.headers.getall("If-None-Match", []), tag):
        return web.Response(status=HTTPStatus.NOT_MODIFIED, headers=headers)
    if compress:
        # In a thread, which zlib lets run beside the loop: events for clients must not wait for megabytes.
        body = await asyncio.to_thread(gzip.compress, body, _LEVEL, mtime=0)
        headers["Content-Encoding"] = "gzip"
    return web.Response(body=body, content_type=content_type, headers=headers)


def accepts_gzip(values: list[str]) -> bool:
    """Whether the values of ``Accept-Encoding`` name gzip with a weight above 0 (RFC 9110 section 12.5.3)."""
    for coding in ",".join(values).split(","):
        name, _, parameters = coding.partition(";")
        if name.strip().lower() in ("gzip", "x-gzip"):
            return _NO_WEIGHT.fullmatch(parameters.strip()) is None
    return False


def matches(conditions: list[str], tag: str) -> bool:
    """Whether one of the tags of ``If-None-Match`` is this tag, weak or strong; ``*`` is any."""
    return any(value.strip() == "*" or tag in _TAG.findall(value) for value in conditions)


async def members(request: web.Request, named: Mapping[str, object]) -> web.Response:
    """Returns an object as JSON."""
    return await json_answer(request, orjson.dumps(named))


async def listing(
    request: web.Request, name: str, items: list[bytes], cursor: str | None, further: Mapping[str, object] | None = None
) -> web.Response:
    """Returns a page of a list.

    Args:
        items: each is JSON already.
        cursor: that of the next page, None at the end.
        further: members beside the list.
    """
    rest = orjson.dumps({"next_cursor": cursor, **(further or {})})
    return await json_answer(request, b'{"%b":[%b],%b' % (name.encode(), b",".join(items), rest[1:]))
