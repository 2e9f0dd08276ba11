"""The native build of pjsua2: its cache key, its source, its limits and its wheel."""

import shutil
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

from core.telephony.native import build, source
from core.telephony.native.errors import BuildError
from core.telephony.native.run import run
from core.telephony.native.wheel import pack

NATIVE = Path(build.__file__).parent
VERSION_MAK = (
    "export PJ_VERSION_MAJOR  := 2\nexport PJ_VERSION_MINOR  := {minor}\n"
    "export PJ_VERSION_REV    :=\nexport PJ_VERSION_SUFFIX :=\n"
)


@pytest.fixture
def native(tmp_path: Path) -> Path:
    """A copy of the native folder, to change."""
    return Path(shutil.copytree(NATIVE, tmp_path / "native"))


@pytest.mark.parametrize("name", ["config_site.h", *(f"patches/{patch.name}" for patch in build.patches())])
def test_a_change_of_configuration_or_of_any_patch_builds_anew(native: Path, name: str) -> None:
    before = build.cache_key(native)
    assert before == build.cache_key(native)
    with (native / name).open("a") as file:
        file.write("\n")
    assert build.cache_key(native) != before


def test_a_patch_that_comes_or_goes_builds_anew(native: Path) -> None:
    keys = {build.cache_key(native)}
    (native / "patches/zz.patch").write_text("one more")
    keys.add(build.cache_key(native))
    (native / "patches/sdp-ssrc-cname.patch").unlink()
    keys.add(build.cache_key(native))
    assert len(keys) == 3


def test_another_source_builds_anew(native: Path, tmp_path: Path) -> None:
    tree = tmp_path / "pjproject"
    tree.mkdir()
    (tree / "version.mak").write_text("one")
    keys = {build.cache_key(native), build.cache_key(native, tree)}
    (tree / "version.mak").write_text("another")
    keys.add(build.cache_key(native, tree))
    assert len(keys) == 3


