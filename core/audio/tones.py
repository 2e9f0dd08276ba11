"""Sounds that are computed: hold music and the ringing tone. No recording of anybody's is used."""

import numpy as np

from core.audio.wav import Samples, level

MUSIC_LOUDNESS = -26.0
"""Quieter than speech, in dB below full scale."""
BAR_SECONDS = 3.75
"""Eight bars make 30 s; four quiet beats each."""
# C major seventh, A minor seventh, F major seventh, G sixth … as MIDI notes, low to high.
CHORDS = (
    (60, 64, 67, 71, 76),
    (57, 64, 67, 72, 76),
    (53, 60, 64, 69, 77),
    (55, 62, 64, 71, 74),
    (52, 59, 67, 71, 74),
    (57, 60, 67, 72, 76),
    (50, 57, 65, 69, 72),
    (55, 60, 65, 67, 74),
)
PATTERN = (0, 2, 3, 4, 3, 2, 1, 3)
"""Which note of the chord each eighth of the bar plays."""
RINGBACK_HERTZ = 425.0
RINGBACK_LOUDNESS = -20.0


def music(rate: int) -> Samples:
    """30 s of plucked chords that go over into their own beginning without a seam."""
    bar = round(BAR_SECONDS * rate)
    length = bar * len(CHORDS)
    mix = np.zeros(length)
    for number, chord in enumerate(CHORDS):
        for step, voice in enumerate(PATTERN):
            _add(mix, _note(chord[voice], 1.8, rate), number * bar + step * bar // len(PATTERN), 1.0)
        for note in chord[:3]:
            _add(mix, _note(note, 4.5, rate, attack=0.4), number * bar, 0.35)
    return level(mix.astype(np.float32), rate, MUSIC_LOUDNESS)


def ringback(rate: int) -> Samples:
    """The European ringing tone, 425 Hz: 1 s on, 4 s off (ETSI TR 101 041)."""
    on = np.sin(2 * np.pi * RINGBACK_HERTZ * np.arange(rate) / rate)
    ramp = np.minimum(1.0, np.arange(rate) / (0.005 * rate))
    tone = (on * ramp * ramp[::-1]).astype(np.float32)
    return level(np.concatenate([tone, np.zeros(4 * rate, dtype=np.float32)]), rate, RINGBACK_LOUDNESS)


def _note(midi: int, seconds: float, rate: int, attack: float = 0.01) -> np.ndarray:
    """A soft string: three harmonics, the higher ones fading sooner, silent at its end."""
    time = np.arange(round(seconds * rate)) / rate
    frequency = 440.0 * 2 ** ((midi - 69) / 12)
    fade = np.minimum(1.0, time / attack) * np.minimum(1.0, (seconds - time) / 0.1)
    partials = (
        np.sin(2 * np.pi * frequency * harmonic * time) * np.exp(-time * (0.9 + 0.8 * harmonic)) / harmonic**2
        for harmonic in (1, 2, 3)
    )
    return np.asarray(sum(partials) * fade)


def _add(mix: np.ndarray, note: np.ndarray, at: int, gain: float) -> None:
    """Mix a note in; what lasts beyond the end sounds at the beginning, so that the music can loop."""
    places = (at + np.arange(len(note))) % len(mix)
    np.add.at(mix, places, note * gain)
