"""The values of the key-value buckets, and their keys.

``tfdrift_state`` has one `ResourceRecord` for each managed resource instance, ``tfdrift_workspaces`` one
`WorkspaceHead` for each workspace, and ``tfdrift_drifts`` one `DriftRecord` for each drift.
"""

from __future__ import annotations

import hashlib
from typing import Final

from pydantic import ConfigDict

from tfdrift.envelope import Envelope, rfc3339
from tfdrift.events import Drift, Json, Payload, Timestamp
from tfdrift.subjects import Provider

STATE_BUCKET: Final = "tfdrift_state"
WORKSPACES_BUCKET: Final = "tfdrift_workspaces"
DRIFTS_BUCKET: Final = "tfdrift_drifts"
CLAIMS_BUCKET: Final = "tfdrift_claims"

# The entry of ``tfdrift_workspaces`` with the key of the keyed hashes, where the operator set none.
HASH_KEY: Final = "hash_key"

# The last token of the key in ``tfdrift_state`` that fences the writes of a workspace's records.
FENCE: Final = "fence"

# A value that must not or cannot leave ingest-tfstate is replaced by an object with exactly one of these members: the
# keyed hash of the value's canonical JSON. Equal values have equal hashes; a hash reveals nothing else.
SENSITIVE_MEMBER: Final = "tfdrift:sensitive"
OVERSIZED_MEMBER: Final = "tfdrift:oversized"


def digest(text: str, length: int = 32) -> str:
    """Return a short name for any text, safe as a token of a key: the beginning of its SHA-256 in hex."""
    return hashlib.sha256(text.encode()).hexdigest()[:length]


def workspace_key(workspace: str) -> str:
    """Return the key of a workspace's head."""
    return digest(workspace, 16)


def resource_key(workspace: str, address: str) -> str:
    """Return the key of a resource instance; it begins with the workspace's token, so that a watch can follow one."""
    return f"{workspace_key(workspace)}.{digest(address)}"


def fence_key(workspace: str) -> str:
    """The key of the fence (`tfdrift.bus.fence`) of a workspace's records; no address has it, being no digest."""
    return f"{workspace_key(workspace)}.{FENCE}"


def hidden_hash(value: Json) -> str | None:
    """Return the keyed hash that replaces a sensitive or oversized value; None for an ordinary value."""
    if isinstance(value, dict) and len(value) == 1:
        found = value.get(SENSITIVE_MEMBER, value.get(OVERSIZED_MEMBER))
        return found if isinstance(found, str) else None
    return None


class Record(Payload):
    """A value of a bucket."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class Removal(Record):
    """The serial that removed a resource.

    Attributes:
        reason: why it is removed, where no state says so: its workspace was retired.
        moved_to: the address at which it goes on.
    """

    serial: int
    recorded_at: Timestamp
    reason: str | None = None
    moved_to: str | None = None


class RecordedChange(Record):
    """One serial that changed a resource: the values that the changed top-level attributes had before it.

    Attributes:
        created: the serial brought the resource to its address.
        moved: the resource had another address before, so this is no new incarnation.
        removed: the removal that a creation follows, where the address was used before.
        previous_address: the address from which the resource moved.
    """

    serial: int
    recorded_at: Timestamp
    before: dict[str, Json]
    created: bool = False
    moved: bool = False
    removed: Removal | None = None
    previous_address: str | None = None


class ResourceRecord(Record):
    """One managed resource instance as the state records it, with secrets and very large values hashed.

    A removed resource stays as a tombstone (``removed``) for the retention time, since audit events arrive minutes
    late.

    Attributes:
        name: the resource's local name, ``web`` in ``module.net["a"].aws_instance.web[0]``.
        account_id, region: where the resource is, as far as its attributes or ARN show; None is unknown.
        attributes: the provider's attributes, top level by name.
        flat: the attributes come from a state of Terraform before 0.12: every value is a text, and sets have no order.
        changes: the latest serials that changed the resource, oldest first, at most `MAX_CHANGES`.
        origin: what names the resource in place of its address, because one of the two moved: its first address, or
            its address with a serial, where another resource had moved away from it. A drift keeps its id by it.
    """

    workspace: str
    address: str
    type: str
    name: str
    provider: Provider
    id: str | None
    account_id: str | None
    region: str | None
    lineage: str
    serial: int
    recorded_at: Timestamp
    attributes: dict[str, Json]
    flat: bool = False
    changes: tuple[RecordedChange, ...] = ()
    removed: Removal | None = None
    origin: str | None = None


MAX_CHANGES: Final = 16


class WorkspaceHead(Record):
    """The last good state of a workspace.

    Attributes:
        digest: of the state's bytes and of the redaction rules, so that unchanged bytes are not parsed again.
        resource_count: how many managed resource instances there are.
        data_source_count: how many instances of data sources there are.
        types: how many managed instances there are of each resource type.
        fence: the revision of the workspace's fence (`fence_key`) under which its records were written.
        condition: why a newer state is refused, such as ``unreadable``; None when it is not.
    """

    workspace: str
    source: str
    lineage: str
    serial: int
    digest: str
    terraform_version: str | None
    recorded_at: Timestamp
    resource_count: int
    data_source_count: int
    types: dict[str, int]
    fence: int = 0
    condition: str | None = None


class DriftRecord(Record):
    """A drift, and which of its versions the ledger has; see `tfdrift.outbox`.

    Attributes:
        version: counts the changes of the drift, from 1.
        published: the version that the ledger has; if lower than ``version``, that one is still to be published.
        received: when the pipeline first saw the cause of this version, to measure latency.
        occurred: when that cause happened in the cloud.
    """

    drift: Drift
    version: int
    published: int
    received: Timestamp
    occurred: Timestamp | None

    def encode(self, drift: bytes | None = None) -> bytes:
        """Return compact JSON; the drift's own, which is long and written three times a version, may be given."""
        occurred = f'"{rfc3339(self.occurred)}"' if self.occurred is not None else "null"
        rest = f',"version":{self.version},"published":{self.published},"received":"{rfc3339(self.received)}"'
        return b'{"drift":%b%b,"occurred":%b}' % (drift or self.drift.encode(), rest.encode(), occurred.encode())

    def envelope(self, drift: bytes | None = None) -> Envelope:
        """Return the envelope of this version on the ledger; its id does not depend on the publisher.

        Args:
            drift: the drift's own JSON, where the caller has it.
        """
        return Envelope(
            message_id=f"drift:{self.drift.id}:{self.version}:{digest((drift or self.drift.encode()).decode(), 10)}",
            received=self.received,
            occurred=self.occurred,
            workspace=self.drift.workspace,
        )
