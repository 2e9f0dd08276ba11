"""The Jinja environment: escaping on, gettext in the language of the request, times in the tenant's zone."""

from collections.abc import Mapping
from contextvars import ContextVar
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

import phonenumbers
from babel.dates import format_date, format_datetime
from babel.numbers import format_decimal
from babel.units import format_unit
from jinja2 import BaseLoader, ChoiceLoader, Environment, FileSystemLoader, PrefixLoader, StrictUndefined, pass_context
from jinja2.runtime import Context
from markupsafe import Markup
from msgspec import Struct

from core.ui.assets import asset_url, import_map, preloads
from core.ui.translations import DOMAIN, LANGUAGES, SOURCE, has_domain, language_name, script_messages, translations

TEMPLATES = Path(__file__).parent / "templates"


class View(Struct, frozen=True):
    """How the one who asks sees things: language, IANA zone, theme ("light", "dark" or "auto"), density of lists."""

    language: str = SOURCE
    zone: str = "UTC"
    theme: str = "auto"
    density: str = "comfortable"


_view: ContextVar[View | None] = ContextVar("view", default=None)


def show_as(view: View) -> None:
    """Set the view of the running request."""
    _view.set(view)


def current_view() -> View:
    return _view.get() or View()


def _(text: str, domain: str = DOMAIN) -> str:
    """A text in the language of the running request. `domain`: the plugin whose text it is."""
    return translations(current_view().language, domain).gettext(text)


def ngettext(one: str, many: str, count: int, domain: str = DOMAIN) -> str:
    return translations(current_view().language, domain).ngettext(one, many, count)


@pass_context
def _template_gettext(context: Context, text: str) -> str:
    return _(text, _domain_of(context.name))


@pass_context
def _template_ngettext(context: Context, one: str, many: str, count: int) -> str:
    return ngettext(one, many, count, _domain_of(context.name))


def _domain_of(template: str | None) -> str:
    """The domain of a template's texts: of the plugin below whose name it lies, otherwise core's."""
    owner = (template or "").partition("/")[0]
    return owner if has_domain(owner) else DOMAIN


def local(at: datetime) -> datetime:
    """A UTC time in the zone of the running request."""
    return at.astimezone(ZoneInfo(current_view().zone))


def format_time(at: datetime, form: str = "medium") -> str:
    """A time as people of the language write it. `form`: a Babel format or pattern, or "time" for hh:mm:ss."""
    view = current_view()
    pattern = "HH:mm:ss" if form == "time" else form
    return format_datetime(at, pattern, tzinfo=ZoneInfo(view.zone), locale=view.language)


def format_duration(seconds: float) -> str:
    """Minutes and seconds as 2:05, with hours as 1:02:05."""
    whole = max(int(seconds), 0)
    hours, minutes = divmod(whole // 60, 60)
    return f"{hours}:{minutes:02}:{whole % 60:02}" if hours else f"{minutes}:{whole % 60:02}"


def format_day(at: datetime) -> str:
    """The day in the request's zone, as short as can be: today's as "today"."""
    day, today = local(at).date(), local(datetime.now(UTC)).date()
    if day == today:
        return _("Today")
    if day == today - timedelta(days=1):
        return _("Yesterday")
    return format_date(day, "d MMM" if day.year == today.year else "d MMM y", locale=current_view().language)


def format_offset(seconds: float) -> str:
    """Time since the beginning: +0.4 s in the first minute, +2:05 later."""
    return f"+{seconds:.1f} s" if seconds < 60 else f"+{format_duration(seconds)}"


def format_number(value: int) -> str:
    """A number as people of the language write it: 12 345."""
    return format_decimal(value, locale=current_view().language)


def format_size(size: int) -> str:
    """Bytes as people read them: 12.3 MB."""
    power = 3 if size >= 1000**3 else 2 if size >= 1000**2 else 1
    unit = ("kilobyte", "megabyte", "gigabyte")[power - 1]
    return format_unit(round(size / 1000**power, 1), f"digital-{unit}", "short", locale=current_view().language)


def telephone(number: str) -> str:
    """An E.164 number as people write it internationally; anything else as it is."""
    try:
        return phonenumbers.format_number(phonenumbers.parse(number), phonenumbers.PhoneNumberFormat.INTERNATIONAL)
    except phonenumbers.NumberParseException:
        return number


def icon(name: str, extra: str = "") -> Markup:
    """An icon of the sprite; decoration only, so hidden from screen readers."""
    return Markup('<svg class="icon {}" aria-hidden="true"><use href="{}#{}"></use></svg>').format(
        extra, asset_url("icons"), name
    )


def messages_url(language: str) -> str:
    """Address of the texts that scripts use; changes with its content."""
    return f"/i18n/{language}-{script_messages(language)[1]}.js"


def query(values: Mapping[str, object], **more: object) -> str:
    """The query of an address, "?a=1&b=2", without what is empty; "" when nothing is left."""
    pairs = {name: str(value) for name, value in (dict(values) | more).items() if value not in (None, "")}
    return f"?{urlencode(pairs)}" if pairs else ""


class PluginTemplates(PrefixLoader):
    """Lets a template keep the name with its plugin in front, which says whose its texts are."""

    load = BaseLoader.load


def create_environment(plugin_templates: dict[str, Path] | None = None, **more: object) -> Environment:
    """The environment of all pages. A plugin's templates are reached only below its own name. `more`: what all know."""
    plugins = {name: FileSystemLoader(folder) for name, folder in (plugin_templates or {}).items()}
    environment = Environment(
        loader=ChoiceLoader([FileSystemLoader(TEMPLATES), PluginTemplates(plugins)]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
    )
    environment.install_gettext_callables(_template_gettext, _template_ngettext, newstyle=True)  # type: ignore[attr-defined]
    environment.filters |= {
        "time": format_time,
        "day": format_day,
        "duration": format_duration,
        "offset": format_offset,
        "number": format_number,
        "size": format_size,
        "telephone": telephone,
        "query": query,
        "text_of": _,
    }
    environment.globals |= {
        "asset_url": asset_url,
        "preloads": preloads,
        "icon": icon,
        "view": current_view,
        "import_map": lambda: import_map(messages_url(current_view().language)),
        "languages": {language: language_name(language) for language in LANGUAGES},
        **more,
    }
    return environment
