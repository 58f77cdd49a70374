"""Tables and figures of probes, live and recorded."""

import lzma
from types import SimpleNamespace

import numpy as np

from medte import paths, record
from medte.evaluation.groups import probe_groups
from medte.probes import styles
from medte.probes.build import BLIND, PROBES
from medte.profile import load_profile
from medte.report import probes as report


def result(model, task, family, values):
    items = {"ndcg": values, "ndcg_merged": values}
    if family == "pair_classification":
        items = {"labels": [1, 0] * (len(values) // 2), "similarity": values}
    return {
        "model": model, "task": task, "family": family, "source": "x", "metric": "m", "value": float(np.mean(values)),
        "items": items, "units": [f"u{i // 2}" for i in range(len(values))],
    }  # fmt: skip


def cards(*names):
    groups = {probe.name: probe for probe in PROBES}
    return {
        name: {
            "name": name, "group": groups[name].group, "asks": "Asks <this>?", "made_of": "pieces", "text": "bundled",
            "licence": "CC0-1.0", "items": 40, "documents": None, "right": None, "dropped": {"too long": 1200},
            "example": {"query": "a\nb", "right": "c"},
            "paired": name in styles.STYLES, "blind": BLIND if name == "QueryNegation" else None,
        } for name in names
    }  # fmt: skip


def results(names, models=("all-MiniLM-L6-v2", "MEDTE-open")):
    family = {probe.name: probe.family for probe in PROBES}
    return [
        result(model, name, family[name], list(np.linspace(0.1 + shift, 0.8 + shift, 40)))
        for shift, model in enumerate(models)
        for name in names
    ]


def test_tables_hold_every_probe_with_its_origin_and_no_floor_of_other_metrics():
    names = ["TermSimilarity", "RecordRetrieval", "QueryTwoWords", "QueryAbbreviation", "QueryNegation"]
    about = cards(*names)
    groups = probe_groups(results(names), about, 20, 0)
    assert list(groups) == ["terms", "records", "styles"]
    html = report.table(groups, about)
    assert all(report.tables.breakable(name) in html for name in names)
    assert html.count(report.LIVE) == 4 and "Ceiling" not in html and "81.5" in html
    assert "Bundled, machine-written" in html
    assert report.table({}, {}) == report.NOTHING
    described = report.describe(about, {"TermRetrieval": "2 queries; 20 are needed"})
    assert "Asks &lt;this&gt;?" in described and "a<br>b" in described and "too long: 1,200" in described
    assert "missing: 2 queries; 20 are needed" in described


def test_styles_are_drawn_in_pairs_alone():
    names = ["QueryTwoWords", "QueryAbbreviation", "QueryNegation"]
    about = cards(*names)
    scores = probe_groups(results(names), about, 20, 0)["styles"]
    assert report.paired(scores, about) == names[:2]
    (axes,) = report.by_style(scores, about).axes
    assert [label.get_text() for label in axes.get_xticklabels()] == ["two words", "abbreviation"]
    assert len(axes.lines) == len(scores.models)
    assert "abbreviation" in report.style_differences(scores, about)
    assert "No style" in report.style_differences(None, {})
    report.by_style(None, {})


def test_recorded_probes_come_back_without_text_and_say_what_is_not_measured(tmp_path, monkeypatch):
    monkeypatch.setattr(paths, "recorded", lambda: tmp_path)
    assert "Not measured" in report.added_tasks_table() and report.recorded_table() == report.NOT_RECORDED
    names = ["TermSimilarity", "RecordRetrieval"]
    kept = SimpleNamespace(
        cards=lambda: cards(*names), missing={"StructuredToNarrative": "no <notes>"}, manifest={"hash": "p"}
    )
    run = SimpleNamespace(
        profile=load_profile("open"), edition=SimpleNamespace(manifest={"hash": "e"}), probe_set=kept,
        probe_results=lambda: results(names),
    )  # fmt: skip
    path = record.record_probes(run)
    assert path == tmp_path / "open-probes.jsonl.xz"
    assert "a\\nb" not in lzma.decompress(path.read_bytes()).decode("utf-8")
    table = report.added_tasks_table()
    assert "not measured: no &lt;notes&gt;" in table and "not measured: not recorded" in table
    row = next(row for row in table.split("<tr>") if "Record<wbr>Retrieval" in row)
    assert "+100.0" in row and "bundled, machine-written" in row and ">40<" in row
    assert "open-probes.jsonl.xz" in table and "Recorded" in report.recorded_table()
