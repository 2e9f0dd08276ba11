"""Build pjsua2 with our limits and patches and keep it as a wheel in the cache; the standard library only.

    python3 -m core.telephony.native.build

builds it when the cache does not have it, and prints the path of the wheel.
Why it is built here: docs/adr/0001-native-pjsua2-from-debian-source.md.
"""

import hashlib
import os
import platform
import re
import shutil
import sys
import sysconfig
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from core.telephony.native.errors import BuildError
from core.telephony.native.run import run
from core.telephony.native.source import VERSION, fetch, identity, own_source, unpack
from core.telephony.native.wheel import pack

DISTRIBUTION = "sentralbord_pjsua2"
HERE = Path(__file__).resolve().parent
# Debian removes what is not free and the bundled libraries; sound cards and video are nothing to a server.
CONFIGURE = [
    "--enable-epoll",
    "--enable-speex-resample",
    *(f"--with-external-{each}" for each in ("srtp", "speex", "gsm")),
    *(f"--disable-{each}" for each in ("ilbc-codec", "g7221-codec", "bcg729", "speex-aec", "libwebrtc")),
    *(f"--disable-{each}" for each in ("libwebrtc-aec3", "sound", "video", "v4l2", "sdl", "ffmpeg")),
    *(f"--disable-{each}" for each in ("openh264", "vpx", "libyuv", "upnp")),
]
COMPILER_FLAGS = "-O2 -fPIC -DNDEBUG"
GLUE = "pjsip-apps/src/swig/python"
TOOLS = ("gcc", "g++", "make", "patch", "swig", "tar", "xz")


def cache_folder() -> Path:
    """Where built things are kept: SENTRALBORD_CACHE, else `sentralbord` in the user's cache folder."""
    if chosen := os.environ.get("SENTRALBORD_CACHE"):
        return Path(chosen).expanduser().absolute()
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "sentralbord"


def patches(native: Path = HERE) -> list[Path]:
    """The patches in the order in which they are applied."""
    return sorted((native / "patches").glob("*.patch"))


def cache_key(native: Path = HERE, source: Path | None = None) -> str:
    """Eight hex digits over all that shapes the wheel: version, configuration, patches, Python, C library."""
    suffix = str(sysconfig.get_config_var("EXT_SUFFIX"))  # names the Python ABI and the machine
    parts = [VERSION, suffix, *platform.libc_ver(), *CONFIGURE, COMPILER_FLAGS]
    parts += [path.read_text() for path in (native / "config_site.h", *patches(native))]
    if source is not None:
        parts.append(identity(source))
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:8]


def wheel_path() -> Path:
    """Where the wheel for this checkout, this Python and this machine is or will be. Raises BuildError."""
    python = f"cp{sys.version_info.major}{sys.version_info.minor}"
    machine = re.sub(r"[-.]", "_", sysconfig.get_platform())
    version = f"{VERSION}+sentralbord.{cache_key(source=own_source())}"
    return cache_folder() / "pjsua2" / f"{DISTRIBUTION}-{version}-{python}-{python}-{machine}.whl"


def configure(tree: Path, log: Path) -> None:
    """Patch the source and set it up for this machine."""
    shutil.copy2(HERE / "config_site.h", tree / "pjlib/include/pj/config_site.h")
    for patch in patches():
        run(["patch", "--strip=1", "--forward", f"--input={patch}"], tree, log)
    # The non-free driver is gone from Debian's tarball and still named in a makefile.
    (tree / "pjmedia/src/pjmedia-audiodev/bdimad_dev.c").touch()
    flags = [f"{name}={COMPILER_FLAGS}" for name in ("CFLAGS", "CXXFLAGS")]
    run(["bash", "./configure", *CONFIGURE, *flags], tree, log)


def build_flags(tree: Path, log: Path, name: str) -> list[str]:
    """What pjproject's own makefiles compile and link with: `cflags`, `ldflags` or `libs`."""
    return run(["make", "--no-print-directory", "-f", "helper.mak", name], tree / GLUE, log).split()


