"""One call through everything, told and checked: both sides must have heard each other, and the log must know it."""

import asyncio
from datetime import UTC, datetime
from uuid import UUID

import click

from core.calls.apply import fold
from core.calls.events import Event
from core.calls.model import Call
from core.calls.service import call_with_journal, recent_calls
from core.calls.status import Status, Summary, summary
from core.calls.timeline import timeline
from core.data import tenant
from core.demo.documents import DemoCompany, DemoError, DemoPerson
from core.telephony.simnet.client import SimulatedLeg, SimulatedNetwork
from core.telephony.simnet.script import Callee, Caller, HangUp, Press, Report, Talk, Wait, WaitFor
from core.telephony.simnet.tones import frequency

CALLER = Caller(
    number="+4791100001",
    name="Bjørn Hansen",
    hertz=frequency(0),
    steps=(
        WaitFor(what="answer"),
        WaitFor(what="sound"),
        Wait(seconds=2.5),
        Press(digits="1"),
        WaitFor(what="tone", timeout=40),
        Talk(seconds=4),
        HangUp(),
    ),
)
RING_SECONDS = 1.5
CALL_SECONDS = 90.0
LOG_SECONDS = 15.0
"""The call log must have the whole call so long after its end."""


async def one_call(company: DemoCompany, tenant_id: UUID, network: SimulatedNetwork) -> int:
    """Place a call to the company's main number, print what happened; 0 when everything was as it should be."""
    await agents_answer(company, network)
    begun = datetime.now(UTC)
    call = await network.call(company.main_number, CALLER)
    try:
        report = await call.finished(CALL_SECONDS)
    except TimeoutError as error:
        raise DemoError(f"the call did not end: {error}") from None
    line, events = await _logged(tenant_id, begun)
    for told in timeline(events):
        click.echo(f"  {told.seconds:7.2f} s  {told.words()}")
    agents = [leg for leg in network.legs.values() if leg.report.incoming and leg.report.answered_at]
    answered = [(_who(company, leg), await leg.finished(10)) for leg in agents]
    heard = "; ".join(f"{person.name} heard {_tones(agent)}" for person, agent in answered)
    click.echo(f"\ncaller heard {_tones(report)}; {heard or 'nobody answered'}")
    click.echo(
        f"\nwaited {line.waiting_seconds:.1f} s, talked {line.talk_seconds:.1f} s "
        f"with {line.talked_with or 'nobody'}, status {line.status.status.value or 'none'}"
    )
    found = problems(company, report, answered, line)
    for problem in found:
        click.echo(f"WRONG: {problem}", err=True)
    return 1 if found else 0


async def agents_answer(company: DemoCompany, network: SimulatedNetwork) -> None:
    """Every agent answers, each with a tone of her own."""
    for person in company.people:
        for address in addresses(person):
            hertz = agent_frequency(company, person)
            await network.register(Callee(address=address, hertz=hertz, ring_seconds=RING_SECONDS, steps=(Talk(),)))


def agent_frequency(company: DemoCompany, person: DemoPerson) -> int:
    """Hz of an agent's tone."""
    return frequency(1 + company.people.index(person))


def addresses(person: DemoPerson) -> list[str]:
    """What the network is called by, of her devices: a number, or the user part of a SIP address."""
    return [device.removeprefix("sip:").partition("@")[0] for device in person.devices]


async def _logged(tenant_id: UUID, begun: datetime) -> tuple[Summary, list[Event]]:
    """The newest call of the log and its journal, when all of it is there. Raises DemoError."""
    with tenant(tenant_id):
        try:
            async with asyncio.timeout(LOG_SECONDS):
                while True:
                    page = await recent_calls(limit=1)
                    if page.items and page.items[0].started_at >= begun:
                        _, events = await call_with_journal(page.items[0].call_id)
                        state, _ = fold(events)
                        if isinstance(state, Call) and state.ended_at:
                            return summary(state), events
                    await asyncio.sleep(0.1)
        except TimeoutError:
            raise DemoError(f"the call was not in the call log within {LOG_SECONDS:.0f} s") from None


def problems(
    company: DemoCompany, caller: Report, answered: list[tuple[DemoPerson, Report]], line: Summary
) -> list[str]:
    """What is not as it should be: `answered` are the agents who did, `line` is the call's in the log."""
    found = []
    if caller.code != 200 or caller.outcome != "completed":
        found.append(f"the caller ended with SIP {caller.code}, {caller.outcome or 'cut off'}: {caller.problem}")
    if len(answered) != 1:
        return [*found, f"{len(answered)} agents answered, not one"]
    person, agent = answered[0]
    hertz = agent_frequency(company, person)
    if not caller.hears(hertz):
        found.append(f"the caller did not hear {person.name} ({hertz} Hz)")
    if not agent.hears(CALLER.hertz):
        found.append(f"{person.name} did not hear the caller ({CALLER.hertz} Hz)")
    if line.talked_with != person.name:
        found.append(f"the log says that {line.talked_with or 'nobody'} answered, it was {person.name}")
    if line.status.status is not Status.ANSWERED:
        found.append(f"the log has the status {line.status.status.value!r}, not 'answered'")
    talked = caller.ended_at - agent.answered_at
    if abs(line.talk_seconds - talked) > 1.0:
        found.append(f"the log says that they talked for {line.talk_seconds:.1f} s, it was {talked:.1f} s")
    return found


def _who(company: DemoCompany, leg: SimulatedLeg) -> DemoPerson:
    return next(person for person in company.people if leg.report.number in addresses(person))


def _tones(report: Report) -> str:
    return ", ".join(f"{tone.frequency} Hz for {tone.seconds:.1f} s" for tone in report.heard) or "no tone"
