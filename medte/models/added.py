"""The models that were added to a run: the name under which each stands in the tables, and where it is."""

import json
from collections.abc import Collection
from pathlib import Path

from medte.errors import MedteError, require_known
from medte.manifest import write_json
from medte.models.registry import entry


class Added:
    """The models that were added, a file each in a folder; those of `own` stand in the tables anyway."""

    def __init__(self, folder: Path, own: Collection[str]):
        self.folder = folder
        self.own = own

    def places(self) -> dict[str, str]:
        """Name → name or folder of each."""
        return {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in sorted(self.folder.glob("*.json"))}

    def reference(self, name: str) -> str:
        """What `entry` knows a model by: a folder that is here, else the folder of one that was added under that name."""
        return name if Path(name).is_dir() else self.places().get(name, name)

    def add(self, model: str) -> str:
        """The name under which a model, registered or in a folder, stands in the tables from now on. MedteError if unknown."""
        asked, there = entry(self.reference(model)), self.places()
        condition = asked.name.removeprefix(asked.base)
        place = f"{asked.folder}{condition}" if asked.folder else asked.name
        if there.get(asked.name, place) != place:
            raise MedteError(
                f"{asked.name} in the tables is the model in {there[asked.name]}; take it out first "
                f"(`medte models --forget {asked.name}`), or rename the folder {place}"
            )
        if asked.name not in self.own:
            write_json(self.folder / f"{asked.name}.json", place)
        return asked.name

    def forget(self, name: str) -> None:
        """Take a model out of the tables; its results stay. MedteError for one that was not added."""
        require_known("added model", [name], self.places())
        (self.folder / f"{name}.json").unlink()
