// People: what each member of a queue does, and since when.
import { repeat } from 'lit/directives';
import { Panel, definePanel, fmtDuration, html, live, nothing, secondsSince, t } from '@sentralbord/sdk';
import { avatar, empty } from './common.js';

const STATES = {
  talking: ['busy', () => t('In a call')],
  ringing: ['ring', () => t('Ringing')],
  after_call_work: ['pause', () => t('After-call work')],
  resting: ['pause', () => t('Short rest')],
  free: ['free', () => t('Available')],
  logged_out: ['off', () => t('Logged out')],
};
const ORDER = Object.keys(STATES);

class People extends Panel {
  static topics = ['people'];
  static ticking = true;

  render() {
    const people = [...live.items('people').values()].sort(
      (a, b) => ORDER.indexOf(a.state) - ORDER.indexOf(b.state) || a.name.localeCompare(b.name));
    const available = people.filter((person) => person.state === 'free').length;
    return html`<section class="card" aria-labelledby="people-title">
      <header><h2 id="people-title">${t('People')}</h2>
        ${people.length ? html`<span class="count tabular">${t('{free} of {all} available', { free: available, all: people.length })}</span>` : nothing}
        <span class="spacer"></span></header>
      ${people.length
        ? html`<ul class="scroll">${repeat(people, (person) => person.id, (person) => this.#row(person))}</ul>`
        : live.state === 'online'
          ? empty('users', t('Nobody is a member of a queue yet'), t('Add members to a queue, and see here who is available and who talks.'))
          : empty('wifi', t('Fetching the state'), t('One moment.'))}
    </section>`;
  }

  #row(person) {
    const [tone, title] = STATES[person.state] ?? STATES.logged_out;
    return html`<li class="person">
      ${avatar(person.name, tone)}
      <div><b>${person.name}</b><small>${person.queues.join(', ')}</small></div>
      <div><div class="state text-${tone}">${title()}</div><div class="since tabular">${person.since ? fmtDuration(secondsSince(person.since)) : nothing}</div></div>
    </li>`;
  }
}

definePanel('sb-people', People);
