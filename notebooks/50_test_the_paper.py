# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Does the released MEDTE reach what the paper says? Test it yourself
#
# Nearly every mean that the paper published contains hospital notes that may not be passed on. One column does not: Wikipedia,
# 11 tasks, of which 10 need no language model. Here they are built from the wiki's own pages and scored for the released MEDTE,
# for its base gte-base and for MiniLM, by the paper's protocol: each model at its own length, no prompts. The last table is the
# verdict, and the file behind it can be contributed, so that the next reader sees it.
#
# *Reads* Wikipedia and the model hub. *Writes* the pages, the vectors, the results, and one file without text. It needs a network
# and an accelerator; it is made for a free one, such as Colab's. How long it takes: the wiki grants two requests a second, a page
# each, of at most 2,000 pages for each of 34 categories. That is hours for some ten thousand pages; the first step says how many
# there are today, before it fetches any. Scoring comes on top: on a free accelerator nobody has measured it yet, unless the first
# table says so. A run that breaks off goes on where it was.

# %% tags=["remove-cell"]
# Only needed on Colab: installs the package from your copy of the repository.
import importlib.util

REPOSITORY = ""  # the repository's address, such as https://<host>/<owner>/medte; `make notebooks` fills it in
if importlib.util.find_spec("medte") is None:
    if not REPOSITORY:
        raise SystemExit("Set REPOSITORY above to the address of the repository, then run this cell again.")
    %pip install -q "medte @ git+{REPOSITORY}"

# %% [markdown]
# ## What others found
#
# Results that were contributed, each checked: every value follows from its items, and models, data and machine are named.

# %%
from medte.report.exhibits import show

show("contributed")

# %% [markdown]
# ## Run it
#
# When this site was built the cells from here on were not run, since they need a network: they stand without results. Open the notebook in
# Colab or Jupyter to run them. On Colab choose a GPU first (Runtime, Change runtime type). `email` is the address at which the wiki's
# operators can reach you; they see it with every request, and it is kept nowhere. `home` should be on a mounted drive if the session may end
# before the run does.

# %% tags=["parameters"]
profile = "test-the-paper"  # type: str  # Wikipedia alone; test-the-paper-all: every public source
email = ""  # type: str  # An address of yours
home = ""  # type: str  # A folder in which all is kept; empty: medte-runs/ beside the notebook
from_list = False  # type: bool  # Only the pages that the first contributed result lists, so that the text is the same

# %% tags=["skip-execution"]
import os

from IPython.display import HTML

from medte.contribute import frozen_list, write
from medte.fetch import fetch, plan
from medte.report import pages
from medte.report.contributions import contributed
from medte.run import Run, checked_profile

os.environ["MEDTE_EMAIL"] = email or os.environ.get("MEDTE_EMAIL", "")
os.environ["MEDTE_HOME"] = home or os.environ.get("MEDTE_HOME", "")
plan(checked_profile(profile), [], print)

# %% [markdown]
# So much is still to be fetched. Each page is kept as it came, and asked for once.

# %% tags=["skip-execution"]
fetch(checked_profile(profile), [], print)

# %% [markdown]
# ## Build and score
#
# The first result that is contributed brings the list of its pages with it, by number and hash. With `from_list` only those are used, and
# what has changed or gone since is counted. Until there is one, the text is today's, and so is not the paper's of May 2025.

# %% tags=["skip-execution"]
run = Run(profile, print, frozen_list(profile) if from_list else None)
scores = run.scores()
HTML(pages.banner(run.edition.manifest, len(scores.results)))

# %% tags=["skip-execution"]
show("families", run)

# %% [markdown]
# ## Is MEDTE above its base?
#
# On Wikipedia the paper has MEDTE above its base ([published](../published.md)). Documents weigh the same for both models, so what makes a
# task hard for both cancels out.

# %% tags=["skip-execution"]
show("differences", run)

# %% [markdown]
# ## Published against yours
#
# The paper's mean is over 11 tasks. The eleventh, pairs of sentences that GPT-4o wrote, is not scored here, but an encoder's score on
# it is not below that of calling all pairs but one right, nor above 100. So the mean over all 11 lies in a narrow range: a published value
# outside it is *not reproduced*, one inside it is *not contradicted*.

# %% tags=["skip-execution"]
show("reproduced", run)

# %% [markdown]
# ## Hand it on
#
# One file holds the results with their scores per item, the revisions of the models, hashes of the data, machine and versions, and
# the numbers of the pages; no text. In a clone of the repository, `medte results add FILE` checks it and takes it in; then open a pull
# request in the repository that your copy came from. Below, the file is read back as that command reads it.

# %% tags=["skip-execution"]
file = write(run)
print(file)
HTML(contributed.table([str(file)]))
