"""The package as somebody installs it: everything that the library needs is in the wheel."""

import subprocess
import sys
import zipfile

import pytest

from medte.paths import CHECKOUT

pytestmark = pytest.mark.full  # asks PyPI for the build backend


def test_the_wheel_holds_the_mini_edition_the_profiles_and_the_data_files(tmp_path):
    subprocess.run([sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "-w", tmp_path, CHECKOUT], check=True)
    (wheel,) = tmp_path.glob("*.whl")
    names = set(zipfile.ZipFile(wheel).namelist())
    wanted = {
        f"medte/profiles/{path.name}" for path in (CHECKOUT / "profiles").glob("*.yaml")
    } | {
        str(path.relative_to(CHECKOUT))
        for path in (CHECKOUT / "medte").rglob("*")
        if path.suffix in (".yaml", ".csv", ".xz", ".md", ".parquet", ".py")
    }  # fmt: skip
    assert wanted <= names
    assert not [name for name in names if name.startswith(("tests/", "book/", "notebooks/"))]
