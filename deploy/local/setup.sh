#!/usr/bin/env bash
# Makes .venv and installs what requirements-dev.lock pins, then the workspace's own packages in place.
# PYTHON names the interpreter; otherwise the newest that is at least 3.11 and really runs is taken.
set -euo pipefail
cd "$(dirname "$0")/../.."

recent='import sys; sys.exit(sys.version_info < (3, 11))'
venv=.venv/bin/python
export PIP_DISABLE_PIP_VERSION_CHECK=1

say() { printf '%s\n' "$*" >&2; }
runs() { command -v "$1" >/dev/null && "$1" -c "$recent" 2>/dev/null; } # a shim may exist and still run nothing

choose() {
  local candidate
  for candidate in ${PYTHON:-python3.13 python3.12 python3.11 python3 python}; do
    if runs "$candidate"; then
      echo "$candidate"
      return
    fi
  done
  if [[ -n ${PYTHON:-} ]]; then
    say "PYTHON=$PYTHON is no Python 3.11 or newer that runs: name another, or none."
  else
    say "Python 3.11 or newer is needed and none was found: run 'apt install python3 python3-venv' (as root), or set PYTHON."
  fi
  exit 69
}

make_venv() { # Debian keeps ensurepip in python3-venv; where only pip is there, pip itself can fill the environment
  local python=$1
  rm -rf .venv
  if "$python" -c 'import ensurepip' 2>/dev/null; then
    "$python" -m venv .venv
  elif "$python" -m pip --version >/dev/null 2>&1 && "$python" -m venv --without-pip .venv 2>/dev/null; then
    pip=("$python" -m pip --python "$venv")
  else
    say "This Python ($python) can make no virtual environment: run 'apt install python3-venv' (as root), then make again."
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
