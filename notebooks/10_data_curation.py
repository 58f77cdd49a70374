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

from medte.report import edition_tables, figures, mini_card, pages
from medte.run import Run

figures.use_style()
run = Run(profile)
edition = run.edition
HTML(pages.banner(edition.manifest, 0))

# %% [markdown]
# ## Sources
#
# The texts of every record are cleaned in the same named steps and records that repeat another are dropped. Then the edition is split:
# by subject where a text has one (a disease is either judged on or trained on, in all sources alike), else by whole documents.

# %%
HTML(edition_tables.sources(edition.manifest, "Records of each source and what became of them; tasks and pairs are capped by the profile."))

# %%
HTML(edition_tables.dropped(edition.manifest, "Records that left before the split, by reason."))

# %% [markdown]
# ## Leakage
#
# Both texts of every training pair are compared with every text of every task: the same document (under any name that it is known by),
# the same text, the same words up to case and punctuation and, where the profile says so, nearly the same words. A pair that
# matches is dropped.

# %%
HTML(edition_tables.leaks(edition.manifest, "Training pairs that were dropped, by source and reason."))

# %%
HTML(edition_tables.leaks_by_task(edition.manifest, "The same by task; a pair may touch several."))

# %% [markdown]
# **No text that a model is trained on is a text that it is judged by.** What remains is kinship of another kind: training
# and evaluation are written in the same registers, and a training text may name an evaluated disease in passing.
#
# ## Tasks
#
# The sizes of the tasks, what their construction left out, and the revision, which is a hash of the data: another text
# anywhere in a task gives another revision, and old results no longer count.

# %%
HTML(edition_tables.task_sizes(edition.manifest, run.tasks(), "The tasks of this edition that are scored."))

# %%
HTML(edition_tables.cards(edition.cards(), run.tasks(), pages.CARDS))

# %%
HTML(edition_tables.missing(pages.missing_of_benchmark(run.profile, edition.missing), "Tasks that this edition lacks, and why.") or "<p>No task is missing.</p>")

# %% [markdown]
# ## Does this text predict anything?
#
# Machine-written text is worth measuring on if it orders encoders as real text does. Encoders of graded quality (random vectors, TF-IDF,
# word vectors, MiniLM cut to its first layers, fine-tuning stopped early) were scored on both:

# %%
HTML(pages.agreement(edition.manifest))

# %% mystnb={"image": {"alt": "Scatter plot of encoders: mean score on the mini edition against mean score on real text"}, "figure": {"caption": "Encoders of graded quality: the mean over the mini edition's tasks against the mean over real tasks, as recorded."}}
figures.agreement(mini_card.agreement());
