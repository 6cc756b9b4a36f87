"""Brings a pinned, hash-checked pip into a virtual environment on machines that may have none.

Debian's Python comes without pip and ensurepip. Any pip that can be had at all is used once, to install
the pinned one: that of Python itself, the one in Debian's signed package, or, where the machine names a
package index or a folder of wheels for pip, the pinned wheel from there, fetched with the standard library.
"""

from __future__ import annotations

import base64
import configparser
import hashlib
import html
import os
import re
import shutil
import ssl
import sys
import tempfile
import urllib.request
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.error import URLError
from urllib.parse import unquote, urljoin, urlsplit, urlunsplit

from steps import PYTHON, VENV, SetupError, answers, is_macos, is_root, run, say

NO_PIP = (
    "No pip can be had on this machine. On Debian or Ubuntu run `sudo apt-get install -y python3-venv`; "
    "elsewhere set PIP_INDEX_URL to your package index. Then run make again."
)
QUIET = {
    "PIP_DISABLE_PIP_VERSION_CHECK": "1",
    "PIP_NO_WARN_SCRIPT_LOCATION": "1",
    "PIP_ROOT_USER_ACTION": "ignore",
}
INSTALL = (
    "install",
    "--quiet",
    "--progress-bar=off",
    "--no-user",
    "--no-deps",
    "--require-hashes",
    "--only-binary=:all:",
)
NO_PACKAGES = "Is the package index of pip reachable from here (PIP_INDEX_URL, pip.conf)?"


@dataclass(frozen=True)
class Pin:
    """One version of pip and the hashes its files may have."""

    version: str
    hashes: tuple[str, ...]

    @property
    def wheel(self) -> str:
        """Return the file name of the wheel."""
        return f"pip-{self.version}-py3-none-any.whl"

    @property
    def requirement(self) -> str:
        """Return the line of a requirements file that pins it."""
        return f"pip=={self.version} " + " ".join(f"--hash=sha256:{one}" for one in self.hashes)


@dataclass(frozen=True)
class Sources:
    """Where the machine's settings tell pip to look."""

    indexes: tuple[str, ...]
    wheel_folders: tuple[str, ...]
    certificates: str | None


def pin_in(requirements: str) -> Pin:
    """Return the pin of pip out of a requirements file with hashes."""
    found = re.search(r"^pip==(\S+)((?:\s*\\\s*--hash=sha256:[0-9a-f]{64})+)", requirements, re.M)
    if not found:
        raise SetupError("The development requirements pin no pip; run `make lock`.")
    return Pin(found[1], tuple(re.findall(r"sha256:([0-9a-f]{64})", found[2])))


def install_pip(pin: Pin) -> None:
    """Install the pinned pip into the virtual environment unless it is there."""
    if _pips() == [f"pip-{pin.version}.dist-info"]:
        return
    with tempfile.TemporaryDirectory(prefix="outreach-pip-") as name:
        folder = Path(name)
        wanted = folder / "pip.txt"
        wanted.write_text(pin.requirement + "\n", encoding="utf-8")
        pip = next(_any_pip(pin, folder), None)
        if pip is None:
            raise SetupError(NO_PIP)
        run([*pip, *INSTALL, "-r", wanted], remedy=NO_PACKAGES, env=QUIET)


def install_requirements(*files: Path) -> None:
    """Install wheels as pinned, each checked against its hash; nothing is built from source."""
    named = [word for path in files for word in ("-r", path)]
    run([PYTHON, "-m", "pip", *INSTALL, *named], remedy=NO_PACKAGES, env=QUIET)


def _pips() -> list[str]:
    return [path.name for path in VENV.glob("lib/python3*/site-packages/pip-*.dist-info")]


def _any_pip(pin: Pin, folder: Path) -> Iterator[list[str | Path]]:
    """Yield commands that start some pip acting on the virtual environment, the cheapest first."""
    if _pips() or answers([PYTHON, "-m", "ensurepip"]) is not None:
        yield [PYTHON, "-m", "pip"]
    base = sys._base_executable  # type: ignore[attr-defined]  # noqa: SLF001 - the Python outside any venv
    if answers([base, "-m", "pip", "--python", str(PYTHON), "--version"]):
        yield [base, "-m", "pip", "--python", PYTHON]
    wheel = fetch_wheel(pin, sources(os.environ), into=folder) or _debian_wheel(folder)
    if wheel:
        yield [PYTHON, wheel / "pip"]


