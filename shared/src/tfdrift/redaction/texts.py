"""Finds secrets within texts, whatever attribute, parameter or field has them.

Found are passwords in URLs and connection strings, values beside a secret's name (``--password X``, ``password=X``,
YAML, XML), private keys, signed URLs, webhooks, and the tokens of many services. Each pattern takes time in proportion
to the text.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import lru_cache
from importlib import resources
from typing import Final

from tfdrift.redaction.names import is_secret_name

Span = tuple[int, int]
"""Where a secret begins and ends in a text."""

_SHORTEST: Final = 6

# What shows that a text may have one of the patterns, so that most texts cost a few searches for literals.
_HINTS: Final = (
    *("pass", "pwd", "secret", "token", "key", "cred", "auth", "bearer", "basic", "salt", "dsn", "psk", "_pw", ".pw"),
    *("-pw", "sig", "code=", "connection", "-u ", "--user", "-p"),
)

# What stands between a secret and its name, or before it; every pattern but those of tokens has one.
_SEPARATOR: Final = re.compile(r"[=: <@\n]")
# A text that every token below contains.
_TOKEN_HINTS: Final = (
    *(
        "AKC",
        "ghp_",
        "gho_",
        "ghu_",
        "ghs_",
        "ghr_",
        "glpat",
        "gldt-",
        "glft-",
        "glsoat",
        "glrt-",
        "GR1348941",
        "glcbt",
    ),
    *("glimt", "glptt", "glagent", "gloas", "-us", "SG.", "xox", "xapp-", "sq0csp-", "k_live_", "SK", "pypi-Ag"),
    *("github_pat_", "sk-", "hvs.", "AIza", "npm_", "eyJ"),
)
_SHORTEST_TOKEN: Final = 13
_SHORTEST_DISCORD_TOKEN: Final = 59
_SHORT: Final = 128

_PRIVATE_KEY: Final = re.compile(
    r"-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----(?:[^-]{0,20000}-----END [A-Z0-9 ]{0,40}-----)?"
    # The same in Base64, as in a kubeconfig: PRIVATE, RSA PRIVATE, EC PRIVATE, OPENSSH PRIVATE, ENCRYPTED PRIVATE.
    r"|LS0tLS1CRUdJTi(?:BQUklWQVRF|BSU0EgUFJJVkFUR|BFQyBQUklWQVRF|BPUEVOU1NIIFBSSVZBVE|BFTkNSWVBURUQgUFJJVkFUR)"
    r"[A-Za-z0-9+/=]*"
)
_URL_PASSWORD: Final = re.compile(
    r"[A-Za-z][A-Za-z0-9+.-]{1,30}://[^/?#\s:@\"'<>]{0,256}:(?P<secret>[^/?#\s@\"'<>]{1,512})@"
)
# Go's MySQL driver (user:password@tcp(host)/db), and Oracle's thin JDBC URLs (jdbc:oracle:thin:user/password@host).
_DRIVER: Final = re.compile(r"(?<![\w.%+-])[\w.%+-]{1,64}:(?P<secret>[^@\s/:]{1,256})@(?:tcp|tcp6|unix|udp|cloudsql)\(")
_ORACLE: Final = re.compile(r"jdbc:oracle:\w{1,10}:[^/\s:@]{1,64}/(?P<secret>[^@\s]{1,256})@")
_QUERY: Final = re.compile(
    # Azure's shared access signatures and function keys, AWS' and Google's signed URLs, and keys of many an API.
    r"[?&](?i:sig|signature|x-amz-signature|x-goog-signature|x-amz-security-token|code|key|api_?key|token|access_?token)"
    r"=(?P<secret>[^&\s\"'<>]+)"
)
_CONNECTION_STRING: Final = re.compile(
    r"(?:^|[;\"'])\s{0,8}(?i:password|pwd|accountkey|sharedaccesskey|sharedaccesssignature)\s{0,8}=\s{0,8}(?P<secret>[^;\s\"']+)"
)
_AUTHORIZATION: Final = re.compile(r"(?i:\b(?:bearer|basic)\s{1,8})(?P<secret>[A-Za-z0-9+/_.~=-]{16,})")
_WEBHOOK: Final = re.compile(
    r"://(?:hooks\.slack\.com/(?:services|workflows|triggers)/|(?:\w{1,63}\.)?discord(?:app)?\.com/api/webhooks/"
    r"|[\w-]{1,63}\.webhook\.office\.com/|outlook\.office\.com/webhook/|api\.telegram\.org/bot"
    r"|hooks\.zapier\.com/hooks/|events\.pagerduty\.com/integration/)(?P<secret>\S+)"
)
# curl -u user:password, mysql -ppassword, sshpass -p password, and the lines of a .netrc.
_COMMANDS: Final = re.compile(
    r"(?:\s|^)(?:-u|--user|--proxy-user)[ =]['\"]?[^\s:'\"]{1,128}:(?P<user>[^\s'\"]{1,256})"
    r"|\b(?:mysql|mysqldump|mysqladmin|mariadb)\b[^\n|;]{0,64}?\s-p(?P<mysql>[^\s'\"]{2,256})"
    r"|\bsshpass\s{1,4}-p\s{0,4}['\"]?(?P<sshpass>[^\s'\"]{1,256})"
    r"|\blogin\s{1,8}\S{1,128}\s{1,8}password\s{1,8}(?P<netrc>\S{1,256})"
)
_VALUE: Final = (
    r"(?:\"(?P<double>[^\"\n]{1,4096})\"|'(?P<single>[^'\n]{1,4096})'|(?P<bare>[^\s\"'&;,<>(){}\[\]]{1,4096}))"
)
# --password X, --password=X and -Dkey=X: flags may be separated from their value by a space.
_FLAG: Final = re.compile(r"(?<![\w-])-{1,2}(?P<name>[A-Za-z][\w.-]{1,63})[ =]\s{0,4}" + _VALUE)
# password=X, password: X, "password": "X", password => X.
_ASSIGNMENT: Final = re.compile(r"(?<![\w.:/-])(?P<name>[A-Za-z_][\w.-]{0,63})[\"']?\s{0,8}(?:=>?|:)\s{0,8}" + _VALUE)
# A pair of YAML, as an environment variable of a manifest.
_PAIR: Final = re.compile(
    r"(?<!\w)(?:name|key):\s{0,8}[\"']?(?P<name>[\w.-]{1,64})[\"']?\s{1,64}value:\s{0,8}" + _VALUE
)
_ELEMENT: Final = re.compile(r"<(?P<name>[A-Za-z][\w.-]{0,63})>\s{0,8}(?P<bare>[^<\s][^<]{0,4096})</")
_NAMED: Final = (_FLAG, _ASSIGNMENT, _PAIR, _ELEMENT)
# Tokens that are a whole text: they begin so that they are found when they leak.
_TOKEN: Final = re.compile(
    r"(?:gh[oprsu]_|github_pat_|glpat-|xox[abeprs]-|xapp-|[rs]k_live_|sk-(?:proj|ant)-|hvs\.|AIza|npm_[A-Za-z0-9]{30})"
    r"[\w.-]{10,}|SG\.[\w-]{16,}\.[\w-]{16,}|eyJ[\w-]{6,}\.[\w-]{2,}\.[\w-]*"
)
_TOKEN_BEGINS: Final = ("gh", "glpat-", "xox", "xapp-", "sk", "rk_", "hvs.", "AIza", "npm_", "SG.", "eyJ")
# The same within a text: JSON Web Tokens (RFC 7519), and tokens that detect-secrets does not know.
_TOKEN_WITHIN: Final = re.compile(
    r"(?<![\w-])(?:github_pat_\w{20,}|xapp-[\w-]{20,}|sk-(?:proj|ant)-[\w-]{20,}|hvs\.[\w-]{20,}|AIza[\w-]{30,}"
    r"|sk-[A-Za-z0-9]{20}T3BlbkFJ[A-Za-z0-9]{20}|npm_[A-Za-z0-9]{36}|eyJ[\w-]{10,2048}\.[\w-]{10,8192}\.[\w-]{10,8192})"
)
_TOKEN_WITHIN_HINTS: Final = ("github_pat_", "xapp-", "sk-", "hvs.", "AIza", "npm_", "eyJ")
# A text under a secret's name that only refers to the secret, or says that there is none.
_REFERENCE: Final = re.compile(
    r"(?i)arn:[\w-]+:|true$|false$|null$|none$|nil$|yes$|no$|\$|\{\{|<[\w -]+>$|!(?:ref|sub|getatt)|/subscriptions/"
    r"|projects/[^/]+/(?:secrets|serviceaccounts)/|(?:var|local|data|module|each|self)\.|hidden_due_to|hidden$|sensitivedataremoved|\*+$|%\w+%$"
    r"|https://[\w-]+\.vault\.azure\.net/secrets/|vault:|ssm:|secretsmanager:|\(sensitive\)"
)
_SMALL_NUMBER: Final = re.compile(r"\d{1,5}")


def is_reference(text: str) -> bool:
    """Returns whether a text under a secret's name is no secret: an ARN, a path, a variable, a flag."""
    return _REFERENCE.match(text) is not None


