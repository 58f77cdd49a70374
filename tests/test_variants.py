"""Each variant beside its base: what is masked, what merges, what stays as the authors had it."""

import re

import pandas as pd
import pytest

from medte.tasks.build import Limits, TaskData, build
from medte.tasks.catalogue import benchmark_tasks, catalogue, task, variants
from medte.tasks.variants import inflections, label_words
from tests.conftest import make_record

LIMITS = Limits(300, 300, 0.3)


def page(number, *categories, sections=4):
    texts = {
        f"section:{s}": f"Page {number}, section {s}, on pains and fever: {'words ' * 12}" for s in range(sections)
    }
    return make_record(str(number), "wikipedia", facts={"categories": categories}, **texts)


def question(number, query, answer):
    return make_record(str(number), "medquad", question=query, answer=answer)


def test_variants_are_derived_and_belong_to_no_published_benchmark():
    assert len(catalogue()) == 77 and not set(catalogue()) & set(variants())
    for name, variant in variants().items():
        base = catalogue()[variant.base]
        assert name == base.name + variant.variant and task(name) is variant
        assert variant.reported == "no" and variant.build == base.build and variant.source == base.source
        assert variant.definition.startswith(base.definition) and variant.definition != base.definition
    assert all(entry.base == entry.name and entry.variant is None for entry in catalogue().values())
    kinds = {(entry.build["kind"], entry.variant) for entry in variants().values()}
    assert not {kind for kind, _ in kinds} & {"options", "readmission"}
    assert not set(variants()) & {entry.name for entry in benchmark_tasks("MedEval-all")}


def test_the_corrected_benchmark_has_51_tasks_each_its_corrected_form():
    corrected = benchmark_tasks("MedEval-corrected")
    assert [entry.base for entry in corrected] == [entry.name for entry in benchmark_tasks("MedEval")]
    forms = {(entry.family, entry.build["kind"], entry.variant) for entry in corrected}
    assert {form for form in forms if form[2]} == {
        ("retrieval", "columns", "Merged"),
        ("pair_classification", "columns", "Checked"),
    }
    assert ("pair_classification", "options", None) in forms and ("retrieval", "columns", None) not in forms


@pytest.mark.parametrize(
    ("word", "forms", "others"),
    [
        ("diseases", "disease diseases diseased", "diseas ease"),
        ("syndromes", "syndrome syndromes", "syndromic"),
        ("cardiology", "cardiology cardiologist cardiological cardiologists", "cardiac"),
        ("symptoms", "symptom symptoms", "symptomatic"),
        ("affecting", "affect affects affected affecting", "affection"),
        ("pain", "pain pains pained", "paint"),
        ("therapy", "therapy therapies therapist", "therapeutic"),
    ],
)
def test_simple_inflections(word, forms, others):
    pattern = re.compile(inflections(word))
    assert all(pattern.fullmatch(form) for form in forms.split())
    assert not [other for other in others.split() if pattern.fullmatch(other)]


def test_sections_are_masked_in_the_words_of_every_class_and_nothing_else_changes():
    records = [page(i, "Pain" if i % 2 else "Fever") for i in range(40)]
    base, probe = (build(task(f"WikipediaPainVsFeverClassification{v}"), records, LIMITS) for v in ("", "Masked"))
    assert probe.rows.drop(columns="text").equals(base.rows.drop(columns="text"))
    assert all(text.count("[…]") == 2 and "pain" not in text and "fever" not in text for text in probe.rows["text"])
    restored = [text.replace("[…]", "pains", 1).replace("[…]", "fever", 1) for text in probe.rows["text"]]
    assert restored == base.rows["text"].tolist()


def test_terms_are_masked_in_the_forms_that_are_searched():
    words = label_words(task("PMCDiagnosticVsTherapeuticClassification"))
    assert words.sub("[…]", "Diagnosis, DIAGNOSTICS and therapies; undiagnosed therapists") == (
        "[…], […] and […]; undiagnosed therapists"
    )
    imaging = label_words(task("PMCMedicalImagingTypesClustering"))
    assert imaging.sub("[…]", "magnetic resonance imaging (MRI), PET/CT, CTs") == "[…] ([…]), […], CTs"
    plain = label_words(task("PubMedHypertensionDiabetesCancerAlzheimersInfluenzaClustering"))
    assert plain.sub("[…]", "Alzheimer's disease, hypertensive, cancer") == "[…], hypertensive, […]"


