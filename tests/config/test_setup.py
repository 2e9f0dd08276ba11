"""Set-up: what is skipped, what is done, and what it says when it cannot go on."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.setup import debian, frontend, stamps, steps, targets
from config.setup.environment import Environment
from config.setup.steps import SetupError, Step, call, run_steps

ROOT = Path(__file__).parents[2]
names = st.text("abcdefgh", min_size=1, max_size=4)


@given(st.dictionaries(names, st.binary(max_size=8), min_size=1), st.randoms(use_true_random=False))
def test_a_tree_has_one_digest_in_any_order_and_another_after_any_change(tmp_path_factory, files, random) -> None:
    folder = tmp_path_factory.mktemp("tree")
    for name, data in files.items():
        (folder / name).write_bytes(data)
    paths = list(folder.iterdir())
    whole = stamps.tree_digest(folder, paths)
    random.shuffle(paths)
    assert stamps.tree_digest(folder, paths) == whole
    assert stamps.tree_digest(folder, paths[1:]) != whole
    paths[0].write_bytes(paths[0].read_bytes() + b"x")
    assert stamps.tree_digest(folder, paths) != whole


def test_a_renamed_file_changes_the_digest(tmp_path: Path) -> None:
    (tmp_path / "one").write_text("text")
    before = stamps.tree_digest(tmp_path, tmp_path.iterdir())
    (tmp_path / "one").rename(tmp_path / "two")
    assert stamps.tree_digest(tmp_path, tmp_path.iterdir()) != before


def test_a_step_that_is_done_is_not_done_again(capsys: pytest.CaptureFixture[str]) -> None:
    done: list[str] = []

    def step(name: str, needed: bool) -> Step:
        return Step(name, lambda: needed, lambda: done.append(name))

    run_steps("demo", [step("first", True), step("second", False), step("third", True)])
    assert done == ["first", "third"]
    printed = capsys.readouterr().out.splitlines()
    assert [line.rsplit(" ", 2)[0] for line in printed] == ["  first ...", "  third ..."]
    run_steps("demo", [step("first", False)])
    assert capsys.readouterr().out.startswith("Set-up for demo: all there (0.0")


def test_a_failing_step_ends_the_row() -> None:
    done: list[str] = []

    def fail() -> None:
        raise SetupError("no")

    with pytest.raises(SetupError):
        run_steps("demo", [Step("one", lambda: True, fail), Step("two", lambda: True, lambda: done.append("two"))])
    assert not done


@pytest.mark.parametrize(
    ("output", "said"),
    [
        ("Traceback\nOSError: Readme file does not exist\nnote: see above for the error", "OSError: Readme file"),
        ("E: Unable to locate package swigg\nbye", "E: Unable to locate package swigg"),
        ("one\n\ntwo\n", "two"),
        ("", "it printed nothing"),
    ],
)
def test_a_failed_command_is_told_by_the_line_that_says_why(output: str, said: str) -> None:
    assert steps.reason(output).startswith(said)


def test_a_failed_command_names_remedy_and_log_in_one_line(tmp_path: Path) -> None:
    log = tmp_path / "deep/setup.log"
    with pytest.raises(SetupError) as caught:
        call(["sh", "-c", "echo 'fatal: the disk is full' >&2; exit 1"], "make room.", tmp_path, log)
    text = str(caught.value)
    assert "\n" not in text
    assert "(fatal: the disk is full): make room. All it printed is in " + str(log) in text
    assert "fatal: the disk is full" in log.read_text()


def test_a_command_that_is_not_there_names_the_remedy(tmp_path: Path) -> None:
    with pytest.raises(SetupError, match=r"`no-such-program` cannot be started .*: install it"):
        call(["no-such-program"], "install it", tmp_path, tmp_path / "log")


def test_a_missing_package_gives_the_exact_command(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    with pytest.raises(SetupError) as caught:
        debian.install(["swig", "libopus-dev"], tmp_path, tmp_path / "log")
    assert str(caught.value).endswith(
        "run: sudo apt-get update && sudo apt-get install -y --no-install-recommends swig libopus-dev"
    )


def dpkg(tmp_path: Path, script: str) -> str:
    """A folder with a dpkg-query of our own, for the PATH."""
    program = tmp_path / "dpkg-query"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    return f"{tmp_path}:/usr/bin:/bin"


def test_only_installed_packages_count(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    script = "echo 'libopus-dev:amd64 installed'; echo 'swig config-files'; echo 'espeak-ng installed'; exit 1"
    monkeypatch.setenv("PATH", dpkg(tmp_path, script))
    wanted = ["swig", "libopus-dev", "espeak-ng", "sip-tester"]
    assert debian.missing(wanted) == ["swig", "sip-tester"]


def test_a_system_without_dpkg_is_asked_nothing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert debian.missing(["swig"]) == []


def test_each_target_asks_only_for_what_it_needs() -> None:
    cached = debian.wanted("demo", build=False)
    assert "espeak-ng" in cached
    assert not {"swig", "chromium", "sip-tester"} & set(cached)
    assert {"swig", "libsrtp2-dev"} <= set(debian.wanted("demo", build=True))
    assert {"chromium", "sip-tester"} <= set(debian.wanted("test", build=False))


def test_a_python_without_venv_names_the_package_or_another_python(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(debian, "find_spec", lambda _: None)
    monkeypatch.setattr(sys, "base_prefix", "/usr")
    assert f"python3.{sys.version_info.minor}-venv" in debian.python_packages(build=False)
    monkeypatch.setattr(sys, "base_prefix", "/opt/python")
    with pytest.raises(SetupError, match="PYTHON=/usr/bin/python3"):
        debian.python_packages(build=False)


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A tree with what the steps of the virtual environment read."""
    for name in ("pyproject.toml", "runtime.lock", "test.lock"):
        (tmp_path / name).write_text(name)
    return tmp_path


