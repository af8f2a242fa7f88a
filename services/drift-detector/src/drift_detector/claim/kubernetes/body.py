"""Reads the body of a request to a Kubernetes API server into operations on the attributes of a state.

A body is the whole object or a patch of it. The audit event does not have the header ``Content-Type``, so it does not
say which kind of patch. A list of operations is a JSON patch (RFC 6902). Every kind of patch merges maps key by key.
The kind that kubectl sends merges containers, volumes, variables and ports by name or number, and they are read so
here: what such a list leaves out is not claimed to be removed. Other lists are replaced.

Sources: https://kubernetes.io/docs/tasks/manage-kubernetes-objects/update-api-object-kubectl-patch/, and what the
provider records (``structures.go`` and ``structures_container.go`` of terraform-provider-kubernetes).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

from drift_detector.facts.attribute_paths import Part, format_attribute
from drift_detector.facts.call import Operation
from drift_detector.facts.document import is_truncated
from tfdrift.events import TRUNCATED, Json

# Stands in a body for a list of which a JSON patch changes a part. The mapping claims it as unknown.
HIDDEN: Final = "****"

# The most places that a JSON patch may skip in a list: pods have few containers.
_MAX_GAP: Final = 100
_MAX_PLACE_DIGITS: Final = 9

# Where an object has its pod template, in the API and in a state, whose blocks are lists of one.
_TEMPLATES: Final[tuple[tuple[tuple[str, ...], tuple[Part, ...]], ...]] = (
    (("spec", "template", "spec"), ("spec", 0, "template", 0, "spec", 0)),
    (
        ("spec", "jobTemplate", "spec", "template", "spec"),
        ("spec", 0, "job_template", 0, "spec", 0, "template", 0, "spec", 0),
    ),
)
_CONTAINERS: Final = {"containers": "container", "initContainers": "init_container"}
# The members of a container, by their place in the API and in a state.
_MEMBERS: Final[tuple[tuple[tuple[str, ...], tuple[Part, ...]], ...]] = (
    (("image",), ("image",)),
    (("imagePullPolicy",), ("image_pull_policy",)),
    (("command",), ("command",)),
    (("args",), ("args",)),
    (("securityContext", "privileged"), ("security_context", 0, "privileged")),
    (("securityContext", "allowPrivilegeEscalation"), ("security_context", 0, "allow_privilege_escalation")),
    (("securityContext", "readOnlyRootFilesystem"), ("security_context", 0, "read_only_root_filesystem")),
    (("securityContext", "runAsNonRoot"), ("security_context", 0, "run_as_non_root")),
    (("securityContext", "runAsUser"), ("security_context", 0, "run_as_user")),
    (("securityContext", "capabilities", "add"), ("security_context", 0, "capabilities", 0, "add")),
    (("securityContext", "capabilities", "drop"), ("security_context", 0, "capabilities", 0, "drop")),
)
_QUANTITIES: Final = ("limits", "requests")

# The lists whose elements the mapping reads by Terraform's names.
_LISTS: Final = (("rules",), ("subjects",), ("spec", "ports"))
_CAMEL: Final = re.compile(r"(?<=[a-z0-9])([A-Z])")
_MAPS: Final = {"configmaps": ("data", "binaryData")}


def body_of(request: Json, *, is_patch: bool) -> dict[str, Any]:
    """Returns a request's body as an object, with Terraform's names in the lists that the mapping reads.

    A JSON patch becomes the object that it sets, with `HIDDEN` for a list other than containers of which it changes
    elements. A patch merges ports by number, so they are moved to ``portsPatch``.
    """
    body = _patched(request) if isinstance(request, list) else request
    if not isinstance(body, dict):
        return {}
    for path in _LISTS:
        listed = _at(body, path)
        if isinstance(listed, list):
            merges = is_patch and path[-1] == "ports"
            named = [_snaked(one) for one in listed]
            holder = _at(body, path[:-1])
            changed = {key: value for key, value in holder.items() if key != path[-1]}
            changed["portsPatch" if merges else path[-1]] = named
            body = changed if len(path) == 1 else {**body, path[0]: changed}
    return body


def operations_of(resource: str, body: dict[str, Any]) -> Iterator[Operation]:
    """Yields what a body says of labels, annotations, a config map's data and the containers of a template."""
    for name in ("labels", "annotations"):
        for key, value in _entries(_at(body, ("metadata", name))):
            attribute = format_attribute("metadata", 0, name, key)
            yield _set(attribute, value, only_recorded=is_internal(key))
    for name in _MAPS.get(resource, ()):
        for key, value in _entries(body.get(name)):
            yield _set(format_attribute(_snake(name), key), value)
    for path, place in _TEMPLATES:
        template = _at(body, path)
        if isinstance(template, dict):
            yield from _pod(template, place)


