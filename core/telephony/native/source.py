"""Where the source of pjproject comes from: Debian sid through apt, or a tarball or folder of one's own."""

import hashlib
import os
import platform
import re
import shutil
import tempfile
from pathlib import Path

from core.telephony.native.errors import BuildError
from core.telephony.native.run import run

VERSION = "2.17"
VARIABLE = "SENTRALBORD_PJPROJECT"
REMEDY = f"set {VARIABLE} to a tarball or folder of pjproject {VERSION}"
TARBALL = "*orig-Xpjproject.tar.*"


def own_source() -> Path | None:
    """The tarball or folder that SENTRALBORD_PJPROJECT names. Raises BuildError when it does not exist."""
    named = os.environ.get(VARIABLE)
    if not named:
        return None
    source = Path(named).expanduser().absolute()
    if not source.exists():
        raise BuildError(f"{VARIABLE} names {source}, which does not exist: {REMEDY}, or unset it.")
    return source


def identity(source: Path) -> str:
    """Tells given sources apart: a tarball by its content, a folder by names, sizes and times."""
    if source.is_file():
        return hashlib.sha256(source.read_bytes()).hexdigest()
    files = sorted(path for path in source.rglob("*") if path.is_file())
    stats = ((path, path.stat()) for path in files)
    return "".join(f"{path.relative_to(source)} {stat.st_size} {stat.st_mtime_ns}\n" for path, stat in stats)


def debian_mirror(index_targets: str, codename: str) -> str:
    """The machine's own Debian mirror, out of apt's lines `suite address`. Raises BuildError without one."""
    suites = {codename, "oldstable", "stable", "testing", "unstable", "sid"}
    for line in index_targets.splitlines():
        suite, _, address = line.partition(" ")
        if suite in suites and address:
            return address
    raise BuildError(f"apt knows no Debian mirror to take the source of pjproject {VERSION} from: {REMEDY}.")


def fetch(kept: Path, log: Path) -> Path:
    """The tarball in the folder `kept`, downloaded when it is not there yet. Raises BuildError."""
    if found := sorted(kept.glob(TARBALL)):
        return found[-1]
    if not shutil.which("apt-get"):
        raise BuildError(f"This is no Debian, so there is no source of pjproject {VERSION}: {REMEDY}.")
    with tempfile.TemporaryDirectory(prefix="sentralbord-apt-") as folder:
        tarball = download(Path(folder), log)
        kept.mkdir(parents=True, exist_ok=True)
        return Path(shutil.copy2(tarball, kept))


def download(folder: Path, log: Path) -> Path:
    """Debian sid's tarball, through an apt that shares only mirror and keys with the machine's own."""
    for each in ("lists/partial", "cache/archives/partial", "parts", "download"):
        (folder / each).mkdir(parents=True)
    # --no-release-info: a fresh machine has never downloaded a package list.
    ask = ["apt-get", "indextargets", "--no-release-info", "--format", "$(RELEASE) $(REPO_URI)"]
    known = run([*ask, "Created-By: Packages"], folder, log)
    mirror = debian_mirror(known, platform.freedesktop_os_release().get("VERSION_CODENAME", "stable"))
    keyring = Path("/usr/share/keyrings/debian-archive-keyring.gpg")
    signed = f"[signed-by={keyring}] " if keyring.exists() else ""
    (folder / "sources.list").write_text(f"deb-src {signed}{mirror} sid main\n")
    apt = ["apt-get", "-q"]
    for option in (
        f"Dir::Etc::SourceList={folder}/sources.list",
        f"Dir::Etc::SourceParts={folder}/parts",
        f"Dir::State::Lists={folder}/lists",
        f"Dir::Cache={folder}/cache",
        "APT::Sandbox::User=root",  # the folder is ours alone; apt's own user could not write there
    ):
        apt += ["-o", option]
    run([*apt, "update"], folder, log)
    run([*apt, "source", "--download-only", "asterisk"], folder / "download", log)
    found = sorted((folder / "download").glob(TARBALL))
    if not found:
        raise BuildError(f"Debian's asterisk source no longer carries pjproject: {REMEDY}.")
    return found[0]


def unpack(source: Path, into: Path, log: Path) -> None:
    """Put the source tree into the folder. Raises BuildError when it is not pjproject of our version."""
    if source.is_dir():
        shutil.copytree(source, into, symlinks=True)
    else:
        into.mkdir()
        run(["tar", "--extract", "--strip-components=1", "--file", str(source)], into, log)
    makefile = into / "version.mak"
    if not makefile.exists():
        raise BuildError(f"{source} is not pjproject, it has no version.mak: {REMEDY}.")
    found = ".".join(re.findall(r"export PJ_VERSION_(?:MAJOR|MINOR|REV)\s*:= *(\S+)", makefile.read_text()))
    if found != VERSION:
        raise BuildError(f"{source} is pjproject {found}, the patches are for {VERSION}: {REMEDY}.")
