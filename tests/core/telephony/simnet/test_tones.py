"""Tones: each is recognised alone and mixed, also through PCMU, and nothing else is taken for one."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile
import soxr
from hypothesis import assume, given
from hypothesis import strategies as st

from core.audio.speech import EspeakNg
from core.audio.tones import music, ringback
from core.telephony.simnet import tones
from core.telephony.simnet.tones import FREQUENCIES, RATE, WINDOW, Samples, first_sound, heard, is_music, loudness, tone

KNOWN = st.sampled_from(FREQUENCIES)
LEVEL = st.floats(0.02, 0.9)
PHASE = st.floats(0, 6.28)
DTMF = {697: (1209, 1336, 1477, 1633), 770: (1209, 1336), 852: (1477,), 941: (1336, 1633)}


def through_pcmu(samples: Samples) -> Samples:
    """Coded and decoded by the logarithmic law of ITU-T G.711, mu = 255, with 8 bits."""
    x = np.clip(samples / 32768, -1, 1)
    coded = np.round(np.sign(x) * np.log1p(255 * np.abs(x)) / np.log(256) * 127)
    y = coded / 127
    return (np.sign(y) * (256 ** np.abs(y) - 1) / 255 * 32767).astype(np.int16)


@given(KNOWN, LEVEL, PHASE)
def test_a_tone_alone_is_recognised_and_no_other_is(hertz: int, level: float, phase: float) -> None:
    found = heard(through_pcmu(tone(hertz, 0.5, level=level, phase=phase)))
    assert [one.frequency for one in found] == [hertz]
    assert found[0].seconds == pytest.approx(0.5)
    assert found[0].gaps == ()


@given(KNOWN, KNOWN, PHASE)
def test_two_mixed_tones_are_both_recognised_and_no_third_is(one: int, other: int, phase: float) -> None:
    assume(one != other)
    mixed = tone(one, 0.5) + tone(other, 0.5, phase=phase)
    assert {x.frequency for x in heard(through_pcmu(mixed))} == {one, other}


@given(KNOWN, st.integers(5, 20), st.integers(1, 10))
def test_a_gap_is_found_where_it_is(hertz: int, at: int, length: int) -> None:
    samples = tone(hertz, 1.0).copy()
    samples[at * WINDOW : (at + length) * WINDOW] = 0
    (found,) = heard(samples)
    assert found.gaps == ((pytest.approx(at * 0.02), pytest.approx(length * 0.02)),)
    assert found.missing == pytest.approx(length * 0.02)


@given(KNOWN, st.integers(0, 3 * WINDOW), st.integers(2 * WINDOW, 6 * WINDOW))
def test_a_gap_that_is_not_aligned_is_found_within_a_window(hertz: int, start: int, length: int) -> None:
    samples = tone(hertz, 1.0).copy()
    samples[2000 + start : 2000 + start + length] = 0
    (found,) = heard(samples)
    assert abs(found.missing - length / RATE) <= 2 * WINDOW / RATE


@pytest.mark.parametrize(("low", "high"), [(low, high) for low, highs in DTMF.items() for high in highs])
def test_a_dtmf_digit_is_not_taken_for_a_party(low: int, high: int) -> None:
    assert heard(through_pcmu(tone(low, 0.4, level=0.2) + tone(high, 0.4, level=0.2))) == ()


@pytest.mark.parametrize("hertz", [350, 425, 440, 480, 620, 950, 1400, 1800])
def test_a_call_progress_tone_is_not_taken_for_a_party(hertz: int) -> None:
    assert heard(through_pcmu(tone(hertz, 1.0))) == ()


@pytest.mark.parametrize("sound", [music, ringback])
def test_what_a_waiting_caller_hears_is_not_taken_for_a_party(sound: Callable[[int], np.ndarray]) -> None:
    samples = (32767 * sound(RATE)).astype(np.int16)
    assert loudness(samples).max() > tones.AUDIBLE
    assert heard(through_pcmu(samples)) == ()


async def test_speech_is_not_taken_for_a_party(tmp_path: Path) -> None:
    spoken = EspeakNg()
    for voice in spoken.voices():
        await spoken.render(
            "A quick brown fox, 123456789, jumps over the lazy dog. Åse på øya.", voice, tmp_path / "wav"
        )
        samples, rate = soundfile.read(tmp_path / "wav", dtype="float32")
        telephone = (32767 * soxr.resample(samples, rate, RATE)).astype(np.int16)
        assert heard(through_pcmu(telephone)) == (), voice


@pytest.mark.parametrize("hertz", FREQUENCIES)
def test_a_clipped_tone_is_not_taken_for_another_party(hertz: int) -> None:
    clipped = np.clip(tone(hertz, 1.0, level=0.9).astype(np.int32) * 2, -32768, 32767).astype(np.int16)
    assert [one.frequency for one in heard(through_pcmu(clipped))] == [hertz]


@given(st.integers(0, 2**32 - 1), st.floats(0, 8000))
def test_noise_is_not_taken_for_a_party(seed: int, spread: float) -> None:
    noise = np.random.default_rng(seed).normal(0, spread, RATE).clip(-32768, 32767).astype(np.int16)
    assert heard(noise) == ()


@given(KNOWN, st.integers(1, 40))
def test_the_first_sound_is_found(hertz: int, windows: int) -> None:
    silence = np.zeros(windows * WINDOW, np.int16)
    assert first_sound(np.concatenate([silence, tone(hertz, 0.3)])) == pytest.approx(windows * 0.02)
    assert first_sound(silence) is None


def test_a_recording_is_read_while_its_header_is_still_wrong(tmp_path: Path) -> None:
    file = tmp_path / "recording.wav"
    tones.write_wav(file, tone(1000, 1.0))
    data = bytearray(file.read_bytes())
    data[4:8] = data[40:44] = b"\0\0\0\0"
    file.write_bytes(data + b"\x01")
    assert (tones.read_recording(file) == tone(1000, 1.0)).all()
    assert len(tones.read_recording(file, start=0.5)) == RATE // 2


def test_a_repeated_second_has_no_click() -> None:
    for hertz in FREQUENCIES:
        assert len(tone(hertz, 1.0)) % WINDOW == 0
        assert hertz * WINDOW % RATE == 0


def test_the_hold_music_is_recognised_nearly_wherever_one_listens() -> None:
    played = through_pcmu((music(RATE) * 32767).astype(np.int16))
    starts = range(0, len(played) - 10000, RATE // 2)
    assert sum(is_music(played[at : at + 9600]) for at in starts) / len(starts) > 0.9


@pytest.mark.parametrize("hertz", FREQUENCIES)
def test_no_partys_tone_is_the_hold_music_nor_mixes_with_it_unheard(hertz: int) -> None:
    party = through_pcmu(tone(hertz, 1.2))
    played = (music(RATE)[: len(party)] * 32767).astype(np.int16)
    assert not is_music(party)
    assert not is_music(through_pcmu(played + party))


def test_neither_ringing_nor_silence_is_the_hold_music() -> None:
    assert not is_music(through_pcmu((ringback(RATE)[:9600] * 32767).astype(np.int16)))
    assert not is_music(np.zeros(9600, np.int16))
