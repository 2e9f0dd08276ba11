"""Exports and their archives: in the database, so that every process of every machine can reach them."""

from piccolo.columns import UUID, BigInt, Bytea, Integer, Text, Timestamptz
from piccolo.columns.defaults.timestamptz import TimestamptzNow
from piccolo.table import Table

from core.data import TenantTable


class DataExport(TenantTable, Table, tablename="data_export"):
    """One export of everything that the tenant has."""

    state = Text(default="waiting", help_text="waiting, running, done or failed.")
    asked_at = Timestamptz(default=TimestamptzNow())
    asked_by = Text(help_text="Name then.")
    beat_at = Timestamptz(null=True, default=None, help_text="When its worker was heard of last.")
    tries = Integer(default=0, help_text="How many workers have begun it.")
    done = Integer(default=0, help_text="Tables that are in it.")
    total = Integer(default=0, help_text="Tables that there are.")
    rows = BigInt(default=0)
    size = BigInt(default=0, help_text="Bytes of the archive.")
    finished_at = Timestamptz(null=True, default=None)
    expires_at = Timestamptz(null=True, default=None, help_text="It is deleted after this.")


class DataExportPart(TenantTable, Table, tablename="data_export_part"):
    """A piece of an archive."""

    export_id = UUID()
    position = Integer()
    content = Bytea()
