"""Turns any audio file into what the bridge plays: mono, 16 bit, one rate, one loudness."""

import io
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt
import soundfile
import soxr

from core.api.texts import N_
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
SILENCE = -60.0
"""A file whose loudest sample is quieter, in dB below full scale, has nothing to hear."""
STORED_RATE = 16_000
"""Hz at which the library keeps sounds: the highest that telephony plays (AUD-6)."""
FORMATS = ("WAV", "WAVEX", "MP3", "OGG", "FLAC")
"""libsndfile's names of the formats that are taken (AUD-6)."""
SLOWEST, FASTEST = 4_000, 192_000
"""Samples a second that a file may have."""
PIECE = 1 << 16
"""Samples that are read at a time."""


def convert(source: Path | bytes, target: Path, rate: int) -> float:
    """Write the audio of `source` to `target` as mono 16-bit WAV of `rate` Hz; returns its length in seconds.

    Raises SoundError when it is no audio, is empty, or is longer than MAX_SECONDS.
    """
    samples = read(source, rate)
    write(target, level(samples, rate), rate)
    return len(samples) / rate


def stored_form(source: Path | bytes) -> tuple[bytes, float]:
    """The audio as the library keeps it, and its length in seconds: mono, STORED_RATE, levelled, FLAC.

    Raises SoundError as convert(), and when nothing can be heard in it.
    """
    samples = read(source, STORED_RATE)
    if float(np.max(np.abs(samples))) < 10 ** (SILENCE / 20):
        raise SoundError(N_("Nothing can be heard in this file: record it again, nearer to the microphone."))
    out = io.BytesIO()
    soundfile.write(out, level(samples, STORED_RATE), STORED_RATE, format="FLAC", subtype="PCM_16")
    return out.getvalue(), len(samples) / STORED_RATE


def as_wav(content: bytes) -> bytes:
    """What stored_form() made, as a WAV file: every browser and every other switchboard reads those."""
    samples, rate = soundfile.read(io.BytesIO(content), dtype="int16")
    out = io.BytesIO()
    soundfile.write(out, samples, rate, format="WAV", subtype="PCM_16")
    return out.getvalue()


def read(source: Path | bytes, rate: int) -> Samples:
    """The samples of an audio file at `rate`, its channels mixed into one. Raises SoundError."""
    try:
        with soundfile.SoundFile(io.BytesIO(source) if isinstance(source, bytes) else source) as file:
            if file.format not in FORMATS:
                raise SoundError(
                    N_("{form} files cannot be used: choose a WAV, MP3, OGG or FLAC file."), form=file.format
                )
            if not SLOWEST <= file.samplerate <= FASTEST:
                raise SoundError(N_("The file has {rate} samples a second: save it with 48000."), rate=file.samplerate)
            parts = list(_resampled(file, rate))
    except soundfile.LibsndfileError as error:
        why = error.error_string.rstrip(".")
        raise SoundError(
            N_("This is no audio file that can be read ({why}): choose a WAV, MP3, OGG or FLAC file."), why=why
        ) from None
    samples = np.nan_to_num(np.concatenate(parts)) if parts else np.zeros(0, dtype=np.float32)
    if not len(samples):
        raise SoundError(N_("The audio file is empty: choose another."))
    return samples


def _resampled(file: soundfile.SoundFile, rate: int) -> Iterator[Samples]:
    """The file piece by piece, so that a small one that unpacks to gigabytes takes no memory."""
    stream = soxr.ResampleStream(file.samplerate, rate, 1, dtype="float32") if file.samplerate != rate else None
    left = int(MAX_SECONDS * file.samplerate)
    while len(piece := file.read(PIECE, dtype="float32", always_2d=True)):
        left -= len(piece)
        if left < 0:
            raise SoundError(N_("The sound is longer than {most} minutes: shorten it."), most=int(MAX_SECONDS // 60))
        mono = piece.mean(axis=1, dtype=np.float32)
        yield stream.resample_chunk(mono) if stream else mono
    if stream:
        yield stream.resample_chunk(np.zeros(0, dtype=np.float32), last=True)


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
