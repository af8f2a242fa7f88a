"""The answers of the REST API: JSON with an entity tag, and lists with a cursor."""

from __future__ import annotations

import hashlib
import re
from http import HTTPStatus
from typing import Final

import orjson
from aiohttp import web

# StoredRecords by the client's own cache at most, and asked for anew each time: who may see what is in the token.
CACHE_CONTROL: Final = "private, no-cache"

_TAG: Final = re.compile(r'(?:W/)?("[\x21\x23-\x7e\x80-\xff]*")')


def json_answer(request: web.Request, body: bytes, content_type: str = "application/json") -> web.Response:
    """200 with the body, or 304 when the client has just this (RFC 9110 sections 8.8.3 and 13.1.2)."""
    tag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    headers = {"ETag": tag, "Cache-Control": CACHE_CONTROL}
    if matches(request.headers.getall("If-None-Match", []), tag):
        return web.Response(status=HTTPStatus.NOT_MODIFIED, headers=headers)
    return web.Response(body=body, content_type=content_type, headers=headers)


def matches(conditions: list[str], tag: str) -> bool:
    """Whether one of the tags of ``If-None-Match`` is this one, weak ones included; ``*`` is any."""
    return any(value.strip() == "*" or tag in _TAG.findall(value) for value in conditions)


def members(request: web.Request, named: dict[str, object]) -> web.Response:
    """An object as JSON."""
    return json_answer(request, orjson.dumps(named))


def listing(request: web.Request, name: str, items: list[bytes], cursor: str | None) -> web.Response:
    """A page of a list, each item in JSON already, and the cursor of the next, None at the end."""
    body = b'{"%b":[%b],"next_cursor":%b}' % (name.encode(), b",".join(items), orjson.dumps(cursor))
    return json_answer(request, body)
