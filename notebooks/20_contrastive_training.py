# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # What does contrastive training do to the encoder?
#
# The paper's recipe in small: pairs of texts that belong together are pulled together, all other pairings in the
# batch are pushed apart (InfoNCE on cosine similarity, in-batch negatives, each batch from one source, no text twice
# in a batch).
#
# *Reads* the training pairs and the base encoder. *Writes* the trained model. About four minutes for `mini` on two cores, nothing where the model is there.

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
# ## The recipe
#
# For a batch of pairs $(a_i, b_i)$ with cosine similarity $s$ and temperature $\tau$ the loss of pair $i$ is
#
# $$\ell_i = -\log \frac{\exp(s(a_i, b_i)/\tau)}{\sum_j \exp(s(a_i, b_j)/\tau)}.$$
#
# The paper trains gte-base for 8000 steps of 800 pairs at $\tau = 0.07$. Here a smaller encoder trains for minutes.

# %%
show("settings", run)

# %% [markdown]
# The temperature was chosen on held-out training pairs, never on a task:

# %%
show("choice", run)

# %%
show("pairs", run)

# %% [markdown]
# Texts of a batch go through the encoder in passes of similar length. Padding every text to the maximum, as the authors
# did, costs several times as much for the same loss:

# %%
show("padding")

# %% [markdown]
# ## Did it learn?
#
# Held-out pairs come from documents that training never saw. The dashed line joins their loss before and after.

# %%
show("learning-curve", run)

# %%
show("held-out", run)

# %% [markdown]
# A lower loss on held-out pairs says that the encoder learned the pairs' relation. Whether that helps on tasks is another
# question, which [the results](40_results.ipynb) answer.
#
# ## How much is luck?
#
# One seed trains live. Where the spread over training seeds was recorded, it stands here:

# %%
show("seeds", run)
