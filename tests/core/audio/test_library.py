"""Prompts on disk: rendered once, by content, whoever asks; and the tenant's library of sounds."""

import asyncio
import subprocess
import sys
from pathlib import Path
from uuid import UUID, uuid4

import numpy as np
import pytest

from core.api.calls import Prompt
from core.api.speech import SpeechError, Voice
from core.audio import tones
from core.audio.cache import PromptCache
from core.audio.errors import SoundNotFound
from core.audio.library import SoundLibrary
from core.audio.model import SoundInfo, SoundUse
from core.audio.service import add_sound, remove_sound, replace_sound, spoken, uploaded
from core.audio.speech import EspeakNg
from core.audio.voices import Voices
from core.audio.wav import LOUDNESS, Samples, active_rms
from core.data import tenant
from tests.core.audio.sounds import encoded, samples, share, sine

ROOT = Path(__file__).parents[3]
VOICES = Voices([EspeakNg()])


def library(folder: Path, rate: int = 8000) -> SoundLibrary:
    return SoundLibrary(PromptCache(folder, rate), VOICES)


def prompt_files(folder: Path) -> list[Path]:
    return sorted(folder.glob("??/*.wav"))


def rms(data: Samples) -> float:
    return float(np.sqrt(np.mean(data**2)))


def left_behind(folder: Path) -> list[Path]:
    return list(folder.glob("work-*"))


@pytest.mark.parametrize("rate", [8000, 16000])
async def test_a_prompt_is_audible_speech_at_the_rate_of_the_bridge(tmp_path: Path, rate: int) -> None:
    sounds = library(tmp_path, rate).of(uuid4())
    (file,) = await sounds.render([Prompt(text="Velkommen til Fjord Industrier.")], "nb")
    data, got = samples(file)
    assert got == rate
    assert 1.2 < len(data) / rate < 6
    assert 20 * np.log10(active_rms(data, rate)) == pytest.approx(LOUDNESS, abs=1.5)
    assert share(data, rate, 80, 3400) > 0.9
    assert np.max(np.abs(data)) < 0.95


async def test_each_prompt_has_its_file_and_the_same_one_is_made_once(tmp_path: Path) -> None:
    sounds = library(tmp_path).of(uuid4())
    one, two, again = await sounds.render([Prompt(text="One."), Prompt(text="Two."), Prompt(text="One.")], "en")
    assert one == again != two
    made = one.stat().st_mtime_ns
    assert await library(tmp_path).of(uuid4()).render([Prompt(text="One.")], "en") == [one]
    assert one.stat().st_mtime_ns == made


async def test_another_text_voice_language_or_rate_is_another_file(tmp_path: Path) -> None:
    sounds = library(tmp_path).of(uuid4())
    files = {
        *await sounds.render([Prompt(text="Hei."), Prompt(text="Hei!")], "nb"),
        *await sounds.render([Prompt(text="Hei."), Prompt(text="Hei.", voice="sv-male")], "sv"),
        *await library(tmp_path).of(uuid4(), "nb-male").render([Prompt(text="Hei.")], "nb"),
        *await library(tmp_path, 16000).of(uuid4()).render([Prompt(text="Hei.")], "nb"),
    }
    assert len(files) == 6


def test_two_processes_that_need_the_same_prompts_render_each_once(tmp_path: Path) -> None:
    command = [
        sys.executable,
        "-m",
        "tests.core.audio.render_many",
        str(tmp_path / "prompts"),
        str(tmp_path / "log"),
    ]
    processes = [
        subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(2)
    ]
    try:
        for process in processes:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
        for process in processes:
            process.communicate("go\n", timeout=60)
    finally:
        for process in processes:
            process.kill()
    assert [process.returncode for process in processes] == [0, 0]
    rendered = (tmp_path / "log").read_text().splitlines()
    assert sorted(rendered) == sorted(f"Prompt number {number}." for number in range(10))
    assert len(prompt_files(tmp_path / "prompts")) == 10
    assert left_behind(tmp_path / "prompts") == []