def is_secret_text(text: str) -> bool:
    """Returns whether a text contains a secret, whatever its name."""
    likely = _short_may_have_secret(text) if len(text) <= _SHORT else _may_have_secret(text)
    return likely and next(secret_spans(text), None) is not None


def _may_have_secret(text: str) -> bool:
    """A quick look, since most texts have none: whether a token may be in it, or a hint beside a separator."""
    if len(text) < _SHORTEST:
        return False
    if len(text) >= _SHORTEST_TOKEN and (_has(text, _TOKEN_HINTS) or "LS0tLS1CRUdJTi" in text):
        return True
    if len(text) >= _SHORTEST_DISCORD_TOKEN and text.count(".") > 1:
        return True
    if _SEPARATOR.search(text) is None:
        return False
    if "://" in text or "@" in text:
        return True
    return _has(text.lower(), _HINTS)


# Regions, types and tags repeat over a state.
_short_may_have_secret = lru_cache(maxsize=65536)(_may_have_secret)


def _has(text: str, hints: tuple[str, ...]) -> bool:
    for hint in hints:  # noqa: SIM110 - any() takes twice the time, and this is the innermost loop
        if hint in text:
            return True
    return False


def masked(text: str, mask: str) -> str:
    """Returns the text with `mask` in place of each secret in it."""
    if not _may_have_secret(text):
        return text
    parts, end = [], 0
    for begin, stop in sorted(secret_spans(text)):
        if stop > end:
            parts += [text[end : max(begin, end)], mask if begin >= end else ""]
            end = stop
    return "".join([*parts, text[end:]])


