"""Turns a bucket's access control list into the ``grant`` blocks of ``aws_s3_bucket``, one for each grantee.

Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketAcl.html. The log has the grantee's type as the
attribute ``xsi:type``.
"""

from __future__ import annotations

from drift_detector.facts.document import Document, elements, scalar
from drift_detector.facts.no_value import MISSING
from tfdrift.events import Json


def grants_of(found: Json, document: Document) -> list[Json]:
    """Returns a block for each grantee of a list of S3's ``Grant``: ``type``, ``id``, ``uri`` and ``permissions``."""
    permissions: dict[tuple[str, str, str], list[Json]] = {}
    for grant in elements(found) or ():
        grantee = document.member(grant, "grantee")
        permission = document.member(grant, "permission")
        if grantee is MISSING or permission is MISSING:
            continue
        kind, name, uri = (_text(grantee, member, document) for member in ("xsi:type", "id", "uri"))
        permissions.setdefault((kind or ("Group" if uri else "CanonicalUser"), name, uri), []).append(
            scalar(permission)
        )
    return [
        {"type": kind, "id": name, "uri": uri, "permissions": given} for (kind, name, uri), given in permissions.items()
    ]


def _text(grantee: Json, member: str, document: Document) -> str:
    value = document.member(grantee, member)
    return "" if value is MISSING else str(scalar(value))
