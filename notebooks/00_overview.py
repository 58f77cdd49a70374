# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # What happens in this run?
#
# A run goes from text to verdict in five steps: data, training, evaluation, notebooks, site. This page shows what
# the run at hand consists of: its profile, its data, its models, and the mean scores it came to.
#
# *Reads* the profile. *Writes* nothing. Seconds where the run is finished; otherwise the run is carried out here first, about a quarter of an hour for `mini` on two cores.

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
scores = run.scores()
HTML(pages.banner(run.edition.manifest, len(scores.results)))

# %% [markdown]
# ## The profile
#
# A profile is one file that decides everything: which text, which base encoder, how long to train, which models to
# compare, which seeds. An unknown key is an error, so that a typing mistake cannot pass for a setting.

# %%
show("profile", run)

# %% [markdown]
# ## The outcome
#
# What fine-tuning changed, over all tasks of this run:

# %% tags=["hide-input"]
HTML(pages.verdict(scores, run.profile))

# %% [markdown]
# Each column is the mean over the tasks of a family. The four families are scored in four different units, so the last
# column, their plain mean over tasks, is a summary to read last.

# %%
show("families", run)

# %% [markdown]
# The next pages go through it in order: [the data](10_data_curation.ipynb), [the training](20_contrastive_training.ipynb),
# the four families ([classification](30_classification.ipynb), [clustering](31_clustering.ipynb),
# [pair classification](32_pair_classification.ipynb), [retrieval](33_retrieval.ipynb)) and
# [all results](40_results.ipynb) and [the paper's figures](41_figures.ipynb).
