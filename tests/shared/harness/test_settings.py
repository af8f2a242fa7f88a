"""The settings of the services, from an operator's view."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import Field, SecretStr

from drift_detector.settings import DetectorSettings
from ingest_falco.settings import IngestFalcoSettings
from ingest_tfstate.settings import Settings as IngestTfstateSettings
from sse_gateway.settings import GatewaySettings
from tfdrift.harness import ConfigurationError, Settings
from tfdrift.harness.variables import KNOWN, SECRETS

SERVICES: list[type[Settings]] = [IngestFalcoSettings, IngestTfstateSettings, DetectorSettings, GatewaySettings]
REQUIRED = {"TFDRIFT_STATE_SOURCES": "/states/*.tfstate"}


class Own(Settings):
    """Settings of a service with a secret, for the tests."""

    admin_port: int = Field(9000, ge=1, le=65535, description="port of the admin routes")
    hash_key: SecretStr | None = Field(None, description="a secret of its own")


def refused(environment: dict[str, str], settings: type[Settings] = Own) -> str:
    """Returns the sentence with which an environment is refused."""
    with pytest.raises(ConfigurationError) as caught:
        settings.load(environment)
    sentence = str(caught.value)
    assert "\n" not in sentence
    return sentence


def test_the_known_variables_are_those_of_all_services() -> None:
    """A variable that no service reads is a typing error, so the list must be exact."""
    assert {field for settings in SERVICES for field in settings.model_fields} == KNOWN


def test_every_secret_is_a_secret_field() -> None:
    """The variables that may come from a file are exactly those that are hidden."""
    hidden = {
        field
        for settings in SERVICES
        for field, info in settings.model_fields.items()
        if "SecretStr" in str(info.annotation)
    }
    assert hidden == SECRETS


@pytest.mark.parametrize("settings", SERVICES, ids=lambda settings: settings.__module__)
def test_every_variable_is_described(settings: type[Settings]) -> None:
    """`--help` explains each of them."""
    assert [field for field, info in settings.model_fields.items() if not info.description] == []


@pytest.mark.parametrize("settings", SERVICES, ids=lambda settings: settings.__module__)
def test_the_defaults_of_every_service_are_the_contracts(settings: type[Settings]) -> None:
    """They are those of the contract's table, for the variables of all services."""
    shown = settings.load(REQUIRED).redacted()
    expected = {
        "TFDRIFT_NATS_URL": "nats://127.0.0.1:4222",
        "TFDRIFT_HTTP_HOST": "127.0.0.1",
        "TFDRIFT_STREAM_REPLICAS": "1",
        "TFDRIFT_RETENTION_HOURS": "168",
        "TFDRIFT_RETENTION_BYTES": str(10 * 1024**3),
        "TFDRIFT_LOG_FORMAT": "",
        "TFDRIFT_LOG_LEVEL": "info",
    }
    assert {name: shown[name] for name in expected} == expected


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        (IngestFalcoSettings, {"TFDRIFT_HTTP_PORT": "2801", "TFDRIFT_ADMIN_PORT": "9101"}),
        (
            IngestTfstateSettings,
            {"TFDRIFT_HTTP_PORT": "2802", "TFDRIFT_ADMIN_PORT": "9102", "TFDRIFT_STATE_POLL_SECONDS": "30"},
        ),
        (DetectorSettings, {"TFDRIFT_ADMIN_PORT": "9103", "TFDRIFT_RULES": ""}),
        (
            GatewaySettings,
            {
                "TFDRIFT_HTTP_PORT": "8080",
                "TFDRIFT_ADMIN_PORT": "9104",
                "TFDRIFT_KEEPALIVE_SECONDS": "30",
                "TFDRIFT_CORS_ORIGINS": "http://localhost:3000",
            },
        ),
    ],
)
def test_the_defaults_of_one_service_are_the_contracts(settings: type[Settings], expected: dict[str, str]) -> None:
    """They are those of the contract's table, service by service."""
    shown = settings.load(REQUIRED).redacted()
    assert {name: shown[name] for name in expected} == expected


def test_a_required_variable_is_named() -> None:
    """There is no sensible default for the place of the states."""
    assert "TFDRIFT_STATE_SOURCES" in refused({}, IngestTfstateSettings)
    assert "TFDRIFT_STATE_SOURCES" in refused({"TFDRIFT_STATE_SOURCES": ""}, IngestTfstateSettings)


