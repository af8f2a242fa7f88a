"""The verbs of AWS's operations, and what each does to the resource of its noun."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

CREATES: Final = frozenset({"Create", "Allocate", "Import", "Register", "Request", "Run", "Upload", "Admin Create"})
UPSERTS: Final = frozenset({"Put"})
UPDATES: Final = frozenset({"Update", "Modify", "Set", "Change", "Admin Update", "Configure"})
DELETES: Final = frozenset({"Delete", "Terminate", "Deregister", "Release", "Deprovision", "Admin Delete"})
DETACHES: Final = frozenset({"Detach", "Disassociate", "Remove", "Deauthorize", "Unsubscribe"})
# Further verbs that may change a configuration, though not that of their noun. Others only use it: Send, Invoke.
_OTHERS: Final = (
    "Accept Activate Add Apply Assign Associate Attach Authorize Cancel Copy Deactivate Decrease Deploy Disable Enable "
    "Failover Grant Increase Lock Move Promote Provision Publish Reboot Rebalance Reject Rename Replace Reset Restore "
    "Resume Revoke Rotate Schedule Share Start Stop Suspend Switchover Transfer Unassign Undeploy Unlock Upgrade"
)
_ADMINS: Final = frozenset({"Admin Add", "Admin Disable", "Admin Enable", "Admin Remove", "Admin Reset", "Admin Set"})
TOUCHES: Final = CREATES | UPSERTS | UPDATES | DELETES | DETACHES | _ADMINS | frozenset(_OTHERS.split())

_VERB: Final = re.compile(r"(Admin)?([A-Z][a-z0-9]+)")
# Operations on many resources at once: only the response says which succeeded, if anything does.
_BATCH: Final = re.compile(r"Batch(?=[A-Z])")


@dataclass(frozen=True, slots=True)
class Deed:
    """An operation's name in parts: ``Delete`` and ``DBCluster``."""

    verb: str
    noun: str
    batch: bool


def deed_of(operation: str) -> Deed:
    """Returns an operation's verb and noun; ``AdminCreateUser`` has the verb ``Admin Create``."""
    batch = _BATCH.match(operation)
    name = operation[batch.end() :] if batch else operation
    found = _VERB.match(name)
    if found is None:
        return Deed("", name, bool(batch))
    verb = f"Admin {found[2]}" if found[1] else found[2]
    return Deed(verb, name[found.end() :], bool(batch))
