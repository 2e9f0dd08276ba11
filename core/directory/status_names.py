"""What a company calls the statuses of people, in each language (AVL-1); where it has not said, the usual names."""

from zlib import crc32

import msgspec
from msgspec import Struct

from core.api.errors import Changed, Invalid, NotFound, Problems
from core.api.texts import N_
from core.audit.service import record
from core.data import Transaction, current_tenant, transaction
from core.directory.model import LONGEST_TAG, STATUS_NAMES, Status, checked_text
from core.ui.templating import _, current_view
from core.ui.translations import LANGUAGES, translations


class StatusNames(Struct, frozen=True):
    """The names in one language. `chosen`: the company's own; `usual`: those that hold where it has none."""

    language: str
    chosen: dict[Status, str]
    usual: dict[Status, str]

    @property
    def version(self) -> int:
        """Another one whenever a name is another."""
        return crc32(msgspec.json.encode(sorted(self.chosen.items()))) % 10**9


async def status_names() -> dict[str, StatusNames]:
    """The names of the tenant in force in every language, by language."""
    async with transaction(read_only=True) as unit:
        return await _read(unit)


async def statuses() -> dict[str, str]:
    """Status → its name in the language of the request."""
    names = (await status_names())[current_view().language]
    return {status.value: names.chosen.get(status) or _(title) for status, title in STATUS_NAMES.items()}


async def names_in(language: str) -> StatusNames:
    """The names in a language. Raises NotFound for one that there is not."""
    found = (await status_names()).get(language)
    if found is None:
        raise NotFound(N_("There is no such language."))
    return found


async def rename_statuses(language: str, names: dict[Status, str], *, version: int | None = None) -> StatusNames:
    """Call statuses so in a language; "" or none given: the usual name. `version`: the one that was read.

    Raises NotFound, Changed, Invalid for a name that is too long, or that two statuses would have.
    """
    wanted = _checked((await names_in(language)).usual, names)
    async with transaction() as unit:
        await unit.execute(
            "SELECT pg_advisory_xact_lock(hashtextextended('statuses of ' || $1, 0))", str(current_tenant())
        )
        before = (await _read(unit))[language]
        if version is not None and before.version != version:
            raise Changed
        await unit.execute("DELETE FROM status_name WHERE language = $1", language)
        rows = [(status.value, language, name) for status, name in wanted.items()]
        await unit.executemany("INSERT INTO status_name (status, language, name) VALUES ($1, $2, $3)", rows)
        after = StatusNames(language, wanted, before.usual)
        old, new = ({status.value: of.chosen.get(status, "") for status in Status} for of in (before, after))
        await record("status_name.changed", language, language, before=old, after=new)
    return after


def _checked(usual: dict[Status, str], names: dict[Status, str]) -> dict[Status, str]:
    """The names without empty and usual ones."""
    problems, wanted = Problems(), dict[Status, str]()
    for status, text in names.items():
        with problems.of(status.value):
            name = checked_text(text, most=LONGEST_TAG)
            if name and name != usual[status]:
                wanted[status] = name
    called: dict[str, Status] = {}
    for status in Status:
        name = wanted.get(status, usual[status])
        if called.setdefault(name.casefold(), status) is not status:
            field = (status if status in wanted else called[name.casefold()]).value
            problems.add(Invalid(N_("Two statuses would be called {name}."), field=field, name=name))
    problems.check()
    return wanted


async def _read(unit: Transaction) -> dict[str, StatusNames]:
    chosen: dict[str, dict[Status, str]] = {}
    for row in await unit.fetch("SELECT status, language, name FROM status_name"):
        chosen.setdefault(row["language"], {})[Status(row["status"])] = row["name"]
    return {language: StatusNames(language, chosen.get(language, {}), _usual(language)) for language in LANGUAGES}


def _usual(language: str) -> dict[Status, str]:
    gettext = translations(language).gettext
    return {status: gettext(title) for status, title in STATUS_NAMES.items()}
