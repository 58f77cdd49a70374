"""Probes as a set: styles ask for the same, nothing is about what training is about, and those who know score it all."""

from collections import Counter

import numpy as np
import pandas as pd
import pytest
from test_probes_report import results

from medte.evaluation.evaluate import tasks_of
from medte.evaluation.groups import probe_groups
from medte.evaluation.score import score
from medte.finished import Edition
from medte.models.embeddings import Plan
from medte.probes import styles
from medte.probes.build import BLIND, PROBES, build
from medte.probes.probe import NO_QUERY, ProbeData, judged
from medte.profile import load_profile
from medte.run import Run
from medte.sources.mini.knowledge import load
from medte.tasks.build import TaskData
from medte.tasks.catalogue import task as find_task

DATA = load_profile("mini").data


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
