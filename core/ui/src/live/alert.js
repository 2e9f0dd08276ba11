// A short sound when a caller begins to wait, for those who want one (PRF-12).
import { live } from '@sentralbord/sdk';

const TONES = [[660, 0], [880, 0.16]];
const LENGTH = 0.14;

class Alert extends HTMLElement {
  #known = null;
  #context = null;
  #stop = null;

  connectedCallback() {
    this.#stop = live.on('calls', () => this.#look());
    // A browser is silent until somebody has used the page.
    this.#context = new AudioContext();
    this.wake = () => this.#context.resume();
    for (const event of ['pointerdown', 'keydown']) addEventListener(event, this.wake);
  }

  disconnectedCallback() {
    this.#stop();
    for (const event of ['pointerdown', 'keydown']) removeEventListener(event, this.wake);
    this.#context.close();
  }

  /** Whoever waits already when the page opens, or after a break, is no news. */
  #look() {
    const waiting = new Set([...live.items('calls').values()].filter((call) => call.waiting_since).map((call) => call.id));
    const news = this.#known && live.state === 'online' && [...waiting].some((id) => !this.#known.has(id));
    this.#known = waiting;
    if (news) this.#sound();
  }

  #sound() {
    const start = this.#context.currentTime;
    for (const [hertz, after] of TONES) {
      const [tone, volume] = [this.#context.createOscillator(), this.#context.createGain()];
      tone.frequency.value = hertz;
      volume.gain.setValueAtTime(0.2, start + after);
      volume.gain.exponentialRampToValueAtTime(0.001, start + after + LENGTH);
      tone.connect(volume).connect(this.#context.destination);
      tone.start(start + after);
      tone.stop(start + after + LENGTH);
    }
    this.dataset.sounded = String(Number(this.dataset.sounded ?? 0) + 1);
  }
}

if (!customElements.get('sb-alert')) customElements.define('sb-alert', Alert);
