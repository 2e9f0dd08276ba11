"""The classes of personal data that core keeps, and until when things of a class are kept; no I/O."""

from calendar import monthrange
from collections.abc import Callable, Collection, Iterable, Iterator
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from uuid import UUID

from core.api.manifest import Manifest
from core.api.retention import RetainedRows, RetentionClass, Unit
from core.api.texts import N_
from core.retention.errors import KeepRefused, NoSuchClass

CORE = "core"
NIGHT = 2
"""Hour of the tenant's day from which what is too old is deleted."""

CALL_DETAIL = RetentionClass(
    key="core.call_detail",
    title=N_("Calls in detail"),
    about=N_("The call log with each call's journal, queues and ring attempts, and who was signed in to a queue when."),
    unit="days",
    default=92,
    most=92,  # STA-8: 3 months, of which the longest have 92 days, so that the last 90 days are always complete
    rows=(
        RetainedRows(
            table="journal_head",
            key="call_id",
            parts=("journal_event", "call", "queue_visit", "call_part", "offer", "after_call_work", "agent_session"),
            # A call or a sign-in to a queue that goes on keeps its journal: more will come.
            only="NOT EXISTS (SELECT FROM call c WHERE c.tenant_id = journal_head.tenant_id "
            "AND c.call_id = journal_head.call_id AND c.ended_at IS NULL) "
            "AND NOT EXISTS (SELECT FROM agent_session s WHERE s.tenant_id = journal_head.tenant_id "
            "AND s.call_id = journal_head.call_id AND s.logged_out_at IS NULL)",
        ),
    ),
)
AUDIT_TRAIL = RetentionClass(
    key="core.audit",
    title=N_("Audit trail"),
    about=N_("Who changed what and when, from where."),
    unit="months",
    default=24,
    least=6,  # so that nobody gets rid of her traces by shortening it
    most=120,
    rows=(RetainedRows(table="audit_entry"),),
)
OUTBOX = RetentionClass(
    key="core.messages",
    title=N_("Messages"),
    about=N_("E-mails and text messages of the system to users. A link in one is forgotten when it is over."),
    unit="days",
    default=30,
    most=365,
    rows=(RetainedRows(table="outbox_message"),),
)
CORE_CLASSES = (CALL_DETAIL, AUDIT_TRAIL, OUTBOX)


class Classes:
    """Every class of an installation by key: core's, then those of the loaded plugins.

    `on(tenant_id)`: the plugins that are on for a tenant just now, from memory.
    """

    def __init__(self, manifests: Iterable[Manifest], on: Callable[[UUID], Collection[str]] = lambda _: ()) -> None:
        self._on = on
        self._all = {one.key: (CORE, one) for one in CORE_CLASSES}
        for manifest in sorted(manifests, key=lambda manifest: manifest.name):
            self._all |= {one.key: (manifest.name, one) for one in manifest.retention}

    def __iter__(self) -> Iterator[RetentionClass]:
        return (one for _, one in self._all.values())

    def shown(self, tenant_id: UUID) -> list[tuple[str, RetentionClass]]:
        """Those that the tenant sees, each with its owner: of core, and of the plugins that are on (GEN-8)."""
        on = self._on(tenant_id)
        return [(owner, one) for owner, one in self._all.values() if owner == CORE or owner in on]

    def of(self, tenant_id: UUID, key: str) -> tuple[str, RetentionClass]:
        """One of these. Raises NoSuchClass."""
        for owner, one in self.shown(tenant_id):
            if one.key == key:
                return owner, one
        raise NoSuchClass


def boundary(today: date, keep: int, unit: Unit, zone: tzinfo) -> datetime:
    """The beginning, as UTC, of the tenant's day that lies `keep` days or months before `today`."""
    first = today - timedelta(days=keep) if unit == "days" else _months_before(today, keep)
    return datetime.combine(first, time(), zone).astimezone(UTC)


def due(now: datetime, zone: tzinfo, last: datetime | None) -> date | None:
    """The tenant's day whose night's work is to be done now, `last` being when it was done; None: nothing to do."""
    here = now.astimezone(zone)
    done = last is not None and last.astimezone(zone).date() >= here.date()
    return None if done or here.hour < NIGHT else here.date()


def checked_keep(one: RetentionClass, keep: int) -> int:
    """`keep`. Raises KeepRefused for a period that the class does not allow."""
    if one.choices and keep not in one.choices:
        raise KeepRefused.choices(one)
    if not one.least <= keep <= one.most:
        raise KeepRefused.limits(one)
    return keep


def _months_before(day: date, months: int) -> date:
    """The same day so many months before, or the last of that month when it has no such day."""
    number = day.year * 12 + day.month - 1 - months
    year, month = divmod(number, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))