def compile_glue(tree: Path, log: Path) -> None:
    """SWIG's Python glue as an object file; takes as long as all the libraries together."""
    parts = ("pjlib", "pjlib-util", "pjnath", "pjmedia", "pjsip")
    includes = [f"-I{tree / part / 'include'}" for part in parts]
    swig = ["swig", "-c++", "-python", "-threads", "-w312", *includes]
    run([*swig, "-o", "pjsua2_wrap.cpp", "../pjsua2.i"], tree / GLUE, log)
    # -O1 after the -O2 of the libraries: less time, and the glue has nothing to optimise.
    flags = [*build_flags(tree, log, "cflags"), "-O1", f"-I{sysconfig.get_path('include')}"]
    run(["g++", *flags, "-c", "pjsua2_wrap.cpp", "-o", "pjsua2_wrap.o"], tree / GLUE, log)


def compile_extension(tree: Path, log: Path) -> tuple[Path, Path]:
    """Libraries and glue at the same time, then linked statically. Returns pjsua2.py and the shared object."""
    with ThreadPoolExecutor(max_workers=1) as beside:
        glue = beside.submit(compile_glue, tree, log)
        run(["make", f"-j{os.cpu_count() or 1}", "lib"], tree, log)
        glue.result()
    shared = tree / GLUE / f"_pjsua2{sysconfig.get_config_var('EXT_SUFFIX')}"
    flags = build_flags(tree, log, "ldflags") + [f"-l{name}" for name in build_flags(tree, log, "libs")]
    run(["g++", "-shared", "-s", "pjsua2_wrap.o", *flags, "-o", shared.name], tree / GLUE, log)
    return tree / GLUE / "pjsua2.py", shared


def limits(config_site: str) -> dict[str, int]:
    """The numbers that a config_site.h defines, by name; a product such as `(8 * 1024 - 1)` is worked out."""
    found = re.findall(r"^#define\s+(\w+)\s+([\d()*+ -]+)$", config_site, re.MULTILINE)
    return {name: int(eval(value, {"__builtins__": {}})) for name, value in found}  # noqa: S307  digits only


def build_module() -> str:
    """The text of `pjsua2_build.py`, in which a program reads how the pjsua2 that it has was built."""
    names = tuple(patch.stem for patch in patches())
    numbers = limits((HERE / "config_site.h").read_text())
    return (
        '"""How this pjsua2 was built: version of pjproject, patches, limits of config_site.h."""\n\n'
        f"VERSION = {VERSION!r}\nPATCHES = {names!r}\nLIMITS = {numbers!r}\n"
    )


def build(wheel: Path) -> None:
    """Make the wheel; takes two to three minutes on two cores. Raises BuildError."""
    if missing := [tool for tool in TOOLS if not shutil.which(tool)]:
        raise BuildError(f"The build of pjsua2 needs these programs first: {', '.join(missing)}.")
    wheel.parent.mkdir(parents=True, exist_ok=True)
    log = wheel.parent / "build.log"
    log.write_text("")
    with tempfile.TemporaryDirectory(prefix="sentralbord-pjsua2-") as folder:
        tree = Path(folder) / "pjproject"
        unpack(own_source() or fetch(cache_folder() / "source", log), tree, log)
        configure(tree, log)
        module, shared = compile_extension(tree, log)
        contents = {
            "pjsua2.py": module.read_bytes(),
            shared.name: shared.read_bytes(),
            "pjsua2_build.py": build_module().encode(),
        }
        copying = (tree / "COPYING").read_bytes()
        pack(wheel, f"pjsua2 {VERSION}, built for Sentralbord", "GPL-2.0-or-later", copying, contents)


def main() -> int:
    """The command line; returns the exit status."""
    try:
        wheel = wheel_path()
        if not wheel.exists():
            build(wheel)
    except BuildError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    sys.stdout.write(f"{wheel}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
