"""Why a period cannot be kept as asked."""

from core.api.errors import Invalid, NotFound, Refused
from core.api.retention import RetentionClass
from core.api.texts import N_

_LIMITS = {
    "days": N_("This is kept for {least} to {most} days."),
    "months": N_("This is kept for {least} to {most} months."),
}
_CHOICES = {"days": N_("This is kept for {choices} days."), "months": N_("This is kept for {choices} months.")}


class NoSuchClass(NotFound):
    """There is no such class of data, or the company does not have its module."""

    def __init__(self) -> None:
        super().__init__(N_("There is no such class of data."))


class KeepRefused(Invalid):
    """Shorter or longer than the class allows."""

    @classmethod
    def limits(cls, one: RetentionClass) -> "KeepRefused":
        """The class goes from one number to another."""
        return cls(_LIMITS[one.unit], field="keep", least=one.least, most=one.most)

    @classmethod
    def choices(cls, one: RetentionClass) -> "KeepRefused":
        """The class has a few periods to choose from."""
        return cls(_CHOICES[one.unit], field="keep", choices=", ".join(map(str, one.choices)))


class Unconfirmed(Refused):
    """Data would go for good, and nobody has said that it may. `entries`: how much."""

    code = "unconfirmed"

    def __init__(self, entries: int) -> None:
        super().__init__(
            N_("{entries} entries are older than that and would go for good in the coming night. Confirm it."),
            field="confirm",
            entries=entries,
        )
        self.entries = entries
