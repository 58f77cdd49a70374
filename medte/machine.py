"""This machine: what it is, in words, and how fast it multiplies matrices."""

import os
import platform
import time


def machine() -> str:
    """Cores, processor and accelerator of this machine, in words."""
    import torch

    cores = f"{os.cpu_count()} cores ({platform.machine()})"
    return f"{torch.cuda.get_device_name(0)}, {cores}" if torch.cuda.is_available() else f"{cores}, no accelerator"


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


def threads() -> int:
    """How many threads a matrix product of this process has."""
    import torch

    return torch.get_num_threads()


def use_threads(count: int) -> None:
    """Give matrix products of this process so many threads: sums over other threads end in other last bits."""
    import torch

    if torch.get_num_threads() != count:
        torch.set_num_threads(count)
