"""Why there is no export."""

from core.api.errors import InUse, NotFound
from core.api.texts import N_


class NoSuchExport(NotFound):
    """There is none, or it is another company's, or its days are over."""

    def __init__(self) -> None:
        super().__init__(N_("There is no such export. An export is deleted some days after it was made."))


class ExportRuns(InUse):
    """One is enough at a time."""

    def __init__(self) -> None:
        super().__init__(N_("An export is being made already. Wait until it is there."))


class NotReady(NotFound):
    """There is nothing to download yet, or nothing came of it."""

    def __init__(self) -> None:
        super().__init__(N_("There is nothing to download: this export is not made yet, or could not be made."))
