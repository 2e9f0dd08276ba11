"""Sounds of the library in flows: used by id, missed at their place, told when they are to be removed."""

import json
from typing import Any
from uuid import UUID, uuid4

import pytest

from core.audio.service import add_sound, remove_sound, uploaded
from core.data import Database, tenant
from core.flows.document import Document, parse
from core.flows.elements import BUILT_IN
from core.flows.errors import FlowInvalid
from core.flows.service import create_flow, flow_by_id
from core.flows.uses import sound_uses
from core.flows.versions import restore_version, save_version
from tests.core.audio.sounds import encoded, sine


def document(**settings: Any) -> Document:
    """A message, then a queue with these settings more."""
    nodes = [
        {"id": "say", "element": "core.message", "settings": {"prompts": settings.pop("prompts")}},
        {"id": "queue", "element": "core.queue", "settings": {"queue": str(uuid4()), "allow_empty": True, **settings}},
        {"id": "end", "element": "core.hang_up"},
    ]
    edges = [
        {"source": "say", "exit": "next", "target": "queue"},
        {"source": "queue", "exit": "timeout", "target": "end"},
    ]
    return parse(json.dumps({"start": "say", "nodes": nodes, "edges": edges}))


async def tone(name: str) -> dict[str, str]:
    """A new sound as a prompt of a flow."""
    return {"sound": str((await add_sound(name, await uploaded(encoded(sine(500, 0.5, 8000), 8000)))).id)}


async def test_a_missing_sound_is_told_at_its_place_with_the_remedy(
    database: Database, tenant_a: UUID, tenant_b: UUID
) -> None:
    """AUD-1, IVR-9: one or several sounds, or texts; another company's sound is missing too."""
    with tenant(tenant_b):
        theirs = await tone("Theirs")
    with tenant(tenant_a):
        ours = await tone("Ours")
        flow_id = await create_flow("Main")
        wrong = document(prompts=[ours, {"text": "Hei"}, theirs], music=[{"sound": str(uuid4())}])
        with pytest.raises(FlowInvalid) as refused:
            await save_version(flow_id, wrong, BUILT_IN)
        assert [problem.place for problem in refused.value.problems] == ["say.prompts[2]", "queue.music[0]"]
        assert "choose another sound, or write a text" in str(refused.value)
        await save_version(flow_id, document(prompts=[ours, {"text": "Hei"}], music=[ours]), BUILT_IN)


async def test_a_version_with_a_sound_that_was_removed_cannot_come_back(database: Database, tenant_a: UUID) -> None:
    """AUD-9: where it is used is known, of the newest version and not of older ones."""
    with tenant(tenant_a):
        old = await tone("Old")
        sound_id = UUID(old["sound"])
        flow_id = await create_flow("Main")
        await save_version(flow_id, document(prompts=[{"text": "Hei"}], music=[old]), BUILT_IN)
        assert [(use.kind, use.name, use.versions) for use in await sound_uses(sound_id)] == [("flow", "Main", (1,))]
        await save_version(flow_id, document(prompts=[{"text": "Hei"}]), BUILT_IN)
        assert await sound_uses(sound_id) == []
        await remove_sound(sound_id, 1, sound_uses)
        with pytest.raises(FlowInvalid, match="was removed"):
            await restore_version(flow_id, 1, BUILT_IN, edition=(await flow_by_id(flow_id)).edition)
