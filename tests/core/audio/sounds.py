"""Reading and making audio in tests."""

import io
from pathlib import Path

import numpy as np
import soundfile

from core.audio.wav import Samples


def samples(file: Path) -> tuple[Samples, int]:
    """The samples of a WAV file (full scale: -1 … 1) and its rate."""
    data, rate = soundfile.read(file, dtype="float32")
    return data, rate


def share(data: Samples, rate: int, low: float, high: float) -> float:
    """The part of the energy that lies between two frequencies."""
    power = np.abs(np.fft.rfft(data)) ** 2
    frequency = np.fft.rfftfreq(len(data), 1 / rate)
    return float(power[(frequency >= low) & (frequency < high)].sum() / power.sum())


def sine(hertz: float, seconds: float, rate: int, amplitude: float = 0.5) -> Samples:
    return (amplitude * np.sin(2 * np.pi * hertz * np.arange(round(seconds * rate)) / rate)).astype(np.float32)


def encoded(data: Samples, rate: int, form: str = "WAV", subtype: str | None = None) -> bytes:
    """The samples as an audio file."""
    file = io.BytesIO()
    soundfile.write(file, data, rate, format=form, subtype=subtype)
    return file.getvalue()
