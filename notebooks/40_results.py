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
# All results of the run in one place: means by family and source, every model against one, the gain of the fine-tuned model
# task by task, the same under other conditions, and every number as a file. [How scores are made](../evaluation.md) says what the
# intervals and ranks mean.
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

from medte.report import pages, tables
from medte.report.exhibits import show
from medte.run import Run

run = Run(profile)
scores = run.scores()
HTML(pages.banner(run.edition.manifest, len(scores.results)))

# %% [markdown]
# ## By family

# %%
show("families", run)

# %% [markdown]
# ## Every model against one
#
# With many models some difference will look large by chance. These intervals and p-values allow for that.

# %%
show("comparisons", run)

# %% [markdown]
# ## Fine-tuned against base
#
# Documents weigh the same for both models in every replicate, so what makes a task hard for both cancels out.

# %%
show("differences", run)

# %%
show("gain", run)

# %% tags=["hide-input"]
HTML(pages.verdict(scores, run.profile) + pages.on_real_text(run.profile))

# %% [markdown]
# A model can lose on a source that it was trained on. All texts of a batch are of one source, and all but one are wrong partners: texts
# of one class are pushed apart like any others. That costs where the class is asked for, in classification and clustering, and not where
# the partner is. It is a guess, and not tested by [the short trainings on real text](21_experiments.ipynb), whose tasks have no
# clustering and one classification.

# %% [markdown]
# ## Is it the pairs, and does it hold for new diseases?
#
# Fine-tuning moves an encoder even where the pairs mean nothing. The sham is trained on the same texts, with their partners dealt
# out anew: what the recipe gains counts only where it is above the base and above the sham. A sham far below the base has done harm:
# being above it then says little, and the base is what counts.

# %%
show("sham", run)

# %% [markdown]
# No text that the model above was trained on is about a disease that it is judged on, though some name one in passing. A split by
# document alone leaves other texts about the same diseases to train on. What difference does that make?

# %%
show("plain-split", run)

# %% [markdown]
# ## Sources seen and not seen
#
# A model knows the manner of a source that it was trained on, even where it has not met the text.

# %%
show("seen", run)

# %% [markdown]
# ## Under the corrected protocol
#
# The published metrics reward a lucky start of k-means, a threshold chosen on its own labels, and the one right copy of a text that
# stands there twice. The corrected ones do not.

# %%
show("protocols", run)

# %% [markdown]
# ## With prompts, at equal length
#
# Some encoders were trained with a prompt in front of each text, and some read further than others. Where they were scored so, it stands
# here.

# %%
show("conditions", run)

# %% [markdown]
# ## Published against reproduced
#
# A published number can be tested only where each of its tasks is built from the text that it was built from.

# %%
show("reproduced", run)

# %% [markdown]
# ## Beside the means
#
# A task whose text only stands in for what it should be, or that is built in another way, is in no mean.

# %%
show("beside", run)

# %% [markdown]
# An interval here is over documents of the same kind and over the draws of a score. It does not cover other tasks or text of another origin, and other training
# seeds only where several were trained (see [the spread over seeds](20_contrastive_training.ipynb)).
#
# ## Kept and not used
#
# A result counts with exactly these data, weights, settings and code. Others may be kept; no table uses them.

# %%
show("stale", run)

# %% [markdown]
# ## Every number
#
# Each value comes from a result file under `runs/`, with data hash, model hash, versions and scores per item; `medte trace MODEL TASK`
# walks from a cell to its texts. The same as a table:

# %%
tables.plain(scores).round(4).head(8)
