"""The outbox: a message is kept exactly if the transaction that it tells about is."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from core.api.messages import Message, Outbox
from core.data import Database, tenant, transaction
from core.messages.service import StoredOutbox, forget_expired, outbox
from core.messages.tables import OutboxMessage

MAIL = Message("email", "kari@a.example", "Hello", "How are you?", "test")


def test_what_is_stored_is_an_outbox() -> None:
    assert isinstance(StoredOutbox(), Outbox)


async def test_what_is_rolled_back_is_not_sent(tenant_a: UUID) -> None:
    with tenant(tenant_a):
        with pytest.raises(ZeroDivisionError):
            async with transaction():
                await StoredOutbox().put(MAIL)
                raise ZeroDivisionError
        assert await OutboxMessage.count() == 0
        kept = await StoredOutbox().put(MAIL)
        assert [row.id for row in await OutboxMessage.objects()] == [kept]


async def test_a_company_reads_only_its_own_and_the_operator_all(tenant_a: UUID, tenant_b: UUID) -> None:
    for company in (tenant_a, tenant_b):
        with tenant(company):
            await StoredOutbox().put(MAIL)
            assert await OutboxMessage.count() == 1
    first = await outbox(limit=1)
    rest = await outbox(before=first.items[0].id, limit=1)
    assert [row.tenant_id for row in first.items + rest.items] == [tenant_b, tenant_a]
    assert (first.next is None, rest.next) == (False, None)


async def test_the_text_of_an_expired_message_is_shown_to_nobody_and_forgotten(tenant_a: UUID) -> None:
    now = datetime.now(UTC)
    with tenant(tenant_a):
        for minutes in (-1, 10):
            await StoredOutbox().put(Message("sms", "+4792241118", "", "x", "test", now + timedelta(minutes=minutes)))
        await StoredOutbox().put(MAIL)
    assert len((await outbox()).items) == 2
    await forget_expired()
    with tenant(tenant_a):
        assert await OutboxMessage.count() == 2


async def test_a_channel_that_nobody_knows_is_refused(database: Database, tenant_a: UUID) -> None:
    with tenant(tenant_a), pytest.raises(Exception, match="outbox_message_channel_check"):
        await OutboxMessage(channel="fax", recipient="x", text="x", purpose="test").save()