def test_merging_makes_equal_queries_and_documents_one_and_all_their_answers_right():
    rows = [
        ("Chest pain", "Angina."), ("chest pain!", "Reflux."), ("Cough", "REFLUX"), ("Fever", "Flu"), ("fever", "Flu."),
    ]  # fmt: skip
    data = build(task("MedQuADRetrievalMerged"), [question(i, *row) for i, row in enumerate(rows)], LIMITS)
    judged = data.judgements()
    found = {
        query.casefold().strip("!"): {judged.documents[i].casefold().strip(".") for i in right}
        for query, right in zip(judged.queries, judged.right, strict=True)
    }
    assert found == {"chest pain": {"angina", "reflux"}, "cough": {"reflux"}, "fever": {"flu"}}
    assert len(judged.queries) == len(judged.documents) == len(judged.units) == 3
    assert data.dropped == {"document merged with an earlier one": 2, "query merged with an earlier one": 2}
    assert len(data.rows) == 4 and set(data.rows) == {"query", "document", "unit"}
    assert data.missing() == "3 queries; 100 are needed"


def test_the_base_keeps_each_row_its_own_query_and_document():
    data = build(task("MedQuADRetrieval"), [question(i, "Cough", "Reflux") for i in range(3)], LIMITS)
    assert data.judgements().right == [[0], [1], [2]] and data.judgements().queries == ["Cough"] * 3


def test_texts_without_a_word_merge_only_with_their_like():
    rows = pd.DataFrame({"query": ["??", "!", "??"], "document": ["a", "b", "c"], "unit": ["x", "y", "z"]})
    records = [question(i, *row) for i, row in enumerate(zip(rows["query"], rows["document"], strict=True))]
    assert sorted(map(len, build(task("MedQuADRetrievalMerged"), records, LIMITS).judgements().right)) == [1, 2]


def test_as_published_a_page_in_two_classes_stays_in_both_and_is_split_by_section():
    records = [page(i, "Pain") for i in range(30)] + [page(i, "Fever") for i in range(30, 60)]
    records.append(page(60, "Pain", "Fever"))
    base, published = (
        build(task(f"WikipediaPainVsFeverClassification{v}"), records, LIMITS) for v in ("", "AsPublished")
    )
    assert base.dropped == {"page in two classes": 1} and published.dropped == {}
    assert len(base.rows) == 240 and len(published.rows) == 248
    both = published.rows[published.rows["unit"] == "wikipedia:60"]
    assert sorted(both["label"]) == ["Fever"] * 4 + ["Pain"] * 4
    assert (published.rows["split"] == "test").sum() == round(0.3 * 248)
    sides = published.rows.groupby("unit")["split"].nunique()
    assert (sides == 2).sum() > 20
    again = build(task("WikipediaPainVsFeverClassificationAsPublished"), records[::-1], LIMITS)
    assert again.rows.equals(published.rows)


def test_as_published_an_article_found_by_two_terms_stays_in_both():
    articles = [make_record(str(i), "pmc", title=f"Diagnosis {i}", abstract="a") for i in range(5)]
    articles += [make_record(str(i), "pmc", title=f"Therapy {i} and diagnosis", abstract="a") for i in range(5, 8)]
    name = "PMCDiagnosticVsTherapeuticClassification"
    base, published = (build(task(name + v), articles, LIMITS) for v in ("", "AsPublished"))
    assert base.dropped == {"article found by two terms": 3} and len(base.rows) == 5
    assert published.dropped == {} and sorted(published.rows["label"]) == ["diagnostic"] * 8 + ["therapeutic"] * 3


def test_as_published_documents_have_a_title_in_front():
    data = build(task("MedQuADRetrievalAsPublished"), [question(1, "Cough", "Reflux")], LIMITS)
    assert data.rows["document"].tolist() == ["No title Reflux"] and data.rows["query"].tolist() == ["Cough"]


def test_who_wrote_a_column_is_said_where_it_is_one_of_the_tasks():
    def abstract(number, **facts):
        texts = {"title": "t", "abstract": f"Abstract {number}.", "written_question": f"Question {number}?"}
        return make_record(str(number), "biorxiv", facts=facts, **texts)

    entry = task("BioRxivRetrieval")
    by = {"written_by": {"written_question": "extractive"}}
    other = {"written_by": {"written_question": "model x", "sentence1": "model y"}}
    assert build(entry, [abstract(1), abstract(2, **by)], LIMITS).written_by == "extractive"
    assert build(entry, [abstract(1, **other), abstract(2, **by)], LIMITS).written_by == "extractive, model x"
    assert build(entry, [abstract(1, written_by={"sentence1": "model y"})], LIMITS).written_by is None
    assert TaskData(entry, pd.DataFrame(), {}).written_by is None
