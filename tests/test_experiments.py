"""The sweep of short trainings: what is planned, that it resumes, and what the page says of it."""

import pytest
from test_fit import QUICK
from tiny_bert import plain_bert

from medte import experiments as module
from medte import paths
from medte import run as running
from medte.errors import MedteError
from medte.evaluation.comparisons import Comparison
from medte.evaluation.estimates import Estimate
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
    assert '<th scope="col">Passes</th>' in table and 0 <= report.sweep("mini").passes("medquad") <= 2
    assert "In 2 steps the chosen recipe" in (said := report.verdict("mini"))
    assert "Of 1 changes to the recipe, compared at once, none can be told from it." in said
    assert "Over 2 sources training with leaked pairs is" in report.leaks_sentence("mini")
    assert "8 trainings are recorded" in report.cost("mini")
    assert len(report.leaks("mini").axes[0].get_yticklabels()) == 2


def test_changes_that_can_be_told_from_the_recipe_are_named(monkeypatch):
    row = {"name": "sham", "title": "Sham pairs", "changes": {}}
    found = Sweep({}, None, {}, Plan(steps=2, warmup=0, seeds=[1], rows=[row, row | {"name": "near"}], not_run=[]))
    gap = Estimate(-0.1, -0.2, -0.05, 3)
    against = {"sham": Comparison(gap, 0.01, "below"), "near": Comparison(gap, 0.5, "not distinguishable")}
    monkeypatch.setattr(report, "_over", lambda found, other: against)
    assert report._told_apart(found) == (
        "Of 2 changes to the recipe, compared at once, sham pairs (worse) can be told from it."
    )


def test_what_is_not_recorded_is_said(run):
    report.sweep.cache_clear()
    assert all(
        "medte sweep -p open" in made("mini")
        for made in (report.ablation, report.left_out, report.verdict, report.leaks_sentence, report.cost)
    )
    assert report.leaks("mini").texts
    report.sweep.cache_clear()
