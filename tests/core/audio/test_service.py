"""The library of a company: sounds with versions, categories and owners, and what is refused."""

from typing import Any
from uuid import UUID, uuid4

import pytest

from core.api.errors import Changed, Invalid, Refused
from core.api.speech import SpeechError
from core.audio.categories import add_category, remove_category, rename_category
from core.audio.errors import CategoryNotFound, NameTaken, SoundError, SoundInUse, SoundNotFound, VersionNotFound
from core.audio.model import SoundFilter, SoundInfo, SoundUse, Source
from core.audio.service import (
    SoundChange,
    add_sound,
    change_sound,
    remove_sound,
    replace_sound,
    restore_version,
    spoken,
    uploaded,
)
from core.audio.sounds import categories, content_of, sound, sounds, versions
from core.audio.speech import EspeakNg
from core.audio.voices import Voices
from core.audit.service import AuditFilter, entries
from core.data import Database, tenant
from core.directory.service import add_person
from tests.core.audio.sounds import encoded, sine

VOICES = Voices([EspeakNg()])


async def nowhere(_: UUID) -> list[SoundUse]:
    return []


async def tone(name: str, hertz: float = 500, **more: Any) -> SoundInfo:
    return await add_sound(name, await uploaded(encoded(sine(hertz, 0.5, 8000), 8000)), **more)


async def names(**chosen: Any) -> list[str]:
    return [one.name for one in (await sounds(SoundFilter(**chosen))).items]


async def test_a_sound_keeps_all_its_versions_and_an_earlier_one_comes_back(database: Database, tenant_a: UUID) -> None:
    """AUD-2, AUD-9: replaced without a change to flows; what was there is restored."""
    with tenant(tenant_a):
        made = await add_sound(" Opening  hours ", await spoken("Vi har åpent.", VOICES, language="nb"))
        assert (made.name, made.source, made.language, made.voice) == ("Opening hours", Source.TEXT, "nb", "nb-female")
        other = await replace_sound(made.id, 1, await uploaded(encoded(sine(700, 0.5, 8000), 8000), comment="new.wav"))
        assert (other.id, other.source, other.text, other.version) == (made.id, Source.FILE, "", 2)
        back = await restore_version(made.id, 1, other.edition)
        assert (back.text, back.voice, back.version) == ("Vi har åpent.", "nb-female", 3)
        assert [one.comment for one in await versions(made.id)] == ["← 1", "new.wav", ""]
        assert await content_of(made.id, 3) == await content_of(made.id, 1)
        with pytest.raises(VersionNotFound):
            await restore_version(made.id, 9, back.edition)
        told = [entry.action for entry in (await entries(AuditFilter(action="sound."))).items]
        assert told == ["sound.replaced", "sound.replaced", "sound.created"]


async def test_two_who_change_a_sound_at_once_are_told(database: Database, tenant_a: UUID) -> None:
    with tenant(tenant_a):
        made = await tone("A")
        await change_sound(made.id, 1, SoundChange(name="B"))
        for late in (
            change_sound(made.id, 1, SoundChange(name="C")),
            replace_sound(made.id, 1, await uploaded(encoded(sine(700, 0.5, 8000), 8000))),
            restore_version(made.id, 1, 1),
            remove_sound(made.id, 1, nowhere),
        ):
            with pytest.raises(Changed):
                await late
        assert (await sound(made.id)).name == "B"


async def test_sounds_are_found_by_name_text_and_category_and_sorted_as_people_do(
    database: Database, tenant_a: UUID
) -> None:
    """AUD-9, AUD-11."""
    with tenant(tenant_a):
        hours = await add_category("Hours")
        await add_sound("Åpent", await spoken("Velkommen innom", VOICES, language="nb"), category_id=hours.id)
        await tone("Zebra")
        await tone("Ärlig")
        assert await names() == ["Zebra", "Ärlig", "Åpent"]
        for chosen in ({"q": "APENT"}, {"q": "velk"}, {"q": "hours inn"}, {"category": hours.id}, {"language": "nb"}):
            assert await names(**chosen) == ["Åpent"], chosen
        assert await names(source="text") == ["Åpent"]
        assert await names(q="nothing") == []
        first = await sounds(SoundFilter(), limit=2)
        assert first.next is not None


