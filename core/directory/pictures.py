"""Pictures of people: decoded, cut square, made small and written anew, so that nothing of the upload is kept."""

import asyncio
import hashlib
import io
import warnings
from uuid import UUID

from PIL import Image, ImageOps, UnidentifiedImageError

from core.api.errors import Invalid, NotFound
from core.api.texts import N_
from core.audit.service import record
from core.data import transaction
from core.directory.users import UserDetails, user

SIDE = 256
"""Pixels."""
LARGEST_FILE = 10 << 20
LARGEST_PIXELS = 50_000_000
FORMATS = ("JPEG", "PNG", "WEBP", "GIF")
TYPE = "image/webp"
_one_at_a_time = asyncio.Semaphore(1)
"""A picture of the largest kind takes 200 MB while it is decoded."""


def square(content: bytes) -> bytes:
    """The middle of an image as WebP of at most SIDE × SIDE pixels, without metadata.

    Raises Invalid for what is no image of FORMATS, is broken, or is too large to be decoded safely.
    """
    if len(content) > LARGEST_FILE:
        raise Invalid(N_("The file is larger than {most} MB: choose a smaller one."), most=LARGEST_FILE >> 20)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(content), formats=FORMATS) as image:
                if image.width * image.height > LARGEST_PIXELS:
                    raise Image.DecompressionBombError
                image.draft("RGB", (2 * SIDE, 2 * SIDE))
                upright = ImageOps.exif_transpose(image)
                mode = "RGBA" if upright.has_transparency_data else "RGB"
                small = ImageOps.fit(upright.convert(mode), _size(upright))
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise Invalid(
            N_("The picture has more than {most} million pixels: choose a smaller one."), most=LARGEST_PIXELS // 10**6
        ) from None
    except UnidentifiedImageError:
        raise Invalid(N_("This is no picture that can be read: choose a JPEG, PNG, WebP or GIF file.")) from None
    except (OSError, ValueError, SyntaxError, EOFError):
        raise Invalid(N_("The picture is damaged: choose another.")) from None
    small.info.clear()
    out = io.BytesIO()
    small.save(out, "WEBP", quality=85)
    return out.getvalue()


async def set_picture(user_id: UUID, content: bytes) -> UserDetails:
    """Give a user a picture (USR-3, PRF-1). Raises NotFound, Invalid."""
    await user(user_id)  # before anything is decoded for somebody unknown
    try:
        async with _one_at_a_time:
            picture = await asyncio.to_thread(square, content)
    except Invalid as error:
        error.field = "picture"
        raise
    return await _store(user_id, picture)


async def remove_picture(user_id: UUID) -> UserDetails:
    """Take a user's picture away. Raises NotFound."""
    return await _store(user_id, None)


async def picture(user_id: UUID) -> tuple[bytes, str]:
    """A user's picture and its digest. Raises NotFound, also when she has none."""
    async with transaction(read_only=True) as unit:
        row = await unit.fetchrow(
            "SELECT content, picture FROM person_picture JOIN person USING (tenant_id) "
            "WHERE person.id = person_id AND person.id = $1",
            user_id,
        )
    if row is None:
        raise NotFound(N_("She has no picture."))
    return row["content"], row["picture"]


async def _store(user_id: UUID, content: bytes | None) -> UserDetails:
    digest = hashlib.sha256(content).hexdigest()[:16] if content else ""
    async with transaction() as unit:
        before = await user(user_id)
        await unit.execute("UPDATE person SET picture = $2, version = version + 1 WHERE id = $1", before.id, digest)
        await unit.execute("DELETE FROM person_picture WHERE person_id = $1", before.id)
        if content:
            await unit.execute("INSERT INTO person_picture (person_id, content) VALUES ($1, $2)", before.id, content)
        after = await user(before.id)
        await record(
            "user.picture_changed",
            after.id,
            after.name,
            before={"picture": before.picture},
            after={"picture": after.picture},
        )
    return after


def _size(image: Image.Image) -> tuple[int, int]:
    """The side of the square: no larger than the image itself."""
    side = max(1, min(SIDE, image.width, image.height))
    return side, side
