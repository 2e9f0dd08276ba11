"""Tones that tell who was heard: makes them, and recognises them in what a user agent recorded."""

import math
import wave
from pathlib import Path
from typing import cast

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

RATE = 8000
"""Samples a second of everything here: what PCMU carries (RFC 3551)."""

WINDOW = 160
"""Samples judged at once: 20 ms, one RTP packet."""

FREQUENCIES = (550, 1000, 1150, 1550, 1700, 1850, 2350, 2500, 2650, 2800, 2950, 3250)
"""Hz. Multiples of 50, so that 20 ms hold whole periods and the tones are orthogonal there; none is near a DTMF
or call-progress frequency, nor near the (aliased) 2nd to 5th harmonic of another."""

AUDIBLE = 100.0
"""Root mean square of 16-bit samples below which a window is silent (about -50 dBFS)."""

_SHARE = 0.25
"""A tone is there when it carries this share of a window's energy: two mixed tones have about a half each."""

Samples = NDArray[np.int16]


class Heard(Struct, frozen=True):
    """One known frequency in a recording: first and last moment and time present, in seconds of the recording."""

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
    """The frequency of the party with this number; parties share frequencies when there are more than twelve."""
    return FREQUENCIES[number % len(FREQUENCIES)]


def tone(hertz: int, seconds: float = 1.0, *, level: float = 0.25, phase: float = 0.0) -> Samples:
    """A sine of `level` times full scale; whole seconds can be repeated without a click."""
    time = np.arange(round(seconds * RATE)) / RATE
    return cast(Samples, (level * 32767 * np.sin(2 * math.pi * hertz * time + phase)).astype(np.int16))


def write_wav(file: Path, samples: Samples) -> None:
    """Store samples as a mono 16-bit WAV file."""
    with wave.open(str(file), "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(RATE)
        out.writeframes(samples.tobytes())


def read_recording(file: Path, *, start: float = 0.0) -> Samples:
    """The samples of a mono 16-bit 8 kHz recording from `start` seconds on, also while it is being written.

    The header's length is not read: it is right only after the recorder is gone.
    """
    header = 44
    with file.open("rb") as recording:
        recording.seek(header + 2 * round(start * RATE))
        data = recording.read()
    return np.frombuffer(data[: len(data) // 2 * 2], dtype=np.int16)


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
    share = 2 * np.abs(windows @ waves) ** 2 / WINDOW / np.maximum(energy, 1.0)
    return cast(NDArray[np.bool_], (share > _SHARE) & (energy > WINDOW * AUDIBLE**2))


def heard(samples: Samples, *, at_least: float = 0.1) -> tuple[Heard, ...]:
    """Which known frequencies are in a recording for `at_least` seconds together, in order of appearance."""
    found = []
    step = WINDOW / RATE
    for column, hertz in zip(presence(samples).T, FREQUENCIES, strict=True):
        where = np.flatnonzero(column)
        if len(where) * step < at_least:
            continue
        jumps = np.flatnonzero(np.diff(where) > 1)
        gaps = tuple(
            (round((where[i] + 1) * step, 3), round((where[i + 1] - where[i] - 1) * step, 3)) for i in jumps
        )
        found.append(
            Heard(
                frequency=hertz,
                start=round(where[0] * step, 3),
                end=round((where[-1] + 1) * step, 3),
                seconds=round(len(where) * step, 3),
                gaps=gaps,
            )
        )
    return tuple(sorted(found, key=lambda one: one.start))


def first_sound(samples: Samples) -> float | None:
    """Seconds until the first audible window, None when all is silent."""
    audible = np.flatnonzero(loudness(samples) > AUDIBLE)
    return None if len(audible) == 0 else round(float(audible[0]) * WINDOW / RATE, 3)


def _windows(samples: Samples) -> NDArray[np.float64]:
    whole = len(samples) // WINDOW
    return samples[: whole * WINDOW].astype(np.float64).reshape(whole, WINDOW)
