"""Sounds on pages: making them, and one of them with its versions. The list is in core.audio.list_pages."""

from collections import defaultdict
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, MultipartBody, URLEncodedBody
from litestar.response import Template

from core.api.errors import Invalid, Refused
from core.api.texts import N_
from core.audio import service
from core.audio import sounds as reading
from core.audio.http import MANAGE, MOST_BODY, VIEW, Asked, Number
from core.audio.list_pages import PATH
from core.audio.model import SoundInfo, Source, Uses
from core.audio.page_texts import language_names, source_names, voice_names
from core.audio.schemas import FileIn, NewFile, id_in
from core.audio.service import Content, SoundChange
from core.audio.ssml import is_ssml
from core.audio.voices import Voices
from core.data import current_tenant
from core.roles.guards import access_of
from core.ui.forms import problem_of, problems_of
from core.ui.shell import done, page
from core.ui.templating import _


@dataclass
class SpokenForm:
    """A text to be spoken. `form`: "ssml" or "text" (AUD-5)."""

    text: str = ""
    voice: str = ""
    form: str = "text"
    name: str = ""
    category_id: str = ""
    edition: int = 0

    def written(self) -> str:
        """The text with what makes it SSML. Raises Invalid when it is not in the form that was chosen."""
        if self.form == "ssml":
            return self.text if is_ssml(self.text) else f"<speak>{self.text}</speak>"
        if is_ssml(self.text):
            raise Invalid(N_("This text is SSML: choose SSML as its form."), field="form")
        return self.text


@dataclass
class DetailsForm:
    name: str = ""
    category_id: str = ""
    language: str = ""
    edition: int = 0


@dataclass
class EditionForm:
    """`anyway`: she was told where the sound is used."""

    edition: int = 0
    anyway: str = ""


class ReplacingFile(FileIn):
    """Another recording of a sound that was read with this edition."""

    edition: int = 0


@get(f"{PATH}/new", opt=MANAGE, include_in_schema=False)
async def new_sound_page(request: Asked, voices: NamedDependency[Voices]) -> Template:
    """The ways to make a sound (AUD-2)."""
    return await _new(request, voices)


@post(f"{PATH}/text", opt=MANAGE, include_in_schema=False)
async def create_from_text(
    request: Asked, data: URLEncodedBody[SpokenForm], voices: NamedDependency[Voices]
) -> Response[Any]:
    """Make a sound from a text (AUD-4, AUD-5)."""
    try:
        if not data.name.strip():
            raise Invalid(N_("Give the sound a name."), field="name")
        made = await service.spoken(data.written(), voices, language="", voice=data.voice or _first(voices))
        found = await service.add_sound(data.name, made, category_id=id_in(data.category_id))
    except Refused as error:
        return await _new(request, voices, vars(data), error, failed="text")
    return done(request, f"{PATH}/{found.id}", _("%(name)s is added.") % {"name": found.name})


@post(f"{PATH}/files", opt=MANAGE, include_in_schema=False, request_max_body_size=MOST_BODY)
async def create_from_file(
    request: Asked, data: MultipartBody[NewFile], voices: NamedDependency[Voices]
) -> Response[Any]:
    """Make a sound from a file (AUD-6)."""
    try:
        made = await service.uploaded(await data.file.read(), language=data.language, comment=data.file.filename)
        found = await service.add_sound(data.name, made, category_id=id_in(data.category_id))
    except Refused as error:
        typed = {"name": data.name, "language": data.language, "category_id": data.category_id}
        return await _new(request, voices, typed, error, failed="file")
    return done(request, f"{PATH}/{found.id}", _("%(name)s is added.") % {"name": found.name})


@get(f"{PATH}/{{sound_id:uuid}}", opt=VIEW, include_in_schema=False)
async def sound_page(
    request: Asked, sound_id: FromPath[UUID], voices: NamedDependency[Voices], sound_uses: NamedDependency[Uses]
) -> Template:
    """One sound: how it sounds, its versions, where it is used."""
    return await _sound(request, sound_id, voices, sound_uses)


@post(f"{PATH}/{{sound_id:uuid}}", opt=MANAGE, include_in_schema=False)
async def change(
    request: Asked,
    sound_id: FromPath[UUID],
    data: URLEncodedBody[DetailsForm],
    voices: NamedDependency[Voices],
    sound_uses: NamedDependency[Uses],
) -> Response[Any]:
    """Name, category and language (AUD-9)."""
    try:
        wanted = SoundChange(name=data.name, category_id=id_in(data.category_id), language=data.language)
        after = await service.change_sound(sound_id, data.edition, wanted)
    except Refused as error:
        return await _sound(request, sound_id, voices, sound_uses, error, vars(data))
    return done(request, f"{PATH}/{after.id}", _("%(name)s is saved.") % {"name": after.name})


