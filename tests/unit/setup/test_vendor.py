"""Pages get exactly the files they name; a package that moved one stops the set-up by name."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import steps
import vendor

PROJECT = Path(__file__).resolve().parents[3]


def _packages(folder: Path) -> Path:
    for package, files in vendor.FILES.values():
        for file in files:
            path = folder / package / file
            if file.endswith("/"):
                path.mkdir(parents=True, exist_ok=True)
                path /= "layers.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text("body();\n//# sourceMappingURL=body.js.map\n")
    return folder


def test_every_file_lands_in_its_folder_without_a_source_map_to_ask_for(tmp_path: Path) -> None:
    vendor.copy_files(_packages(tmp_path / "node_modules"), tmp_path / "vendor")

    assert (tmp_path / "vendor/leaflet/images/layers.png").exists()
    assert (tmp_path / "vendor/htmx/htmx.min.js").read_text().strip() == "body();"


def test_a_package_that_lost_a_file_is_named(tmp_path: Path) -> None:
    packages = _packages(tmp_path / "node_modules")
    (packages / "htmx.org/dist/htmx.min.js").unlink()

    with pytest.raises(steps.SetupError, match=r"htmx\.org has no dist/htmx\.min\.js"):
        vendor.copy_files(packages, tmp_path / "vendor")


def test_only_pinned_packages_are_copied_and_the_lock_carries_no_address() -> None:
    wanted = json.loads((PROJECT / "package.json").read_text())["dependencies"]
    lock = json.loads((PROJECT / "package-lock.json").read_text())["packages"]

    assert {package for package, _ in vendor.FILES.values()} == set(wanted)
    assert all(version[0].isdigit() for version in wanted.values())
    assert not [name for name, entry in lock.items() if "resolved" in entry]
    assert not [name for name, entry in lock.items() if name and "integrity" not in entry]
