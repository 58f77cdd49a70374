import pytest
import yaml

from medte import paths, profile
from medte.errors import MedteError
from medte.profile import load_profile
from medte.run import checked_profile


@pytest.fixture
def profiles(tmp_path, monkeypatch):
    """A folder of profiles with a copy of `mini` that a test can change; gives the function that writes it."""
    text = (paths.profiles() / "mini.yaml").read_text(encoding="utf-8")
    monkeypatch.setattr(paths, "profiles", lambda: tmp_path)

    def write(change):
        facts = yaml.safe_load(text)
        change(facts)
        (tmp_path / "trial.yaml").write_text(yaml.safe_dump(facts), encoding="utf-8")
        load_profile.cache_clear()
        return "trial"

    yield write
    load_profile.cache_clear()


NAMES = {"mini", "notes", "open", "paper", "paper-corrected", "test-the-paper", "test-the-paper-all"}


@pytest.mark.parametrize("name", sorted(NAMES))
def test_every_profile_is_valid_and_names_only_what_exists(name):
    assert checked_profile(name).name == name
    assert set(profile.names()) == NAMES


def test_the_two_tests_of_the_paper_differ_in_sources_and_one_model():
    one, all_ = (load_profile(f"test-the-paper{end}").model_dump() for end in ("", "-all"))
    assert {key for key in one if one[key] != all_[key]} == {"name", "description", "data", "models"}
    assert {key for key in one["data"] if one["data"][key] != all_["data"][key]} == {"sources"}
    assert [name for name in one["models"] if name != "tfidf"] == all_["models"]
    assert one["training"] is None and set(one["data"]["sources"]) < set(all_["data"]["sources"])


def test_the_papers_training_is_as_published_and_the_corrected_one_differs_in_what_recipe_5_names():
    paper, corrected = (load_profile(name).training.model_dump() for name in ("paper", "paper-corrected"))
    published = {
        "max_length": 512, "batch_size": 800, "temperature": 0.07, "learning_rate": 5e-5, "weight_decay": 0.01, "warmup": 1000,
        "schedule": "constant", "steps": 8000, "bf16": True, "batches": "source", "weights": "size", "symmetric": False,
    }  # fmt: skip
    assert {key: paper[key] for key in published} == published and load_profile("paper").base == "gte-base"
    assert {key for key in paper if paper[key] != corrected[key]} == {"sources", "split", "leaks", "mask", "near"}
    assert set(paper["sources"]) - set(corrected["sources"]) == {"cure"} and len(paper["sources"]) == 10


def test_an_unknown_profile_is_an_error_with_the_nearest():
    with pytest.raises(MedteError, match="unknown profile 'mimi'; did you mean 'mini'"):
        load_profile("mimi")


def test_a_profile_is_called_like_its_file(profiles):
    with pytest.raises(MedteError, match=r"trial\.yaml calls itself 'mini'"):
        load_profile(profiles(lambda facts: None))


def test_an_unknown_key_is_an_error_with_the_nearest(profiles):
    name = profiles(lambda facts: facts["training"].update(temprature=0.05))
    with pytest.raises(MedteError, match=r"unknown key 'training.temprature'; did you mean 'temperature'"):
        load_profile(name)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda facts: facts["training"].update(temperature=-1), "training.temperature"),
        (lambda facts: facts["data"].update(edition="tiny"), "data.edition"),
        (lambda facts: facts.pop("base"), "base"),
    ],
)
def test_a_value_that_does_not_fit_names_its_place(profiles, change, message):
    with pytest.raises(MedteError, match=message):
        load_profile(profiles(change))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda facts: facts.update(name="trial", models=["MiniLM"]), "unknown model 'MiniLM'"),
        (
            lambda facts: facts.update(name="trial", training=facts["training"] | {"sources": ["pubmd"]}),
            "unknown source 'pubmd'; did you mean 'pubmed'",
        ),
        (
            lambda facts: facts.update(name="trial", benchmark="MedEvl"),
            "unknown benchmark 'MedEvl'; did you mean 'MedEval'",
        ),
    ],
)
def test_a_name_that_no_registry_knows_is_an_error(profiles, change, message):
    with pytest.raises(MedteError, match=message):
        checked_profile(profiles(change))


def mined(**negatives):
    return lambda facts: facts.update(name="trial", data=facts["data"] | {"negatives": negatives})


def test_a_miner_is_known_and_is_not_judged_unless_that_is_allowed(profiles):
    assert checked_profile(profiles(mined(miner="bm25"))).data.negatives.nearest is None
    with pytest.raises(MedteError, match="unknown miner 'bm52'; did you mean 'bm25'"):
        checked_profile(profiles(mined(miner="bm52")))
    with pytest.raises(MedteError, match=r"trial judges all-MiniLM-L6-v2 on pairs.*judged_miner: true to allow it"):
        checked_profile(profiles(mined(miner="all-MiniLM-L6-v2")))
    assert checked_profile(profiles(mined(miner="all-MiniLM-L6-v2", judged_miner=True)))


def test_bm25_may_mine_and_be_judged_since_it_is_scored_on_no_pairs(profiles):
    def both(facts):
        mined(miner="bm25")(facts)
        facts["models"] = [*facts["models"], "bm25"]

    assert "bm25" in checked_profile(profiles(both)).models


def test_an_unknown_key_two_levels_down_is_named(profiles):
    with pytest.raises(MedteError, match=r"unknown key 'data.negatives.nearst'; did you mean 'nearest'"):
        load_profile(profiles(mined(miner="bm25", nearst=3)))


def test_the_hash_changes_with_any_value():
    mini = load_profile("mini")
    assert mini.hash == load_profile("mini").hash
    assert mini.hash != mini.model_copy(update={"bootstrap": 7}).hash


def test_a_variant_differs_in_what_it_says_alone():
    training = load_profile("mini").training
    sham = training.of("sham")
    assert sham.reshuffled and not training.reshuffled and training.of(None) is training
    assert sham.model_dump(exclude={"reshuffled"}) == training.model_dump(exclude={"reshuffled"})
    with pytest.raises(MedteError, match="sham"):
        training.of("shame")
    odd = training.model_copy(update={"variants": {"odd": {"stepps": 3}}})
    with pytest.raises(MedteError, match="steps"):
        odd.of("odd")
