# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Can similarity tell a right pair from a wrong one?
#
# Pairs are ranked by cosine similarity. The published score is F1 at the best threshold, and that threshold is
# chosen on the very labels it is judged by. Calling every pair right gives 67 at half positives and 40 at a quarter,
# so this family starts high.
#
# *Reads* the edition's tasks and the models. *Writes* one result file for each model and task. Two minutes for `mini` on two cores, seconds where the results are there.

# %% tags=["remove-cell"]
# Only needed on Colab: installs the package from your copy of the repository.
import importlib.util

REPOSITORY = ""  # the repository's address, such as https://<host>/<owner>/medte; `make notebooks` fills it in
if importlib.util.find_spec("medte") is None:
    if not REPOSITORY:
        raise SystemExit("Set REPOSITORY above to the address of the repository, then run this cell again.")
    %pip install -q "medte @ git+{REPOSITORY}"

# %% tags=["parameters", "remove-cell"]
profile = "mini"  # type: str  # Which run: a profile's name (mini, open, paper)

# %%
from IPython.display import HTML

from medte.report import pages
from medte.report.exhibits import show
from medte.run import Run

run = Run(profile)
scores = run.scores("pair_classification")
HTML(pages.banner(run.edition.manifest, len(scores.results)))

# %% [markdown]
# ## Task by task

# %%
show("tasks-pair_classification", run)

# %% tags=["hide-input"]
HTML(pages.verdict(scores, run.profile))

# %%
show("scores-pair_classification", run)

# %% [markdown]
# ## By a threshold that has not seen the labels, and by none
#
# Chosen on one half of the documents and judged on the other, the threshold has nothing to gain from the labels that judge it. Average
# precision needs no threshold at all: it asks how far the right pairs stand above the wrong ones.

# %%
show("pair-metrics", run)

# %% [markdown]
# Scores near 67 (or 40 for exam options) are the score of knowing nothing. TF-IDF can even fall below, since mteb does not try the threshold under a block of ties.
