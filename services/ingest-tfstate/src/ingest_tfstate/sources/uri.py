"""The URIs of ``TFDRIFT_STATE_SOURCES``: the states that each one names, and their workspaces.

    file:///states/**/*.tfstate      every state below a folder; its workspace is its path below ``/states``
    examples/prod.tfstate            one file, here a plain path; its workspace is ``prod``
    s3://bucket/live/*.tfstate       objects below a prefix; below ``live/``
    https://host/net.tfstate#eu/net  one object with a name given to it

``**`` matches any number of folders; ``*`` and ``?`` match no ``/``. As in a shell, wildcards do not match names that
begin with a dot, so ``.terraform`` folders are never read. They do not match the backups and locks that Terraform puts
beside a state either: a backup would be a second workspace with the same resources.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from typing import Final
from urllib.parse import unquote, urlsplit

SCHEMES: Final = ("file", "s3", "gs", "az", "https", "http")
SUFFIX: Final = ".tfstate"

# ``terraform.tfstate.backup``, and ``terraform.tfstate.1700000000.backup`` of the state commands; the S3 backend's lock
# ``prod.tfstate.tflock`` (``use_lockfile``) and the GCS backend's ``prod.tflock``.
_BESIDE: Final = (".backup", ".tflock")
_WILDCARD: Final = re.compile(r"[*?\[]")


class SourceError(ValueError):
    """A source is malformed. The message names it and says what is allowed."""


@dataclass(frozen=True, slots=True)
class SourceUri:
    """One source.

    Attributes:
        scheme: one of `SCHEMES`.
        host: the bucket, container account or host; empty for files.
        fixed: the folder of the states: the path before the segment with the first wildcard, or before the name of a
            single state, without a slash at its end.
        pattern: what must follow ``fixed/``: a glob, or the name of the single state.
        workspace: the fragment's name for a single state.
    """

    scheme: str
    host: str
    fixed: str
    pattern: str
    workspace: str | None = None

    def __str__(self) -> str:
        return self.of(self.pattern)

    @property
    def is_single(self) -> bool:
        """Whether the URI names one state and no pattern."""
        return not _WILDCARD.search(self.pattern)

    def of(self, path: str) -> str:
        """Returns the URI of the state at `path` below the fixed part, without credentials, for logs and labels."""
        return f"{self.scheme}://{self.host.rpartition('@')[2]}{self.fixed}/{path}"

    def matches(self, path: str) -> bool:
        """Whether the pattern matches a path below the fixed part."""
        if path.endswith(_BESIDE) and not self.pattern.endswith(_BESIDE):
            return False
        return _regex(self.pattern).fullmatch(path) is not None

    def workspace_of(self, path: str) -> str:
        """Returns the workspace of the state at `path`."""
        return self.workspace or path.removesuffix(SUFFIX) or path


def parse_sources(text: str, folder: str) -> tuple[SourceUri, ...]:
    """Returns the comma-separated sources of `text`; relative paths are below `folder`.

    Raises:
        SourceError: one is malformed or given twice, or two single states have the same workspace name.
    """
    sources = tuple(parse_source(part.strip(), folder) for part in text.split(",") if part.strip())
    if not sources:
        raise SourceError("no source is given; write a path or a URI such as file:///states/**/*.tfstate")
    for uri, count in Counter(str(source) for source in sources).items():
        if count > 1:
            raise SourceError(f"{uri} is given twice; remove one")
    names = Counter(source.workspace_of(source.pattern) for source in sources if source.is_single)
    for name, count in names.items():
        if count > 1:
            raise SourceError(f"two sources have the workspace name {name}; give one another name with a #fragment")
    return sources


def parse_source(text: str, folder: str) -> SourceUri:
    """Returns the source of a URI or a plain path.

    Raises:
        SourceError: it is malformed, or its scheme is unknown.
    """
    scheme, host, path, workspace = _parts(text)
    if scheme not in SCHEMES:
        raise SourceError(f"{text} has the unknown scheme {scheme}; the schemes are {', '.join(SCHEMES)}")
    if scheme == "file":
        if host not in ("", "localhost"):
            raise SourceError(f"{text} names the host {host}; write file:///{host}{path} for a file on this machine")
        host = ""
        if not path.startswith("/"):
            path = f"{folder.rstrip('/')}/{path.removeprefix('./')}"
    elif not host:
        raise SourceError(f"{text} names no bucket or host; write one behind the //")
    segments = path.split("/")
    wild = next((n for n, segment in enumerate(segments) if _WILDCARD.search(segment)), len(segments) - 1)
    fixed, pattern = "/".join(segments[:wild]), "/".join(segments[wild:])
    if not pattern:
        raise SourceError(f"{text} names a folder; write {text.rstrip('/')}/**/*{SUFFIX} for the states below it")
    source = SourceUri(scheme, host, fixed, pattern, workspace)
    if workspace is not None and not source.is_single:
        raise SourceError(f"{text} gives one workspace name to a pattern; a #fragment is for a single state")
    if scheme in ("http", "https") and not source.is_single:
        raise SourceError(f"{text} has a wildcard, but {scheme} cannot list objects; name each state")
    return source


def _parts(text: str) -> tuple[str, str, str, str | None]:
    """Returns scheme, host, path and fragment; `urlsplit` alone would read the ``?`` of a glob as a query."""
    body, mark, fragment = text.partition("#")
    workspace = unquote(fragment) if mark else None
    if workspace == "":
        raise SourceError(f"{text} has an empty #fragment; write the workspace name behind the #")
    if not re.match(r"[A-Za-z][A-Za-z0-9+.-]*:", body):
        return "file", "", body, workspace
    escaped = urlsplit(body.replace("?", "%3F"))
    return escaped.scheme.lower(), escaped.netloc, unquote(escaped.path), workspace


def _regex(pattern: str) -> re.Pattern[str]:
    """Returns the glob as a regular expression for a whole path."""
    if not _WILDCARD.search(pattern):
        return re.compile(re.escape(pattern))
    out: list[str] = []
    segments = pattern.split("/")
    for position, segment in enumerate(segments):
        last = position == len(segments) - 1
        if segment == "**":
            out.append(r"(?:[^/.][^/]*/)*" + (r"[^/.][^/]*" if last else ""))
        else:
            out.append(_segment(segment) + ("" if last else "/"))
    return re.compile("".join(out))


def _segment(segment: str) -> str:
    out = ["(?!\\.)"] if segment[0] in "*?[" else []
    position = 0
    while position < len(segment):
        character = segment[position]
        end = segment.find("]", position + 2) if character == "[" else -1
        if end > 0:
            inner = segment[position + 1 : end].replace("\\", "\\\\").replace("[", "\\[")
            out.append(f"[^{inner[1:]}]" if inner[0] == "!" else f"[{inner}]")
            position = end
        else:
            out.append({"*": "[^/]*", "?": "[^/]"}.get(character) or re.escape(character))
        position += 1
    return "".join(out)