def needed(tree: Path, *locks: str, wheel: str = "one.whl") -> list[bool]:
    """Which steps of the virtual environment are needed: environment, packages, pjsua2, project."""
    return [step.needed() for step in Environment(tree, tree / "log").steps(locks, Path(wheel))]


def stamp_all(tree: Path, lock: str) -> None:
    """Leave the stamps as the steps do, without the work."""
    environment = Environment(tree, tree / "log")
    stamps_of = {
        "python": environment.identity,
        lock: stamps.digest(tree / lock),
        "pjsua2": "one.whl",
        "project": stamps.digest(tree / "pyproject.toml"),
    }
    for name, value in stamps_of.items():
        stamps.leave_stamp(environment.folder / ".setup" / name, value)


def test_a_clean_tree_needs_every_step_and_a_finished_one_none(tree: Path) -> None:
    assert needed(tree, "runtime.lock") == [True] * 4
    stamp_all(tree, "runtime.lock")
    assert needed(tree, "runtime.lock") == [False] * 4


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (lambda tree: (tree / "runtime.lock").write_text("new"), [False, True, False, False]),
        (lambda tree: (tree / "pyproject.toml").write_text("new"), [False, False, False, True]),
        (lambda tree: (tree / ".venv/.setup/python").write_text("another"), [True, False, False, False]),
    ],
)
def test_a_change_repeats_its_own_step_only(tree: Path, change: Callable[[Path], object], expected: list[bool]) -> None:
    stamp_all(tree, "runtime.lock")
    change(tree)
    assert needed(tree, "runtime.lock") == expected


def test_a_newly_built_pjsua2_is_installed(tree: Path) -> None:
    stamp_all(tree, "runtime.lock")
    assert needed(tree, "runtime.lock", wheel="two.whl") == [False, False, True, False]


def test_an_installed_pjsua2_is_not_built_again_until_its_python_goes(tree: Path) -> None:
    environment = Environment(tree, tree / "log")
    assert not environment.has(Path("one.whl"))
    stamp_all(tree, "runtime.lock")
    assert environment.has(Path("one.whl"))
    assert not environment.has(Path("two.whl"))
    (tree / ".venv/.setup/python").write_text("another")
    assert not environment.has(Path("one.whl"))


def test_the_packages_of_the_tests_hold_those_of_the_demo(tree: Path) -> None:
    stamp_all(tree, "test.lock")
    assert needed(tree, "runtime.lock", "test.lock") == [False] * 4
    stamp_all(tree, "runtime.lock")
    (tree / ".venv/.setup/test.lock").unlink()
    assert needed(tree, "test.lock")[1]


def test_built_things_are_no_sources_of_the_front_end(tmp_path: Path) -> None:
    sources = {"package.json", "src/base.js", ".npmrc", "locale/nb/LC_MESSAGES/sentralbord.po"}
    others = {"node_modules/lit/lit.js", "dist/base.js", "gen/icons.svg", "__pycache__/x.pyc", "assets.py"}
    for name in sources | others:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    assert {path.relative_to(tmp_path).as_posix() for path in frontend.sources(tmp_path)} == sources


@pytest.mark.parametrize(
    ("version", "enough"),
    [("v20.11.1\n", True), ("v18.20.0\n", False), ("v100.0.0", True), ("", False), ("node 22", False)],
)
def test_an_old_node_is_not_enough(version: str, enough: bool) -> None:
    assert frontend.node_is_enough(version) is enough


def test_set_up_needs_nothing_but_the_standard_library() -> None:
    done = subprocess.run(
        [sys.executable, "-S", "-E", "config/setup", "nonsense"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (2, targets.USAGE + "\n")


def test_forgetting_leaves_what_is_not_ours_in_the_cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(targets, "ROOT", tmp_path / "tree")
    monkeypatch.setenv("SENTRALBORD_CACHE", str(tmp_path / "cache"))
    for name in ("tree/.venv/bin", "tree/core/ui/dist", "cache/pjsua2", "cache/node-1234", "cache/photos"):
        (tmp_path / name).mkdir(parents=True)
    targets.forget()
    assert [path.name for path in (tmp_path / "cache").iterdir()] == ["photos"]
    assert not (tmp_path / "tree/.venv").exists()
    assert not (tmp_path / "tree/core/ui/dist").exists()
