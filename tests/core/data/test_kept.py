"""What is made once in the data folder is the same for everybody who asks, for ever."""

import secrets
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from pathlib import Path

from core.data.kept import kept_text

make = partial(secrets.token_hex, 8)


def test_of_several_processes_that_make_it_at_once_one_wins(tmp_path: Path) -> None:
    path = tmp_path / "made" / "machine.id"
    with ProcessPoolExecutor(4, mp_context=get_context("forkserver")) as processes:
        found = set(processes.map(kept_text, [path] * 40, [make] * 40))
    assert found == {kept_text(path, make)}
    assert [file.name for file in path.parent.iterdir()] == ["machine.id"]


def test_it_is_for_its_own_user_and_differs_from_folder_to_folder(tmp_path: Path) -> None:
    texts = {kept_text(tmp_path / name / "machine.id", make) for name in "abc"}
    assert len(texts) == 3
    assert (tmp_path / "a" / "machine.id").stat().st_mode & 0o777 == 0o600