class Faulty(EspeakNg):
    """A plugin's voice that hangs, or raises whatever it likes."""

    key = "faulty"

    def __init__(self, error: Exception | None) -> None:
        super().__init__()
        self._error = error

    def voices(self) -> tuple[Voice, ...]:
        return (Voice("faulty-voice", "nb", "female"),)

    async def render(self, text: str, voice: Voice, target: Path, *, ssml: bool = False) -> None:
        if self._error:
            raise self._error
        await asyncio.Event().wait()


@pytest.mark.parametrize("error", [None, KeyError("no such voice")])
async def test_a_plugins_voice_that_fails_or_hangs_is_told_as_a_speech_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception | None
) -> None:
    monkeypatch.setattr("core.audio.voices.SPEECH_SECONDS", 0.1)
    sounds = SoundLibrary(PromptCache(tmp_path), Voices([Faulty(error)]))
    with pytest.raises(SpeechError, match="faulty could not speak"):
        await sounds.spoken(uuid4(), "Hei.", "nb", "faulty-voice", "")


async def test_a_plugins_voice_speaks_only_for_tenants_that_have_the_plugin_on(tmp_path: Path) -> None:
    with_it, without = uuid4(), uuid4()
    more = {with_it: [Faulty(KeyError())]}
    sounds = SoundLibrary(PromptCache(tmp_path), Voices([EspeakNg()], lambda tenant_id: more.get(tenant_id, [])))
    with pytest.raises(SpeechError, match="faulty could not speak"):
        await sounds.spoken(with_it, "Hei.", "nb", "faulty-voice", "")
    with pytest.raises(SpeechError, match="there is no voice 'faulty-voice'"):
        await sounds.spoken(without, "Hei.", "nb", "faulty-voice", "")


async def test_a_rendering_that_is_given_up_leaves_nothing_and_blocks_nobody(tmp_path: Path) -> None:
    started = asyncio.Event()

    class Slow(EspeakNg):
        async def render(self, text: str, voice: Voice, target: Path, *, ssml: bool = False) -> None:
            target.write_bytes(b"half a file")  # noqa: ASYNC240
            started.set()
            await asyncio.Event().wait()

    slow = SoundLibrary(PromptCache(tmp_path), Voices([Slow()])).of(uuid4())
    task = asyncio.create_task(slow.render([Prompt(text="Hei.")], "nb"))
    await started.wait()
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert prompt_files(tmp_path) == []
    (file,) = await library(tmp_path).of(uuid4()).render([Prompt(text="Hei.")], "nb")
    assert active_rms(*samples(file)) > 0.02
    assert left_behind(tmp_path) == []


async def test_warming_makes_all_files_and_tells_what_cannot_be_made(tmp_path: Path) -> None:
    sounds = library(tmp_path).of(uuid4())
    prompts = [Prompt(text="One."), Prompt(text="<speak>Two"), Prompt(text="Three.", language="da")]
    problems = await sounds.warm([*prompts, prompts[0]], "en")
    assert len(prompt_files(tmp_path)) == 1
    assert ["SSML, line 1" in problem or "'da'" in problem for problem in problems] == [True, True]
    with pytest.raises(SpeechError, match="SSML, line 1"):
        await sounds.render([prompts[1]], "en")


async def upload(hertz: float, name: str = "Jingle") -> SoundInfo:
    return await add_sound(name, await uploaded(encoded(sine(hertz, 2.0, 44100, 0.05), 44100)))


async def say(text: str, name: str = "Hours", **how: str) -> SoundInfo:
    return await add_sound(name, await spoken(text, VOICES, **{"language": "nb", **how}))


async def test_an_uploaded_sound_is_played_as_it_sounds(database: object, tenant_a: UUID, tmp_path: Path) -> None:
    with tenant(tenant_a):
        sound = await upload(1000)
    (file,) = await library(tmp_path).of(tenant_a).render([Prompt(sound=sound.id)], "nb")
    data, rate = samples(file)
    assert (rate, len(data)) == (8000, pytest.approx(16000, abs=2))
    assert share(data, rate, 990, 1010) > 0.99


