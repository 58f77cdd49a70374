# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Where do the texts come from, and what was dropped?
#
# A benchmark score means something only if the model has not seen the benchmark. So the texts are split before anything is
# made of them, by subject or by whole documents (pages, articles, questions, patients); and every training pair that still
# touches an evaluation text is dropped and counted.
#
# *Reads* the profile's sources. *Writes* the edition: task data and training pairs. A few seconds.

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
HTML(pages.banner(run.edition.manifest, 0))

# %% [markdown]
# ## Sources
#
# The texts of every record are cleaned in the same named steps and records that repeat another are dropped. Then the edition is split:
# by subject where a text has one (a disease is either judged on or trained on, in all sources alike), else by whole documents.

# %%
show("sources", run)

# %%
show("dropped", run)

# %% [markdown]
# ## Leakage
#
# Both texts of every training pair are compared with every text of every task: the same document (under any name that it is known by),
# the same text, the same words up to case and punctuation and, where the profile says so, nearly the same words. A pair that
# matches is dropped.

# %%
show("leaks", run)

# %%
show("leaks-by-task", run)

# %% [markdown]
# **No text that a model is trained on is a text that it is judged by.** What remains is kinship of another kind: training
# and evaluation are written in the same registers, and a training text may name an evaluated disease in passing.
#
# ## Tasks
#
# The sizes of the tasks, what their construction left out, and the revision, which is a hash of the data: another text
# anywhere in a task gives another revision, and old results no longer count.

# %%
show("task-sizes", run)

# %%
show("cards", run)

# %%
show("missing", run)

# %% [markdown]
# ## Does this text predict anything?
#
# Machine-written text is worth measuring on if it orders encoders as real text does. Encoders of graded quality (random vectors, TF-IDF,
# word vectors, MiniLM cut to its first layers, fine-tuning stopped early) were scored on both. They were made to differ much, and several
# are kin: a high τ says little of encoders that lie close together. By family few real tasks stand behind it.

# %%
show("agreement", run)

# %%
show("agreement-figure", run)