def is_internal(key: str) -> bool:
    """Whether the provider records the key of a label or annotation only if the configuration has it."""
    domain = key.partition("/")[0]
    kept = domain in ("app.kubernetes.io", "service.beta.kubernetes.io")
    return (domain.endswith("kubernetes.io") and not kept) or "deprecated.daemonset.template.generation" in key


def _pod(pod: dict[str, Any], place: tuple[Part, ...]) -> Iterator[Operation]:
    for name, block in _CONTAINERS.items():
        for position, container in enumerate(_list(pod.get(name))):
            if isinstance(container, dict):
                # A container without a name is an element of a JSON patch, which gives its place.
                name_of = container.get("name")
                part = name_of if isinstance(name_of, str) and name_of else position
                yield from _container(container, (*place, block, part))
    for volume in _list(pod.get("volumes")):
        path = _at(volume, ("hostPath", "path"))
        if path is not None and isinstance(volume.get("name"), str):
            yield _set(format_attribute(*place, "volume", volume["name"], "host_path", 0, "path"), path)


def _container(container: dict[str, Any], place: tuple[Part, ...]) -> Iterator[Operation]:
    if container.get("$patch") == "delete":
        yield Operation(attribute=format_attribute(*place, "image"), value=None)
        return
    for path, attribute in _MEMBERS:
        holder = _at(container, path[:-1])
        if isinstance(holder, dict) and path[-1] in holder:
            yield _set(format_attribute(*place, *attribute), holder[path[-1]])
    for name in _QUANTITIES:
        for key, value in _entries(_at(container, ("resources", name))):
            yield _set(format_attribute(*place, "resources", 0, name, key), value)
    variables = container.get("env")
    if variables == HIDDEN:
        yield _set(format_attribute(*place, "env"), HIDDEN)
    for variable in _list(variables):
        if isinstance(variable, dict) and isinstance(variable.get("name"), str):
            # A variable that is taken from another object has no value of its own.
            name = format_attribute(*place, "env", variable["name"], "value")
            yield _set(name, None if "$patch" in variable else _value(variable))


def _value(holder: dict[str, Any]) -> Json:
    """The member ``value``; the mark of a lost end where the object ends before it."""
    return TRUNCATED if TRUNCATED in holder else holder.get("value")


def _set(attribute: str, value: Json, *, only_recorded: bool = False) -> Operation:
    is_unknown = value == HIDDEN or is_truncated(value)
    return Operation(
        attribute=attribute, value=None if is_unknown else value, unknown=is_unknown, only_recorded=only_recorded
    )


def _entries(entries: Json) -> Iterator[tuple[str, Json]]:
    if isinstance(entries, dict):
        yield from ((key, value) for key, value in entries.items() if not key.startswith("$") and key != TRUNCATED)


def _at(value: Json, path: tuple[str, ...]) -> Any:
    for name in path:
        value = value.get(name) if isinstance(value, dict) else None
    return value


def _list(value: Json) -> list[Any]:
    return value if isinstance(value, list) else []


def _snake(name: str) -> str:
    return _CAMEL.sub(r"_\1", name).lower().replace("_u_r_ls", "_urls")


def _snaked(element: Json) -> Json:
    return {_snake(name): value for name, value in element.items()} if isinstance(element, dict) else element


def _patched(operations: list[Json]) -> dict[str, Any]:
    body: dict[str, Any] = {}
    for operation in operations:
        if isinstance(operation, dict) and operation.get("op") in ("add", "replace", "remove"):
            names = [part.replace("~1", "/").replace("~0", "~") for part in str(operation.get("path")).split("/")[1:]]
            if names and not _is_place(names[0]):
                _put(body, names, _value(operation))
    return body


def _put(body: dict[str, Any], names: list[str], value: Json) -> None:
    """Sets a value at a path. A container is put at its index, after empty ones; any other list is hidden."""
    holder: Any = body
    for position, name in enumerate(names):
        following = names[position + 1 : position + 2]
        key: Any = name
        if isinstance(holder, list):
            key = len(holder) if name == "-" else int(name[:_MAX_PLACE_DIGITS])
            if key > len(holder) + _MAX_GAP:
                return
            holder.extend({} for _ in range(key + 1 - len(holder)))
        if not following:
            holder[key] = value
            return
        if _is_place(following[0]) and name not in _CONTAINERS:
            holder[key] = HIDDEN
            return
        inner = holder[key] if isinstance(holder, list) else holder.get(key)
        wanted = list if _is_place(following[0]) else dict
        if not isinstance(inner, wanted):
            inner = holder[key] = wanted()
        holder = inner


def _is_place(name: str) -> bool:
    """Whether a member of a path is an element of a list; the name of a config map's key may look like one."""
    return name.isdecimal() or name == "-"
