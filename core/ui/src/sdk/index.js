// @sentralbord/sdk: what panels of core and of plugins are made of. Stable: a change that breaks it is a new major version.
import { LitElement, html, nothing } from 'lit';
import { live } from './live.js';
import { everySecond } from './clock.js';

export { html, nothing, live };
export { now, secondsSince } from './clock.js';
export { t, fmtDuration, fmtNumber } from './i18n.js';

const sprite = document.querySelector('meta[name="sentralbord-icons"]').content;

/** An icon of the sprite, hidden from screen readers. */
export const icon = (name) => html`<svg class="icon" aria-hidden="true"><use href="${sprite}#${name}"></use></svg>`;

/** Base of live panels: light DOM (shares the design), drawn again when one of its topics changes, or each second. */
export class Panel extends LitElement {
  /** Topics of the live channel that the panel shows. */
  static topics = [];
  /** Whether it shows running times. */
  static ticking = false;
  #stops = [];

  createRenderRoot() { return this; }

  connectedCallback() {
    super.connectedCallback();
    const draw = () => this.requestUpdate();
    for (const topic of this.constructor.topics) this.#stops.push(live.on(topic, draw));
    if (this.constructor.ticking) this.#stops.push(everySecond(draw));
    live.addEventListener('state', draw);
    this.#stops.push(() => live.removeEventListener('state', draw));
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    this.#stops.splice(0).forEach((stop) => stop());
  }
}

/** Register an element once, also when its module is loaded again. */
export const definePanel = (tag, panel) => { if (!customElements.get(tag)) customElements.define(tag, panel); };
