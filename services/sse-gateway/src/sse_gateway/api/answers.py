"""Makes the answers of the REST API: JSON with an entity tag, and pages of lists with a cursor."""

from __future__ import annotations

import hashlib
import re
from http import HTTPStatus
from typing import Final

import orjson
from aiohttp import web

# Only the client's own cache may store an answer, and it asks again each time: the token decides what may be seen.
CACHE_CONTROL: Final = "private, no-cache"

_TAG: Final = re.compile(r'(?:W/)?("[\x21\x23-\x7e\x80-\xff]*")')


def json_answer(request: web.Request, body: bytes, content_type: str = "application/json") -> web.Response:
    """Returns 200 with the body, or 304 if the client has this version (RFC 9110 sections 8.8.3 and 13.1.2)."""
    tag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    headers = {"ETag": tag, "Cache-Control": CACHE_CONTROL}
    if matches(request.headers.getall("If-None-Match", []), tag):
        return web.Response(status=HTTPStatus.NOT_MODIFIED, headers=headers)
    return web.Response(body=body, content_type=content_type, headers=headers)


def matches(conditions: list[str], tag: str) -> bool:
    """Whether one of the tags of ``If-None-Match`` is this tag, weak or strong; ``*`` is any."""
    return any(value.strip() == "*" or tag in _TAG.findall(value) for value in conditions)


def members(request: web.Request, named: dict[str, object]) -> web.Response:
    """Returns an object as JSON."""
    return json_answer(request, orjson.dumps(named))


def listing(request: web.Request, name: str, items: list[bytes], cursor: str | None) -> web.Response:
    """Returns a page of a list. Each item is JSON already; the cursor is that of the next page, None at the end."""
    body = b'{"%b":[%b],"next_cursor":%b}' % (name.encode(), b",".join(items), orjson.dumps(cursor))
    return json_answer(request, body)
