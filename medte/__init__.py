"""A reproducible companion to "Towards Domain Specification of Embedding Models in Medicine" (arXiv 2507.19407).

`medte.get_benchmark("MedEval")` gives the 51 tasks as an `mteb.Benchmark`; `medte.get_task(name)` gives one;
`medte.load_profile("mini")` gives the description of a whole run. Importing `medte` loads neither torch nor mteb.
"""

from importlib import import_module

__version__ = "0.1.0"
__all__ = ["get_benchmark", "get_task", "load_profile"]

_HOMES = {
    "get_benchmark": "medte.benchmark",
    "get_task": "medte.benchmark",
    "load_profile": "medte.profile",
}


def __getattr__(name: str):
    if name in _HOMES:
        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(f"module 'medte' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
