"""Probes: what they are made of, on snippets with expected pairs; which answers are right; scores of those who know."""

import lzma
from collections import Counter
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from medte import paths, record
from medte.evaluation.evaluate import tasks_of
from medte.evaluation.groups import probe_groups
from medte.evaluation.score import score
from medte.evaluation.statistics import Scores
from medte.finished import Edition
from medte.manifest import write_text
from medte.models.embeddings import Plan
from medte.probes import ontology, records, stays, styles, terms
from medte.probes.build import BLIND, PROBES, build, ontology_folder
from medte.probes.probe import NO_QUERY, Material, ProbeData, ProbeMissing, judged
from medte.probes.stays import Stay
from medte.profile import load_profile
from medte.report import probes as report
from medte.run import Run
from medte.sources.mini import notes
from medte.sources.mini.knowledge import load
from medte.tasks.build import TaskData
from medte.tasks.catalogue import task as find_task

OLD = """format-version: 1.2
data-version: releases/2016-03-04

[Term]
id: DOID:1
name: lung disease

[Term]
id: DOID:2
name: twitchy lung
synonym: "wheezing sickness (disorder)" EXACT [X:1]
synonym: "Lungs, Twitchy" EXACT []
synonym: "TL2" EXACT []
synonym: "breathing trouble" RELATED []
synonym: "twitchy lung NOS" EXACT []
is_a: DOID:1 ! lung disease

[Term]
id: DOID:3
name: stiff lung
synonym: "board-like chest" EXACT []
is_a: DOID:1 ! lung disease

[Term]
id: DOID:4
name: twitchy windpipe of the lung
is_a: DOID:1 ! lung disease

[Term]
id: DOID:5
name: twitchy lung in winter
is_a: DOID:2 ! twitchy lung

[Term]
id: DOID:6
name: gone lung
is_obsolete: true

[Term]
id: DOID:7
name: heart trouble
synonym: "cardiac trouble" EXACT []

[Typedef]
id: part_of
name: part of
"""
NEW = """format-version: 1.2
data-version: doid/releases/2026-07-31/subsets/x.obo

[Term]
id: DOID:3
alt_id: DOID:7
name: rigid lung
synonym: "board-like \\"chest\\"" EXACT OMO:1 []
is_a: DOID:1 ! lung disease
"""
DATA = load_profile("mini").data


@pytest.fixture
def folder(tmp_path):
    folder = tmp_path / "mirror" / "ontology"
    write_text(folder / "z_old.obo", OLD)
    with lzma.open(folder / "a_new.obo.xz", "wt", encoding="utf-8") as stream:
        stream.write(NEW)
    return folder


class Stub:
    """An edition that evaluates some of the known diseases, their pages in one task, and trains on the others."""

    name, own_tasks = "mini", ()

    def __init__(self, evaluated, fictional=False):
        texts = [text for c in evaluated for text in (c.lead, *c.sections.values())]
        rows = pd.DataFrame({"text": texts, "label": "x", "unit": "u"})
        self.data = TaskData(find_task("WikipediaDiseaseBySystemClustering"), rows, {})
        own = {condition.name for condition in evaluated}
        trained = [c.name.lower() for c in load("conditions") if c.name not in own]
        sources = {"mimic_iv": {"fictional": True}} if fictional else {}
        subjects = {"training": trained, "evaluation": sorted(name.lower() for name in own)}
        self.manifest = {"inputs": "i", "hash": "h", "subjects": subjects, "sources": sources}
        self.tasks = {self.data.task.name: {}}

    def task_data(self, name):
        return self.data


@pytest.fixture(scope="module")
def edition():
    return Stub(load("conditions")[:120])


