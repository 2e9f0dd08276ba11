"""Turns any audio file into what the bridge plays: mono, 16 bit, one rate, one loudness."""

import io
from pathlib import Path

import numpy as np
import numpy.typing as npt
import soundfile
import soxr

from core.audio.errors import SoundError

Samples = npt.NDArray[np.float32]

LOUDNESS = -20.0
"""RMS of the parts where something sounds, in dB below full scale: the usual level of speech in telephony."""
CEILING = -1.0
"""No sample is louder than this, in dB below full scale."""
MOST_GAIN = 15.0
"""A file is made louder by so many dB at the most, so that noise stays noise."""
GATE = 30.0
"""A block that is so many dB below the loudest one counts as silence."""
BLOCK_SECONDS = 0.05
MAX_SECONDS = 600.0
"""Longest sound."""


def convert(source: Path | bytes, target: Path, rate: int) -> float:
    """Write the audio of `source` to `target` as mono 16-bit WAV of `rate` Hz; returns its length in seconds.

    Raises SoundError when it is no audio, is empty, or is longer than MAX_SECONDS.
    """
    samples, source_rate = read(source)
    if source_rate != rate:
        samples = soxr.resample(samples, source_rate, rate)
    write(target, level(samples, rate), rate)
    return len(samples) / rate


def read(source: Path | bytes) -> tuple[Samples, int]:
    """The samples of an audio file, its channels mixed into one, and its rate. Raises SoundError."""
    try:
        with soundfile.SoundFile(io.BytesIO(source) if isinstance(source, bytes) else source) as file:
            seconds = file.frames / file.samplerate
            if seconds > MAX_SECONDS:
                raise SoundError(f"the sound lasts {seconds:.0f} s; the longest allowed is {MAX_SECONDS:.0f} s")
            samples = file.read(dtype="float32", always_2d=True)
            rate = int(file.samplerate)
    except soundfile.LibsndfileError as error:
        raise SoundError(
            f"this is no audio file that can be read ({error.error_string.rstrip('.')}); use WAV"
        ) from None
    if not len(samples):
        raise SoundError("the audio file is empty")
    return np.nan_to_num(samples.mean(axis=1, dtype=np.float32)), rate


def write(target: Path, samples: Samples, rate: int) -> None:
    """Write samples (full scale: -1 … 1) as a 16-bit WAV."""
    soundfile.write(target, np.clip(samples, -1.0, 1.0), rate, format="WAV", subtype="PCM_16")


def level(samples: Samples, rate: int, loudness: float = LOUDNESS) -> Samples:
    """The samples at `loudness` dB, within MOST_GAIN and CEILING; silence stays as it is."""
    active = active_rms(samples, rate)
    peak = float(np.max(np.abs(samples), initial=0.0))
    if active == 0.0:
        return samples
    gain = min(loudness - _decibel(active), MOST_GAIN)
    return samples * np.float32(10 ** (min(gain, CEILING - _decibel(peak)) / 20))


def active_rms(samples: Samples, rate: int) -> float:
    """RMS of the blocks in which something sounds; 0 for silence."""
    size = max(1, int(rate * BLOCK_SECONDS))
    padded = np.pad(samples.astype(np.float64), (0, -len(samples) % size))
    power = np.mean(padded.reshape(-1, size) ** 2, axis=1)
    loudest = float(np.max(power, initial=0.0))
    if loudest == 0.0:
        return 0.0
    return float(np.sqrt(np.mean(power[power > loudest * 10 ** (-GATE / 10)])))


def _decibel(amplitude: float) -> float:
    return 20 * float(np.log10(amplitude))
