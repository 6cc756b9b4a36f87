"""Sets up everything that running (and with --dev testing) needs; needs only Python itself and this checkout.

Each step is done once per state of its inputs, so a second call is over in a moment. `make setup` calls it.
"""

from __future__ import annotations

import argparse
import fcntl
import os
import shutil
import sys
import venv
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import browser
import installer
import vendor
from steps import PYTHON, ROOT, VENV, SetupError, Step, answers, contents, run, say, take

OLDEST_PYTHON = (3, 11)
RUNTIME = ROOT / "requirements.txt"
DEVELOPMENT = ROOT / "requirements-dev.txt"
INSTANCE = ROOT / "instance"
KERNELS = INSTANCE / "kernels"
TRANSLATIONS = ROOT / "outreach" / "translations"
ROUTING = ROOT / "outreach" / "routing"


def main() -> int:
    """Do what is not done yet and return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--dev", action="store_true", help="also what tests need: tools, Chromium, Chinese font"
    )
    options = parser.parse_args()
    if sys.version_info < OLDEST_PYTHON:
        print(
            "setup: Python 3.11 or newer is needed; `make PYTHON=/path/to/python3.12 setup` names one."
        )
        return 1
    try:
        with _alone():
            ensure_environment()
            take(development_steps() if options.dev else runtime_steps())
    except SetupError as error:
        print(f"setup: {error}", file=sys.stderr)
        return 1
    return 0


def ensure_environment() -> None:
    """Make the virtual environment, without pip; anew when its Python is gone or was replaced."""
    version = answers([PYTHON, "-c", "import sys; print('%d.%d' % sys.version_info[:2])"])
    if version and (VENV / "lib" / f"python{version}").is_dir():
        return
    if VENV.exists() and not (VENV / "pyvenv.cfg").exists():
        raise SetupError(f"{VENV} is in the way and is no virtual environment; move it away.")
    shutil.rmtree(VENV, ignore_errors=True)
    say(f"virtual environment with Python {sys.version.split()[0]}")
    venv.EnvBuilder(with_pip=False, symlinks=True).create(VENV)


def runtime_steps() -> Iterator[Step]:
    """Yield the steps after which ``make run`` works."""
    pin = installer.pin_in(DEVELOPMENT.read_text(encoding="utf-8"))
    yield Step("installer", [pin.requirement], [], lambda: installer.install_pip(pin))
    yield Step(
        "packages", [contents([RUNTIME])], [], lambda: installer.install_requirements(RUNTIME)
    )
    yield from _product_steps()


def development_steps() -> Iterator[Step]:
    """Yield the steps after which ``make test`` works."""
    yield from runtime_steps()
    both = contents([RUNTIME, DEVELOPMENT])
    yield Step("tools", [both], [], lambda: installer.install_requirements(DEVELOPMENT))
    named = os.environ.get("CHROMIUM", "")
    yield Step("browser", [named], _browser_outputs(), browser.ensure_chromium)
    yield Step("Chinese font", [], [], browser.ensure_chinese_font)


def _product_steps() -> Iterator[Step]:
    front = [ROOT / name for name in vendor.MANIFEST] + [Path(vendor.__file__)]
    yield Step("front end", [contents(front)], [vendor.VENDOR], vendor.install_front)

    catalogues = sorted(TRANSLATIONS.glob("*/LC_MESSAGES/*.po"))
    compiled = [path.with_suffix(".mo") for path in catalogues]
    yield Step("translations", [contents(catalogues)], compiled, _compile_translations)

    # numba files its compiled code by the source's time stamp, so a touched file counts as changed.
    sources = [f"{path}:{path.stat().st_mtime_ns}" for path in sorted(ROUTING.rglob("*.py"))]
    yield Step("kernels", [contents([RUNTIME]), *sources], [KERNELS], _warm_kernels)


def _browser_outputs() -> list[Path]:
    found = browser.FOUND
    return [found, Path(found.read_text(encoding="utf-8").strip())] if found.exists() else [found]


def _compile_translations() -> None:
    for path in sorted(TRANSLATIONS.glob("*/LC_MESSAGES/*.po")):
        language = path.parent.parent.name
        target = path.with_suffix(".mo")
        run(
            [PYTHON, "-m", "babel.messages.frontend", "--quiet", "compile",
             "--input-file", path, "--output-file", target, "--locale", language],
            remedy=f"Mend {path.relative_to(ROOT)}.",
        )  # fmt: skip


def _warm_kernels() -> None:
    # numba notices a changed source, but not that a kernel elsewhere holds the old code of it inside.
    shutil.rmtree(KERNELS, ignore_errors=True)
    KERNELS.mkdir(parents=True)
    run(
        [PYTHON, "-m", "outreach.routing.warm"],
        remedy="The planning kernels did not compile.",
        env={"NUMBA_CACHE_DIR": str(KERNELS)},
    )


@contextmanager
def _alone() -> Iterator[None]:
    """Let one set-up at a time work on this checkout; a second waits."""
    handle = os.open(Path(__file__).parent, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


if __name__ == "__main__":
    sys.exit(main())
