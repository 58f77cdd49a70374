# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # What do the paper's figures look like here?
#
# The paper shows its results as figures: score against time, one source against another, the families against each other, a map of
# texts. Here they are drawn from this run, and after them some that the paper does not have. The [published ones](../published.md) stand
# apart; the learning curve stands [with the training](20_contrastive_training.ipynb).
#
# *Reads* all result files, the stored vectors and the data cards. *Writes* nothing. Half a minute for `mini` where the results are there.

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
# ## Does a slower model score higher?
#
# Each distinct text is encoded once for a model, and that is timed. Random vectors and word counts are made in passing: they have no time.

# %%
show("time", run)

# %% [markdown]
# The same by family. All families are encoded together; a family's seconds are the share of its texts in the words.

# %%
show("time-classification", run)

# %%
show("time-clustering", run)

# %%
show("time-pair_classification", run)

# %%
show("time-retrieval", run)

# %% [markdown]
# **These are seconds of one machine and of one measurement. Whether there is any r at all, and how sure it is, stands above each figure.**
#
# ## Does one source tell what another will say?
#
# Where a model is good on abstracts, is it good on notes?

# %%
show("source-pubmed-mimic_iv", run)

# %%
show("source-pubmed-wikipedia", run)

# %%
show("source-mimic_iv-wikipedia", run)

# %% [markdown]
# **A high r does not make one source a stand-in for another: a few weak models alone can bring it about.**
#
# ## Does one family tell what another will say?

# %%
show("families-scatter", run)

# %% [markdown]
# **The families are scored in different units. Orders can be compared across them, heights cannot.**
#
# ## What does fine-tuning do to a map of texts?
#
# Sections of Wikipedia pages, coloured by the system that the disease is of. The paper's map leaves out the farthest 7 % of each class;
# this one leaves out none.

# %%
show("tsne", run)

# %% [markdown]
# The same map as density:

# %%
show("density", run)

# %% [markdown]
# **A map shows neighbours, not distances. Whether classes come apart is measured on the vectors themselves, by
# [clustering](31_clustering.ipynb).**
#
# ## Where is a model good?

# %%
show("heat-map", run)

# %% [markdown]
# **A cell as dark as the floor before it, or darker, says nothing of what the model understands.**
#
# ## What does a score cost?

# %%
show("frontier", run)

# %% [markdown]
# **Without a ring: another model shown is at least as good and at least as fast (or as small), and better in one of the two.**
#
# ## Is the gain where pairs leaked?
#
# A training pair that touches a task, by the same document, the same words or nearly the same, is dropped before training.

# %%
show("leakage", run)

# %% [markdown]
# **The dropped pairs were not trained on, so that a gain on a task which they touched is not theirs.** What training with them would have
# gained is [measured apart](21_experiments.ipynb).
#
# ## Do long texts score lower?

# %%
show("length", run)

# %% [markdown]
# **Short and long tasks differ in more than length, in their sources and classes above all. A slope alone proves nothing.**
#
# Each figure comes alone with `medte figure NAME`, as SVG.
