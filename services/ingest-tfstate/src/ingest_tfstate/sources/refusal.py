"""Turns an error of an object store into a condition with a reason and a remedy.

obstore gives an error as text: object_store's sentence with the URL that was asked for, the HTTP status, and the body,
in which S3, Google Cloud Storage and Azure name the cause as XML: ``<Error><Code>AccessDenied</Code><Message>…``. The
codes are those of the S3 API reference ("Error responses"), of Cloud Storage's XML API and of Azure's Blob service
("Common REST API error codes").
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from ingest_tfstate.errors import Missing, ReadError, Unavailable, Unreadable

MAX_ANSWER_CHARACTERS: Final = 300

_STATUS: Final = re.compile(r"status code: (\d{3}[^:\n]*)")
_CODE: Final = re.compile(r"<Code>\s*([^<\s]+)\s*</Code>")
_MESSAGE: Final = re.compile(r"<Message>\s*([^<\n]+)")
# "Error performing GET https://… in 2.6ms, after 4 retries, … - HTTP error: error sending request"
_REQUEST: Final = re.compile(r"Error performing \w+ \S+ in \S+(?:, after .*?)?\s+- (?:HTTP error: )?")
_LAYERS: Final = re.compile(r"^(?:Generic \w+ error: )?(?:Error performing list request: )?")
# The cause of a missing answer, such as "Connection refused", is deep in the configuration that obstore appends.
_NO_ANSWER: Final = re.compile(r'(?:message|error): "([^"\n]+)"|InvalidCertificate\((?:\s*\w+\()*\s*(\w+)')
# The metadata services of AWS, Google and Azure, which obstore asks when the environment has no credentials.
_MACHINE: Final = re.compile(r"169\.254\.\d+\.\d+|metadata\.google\.internal|/computeMetadata/")


@dataclass(frozen=True, slots=True)
class _Words:
    """A store's own names for what an operator can change."""

    credentials: str
    endpoint: str
    rights: str


_WORDS: Final = {
    "s3": _Words("AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY", "AWS_ENDPOINT_URL", "s3:ListBucket and s3:GetObject"),
    "gs": _Words("GOOGLE_APPLICATION_CREDENTIALS", "GOOGLE_BASE_URL", "storage.objects.list and storage.objects.get"),
    "az": _Words(
        "AZURE_STORAGE_ACCOUNT_NAME and AZURE_STORAGE_ACCOUNT_KEY or AZURE_STORAGE_SAS_TOKEN",
        "AZURE_STORAGE_ACCOUNT_NAME and AZURE_STORAGE_ENDPOINT",
        "the role Storage Blob Data Reader, and a way through the account's network rules",
    ),
}
_WEB: Final = _Words("the user and password of the URI", "the URI", "the right to read it")

_NO_BUCKET: Final = frozenset({"NoSuchBucket", "ContainerNotFound"})
_INVALID_CREDENTIALS: Final = frozenset(
    {
        "InvalidAccessKeyId",
        "SignatureDoesNotMatch",
        "ExpiredToken",
        "InvalidToken",
        "TokenRefreshRequired",
        "AuthenticationFailed",
        "InvalidAuthenticationInfo",
        "NoAuthenticationInformation",
        "AuthenticationRequired",
    }
)
_WRONG_REGION: Final = frozenset({"PermanentRedirect", "AuthorizationHeaderMalformed", "TemporaryRedirect"})


def refused(scheme: str, what: str, text: str) -> ReadError:
    """Returns the condition for an error of obstore, in one line: what failed, what the store answered, and the remedy.

    Args:
        what: what failed, such as ``s3://bucket/*.tfstate cannot be listed``.
        text: the error of obstore.
    """
    code, status = _found(_CODE, text), _found(_STATUS, text)
    condition, remedy = _meaning(_WORDS.get(scheme, _WEB), text, code, status)
    return condition(f"{what}: {_answer(text, code, status)}; {remedy}")


def unopened(scheme: str, text: str) -> str:
    """Returns why a store could not be opened, and which variables to look at."""
    words = _WORDS.get(scheme)
    return f"{_first_line(text)}; see {words.credentials}" if words else _first_line(text)


def _meaning(words: _Words, text: str, code: str, status: str) -> tuple[type[ReadError], str]:
    """Returns the condition and the remedy of the first cause that applies."""
    nowhere = code in _NO_BUCKET or (not code and status.startswith("404"))
    causes: tuple[tuple[bool, type[ReadError], str], ...] = (
        (_MACHINE.search(text) is not None, Unavailable, f"set {words.credentials}"),
        (nowhere, Missing, f"correct its name, or {words.endpoint}"),
        (code in _INVALID_CREDENTIALS or status.startswith("401"), Unavailable, f"correct {words.credentials}"),
        (code == "RequestTimeTooSkewed", Unavailable, "set this machine's clock"),
        (code in _WRONG_REGION or "configured region" in text, Unavailable, "set AWS_REGION to the bucket's region"),
        (
            status.startswith("403"),
            Unreadable,
            f"give {words.rights} to the holder of {words.credentials}, or to this machine",
        ),
        ("arse path" in text or "invalid path" in text, Unavailable, "rename that object, or name a prefix without it"),
    )
    found = ((condition, remedy) for holds, condition, remedy in causes if holds)
    return next(found, (Unavailable, f"it is tried again; check that {words.endpoint} leads to it"))


def _first_line(text: str) -> str:
    """Returns the sentence of obstore without the request and the configuration that it adds."""
    line = _REQUEST.sub("", text.strip().split("\n", 1)[0])
    return _LAYERS.sub("", line)[:MAX_ANSWER_CHARACTERS]


def _answer(text: str, code: str, status: str) -> str:
    if _MACHINE.search(text):
        return "the environment has no credentials, and this machine gives none"
    if not status:
        deepest = _NO_ANSWER.search(text) if "HTTP error" in text else None
        return _first_line(text) + (f" ({deepest.group(1) or deepest.group(2)})" if deepest else "")
    message = _found(_MESSAGE, text).rstrip(". ")
    cause = f"{code}, {message}" if code and message else code
    return f"it answers {status}" + (f" ({cause})" if cause else "")


def _found(pattern: re.Pattern[str], text: str) -> str:
    found = pattern.search(text)
    return found.group(1).strip()[:MAX_ANSWER_CHARACTERS] if found else ""
