"""This machine: what it is, how fast it multiplies matrices, and in which numbers it does so faster."""

import json
import os
import platform
import re
import time
from functools import lru_cache
from pathlib import Path
from typing import Any

from medte import paths
from medte.errors import MedteError
from medte.manifest import write_json

CPUINFO = Path("/proc/cpuinfo")  # Linux


def machine() -> str:
    """Cores, processor and accelerator of this machine, in words."""
    import torch

    cores = f"{os.cpu_count()} cores ({platform.machine()})"
    return f"{torch.cuda.get_device_name(0)}, {cores}" if torch.cuda.is_available() else f"{cores}, no accelerator"


def processor() -> str:
    """The model of the accelerator, or of the processor where there is none."""
    import torch

    if torch.cuda.is_available():
        return torch.cuda.get_device_name(0)
    about = CPUINFO.read_text(encoding="utf-8", errors="replace") if CPUINFO.exists() else ""
    model = re.search(r"^model name\s*:\s*(\S.*)$", about, re.MULTILINE)
    return model[1].strip() if model else platform.processor() or platform.machine()


def matrix_rate(dtype: str) -> float:
    """Operations a second of a large matrix product in "float32" or "bfloat16", the best of several."""
    import torch

    device = "cuda" if torch.cuda.is_available() else "cpu"
    left = torch.ones(4096, 1024, dtype=getattr(torch, dtype), device=device)
    right = torch.ones(1024, 4096, dtype=getattr(torch, dtype), device=device)

    def seconds() -> float:
        start = time.perf_counter()
        (left @ right)[0, 0].item()  # waits for the accelerator
        return time.perf_counter() - start

    return 2 * 4096 * 1024 * 4096 / min(seconds() for _ in range(8))


def operations_per_token(model: Any) -> int:
    """Operations of a model's forward pass for each token: two for each weight that it is multiplied with; embeddings are only looked up."""
    from torch.nn import Linear

    return 2 * sum(layer.weight.numel() for layer in model.modules() if isinstance(layer, Linear))


def threads() -> int:
    """How many threads a matrix product of this process has."""
    import torch

    return torch.get_num_threads()


def use_threads(count: int) -> None:
    """Give matrix products of this process so many threads: sums over other threads end in other last bits."""
    import torch

    if torch.get_num_threads() != count:
        torch.set_num_threads(count)


@lru_cache
def faster_dtype() -> str:
    """ "bfloat16" where this machine multiplies matrices at least 1.3 times faster in it, else "float32".

    Measured once for each model of processor or accelerator and kept in the home folder: a busy moment must not change the
    dtype between two steps of one run, nor may another machine that shares the folder.
    """
    path, here = paths.home() / "machine.json", processor()
    try:
        known = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    except json.JSONDecodeError as error:
        raise MedteError(f"{path} is damaged ({error}); delete it, and it is measured anew") from error
    if here not in known:
        known |= {here: _measured_dtype()}
        write_json(path, known)
    return known[here]


def _measured_dtype() -> str:
    import torch

    if torch.cuda.is_available():
        return "bfloat16" if torch.cuda.is_bf16_supported(including_emulation=False) else "float32"

    def seconds(dtype: torch.dtype) -> float:
        left, right = torch.ones(1024, 384, dtype=dtype), torch.ones(384, 1536, dtype=dtype)
        times = []
        for _ in range(10):
            start = time.perf_counter()
            for _ in range(4):
                left @ right
            times.append(time.perf_counter() - start)
        return min(times)

    return "bfloat16" if seconds(torch.float32) > 1.3 * seconds(torch.bfloat16) else "float32"
