"""Conversion: rate, loudness, and files that are no audio."""

import io
import tracemalloc
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import given
from hypothesis import strategies as st

from core.audio.errors import SoundError
from core.audio.wav import CEILING, LOUDNESS, STORED_RATE, active_rms, as_wav, convert, level, read, stored_form
from tests.core.audio.sounds import encoded, samples, share, sine


def decibel(value: float) -> float:
    return 20 * float(np.log10(value))


@pytest.mark.parametrize("rate", [8000, 16000])
@pytest.mark.parametrize("source_rate", [8000, 11025, 22050, 44100, 48000])
def test_a_tone_keeps_its_pitch_and_length_at_every_rate(tmp_path: Path, source_rate: int, rate: int) -> None:
    convert(encoded(sine(1000, 1.0, source_rate), source_rate), tmp_path / "x.wav", rate)
    data, got = samples(tmp_path / "x.wav")
    assert got == rate
    assert len(data) == pytest.approx(rate, abs=2)
    assert share(data, rate, 980, 1020) > 0.99


def test_what_lies_above_the_new_rate_does_not_come_back_as_another_tone(tmp_path: Path) -> None:
    both = sine(1000, 1.0, 22050, 0.3) + sine(6000, 1.0, 22050, 0.3)
    convert(encoded(both, 22050), tmp_path / "x.wav", 8000)
    data, rate = samples(tmp_path / "x.wav")
    # 6 kHz would fold to 2 kHz.
    assert share(data[400:-400], rate, 1500, 2500) < 1e-6


@given(amplitude=st.floats(0.03, 1.0), hertz=st.floats(200, 3000))
def test_soft_and_loud_sounds_come_out_equally_loud(amplitude: float, hertz: float) -> None:
    data = level(sine(hertz, 1.0, 8000, amplitude), 8000)
    assert decibel(active_rms(data, 8000)) == pytest.approx(LOUDNESS, abs=0.2)


@given(st.lists(st.floats(-1, 1, width=32), min_size=1, max_size=2000))
def test_no_sound_is_driven_into_distortion(values: list[float]) -> None:
    data = level(np.array(values, dtype=np.float32), 8000)
    assert np.max(np.abs(data)) <= 10 ** (CEILING / 20) * 1.0001


def test_silence_around_speech_does_not_make_it_louder() -> None:
    talk = sine(500, 1.0, 8000, 0.2)
    padded = np.concatenate([np.zeros(40_000, dtype=np.float32), talk])
    assert active_rms(padded, 8000) == pytest.approx(active_rms(talk, 8000), rel=0.01)


def test_two_channels_become_one(tmp_path: Path) -> None:
    stereo = np.stack([sine(500, 1.0, 8000), sine(500, 1.0, 8000)], axis=1)
    convert(encoded(stereo, 8000), tmp_path / "x.wav", 8000)
    assert samples(tmp_path / "x.wav")[0].ndim == 1


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "no audio file"),
        (b"%PDF-1.7 not a sound", "no audio file"),
        (encoded(sine(500, 0.5, 8000), 8000)[:30], "no audio file"),
        (encoded(np.zeros(0, dtype=np.float32), 8000), "empty"),
        (encoded(np.zeros(8000 * 601, dtype=np.float32), 8000), "longer than 10 minutes"),
        (encoded(sine(500, 0.5, 8000), 8000, "AIFF"), "AIFF files cannot be used: choose a WAV, MP3, OGG or FLAC"),
        (encoded(sine(500, 0.5, 8000), 2000), "2000 samples a second"),
    ],
)
def test_a_file_that_cannot_be_used_is_refused_with_the_reason(content: bytes, message: str) -> None:
    with pytest.raises(SoundError, match=message):
        read(content, 8000)


@pytest.mark.parametrize(
    ("form", "subtype"),
    [("WAV", "PCM_24"), ("WAVEX", None), ("FLAC", None), ("OGG", "VORBIS"), ("OGG", "OPUS"), ("MP3", None)],
)
def test_every_form_that_is_taken_is_kept_as_telephony_plays_it(form: str, subtype: str | None) -> None:
    """AUD-6: WAV, MP3, OGG and FLAC become 16 kHz mono, as loud as any other sound."""
    both = np.stack([sine(1000, 1.0, 48000, 0.05), sine(1000, 1.0, 48000, 0.05)], axis=1)
    kept, seconds = stored_form(encoded(both, 48000, form, subtype))
    data, rate = soundfile.read(io.BytesIO(as_wav(kept)), dtype="float32")
    assert (rate, data.ndim, seconds) == (STORED_RATE, 1, pytest.approx(1.0, abs=0.1))
    assert share(data, rate, 980, 1020) > 0.98
    assert decibel(active_rms(data, rate)) == pytest.approx(LOUDNESS, abs=0.5)


def test_a_file_in_which_nothing_can_be_heard_is_refused() -> None:
    with pytest.raises(SoundError, match="Nothing can be heard"):
        stored_form(encoded(sine(500, 1.0, 8000, 0.0005), 8000, subtype="PCM_24"))


def test_a_small_file_that_unpacks_to_gigabytes_takes_no_memory() -> None:
    small = encoded(np.zeros((192_000 * 20, 8), dtype=np.float32), 192_000, "FLAC")  # 123 MB as numbers
    assert len(small) < 200_000
    tracemalloc.start()
    try:
        read(small, 8000)
        assert tracemalloc.get_traced_memory()[1] < 20_000_000
    finally:
        tracemalloc.stop()


@given(st.binary(max_size=300), st.booleans())
def test_no_upload_can_do_more_than_be_refused(content: bytes, looks_like_wav: bool) -> None:
    with suppress(SoundError):
        read(encoded(sine(500, 0.1, 8000), 8000)[:44] + content if looks_like_wav else content, 8000)
