#!/usr/bin/env bash
# Resolves both lock files: requirements.lock has what the services need at run time, requirements-dev.lock adds the
# tools. Both are for every platform and have hashes but no download addresses. The pinned versions stay unless
# --upgrade or --upgrade-package NAME is given.
set -euo pipefail
cd "$(dirname "$0")/../.."

members=(shared services/ingest-falco services/ingest-tfstate services/drift-detector services/sse-gateway)
compile=(.venv/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes
  --no-emit-index-url --no-emit-find-links --no-header --no-annotate)
for member in "${members[@]}"; do
  name=$(sed -n 's/^name = "\(.*\)"/\1/p' "$member/pyproject.toml")
  compile+=(--no-emit-package "$name")
done

lock() { # lock FILE ARGUMENTS...: resolves what standard input requires; the workspace's own packages are not written
  local file=$1 resolved
  shift
  resolved=$(mktemp)
  cp "$file" "$resolved" 2>/dev/null || true
  "${compile[@]}" "$@" --output-file "$resolved" - >/dev/null
  { echo "# Made by \`make lock\` from the pyproject.toml files."; grep -v '^#' "$resolved"; } >"$file"
  rm -f "$resolved"
}

workspace() { printf -- '-e ./%s\n' "${members[@]}"; }

workspace | lock requirements.lock "$@"
workspace | lock requirements-dev.lock --group pyproject.toml:dev --constraint requirements.lock "$@"
# The tool that lists the packages of an image stays outside of the image, so it has a lock file of its own.
: | lock deploy/images/sbom.lock --group pyproject.toml:sbom --constraint requirements-dev.lock "$@"
