#!/usr/bin/env bash
# Writes dist/sbom.cdx.json, what an image carries as a CycloneDX document: the packages of requirements.lock and our own,
# installed in an environment of their own, so that no tool of the developers is in it.
set -euo pipefail
cd "$(dirname "$0")/../.."

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
.venv/bin/python -m venv --without-pip "$work/venv"
pip=(.venv/bin/python -m pip --disable-pip-version-check --quiet --python "$work/venv/bin/python")
"${pip[@]}" install --require-hashes --no-deps -r requirements.lock
"${pip[@]}" install --no-deps ./shared services/*/
mkdir -p dist
.venv/bin/cyclonedx-py environment --of JSON -o dist/sbom.cdx.json "$work/venv"
echo "dist/sbom.cdx.json"
