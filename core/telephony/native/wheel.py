"""Write a wheel with the standard library alone."""

import base64
import hashlib
import os
import zipfile
from pathlib import Path


def pack(wheel: Path, summary: str, licence: str, copying: bytes, contents: dict[str, bytes]) -> None:
    """Write a wheel (PyPA binary distribution format 1.0) with these files by name; it appears whole or not.

    Name, version and tag are taken from the wheel's own file name. `copying` is the text of the licence.
    """
    distribution, version, tag = wheel.name.removesuffix(".whl").split("-", 2)
    info = f"{distribution}-{version}.dist-info"
    metadata = {
        "Metadata-Version": "2.1",
        "Name": distribution.replace("_", "-"),
        "Version": version,
        "Summary": summary,
        "License": licence,
    }
    form = {"Wheel-Version": "1.0", "Generator": "sentralbord", "Root-Is-Purelib": "false", "Tag": tag}
    contents = contents | {
        f"{info}/METADATA": headers(metadata),
        f"{info}/WHEEL": headers(form),
        f"{info}/COPYING": copying,
    }
    record = "".join(f"{name},sha256={digest(data)},{len(data)}\n" for name, data in contents.items())
    contents[f"{info}/RECORD"] = f"{record}{info}/RECORD,,\n".encode()
    partial = wheel.with_suffix(f".{os.getpid()}")
    with zipfile.ZipFile(partial, "w") as file:
        for name, data in contents.items():
            entry = zipfile.ZipInfo(name)
            entry.external_attr = 0o100644 << 16
            file.writestr(entry, data, zipfile.ZIP_DEFLATED)
    partial.replace(wheel)


def headers(fields: dict[str, str]) -> bytes:
    """The fields as `Name: value` lines."""
    return "".join(f"{name}: {value}\n" for name, value in fields.items()).encode()


def digest(data: bytes) -> str:
    """The hash of one file as RECORD wants it: URL-safe base64 without padding."""
    return base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
