"""Build pjsua2 with our limits and patches and wrap it as a wheel in the cache; the standard library only, run by path.

The source is the `Xpjproject` component of Debian sid's `asterisk` source package, or the tarball or folder that the
environment variable SENTRALBORD_PJPROJECT names. See docs/adr/0001-native-pjsua2-from-debian-source.md.

    python3 core/telephony/native/build.py           build when the cache has no wheel; print the wheel's path
    python3 core/telephony/native/build.py --where   print the path only, whether the file exists or not
"""

import base64
import contextlib
import hashlib
import os
import platform
import re
import shlex
import shutil
import subprocess
import sys
import sysconfig
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

VERSION = "2.17"
DISTRIBUTION = "sentralbord_pjsua2"
SOURCE_VARIABLE = "SENTRALBORD_PJPROJECT"
HERE = Path(__file__).resolve().parent
CONFIG_SITE = HERE / "config_site.h"
# Debian removes what is not free and the bundled libraries; sound cards and video are nothing to a server.
CONFIGURE = (
    "--enable-epoll --with-external-srtp --with-external-speex --with-external-gsm --enable-speex-resample "
    "--disable-ilbc-codec --disable-g7221-codec --disable-video --disable-sound --disable-v4l2 --disable-sdl "
    "--disable-ffmpeg --disable-openh264 --disable-vpx --disable-libyuv --disable-libwebrtc "
    "--disable-libwebrtc-aec3 --disable-speex-aec --disable-bcg729 --disable-upnp"
).split()
COMPILER_FLAGS = "-O2 -fPIC -DNDEBUG"
SWIG = ["swig", "-c++", "-w312", "-threads", "-python"]
PARTS = ("pjlib", "pjlib-util", "pjnath", "pjmedia", "pjsip")
TOOLS = ("gcc", "g++", "make", "patch", "swig", "tar", "xz")


class BuildError(Exception):
    """The build cannot go on; the text says what failed and what to do, in one line."""


def cache_folder() -> Path:
    """Where built things are kept: SENTRALBORD_CACHE, else `sentralbord` in the user's cache folder."""
    if chosen := os.environ.get("SENTRALBORD_CACHE"):
        return Path(chosen).expanduser().absolute()
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "sentralbord"


def patches(native: Path = HERE) -> list[Path]:
    """The patches in the order in which they are applied."""
    return sorted((native / "patches").glob("*.patch"))


def own_source() -> Path | None:
    """The tarball or folder that SENTRALBORD_PJPROJECT names. Raises BuildError when it does not exist."""
    named = os.environ.get(SOURCE_VARIABLE)
    if not named:
        return None
    source = Path(named).expanduser().absolute()
    if not source.exists():
        raise BuildError(
            f"{SOURCE_VARIABLE} names {source}, which does not exist: name a pjproject {VERSION} tarball or folder."
        )
    return source


def identity(source: Path) -> str:
    """Tells one given source from another: a tarball by its content, a folder by the names, sizes and times in it."""
    if source.is_file():
        return hashlib.sha256(source.read_bytes()).hexdigest()
    files = sorted(path for path in source.rglob("*") if path.is_file())
    stats = ((path, path.stat()) for path in files)
    return "".join(f"{path.relative_to(source)} {stat.st_size} {stat.st_mtime_ns}\n" for path, stat in stats)


def cache_key(native: Path = HERE, source: Path | None = None) -> str:
    """Eight hex digits over all that shapes the wheel: version, configuration, patches, this script, Python, C library."""
    parts = [VERSION, sysconfig.get_config_var("EXT_SUFFIX"), *platform.libc_ver()]
    parts += [path.read_text() for path in (native / "config_site.h", native / "build.py", *patches(native))]
    if source is not None:
        parts.append(identity(source))
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:8]


def wheel_path() -> Path:
    """The wheel for this checkout, this Python and this machine, in the cache."""
    python = f"cp{sys.version_info.major}{sys.version_info.minor}"
    tag = f"{python}-{python}-{sysconfig.get_platform().replace('-', '_').replace('.', '_')}"
    name = f"{DISTRIBUTION}-{VERSION}+sentralbord.{cache_key(source=own_source())}-{tag}.whl"
    return cache_folder() / "pjsua2" / name


def run(command: list[str], folder: Path, log: Path, **environment: str) -> str:
    """Run one command, its output into the log; returns what it printed. Raises BuildError with the log's place."""
    done = subprocess.run(
        command,
        cwd=folder,
        env=os.environ | environment,
        text=True,
        errors="replace",
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        check=False,
    )
    with log.open("a") as file:
        file.write(f"$ {shlex.join(command)}\n{done.stdout}\n")
    if done.returncode:
        last = next((line for line in reversed(done.stdout.splitlines()) if line.strip()), "no output")
        raise BuildError(f"`{shlex.join(command)[:80]}` failed ({last.strip()[:200]}): read {log}")
    return done.stdout


