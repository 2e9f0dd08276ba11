"""What elements keep of the tables that they ask."""

from uuid import UUID

from core.api import DatabaseUnavailable, LastGood, uuid7
from core.data import tenant

TENANT, OTHER = UUID(int=1), UUID(int=2)


class Shelf:
    """A thing with versions, in a database that may be away."""

    def __init__(self) -> None:
        self.things: dict[UUID, tuple[int, str]] = {}
        self.reads = 0
        self.away = False

    async def version(self, id: UUID) -> int | None:
        if self.away:
            raise DatabaseUnavailable("away")
        return self.things[id][0] if id in self.things else None

    async def read(self, id: UUID) -> str | None:
        self.reads += 1
        return self.things[id][1]


async def test_a_thing_is_read_once_for_each_version_and_serves_while_the_database_is_away() -> None:
    shelf, id = Shelf(), uuid7()
    kept = LastGood(shelf.version, shelf.read)
    with tenant(TENANT):
        shelf.things[id] = (1, "one")
        assert [await kept.of(id) for _ in range(3)] == ["one"] * 3
        assert shelf.reads == 1
        shelf.things[id] = (2, "two")
        assert await kept.of(id) == "two"
        shelf.away = True
        assert await kept.of(id) == "two"
        assert await kept.of(uuid7()) is None
        shelf.away = False
        del shelf.things[id]
        assert await kept.of(id) is None


async def test_what_was_read_for_one_tenant_serves_no_other() -> None:
    shelf, id = Shelf(), uuid7()
    kept = LastGood(shelf.version, shelf.read)
    shelf.things[id] = (1, "one")
    with tenant(TENANT):
        assert await kept.of(id) == "one"
    shelf.away = True
    with tenant(OTHER):
        assert await kept.of(id) is None


async def test_no_more_is_kept_than_there_is_room_for() -> None:
    shelf, ids = Shelf(), [uuid7() for _ in range(4)]
    kept = LastGood(shelf.version, shelf.read)
    kept.MOST = 3  # type: ignore[misc]
    shelf.things = {id: (1, str(id)) for id in ids}
    with tenant(TENANT):
        for id in ids:
            await kept.of(id)
        shelf.away = True
        assert [await kept.of(id) for id in ids] == [None, *map(str, ids[1:])]
