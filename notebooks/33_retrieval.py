# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Is the right document among the first ten?
#
# Each query has one right document; all others are wrong, also where they say the same. nDCG@10 is 1 where the right
# one comes first, and falls with its rank.
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
scores = run.scores("retrieval")
HTML(pages.banner(run.edition.manifest, len(scores.results)))

# %% [markdown]
# ## Task by task

# %%
show("tasks-retrieval", run)

# %% tags=["hide-input"]
HTML(pages.verdict(scores, run.profile))

# %%
show("scores-retrieval", run)

# %% [markdown]
# Where many queries or documents are alike ("chest pain"), no encoder can reach 100: a low score on such a task is a property of the task. The ceiling says how
# far a perfect model could come.
