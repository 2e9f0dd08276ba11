"""Tones that tell who was heard: makes them, and recognises them in what a user agent recorded."""

import math
import struct
from itertools import pairwise
from pathlib import Path
from typing import cast

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from core.audio.tones import CHORDS

RATE = 8000
"""Samples a second of everything here: what PCMU carries (RFC 3551)."""

WINDOW = 160
"""Samples judged at once: 20 ms, one RTP packet."""

FREQUENCIES = (1000, 1150, 1550, 1700, 1850, 2350, 2500, 2650, 2800, 2950, 3250)
"""Hz. Multiples of 50, so that 20 ms hold whole periods and the tones are orthogonal there; none is near a
DTMF or call-progress frequency, nor near the (aliased) 2nd to 5th harmonic of another; all are above the hold
music's notes."""

AUDIBLE = 100.0
"""Root mean square of 16-bit samples below which a window is silent (about -50 dBFS)."""

NOTES = tuple(440.0 * 2 ** ((midi - 69) / 12) for midi in sorted({note for chord in CHORDS for note in chord}))
"""Hz. The notes of the hold music."""

_SHARE = 0.25
"""A tone is there when it carries this share of a window's energy: two mixed tones have about a half each."""

_STEP = WINDOW / RATE

_HEADER = 44
"""Bytes before the samples of a WAV file."""

Samples = NDArray[np.int16]


class Heard(Struct, frozen=True):
    """One known frequency in a recording: first and last moment and time present, in seconds."""

    frequency: int
    start: float
    end: float
    seconds: float
    gaps: tuple[tuple[float, float], ...] = ()
    """(start, length) of each time it was missing between its first and last moment."""

    @property
    def missing(self) -> float:
        """Seconds missing between the first and the last moment."""
        return sum(length for _, length in self.gaps)


def frequency(number: int) -> int:
    """The frequency of the party with this number; more than eleven parties share them."""
    return FREQUENCIES[number % len(FREQUENCIES)]


def tone(hertz: int, seconds: float = 1.0, *, level: float = 0.25, phase: float = 0.0) -> Samples:
    """A sine of `level` times full scale; whole seconds can be repeated without a click."""
    time = np.arange(round(seconds * RATE)) / RATE
    return cast(Samples, (level * 32767 * np.sin(2 * math.pi * hertz * time + phase)).astype(np.int16))


def write_wav(file: Path, samples: Samples) -> None:
    """Store samples as a mono 16-bit WAV file."""
    file.write_bytes(_header(len(samples)) + samples.tobytes())


def read_recording(file: Path, *, start: float = 0.0) -> Samples:
    """The samples of a mono 16-bit 8 kHz recording from `start` seconds on, also while it is being written.

    The header's length is not read: it is right only after the recorder is gone.
    """
    with file.open("rb") as recording:
        recording.seek(_HEADER + 2 * round(start * RATE))
        data = recording.read()
    return np.frombuffer(data[: len(data) // 2 * 2], dtype=np.int16)


def recorded_seconds(file: Path) -> float:
    """How long such a recording is by now."""
    return max(0, file.stat().st_size - _HEADER) / 2 / RATE


def loudness(samples: Samples) -> NDArray[np.float64]:
    """Root mean square of each 20 ms window."""
    windows = _windows(samples)
    return cast(NDArray[np.float64], np.sqrt((windows**2).mean(axis=1)))


def presence(samples: Samples) -> NDArray[np.bool_]:
    """For each 20 ms window (row) and each of FREQUENCIES (column): is the tone there?"""
    windows = _windows(samples)
    time = np.arange(WINDOW) / RATE
    waves = np.exp(-2j * math.pi * np.outer(time, FREQUENCIES))
    energy = (windows**2).sum(axis=1, keepdims=True)
    sums = np.einsum("ws,sf->wf", windows, waves)  # @ would leave BLAS's threads spinning on all processors
    share = 2 * np.abs(sums) ** 2 / WINDOW / np.maximum(energy, 1.0)
    return cast(NDArray[np.bool_], (share > _SHARE) & (energy > WINDOW * AUDIBLE**2))


def heard(samples: Samples, *, at_least: float = 0.2) -> tuple[Heard, ...]:
    """Which known frequencies are in a recording for `at_least` seconds together, in order of appearance."""
    columns = [np.flatnonzero(_steady(column)).tolist() for column in presence(samples).T]
    found = [
        _heard(hertz, windows)
        for windows, hertz in zip(columns, FREQUENCIES, strict=True)
        if len(windows) * _STEP >= at_least
    ]
    return tuple(sorted(found, key=lambda one: one.start))


def is_music(samples: Samples) -> bool:
    """Whether a second or more of a recording is the hold music: what stands out are notes of it."""
    if len(samples) < RATE or not (loudness(samples) > AUDIBLE).all():
        return False
    spectrum = np.abs(np.fft.rfft(samples * np.hanning(len(samples))))
    hertz = np.arange(len(spectrum)) * RATE / len(samples)
    for _ in range(3):
        peak = hertz[np.argmax(spectrum)]
        if min(abs(peak - note) / note for note in NOTES) > 0.015:
            return False
        spectrum[np.abs(hertz - peak) < 12] = 0
    return True


def _steady(present: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Only runs of three windows and more: in speech, a frequency passes by."""
    padded = np.concatenate([[False, False], present, [False, False]])
    runs = padded[:-2] & padded[1:-1] & padded[2:]
    return cast(NDArray[np.bool_], runs[:-2] | runs[1:-1] | runs[2:])


def _heard(hertz: int, windows: list[int]) -> Heard:
    """What the numbers of the windows in which a tone is say about it."""
    jumps = [(one, other) for one, other in pairwise(windows) if other > one + 1]
    return Heard(
        frequency=hertz,
        start=round(windows[0] * _STEP, 3),
        end=round((windows[-1] + 1) * _STEP, 3),
        seconds=round(len(windows) * _STEP, 3),
        gaps=tuple((round((one + 1) * _STEP, 3), round((other - one - 1) * _STEP, 3)) for one, other in jumps),
    )


def first_sound(samples: Samples) -> float | None:
    """Seconds until the first audible window, None when all is silent."""
    audible = np.flatnonzero(loudness(samples) > AUDIBLE)
    return None if len(audible) == 0 else round(float(audible[0]) * WINDOW / RATE, 3)


def _header(samples: int) -> bytes:
    """The RIFF header of a mono 16-bit PCM file of so many samples."""
    size = 2 * samples
    return (
        struct.pack("<4sI4s", b"RIFF", _HEADER - 8 + size, b"WAVE")
        + struct.pack("<4sIHHIIHH", b"fmt ", 16, 1, 1, RATE, 2 * RATE, 2, 16)
        + struct.pack("<4sI", b"data", size)
    )


def _windows(samples: Samples) -> NDArray[np.float64]:
    whole = len(samples) // WINDOW
    return samples[: whole * WINDOW].astype(np.float64).reshape(whole, WINDOW)
