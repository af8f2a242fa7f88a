"""The command ``python -m bench.claims BASE``; the exit code is 1 if anything differs."""

from __future__ import annotations

import argparse
import io
import json
import os
import subprocess
import sys
import tarfile
from collections import Counter
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory

from bench.claims.recorded import recorded_calls

_ROOT = Path(__file__).parents[2]
_FOLDER = Path(__file__).parent


def main() -> int:
    """Compare the claims of two checkouts, and print those that differ."""
    parser = argparse.ArgumentParser(prog="python -m bench.claims", description=main.__doc__)
    parser.add_argument("base", metavar="BASE", help="a commit, or the folder of a checkout")
    parser.add_argument("--show", type=int, default=20, metavar="NUMBER", help="how many differences to print in full")
    arguments = parser.parse_args()
    corpus = os.environ.get("DRIFT_CORPUS")
    with TemporaryDirectory() as name:
        folder = Path(name)
        base = _checkout(arguments.base, folder / "base")
        calls = folder / "calls"
        made = {line for root in (base, _ROOT) for line in _run(root, "synthetic.py").splitlines()}
        with calls.open("w", encoding="utf-8") as file:
            for call in recorded_calls(Path(corpus) if corpus else None):
                file.write(json.dumps(call) + "\n")
            for line in sorted(made):
                file.write(line + "\n")
        before, after = (_run(root, "worker.py", str(calls)).splitlines() for root in (base, _ROOT))
        given = calls.read_text(encoding="utf-8").splitlines()
    differing = [found for found in zip(given, before, after, strict=True) if found[1] != found[2]]
    for call, one, other in islice(differing, arguments.show):
        print(call, f"- {one}", f"+ {other}", "", sep="\n")
    events = Counter(json.loads(call)["name"].rsplit(" ", 1)[0] for call, _, _ in differing)
    for event, count in events.most_common():
        print(f"{count:6} {event}")
    claiming = sum(not line.endswith("\tnull") for line in after)
    print(f"{len(given)} calls, of which {claiming} claim something; {len(differing)} differ")
    return 1 if differing else 0


def _checkout(base: str, folder: Path) -> Path:
    """Returns the folder of a checkout; a commit is written there."""
    if Path(base).is_dir():
        return Path(base)
    archive = subprocess.run(["git", "archive", base], cwd=_ROOT, stdout=subprocess.PIPE, check=True)
    with tarfile.open(fileobj=io.BytesIO(archive.stdout)) as tar:
        tar.extractall(folder, filter="data")
    return folder


def _run(root: Path, file: str, *arguments: str) -> str:
    paths = [str(root / "shared/src"), *(str(path) for path in root.glob("services/*/src")), str(root)]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(paths)}
    command = [sys.executable, "-P", str(_FOLDER / file), *arguments]
    return subprocess.run(command, env=environment, cwd=root, stdout=subprocess.PIPE, text=True, check=True).stdout


if __name__ == "__main__":
    sys.exit(main())
