"""Entries of one kind are found among hundreds of thousands."""

from core.api.ddl import sql

ID = "0002_by_action"


async def forwards() -> None:
    # text_pattern_ops: also by how an action begins ("user.").
    await sql("CREATE INDEX audit_entry_action ON audit_entry (tenant_id, action text_pattern_ops, id)")
