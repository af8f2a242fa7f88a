"""States in object stores and on web servers: S3, Google Cloud Storage, Azure Blob Storage, HTTP.

Credentials, regions and endpoints come from the clouds' own environment variables (``AWS_ACCESS_KEY_ID``,
``AWS_ENDPOINT_URL``, ``GOOGLE_APPLICATION_CREDENTIALS``, ``AZURE_STORAGE_ACCOUNT_NAME``, …) or the machine's identity,
as obstore reads them. Reads are conditional, so an unchanged object costs a request and no transfer.
"""

from __future__ import annotations

import asyncio
from typing import Any

import obstore
from obstore.exceptions import BaseError, NotFoundError, NotModifiedError
from obstore.store import from_url

from ingest_tfstate.errors import Missing, TooLarge, Unavailable
from ingest_tfstate.source import Content, Found
from ingest_tfstate.uri import SourceUri


class ObjectStore:
    """A `Source` of objects: one object, or those below a prefix that a glob names."""

    def __init__(self, uri: SourceUri, max_bytes: int, store: Any = None) -> None:
        self.uri = uri
        self._max_bytes = max_bytes
        self._store = store

    async def states(self) -> list[Found]:
        """See `Source.states`; a single object is found by reading it."""
        if self.uri.is_single:
            return [Found(self.uri.pattern, None)]
        found: list[Found] = []
        prefix = self.uri.fixed.strip("/")
        try:
            async for page in obstore.list(self._open(), prefix=prefix or None):
                for meta in page:
                    path = meta["path"].removeprefix(prefix).lstrip("/")
                    if self.uri.matches(path):
                        found.append(Found(path, _signature(meta)))
        except BaseError as error:
            raise Unavailable(f"{self.uri} cannot be listed: {_reason(error)}") from error
        return sorted(found, key=lambda state: state.path)

    async def read(self, found: Found, known: str | None) -> Content | None:
        """See `Source.read`."""
        if found.signature is not None and found.signature == known:
            return None
        uri = self.uri.of(found.path)
        path = f"{self.uri.fixed}/{found.path}".strip("/")
        try:
            result = await obstore.get_async(self._open(), path, options=_unless(known))
            if result.meta["size"] > self._max_bytes:
                raise TooLarge(f"{uri} has {result.meta['size']} bytes; raise TFDRIFT_MAX_STATE_BYTES")
            data = bytes(await result.bytes_async())
        except NotModifiedError:
            return None
        except (NotFoundError, FileNotFoundError) as error:
            raise Missing(f"{uri} is not there") from error
        except BaseError as error:
            raise Unavailable(f"{uri} cannot be read: {_reason(error)}") from error
        return Content(data, result.meta["last_modified"], _signature(result.meta))

    async def notify(self, wake: asyncio.Event) -> None:
        """See `Source.notify`: an object store cannot."""

    def _open(self) -> Any:
        if self._store is None:
            self._store = from_url(f"{self.uri.scheme}://{self.uri.host}")
        return self._store


def _signature(meta: Any) -> str:
    return meta.get("e_tag") or f"{meta['last_modified'].isoformat()}-{meta['size']}"


def _unless(known: str | None) -> Any:
    # A signature that is no entity tag is of a store that has none.
    return {"if_none_match": known} if known and known.endswith('"') else {}


def _reason(error: Exception) -> str:
    """The first line: obstore appends its whole configuration."""
    return (str(error).strip().split("\n") or [""])[0][:300]
