"""Pictures: whatever is uploaded, what is kept is a small square without a word about where it was taken."""

import io
import struct
import zlib
from uuid import UUID

import pytest
from PIL import Image

from core.api.errors import Invalid, NotFound
from core.data import tenant
from core.directory.pictures import LARGEST_FILE, SIDE, picture, remove_picture, set_picture, square
from core.directory.service import add_person
from core.directory.users import user


def image(width: int, height: int, form: str = "JPEG", mode: str = "RGB", **options: object) -> bytes:
    out = io.BytesIO()
    Image.new(mode, (width, height), 200).save(out, form, **options)
    return out.getvalue()


def kept(content: bytes) -> Image.Image:
    return Image.open(io.BytesIO(square(content)))


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP", "GIF"])
@pytest.mark.parametrize(("width", "height", "side"), [(900, 400, SIDE), (100, 700, 100), (1, 1, 1)])
def test_the_middle_is_kept_as_a_square_and_never_enlarged(form: str, width: int, height: int, side: int) -> None:
    """USR-3, PRF-1."""
    small = kept(image(width, height, form))
    assert (small.format, small.size) == ("WEBP", (side, side))


def test_where_and_by_what_it_was_taken_is_not_kept() -> None:
    exif = Image.Exif()
    exif[0x0110] = "Camera of Kari"
    content = image(300, 300, exif=exif, comment=b"secret", icc_profile=b"a" * 200)
    assert b"Camera of Kari" in content
    small = kept(content)
    assert len(small.getexif()) == 0
    assert not {"exif", "icc_profile", "comment", "xmp"} & small.info.keys()


def test_a_picture_taken_sideways_stands_upright() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # turn right
    pixels = Image.new("RGB", (200, 200), "white")
    pixels.paste("black", (0, 0, 200, 100))
    out = io.BytesIO()
    pixels.save(out, "JPEG", exif=exif)
    small = kept(out.getvalue()).convert("L")
    assert small.getpixel((150, 100)) < 50 < small.getpixel((50, 100))


def test_what_is_transparent_stays_so() -> None:
    assert kept(image(50, 50, "PNG", "LA")).mode == "RGBA"


def bomb() -> bytes:
    """A PNG of a few hundred bytes that says it has 30 000 × 30 000 pixels."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", 30_000, 30_000, 8, 0, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"\0" * 999)) + chunk(b"IEND", b"")
    )


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "no picture that can be read"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "no picture that can be read"),
        (image(10, 10, "BMP"), "no picture that can be read"),
        (image(300, 300)[:-200], "damaged"),
        (bomb(), "million pixels"),
        (b"\0" * (LARGEST_FILE + 1), "larger than 10 MB"),
    ],
)
def test_what_is_no_picture_or_too_large_is_refused_with_the_reason(content: bytes, words: str) -> None:
    with pytest.raises(Invalid, match=words):
        square(content)


async def test_a_picture_is_stored_replaced_and_taken_away(tenant_a: UUID, tenant_b: UUID) -> None:
    with tenant(tenant_a):
        person = (await add_person("Anna")).person.id
        with pytest.raises(NotFound):
            await picture(person)
        first = await set_picture(person, image(300, 300))
        content, digest = await picture(person)
        assert (content[8:12], digest) == (b"WEBP", first.picture)
        assert (await set_picture(person, image(300, 300, "PNG", "L"))).picture != first.picture
    with tenant(tenant_b), pytest.raises(NotFound):
        await picture(person)
    with tenant(tenant_a):
        assert (await remove_picture(person)).picture == ""
        with pytest.raises(NotFound):
            await picture(person)
        assert (await user(person)).version == 4
