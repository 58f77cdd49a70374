"""The sweep of short trainings: what is planned, that it resumes, and what the page says of it."""

from dataclasses import replace

import pytest
from made_up import retrieval
from test_fit import QUICK
from tiny_bert import plain_bert

from medte import experiments as module
from medte import paths
from medte import run as running
from medte.errors import MedteError
from medte.evaluation.statistics import Scores
from medte.evaluation.store import read_recorded
from medte.experiments import Plan, plan, real_tasks, repeated, sweep, trials
from medte.report import experiments as report
from medte.report.experiments import Sweep
from medte.run import Run


@pytest.fixture
def run(mini, tmp_path, monkeypatch):
    monkeypatch.setattr(paths, "recorded", lambda: tmp_path / "recorded")
    made = Run("mini")
    made.edition = mini
    return made


def test_the_plan_has_eleven_trainings_three_seeds_and_known_settings(run):
    assert (
        len(plan().rows) - len(repeated(Run("open"))) == 11 and len(plan().seeds) == 3
    )  # and the base, which is not trained
    made = trials(run)
    assert {trial.settings.steps for trial in made} == {plan().steps}
    by_name = {trial.name: trial for trial in made}
    assert by_name["leaked-2"].settings.leaks == "keep" and by_name["leaked-2"].settings.seed == 2
    assert by_name["chosen-1"].settings.temperature == run.profile.training.temperature
    assert len({trial.name for trial in made}) == len(made)


def test_a_row_with_the_settings_of_an_earlier_one_is_not_trained_twice(run, monkeypatch):
    own = run.profile.training.temperature
    changes = {"chosen": {}, "same": {"temperature": own}, "other": {"temperature": 2 * own}}
    rows = [{"name": name, "title": name, "changes": changed} for name, changed in changes.items()]
    made = Plan(steps=2, warmup=0, seeds=[1], rows=rows, not_run=[])
    monkeypatch.setattr(module, "plan", lambda: made)
    assert repeated(run) == {"same": "chosen"}
    assert [trial.name for trial in trials(run) if not trial.without] == ["chosen-1", "other-1"]


def test_tasks_are_of_real_text_alone_and_a_source_that_is_left_out_is_judged_on_its_own(run):
    fictional = {source for source, about in run.edition.manifest["sources"].items() if about["fictional"]}
    assert fictional and not fictional & {task.source for task in real_tasks(run)}
    trial = next(trial for trial in trials(run) if trial.without == "medquad")
    assert trial.tasks == ["MedQuADRetrieval"]
    with pytest.raises(MedteError, match="did you mean 'symmetric'"):
        trials(run, ["symetric"])


@pytest.fixture
def small(run, tmp_path, monkeypatch):
    """A plan of two rows, one source and two seeds, on a tiny encoder and two tasks."""
    bert = plain_bert(tmp_path / "bert")
    rows = [
        {"name": "chosen", "title": "Chosen recipe", "changes": {}},
        {"name": "leaked", "title": "With leaked pairs", "changes": {"leaks": "keep"}},
    ]
    later = [{"name": "doubled", "title": "Twice the steps", "changes": {"steps": 4}}]
    small = Plan(steps=2, warmup=0, seeds=[1, 2], rows=rows, not_run=later)
    monkeypatch.setattr(module, "plan", lambda: small)
    tasks = [task for task in real_tasks(run) if task.name in ("MedQuADRetrieval", "MedQAPairClassification")]
    monkeypatch.setattr(module, "real_tasks", lambda run: tasks)
    quick = QUICK.model_copy(update={"sources": ["medquad", "medqa"], "validation_pairs": 20})
    run.profile = run.profile.model_copy(update={"training": quick, "base": str(bert)})
    report.sweep.cache_clear()
    yield run
    report.sweep.cache_clear()


