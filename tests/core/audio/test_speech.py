"""espeak-ng: real speech in six languages and two voices, and errors that say what is wrong."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.api.speech import SpeechError, Voice
from core.audio.speech import LANGUAGES, EspeakNg, choose_voice
from core.audio.ssml import ALLOWED, check_ssml, is_ssml
from core.audio.wav import active_rms
from tests.core.audio.sounds import samples, share

ESPEAK = EspeakNg()
NORWEGIAN = Voice("nb-female", "nb", "female")


@pytest.mark.parametrize("voice", ESPEAK.voices(), ids=lambda voice: voice.name)
async def test_a_text_becomes_audible_speech(voice: Voice, tmp_path: Path) -> None:
    await ESPEAK.render("Velkommen til oss, trykk 1 2 3.", voice, tmp_path / "x.wav")
    data, rate = samples(tmp_path / "x.wav")
    assert rate == 22050
    assert 1.5 < len(data) / rate < 8
    assert active_rms(data, rate) > 0.02
    # Speech has most of its energy where a telephone carries it, unlike a hum or noise.
    assert share(data, rate, 80, 3400) > 0.8


async def test_the_voices_differ(tmp_path: Path) -> None:
    for voice in ESPEAK.voices():
        await ESPEAK.render("1 2 3", voice, tmp_path / voice.name)
    assert len({(tmp_path / voice.name).read_bytes() for voice in ESPEAK.voices()}) == 2 * len(LANGUAGES)


async def test_a_longer_text_takes_longer(tmp_path: Path) -> None:
    await ESPEAK.render("Hei.", NORWEGIAN, tmp_path / "short.wav")
    await ESPEAK.render("Hei, og velkommen til oss. " * 4, NORWEGIAN, tmp_path / "long.wav")
    assert len(samples(tmp_path / "long.wav")[0]) > 4 * len(samples(tmp_path / "short.wav")[0])


async def test_ssml_is_obeyed(tmp_path: Path) -> None:
    for name, pause in (("none", ""), ("pause", '<break time="2s"/>')):
        text = f"<speak>Hei {pause} hei</speak>"
        await ESPEAK.render(text, NORWEGIAN, tmp_path / f"{name}.wav", ssml=True)
    longer = len(samples(tmp_path / "pause.wav")[0]) - len(samples(tmp_path / "none.wav")[0])
    assert longer / 22050 == pytest.approx(2.0, abs=0.4)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("<speak>Hei <break>", "line 1, column 19: no element found"),
        ("<speak>\nHei & hei</speak>", "line 2, column 6: not well-formed"),
        ("<speak>Hei</speek>", "line 1, column 13: mismatched tag"),
        ("<speech>Hei</speech>", "must be <speak>"),
        ('<speak><audio src="x;id"/></speak>', "<audio> cannot be used here; allowed"),
        ('<speak><voice name="../x">a</voice></speak>', "<voice> cannot be used here"),
        ("<speak><speak>Hei</speak></speak>", "<speak> cannot be used here"),
        ('<!DOCTYPE speak [<!ENTITY a "b">]><speak>&a;</speak>', "DOCTYPE is not allowed"),
        ("<speak><![CDATA[<audio/>]]></speak>", "CDATA is not allowed"),
        ("<speak><?php x?></speak>", "a processing instruction is not allowed"),
        ("<speak>" + "<p>" * 30 + "</p>" * 30 + "</speak>", "more than 20 elements"),
        (f'<speak><sub alias="{"x" * 300}">a</sub></speak>', "alias is longer than 200"),
    ],
)
async def test_bad_ssml_is_refused_with_its_place(text: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(SpeechError) as raised:
        await ESPEAK.render(text, NORWEGIAN, tmp_path / "x.wav", ssml=True)
    assert message in str(raised.value)
    assert not (tmp_path / "x.wav").exists()


names = st.sampled_from([*ALLOWED, "audio", "voice", "mark", "tts:style", "AUDIO", "x"])


@given(
    st.recursive(
        st.text("hei <&", max_size=5),
        lambda inner: st.builds(
            lambda name, parts: f"<{name}>{''.join(parts)}</{name}>", names, st.lists(inner, max_size=3)
        ),
        max_leaves=8,
    )
)
def test_only_allowed_elements_reach_the_synthesizer(text: str) -> None:  # fmt: skip
    try:
        check_ssml(text)
    except SpeechError:
        return
    assert is_ssml(text)
    assert not any(f"<{name}" in text for name in ("audio", "voice", "mark", "tts:style", "AUDIO", "x"))


@pytest.mark.parametrize("text", ['<audio src="x; touch HERE">a</audio>', " \u200b<audio src='x'/>", "-w HERE hei"])
async def test_a_plain_text_is_never_taken_for_markup_or_options(text: str, tmp_path: Path) -> None:
    await ESPEAK.render(text.replace("HERE", str(tmp_path / "here")), NORWEGIAN, tmp_path / "x.wav")
    assert active_rms(*samples(tmp_path / "x.wav")) > 0.02
    assert not (tmp_path / "here").exists()


@pytest.mark.parametrize(
    ("text", "voice", "message"),
    [
        ("  ", NORWEGIAN, "no text to speak"),
        ("\x00\x01", NORWEGIAN, "no text to speak"),
        ("a" * 10_001, NORWEGIAN, "10001 characters"),
        ("Hei", Voice("x", "tlh", "female"), "no voice for 'tlh'"),
    ],
)
async def test_what_cannot_be_spoken_is_refused(text: str, voice: Voice, message: str, tmp_path: Path) -> None:
    with pytest.raises(SpeechError, match=message):
        await ESPEAK.render(text, voice, tmp_path / "x.wav")


async def test_a_missing_program_is_named_with_the_remedy(tmp_path: Path) -> None:
    with pytest.raises(SpeechError, match="espeak-nowhere is not installed; run: apt-get install espeak-ng"):
        await EspeakNg("espeak-nowhere").render("Hei", NORWEGIAN, tmp_path / "x.wav")


async def test_a_program_that_fails_is_reported_with_what_it_said(tmp_path: Path) -> None:
    program = tmp_path / "espeak-broken"
    program.write_text("#!/bin/sh\necho out of paint >&2\nexit 3\n")
    program.chmod(0o755)
    with pytest.raises(SpeechError, match="could not speak 'Hei': out of paint"):
        await EspeakNg(str(program)).render("Hei", NORWEGIAN, tmp_path / "x.wav")


@pytest.mark.parametrize(
    ("language", "name", "preferred", "voice"),
    [
        ("nb", "", "", "nb-female"),
        ("nb-NO", "", "", "nb-female"),
        ("NO", "", "", "nb-female"),
        ("nn", "", "", "nb-female"),
        ("sv", "", "sv-male", "sv-male"),
        ("sv", "", "nb-male", "sv-female"),
        ("sv", "nb-male", "", "nb-male"),
    ],
)
def test_the_voice_follows_wish_then_language_then_preference(
    language: str, name: str, preferred: str, voice: str
) -> None:
    assert choose_voice([ESPEAK], language, name, preferred)[1].name == voice


def test_an_unknown_language_or_voice_is_named_with_those_that_exist() -> None:
    with pytest.raises(SpeechError, match=r"no voice speaks 'da'; languages with voices: en, nb, sv, fi, et, lt"):
        choose_voice([ESPEAK], "da")
    with pytest.raises(SpeechError, match=r"no voice 'Kari'; there are: en-female, en-male"):
        choose_voice([ESPEAK], "nb", "Kari")
