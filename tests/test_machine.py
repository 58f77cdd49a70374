"""The faster dtype: measured once for each model of processor, whoever shares the home folder."""

import json

import pytest

from medte import machine
from medte.errors import MedteError


@pytest.fixture(autouse=True)
def unasked():
    """Nothing is known from other tests, and nothing is left for them."""
    machine.faster_dtype.cache_clear()
    yield
    machine.faster_dtype.cache_clear()


@pytest.fixture
def on(monkeypatch):
    """Be on another machine: its processor, and what would be measured there now."""

    def be(processor, measured):
        monkeypatch.setattr(machine, "processor", lambda: processor)
        monkeypatch.setattr(machine, "_measured_dtype", lambda: measured)
        machine.faster_dtype.cache_clear()

    return be


def test_two_machines_with_one_home_keep_each_their_own_dtype(on, home):
    on("Old", "float32")
    assert machine.faster_dtype() == "float32"
    on("New", "bfloat16")
    assert machine.faster_dtype() == "bfloat16"
    on("Old", "bfloat16")  # a busy moment
    assert machine.faster_dtype() == "float32"
    assert json.loads((home / "machine.json").read_text(encoding="utf-8")) == {"Old": "float32", "New": "bfloat16"}


def test_a_damaged_file_is_an_error_that_names_it(on, home):
    on("Old", "float32")
    home.mkdir()
    (home / "machine.json").write_text("{", encoding="utf-8")
    with pytest.raises(MedteError, match=r"machine\.json is damaged .* delete it, and it is measured anew"):
        machine.faster_dtype()


@pytest.fixture
def accelerator(monkeypatch):
    import torch

    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda device: "Fast 100")
    return monkeypatch


@pytest.mark.parametrize(("supported", "dtype"), [(True, "bfloat16"), (False, "float32")])
def test_an_accelerator_is_asked_whether_it_has_bfloat16_itself(accelerator, supported, dtype):
    import torch

    accelerator.setattr(
        torch.cuda, "is_bf16_supported", lambda including_emulation=True: including_emulation or supported
    )
    assert machine.faster_dtype() == dtype and machine.processor() == "Fast 100"


def test_a_processor_is_called_by_its_model(tmp_path, monkeypatch):
    import torch

    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(machine, "CPUINFO", tmp_path / "cpuinfo")
    monkeypatch.setattr("platform.processor", lambda: "")
    monkeypatch.setattr("platform.machine", lambda: "aarch64")
    assert machine.processor() == "aarch64"
    machine.CPUINFO.write_text(
        "processor : 0\nmodel name\t: Some 7 @ 2 GHz \nprocessor : 1\nmodel name\t: Some 7 @ 2 GHz\n"
    )
    assert machine.processor() == "Some 7 @ 2 GHz"
