"""States in object stores and on web servers: S3, Google Cloud Storage, Azure Blob Storage, HTTP.

Credentials, regions and endpoints come from the clouds' own environment variables (``AWS_ACCESS_KEY_ID``,
``AWS_ENDPOINT_URL``, ``GOOGLE_APPLICATION_CREDENTIALS``, ``AZURE_STORAGE_ACCOUNT_NAME``, …) or the machine's identity,
as obstore reads them. An unchanged object is recognised by its entity tag. In a listing that costs nothing more; for a
single object it costs a request without a transfer.
"""

from __future__ import annotations

import base64
import os
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any, Final
from urllib.parse import unquote

import obstore
from obstore.exceptions import BaseError, NotModifiedError
from obstore.store import AzureStore, GCSStore, HTTPStore, S3Store

from ingest_tfstate.errors import Missing, TooLarge
from ingest_tfstate.sources.refusal import refused, unopened
from ingest_tfstate.sources.source import Content, Found
from ingest_tfstate.sources.uri import SourceUri
from tfdrift.harness import ConfigurationError

# All that obstore raises: its own errors, ValueError for a path or host that it cannot use, OSError for the network.
_OBSTORE_ERRORS: Final = (BaseError, ValueError, OSError)
# By itself obstore tries ten times over three minutes. We try again at every poll, and a failure must show soon.
_RETRIES: Final = {"max_retries": 4, "retry_timeout": timedelta(seconds=30)}
_STORES: Final[dict[str, Any]] = {
    "s3": S3Store,
    "gs": GCSStore,
    "az": AzureStore,
    "https": HTTPStore,
    "http": HTTPStore,
}
# The variables from which obstore reads an endpoint (the first that is set), and the one that allows plain HTTP.
_ENDPOINTS: Final = {
    "s3": (("AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL", "AWS_ENDPOINT"), "AWS_ALLOW_HTTP"),
    "gs": (("GOOGLE_BASE_URL",), "GOOGLE_ALLOW_HTTP"),
    "az": (("AZURE_STORAGE_ENDPOINT", "AZURE_ENDPOINT"), "AZURE_ALLOW_HTTP"),
}
_TRUE: Final = ("1", "true", "on", "yes", "y")


class ObjectStore:
    """A `Source` of objects: one object, or the objects below a prefix that match a glob.

    Raises:
        ConfigurationError: the environment names no account, half a credential, or an endpoint that is no URL.
    """

    def __init__(self, uri: SourceUri, max_bytes: int) -> None:
        self.uri = uri
        self._max_bytes = max_bytes
        self._store = _opened(uri)

    async def states(self) -> list[Found]:
        """See `Source.states`; only a read shows whether a single object exists."""
        if self.uri.is_single:
            return [Found(self.uri.pattern, None)]
        found: list[Found] = []
        prefix = self.uri.fixed.strip("/")
        with self._mapped_errors(f"{self.uri} cannot be listed"):
            async for page in obstore.list(self._store, prefix=prefix or None):
                for meta in page:
                    path = meta["path"].removeprefix(prefix).lstrip("/")
                    if self.uri.matches(path):
                        found.append(Found(path, _signature(meta)))
        return sorted(found, key=lambda state: state.path)

    async def read(self, found: Found, known: str | None) -> Content | None:
        """See `Source.read`."""
        if found.signature is not None and found.signature == known:
            return None
        uri = self.uri.of(found.path)
        path = f"{self.uri.fixed}/{found.path}".strip("/")
        with self._mapped_errors(f"{uri} cannot be read"):
            try:
                result = await obstore.get_async(self._store, path, options=_unless(known))
            except NotModifiedError:
                return None
            except FileNotFoundError:
                raise Missing(f"{uri} does not exist") from None
            size = result.meta["size"]
            if size > self._max_bytes:
                raise TooLarge(f"{uri} has {size} bytes, over {self._max_bytes}; raise TFDRIFT_MAX_STATE_BYTES")
            data = bytes(await result.bytes_async())
        return Content(data, result.meta["last_modified"], _signature(result.meta))

    async def notify(self, wake: Callable[[], None]) -> None:
        """See `Source.notify`; an object store cannot notify."""

    @contextmanager
    def _mapped_errors(self, what: str) -> Iterator[None]:
        """Maps every error of obstore to a `ReadError`; `what` says what failed."""
        try:
            yield
        except _OBSTORE_ERRORS as error:
            raise refused(self.uri.scheme, what, str(error)) from None


def _opened(uri: SourceUri) -> Any:
    _check_endpoint(uri.scheme)
    credentials, _, host = uri.host.rpartition("@")
    options: dict[str, Any] = {"retry_config": _RETRIES}
    if uri.scheme in ("http", "https"):
        options["client_options"] = _web_options(uri.scheme, unquote(credentials))
    try:
        return _STORES[uri.scheme].from_url(f"{uri.scheme}://{host}", **options)
    except _OBSTORE_ERRORS as error:
        raise ConfigurationError(f"{uri} cannot be opened: {unopened(uri.scheme, str(error))}") from error


def _web_options(scheme: str, credentials: str) -> dict[str, Any]:
    """Options of a web server: plain HTTP where the URI says so, and Basic credentials, which obstore would drop."""
    basic = base64.b64encode(credentials.encode()).decode()
    headers = {"Authorization": f"Basic {basic}"} if credentials else {}
    return {"allow_http": scheme == "http", "default_headers": headers}


def _check_endpoint(scheme: str) -> None:
    """Refuses an endpoint at which obstore would panic at the first request, or fail without a reason."""
    names, plain = _ENDPOINTS.get(scheme, ((), ""))
    name = next((name for name in names if os.environ.get(name)), None)
    if name is None:
        return
    endpoint = os.environ[name]
    if not re.match(r"https?://[^/]", endpoint):
        raise ConfigurationError(f"{name} is no URL; write one such as https://minio.example.com:9000")
    if endpoint.startswith("http:") and os.environ.get(plain, "").lower() not in _TRUE:
        raise ConfigurationError(f"{name} is plain HTTP, over which states can be read; use https, or set {plain}=true")


def _signature(meta: Any) -> str:
    """The entity tag in quotes, which Azure's listing leaves out; the time and size where a store has no tag."""
    tag = meta.get("e_tag")
    if not tag:
        return f"{meta['last_modified'].isoformat()}-{meta['size']}"
    return tag if tag.endswith('"') else f'"{tag}"'


def _unless(known: str | None) -> Any:
    # A store without entity tags has signatures without quotes.
    return {"if_none_match": known} if known and known.endswith('"') else {}
