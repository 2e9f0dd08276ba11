// The panel of the live page: who rang the bell.
import { Panel, definePanel, html } from "@sentralbord/sdk";

class Rings extends Panel {
  static properties = { rings: { state: true } };
  rings = [];

  async connectedCallback() {
    super.connectedCallback();
    const answer = await fetch("/p/nightbell/rings");
    this.rings = answer.ok ? await answer.json() : [];
  }

  render() {
    return html`<ul>${this.rings.map((ring) => html`<li>${ring.caller}</li>`)}</ul>`;
  }
}

definePanel("nightbell-rings", Rings);
