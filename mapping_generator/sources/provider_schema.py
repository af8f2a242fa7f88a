"""The AWS provider's schema: read from npm's ``@cdktf/provider-aws``, kept as a snapshot in this folder.

That package is generated from the provider's own schema, one class for each resource type and each nested block. A
getter tells an attribute's type (``getStringAttribute("name")``), its setter that it can be configured, a missing reset
method that it must be. A block that may stand only once is a single reference, others are lists of references. Types
with very many blocks keep those in files of their own, in a folder beside the type's.
"""

from __future__ import annotations

import gzip
import json
import re
import subprocess
import tarfile
import tempfile
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any, Final

PACKAGE: Final = "@cdktf/provider-aws"
SNAPSHOT: Final = Path(__file__).with_name("provider_schema.json.gz")

_CLASS: Final = re.compile(r"^class (\w+) extends cdktf\.(\w+) \{\n(.*?)^\}\n", re.S | re.M)
_GETTER: Final = re.compile(r"^    get (\w+)\(\) \{\n.*?return (.*?);", re.S | re.M)
_FIELD: Final = re.compile(
    r"this\._(\w+) = new (?:\w+_1\.)?((?:cdktf\.)?\w+)\(this, [\"']([^\"']+)[\"'](?:, (true|false))?\)"
)
_SOURCE: Final = re.compile(r"package/lib/(?!data-)([\w-]+)/(?:index-structs/structs\d+|index)\.js")
_TYPE: Final = re.compile(r"^(\w+)\.tfResourceType = \"(\w+)\";", re.M)
_STRUCT: Final = re.compile(r"^ +\"?([\w-]+)\"?: \{\n +value: .*?,\n +isBlock: \w+,\n +type: \"struct\",", re.M)
_PRIMITIVE: Final = re.compile(r"this\.get(String|Number|Boolean)?(List|Map|NumberList|)Attribute\([\"']([^\"']+)[\"']")
_UNTOLD: Final = re.compile(r"this\.interpolationForAttribute\([\"']([^\"']+)[\"']")
_SCALARS: Final = {"String": "string", "Number": "number", "Boolean": "bool"}


@dataclass(frozen=True, slots=True)
class Attribute:
    """One attribute, or one nested block with its members.

    Attributes:
        kind: string, number, bool, list, set, map, block, or any if the source does not say.
        element: the kind of the elements of a list, set or map.
        once: whether a state has a block as a list of at most one.
    """

    kind: str
    element: str = ""
    configurable: bool = False
    required: bool = False
    once: bool = False
    members: Mapping[str, Attribute] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Schema:
    """Every resource type with its attributes, and the versions of the sources."""

    package: str
    provider: str
    types: Mapping[str, Mapping[str, Attribute]]


def packed(version: str, package: str = PACKAGE) -> Schema:
    """Returns the schema in a version of an npm package, which npm's own client downloads."""
    with tempfile.TemporaryDirectory() as folder:
        command = ["npm", "pack", "--silent", f"{package}@{version}"]
        done = subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True)  # noqa: S603
        return read_package(Path(folder) / done.stdout.split()[-1])


def read_package(archive: Path) -> Schema:
    """Returns the schema in the package's archive."""
    sources: dict[str, list[str]] = defaultdict(list)
    about: dict[str, Any] = {}
    with tarfile.open(archive) as tar:
        for member in tar:
            named = _SOURCE.fullmatch(member.name)
            source = tar.extractfile(member) if named or member.name == "package/package.json" else None
            if source is None:
                continue
            if named is None:
                about = json.load(source)
            else:
                sources[named[1]].append(source.read().decode())
    found = (parse_source("\n".join(texts)) for name, texts in sources.items() if name != "provider")
    types = dict(one for one in found if one is not None)
    return Schema(about["version"], about["cdktf"]["provider"]["version"], dict(sorted(types.items())))


def parse_source(source: str) -> tuple[str, dict[str, Attribute]] | None:
    """Returns the resource type that one source file defines, with its attributes; None if it defines none."""
    named = _TYPE.search(source)
    if named is None:
        return None
    classes = {found[1]: (found[2], found[3]) for found in _CLASS.finditer(source)}
    return named[2], _attributes(named[1], classes, frozenset(_STRUCT.findall(source)), ())