@post(f"{PATH}/{{sound_id:uuid}}/text", opt=MANAGE, include_in_schema=False)
async def speak(
    request: Asked,
    sound_id: FromPath[UUID],
    data: URLEncodedBody[SpokenForm],
    voices: NamedDependency[Voices],
    sound_uses: NamedDependency[Uses],
) -> Response[Any]:
    """Let it say something else; when it cannot be spoken it stays as it is."""
    try:
        await service.unchanged(sound_id, data.edition)
        made = await service.spoken(data.written(), voices, language="", voice=data.voice or _first(voices))
        return await _replaced(request, sound_id, data.edition, made)
    except Refused as error:
        return await _sound(request, sound_id, voices, sound_uses, error, vars(data))


@post(f"{PATH}/{{sound_id:uuid}}/file", opt=MANAGE, include_in_schema=False, request_max_body_size=MOST_BODY)
async def upload(
    request: Asked,
    sound_id: FromPath[UUID],
    data: MultipartBody[ReplacingFile],
    voices: NamedDependency[Voices],
    sound_uses: NamedDependency[Uses],
) -> Response[Any]:
    """Give it another recording."""
    try:
        await service.unchanged(sound_id, data.edition)
        made = await service.uploaded(await data.file.read(), comment=data.file.filename)
        return await _replaced(request, sound_id, data.edition, made)
    except Refused as error:
        return await _sound(request, sound_id, voices, sound_uses, error)


@post(f"{PATH}/{{sound_id:uuid}}/versions/{{number:int}}/restore", opt=MANAGE, include_in_schema=False)
async def restore(
    request: Asked,
    sound_id: FromPath[UUID],
    number: Number,
    data: URLEncodedBody[EditionForm],
    voices: NamedDependency[Voices],
    sound_uses: NamedDependency[Uses],
) -> Response[Any]:
    """Play an earlier version again."""
    try:
        after = await service.restore_version(sound_id, number, data.edition)
    except Refused as error:
        return await _sound(request, sound_id, voices, sound_uses, error)
    return done(request, f"{PATH}/{after.id}", _("Version %(number)s is played again.") % {"number": number})


@post(f"{PATH}/{{sound_id:uuid}}/remove", opt=MANAGE, include_in_schema=False)
async def remove(
    request: Asked,
    sound_id: FromPath[UUID],
    data: URLEncodedBody[EditionForm],
    voices: NamedDependency[Voices],
    sound_uses: NamedDependency[Uses],
) -> Response[Any]:
    """Remove a sound, as confirmed."""
    try:
        gone = await reading.sound(sound_id)
        await service.remove_sound(sound_id, data.edition, sound_uses, anyway=bool(data.anyway))
    except Refused as error:
        return await _sound(request, sound_id, voices, sound_uses, error)
    return done(request, PATH, _("%(name)s is removed.") % {"name": gone.name})


async def _replaced(request: Asked, sound_id: UUID, edition: int, made: Content) -> Response[Any]:
    after = await service.replace_sound(sound_id, edition, made)
    return done(request, f"{PATH}/{after.id}", _("%(name)s sounds like this from now on.") % {"name": after.name})


def _first(voices: Voices) -> str:
    return voices.of(current_tenant())[0].name


async def _categories() -> dict[str, str]:
    return {str(one.id): one.name for one in await reading.categories()}


async def _choices(voices: Voices) -> dict[str, Any]:
    return {
        "categories": {"": _("None"), **await _categories()},
        "languages": {"": _("None, such as music"), **language_names()},
        "voices": voice_names(voices.of(current_tenant())),
        "forms": {"text": _("Plain text"), "ssml": _("SSML")},
    }


async def _new(
    request: Asked,
    voices: Voices,
    typed: dict[str, Any] | None = None,
    error: Refused | None = None,
    failed: str = "",
) -> Template:
    return page(
        request,
        "admin/sound_new.html",
        status=error.status if error else 200,
        values=defaultdict(str, typed or {}),
        failed=failed,
        problem=problem_of(error) if error else "",
        problems=problems_of(error) if error else {},
        **await _choices(voices),
    )


async def _sound(
    request: Asked,
    sound_id: UUID,
    voices: Voices,
    uses: Uses,
    error: Refused | None = None,
    typed: dict[str, Any] | None = None,
) -> Template:
    """The page of a sound; after a refusal with what was typed."""
    found = await reading.sound(sound_id)
    return page(
        request,
        "admin/sound.html",
        status=error.status if error else 200,
        sound=found,
        values=_values(found) | (typed or {}),
        versions=await reading.versions(sound_id),
        uses=await uses(sound_id),
        sources=source_names(),
        language_names=language_names(),
        manage=access_of(request).allows("sounds.manage"),
        problem=problem_of(error) if error else "",
        problems=problems_of(error) if error else {},
        **await _choices(voices),
    )


def _values(of: SoundInfo) -> dict[str, Any]:
    """What the forms of a sound begin with."""
    spoken = of.source is Source.TEXT
    return {
        "name": of.name,
        "category_id": of.category_id or "",
        "language": of.language,
        "text": of.text if spoken else "",
        "voice": of.voice,
        "form": "ssml" if is_ssml(of.text) else "text",
    }


SOUND_PAGES = (
    new_sound_page,
    create_from_text,
    create_from_file,
    sound_page,
    change,
    speak,
    upload,
    restore,
    remove,
)