def secret_spans(text: str) -> Iterator[Span]:
    """Yields where secrets are in a text, in no order; the spans may overlap."""
    if len(text) < _SHORTEST:
        return
    if "PRIVATE KEY" in text or "LS0tLS1CRUdJTi" in text:
        yield from (found.span() for found in _PRIVATE_KEY.finditer(text))
    if "://" in text:
        yield from _spans(_WEBHOOK, text)
        if "@" in text:
            yield from _spans(_URL_PASSWORD, text)
    if "@" in text:
        yield from _spans(_DRIVER, text)
        yield from _spans(_ORACLE, text)
    yield from _tokens(text)
    if not _has(text.lower(), _HINTS):
        return
    if "=" in text:
        yield from _spans(_QUERY, text)
        yield from (one for one in _spans(_CONNECTION_STRING, text) if not is_reference(text[slice(*one)]))
    if " " in text or "\n" in text:
        yield from _spans(_AUTHORIZATION, text)
        for found in _COMMANDS.finditer(text):
            yield found.span(found.lastgroup or 0)
    if not _is_policy(text):
        for pattern in _NAMED:
            yield from _named(pattern, text)


def _is_policy(text: str) -> bool:
    """Whether a text is JSON of statements, whose conditions name tags and headers as a secret is named."""
    return text[:1] == "{" and '"Statement"' in text


def _spans(pattern: re.Pattern[str], text: str) -> Iterator[Span]:
    return (found.span("secret") for found in pattern.finditer(text))


def _named(pattern: re.Pattern[str], text: str) -> Iterator[Span]:
    position = 0
    while found := pattern.search(text, position):
        group = found.lastgroup or "bare"
        value = found[group]
        if is_secret_name(found["name"]) and not is_reference(value) and _SMALL_NUMBER.fullmatch(value) is None:
            yield found.span(group)
            position = found.end()
        else:
            position = found.end("name")  # the value may be a name of its own: --env DB_PASSWORD=x


def _tokens(text: str) -> Iterator[Span]:
    if text.startswith(_TOKEN_BEGINS) and (found := _TOKEN.fullmatch(text)):
        yield found.span()
    if _has(text, _TOKEN_WITHIN_HINTS):
        yield from (found.span() for found in _TOKEN_WITHIN.finditer(text))
    for literal, pattern in _formats():
        if literal in text:
            yield from (found.span() for found in pattern.finditer(text))


@lru_cache(maxsize=1)
def _formats() -> tuple[tuple[str, re.Pattern[str]], ...]:
    """The formats of detect-secrets, each with a text that it contains (`mapping_generator.secrets.token_formats`)."""
    data = (resources.files("tfdrift.redaction") / "data" / "token_formats.json").read_text(encoding="ascii")
    return tuple((one["contains"], re.compile(one["pattern"])) for one in json.loads(data)["formats"])
