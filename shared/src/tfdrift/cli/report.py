"""Reports of drifts to be read: Markdown, HTML and CSV. Nothing here does I/O."""

from __future__ import annotations

import csv
import json
from collections import Counter
from collections.abc import Iterable, Sequence
from html import escape
from io import StringIO
from typing import Final

from tfdrift.cli.render import Json, change, where, who
from tfdrift.severity import Severity

_COLUMNS: Final = ("severity", "status", "workspace", "resource", "change", "by", "at", "id")
_CSV_COLUMNS: Final = (
    *("id", "severity", "status", "resolution", "kind", "workspace", "address", "resource_type", "resource_id"),
    *("attribute", "old_value", "new_value", "by", "via", "source_ip", "event_name", "event_id"),
    *("provider", "account_id", "region", "timestamp", "detected_at"),
)
_STYLE: Final = (
    "body{font:14px/1.5 system-ui,sans-serif;margin:2em}table{border-collapse:collapse}"
    "th,td{border:1px solid #ccc;padding:.3em .6em;text-align:left;vertical-align:top}"
    "th{background:#f4f4f4}td{overflow-wrap:anywhere}"
)


def markdown(drifts: Sequence[Json], title: str) -> str:
    """Return the drifts as a document in Markdown."""
    lines = [f"# {title}", "", _summary(drifts), ""]
    if drifts:
        lines += [_markdown_row(_COLUMNS), _markdown_row(["---"] * len(_COLUMNS))]
        lines += [_markdown_row(cells) for cells in map(_cells, drifts)]
    return "\n".join(lines).rstrip("\n") + "\n"


def html(drifts: Sequence[Json], title: str) -> str:
    """Return the drifts as one HTML file that loads nothing else."""
    head = f'<meta charset="utf-8"><title>{escape(title)}</title><style>{_STYLE}</style>'
    body = f"<h1>{escape(title)}</h1><p>{escape(_summary(drifts))}</p>"
    if drifts:
        rows = "\n".join(_html_row(cells, "td") for cells in map(_cells, drifts))
        body += f"<table>{_html_row(_COLUMNS, 'th')}\n{rows}</table>"
    return f'<!doctype html>\n<html lang="en"><head>{head}</head><body>{body}</body></html>\n'


def comma_separated(drifts: Iterable[Json]) -> str:
    """Return the drifts as CSV (RFC 4180), with a line of names.

    A cell that a spreadsheet would take for a formula begins with an apostrophe.
    """
    written = StringIO()
    writer = csv.writer(written)
    writer.writerow(_CSV_COLUMNS)
    for drift in drifts:
        via = (drift.get("user_identity") or {}).get("via")
        values = {**drift, "by": who(drift), "via": via}
        writer.writerow(_harmless(values.get(name)) for name in _CSV_COLUMNS)
    return written.getvalue()


def _summary(drifts: Sequence[Json]) -> str:
    if not drifts:
        return "No drift."
    is_open = Counter(drift["severity"] for drift in drifts if drift["status"] == "open")
    ended = Counter(str(drift["resolution"]) for drift in drifts if drift["status"] != "open")
    counts = [f"{is_open[name]} {name}" for name in map(str, Severity) if is_open[name]]
    sentences = [f"{is_open.total()} open" + (f": {', '.join(counts)}." if counts else ".")]
    if ended:
        how = ", ".join(f"{count} {name}" for name, count in sorted(ended.items()))
        sentences.append(f"{ended.total()} ended: {how}.")
    return " ".join(sentences)


def _cells(drift: Json) -> list[str]:
    status = str(drift.get("resolution") or drift["status"])
    workspace = str(drift.get("workspace") or "-")
    at = str(drift["timestamp"])[:19]
    return [str(drift["severity"]), status, workspace, where(drift), change(drift), who(drift), at, str(drift["id"])]


def _markdown_row(cells: Iterable[str]) -> str:
    """Return a row; what Markdown or HTML would read as markup is escaped, as names in the cloud are anybody's."""
    return f"| {' | '.join(_plain(cell) for cell in cells)} |"


def _plain(text: str) -> str:
    escaped = escape(text, quote=False).replace("\\", "\\\\").replace("\n", " ")
    for mark in "|`*_[]":
        escaped = escaped.replace(mark, f"\\{mark}")
    return escaped


def _html_row(cells: Iterable[str], tag: str) -> str:
    return f"<tr>{''.join(f'<{tag}>{escape(cell)}</{tag}>' for cell in cells)}</tr>"


def _harmless(value: object) -> str:
    text = "" if value is None else value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t", "\r")) else text