def _debian_wheel(folder: Path) -> Path | None:
    """Return the pip wheel of Debian's package, unpacked without installing it; apt checks its signature."""
    installed = Path("/usr/share/python-wheels")
    if not list(installed.glob("pip-*.whl")):
        if not (shutil.which("apt-get") and shutil.which("dpkg-deb")):
            return None
        say("no pip on this machine, taking the one in Debian's package python3-pip-whl")
        download = ("env", "-C", folder, "apt-get", "download", "-qq", "python3-pip-whl")
        if answers(download) is None and is_root():
            answers(["apt-get", "update", "-qq"])
            answers(download)
        for package in folder.glob("*.deb"):
            answers(["dpkg-deb", "-x", package, folder])
        installed = folder / "usr/share/python-wheels"
    return next(iter(sorted(installed.glob("pip-*.whl"))), None)


def sources(environment: Mapping[str, str]) -> Sources:
    """Return what pip's own settings name: configuration files, then the environment above them."""
    settings: dict[str, str] = {}
    for path in _pip_files(environment):
        parser = configparser.RawConfigParser()
        try:
            parser.read(path, encoding="utf-8")
        except (configparser.Error, UnicodeDecodeError, OSError):
            continue
        for section in ("global", "install"):
            if parser.has_section(section):
                settings |= {key.replace("-", "_"): value for key, value in parser.items(section)}
    names = ("index_url", "extra_index_url", "find_links", "cert", "no_index")
    settings |= {
        name: environment[f"PIP_{name.upper()}"]
        for name in names
        if f"PIP_{name.upper()}" in environment
    }
    indexes = f"{settings.get('index_url', '')} {settings.get('extra_index_url', '')}".split()
    if settings.get("no_index", "").lower() in {"1", "true", "yes", "on"}:
        indexes = []
    return Sources(
        tuple(indexes), tuple(settings.get("find_links", "").split()), settings.get("cert")
    )


def _pip_files(environment: Mapping[str, str]) -> list[Path]:
    if "PIP_CONFIG_FILE" in environment:
        return [Path(environment["PIP_CONFIG_FILE"])]
    home = Path(environment.get("HOME", "."))
    site = [
        Path(folder) / "pip"
        for folder in environment.get("XDG_CONFIG_DIRS", "/etc/xdg").split(":")
        if folder
    ]
    user = Path(environment.get("XDG_CONFIG_HOME") or home / ".config") / "pip"
    mac = (
        [Path("/Library/Application Support/pip"), home / "Library/Application Support/pip"]
        if is_macos()
        else []
    )
    return [folder / "pip.conf" for folder in (*site, Path("/etc"), home / ".pip", user, *mac)]


def fetch_wheel(pin: Pin, places: Sources, *, into: Path) -> Path | None:
    """Fetch the pinned wheel from the first place that has it; a file with another hash is refused."""
    context = ssl.create_default_context(cafile=places.certificates)
    pages = [*places.wheel_folders, *(f"{index.rstrip('/')}/pip/" for index in places.indexes)]
    for page in pages:
        for link in _links(page, pin.wheel, context):
            try:
                data = _read(link, context)
            except (OSError, ValueError):
                continue
            if hashlib.sha256(data).hexdigest() not in pin.hashes:
                raise SetupError(
                    f"{pin.wheel} from the machine's package index does not have the pinned hash."
                )
            wheel = into / pin.wheel
            wheel.write_bytes(data)
            return wheel
    return None


def _links(page: str, wheel: str, context: ssl.SSLContext) -> Iterator[str]:
    if "://" not in page or page.startswith("file://"):
        folder = Path(unquote(urlsplit(page).path if "://" in page else page)).expanduser()
        if (folder / wheel).is_file():
            yield (folder / wheel).resolve().as_uri()
        page = (folder / "index.html").resolve().as_uri()
    try:
        text = _read(page, context).decode("utf-8", "replace")
    except (OSError, ValueError):
        return
    for quoted in re.findall(r"""href\s*=\s*["']([^"']+)""", text):
        link = urljoin(page, html.unescape(quoted))
        if unquote(urlsplit(link).path).endswith("/" + wheel):
            yield link


def _read(url: str, context: ssl.SSLContext) -> bytes:
    """Return the body at a URL; a name and password inside it become a header, as pip does."""
    parts = urlsplit(url)
    headers = {"User-Agent": "outreach-setup"}
    if parts.username:
        pair = f"{unquote(parts.username)}:{unquote(parts.password or '')}".encode()
        headers["Authorization"] = "Basic " + base64.b64encode(pair).decode()
        parts = parts._replace(netloc=parts.netloc.rpartition("@")[2])
    request = urllib.request.Request(urlunsplit(parts), headers=headers)
    try:
        with urllib.request.urlopen(request, timeout=60, context=context) as answer:
            body: bytes = answer.read()
    except URLError as error:
        if isinstance(error.reason, ssl.SSLCertVerificationError):
            say(
                "the package index has a certificate unknown here (PIP_CERT, or package ca-certificates)"
            )
        raise
    return body
