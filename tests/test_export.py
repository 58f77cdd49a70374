"""Tables taken away as CSV and LaTeX hold what the page shows."""

import csv
import io

from medte.evaluation.statistics import Estimate
from medte.report import export, tables

HTML = tables.html(
    ["Model", "Mean <small>2</small>", "Why"],
    [
        ["A &amp; B<wbr>c", f"<b>{tables.cell(Estimate(0.5, 0.4, 0.6, 2))}</b>", "<small>5 % of it_s</small>"],
        ["C", f"{tables.EQUAL} {tables.cell(Estimate(-0.25, -0.3, 0.1, 2))}", "clus\u00adtered"],
        ["D", tables.MISSING, ""],
    ],
    "What <i>it</i> says: 100 %.",
    foot=[["All", "1.0", ""]],
)


def test_an_interval_has_columns_of_its_own_and_minus_is_a_hyphen():
    (table,) = export.tables(HTML)
    rows = list(csv.reader(io.StringIO(export.to_csv(table))))
    assert rows[0] == ["Model", "Mean 2", "Mean 2 low", "Mean 2 high", "Why", "Why note"]
    assert rows[1] == ["A & Bc", "50.0", "40.0", "60.0", "", "5 % of it_s"]
    assert rows[2] == ["C", "-25.0", "-30.0", "10.0", "clustered", ""]
    assert rows[3:] == [["D", "–", "", "", "", ""], ["All", "1.0", "", "", "", ""]]


def test_latex_marks_the_best_and_escapes_what_has_a_meaning():
    (table,) = export.tables(HTML)
    lines = export.to_latex(table).splitlines()
    assert r"\begin{tabular}{lrr}" in lines
    assert r"A \& Bc & \textbf{50.0} {\scriptsize 40.0--60.0} & {\scriptsize 5 \% of it\_s} \\" in lines
    assert r"\caption{What it says: 100 \%.}" in lines
    assert any(r"$-$25.0" in line and r"$\bullet$" in line for line in lines)
    foot = lines.index(r"All & 1.0 &  \\")
    assert lines[foot - 1] == r"\midrule" and lines[foot + 1] == r"\bottomrule"


def test_small_print_is_bold_by_itself():
    cell = '+3<br><span class="interval"><b>+12.9 %</b></span>'
    (table,) = export.tables(tables.html(["Rival", "Mean"], [["A", cell]], "c"))
    assert r"A & +3 {\scriptsize \textbf{+12.9 \%}} \\" in export.to_latex(table)


def test_signs_of_mathematics_are_commands_of_latex():
    (table,) = export.tables(tables.html(["τ", "ρ"], [["title → text", "≥ 3 and ≤ 4 †"]], "c"))
    text = export.to_latex(table)
    assert r"$\tau$ & $\rho$ \\" in text and r"title $\rightarrow$ text & $\geq$ 3 and $\leq$ 4 \dag{} \\" in text
    assert text.isascii()


def test_every_table_of_a_piece_is_found():
    assert [(len(table.rows), len(table.foot)) for table in export.tables(f"<p>x</p>{HTML}\n{HTML}<b>y</b>")] == [
        (3, 1)
    ] * 2
    assert export.tables("<p>none</p>") == []
