// Queues: how many wait, for how long, and who could answer.
import { repeat } from 'lit/directives';
import { Panel, definePanel, fmtDuration, html, live, secondsSince, t } from '@sentralbord/sdk';
import { connection, empty, levelClass } from './common.js';

class Queues extends Panel {
  static topics = ['queues'];
  static ticking = true;

  render() {
    const queues = [...live.items('queues').values()].sort((a, b) => a.name.localeCompare(b.name));
    return html`<section class="card queues-card" aria-labelledby="queues-title">
      <header><h2 id="queues-title">${t('Queues')}</h2><span class="spacer"></span>${connection()}</header>
      ${queues.length
        ? html`<ul class="scroll">${repeat(queues, (queue) => queue.id, (queue) => this.#row(queue))}</ul>`
        : live.state === 'online'
          ? empty('list-ordered', t('No queues yet'), t('A queue appears here as soon as it has been made. Callers wait in it until a member answers.'))
          : empty('wifi', t('Fetching the state'), t('One moment.'))}
    </section>`;
  }

  #row(queue) {
    const longest = queue.waiting_since ? secondsSince(queue.waiting_since) : 0;
    const level = queue.waiting ? levelClass(longest, queue.service_level) : '';
    const counts = t('{free} free · {busy} busy · {pause} pause', queue);
    return html`<li class="queue">
      <b>${queue.name}</b>
      <span class="waiting tabular ${level}" title=${t('Waiting')}><span class="hidden-text">${t('Waiting')}: </span>${queue.waiting}</span>
      <small>${counts}</small>
      <span class="longest tabular" title=${t('Longest wait')}><span class="hidden-text">${t('Longest wait')}: </span>${queue.waiting ? fmtDuration(longest) : '–'}</span>
      ${this.#share(queue)}
    </li>`;
  }

  /** The bar is an SVG: widths as attributes need no inline style. */
  #share({ free, busy, pause }) {
    const total = free + busy + pause || 1;
    const part = (count) => (100 * count) / total;
    return html`<svg class="share" viewBox="0 0 100 4" preserveAspectRatio="none" aria-hidden="true">
      <rect class="free" x="0" width=${part(free)} height="4"></rect>
      <rect class="busy" x=${part(free)} width=${part(busy)} height="4"></rect>
      <rect class="pause" x=${part(free + busy)} width=${part(pause)} height="4"></rect>
    </svg>`;
  }
}

definePanel('sb-queues', Queues);
