"""Answers with audio, whole or a part of it (RFC 9110 §14): a player that jumps asks for a part."""

import re
from typing import Any

from litestar import Request, Response

TYPE = "audio/wav"
_RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})")


def audio(request: Request[Any, Any, Any], content: bytes, digest: str, name: str = "") -> Response[bytes]:
    """The answer to a request for `content`; `digest` names it in the ETag, `name`: it is to be saved as this file."""
    tag = f'"{digest}"'
    headers = {"ETag": tag, "Accept-Ranges": "bytes", "Cache-Control": "private, no-cache"}
    if name:
        safe = re.sub(r"[^\w .()-]", "_", name, flags=re.ASCII)
        headers["Content-Disposition"] = f"attachment; filename=\"{safe}\"; filename*=UTF-8''{_encoded(name)}"
    if request.headers.get("if-none-match") == tag:
        return Response(b"", status_code=304, headers=headers, media_type=TYPE)
    wanted = _RANGE.fullmatch(request.headers.get("range", ""))
    if wanted is None or request.headers.get("if-range", tag) != tag or not any(wanted.groups()):
        return Response(content, headers=headers, media_type=TYPE)
    first, last = _bounds(wanted[1], wanted[2], len(content))
    if first > last:
        unsatisfied = headers | {"Content-Range": f"bytes */{len(content)}"}
        return Response(b"", status_code=416, headers=unsatisfied, media_type=TYPE)
    part = headers | {"Content-Range": f"bytes {first}-{last}/{len(content)}"}
    return Response(content[first : last + 1], status_code=206, headers=part, media_type=TYPE)


def _bounds(first: str, last: str, size: int) -> tuple[int, int]:
    """First and last byte of a range; the first is behind the last when there is nothing of it."""
    if not first:  # the last so many
        return (max(0, size - int(last)), size - 1) if int(last) else (size, size - 1)
    return int(first), min(int(last), size - 1) if last else size - 1


def _encoded(name: str) -> str:
    return "".join(chr(byte) if chr(byte).isalnum() and byte < 128 else f"%{byte:02X}" for byte in name.encode())
