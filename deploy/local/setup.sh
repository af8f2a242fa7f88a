#!/usr/bin/env bash
# Creates .venv, installs what requirements-dev.lock pins, then the workspace's own packages in place.
# PYTHON names the interpreter. By default it is the newest of at least 3.11 that runs.
set -euo pipefail
cd "$(dirname "$0")/../.."

recent='import sys; sys.exit(sys.version_info < (3, 11))'
venv=.venv/bin/python
export PIP_DISABLE_PIP_VERSION_CHECK=1

say() { printf '%s\n' "$*" >&2; }
runs() { command -v "$1" >/dev/null && "$1" -c "$recent" 2>/dev/null; } # a shim may exist and not run

choose() {
  local candidate
  for candidate in ${PYTHON:-python3.13 python3.12 python3.11 python3 python}; do
    if runs "$candidate"; then
      echo "$candidate"
      return
    fi
  done
  if [[ -n ${PYTHON:-} ]]; then
    say "PYTHON=$PYTHON is not a working Python 3.11 or newer: name another, or unset it."
  else
    say "Python 3.11 or newer is needed and none was found: run 'apt install python3 python3-venv' (as root), or set PYTHON."
  fi
  exit 69
}

make_venv() { # Debian has ensurepip in python3-venv; where only pip is installed, pip itself can fill the environment
  local python=$1
  rm -rf .venv
  if "$python" -c 'import ensurepip' 2>/dev/null; then
    "$python" -m venv .venv
  elif "$python" -m pip --version >/dev/null 2>&1 && "$python" -m venv --without-pip .venv 2>/dev/null; then
    pip=("$python" -m pip --python "$venv")
  else
    say "This Python ($python) cannot create a virtual environment: run 'apt install python3-venv' (as root), then make again."
    exit 69
  fi
}

pip=("$venv" -m pip)
if ! "$venv" -m pip --version >/dev/null 2>&1; then
  python=$(choose)
  say "Making .venv with $("$python" --version)"
  make_venv "$python"
fi

say "Installing the packages of requirements-dev.lock"
"${pip[@]}" install --quiet --require-hashes --no-deps -r requirements-dev.lock
editable=(-e ./shared)
for service in services/*/; do editable+=(-e "./${service%/}"); done
"${pip[@]}" install --quiet --no-build-isolation --no-deps "${editable[@]}"
touch .venv/.installed
