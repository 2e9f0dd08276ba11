"""Debian packages: which ones a target needs, which are missing, and how they come."""

import os
import shlex
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

from config.setup.steps import SetupError, call

# The shared libraries that pjsua2 loads, and the voice of the prompts.
RUNTIME = ("libopus0", "libsrtp2-1", "libspeex1", "libspeexdsp1", "libgsm1", "espeak-ng")
BUILD = (
    "build-essential",
    "swig",
    "libopus-dev",
    "libssl-dev",
    "libsrtp2-dev",
    "libspeex-dev",
    "libspeexdsp-dev",
    "libgsm1-dev",
    "uuid-dev",
)
# A browser for the browser tests, SIPp for the SIP tests.
TEST = ("chromium", "sip-tester")


def python_packages(build: bool) -> list[str]:
    """What this Python lacks of itself: Debian ships `venv` and the headers apart. Raises SetupError."""
    series = f"python{sys.version_info.major}.{sys.version_info.minor}"
    lacking = [] if find_spec("ensurepip") else [f"{series}-venv"]
    if build and not Path(sysconfig.get_path("include"), "Python.h").exists():
        lacking.append(f"{series}-dev")
    if lacking and sys.base_prefix != "/usr":
        raise SetupError(
            f"The Python in {sys.base_prefix} comes without venv or without headers: "
            "use Debian's, for example `make demo PYTHON=/usr/bin/python3`."
        )
    return lacking


def wanted(target: str, build: bool) -> list[str]:
    """The packages that a target needs; `build` tells that pjsua2 is still to be built."""
    return [
        *python_packages(build),
        *(BUILD if build else ()),
        *RUNTIME,
        *(TEST if target == "test" else ()),
    ]


def missing(packages: Sequence[str]) -> list[str]:
    """Those of the packages that are not installed; none on a system without dpkg."""
    if not shutil.which("dpkg-query"):
        return []
    form = "${binary:Package} ${db:Status-Status}\n"
    asked = subprocess.run(
        ["dpkg-query", "--show", "--showformat", form, *packages], capture_output=True, text=True, check=False
    )
    lines = (line.split() for line in asked.stdout.splitlines())
    installed = {line[0].partition(":")[0] for line in lines if line[-1] == "installed"}
    return [package for package in packages if package not in installed]


def install_command(packages: Sequence[str]) -> list[str]:
    """The command that installs the packages, without `sudo`."""
    return ["apt-get", "install", "-y", "--no-install-recommends", *packages]


def install(packages: Sequence[str], root: Path, log: Path) -> None:
    """Install the packages as root; raises SetupError with the exact command for everybody else."""
    command = install_command(packages)
    if os.geteuid() != 0:
        raise SetupError(f"These Debian packages are missing, run: sudo apt-get update && sudo {shlex.join(command)}")
    quiet = {"DEBIAN_FRONTEND": "noninteractive"}
    call(["apt-get", "update"], "mend the package sources of this machine.", root, log, quiet)
    call(command, "install them by hand, then run the same again.", root, log, quiet)