def test_variables_of_other_services_and_programs_are_ignored() -> None:
    """One environment may serve all services, even with a value that this one would refuse."""
    settings = Own.load({"TFDRIFT_KEEPALIVE_SECONDS": "soon", "PATH": "/bin", "tfdrift_admin_port": "1"})
    assert settings == Own.load({})


def test_an_empty_variable_is_not_set() -> None:
    """Compose files spell "not set" that way."""
    assert Own.load({"TFDRIFT_ADMIN_PORT": "", "TFDRIFT_NATS_TOKEN_FILE": ""}) == Own.load({})


@pytest.mark.parametrize(
    ("variable", "hint"),
    [
        ("TFDRIFT_ADMIN_PROT", "did you mean TFDRIFT_ADMIN_PORT?"),
        ("TFDRIFT_NATSURL", "did you mean TFDRIFT_NATS_URL?"),
        ("TFDRIFT_HTTP_HOST_FILE", "TFDRIFT_HTTP_HOST"),
        ("TFDRIFT_", "TFDRIFT_"),
        ("TFDRIFT_ZZZZZZZZ", "not a variable that any service knows"),
        ("TFDRIFT_WORKERS", "TFDRIFT_WORKERS is not a variable that any service knows"),
    ],
)
def test_a_variable_that_no_service_knows_is_named(variable: str, hint: str) -> None:
    """A typing error is named with the likely variable, even when the value is empty."""
    for value in ("1", ""):
        sentence = refused({variable: value})
        assert sentence.startswith(f"{variable} ")
        assert hint in sentence


@pytest.mark.parametrize(
    ("variable", "value", "allowed"),
    [
        ("TFDRIFT_ADMIN_PORT", "http", "valid integer"),
        ("TFDRIFT_ADMIN_PORT", "0", "greater than or equal to 1"),
        ("TFDRIFT_ADMIN_PORT", "65536", "less than or equal to 65535"),
        ("TFDRIFT_LOG_FORMAT", "xml", "'json' or 'console'"),
        ("TFDRIFT_LOG_LEVEL", "loud", "'debug', 'info', 'warning' or 'error'"),
        ("TFDRIFT_STREAM_REPLICAS", "6", "less than or equal to 5"),
        ("TFDRIFT_RETENTION_HOURS", "0", "greater than 0"),
        ("TFDRIFT_RETENTION_HOURS", "nan", "less than or equal to"),
        ("TFDRIFT_DRAIN_SECONDS", "inf", "less than or equal to 300"),
        ("TFDRIFT_NATS_URL", ",", "write one such as nats://127.0.0.1:4222"),
        ("TFDRIFT_NATS_URL", "http://nats:4222", "nats, tls, ws, wss"),
        ("TFDRIFT_NATS_URL", "nats://a:4222,nats://b:port", "host and port"),
        ("TFDRIFT_NATS_URL", "nats://", "host and port"),
    ],
)
def test_an_invalid_value_is_one_sentence(variable: str, value: str, allowed: str) -> None:
    """The sentence names the variable, its purpose, what is allowed, and the value."""
    sentence = refused({variable: value})
    assert sentence.startswith(f"{variable} (")
    assert allowed in sentence
    assert sentence.endswith(f"got {value!r}")


@pytest.mark.parametrize("url", ["nats://a:4222, nats://b:4222 ,", "a:4222,b", "tls://a", "ws://a:80/path"])
def test_every_usual_form_of_a_server_is_taken(url: str) -> None:
    """The servers of a cluster are separated by commas, and spaces do not matter."""
    settings = Own.load({"TFDRIFT_NATS_URL": url})
    assert settings.nats_options("x").servers == tuple(part.strip() for part in url.split(",") if part.strip())


def test_a_secret_comes_from_a_file(tmp_path: Path) -> None:
    """An orchestrator mounts secrets as files, often with a line break at the end."""
    (tmp_path / "secret").write_text("s3cr3t\n", encoding="utf-8")
    settings = Own.load({"TFDRIFT_NATS_PASSWORD_FILE": str(tmp_path / "secret")})
    assert settings.nats_options("x").password == "s3cr3t"


def test_a_secret_file_for_other_services_is_not_read() -> None:
    """It may be mounted for those alone."""
    assert Own.load({"TFDRIFT_WEBHOOK_TOKEN_FILE": "/nowhere"}) == Own.load({})


