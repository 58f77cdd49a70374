"""The API pages: which modules stand on which page. Sphinx reads their docstrings when it builds the site."""

from medte import paths

PAGES = {
    "data": ("records", "edition", "finished", "curation", "curation/writing", "tasks", "freeze", "quality"),
    "sources": ("sources", "sources/mini", "fetch"),
    "models": ("models", "training", "choose", "publish", "model_card"),
    "evaluation": (
        "benchmark", "evaluation", "probes", "engine", "bench", "bench_training", "experiments", "agreement", "rank", "trace", "contribute",
    ),
    "report": ("report",),
    "paper": ("report/claims", "report/differences", "report/contributions"),
    "run": (
        "profile", "run", "record", "book", "pipeline", "paths", "manifest", "guard", "machine", "chance", "errors", "hub_client",
    ),
}  # fmt: skip
OUTSIDE = ("cli", "commands")  # which `medte --help` documents


def modules(page: str) -> list[str]:
    """The dotted names of a page's modules; of a room (a folder) all, in the order of their names."""
    return [module for room in PAGES[page] for module in _of_room(room)]


def _of_room(room: str) -> list[str]:
    folder = paths.PACKAGE / room
    files = sorted(folder.glob("*.py")) if folder.is_dir() else [folder.with_suffix(".py")]
    told = [file for file in files if file.stat().st_size]  # an empty `__init__.py` has nothing to say
    names = [".".join(file.relative_to(paths.PACKAGE.parent).with_suffix("").parts) for file in told]
    return [name.removesuffix(".__init__") for name in names]


def page(name: str) -> str:
    """The generated piece of an API page: a section for each module, and what Sphinx is to read in it, as MyST."""
    return "\n".join(
        f"## {module}\n\n```{{eval-rst}}\n.. automodule:: {module}\n   :members:\n```\n" for module in modules(name)
    )
