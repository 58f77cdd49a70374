# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # What do encoders do with odd queries?
#
# A benchmark's mean does not say what an encoder can and cannot do. Probes ask one thing each: whether a synonym is known, whether
# a note is found by a clinician's question, whether an abbreviation, a lay name or a denial is understood. They are made by code
# from text that the run has already, stand outside the 51 tasks, and are in no mean.
#
# *Reads* the edition, the models and, where `MEDTE_MIRROR` holds it, the Human Disease Ontology. *Writes* the probes and one result
# file for each model and probe. A minute for `mini` on two cores after the other results, seconds where these are there.

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
found = run.probes()
HTML(pages.banner(run.edition.manifest, sum(len(scores.results) for scores in found.values())))

# %% [markdown]
# ## What is asked?
#
# Each probe is of the evaluation side alone: no disease or patient in it is one that the run trains on. What was left out is counted.

# %%
show("probe-cards", run)

# %% [markdown]
# ## Who can do what?
#
# Where TF-IDF or BM25 is as good as an encoder, the words alone carry the answer. The wrong name of a pair of terms is the one that
# shares most words with the right one among its siblings, so that words mislead where they can. Denials are sentences by fixed templates:
# what stands high there tells two templates apart, and need not understand a denial.

# %%
show("probes", run)

# %% [markdown]
# ## Does it matter how one asks?
#
# The name with one more word, the abbreviation instead of the name, the name that patients use, complaints without a name, a whole
# question: the diseases, the documents and the right answers are the same each time, so that only the words differ. Denials, and
# questions about two diseases, have other right answers and stand in the table above alone.

# %%
show("query-styles", run)

# %%
show("style-differences", run)

# %% [markdown]
# **Between two styles the words of the query are all that differs: a gap here is what that way of asking costs.**
#
# ## The tasks that a summary claims
#
# A second-hand summary of the paper claims gains on clinical term similarity, electronic health record retrieval and cross-modal
# alignment, none of which is among the 51 tasks. The probes come as near as openly licensed text allows. The table is recorded, not of
# this run:

# %%
show("added-tasks")

# %% [markdown]
# Notes and records here are of fictional patients, put together from pieces: they show what an encoder does with such text, and prove
# nothing about real records. The intervals are over the diseases, diagnoses or patients asked about.