@pytest.fixture(scope="module")
def made(edition, tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("MEDTE_MIRROR", raising=False)
        return build(edition, DATA, tmp_path_factory.mktemp("probes") / "set")


def test_the_newest_release_that_has_a_term_decides_and_only_exact_synonyms_count(folder):
    dropped = Counter()
    found = ontology.read(folder, dropped)
    assert set(found) == {f"DOID:{n}" for n in (1, 2, 3, 4, 5)} and dropped == {"obsolete term": 1}
    assert (found["DOID:3"].name, found["DOID:3"].synonyms) == ("rigid lung", ('board-like "chest"',))
    assert found["DOID:2"].synonyms == ("wheezing sickness", "Lungs, Twitchy", "TL2", "twitchy lung NOS")


def test_a_pair_is_a_synonym_in_other_words_against_the_sibling_that_shares_most(folder):
    dropped = Counter()
    found = {one.name: one for one in terms.triples(ontology.read(folder, Counter()), frozenset(), dropped)}
    assert set(found) == {"twitchy lung", "rigid lung"}
    assert found["twitchy lung"].synonym == "wheezing sickness"
    assert found["twitchy lung"].siblings[0] == "twitchy windpipe of the lung"  # not what is below it
    assert dropped["synonym of the same words"] == dropped["synonym that is an abbreviation"] == 1
    assert dropped["synonym with a remark of the terminology"] == 1
    assert dropped["disease without a synonym in other words"] == 3


def test_what_training_is_about_is_nobodys_sibling_either(folder):
    dropped = Counter()
    found = terms.triples(ontology.read(folder, Counter()), frozenset(["twitchy windpipe of the lung"]), dropped)
    assert all("windpipe" not in name for one in found for name in one.siblings)
    assert dropped["disease that training is about"] == 1


def test_a_name_or_synonym_of_two_diseases_is_asked_of_neither():
    def term(name, *synonyms):
        return terms.Term(name, name, synonyms, frozenset(["above"]))

    own = [term("red eye", "pink eye"), term("sore eye", "pink eyes", "aching eye"), term("eye, red", "hot eye")]
    dropped = Counter()
    (found,) = terms.triples({one.id: one for one in own}, frozenset(), dropped)
    assert (found.name, found.synonym) == ("sore eye", "aching eye")
    assert dropped["name that two diseases share"] == 2 and dropped["synonym that two diseases share"] == 2


def test_words_are_equal_up_to_case_order_plural_and_small_ones():
    assert terms.words("Tumors of the Lung") == terms.words("lung tumor") != terms.words("lung cancer")
    assert terms.words("Crohn's disease") == terms.words("Disease, Crohn")


def test_a_wrong_name_of_the_knowledge_is_never_another_name_of_the_disease():
    found = terms.triples(terms.of_conditions(load("conditions")), frozenset(), Counter())
    names = {c.name.lower(): {terms.words(name) for name in (c.name, *c.synonyms)} for c in load("conditions")}
    assert len(found) > 200
    for one in found:
        assert not names[one.id] & {terms.words(name) for name in one.siblings}
        assert terms.words(one.synonym) in names[one.id] - {terms.words(one.name)}


def illness(name):
    return next(one for one in load("comorbidities") if one.diagnosis == name)


def note(**changes):
    plain = dict(
        sex="F", complaint="R knee\npain", history="___ is a 67 year old woman with gout, limping.", past="RA\nHTN"
    )
    return notes.NOTE.format(**(plain | dict(course="c", diagnosis="x", instructions="i") | changes))


def test_a_stay_is_read_from_its_note_and_told_without_diagnosis_or_name():
    material = Material(SimpleNamespace(), DATA)
    row = {"subject_id": "7", "hadm_id": "700", "text": note(diagnosis="Primary: gout\nSecondary:\nHypertension")}
    times = {"admittime": "2150-01-31 10:00:00", "dischtime": "2150-02-03 16:00:00", "hospital_expire_flag": "0"}
    (stay,) = stays.read([row], [times | {"hadm_id": "700"}], material)
    assert (stay.patient, stay.diagnosis, stay.age) == ("mimic_iv:7", "gout", 67)
    assert stay.presentation == "R knee pain ___ is a 67 year old woman with gout, limping."
    assert stay.record == (
        "sex: female\nage: 60 to 69\ncomplaint: r knee pain\n"
        "long-standing illnesses: Rheumatoid arthritis; Essential hypertension\n"
        "length of stay: 3 days\noutcome: discharged alive"
    )


def test_only_stays_of_patients_for_evaluation_are_asked_about(edition):
    found = stays.evaluated(Material(Stub(load("conditions")[:1], fictional=True), DATA))
    numbers = [int(stay.patient.removeprefix("mimic_iv:")) for stay in found]
    assert len(found) > 1000
    assert notes.FIRST_SUBJECT["evaluation"] < min(numbers) and max(numbers) < notes.FIRST_SUBJECT["kin"]
    training = {one.diagnosis for one in load("diagnoses") if one.part == "training"}
    assert not training & {stay.diagnosis for stay in found}
    with pytest.raises(ProbeMissing, match="fictional notes"):
        stays.evaluated(Material(edition, DATA))


def stay(number, diagnosis, *names):
    own = tuple(map(illness, names))
    return Stay(f"p{number}", "F", 60, f"c{number}", f"h{number}", diagnosis, own, 2, False)


def test_a_question_is_answered_by_every_note_with_both_and_by_no_other():
    found = [
        stay(1, "small bowel obstruction", "Gout", "Psoriasis"),
        stay(2, "partial small bowel obstruction", "Gout"),
        stay(3, "seizures", "Gout"),
        stay(4, "seizure", "Gout"),
        stay(5, "expired", "Gout"),
        stay(6, "small bowel obstruction", "Permanent pacemaker"),
    ]
    dropped = Counter()
    right, units = records.questions(found, dropped)
    assert right == {
        "small bowel obstruction in a patient with gout": ["c1 h1", "c2 h2"],
        "small bowel obstruction in a patient with psoriasis": ["c1 h1"],
        "partial small bowel obstruction in a patient with gout": ["c2 h2"],
        "seizure in a patient with gout": ["c3 h3", "c4 h4"],
    }
    assert units["seizure in a patient with gout"] == "seizure" and sum(dropped.values()) == 2


def page(name, *texts, **changes):
    plain = {"name": name, "synonyms": [], "abbreviations": [], "lay_name": name}
    return styles.Page(load("conditions")[0].model_copy(update=plain | changes), list(texts))


def test_two_diseases_are_answered_by_what_is_on_or_names_both():
    found = [
        page("Gout", "It comes with hypertension.", "Podagra means foot trap."),
        page("Hypertension", "Salt matters, and GTB too.", "In gouts of blood."),
        page("Pulmonary arterial hypertension", "Pulmonary arterial hypertension is rare."),
        page(
            "Glut",
            "Consumption is no illness here.",
            synonyms=["consumption", "glut of Tours"],
            abbreviations=["GTB", "G"],
        ),
        page("Zoster", "Unlike Glut of Tours, or gout."),
    ]
    right, units = styles.on_both(found)
    assert right == {
        "Gout and Hypertension": ["It comes with hypertension.", "In gouts of blood."],
        "Glut and Hypertension": ["Salt matters, and GTB too."],
        "Glut and Zoster": ["Unlike Glut of Tours, or gout."],
        "Gout and Zoster": ["Unlike Glut of Tours, or gout."],
        "Glut and Gout": ["Unlike Glut of Tours, or gout."],
    }
    assert units["Glut and Gout"] == "glut and gout"


def test_an_abbreviation_of_two_diseases_names_neither():
    found = [
        page("Gout", abbreviations=["GTB"]),
        page("Glut", abbreviations=["GTB", "GLT"]),
        page("Zoster", "Unlike GTB.", "Or GLT."),
    ]
    assert styles.on_both(found)[0] == {"Glut and Zoster": ["Or GLT."]}


def test_a_disease_is_asked_about_only_where_each_style_has_words_of_its_own():
    asked = [
        page("Gout", abbreviations=["GT"], lay_name="toe pain"),
        page("Mumps", lay_name="swollen cheeks"),
        page("Measles", abbreviations=["ME"], lay_name="red spots"),
        page("Anemia", abbreviations=["AN"], lay_name="Anemia"),
    ]
    other = page("Myalgic encephalomyelitis", abbreviations=["ME"]).condition
    dropped = Counter()
    found = styles.askable(asked, [*(one.condition for one in asked), other], dropped)
    assert [one.condition.name for one in found] == ["Gout"]
    assert sorted(dropped.values()) == [1, 1, 1]


def test_styles_ask_for_the_same_with_the_same_documents(made):
    answers, documents = [], []
    for name in styles.STYLES:
        judged = made.task_data(name).judgements()
        assert len(judged.queries) == len(set(judged.units)) >= 20
        right = {unit: {judged.documents[i] for i in own} for unit, own in zip(judged.units, judged.right, strict=True)}
        answers.append(right)
        documents.append(judged.documents)
        assert set().union(*right.values()) < set(judged.documents)
    assert all(one == answers[0] for one in answers) and all(one == documents[0] for one in documents)
    first, second = (made.task_data(name).asked for name in ("QueryTwoWords", "QueryAbbreviation"))
    assert [q.split()[-1] for q in first["query"]] == [q.split()[-1] for q in second["query"]]


def test_a_pair_of_denials_differs_in_the_denial_alone(made):
    data = made.task_data("QueryNegation").asked
    rows = list(data.itertuples())
    assert len(rows) >= 40 and len(rows) % 2 == 0
    for states, denies in zip(rows[::2], rows[1::2], strict=True):
        name = states.document.split(". On admission")[0]
        assert denies.query == states.query.replace(f"{name} with ", f"{name} without ") != states.query
        assert denies.document == states.document.replace(" reports ", " denies ") != states.document
        assert not styles.NEGATED.search(states.query.removeprefix(name))


def test_no_probe_is_about_what_training_is_about(made, edition):
    trained = set(edition.manifest["subjects"]["training"])
    for name in made.tasks:
        rows = made.task_data(name).rows
        units = {part for unit in rows["unit"] for part in unit.split(" and ")}
        assert not trained & units
        if "sentence2" in rows:
            assert not trained & set(rows["sentence2"]) and not trained & set(rows["sentence1"])
    assert not trained & set(made.task_data("TermRetrieval").rows["document"])


def test_the_set_is_the_same_twice_and_says_what_is_missing_and_why(made, edition, tmp_path):
    again = build(edition, DATA, tmp_path / "again")
    assert again.manifest == made.manifest and again.cards() == made.cards()
    assert list(made.cards()) == [probe.name for probe in PROBES if probe.group != "records"]
    assert made.missing == dict.fromkeys(
        ("RecordRetrieval", "StructuredToNarrative", "NarrativeToStructured"),
        "this edition does not read the fictional notes",
    )
    said = []
    build(edition, DATA, tmp_path / "again", said.append)
    assert said == []


def test_other_data_is_another_revision(made, tmp_path):
    less = build(Stub(load("conditions")[:119]), DATA, tmp_path / "less")
    for name in ("TermSimilarity", "QueryTwoWords"):
        assert less.tasks[name]["hash"] != made.tasks[name]["hash"]
    assert less.manifest["hash"] != made.manifest["hash"]


def test_the_ontology_of_the_mirror_comes_first_and_its_text_is_no_example(edition, folder, tmp_path, monkeypatch):
    lines = [
        f'[Term]\nid: DOID:9{n}\nname: ill{n} lung\nsynonym: "other{n} chest" EXACT []\nis_a: DOID:1\n'
        for n in range(30)
    ]
    write_text(folder / "z_old.obo", "\n".join([OLD, *lines]))
    monkeypatch.setenv("MEDTE_MIRROR", str(folder.parent))
    assert ontology_folder() == folder
    card = build(edition, DATA, tmp_path / "set").cards()["TermSimilarity"]
    assert (card["text"], card["items"], card["example"]) == ("real", 64, None)
    assert card["dropped"]["obsolete term"] == 1


def test_a_document_may_be_right_for_no_query_and_no_empty_text_is_embedded():
    rows = judged({"q": ["b", "a"]}, {"q": "u"}, ["c", "a", "d", "c"])
    data = ProbeData(PROBES[1].task, rows, {})
    found = data.judgements()
    assert sorted(found.documents) == ["a", "b", "c", "d"] and found.units == ["u"]
    assert {found.documents[i] for i in found.right[0]} == {"a", "b"}
    assert sorted(data.texts()) == ["a", "b", "c", "d", "q", "q"] and NO_QUERY not in data.texts()
    assert "1 queries" in data.missing()


def test_the_tasks_of_a_set_are_its_own(made):
    names = [task.name for task in tasks_of(load_profile("mini"), made)]
    assert names == list(made.cards())
    assert [task.name for task in tasks_of(load_profile("mini"), made, "pair_classification")] == ["TermSimilarity"]
    assert isinstance(made, Edition) and made.name == "mini-probes"


def test_a_run_scores_its_models_as_they_come_after_its_own_results(made, monkeypatch):
    run, called = Run("mini"), []
    run.probe_set = made
    monkeypatch.setattr(run, "results", lambda models: called.append(models))

    def evaluated(profile, edition, folders, models, **kwargs):
        called.append((edition, folders.results.name, models))
        return results(list(made.cards()), models[:2])

    monkeypatch.setattr("medte.run.evaluate", evaluated)
    found = run.probes()
    own = [model for model in run.profile.models if "@" not in model]
    assert called == [own, (made, "results-of-probes", own)] and len(own) < len(run.profile.models)
    assert list(found) == ["terms", "styles"] and run.probes() is found and len(called) == 2


class Knows:
    """An encoder that gives every text the vector of its unit."""

    max_length, revision = None, "knows"

    def __init__(self, unit_of):
        self.unit_of, self.units = unit_of, sorted(set(unit_of.values()))

    def side(self, role):
        return ""

    def encode(self, texts, side=""):
        return np.eye(len(self.units), dtype=np.float32)[[self.units.index(self.unit_of[text]) for text in texts]]


def scored(made, name, unit_of, folder):
    data = made.task_data(name)
    encoded = Plan(Knows(unit_of), data.texts_by_role(), folder).encode()
    result = score(data.task, made, "random", encoded)
    groups = probe_groups([result], made.cards(), draws=20, seed=0)
    (scores,) = groups.values()
    return scores, scores.mean("random", [name])


def test_who_knows_the_synonym_has_every_pair_right(made, tmp_path):
    rows = made.task_data("TermSimilarity").rows
    unit_of = {row.sentence2: f"wrong {row.unit}" for row in rows.itertuples() if not row.label}
    unit_of |= {text: row.unit for row in rows.itertuples() if row.label for text in (row.sentence1, row.sentence2)}
    scores, mean = scored(made, "TermSimilarity", unit_of, tmp_path)
    assert (mean.value, mean.low, mean.high) == pytest.approx((1, 1, 1))
    assert scores.results["random", "TermSimilarity"]["metric"] == "similarity_ap"


def test_who_knows_the_disease_has_every_answer_first_and_who_is_blind_to_a_denial_every_second(made, tmp_path):
    rows = made.task_data("QueryTwoWords").rows
    unit_of = {text: row.unit for row in rows.itertuples() for text in (row.query, row.document)}
    _, mean = scored(made, "QueryTwoWords", unit_of, tmp_path / "a")
    assert mean.value == pytest.approx(1.0)
    rows = made.task_data("QueryNegation").rows
    blind = {text: row.unit for row in rows.itertuples() for text in (row.query, row.document)}
    _, mean = scored(made, "QueryNegation", blind, tmp_path / "b")
    assert mean.value == pytest.approx(BLIND, abs=1e-6) == pytest.approx(0.81546, abs=1e-5)
    sharp = {text: row.document for row in rows.itertuples() for text in (row.query, row.document)}
    _, mean = scored(made, "QueryNegation", sharp, tmp_path / "c")
    assert mean.value == pytest.approx(1.0)


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


def test_two_tasks_of_one_model_are_compared_over_what_they_share():
    rows = [result("random", "QueryTwoWords", "retrieval", [0.5, 0.7] * 9)]
    rows += [result("random", "QueryAbbreviation", "retrieval", [0.3, 0.5] * 9)]
    gap = Scores(rows, draws=50).between("random", "QueryAbbreviation", "QueryTwoWords")
    assert gap.value == pytest.approx(-0.2) and gap.low == pytest.approx(-0.2) and gap.high == pytest.approx(-0.2)
    assert Scores(rows[:1], draws=5).between("random", "QueryAbbreviation", "QueryTwoWords") is None


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


def test_recorded_probes_come_back_without_text_and_say_what_is_not_measured(tmp_path, monkeypatch, made):
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