def debian_mirror(index_targets: str, codename: str) -> str:
    """The machine's own Debian mirror, from the lines `suite address` that apt knows. Raises BuildError when there is none."""
    suites = {codename, "oldstable", "stable", "testing", "unstable", "sid"}
    for line in index_targets.splitlines():
        suite, _, address = line.partition(" ")
        if suite in suites and address:
            return address
    raise BuildError(
        f"apt knows no Debian mirror to take the source of pjproject {VERSION} from: "
        f"set {SOURCE_VARIABLE} to a tarball or folder of pjproject {VERSION}."
    )


def fetch(log: Path) -> Path:
    """The Debian tarball, from the cache or through apt with lists and folders of its own. Raises BuildError."""
    kept = cache_folder() / "source"
    if found := sorted(kept.glob("*orig-Xpjproject.tar.*")):
        return found[-1]
    if not shutil.which("apt-get"):
        raise BuildError(
            f"This is no Debian: set {SOURCE_VARIABLE} to a tarball or folder of pjproject {VERSION}."
        )
    with tempfile.TemporaryDirectory(prefix="sentralbord-apt-") as name:
        folder = Path(name)
        for each in ("lists/partial", "cache/archives/partial", "parts", "download"):
            (folder / each).mkdir(parents=True)
        known = run(
            ["apt-get", "indextargets", "--format", "$(RELEASE) $(REPO_URI)", "Created-By: Packages"],
            folder,
            log,
        )
        mirror = debian_mirror(known, platform.freedesktop_os_release().get("VERSION_CODENAME", "stable"))
        keyring = Path("/usr/share/keyrings/debian-archive-keyring.gpg")
        signed = f"[signed-by={keyring}] " if keyring.exists() else ""
        (folder / "sources.list").write_text(f"deb-src {signed}{mirror} sid main\n")
        apt = ["apt-get", "-q"]
        for option in (
            f"Dir::Etc::SourceList={folder}/sources.list", f"Dir::Etc::SourceParts={folder}/parts",
            f"Dir::State::Lists={folder}/lists", f"Dir::Cache={folder}/cache", "APT::Sandbox::User=root",
        ):  # fmt: skip
            apt += ["-o", option]
        run([*apt, "update"], folder, log)
        run([*apt, "source", "--download-only", "asterisk"], folder / "download", log)
        found = sorted((folder / "download").glob("*orig-Xpjproject.tar.*"))
        if not found:
            raise BuildError(
                f"Debian's asterisk source no longer carries pjproject: set {SOURCE_VARIABLE} to a tarball of pjproject {VERSION}."
            )
        kept.mkdir(parents=True, exist_ok=True)
        return Path(shutil.copy2(found[0], kept))


def unpack(source: Path, into: Path, log: Path) -> None:
    """Put the source tree into the folder. Raises BuildError when it is not pjproject of our version."""
    if source.is_dir():
        shutil.copytree(source, into, symlinks=True)
    else:
        into.mkdir()
        run(["tar", "--extract", "--strip-components=1", "--file", str(source)], into, log)
    try:
        text = (into / "version.mak").read_text()
    except FileNotFoundError:
        raise BuildError(
            f"{source} is not pjproject (no version.mak): set {SOURCE_VARIABLE} to pjproject {VERSION}."
        ) from None
    found = ".".join(re.findall(r"export PJ_VERSION_(?:MAJOR|MINOR|REV)\s*:= *(\S+)", text))
    if found != VERSION:
        raise BuildError(
            f"{source} is pjproject {found}: set {SOURCE_VARIABLE} to a tarball or folder of pjproject {VERSION}."
        )


def compile_extension(tree: Path, jobs: str, log: Path) -> tuple[Path, Path]:
    """Patch, configure, make, and link the Python extension. Returns pjsua2.py and the shared object."""
    shutil.copy2(CONFIG_SITE, tree / "pjlib/include/pj/config_site.h")
    for patch in patches():
        run(["patch", "--strip=1", "--forward", f"--input={patch}"], tree, log)
    # The non-free driver is gone from Debian's tarball and still named in a makefile.
    (tree / "pjmedia/src/pjmedia-audiodev/bdimad_dev.c").touch()
    run(
        ["bash", "./configure", *CONFIGURE, f"CFLAGS={COMPILER_FLAGS}", f"CXXFLAGS={COMPILER_FLAGS}"],
        tree,
        log,
    )
    run(["make", "dep"], tree, log)
    run(["make", jobs, "lib"], tree, log)
    return link_extension(tree, log)


