"""The sound library of the signed-in user's company: REST API."""

import asyncio
import hashlib
from typing import Annotated, Any
from uuid import UUID

from litestar import Controller, Request, Response, delete, get, patch, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody, MultipartBody, PathParameter, QueryParameter

from core.api.rest import PAGE, After, IfMatch, Limit, Page, read_cursor, wanted_version, with_etag
from core.api.speech import Voice
from core.audio import categories, service, wav
from core.audio import sounds as reading
from core.audio.model import CategoryInfo, SoundFilter, SoundInfo, SoundUse, Uses, VersionInfo
from core.audio.ranges import TYPE, audio
from core.audio.schemas import CategoryName, FileIn, NewFile, NewSpoken, SpokenIn, id_in
from core.audio.service import MAX_BYTES, SoundChange
from core.audio.voices import Voices
from core.data import current_tenant

VIEW, MANAGE = {"permission": "sounds.view"}, {"permission": "sounds.manage"}
MOST_BODY = MAX_BYTES + (1 << 16)
"""The form around a file has its own size."""
Asked = Request[Any, Any, Any]
Number = Annotated[int, PathParameter(ge=1, le=2**31 - 1, description="Of the version; they count from 1")]
Kind = Annotated[str, QueryParameter(pattern="^(text|file|phone)?$", description="text, file or phone")]
Download = Annotated[bool, QueryParameter(description="To be saved as a file")]


def _answer(found: SoundInfo, *, status: int = 200, **headers: str) -> Response[SoundInfo]:
    return with_etag(found, found.edition, status=status, **headers)


async def heard(request: Asked, found: SoundInfo, number: int, *, download: bool) -> Response[bytes]:
    """A version of a sound as WAV."""
    content, digest = await reading.content_of(found.id, number)
    name = f"{found.name}.wav" if download else ""
    return audio(request, await asyncio.to_thread(wav.as_wav, content), digest, name)


class Sounds(Controller):
    """The company's sounds: texts that are spoken, and recordings. Each keeps its versions; the newest is played."""

    path = "/api/v1/sounds"
    tags = ("Sounds",)
    opt = VIEW

    @get(summary="Sounds in alphabetical order")
    async def list(
        self,
        q: FromQuery[str] = "",
        category_id: FromQuery[UUID | None] = None,
        language: FromQuery[str] = "",
        source: Kind = "",
        after: After = "",
        limit: Limit = PAGE,
    ) -> Page[SoundInfo]:
        """A page of those that fit all that is given. `q`: words, or parts of words, in name, text or category."""
        place = read_cursor(after, tuple[str, UUID]) if after else None
        chosen = SoundFilter(q=q, category=category_id, language=language, source=source)  # type: ignore[arg-type]
        return await reading.sounds(chosen, after=place, limit=limit)

    @post(summary="Make a sound from a text", opt=MANAGE)
    async def create(self, data: JSONBody[NewSpoken], voices: NamedDependency[Voices]) -> Response[SoundInfo]:
        """The text is spoken now, once; it is kept as it sounds."""
        made = await service.spoken(data.text, voices, language=data.language, voice=data.voice)
        found = await service.add_sound(data.name, made, category_id=data.category_id)
        return _answer(found, status=201, Location=f"{self.path}/{found.id}")

    @post("/files", summary="Make a sound from a file", opt=MANAGE, request_max_body_size=MOST_BODY)
    async def create_from_file(self, data: MultipartBody[NewFile]) -> Response[SoundInfo]:
        """It is converted to what telephony plays, at the loudness of all others; nothing else of the file is kept."""
        made = await service.uploaded(await data.file.read(), language=data.language, comment=data.file.filename)
        found = await service.add_sound(data.name, made, category_id=id_in(data.category_id))
        return _answer(found, status=201, Location=f"{self.path}/{found.id}")

    @get("/voices", summary="The voices that can speak")
    async def voices(self, voices: NamedDependency[Voices]) -> Page[Voice]:
        """The built-in ones, then those of the company's modules; there is one page."""
        return Page(voices.of(current_tenant()))

    @post("/preview", summary="Hear a text", opt=MANAGE, status_code=200, media_type=TYPE)
    async def preview(
        self, request: Asked, data: JSONBody[SpokenIn], voices: NamedDependency[Voices]
    ) -> Response[bytes]:
        """As a sound made from it would sound; nothing is kept (AUD-4)."""
        made = await service.spoken(data.text, voices, language=data.language, voice=data.voice)
        return audio(request, wav.as_wav(made.content), hashlib.sha256(made.content).hexdigest())

    @get("/{sound_id:uuid}", summary="A sound")
    async def one(self, sound_id: FromPath[UUID]) -> Response[SoundInfo]:
        """Its `ETag` is what every change asks for."""
        return _answer(await reading.sound(sound_id))

    @patch("/{sound_id:uuid}", summary="Rename a sound", opt=MANAGE)
    async def change(
        self, sound_id: FromPath[UUID], data: JSONBody[SoundChange], if_match: IfMatch = ""
    ) -> Response[SoundInfo]:
        """Its name, category or language; what is not given stays."""
        return _answer(await service.change_sound(sound_id, wanted_version(if_match), data))

    @delete("/{sound_id:uuid}", summary="Remove a sound", opt=MANAGE)
    async def remove(
        self,
        sound_id: FromPath[UUID],
        sound_uses: NamedDependency[Uses],
        anyway: Annotated[bool, QueryParameter(description="Although something plays it")] = False,
        if_match: IfMatch = "",
    ) -> None:
        """With all its versions. Refused while something plays it, unless `anyway`: then its text, or its name, is
        spoken there instead."""
        await service.remove_sound(sound_id, wanted_version(if_match), sound_uses, anyway=anyway)

    @get("/{sound_id:uuid}/uses", summary="Where a sound is used")
    async def uses(self, sound_id: FromPath[UUID], sound_uses: NamedDependency[Uses]) -> Page[SoundUse]:
        """Call flows of which the newest version, or one that answers a number, plays it; there is one page."""
        await reading.sound(sound_id)
        return Page([*await sound_uses(sound_id)])

    @get("/{sound_id:uuid}/audio", summary="Hear a sound", media_type=TYPE)
    async def hear(self, request: Asked, sound_id: FromPath[UUID], download: Download = False) -> Response[bytes]:
        """WAV, 16 kHz; ranges of bytes can be asked for."""
        found = await reading.sound(sound_id)
        return await heard(request, found, found.version, download=download)