async def test_categories_are_renamed_and_removed_and_their_sounds_stay(database: Database, tenant_a: UUID) -> None:
    """AUD-11."""
    with tenant(tenant_a):
        made = await add_category(" Hours ")
        with pytest.raises(NameTaken):
            await add_category("hours")
        inside = await tone("A", category_id=made.id)
        assert [(one.name, one.sounds) for one in await categories()] == [("Hours", 1)]
        renamed = await rename_category(made.id, "Opening", 1)
        with pytest.raises(Changed):
            await remove_category(made.id, 1)
        await remove_category(made.id, renamed.version)
        assert (await sound(inside.id)).category_id is None
        with pytest.raises(CategoryNotFound):
            await tone("B", category_id=made.id)
        with pytest.raises(Invalid, match="Give the category a name"):
            await add_category(" ")


async def test_a_sound_in_use_goes_only_when_it_was_told_where(database: Database, tenant_a: UUID) -> None:
    """AUD-9: where it is used is told before it is removed."""

    async def flow(_: UUID) -> list[SoundUse]:
        return [SoundUse("flow", "Main flow", uuid4(), (3,))]

    with tenant(tenant_a):
        made = await tone("Jingle")
        with pytest.raises(SoundInUse, match="Main flow"):
            await remove_sound(made.id, 1, flow)
        await remove_sound(made.id, 1, flow, anyway=True)
        assert await versions(made.id) == []
        with pytest.raises(SoundNotFound):
            await sound(made.id)
        await tone("Jingle")  # its name is free again


async def test_a_persons_sounds_are_apart_from_the_companys(database: Database, tenant_a: UUID) -> None:
    """AUD-12."""
    with tenant(tenant_a):
        sara = (await add_person("Sara", "Bakke")).person.id
        hers = await tone("Away", owner=sara)
        await tone("Away")
        assert (await names(), await names(owner=sara)) == (["Away"], ["Away"])
        with pytest.raises(SoundNotFound):
            await sound(hers.id)
        with pytest.raises(SoundNotFound):
            await change_sound(hers.id, 1, SoundChange(name="Mine"))
        assert (await sound(hers.id, sara)).person_id == sara


async def test_a_company_cannot_see_or_change_anothers_sounds(
    database: Database, tenant_a: UUID, tenant_b: UUID
) -> None:
    with tenant(tenant_a):
        made = await tone("Secret")
        theirs = await add_category("Theirs")
    with tenant(tenant_b):
        assert await names() == []
        for attempt in (
            sound(made.id),
            change_sound(made.id, 1, SoundChange(name="Mine")),
            restore_version(made.id, 1, 1),
            remove_sound(made.id, 1, nowhere),
        ):
            with pytest.raises(SoundNotFound):
                await attempt
        with pytest.raises(CategoryNotFound):
            await tone("Mine", category_id=theirs.id)


async def test_what_cannot_be_played_or_named_is_refused_at_its_field(database: Database, tenant_a: UUID) -> None:
    """AUD-4, AUD-5, AUD-6."""

    async def fault(work: Any) -> tuple[type[Refused], str]:
        with pytest.raises(Refused) as refused:
            await work
        return type(refused.value), refused.value.field

    with tenant(tenant_a):
        made = await uploaded(encoded(sine(500, 0.5, 8000), 8000), comment="Summer.wav")
        assert (await add_sound("", made)).name == "Summer"
        assert await fault(add_sound("Summer", made)) == (NameTaken, "name")
        assert await fault(add_sound("x" * 101, made)) == (Invalid, "name")
        assert await fault(uploaded(b"%PDF-1.7")) == (SoundError, "file")
        assert await fault(uploaded(b"x" * 20_000_001)) == (SoundError, "file")
        assert await fault(uploaded(b"", language="Norwegian")) == (Invalid, "language")
        assert await fault(spoken(" ", VOICES, language="nb")) == (Invalid, "text")
        assert await fault(spoken("Hei", VOICES, language="")) == (Invalid, "language")
        assert await fault(spoken("Hei", VOICES, language="da")) == (SpeechError, "language")
        assert await fault(spoken("Hei", VOICES, language="", voice="nobody")) == (SpeechError, "voice")
        assert await fault(spoken("<speak>", VOICES, language="nb")) == (SpeechError, "text")
        assert await names() == ["Summer"]
