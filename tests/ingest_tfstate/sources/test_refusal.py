"""The reason and remedy that an operator sees when a store refuses, does not answer, or cannot be opened."""

from __future__ import annotations

import os

import pytest
from aiohttp import BasicAuth, web
from aiohttp.test_utils import TestServer

from ingest_tfstate.errors import Missing, ReadError, Unavailable, Unreadable
from ingest_tfstate.sources.object_store import ObjectStore
from ingest_tfstate.sources.refusal import refused
from ingest_tfstate.sources.source import Found
from ingest_tfstate.sources.uri import parse_source
from tests.conftest import free_port
from tests.ingest_tfstate.object_stores import ACCOUNT, Bucket, Moto, StoreServer
from tests.ingest_tfstate.service import environment
from tests.ingest_tfstate.states import resource, state
from tests.service_process import run_program

VPC = resource("aws_vpc.main", id="vpc-1", cidr_block="10.0.0.0/16")
EVERY_STORE = pytest.mark.parametrize("server", ["s3", "gs", "az"], indirect=True)
S3 = pytest.mark.parametrize("server", ["s3"], indirect=True)
AZURE = pytest.mark.parametrize("server", ["az"], indirect=True)

# What the servers of these tests never say, as obstore gives it.
GET = "Error performing list request: Error performing GET https://s3.eu-west-1.amazonaws.com/b?list-type=2 in 12.3ms"
ANSWER = "Server returned non-2xx status code:"


async def refusal(source: ObjectStore) -> ReadError:
    """Why a source cannot be listed, or its one state not be read; in one line."""

    async def read() -> None:
        for found in await source.states():
            await source.read(found, None)

    with pytest.raises(ReadError) as raised:
        await read()
    assert str(raised.value).startswith(str(source.uri))
    assert "\n" not in str(raised.value)
    return raised.value


@EVERY_STORE
async def test_an_object_that_is_not_there_is_missing(bucket: Bucket) -> None:
    """A single state, or one that went between the listing and its reading."""
    assert isinstance(await refusal(bucket.source("prod.tfstate")), Missing)


@pytest.mark.parametrize("pattern", ["*.tfstate", "prod.tfstate"])
@S3
async def test_what_s3_refuses_names_the_remedy(bucket: Bucket, pattern: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keys that are none, a secret that is another's, a user without the right: each by its own name."""
    assert isinstance(bucket.server, Moto)
    with bucket.server.guarded() as powerless:
        unknown = await refusal(bucket.source(pattern))
        for name, value in powerless.items():
            monkeypatch.setenv(name, value)
        denied = await refusal(bucket.source(pattern))
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "another")
        wrong = await refusal(bucket.source(pattern))
    assert isinstance(unknown, Unavailable)
    assert "InvalidAccessKeyId" in str(unknown)
    assert "correct AWS_ACCESS_KEY_ID" in str(unknown)
    assert isinstance(denied, Unreadable)
    assert "AccessDenied" in str(denied)
    assert "give s3:ListBucket and s3:GetObject" in str(denied)
    assert isinstance(wrong, Unavailable)
    assert "SignatureDoesNotMatch" in str(wrong)


