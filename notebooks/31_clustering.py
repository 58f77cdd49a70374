# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Do texts of one class lie together?
#
# One k-means on the vectors, with as many clusters as there are classes, compared with the classes: v-measure, 0 where
# a cluster says nothing of the classes (chance gives a little more) and 1 for a perfect match. Nothing is learned from labels.
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
scores = run.scores("clustering")
HTML(pages.banner(run.edition.manifest, len(scores.results)))

# %% [markdown]
# ## Task by task

# %%
show("tasks-clustering", run)

# %% tags=["hide-input"]
HTML(pages.verdict(scores, run.profile))

# %%
show("scores-clustering", run)

# %% [markdown]
# K-means starts at random points. Several starts are drawn for each task; the score shown is that of the published start, and the interval holds what other
# starts would give. [The results](40_results.ipynb) show the mean of them all beside it.
