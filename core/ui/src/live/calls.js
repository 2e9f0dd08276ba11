// Calls now: who calls, where the call is, and for how long it has been there.
import { repeat } from 'lit/directives';
import { Panel, definePanel, fmtDuration, fmtNumber, html, icon, live, nothing, secondsSince, t } from '@sentralbord/sdk';
import { avatar, connection, empty, levelClass } from './common.js';

const STATES = {
  arriving: ['', 'phone-incoming', () => t('Arriving')],
  flow: ['brand', 'workflow', () => t('In the menu')],
  waiting: ['pause', 'hourglass', () => t('Waiting')],
  ringing: ['ring', 'bell-ring', () => t('Ringing')],
  talking: ['free', 'headset', () => t('Talking')],
  held: ['pause', 'pause', () => t('On hold')],
};
const ORDER = ['waiting', 'ringing', 'held', 'talking', 'flow', 'arriving'];

class Calls extends Panel {
  static topics = ['calls'];
  static ticking = true;

  render() {
    const calls = [...live.items('calls').values()].sort(
      (a, b) => ORDER.indexOf(a.state) - ORDER.indexOf(b.state) || a.since - b.since);
    return html`<section class="card" aria-labelledby="calls-title">
      <header><h2 id="calls-title">${t('Calls now')}</h2><span class="count tabular">${calls.length}</span>
        <span class="spacer"></span>${connection()}</header>
      ${calls.length
        ? html`<ul class="scroll">${repeat(calls, (call) => call.id, (call) => this.#row(call))}</ul>`
        : live.state === 'online'
          ? empty('phone-incoming', t('No calls right now'), t('When somebody calls one of your numbers, the call shows here and can be followed through menu, queue and conversation.'))
          : empty('wifi', t('Fetching the state'), t('One moment.'))}
    </section>`;
  }

  #row(call) {
    const [tone, symbol, title] = STATES[call.state] ?? STATES.arriving;
    const seconds = secondsSince(call.since);
    const waiting = call.state === 'waiting' || call.state === 'ringing';
    const name = call.caller_name || fmtNumber(call.caller) || t('Hidden number');
    return html`<li><a class="call-row" href="/calls/${call.id}">
      ${avatar(call.caller_name)}
      <div><b>${name}</b><small class="tabular">${call.caller_name ? fmtNumber(call.caller) : t('to {number}', { number: fmtNumber(call.dialled) })}</small></div>
      <div class="where"><b>${call.person || call.queue || call.place || nothing}</b><small>${call.person && call.queue ? call.queue : call.queue && call.place !== call.queue ? call.place : nothing}</small></div>
      <span class="state"><span class="badge ${tone}">${icon(symbol)}${title()}</span></span>
      <span class="time tabular ${waiting ? levelClass(seconds, call.service_level) : ''}">${fmtDuration(seconds)}</span>
    </a></li>`;
  }
}

definePanel('sb-calls', Calls);
