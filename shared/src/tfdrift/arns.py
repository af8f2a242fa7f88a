"""Reads Amazon Resource Names.

Source: AWS General Reference, "Amazon Resource Names (ARNs)": ``arn:partition:service:region:account:resource``.
"""

from __future__ import annotations

import re
from typing import Final, NamedTuple

_PARTS: Final = 6
_ACCOUNT: Final = re.compile(r"\d{12}")


class Arn(NamedTuple):
    """The parts of an ARN; a region or account that it does not have is empty.

    Attributes:
        account: usually an account id; ``aws`` for what belongs to AWS itself.
        resource: the rest, with its slashes and colons: ``role/path/app``.
    """

    partition: str
    service: str
    region: str
    account: str
    resource: str

    @property
    def account_id(self) -> str | None:
        """The account's id; None if the ARN has none, as those of S3 buckets and of AWS's own policies."""
        return self.account if _ACCOUNT.fullmatch(self.account) else None

    @property
    def tail(self) -> str:
        """The resource's own name: ``app`` for ``role/path/app`` and for ``function:app``."""
        return self.resource.rsplit("/" if "/" in self.resource else ":", 1)[-1]


def parse_arn(text: str) -> Arn | None:
    """Returns the parts of an ARN; None for any other text."""
    if not text.startswith("arn:"):
        return None
    parts = text.split(":", _PARTS - 1)
    return Arn(*parts[1:]) if len(parts) == _PARTS else None
