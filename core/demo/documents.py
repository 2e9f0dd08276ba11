"""The demo's documents (config/demo): the company, its flow, and who rings it."""

import tomllib
from pathlib import Path
from typing import Annotated, Literal, TypeVar

import msgspec
from msgspec import Meta, Struct

FOLDER = Path(__file__).parents[2] / "config" / "demo"

Seconds = Annotated[float, Meta(ge=0)]
Weight = Annotated[int, Meta(ge=1)]
Number = Annotated[str, Meta(pattern=r"^\+[1-9][0-9]{1,14}$")]
DocumentT = TypeVar("DocumentT", bound=Struct)


class DemoError(Exception):
    """The demo cannot go on; the message says why and what to do."""


class DemoUser(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Somebody who signs in."""

    email: str
    name: str
    role: Literal["administrator", "team_leader", "user"]
    language: str
    person: str = ""
    """Key of the person who this is; empty: nobody in the directory."""


class DemoOperator(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The company that runs the installation, and its administrator."""

    slug: str
    name: str
    user: DemoUser


class DemoQueue(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A queue; the flow refers to it by {queue:key}."""

    key: str
    name: str
    service_level_seconds: int
    acw_seconds: int
    members: tuple[str, ...]


class DemoPerson(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An agent, and what she says."""

    key: str
    first_name: str
    last_name: str
    department: str
    position: str
    extension: str
    devices: tuple[str, ...]
    """E.164 numbers, or SIP addresses in which {network} becomes the simulated network's."""
    language: str
    greeting: str
    answer: str

    @property
    def name(self) -> str:
        return f"{self.first_name} {self.last_name}"


class DemoCompany(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """company.toml."""

    slug: str
    name: str
    timezone: str
    language: str
    main_number: Number
    main_number_label: str
    flow: str
    """Name of the flow whose document is flow.json."""
    password: str
    """Of every user."""
    network: Annotated[str, Meta(pattern=r"^[0-9.]+:[0-9]+$")]
    outside: tuple[Number, ...] = ()
    """Numbers that answer besides the agents."""
    outgoing_calls: Annotated[int, Meta(ge=0)] = 50
    outgoing_calls_per_minute: Annotated[int, Meta(ge=0)] = 120
    operator: DemoOperator
    users: tuple[DemoUser, ...]
    queues: tuple[DemoQueue, ...]
    people: tuple[DemoPerson, ...]

    def person(self, key: str) -> DemoPerson:
        return next(person for person in self.people if person.key == key)


class DemoCaller(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A kind of caller."""

    name: str
    number: str
    """E.164; empty: withheld."""
    weight: Weight
    key: str = ""
    language: str = "nb"
    says: str = ""
    talk_seconds: tuple[Seconds, Seconds] = (5, 15)
    """Shortest and longest conversation."""
    patience_seconds: Seconds = 90
    """How long an answer is waited for after the key."""
    hangs_up_after_seconds: Seconds = 0
    """Hangs up so long after we answered, whatever happens; 0: does not."""


class Habit(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What an agent does when her telephone rings."""

    then: Literal["answer", "reject", "ignore"]
    ring_seconds: tuple[Seconds, Seconds]
    weight: Weight
    holds_seconds: Seconds = 0


class DemoTraffic(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """traffic.toml."""

    calls_per_minute: Annotated[float, Meta(gt=0)]
    busiest: Annotated[int, Meta(ge=1)]
    callers: Annotated[tuple[DemoCaller, ...], Meta(min_length=1)]
    habits: Annotated[tuple[Habit, ...], Meta(min_length=1)]


def load_company(folder: Path = FOLDER) -> DemoCompany:
    """The company. Raises DemoError with file, key and what is allowed."""
    company = _load(folder / "company.toml", DemoCompany)
    known = {person.key for person in company.people}
    for where, key in [
        *((f"queues.{queue.key}.members", key) for queue in company.queues for key in queue.members),
        *((f"users.{user.email}.person", user.person) for user in company.users if user.person),
    ]:
        if key not in known:
            raise DemoError(
                f"{folder / 'company.toml'}: {where}: nobody has the key {key!r}; there are {sorted(known)}"
            )
    return company


def load_traffic(folder: Path = FOLDER) -> DemoTraffic:
    """Who rings. Raises DemoError with file, key and what is allowed."""
    return _load(folder / "traffic.toml", DemoTraffic)


def load_flow(folder: Path = FOLDER) -> str:
    """The flow's document in JSON, in which {queue:key} stands for the id of a queue."""
    return (folder / "flow.json").read_text(encoding="utf-8")


def _load(file: Path, kind: type[DocumentT]) -> DocumentT:
    try:
        return msgspec.toml.decode(file.read_bytes(), type=kind)
    except (tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        raise DemoError(f"{file}: {error}") from None
