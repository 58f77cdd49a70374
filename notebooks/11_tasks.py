# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # What is each of the 77 tasks made of?
#
# The authors built 77 tasks and report 51. Here all of them stand with what they are made of in this edition: how many documents, how
# long the texts are, how many are repeated, between which bounds a score lies, and the best that an encoder of this run reached.
#
# *Reads* the edition and the results. *Writes* nothing. Seconds where the results are there.

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
from IPython.display import HTML, Markdown

from medte.report import pages, task_cards
from medte.report.exhibits import show
from medte.run import Run

run = Run(profile)
HTML(pages.banner(run.edition.manifest, 0))

# %%
show("task-cards", run)

# %% [markdown]
# **A floor near the best score, or a ceiling far below 100, is a property of the task and not of an encoder.** Tasks outside the
# 51 are built and not scored in this profile.
#
# ## Definitions, labels, examples

# %% tags=["hide-input"]
Markdown(task_cards.definitions(run.edition))
