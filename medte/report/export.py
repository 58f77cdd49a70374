"""The tables of a page as CSV and LaTeX: the same cells, rounded as they are shown; an interval in columns of its own."""

import csv
import io
import re
from dataclasses import dataclass, field
from html.parser import HTMLParser

from medte.report.tables import RANGE

SPECIAL = {"\\": r"\textbackslash{}", "–": "--", "−": "$-$", "…": r"\dots{}", "×": r"$\times$", "•": r"$\bullet$"}
SPECIAL |= {"≤": r"$\leq$", "≥": r"$\geq$", "→": r"$\rightarrow$", "ρ": r"$\rho$", "τ": r"$\tau$", "†": r"\dag{}"}
SPECIAL |= {sign: f"\\{sign}" for sign in "&%$#_{}"} | {"~": r"\textasciitilde{}", "^": r"\textasciicircum{}"}


@dataclass
class Cell:
    """What a cell says: its value, the interval beside it or other small print, and which of the two is bold."""

    value: str = ""
    small: str = ""
    bold: bool = False
    bold_small: bool = False


@dataclass
class Table:
    """A table as it stands on a page: header, rows, rows of its foot, caption; of the caption only its words."""

    header: list[Cell] = field(default_factory=list)
    rows: list[list[Cell]] = field(default_factory=list)
    foot: list[list[Cell]] = field(default_factory=list)
    caption: str = ""


def tables(html: str) -> list[Table]:
    """The tables in a piece of HTML, as `report.tables.html` writes them."""
    return _Reader(html).found


class _Reader(HTMLParser):
    def __init__(self, html: str):
        super().__init__(convert_charrefs=True)
        self.found, self.part, self.cell, self.small, self.in_caption = [], [], None, 0, False
        self.feed(html)
        self.close()

    def handle_starttag(self, tag, attrs):
        if tag == "table":
            self.found.append(Table())
            self.part = self.found[-1].rows
        elif tag == "tfoot" and self.found:
            self.part = self.found[-1].foot
        elif tag == "tr":
            self.part.append([])
        elif tag in ("th", "td") and self.part:
            self.cell = Cell()
            self.part[-1].append(self.cell)
        elif tag == "b" and self.cell and self.small:
            self.cell.bold_small = True
        elif tag == "b" and self.cell:
            self.cell.bold = True
        elif tag == "small" or (tag == "span" and dict(attrs).get("class") == "interval"):
            self.small += 1
        elif tag == "span" and self.cell:
            self.small += bool(self.small)  # so that its end does not end the small print
        elif tag == "br" and self.cell:
            self.handle_data(" ")
        elif tag == "figcaption":
            self.in_caption = True

    def handle_endtag(self, tag):
        if tag in ("th", "td"):
            self.cell, self.small = None, 0
        elif tag in ("small", "span"):
            self.small = max(0, self.small - 1)
        elif tag == "thead":
            self.found[-1].header = self.found[-1].rows.pop()
        elif tag == "figcaption":
            self.in_caption = False

    def handle_data(self, data):
        if self.cell and self.small:
            self.cell.small += data
        elif self.cell:
            self.cell.value += data
        elif self.in_caption and self.found:
            self.found[-1].caption += data


def to_csv(table: Table) -> str:
    """The table with one row a line; a column with small print is followed by columns with it, the ends of an interval apart.

    Numbers carry an ordinary minus sign; a cell that cannot be told from the best, or is bold, is as any other.
    """
    columns, rows = range(len(table.header)), [*table.rows, *table.foot]
    small = {number: [row[number].small for row in rows if number < len(row)] for number in columns}
    ranges = {number for number in columns if any(RANGE in text for text in small[number])}
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    header = []
    for number, cell in enumerate(table.header):
        name = _plain(f"{cell.value} {cell.small}")
        header.append(name)
        if number in ranges:
            header += [f"{name} low", f"{name} high"]
        elif any(small[number]):
            header.append(f"{name} note")
    writer.writerow(header)
    for row in rows:
        line = []
        for number, cell in enumerate(row):
            line.append(_plain(cell.value.replace("•", "")))
            if number in ranges:
                low, _, high = cell.small.partition(RANGE)
                line += [_plain(low), _plain(high)]
            elif any(small[number]):
                line.append(_plain(cell.small))
        writer.writerow(line)
    return out.getvalue()


def to_latex(table: Table) -> str:
    """The table as a LaTeX `table` with booktabs rules; the best bold, intervals small, a rule above its foot."""

    def lines_of(rows: list[list[Cell]]) -> list[str]:
        return [" & ".join(_latex(cell) for cell in row) + r" \\" for row in rows]

    lines = [
        r"\begin{table}",
        r"\centering\small",
        f"\\begin{{tabular}}{{l{'r' * (len(table.header) - 1)}}}",
        r"\toprule",
        *lines_of([table.header]),
        r"\midrule",
        *lines_of(table.rows),
        *([r"\midrule", *lines_of(table.foot)] if table.foot else []),
        r"\bottomrule",
        r"\end{tabular}",
        f"\\caption{{{_escaped(_plain(table.caption, number=False))}}}",
        r"\end{table}",
    ]
    return "\n".join(lines) + "\n"


def _plain(text: str, number: bool = True) -> str:
    """Words with single blanks and no soft hyphens, and the minus of a number as a hyphen."""
    text = re.sub(r"\s+", " ", text.replace("\u00ad", "").replace("\u200b", "")).strip()
    return re.sub(r"−(?=\d)", "-", text) if number else text


def _latex(cell: Cell) -> str:
    value, small = (_escaped(_plain(text, number=False)) for text in (cell.value, cell.small.replace(RANGE, "–")))
    if cell.bold:
        value = f"\\textbf{{{value}}}"
    if cell.bold_small:
        small = f"\\textbf{{{small}}}"
    return f"{value} {{\\scriptsize {small}}}".strip() if small else value


def _escaped(text: str) -> str:
    return "".join(SPECIAL.get(sign, sign) for sign in text)
