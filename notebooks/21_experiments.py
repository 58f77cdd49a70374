# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # What helps in training, and where?
#
# A recipe has many parts, and each sounds right. Here each is changed alone, on real text, with the same budget and
# several seeds, and judged on tasks that were fixed beforehand. All tables and figures of this page are recorded
# (`medte sweep -p open`, hours on two cores); a live run reads them.
#
# *Reads* the recorded trainings. *Writes* nothing. Seconds.

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

from medte.report import experiments
from medte.report.exhibits import show

HTML(experiments.verdict() + experiments.cost())

# %% [markdown]
# ## Which part of the recipe helps?
#
# Each row changes one part of the chosen recipe, which itself was set by held-out training pairs and never by a task.
# *As published* changes all that the paper did otherwise.
# *Sham* deals the second texts out anew within each source: what it gains, the pairs did not teach.

# %%
show("ablation")

# %% [markdown]
# ## Does it help on a source that it never saw?
#
# A model that is trained on a source learns its manner of writing. For each source the recipe is trained once more on all
# others: what is left of the gain is what carries over. So few steps do not meet every source (*Passes*): after a training that
# meets them all the difference may be larger.

# %%
show("left-out")

# %% [markdown]
# Where nothing is left without the source's own pairs, training taught how that source asks and answers, and no medicine that
# helps elsewhere. So we read it; so short a training may also teach no more than that.

# %% [markdown]
# ## What is a leak worth?
#
# The authors' training and evaluation rows overlap. The same recipe, trained as their split would have it, with the pairs that
# touch the evaluation and those of other documents on its subjects; without both; and without the whole source:

# %%
HTML(experiments.leaks_sentence())

# %%
show("leaks-worth")

# %% [markdown]
# In so few steps most pairs are not met even once. A training of hours, as the paper's, meets each many times, and a leak may be
# worth more to it.
