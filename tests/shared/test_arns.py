"""ARNs, which every service reads in one way."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tfdrift.arns import Arn, parse_arn

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(
    ("text", "account_id", "tail"),
    [
        ("arn:aws:iam::123456789012:role/path/app", "123456789012", "app"),
        ("arn:aws:iam::aws:policy/ReadOnlyAccess", None, "ReadOnlyAccess"),
        ("arn:aws:s3:::logs", None, "logs"),
        ("arn:aws-cn:lambda:cn-north-1:123456789012:function:shop", "123456789012", "shop"),
        ("arn:aws:sns:eu-west-1:123456789012:alarms:a1b2", "123456789012", "a1b2"),
    ],
)
def test_an_arn_tells_its_account_and_the_name_at_its_end(text: str, account_id: str | None, tail: str) -> None:
    """Parts that it does not have are unknown."""
    arn = parse_arn(text)
    assert arn is not None
    assert (arn.account_id, arn.tail) == (account_id, tail)


def test_the_resource_keeps_its_colons() -> None:
    """Only the first five separate parts."""
    group = "arn:aws:logs:eu-west-1:123456789012:log-group:/shop/web:*"
    assert parse_arn(group) == Arn("aws", "logs", "eu-west-1", "123456789012", "log-group:/shop/web:*")


@pytest.mark.parametrize("text", ["", "shop", "arn:aws:s3", "urn:a:b:c:d:e"])
def test_any_other_text_is_none(text: str) -> None:
    """A name may have colons too."""
    assert parse_arn(text) is None


@pytest.mark.parametrize(
    ("what", "only_in"),
    [
        (r'split\(":", 5\)', set()),
        (r'"icmpv6"', {"facts/protocols.py"}),
        (r"hmac\.new\(key", {"redaction/keyed_hash.py"}),
        (r'"aws_cloudfront_"|"networkmanager"', set()),
        (r're\.compile\(r"\[A-Za-z_\]\[A-Za-z0-9_-\]\*"\)', {"tfdrift/attribute_paths.py"}),
        (r'"sourceAddressPrefix"', {"azure/security_rules.py"}),
        (r'"ipprotocol"', {"gcp/firewall_rules.py", "aws/security_group_rules.py"}),
    ],
)
def test_it_is_known_in_one_place(what: str, only_in: set[str]) -> None:
    """A second reader or table would come to say something else."""
    files = [path for folder in ("shared/src", "services") for path in (ROOT / folder).rglob("*.py")]
    found = {"/".join(path.parts[-2:]) for path in files if re.search(what, path.read_text(encoding="utf-8"))}
    assert found == only_in