def test_the_wheel_lies_in_the_chosen_cache_and_names_its_python(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("SENTRALBORD_CACHE", str(tmp_path))
    monkeypatch.delenv(source.VARIABLE, raising=False)
    wheel = build.wheel_path()
    assert wheel.parent == tmp_path / "pjsua2"
    assert f"+sentralbord.{build.cache_key()}-cp{sys.version_info.major}{sys.version_info.minor}-" in wheel.name


def test_the_limits_hold_two_thousand_calls() -> None:
    limits = build.limits((NATIVE / "config_site.h").read_text())
    calls = 2048
    assert limits["PJSUA_MAX_CALLS"] >= calls
    assert limits["PJ_IOQUEUE_MAX_HANDLES"] >= 2 * limits["PJSUA_MAX_CALLS"], "RTP and RTCP of every call"
    assert limits["PJSUA_MAX_CONF_PORTS"] >= limits["PJSUA_MAX_CALLS"] + limits["PJSUA_MAX_PLAYERS"]
    assert limits["PJSIP_MAX_DIALOG_COUNT"] >= limits["PJSUA_MAX_CALLS"]
    for name in ("PJSIP_MAX_TSX_COUNT", "PJSIP_MAX_DIALOG_COUNT"):
        assert (limits[name] + 1) & limits[name] == 0, f"{name} sizes a hash table: 2^n - 1"


def test_the_log_level_that_prints_keys_is_not_compiled_in() -> None:
    assert build.limits((NATIVE / "config_site.h").read_text())["PJ_LOG_MAX_LEVEL"] < 5


def test_the_installed_pjsua2_is_built_from_this_configuration() -> None:
    built = pytest.importorskip("pjsua2_build", reason="pjsua2 is not installed here")
    assert built.VERSION == source.VERSION
    assert build.limits((NATIVE / "config_site.h").read_text()) == built.LIMITS
    assert list(built.PATCHES) == [patch.stem for patch in build.patches()]


@pytest.mark.parametrize(
    ("known", "mirror"),
    [
        ("bookworm https://one.example/debian/\nsid https://two.example/debian/", "https://one.example/debian/"),
        ("bookworm-security https://s.example/\nstable mirror+file:/etc/m", "mirror+file:/etc/m"),
        ("nodistro https://other.example/\nunstable http://d.example/", "http://d.example/"),
    ],
)
def test_the_source_comes_from_the_mirror_of_this_machine(known: str, mirror: str) -> None:
    assert source.debian_mirror(known, "bookworm") == mirror


@pytest.mark.parametrize(
    "known", ["", "noble http://u.example/ubuntu", "bookworm-security http://s.example/", "bookworm "]
)
def test_without_a_debian_mirror_the_remedy_is_named(known: str) -> None:
    with pytest.raises(BuildError, match=r"set SENTRALBORD_PJPROJECT to a tarball or folder of pjproject 2\.17"):
        source.debian_mirror(known, "bookworm")


def test_a_source_that_does_not_exist_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv(source.VARIABLE, str(tmp_path / "nowhere.tar.gz"))
    with pytest.raises(BuildError, match=r"SENTRALBORD_PJPROJECT names .*nowhere\.tar\.gz, which does not exist"):
        build.wheel_path()


@pytest.mark.parametrize("packed", [False, True])
def test_a_tarball_and_a_folder_of_our_version_are_taken(tmp_path: Path, packed: bool) -> None:
    given = tmp_path / "pjproject-2.17"
    given.mkdir()
    (given / "version.mak").write_text(VERSION_MAK.format(minor=17))
    if packed:
        tarball = tmp_path / "pjproject.tar.xz"
        with tarfile.open(tarball, "w:xz") as file:
            file.add(given, "pjproject-2.17")
        given = tarball
    source.unpack(given, tmp_path / "tree", tmp_path / "log")
    assert (tmp_path / "tree/version.mak").exists()


@pytest.mark.parametrize(("minor", "message"), [("18", r"is pjproject 2\.18"), ("17.1", r"is pjproject 2\.17\.1")])
def test_another_version_is_refused(tmp_path: Path, minor: str, message: str) -> None:
    given = tmp_path / "given"
    given.mkdir()
    (given / "version.mak").write_text(VERSION_MAK.format(minor=minor))
    with pytest.raises(BuildError, match=f"{message}.*set SENTRALBORD_PJPROJECT"):
        source.unpack(given, tmp_path / "tree", tmp_path / "log")


def test_something_else_than_pjproject_is_refused(tmp_path: Path) -> None:
    (tmp_path / "given").mkdir()
    with pytest.raises(BuildError, match="is not pjproject"):
        source.unpack(tmp_path / "given", tmp_path / "tree", tmp_path / "log")


def test_a_missing_program_is_named_before_anything_is_fetched(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(BuildError, match=r"needs these programs first: gcc, g\+\+, make, patch, swig, tar, xz"):
        build.build(tmp_path / "cache/x.whl")
    assert not (tmp_path / "cache").exists()


def test_a_failing_command_says_its_last_words_and_where_its_log_is(tmp_path: Path) -> None:
    log = tmp_path / "build.log"
    with pytest.raises(BuildError, match=rf"`sh -c .* failed \(no space\): read {log}"):
        run(["sh", "-c", "echo working; echo no space; exit 3"], tmp_path, log)
    assert "working" in log.read_text()


def test_the_packed_wheel_installs_and_imports(tmp_path: Path) -> None:
    wheel = tmp_path / "some_thing-1.0+sentralbord.abc-py3-none-any.whl"
    pack(wheel, "a summary", "GPL-2.0-or-later", b"the licence", {"some_thing.py": b"ANSWER = 42\n"})
    into = tmp_path / "installed"
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-index", "--no-deps", "--target", str(into)]
    subprocess.run([*pip, str(wheel)], check=True, capture_output=True)
    code = "import some_thing, importlib.metadata as m; print(some_thing.ANSWER, m.version('some-thing'))"
    done = subprocess.run(
        [sys.executable, "-c", code], env={"PYTHONPATH": str(into)}, text=True, capture_output=True, check=True
    )
    assert done.stdout == "42 1.0+sentralbord.abc\n"
    assert [path.name for path in tmp_path.glob("some_thing*")] == [wheel.name], "nothing partial is left"