def link_extension(tree: Path, log: Path) -> tuple[Path, Path]:
    """SWIG's glue, compiled and linked statically against the pjproject libraries."""
    folder = tree / "pjsip-apps/src/swig/python"
    includes = [f"-I{tree / part / 'include'}" for part in PARTS]
    flags = {
        name: run(["make", "--no-print-directory", "-f", "helper.mak", name], folder, log).split()
        for name in ("cflags", "ldflags", "libs")
    }
    run([*SWIG, *includes, "-o", "pjsua2_wrap.cpp", "../pjsua2.i"], folder, log)
    shared = folder / f"_pjsua2{sysconfig.get_config_var('EXT_SUFFIX')}"
    # The glue is one file of 200 000 lines: -O1 halves its time and memory, and nothing in it is a loop.
    run(
        ["g++", *flags["cflags"], "-O1", "-Wno-deprecated-declarations", f"-I{sysconfig.get_path('include')}", "-c",
         "pjsua2_wrap.cpp", "-o", "pjsua2_wrap.o"],
        folder, log,
    )  # fmt: skip
    libraries = [f"-l{name}" for name in flags["libs"]]
    run(
        ["g++", "-shared", "-s", "pjsua2_wrap.o", *flags["ldflags"], *libraries, "-o", shared.name],
        folder,
        log,
    )
    return folder / "pjsua2.py", shared


def defines(config_site: str) -> dict[str, int]:
    """The limits that a config_site.h sets, by name; an expression such as `(8 * 1024 - 1)` is worked out."""
    found = re.findall(r"^#define\s+(\w+)\s+([\d()*+ -]+)$", config_site, re.MULTILINE)
    return {name: int(eval(value, {"__builtins__": {}})) for name, value in found}  # noqa: S307  digits and operators


def build_module() -> str:
    """The text of `pjsua2_build.py`: what a running program can ask about the wheel it has."""
    names = [patch.stem for patch in patches()]
    return (
        '"""How this pjsua2 was built."""\n\n'
        f"VERSION = {VERSION!r}\nPATCHES = {tuple(names)!r}\nLIMITS = {defines(CONFIG_SITE.read_text())!r}\n"
    )


def pack(wheel: Path, contents: dict[str, bytes]) -> None:
    """Write a wheel (PyPA binary distribution format 1.0) with these files by name; it appears whole or not at all."""
    version, tag = wheel.stem.split("-", 2)[1:]
    info = f"{DISTRIBUTION}-{version}.dist-info"
    contents = contents | {
        f"{info}/METADATA": (
            f"Metadata-Version: 2.1\nName: {DISTRIBUTION.replace('_', '-')}\nVersion: {version}\n"
            f"Summary: pjsua2 {VERSION} built for Sentralbord\nLicense: GPL-2.0-or-later\nRequires-Python: >=3.11\n"
        ).encode(),
        f"{info}/WHEEL": f"Wheel-Version: 1.0\nGenerator: sentralbord\nRoot-Is-Purelib: false\nTag: {tag}\n".encode(),
    }
    record = ""
    for name, data in contents.items():
        digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
        record += f"{name},sha256={digest},{len(data)}\n"
    contents[f"{info}/RECORD"] = f"{record}{info}/RECORD,,\n".encode()
    wheel.parent.mkdir(parents=True, exist_ok=True)
    partial = wheel.with_suffix(f".{os.getpid()}")
    with zipfile.ZipFile(partial, "w", zipfile.ZIP_DEFLATED) as file:
        for name, data in contents.items():
            entry = zipfile.ZipInfo(name)
            entry.external_attr = 0o100644 << 16
            file.writestr(entry, data, zipfile.ZIP_DEFLATED)
    partial.replace(wheel)


@contextlib.contextmanager
def build_folder() -> Iterator[Path]:
    """A temporary folder, removed also when the build fails; the log lies beside the wheel and stays."""
    with tempfile.TemporaryDirectory(prefix="sentralbord-pjsua2-") as name:
        yield Path(name)


def build(wheel: Path) -> None:
    """Make the wheel. Takes about three minutes on two cores. Raises BuildError."""
    if missing := [tool for tool in TOOLS if not shutil.which(tool)]:
        raise BuildError(
            f"The build of pjsua2 needs {', '.join(missing)}: install {'it' if len(missing) == 1 else 'them'} first."
        )
    wheel.parent.mkdir(parents=True, exist_ok=True)
    log = wheel.parent / "build.log"
    log.write_text("")
    with build_folder() as folder:
        tree = folder / "pjproject"
        unpack(own_source() or fetch(log), tree, log)
        glue, shared = compile_extension(tree, f"-j{os.cpu_count() or 1}", log)
        contents = {
            "pjsua2.py": glue.read_bytes(),
            shared.name: shared.read_bytes(),
            "pjsua2_build.py": build_module().encode(),
            f"{wheel.name.rsplit('-', 3)[0]}.dist-info/COPYING": (tree / "COPYING").read_bytes(),
        }
        pack(wheel, contents)


def main(arguments: list[str]) -> int:
    """The command line; returns the exit status."""
    try:
        wheel = wheel_path()
        if "--where" not in arguments and not wheel.exists():
            build(wheel)
    except BuildError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    sys.stdout.write(f"{wheel}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
