"""The values of the key-value buckets, and the keys that they stand under.

``tfdrift_state`` holds one `ResourceRecord` a managed resource instance, ``tfdrift_workspaces`` one
`WorkspaceHead` a workspace, and ``tfdrift_drifts`` one `DriftRecord` a drift.
"""

from __future__ import annotations

import hashlib
from typing import Final

from pydantic import ConfigDict

from tfdrift.envelope import Envelope
from tfdrift.events import Drift, Json, Payload, Timestamp
from tfdrift.subjects import Provider

STATE_BUCKET: Final = "tfdrift_state"
WORKSPACES_BUCKET: Final = "tfdrift_workspaces"
DRIFTS_BUCKET: Final = "tfdrift_drifts"
CLAIMS_BUCKET: Final = "tfdrift_claims"

# The key of ``tfdrift_workspaces`` that holds the key of the hashes, where no operator gave one.
HASH_KEY: Final = "hash_key"

# The last token of the key in ``tfdrift_state`` that fences the writes of a workspace's records.
FENCE: Final = "fence"

# In place of a value that must not or cannot leave ingest-tfstate stands an object with exactly one of these
# members: the keyed hash of the value's canonical JSON. Equal values have equal hashes; nothing else can be told.
SENSITIVE_MEMBER: Final = "tfdrift:sensitive"
OVERSIZED_MEMBER: Final = "tfdrift:oversized"


def digest(text: str, length: int = 32) -> str:
    """A short name for any text, safe as a key token: the begin of its SHA-256 in hex, 4 bits a character."""
    return hashlib.sha256(text.encode()).hexdigest()[:length]


def workspace_key(workspace: str) -> str:
    """The key of a workspace's head."""
    return digest(workspace, 16)


def resource_key(workspace: str, address: str) -> str:
    """The key of a resource instance: the workspace's token first, so a watch can follow one workspace."""
    return f"{workspace_key(workspace)}.{digest(address)}"


def fence_key(workspace: str) -> str:
    """The key of the fence (`tfdrift.bus.fence`) of a workspace's records; no address has it, being no digest."""
    return f"{workspace_key(workspace)}.{FENCE}"


def hidden_hash(value: Json) -> str | None:
    """The keyed hash that stands in place of a sensitive or oversized value; None for an ordinary value."""
    if isinstance(value, dict) and len(value) == 1:
        found = value.get(SENSITIVE_MEMBER, value.get(OVERSIZED_MEMBER))
        return found if isinstance(found, str) else None
    return None


class Record(Payload):
    """A value of a bucket."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class Removal(Record):
    """The serial that no longer holds a resource.

    Attributes:
        reason: why it is removed, where no state says so: its workspace was retired.
    """

    serial: int
    recorded_at: Timestamp
    reason: str | None = None


class RecordedChange(Record):
    """One serial that changed a resource: the values that the changed top-level attributes had before it.

    ``created`` marks the serial that brought the resource to its address, and ``moved`` that it had another one before:
    then its life goes on. ``removed`` tells of the removal that a creation follows, where the address was used before.
    """

    serial: int
    recorded_at: Timestamp
    before: dict[str, Json]
    created: bool = False
    moved: bool = False
    removed: Removal | None = None


class ResourceRecord(Record):
    """One managed resource instance as the state records it, secrets and very large values hashed.

    A resource that left the state stays as a tombstone (``removed``) for the retention time, since a cloud's
    audit events arrive minutes late.

    Attributes:
        name: the resource's local name, ``web`` in ``module.net["a"].aws_instance.web[0]``.
        account_id, region: where the resource lives, as far as its attributes or ARN tell; None is unknown.
        attributes: the provider's attributes, top level by name.
        flat: a state of Terraform before 0.12 gave them: every value in them is a text, and sets are in no order.
        changes: the most recent serials that changed the resource, oldest first, at most `MAX_CHANGES`.
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


MAX_CHANGES: Final = 16


class WorkspaceHead(Record):
    """The last good state of a workspace.

    Attributes:
        digest: of the state's bytes and of what is hidden of a state, so that unchanged bytes are not parsed again.
        resource_count: managed resource instances.
        data_source_count: data source instances, which are read and not managed.
        types: how many managed instances of each resource type.
        fence: the revision of the workspace's fence (`fence_key`) under which its records were written.
        condition: what keeps a newer state from being taken, such as ``unreadable``; None when all is well.
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
    """A drift, and how far its telling has come.

    Attributes:
        version: counts the changes of the drift, from 1.
        published: the version that the ledger has; a lower one than ``version`` is still to be published.
        received: when the pipeline first saw the cause of this version, for the latency that clients see.
        occurred: when that cause happened in the cloud.
    """

    drift: Drift
    version: int
    published: int
    received: Timestamp
    occurred: Timestamp | None

    def envelope(self) -> Envelope:
        """The envelope of this version on the ledger: the same id from whoever publishes it."""
        return Envelope(
            message_id=f"drift:{self.drift.id}:{self.version}:{digest(self.drift.encode().decode(), 10)}",
            received=self.received,
            occurred=self.occurred,
            workspace=self.drift.workspace,
        )
