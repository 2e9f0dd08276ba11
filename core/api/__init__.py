"""What a plugin may import, and nothing else. Documented in docs/plugins/."""

from core.api import ddl
from core.api.access import PUBLIC, AccessLevel, Permission
from core.api.calls import (
    CallControl,
    CallerHungUp,
    DialOutcome,
    Digits,
    Distribution,
    HoldMusic,
    Prompt,
    QueueExit,
    QueuePlacement,
    QueueResult,
    Recording,
)
from core.api.context import Context, Host, PluginEvent
from core.api.data import DatabaseUnavailable, LastGood, Unit, transaction
from core.api.elements import END, AnyElement, Element, Exit, FlowLink, FlowNames, FlowUses
from core.api.hookspecs import hookimpl
from core.api.ids import uuid7, uuid7_floor, uuid7_time
from core.api.manifest import API, EventType, Job, Manifest, MenuEntry, Panel, Report, Slot
from core.api.numbers import E164, telephone_number
from core.api.pages import Pages
from core.api.retention import RetainedRows, RetentionClass
from core.api.scope import NoTenant, current_tenant
from core.api.seats import Seat, Seats
from core.api.settings import Secret
from core.api.speech import SpeechError, TextToSpeech, Voice
from core.api.tables import TenantTable
from core.api.texts import N_

__all__ = [
    "API",
    "E164",
    "END",
    "N_",
    "PUBLIC",
    "AccessLevel",
    "AnyElement",
    "CallControl",
    "CallerHungUp",
    "Context",
    "DatabaseUnavailable",
    "DialOutcome",
    "Digits",
    "Distribution",
    "Element",
    "EventType",
    "Exit",
    "FlowLink",
    "FlowNames",
    "FlowUses",
    "HoldMusic",
    "Host",
    "Job",
    "LastGood",
    "Manifest",
    "MenuEntry",
    "NoTenant",
    "Pages",
    "Panel",
    "Permission",
    "PluginEvent",
    "Prompt",
    "QueueExit",
    "QueuePlacement",
    "QueueResult",
    "Recording",
    "Report",
    "RetainedRows",
    "RetentionClass",
    "Seat",
    "Seats",
    "Secret",
    "Slot",
    "SpeechError",
    "TenantTable",
    "TextToSpeech",
    "Unit",
    "Voice",
    "current_tenant",
    "ddl",
    "hookimpl",
    "telephone_number",
    "transaction",
    "uuid7",
    "uuid7_floor",
    "uuid7_time",
]
