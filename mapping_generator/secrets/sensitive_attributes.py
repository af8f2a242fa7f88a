"""Generates the list of attributes that the schemas of aws, google and azurerm call sensitive.

Usage: ``python -m mapping_generator.secrets.sensitive_attributes GIT_DIRECTORY...``

No registry has the schemas with this mark. The providers of Crossplane (provider-upjet-aws, -gcp and -azure) are
generated from the schemas, and their ``GetConnectionDetailsMapping`` names each sensitive attribute by its path in the
state. The arguments are git directories of these projects; only the names are taken, none of their code. Kubernetes'
provider has so few that they are written here (terraform-provider-kubernetes, ``Sensitive: true``).

The list has a line for each type: ``{"aws_db_instance": ["password"]}``. A path has no list indexes:
``auth_parameters.api_key.value``.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections import defaultdict
from pathlib import Path
from typing import Final

FILE: Final = Path(__file__).parents[2] / "shared/src/tfdrift/redaction/data/sensitive_attributes.json"

_LINES: Final = r'GetTerraformResourceType\(\) string|^\treturn map\[string\]string\{"|^\treturn "[a-z0-9]+_'
_TYPE: Final = re.compile(r'\treturn "([a-z0-9_]+)"')
_ENTRY: Final = re.compile(r'"([^"]+)": "[^"]+"')
_KUBERNETES: Final = {
    "kubernetes_secret": {"data", "binary_data", "data_wo", "binary_data_wo"},
    "kubernetes_secret_v1": {"data", "binary_data", "data_wo", "binary_data_wo"},
    "kubernetes_secret_v1_data": {"data"},
    "kubernetes_token_request_v1": {"token"},
}


def sensitive_attributes(directories: list[Path]) -> dict[str, list[str]]:
    """Returns the sensitive paths by resource type, of the newest commit in each git directory."""
    found: defaultdict[str, set[str]] = defaultdict(set)
    for kind, paths in _KUBERNETES.items():
        found[kind] |= paths
    for directory in directories:
        command = ["git", "grep", "-h", "-P", _LINES, "HEAD", "--", "apis/*_terraformed.go"]
        text = subprocess.run(command, cwd=directory, check=True, capture_output=True, text=True).stdout  # noqa: S603
        kind = ""
        for line in text.splitlines():
            if named := _TYPE.match(line):
                kind = named[1]
            elif line.startswith("\treturn map"):
                found[kind] |= {path.replace("[*]", "") for path in _ENTRY.findall(line)}
    return {kind: sorted(found[kind]) for kind in sorted(found)}


def main() -> None:
    """Write the list."""
    types = sensitive_attributes([Path(name) for name in sys.argv[1:]])
    lines = [f"{json.dumps(kind)}: {json.dumps(paths)}" for kind, paths in types.items()]
    head = '{"made_by": "python -m mapping_generator.secrets.sensitive_attributes GIT_DIRECTORY...",\n"types": {\n'
    FILE.write_text(head + ",\n".join(lines) + "\n}}\n", encoding="ascii")
    print(f"{len(types)} types, {sum(map(len, types.values()))} attributes")


if __name__ == "__main__":
    main()
