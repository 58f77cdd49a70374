"""A table or a figure as it is shown: with its caption, the code that makes it, and files to take away."""

import base64
import io
import re
from collections.abc import Callable
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any

from matplotlib.figure import Figure

from medte.report import export

CODE = (
    "../_modules/{module}.html#{name}"  # where the site shows a function; from a page one folder below its front page
)
ENDS = re.compile(r"</figcaption>")
STYLE = Path(__file__).parent / "medte.mplstyle"


@dataclass(frozen=True)
class Exhibit:
    """A function that makes a table (HTML) or a figure, and its arguments, taken from a run.

    What is recorded needs no run. A figure has a caption, or a function of the run that makes it, and `alt`, what it
    shows in words for those who do not see it.
    """

    make: Callable[..., str | Figure]
    arguments: Callable[[Any], tuple] = lambda run: ()
    caption: str | Callable[[Any], str] = ""
    alt: str = ""
    recorded: bool = False

    @property
    def is_figure(self) -> bool:
        return bool(self.alt)

    @property
    def about(self) -> str:
        """What it shows, in the first sentence of its function's docstring."""
        return " ".join(self.make.__doc__.split()).split(". ")[0].rstrip(".") + "."

    def files(self, name: str, run: Any = None) -> dict[str, str]:
        """File name → text: a figure as SVG; each table as HTML, CSV and LaTeX."""
        if self.is_figure:
            return {f"{name}.svg": self._svg(run)}
        made = self.make(*self.arguments(run))
        return {f"{name}.html": made} | _taken(name, made)

    def html(self, name: str, run: Any = None) -> str:
        """The exhibit for a page."""
        return self._figure(name, run) if self.is_figure else self._tables(name, run)

    def _figure(self, name: str, run: Any) -> str:
        source = _data("image/svg+xml", self._svg(run))
        links = _links(self.make, {f"{name}.svg": None})
        caption = self.caption(run) if callable(self.caption) else self.caption
        return (
            f'<figure class="medte-figure" id="{name}"><img src="{source}" alt="{escape(self.alt)}">'
            f"<figcaption>{caption} {links}</figcaption></figure>"
        )

    def _svg(self, run: Any) -> str:
        """The figure in the house's style: the same bytes for the same results."""
        import matplotlib.pyplot as plt

        out = io.StringIO()
        with plt.style.context(STYLE):
            figure = self.make(*self.arguments(run))
            figure.savefig(out, format="svg", metadata={"Date": None})
        plt.close(figure)
        return out.getvalue()

    def _tables(self, name: str, run: Any) -> str:
        html = self.make(*self.arguments(run))
        taken = _taken(name, html)
        for number in range(len(ENDS.findall(html)), 0, -1):  # backwards, so that earlier captions keep their place
            own = {
                file: _data("text/plain", text)
                for file, text in taken.items()
                if file.startswith(_name(name, number) + ".")
            }
            end = list(ENDS.finditer(html))[number - 1].start()
            html = f"{html[:end]} {_links(self.make, own)}{html[end:]}"
        return html.replace('<figure class="medte-table">', f'<figure class="medte-table" id="{name}">', 1)


def _taken(name: str, html: str) -> dict[str, str]:
    found = {}
    for number, table in enumerate(export.tables(html), start=1):
        found[f"{_name(name, number)}.csv"] = export.to_csv(table)
        found[f"{_name(name, number)}.tex"] = export.to_latex(table)
    return found


def _name(name: str, number: int) -> str:
    return name if number == 1 else f"{name}-{number}"


def _links(make: Callable, files: dict[str, str | None]) -> str:
    """Links to the function's code and to the files, as HTML. Where a file is the image above (None), medte.js points to it."""
    code = CODE.format(module=make.__module__.replace(".", "/"), name=make.__name__)
    links = [f'<a href="{code}" title="the function that made this">code</a>']
    kinds = {"csv": "CSV", "tex": "LaTeX", "svg": "SVG"}
    for file, data in files.items():
        place = f'href="{data}"' if data else 'class="medte-image"'
        links.append(f'<a download="{file}" {place}>{kinds[file.rsplit(".", 1)[1]]}</a>')
    return f'<span class="medte-links">{" · ".join(links)}</span>'


def _data(kind: str, text: str) -> str:
    return f"data:{kind};base64,{base64.b64encode(text.encode()).decode()}"