async def test_a_changed_sound_is_another_file_as_soon_as_the_old_one_is_forgotten(
    database: object, tenant_a: UUID, tmp_path: Path
) -> None:
    sounds = library(tmp_path)
    with tenant(tenant_a):
        sound = await say("Vi har åpent.")
    (before,) = await sounds.of(tenant_a).render([Prompt(sound=sound.id)], "en")
    with tenant(tenant_a):
        await replace_sound(sound.id, 1, await spoken("Vi har stengt.", VOICES, language="nb"))
    assert await sounds.of(tenant_a).render([Prompt(sound=sound.id)], "en") == [before]
    sounds.forget(tenant_a)
    (after,) = await sounds.of(tenant_a).render([Prompt(sound=sound.id)], "en")
    with tenant(tenant_a):
        await replace_sound(sound.id, 2, await uploaded(encoded(sine(700, 1.0, 8000), 8000)))
    sounds.forget(tenant_a)
    (tone,) = await sounds.of(tenant_a).render([Prompt(sound=sound.id)], "en")
    assert len({before, after, tone}) == 3
    assert share(*samples(tone), 690, 710) > 0.99


async def test_a_kept_text_needs_no_voice_any_more(database: object, tenant_a: UUID, tmp_path: Path) -> None:
    """AUD-4: the last good rendering stays when the provider is away."""
    with tenant(tenant_a):
        sound = await say("Hei.", voice="sv-male")
        assert (sound.language, sound.voice) == ("sv", "sv-male")
        with pytest.raises(SpeechError, match="faulty could not speak"):
            await spoken("Ha det.", Voices([Faulty(KeyError())]), language="nb")
    (file,) = await SoundLibrary(PromptCache(tmp_path), Voices([])).of(tenant_a).render([Prompt(sound=sound.id)], "en")
    assert active_rms(*samples(file)) > 0.02


async def test_a_tenant_cannot_play_or_change_anothers_sound(
    database: object, tenant_a: UUID, tenant_b: UUID, tmp_path: Path
) -> None:
    sounds = library(tmp_path)
    with tenant(tenant_a):
        sound = await upload(500, "Secret")
    await sounds.of(tenant_a).render([Prompt(sound=sound.id)], "nb")
    with pytest.raises(SoundNotFound):
        await sounds.of(tenant_b).render([Prompt(sound=sound.id)], "nb")


async def test_a_removed_sound_is_spoken_instead(database: object, tenant_a: UUID, tmp_path: Path) -> None:
    """Never silence: its text, or its name when it was a recording."""

    async def nowhere(_: UUID) -> list[SoundUse]:
        return []

    sounds = library(tmp_path).of(tenant_a)
    with tenant(tenant_a):
        text, recording = await say("Vi har åpent.", "Hours"), await upload(800, "Summer")
        for sound in (text, recording):
            await remove_sound(sound.id, 1, nowhere)
    said = await sounds.render([Prompt(sound=text.id), Prompt(sound=recording.id)], "nb")
    assert said == await sounds.render([Prompt(text="Vi har åpent."), Prompt(text="Summer")], "nb")


def test_the_ringing_tone_is_the_european_one(tmp_path: Path) -> None:
    data, rate = samples(library(tmp_path).ringback())
    assert len(data) == 5 * rate
    assert share(data[:rate], rate, 420, 430) > 0.98
    assert np.max(np.abs(data[rate:])) == 0


@pytest.mark.parametrize("rate", [8000, 16000])
def test_hold_music_is_quiet_and_loops_without_a_seam(tmp_path: Path, rate: int) -> None:
    data, got = samples(library(tmp_path, rate).music())
    assert (got, len(data) / rate) == (rate, 30.0)
    assert 20 * np.log10(active_rms(data, rate)) == pytest.approx(tones.MUSIC_LOUDNESS, abs=0.5)
    # Nobody waits in silence, and the last chord still sounds when the music begins again.
    assert min(rms(part) for part in np.split(data, 600)) > 0.02
    assert rms(data[: rate // 200]) > 0.8 * rms(data[-rate // 200 :])
    assert np.array_equal(data, samples(library(tmp_path / "other", rate).music())[0])