@pytest.mark.parametrize("pattern", ["*.tfstate", "prod.tfstate"])
@AZURE
async def test_what_azure_refuses_names_the_remedy_and_no_secret(
    bucket: Bucket, pattern: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A key that is another's, and a token that is none, which goes in the URL."""
    monkeypatch.setenv("AZURE_STORAGE_ACCOUNT_KEY", "bm9uZQ==")
    wrong = await refusal(bucket.source(pattern))
    monkeypatch.delenv("AZURE_STORAGE_ACCOUNT_KEY")
    monkeypatch.setenv("AZURE_STORAGE_SAS_TOKEN", "sv=2021-08-06&ss=b&srt=sco&sp=rl&se=2099-01-01&sig=c2VjcmV0")
    token = await refusal(bucket.source(pattern))
    for error in (wrong, token):
        assert "403" in str(error)
        assert "AZURE_STORAGE_ACCOUNT_KEY or AZURE_STORAGE_SAS_TOKEN" in str(error)
        assert "c2VjcmV0" not in str(error)


@pytest.mark.parametrize(
    ("server", "variable"),
    [("s3", "AWS_ENDPOINT_URL"), ("gs", "GOOGLE_BASE_URL"), ("az", "AZURE_STORAGE_ENDPOINT")],
    indirect=["server"],
)
async def test_an_endpoint_that_does_not_answer_is_named(
    bucket: Bucket, variable: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And so is a bucket that does not exist."""
    if variable != "GOOGLE_BASE_URL":  # fake-gcs-server answers 500
        uri = parse_source(f"{bucket.server.scheme}://not-there/*.tfstate", "/")
        nowhere = await refusal(ObjectStore(uri, 9999))
        assert isinstance(nowhere, Missing)
        assert "correct its name, or " in str(nowhere)
    monkeypatch.setenv(variable, f"http://127.0.0.1:{free_port()}/{ACCOUNT}")
    silent = await refusal(bucket.source("*.tfstate"))
    assert isinstance(silent, Unavailable)
    assert "Connection refused" in str(silent)
    assert variable in str(silent)


@S3
async def test_an_object_whose_name_cannot_be_read_is_named(bucket: Bucket) -> None:
    """obstore takes no empty folder; the listing says which object it is, and a prefix without it is read."""
    assert isinstance(bucket.server, Moto)
    bucket.server.client().put_object(Bucket=bucket.name, Key="a//prod.tfstate", Body=b"{}")
    bucket.put("b/prod.tfstate", state(VPC))
    listed = await refusal(bucket.source("**/*.tfstate"))
    assert "a//prod.tfstate" in str(listed)
    assert "rename" in str(listed)
    assert "rename" in str(await refusal(bucket.source("a//prod.tfstate")))
    assert [found.path for found in await bucket.source("b/*.tfstate").states()] == ["prod.tfstate"]


async def test_a_web_server_is_read_with_the_password_of_the_uri_which_is_never_shown() -> None:
    """Plain HTTP, where the URI says so; a server without entity tags is recognised by its dates."""
    password = "hunter2"
    modified = {"Last-Modified": "Wed, 15 Jan 2025 10:00:00 GMT"}

    async def answer(request: web.Request) -> web.Response:
        right = BasicAuth.decode(request.headers["Authorization"]).password == password
        return web.Response(body=state(VPC), headers=modified) if right else web.Response(status=401)

    app = web.Application()
    app.router.add_get("/prod.tfstate", answer)
    async with TestServer(app) as web_server:

        def source(user: str) -> ObjectStore:
            return ObjectStore(parse_source(f"http://{user}@127.0.0.1:{web_server.port}/prod.tfstate", "/"), 99999)

        content = await source(f"reader:{password}").read(Found("prod.tfstate", None), None)
        assert content is not None
        assert (content.data, content.modified.year) == (state(VPC), 2025)
        stranger = source("reader:pa55")
        wrong = await refusal(stranger)
    silent = await refusal(stranger)
    assert "correct the user and password of the URI" in str(wrong)
    assert "error sending request" in str(silent)
    assert "pa55" not in f"{wrong} {silent}"


@pytest.mark.parametrize(
    ("server", "variables", "reason"),
    [
        ("s3", {"AWS_ENDPOINT_URL": "minio:9000"}, "AWS_ENDPOINT_URL is no URL"),
        ("s3", {"AWS_ALLOW_HTTP": ""}, "set AWS_ALLOW_HTTP=true"),
        ("s3", {"AWS_SECRET_ACCESS_KEY": None}, "Missing SecretAccessKey"),
        ("s3", {"AWS_ENDPOINT_URL_S3": "http://"}, "AWS_ENDPOINT_URL_S3 is no URL"),
        ("gs", {"GOOGLE_BASE_URL": "localhost:4443"}, "GOOGLE_BASE_URL is no URL"),
        ("gs", {"GOOGLE_APPLICATION_CREDENTIALS": "/nowhere.json"}, "/nowhere.json"),
        ("az", {"AZURE_STORAGE_ACCOUNT_NAME": None}, "AZURE_STORAGE_ACCOUNT_NAME"),
        ("az", {"AZURE_STORAGE_ACCOUNT_KEY": "?"}, "Invalid Access Key"),
    ],
    indirect=["server"],
)
def test_an_environment_that_leads_nowhere_is_one_sentence_at_start(
    server: StoreServer, variables: dict[str, str | None], reason: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Exit code 78 before anything is started, as for every wrong setting."""
    for name, value in variables.items():
        monkeypatch.delenv(name, raising=False)
        if value is not None:
            monkeypatch.setenv(name, value)
    given = os.environ | environment("nats://127.0.0.1:4222", f"{server.scheme}://states/*.tfstate")
    done = run_program("ingest-tfstate", "--check-config", environment=given)
    assert done.returncode == 78
    assert reason in done.stderr
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("scheme", "text", "condition", "reason"),
    [
        (
            "s3",
            "Generic S3 error: Error performing PUT http://169.254.169.254/latest/api/token in 3s, after 4 retries, "
            "max_retries: 4, retry_timeout: 30s  - HTTP error: error sending request\n\nDebug source:\nGeneric {",
            Unavailable,
            "the environment has no credentials, and this machine gives none; set AWS_ACCESS_KEY_ID",
        ),
        (
            "gs",
            "Generic GCS error: Error performing token request: Error performing GET "
            "http://metadata.google.internal/computeMetadata/v1/instance in 1ms - HTTP error: error sending request",
            Unavailable,
            "set GOOGLE_APPLICATION_CREDENTIALS",
        ),
        (
            "s3",
            f"Generic S3 error: {GET} - Received redirect without LOCATION, this normally indicates an incorrectly "
            "configured region",
            Unavailable,
            "set AWS_REGION",
        ),
        (
            "s3",
            f"Generic S3 error: {GET} - {ANSWER} 400 Bad Request: <Error><Code>ExpiredToken</Code>"
            "<Message>The provided token has expired.</Message></Error>",
            Unavailable,
            "it answers 400 Bad Request (ExpiredToken, The provided token has expired); correct AWS_ACCESS_KEY_ID",
        ),
        (
            "s3",
            f"Generic S3 error: {GET} - {ANSWER} 403 Forbidden: <Error><Code>RequestTimeTooSkewed</Code></Error>",
            Unavailable,
            "clock",
        ),
        (
            "gs",
            f"Generic GCS error: {GET} - {ANSWER} 403 Forbidden: <?xml version='1.0'?><Error><Code>AccessDenied</Code>",
            Unreadable,
            "give storage.objects.list and storage.objects.get",
        ),
        (
            "az",
            f"Generic MicrosoftAzure error: {GET}, after 4 retries, max_retries: 4, retry_timeout: 30s  - "
            f"{ANSWER} 503 Service Unavailable: \n",
            Unavailable,
            "it answers 503 Service Unavailable; it is tried again",
        ),
        (
            "s3",
            f"Generic S3 error: {GET} - HTTP error: error sending request\n\nDebug source:\nGeneric {{\n"
            "  error: InvalidCertificate(\n    Other(\n      OtherError(\n        CaUsedAsEndEntity,\n",
            Unavailable,
            "error sending request (CaUsedAsEndEntity)",
        ),
    ],
)
def test_a_cause_has_its_remedy(scheme: str, text: str, condition: type[ReadError], reason: str) -> None:
    """In one line, and without the request."""
    error = refused(scheme, "s3://b/*.tfstate cannot be listed", text)
    assert type(error) is condition
    assert reason in str(error)
    assert "\n" not in str(error)
    assert "http" not in str(error)
