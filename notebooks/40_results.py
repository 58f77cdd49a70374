# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Which encoder is better, and how sure is that?
#
# All results of the run in one place: means by family and source, the gain of the fine-tuned model over its base
# task by task, and every number as a file.
#
# *Reads* all result files. *Writes* a table of all results. Seconds where the results are there.

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

from medte.report import figures, pages, tables
from medte.run import Run

figures.use_style()
run = Run(profile)
scores = run.scores()
HTML(pages.banner(run.edition.manifest, len(scores.results)))

# %% [markdown]
# ## By family

# %%
HTML(tables.families(scores, pages.INTERVALS))

# %% [markdown]
# ## Fine-tuned against base
#
# Documents weigh the same for both models in every replicate, so what makes a task hard for both cancels out.

# %%
HTML(tables.differences(scores, pages.trained_model(run.profile), run.profile.compared_with, pages.UNCERTAIN))

# %% mystnb={"image": {"alt": "Dot plot of the difference between the fine-tuned model and its base on each task, with intervals"}, "figure": {"caption": "Gain over the base by task, in points; the lines are 95 % intervals over documents."}}
figures.gain_by_task(scores, pages.trained_model(run.profile), run.profile.compared_with);

# %% tags=["hide-input"]
HTML(pages.verdict(scores, run.profile))

# %% [markdown]
# ## Is it the pairs, and does it hold for new diseases?
#
# Fine-tuning moves an encoder even where the pairs mean nothing. The sham is trained on the same texts, with their partners dealt
# out anew: what the recipe gains counts only where it is above the base and above the sham.

# %%
HTML(pages.sham(scores, run.profile))

# %% [markdown]
# The model above has met neither the diseases nor the wordings that it is judged on. The paper splits by document at most, so that
# other texts about the same diseases are trained on. What difference does that make?

# %%
HTML(pages.plain_split(run.profile, run.edition.manifest["hash"]))

# %% [markdown]
# ## Beside the means
#
# A task whose text only stands in for what it should be, or that is built in another way, is in no mean.

# %%
HTML(pages.beside(run.groups()))

# %% [markdown]
# An interval here is over documents of the same kind. It does not cover other tasks, other training seeds (see
# [the spread over seeds](20_contrastive_training.ipynb)) or text of another origin.
#
# ## Every number
#
# Each value comes from a result file under `runs/`, with data hash, model hash, versions and scores per item. The same
# as a table:

# %%
tables.plain(scores).round(4).head(8)
