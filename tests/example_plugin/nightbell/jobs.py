"""Background work of the night bell."""

from datetime import UTC, datetime, timedelta

from core.api import Context, Job
from nightbell.tables import Ring


async def forget(ctx: Context) -> None:
    """Forget rings older than the tenant keeps them."""
    limit = datetime.now(UTC) - timedelta(days=ctx.settings.keep_days)
    await Ring.delete().where(Ring.at < limit)


FORGET = Job(key="nightbell.forget", run=forget, every_minutes=24 * 60)
