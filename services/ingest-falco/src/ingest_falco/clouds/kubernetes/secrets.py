"""Bodies of requests about Kubernetes secrets, without what the secrets contain: nobody downstream needs it."""

from __future__ import annotations

from typing import Final

from tfdrift.events import Json

_SECRET_MEMBERS: Final = ("data", "stringData")
_HIDDEN: Final = "****"
# kubectl's copy of the object, in its own annotations.
_COPY: Final = "kubectl.kubernetes.io/last-applied-configuration"
_COPY_PATH: Final = _COPY.replace("/", "~1")


def hide_values(resource: str, body: Json) -> Json:
    """A body without the values of a secret; the body of any other resource as it is."""
    if resource != "secrets":
        return body
    if isinstance(body, list):
        return [_without_value(operation) for operation in body if isinstance(operation, dict)]
    if not isinstance(body, dict):
        return None
    return {
        name: _HIDDEN if name in _SECRET_MEMBERS else value for name, value in body.items() if name != "metadata"
    } | {"metadata": _bare_metadata(body.get("metadata"))}


def _without_value(operation: dict[str, Json]) -> Json:
    """An operation of a JSON patch, without what it would write outside of the metadata."""
    path = str(operation.get("path"))
    is_harmless = path.startswith(("/metadata/labels/", "/metadata/annotations/")) and not path.endswith(_COPY_PATH)
    return operation if is_harmless else {name: value for name, value in operation.items() if name != "value"}


def _bare_metadata(metadata: Json) -> Json:
    """An object's metadata without kubectl's copy of the object."""
    if not isinstance(metadata, dict):
        return metadata
    annotations = metadata.get("annotations")
    if not isinstance(annotations, dict):
        return metadata
    return {**metadata, "annotations": {key: value for key, value in annotations.items() if key != _COPY}}