def _attributes(
    name: str, classes: Mapping[str, tuple[str, str]], structs: frozenset[str], outer: tuple[str, ...]
) -> dict[str, Attribute]:
    if name not in classes or name in outer:
        return {}
    body = classes[name][1]
    fields = {found[1]: (found[2], found[3], found[4] == "true") for found in _FIELD.finditer(body)}
    settable = set(re.findall(r"^    set (\w+)\(", body, re.M)) | _methods("put", body)
    resettable = _methods("reset", body)
    attributes: dict[str, Attribute] = {}
    for getter in _GETTER.finditer(body):
        property_, expression = getter[1], getter[2]
        configurable = property_ in settable
        if found := _PRIMITIVE.search(expression):
            path, attribute = found[3], Attribute(*_primitive(found, expression))
        elif found := _UNTOLD.search(expression):
            path, attribute = found[1], Attribute("any")
        elif (found := re.fullmatch(r"this\._(\w+)", expression)) and found[1] in fields:
            kind, path, wraps = fields[found[1]]
            attribute = _nested(kind, path, wraps, (classes, structs, (*outer, name)))
        else:
            continue
        required = configurable and property_ not in resettable
        if not property_.endswith("Input"):
            attributes[path] = replace(attribute, configurable=configurable, required=required)
    return dict(sorted(attributes.items()))


def _methods(verb: str, body: str) -> set[str]:
    return {name[0].lower() + name[1:] for name in re.findall(rf"^    {verb}(\w+)\(", body, re.M)}


def _primitive(found: re.Match[str], expression: str) -> tuple[str, str]:
    scalar, collection = found[1], found[2]
    if not collection:
        return _SCALARS.get(scalar or "", "any"), ""
    if collection == "Map":
        return "map", _SCALARS.get(scalar or "", "any")
    element = "number" if collection == "NumberList" or scalar == "Number" else "string"
    return ("set" if "tolist" in expression else "list"), element


def _nested(
    kind: str,
    path: str,
    wraps: bool,
    scope: tuple[Mapping[str, tuple[str, str]], frozenset[str], tuple[str, ...]],
) -> Attribute:
    classes, structs, outer = scope
    base = classes.get(kind, ("", ""))[0]
    if kind.startswith("cdktf") or base == "ComplexMap" or kind not in classes:
        return Attribute("map" if kind.startswith("cdktf") or base else "any", "any")
    if base == "ComplexList":
        members = _attributes(kind.removesuffix("List") + "OutputReference", classes, structs, outer)
        return Attribute("block", "set" if wraps else "list", members=members)
    members = _attributes(kind, classes, structs, outer)
    return Attribute("block", "list", once=path not in structs, members=members)


@cache
def load_snapshot(path: Path = SNAPSHOT) -> Schema:
    """Returns the schema in the snapshot, which is read once."""
    document = json.loads(gzip.decompress(path.read_bytes()))
    types = {name: {key: _decoded(value) for key, value in found.items()} for name, found in document["types"].items()}
    return Schema(document["package"], document["provider"], types)


def save_snapshot(schema: Schema, path: Path = SNAPSHOT) -> None:
    """Writes a schema as the snapshot, in JSON with a line for each type."""
    lines = [
        f"{json.dumps(name)}:{json.dumps({key: _encoded(value) for key, value in found.items()}, sort_keys=True)}"
        for name, found in sorted(schema.types.items())
    ]
    head = f'{{"package":{json.dumps(schema.package)},"provider":{json.dumps(schema.provider)},"types":{{\n'
    path.write_bytes(gzip.compress((head + ",\n".join(lines) + "\n}}\n").encode(), mtime=0))


def _encoded(attribute: Attribute) -> list[Any]:
    flags = ("c" if attribute.configurable else "") + ("r" if attribute.required else "")
    flags += "1" if attribute.once else ""
    row: list[Any] = [attribute.kind, attribute.element, flags]
    return [*row, {key: _encoded(value) for key, value in attribute.members.items()}] if attribute.members else row


def _decoded(row: list[Any]) -> Attribute:
    kind, element, flags, *members = row
    inner = {key: _decoded(value) for key, value in members[0].items()} if members else {}
    return Attribute(kind, element, "c" in flags, "r" in flags, "1" in flags, inner)


def attribute_names(members: Mapping[str, Attribute], prefix: str = "") -> Iterator[str]:
    """Returns every attribute path, without indexes: ``vpc_config.subnet_ids``."""
    for name, attribute in members.items():
        yield prefix + name
        yield from attribute_names(attribute.members, f"{prefix}{name}.")
