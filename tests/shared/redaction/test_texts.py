"""Secrets are found within texts of any attribute."""

from __future__ import annotations

import time

import pytest

from tfdrift.redaction.texts import is_secret_text, masked

SECRET = "hunter2-correct-horse"
PEM = f"-----BEGIN EC PRIVATE KEY-----\n{SECRET.replace('-', '')}\n-----END EC PRIVATE KEY-----"


@pytest.mark.parametrize(
    "text",
    [
        f"see postgres://app:{SECRET}@db.example.com/app for details",
        f"jdbc:postgresql://db/app?user=app&password={SECRET}&ssl=true",
        f"jdbc:oracle:thin:scott/{SECRET}@//db:1521/x",
        f"host=db user=app password={SECRET} dbname=app",
        f"app:{SECRET}@tcp(db:3306)/app",
        f"Server=tcp:x,1433;User ID=a;Password={SECRET};Encrypt=true",
        f"glue-job --db_password {SECRET} --verbose",
        f"glue-job --db_password={SECRET}",
        f"java -Djavax.net.ssl.keyStorePassword={SECRET} -jar app.jar",
        f"DB_HOST=db\nDB_PASSWORD={SECRET}\n",
        f"database:\n  host: db\n  password: {SECRET}\n",
        f"env:\n  - name: API_TOKEN\n    value: {SECRET}\n",
        f'password = "{SECRET}"',
        f"<config><password>{SECRET}</password></config>",
        f"curl -u deploy:{SECRET} https://example.com",
        f"mysql -h db -u root -p{SECRET} app",
        f"sshpass -p {SECRET} ssh root@host",
        f"machine example.com login deploy password {SECRET}",
        f"curl -H 'Authorization: Bearer {SECRET}'",
        f"https://hooks.slack.com/services/T0/B0/{SECRET}",
        f"https://a.blob.core.windows.net/a.zip?sv=2024-11-04&sig={SECRET}",
        f"docker run -e DB_PASSWORD={SECRET} app",
        f"gh auth login --with-token ghp_{SECRET.replace('-', '')}{'a' * 20}",
        f"The key is sk_live_{SECRET.replace('-', '')}aaaaaa.",
        f"cat <<E\n{PEM}\nE",
    ],
)
def test_a_secret_within_a_text_is_found_and_masked(text: str) -> None:
    """The text is secret, and masking removes the secret and leaves the rest."""
    assert is_secret_text(text)
    shown = masked(text, "(sensitive)")
    assert SECRET not in shown
    assert SECRET.replace("-", "") not in shown
    assert "(sensitive)" in shown
    assert masked(shown, "(sensitive)") == shown


@pytest.mark.parametrize(
    "text",
    [
        "The password policy requires 14 characters.",
        "token: true",
        "password = var.db_password",
        "password: ${DB_PASSWORD}",
        "--secret-id arn:aws:secretsmanager:eu-central-1:123456789012:secret:db",
        "https://example.com:8443/?mail=a@b",
        "https://example.com/?keyword=a&tokens=3",
        "arn:aws:iam::123456789012:role/app",
        "ssh://git@github.com:22/a.git",
        "https://hooks.slack.com/services",
        "sk-learn.preprocessing.scaling",
        '{"Statement": [{"Condition": {"StringEquals": {"aws:RequestTag/token": "blue"}}}]}',
        "module.net.aws_subnet.private[0]",
    ],
)
def test_a_text_without_a_secret_stays(text: str) -> None:
    """A reference to a secret, a policy or a port is none."""
    assert not is_secret_text(text)
    assert masked(text, "(sensitive)") == text


@pytest.mark.parametrize(
    "text",
    [
        "a" * 400_000 + "=",
        ";" + " " * 400_000 + "=",
        "://" * 100_000 + "@",
        "://" + "a" * 400_000 + ".webhook",
        "eyJ" + "a" * 400_000 + ".",
        "eyJ" * 100_000,
        "?" * 400_000 + "=",
        "password" * 50_000,
        "password=" * 40_000,
        "-p" * 200_000,
        "mysql " * 60_000,
        "a:" * 200_000 + "@",
        "name: " * 60_000,
        "<a>" * 100_000,
        "-----BEGIN PRIVATE KEY-----" * 10_000,
        "sk-" * 100_000 + "T3BlbkFJ",
        "key:" + " " * 300_000,
    ],
)
def test_looking_for_secrets_takes_time_in_proportion_to_the_text(text: str) -> None:
    """What looks like the begin of a secret at every character is not searched to its end from each."""
    start = time.process_time()
    masked(text, "(sensitive)")
    assert time.process_time() - start < 5
