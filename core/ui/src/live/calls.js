// Calls now: who calls, where the call is, and for how long it has been there.
import { repeat } from 'lit/directives';
import { Panel, definePanel, fmtDuration, fmtNumber, html, icon, live, nothing, secondsSince, t } from '@sentralbord/sdk';
import { avatar, empty, levelClass } from './common.js';

const STAGES = {
  waiting: ['pause', 'hourglass', () => t('Waiting')],
  offered: ['ring', 'bell-ring', () => t('Ringing')],
  on_hold: ['pause', 'pause', () => t('On hold')],
  talking: ['free', 'headset', () => t('Talking')],
  flow: ['flow', 'workflow', () => t('In the flow')],
  ringing: ['', 'phone-incoming', () => t('Arriving')],
};
const ORDER = Object.keys(STAGES);

/** When the time that a row shows began: the whole wait of one who waits, else the stage. */
const began = (call) => Date.parse(call.waiting_since ?? call.since);

/** Where the call is: first and second line. */
function place(call) {
  if (call.talking_with) return [call.talking_with, call.queue];
  if (call.ringing?.length) return [call.queue, t('Ringing at {names}', { names: call.ringing.join(', ') })];
  return call.queue ? [call.queue, ''] : [call.place ?? call.flow ?? '', call.place ? call.flow : ''];
}

class Calls extends Panel {
  static topics = ['calls', 'queues'];
  static ticking = true;

  render() {
    const calls = [...live.items('calls').values()].sort(
      (a, b) => ORDER.indexOf(a.stage) - ORDER.indexOf(b.stage) || began(a) - began(b));
    return html`<section class="card" aria-labelledby="calls-title">
      <header><h2 id="calls-title">${t('Calls now')}</h2><span class="count tabular">${calls.length}</span>
        <span class="spacer"></span></header>
      ${calls.length
        ? html`<ul class="scroll">${repeat(calls, (call) => call.id, (call) => this.#row(call))}</ul>`
        : live.state === 'online'
          ? empty('phone-incoming', t('No calls right now'), t('When somebody calls one of your numbers, the call shows here and can be followed through menu, queue and conversation.'))
          : empty('wifi', t('Fetching the state'), t('One moment.'))}
    </section>`;
  }

  #row(call) {
    const [tone, symbol, title] = STAGES[call.stage] ?? STAGES.ringing;
    const seconds = secondsSince(began(call));
    const level = call.waiting_since ? levelClass(seconds, live.items('queues').get(call.queue_id)?.service_level) : '';
    const number = fmtNumber(call.caller) || t('Hidden number');
    const [first, second] = place(call);
    return html`<li><a class="call-row" href="/calls/${call.id}" data-call=${call.id}>
      ${avatar(call.caller_name)}
      <div><b class="tabular">${call.caller_name || number}</b><small class="tabular">${call.caller_name ? number : t('to {number}', { number: fmtNumber(call.dialled) })}</small></div>
      <div class="where"><b>${first}</b><small>${second || nothing}</small></div>
      <span class="state"><span class="badge ${tone}">${icon(symbol)}${title()}</span></span>
      <span class="time tabular ${level}">${fmtDuration(seconds)}</span>
    </a></li>`;
  }
}

definePanel('sb-calls', Calls);