@pytest.mark.parametrize(
    ("content", "why"),
    [(None, "cannot be read: No such file"), (b"", "is empty"), (b" \n", "is empty"), (b"s3cr3t\xff", "not UTF-8")],
)
def test_a_secret_file_without_a_secret_is_refused(tmp_path: Path, content: bytes | None, why: str) -> None:
    """An empty secret would let everybody in; the content of the file is not shown."""
    path = tmp_path / "secret"
    if content is not None:
        path.write_bytes(content)
    sentence = refused({"TFDRIFT_HASH_KEY_FILE": str(path)})
    assert sentence.startswith("TFDRIFT_HASH_KEY_FILE: ")
    assert str(path) in sentence
    assert why in sentence
    assert "s3cr3t" not in sentence


def test_a_secret_given_twice_is_refused(tmp_path: Path) -> None:
    """It would not be clear which one counts."""
    (tmp_path / "secret").write_text("b", encoding="utf-8")
    sentence = refused({"TFDRIFT_HASH_KEY": "a", "TFDRIFT_HASH_KEY_FILE": str(tmp_path / "secret")})
    assert "TFDRIFT_HASH_KEY_FILE and TFDRIFT_HASH_KEY are both set" in sentence


@pytest.mark.parametrize("variable", ["TFDRIFT_NATS_CREDS_FILE", "TFDRIFT_NATS_NKEY_FILE", "TFDRIFT_NATS_TLS_CA_FILE"])
def test_a_credentials_file_that_cannot_be_read_is_refused(variable: str) -> None:
    """It would otherwise look as if NATS were away."""
    settings = Own.load({variable: "/nowhere"})
    with pytest.raises(ConfigurationError, match=r"TFDRIFT_NATS_.*No such file"):
        settings.nats_options("x")


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("nats://u:s3cr3t@a:4222", "nats://(set)@a:4222"),
        ("nats://s3cr3t@a:4222", "nats://(set)@a:4222"),
        ("nats://u:s3cr3t@a:4222,nats://u:s3cr3t@b:4222", "nats://(set)@a:4222,nats://(set)@b:4222"),
        ("u:s3cr3t@a:4222", "(set)@a:4222"),
        ("nats://u:s3cr3t@h@a:4222", "nats://(set)@a:4222"),
        ("nats://a:4222", "nats://a:4222"),
    ],
)
def test_credentials_in_a_url_are_not_shown(url: str, shown: str) -> None:
    """`--check-config` can be pasted into a ticket."""
    assert Own.load({"TFDRIFT_NATS_URL": url}).redacted()["TFDRIFT_NATS_URL"] == shown


@pytest.mark.parametrize(
    ("sources", "shown"),
    [
        ("https://u:s3cr3t@h/net.tfstate#eu/net", "https://(set)@h/net.tfstate#eu/net"),
        ("file:///states/a@b/?/*.tfstate", "file:///states/a@b/?/*.tfstate"),
        ("/states/a@b/*.tfstate", "/states/a@b/*.tfstate"),
    ],
)
def test_credentials_of_a_source_are_not_shown(sources: str, shown: str) -> None:
    """The rest of the URL stays readable."""
    settings = IngestTfstateSettings.load({"TFDRIFT_STATE_SOURCES": sources})
    assert settings.redacted()["TFDRIFT_STATE_SOURCES"] == shown


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("TFDRIFT_NATS_URL", "http://u:s3cr3t@h"),
        ("TFDRIFT_NATS_URL", "nats://u:s3cr3t,s3cr3t@h"),
        ("TFDRIFT_NATS_URL", "nats://u:s3cr3t/s3cr3t@h"),
        ("TFDRIFT_STATE_SOURCES", "htps://u:s3cr3t@h/x.tfstate"),
        ("TFDRIFT_STATE_SOURCES", "https://h/x.tfstate?signature=s3cr3t#prod"),
    ],
)
def test_an_error_shows_no_credentials(variable: str, value: str) -> None:
    """Standard error is collected in logs."""
    sentence = refused({variable: value}, IngestTfstateSettings)
    assert variable in sentence
    assert "s3cr3t" not in sentence


def test_a_secret_is_never_printed() -> None:
    """It is neither in what is shown, nor in the text of the settings, nor in an error about another variable."""
    secrets = {"TFDRIFT_NATS_PASSWORD": "s3cr3t", "TFDRIFT_NATS_TOKEN": "s3cr3t", "TFDRIFT_HASH_KEY": "s3cr3t"}
    settings = Own.load(secrets)
    assert {name: settings.redacted()[name] for name in secrets} == dict.fromkeys(secrets, "(set)")
    assert "s3cr3t" not in str(settings) + repr(settings) + refused({**secrets, "TFDRIFT_ADMIN_PORT": "x"})