class SoundVersions(Controller):
    """The versions of a sound."""

    path = "/api/v1/sounds/{sound_id:uuid}/versions"
    tags = ("Sounds",)
    opt = VIEW

    @get(summary="Versions of a sound")
    async def list(self, sound_id: FromPath[UUID]) -> Page[VersionInfo]:
        """The newest first, which is the one that is played; there is one page."""
        await reading.sound(sound_id)
        return Page(await reading.versions(sound_id))

    @post(summary="Let a sound say something else", opt=MANAGE)
    async def speak(
        self,
        sound_id: FromPath[UUID],
        data: JSONBody[SpokenIn],
        voices: NamedDependency[Voices],
        if_match: IfMatch = "",
    ) -> Response[SoundInfo]:
        """From the next call on. When the voice cannot speak just now, the sound stays as it is."""
        edition = (await _wanted(sound_id, if_match)).edition
        made = await service.spoken(data.text, voices, language=data.language, voice=data.voice)
        return _answer(await service.replace_sound(sound_id, edition, made), status=201)

    @post("/files", summary="Give a sound another recording", opt=MANAGE, request_max_body_size=MOST_BODY)
    async def upload(
        self, sound_id: FromPath[UUID], data: MultipartBody[FileIn], if_match: IfMatch = ""
    ) -> Response[SoundInfo]:
        """From the next call on; flows stay as they are."""
        edition = (await _wanted(sound_id, if_match)).edition
        made = await service.uploaded(await data.file.read(), comment=data.file.filename)
        return _answer(await service.replace_sound(sound_id, edition, made), status=201)

    @get("/{number:int}/audio", summary="Hear a version", media_type=TYPE)
    async def hear(
        self, request: Asked, sound_id: FromPath[UUID], number: Number, download: Download = False
    ) -> Response[bytes]:
        """As of the sound itself."""
        return await heard(request, await reading.sound(sound_id), number, download=download)

    @post("/{number:int}/restore", summary="Restore a version", opt=MANAGE)
    async def restore(self, sound_id: FromPath[UUID], number: Number, if_match: IfMatch = "") -> Response[SoundInfo]:
        """It becomes the newest once more; those between stay."""
        return _answer(await service.restore_version(sound_id, number, wanted_version(if_match)), status=201)


class SoundCategories(Controller):
    """What the company sorts its sounds by."""

    path = "/api/v1/sound-categories"
    tags = ("Sounds",)
    opt = VIEW

    @get(summary="Categories of sounds")
    async def list(self) -> Page[CategoryInfo]:
        """By name; there is one page."""
        return Page(await reading.categories())

    @post(summary="Add a category", opt=MANAGE)
    async def create(self, data: JSONBody[CategoryName]) -> Response[CategoryInfo]:
        """Its name is its own."""
        made = await categories.add_category(data.name)
        return with_etag(made, made.version, status=201, Location=f"{self.path}/{made.id}")

    @get("/{category_id:uuid}", summary="A category")
    async def one(self, category_id: FromPath[UUID]) -> Response[CategoryInfo]:
        """With how many sounds are in it."""
        found = await categories.category(category_id)
        return with_etag(found, found.version)

    @patch("/{category_id:uuid}", summary="Rename a category", opt=MANAGE)
    async def rename(
        self, category_id: FromPath[UUID], data: JSONBody[CategoryName], if_match: IfMatch = ""
    ) -> Response[CategoryInfo]:
        """Its sounds stay in it."""
        renamed = await categories.rename_category(category_id, data.name, wanted_version(if_match))
        return with_etag(renamed, renamed.version)

    @delete("/{category_id:uuid}", summary="Remove a category", opt=MANAGE)
    async def remove(self, category_id: FromPath[UUID], if_match: IfMatch = "") -> None:
        """Its sounds stay, in no category."""
        await categories.remove_category(category_id, wanted_version(if_match))


async def _wanted(sound_id: UUID, if_match: str) -> SoundInfo:
    """The sound of the ETag, before anything costly is done for it. Raises SoundNotFound, Changed."""
    return await service.unchanged(sound_id, wanted_version(if_match))


SOUNDS_API = (Sounds, SoundVersions, SoundCategories)
