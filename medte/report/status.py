"""The status page: when each notebook was run, for how long, on what, and with which versions and data."""

import subprocess
from collections.abc import Mapping, Sequence
from html import escape
from importlib.metadata import version
from typing import Any

from medte import paths
from medte.report import tables

PACKAGES = (
    "medte", "mteb", "sentence-transformers", "transformers", "torch", "datasets", "numpy", "scikit-learn", "jupyter-book",
    "papermill",
)  # fmt: skip


def page(notebooks: Sequence[Mapping[str, Any]], run: Mapping[str, str]) -> str:
    """The generated piece: notebooks (name, seconds, date, machine, key), what the run was made of (name → hash), versions."""
    if not notebooks:
        return "<p>No notebook was run for this site.</p>\n"
    rows = [
        [
            f'<a href="../notebooks/{about["name"]}.html">{escape(about["name"])}</a>',
            f"{about['seconds']:.0f}",
            about["date"],
            f"<small>{escape(about['machine'])}</small>",
            f"<code>{about['key'][:8]}</code>",
        ]
        for about in notebooks
    ]
    caption = (
        "Live: when each notebook was last run, how long it took (s), and the hash of all that decides what it shows. One whose hash "
        "is unchanged is not run again."
    )
    made_of = [[name, f"<code>{escape(value)}</code>"] for name, value in run.items()]
    made_of.append(["commit", f"<code>{commit()}</code>"])
    used = [[name, f"<code>{version(name)}</code>"] for name in PACKAGES]
    parts = [
        tables.html(["Notebook", "Seconds", "Date", "Machine", "Hash"], rows, caption),
        tables.html(["What", "Hash"], made_of, "Live: what this run was made of."),
        tables.html(["Package", "Version"], used, "Live: the versions that made this site."),
    ]
    return "\n\n".join(parts) + "\n"


def commit() -> str:
    """The commit of the checkout, with a + where files differ from it; "unknown" outside of one."""
    if paths.CHECKOUT is None:
        return "unknown"
    git = ["git", "-C", str(paths.CHECKOUT)]
    found = subprocess.run([*git, "rev-parse", "--short=12", "HEAD"], capture_output=True, text=True, check=False)
    changed = subprocess.run([*git, "status", "--porcelain", "-uno"], capture_output=True, text=True, check=False)
    return (found.stdout.strip() or "unknown") + ("+" if changed.stdout.strip() else "")
