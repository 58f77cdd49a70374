# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Do the vectors separate classes from a few examples?
#
# Each task shows a logistic regression a few texts of every class, several times over, and asks it for the class of the
# rest: macro F1, the mean of the draws. Sections of one page and notes of one patient are never on both sides.
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
scores = run.scores("classification")
HTML(pages.banner(run.edition.manifest, len(scores.results)))

# %% [markdown]
# ## Task by task

# %%
show("tasks-classification", run)

# %% tags=["hide-input"]
HTML(pages.verdict(scores, run.profile))

# %%
show("scores-classification", run)

# %% [markdown]
# A class word that stands in the text makes a task easy for any encoder, TF-IDF among them. Read each task against that column, and against its floor:
# what naming the most frequent class every time would get.