@pytest.mark.slow
def test_an_interrupted_sweep_goes_on_and_ends_with_all_rows(small, monkeypatch):
    trained, whole = [], running.train

    def stops(settings, *args):
        if len(trained) == 3:
            raise KeyboardInterrupt
        trained.append(settings.seed)
        return whole(settings, *args)

    monkeypatch.setattr(running, "train", stops)
    with pytest.raises(KeyboardInterrupt):
        sweep(small)
    about, _ = read_recorded(paths.recorded() / "mini-experiments.jsonl.xz")
    assert len(about["trainings"]) == 3
    monkeypatch.setattr(running, "train", whole)
    about, results = read_recorded(sweep(small))
    names = {f"{row}-{seed}" for row in ("chosen", "leaked", "without-medquad", "without-medqa") for seed in (1, 2)}
    assert set(about["trainings"]) == names and {result["model"] for result in results} == names | {"base"}
    assert not [
        r for r in results if r["model"].startswith("without-medqa-") and r["task"] != "MedQAPairClassification"
    ]
    kept = dict(about["trainings"])
    assert read_recorded(sweep(small))[0]["trainings"] == kept  # nothing is trained again

    assert "Chosen recipe" in (table := report.ablation("mini")) and "With leaked pairs" in table
    assert "<code>medte sweep -p mini --row doubled</code>" in table
    assert "medquad" in (table := report.left_out("mini"))
    assert "Mean over sources" in table.split("<tfoot>")[1]
    assert '<th scope="col">Passes</th>' in table and len(report.sweep("mini").passes("medquad")) == 2
    assert "In 2 steps the chosen recipe" in (said := report.verdict("mini"))
    assert "Of 1 other rows, compared at once, none can be told from it." in said
    assert "Over 2 sources training with leaked pairs is" in report.leaks_sentence("mini")
    assert "8 trainings are recorded" in report.cost("mini")
    assert len(report.leaks("mini").axes[0].get_yticklabels()) == 2


SHIFTS = {"chosen": 0.02, "unmasked": 0.02, "sham": -0.06}


@pytest.fixture
def made():
    """A sweep by hand: three rows with three seeds, on two tasks of one source; the sham does harm."""
    models = {"base": 0.0} | {
        f"{row}-{seed}": shift + seed / 1000 for row, shift in SHIFTS.items() for seed in (1, 2, 3)
    }
    names = ("MedQuADRetrieval", "MedQuADRetrievalMerged")
    results = [retrieval(model, task, [0.5 + shift] * 30) for model, shift in models.items() for task in names]
    rows = [
        {"name": row, "title": row.title(), "changes": {"mask": False} if row == "unmasked" else {}} for row in SHIFTS
    ]
    trainings = {
        model: {"passes": {"medquad": 0.5 * (int(model[-1]) - 1)}, "measured": {"masked_share": 0.0}}
        for model in models
        if model != "base"
    }
    about = {"same": {"symmetric": "chosen"}, "trainings": trainings, "written": []}
    recipes = {"base": ["base"]} | {row: [f"{row}-{seed}" for seed in (1, 2, 3)] for row in SHIFTS}
    return Sweep(
        about, Scores(results, 200, 1), recipes, Plan(steps=2, warmup=0, seeds=[1, 2, 3], rows=rows, not_run=[])
    )


def test_the_spread_of_seeds_is_said(made):
    made = replace(made, recipes=made.recipes | {"sham": ["sham-1", "sham-3"]})
    assert report._spreads(made).endswith("(standard deviation 0.10 points); sham pairs have their own (0.14).")


def test_the_recipe_stands_beside_sham_pairs(made):
    found = made.against_sham()
    for one, value in ((found.gain, 0.022), (found.over_sham, 0.08), (found.sham, -0.058)):
        assert one.value == pytest.approx(value)
    assert "they did harm" in str(found)
    assert replace(made, recipes=made.recipes | {"sham": ["sham-1"]}).against_sham() is None


def test_a_row_with_the_settings_of_another_has_its_gain_and_is_nothing_beside_it(made, monkeypatch):
    assert made.gain("symmetric", made.tasks) == made.gain("chosen", made.tasks)
    monkeypatch.setattr(Sweep, "left_out", lambda self: ["medquad"])
    assert made.mean_gain("symmetric", "base").value == pytest.approx(0.022)
    made.about["same"]["leaked"] = "chosen"
    monkeypatch.setattr(report, "sweep", lambda profile: made)
    assert "nothing to compare" in report.leaks_sentence()


def test_a_source_that_no_batch_was_of_is_counted(made, monkeypatch):
    assert made.passes("medquad") == [0.0, 0.5, 1.0]
    monkeypatch.setattr(Sweep, "left_out", lambda self: ["medquad"])
    assert "in 1 of 3 cases (source by seed) none was of the source" in report._never_met(made)


def test_changes_that_can_be_told_from_the_recipe_are_named_and_one_that_changed_nothing_too(made):
    said = report._told_apart(made)
    assert said.startswith("Of 2 other rows, compared at once, sham (worse) can be told from it.")
    assert "changed nothing is among them: unmasked" in said
    made.about["trainings"]["chosen-2"]["measured"]["masked_share"] = 0.01
    assert "changed nothing" not in report._told_apart(made)


def test_what_is_not_recorded_is_said(run):
    assert all(
        "medte sweep -p open" in made("mini")
        for made in (report.ablation, report.left_out, report.verdict, report.leaks_sentence, report.cost)
    )
    assert report.leaks("mini").texts
