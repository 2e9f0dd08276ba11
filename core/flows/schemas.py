"""Flows as the REST API takes and shows them."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from msgspec import Meta, Struct

from core.flows.document import Document
from core.flows.service import LONGEST_NAME
from core.flows.versions import VersionInfo

Comment = Annotated[str, Meta(max_length=500, description="Why; shown in the list of versions")]


class FlowName(Struct, frozen=True, forbid_unknown_fields=True):
    """What the company calls a flow."""

    name: Annotated[str, Meta(min_length=1, max_length=LONGEST_NAME)]


class NewVersion(Struct, frozen=True, forbid_unknown_fields=True):
    """A document to keep as the next version."""

    document: Document
    comment: Comment = ""


class MainNumberId(Struct, frozen=True, forbid_unknown_fields=True):
    """Which of the company's numbers."""

    main_number_id: UUID


class VersionOut(Struct, frozen=True, kw_only=True):
    """A version with its document."""

    id: UUID
    flow_id: UUID
    version: int
    author: str
    comment: str
    created_at: datetime
    answers: Annotated[tuple[str, ...], Meta(description="The main numbers (E.164) that it answers")]
    document: Document

    @classmethod
    def of(cls, info: VersionInfo, document: Document) -> "VersionOut":
        return cls(**{name: getattr(info, name) for name in info.__struct_fields__}, document=document)
