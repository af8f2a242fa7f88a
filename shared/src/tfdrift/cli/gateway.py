"""Requests to sse-gateway, over its REST API and its stream."""

from __future__ import annotations

import json
import time
import urllib.error
import urllib.request
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime
from http.client import HTTPException
from typing import IO, Any, Final
from urllib.parse import quote, urlencode, urlsplit

# Longer than an idle stream is silent (TFDRIFT_KEEPALIVE_SECONDS).
TIMEOUT_SECONDS: Final = 120.0
_RESUME_SECONDS: Final = 1.0
_PAGE: Final = "200"


class GatewayError(Exception):
    """The gateway does not answer, or refuses; the text is for people."""


@dataclass(frozen=True)
class Gateway:
    """A gateway and the token that it wants, if it wants one.

    Raises:
        GatewayError: by every method, if the gateway does not answer or refuses.
    """

    url: str
    token: str | None = None

    def drifts(self, filters: Mapping[str, str]) -> Iterator[dict[str, Any]]:
        """Every drift that passes the filters, newest first, page by page."""
        yield from self._pages("/api/v1/drifts", "drifts", filters)

    def drift(self, identifier: str) -> dict[str, Any]:
        """One drift with its history and remedies."""
        return self._json(f"/api/v1/drifts/{quote(identifier, safe='')}")

    def dismiss(self, identifier: str, reason: str) -> dict[str, Any]:
        """Dismiss a drift; returns it."""
        return self._json(f"/api/v1/drifts/{quote(identifier, safe='')}/dismiss", body={"reason": reason})

    def workspaces(self) -> Iterator[dict[str, Any]]:
        """Every workspace with its condition, page by page."""
        yield from self._pages("/api/v1/workspaces", "workspaces", {})

    def health(self) -> tuple[dict[str, Any], datetime | None]:
        """What the gateway knows of the pipeline, and what time it is by its clock, if it says so."""
        with self._open("/api/v1/health", {}) as answer:
            date = answer.headers["Date"]
            return self._parsed(answer), parsedate_to_datetime(date) if date else None

    def stream(self, filters: Mapping[str, str]) -> Iterator[tuple[str, dict[str, Any]]]:
        """Events as they come, each with its name; a connection that ends is resumed behind the last one."""
        last = ""
        while True:
            with self._open("/api/v1/stream", dict(filters) | ({"last_event_id": last} if last else {})) as lines:
                for identifier, event, data in _events(lines):
                    last = identifier or last
                    yield event, json.loads(data)
            time.sleep(_RESUME_SECONDS)

    def _pages(self, path: str, name: str, filters: Mapping[str, str]) -> Iterator[dict[str, Any]]:
        cursor: str | None = None
        while True:
            page = self._json(path, dict(filters) | {"limit": _PAGE} | ({"cursor": cursor} if cursor else {}))
            yield from page[name]
            cursor = page["next_cursor"]
            if not cursor:
                return

    def _json(self, path: str, query: Mapping[str, str] | None = None, body: object = None) -> dict[str, Any]:
        with self._open(path, query or {}, body) as answer:
            return self._parsed(answer)

    def _parsed(self, answer: IO[bytes]) -> dict[str, Any]:
        try:
            found = json.load(answer)
        except ValueError:
            found = None
        if not isinstance(found, dict):
            raise GatewayError(f"what answers at {self.url} is not sse-gateway; name the gateway with --gateway")
        return found

    def _open(self, path: str, query: Mapping[str, str], body: object = None) -> Any:
        if urlsplit(self.url).scheme not in ("http", "https"):
            raise GatewayError(f"{self.url} is not an address such as http://127.0.0.1:8080")
        url = f"{self.url.rstrip('/')}{path}" + (f"?{urlencode(query)}" if query else "")
        headers = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        data = None if body is None else json.dumps(body).encode()
        if data is not None:
            headers["Content-Type"] = "application/json"
        try:
            request = urllib.request.Request(url, data, headers)  # noqa: S310 -- the scheme is checked
            return urllib.request.urlopen(request, timeout=TIMEOUT_SECONDS)  # noqa: S310
        except urllib.error.HTTPError as refusal:
            raise GatewayError(f"the gateway answered {refusal.code}: {_detail(refusal.read(4096))}") from refusal
        except OSError as failure:
            reason = getattr(failure, "reason", failure)
            raise GatewayError(
                f"the gateway does not answer at {self.url} ({reason}); name it with --gateway"
            ) from failure


def _events(lines: Iterable[bytes]) -> Iterator[tuple[str, str, str]]:
    """Id, name and data of each event (WHATWG HTML section 9.2.6), until the connection ends."""
    fields: dict[str, str] = {}
    try:
        for raw in lines:
            name, _, text = raw.decode().rstrip("\r\n").partition(": ")
            if name:
                fields[name] = text
                continue
            if "data" in fields:
                yield fields.get("id", ""), fields.get("event", "message"), fields["data"]
            fields = {}
    except (OSError, HTTPException):  # the connection broke
        return


def _detail(body: bytes) -> str:
    """The sentence of a problem document (RFC 9457), or the body as it is."""
    try:
        problem = json.loads(body)
        return str(problem.get("detail") or problem.get("title"))
    except (ValueError, AttributeError):
        return body.decode(errors="replace")
