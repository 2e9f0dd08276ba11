// The live channel: one WebSocket a page, JSON batches, resync when something was missed.
import { setServerTime } from './clock.js';

const FIRST_RETRY = 250;
const LAST_RETRY = 10_000;
const SILENCE = 25_000; // the server sends something at least every 10 s

/** Redis stream ids "milliseconds-number": negative, 0 or positive like any comparison. */
export function compareSeq(one, other) {
  const [a, b] = [one, other].map((seq) => seq.split('-').map(Number));
  return a[0] - b[0] || a[1] - b[1];
}

class Live extends EventTarget {
  /** "connecting", "online" or "offline". */
  state = 'connecting';
  #topics = new Map();
  #listeners = new Map();
  #seq = null;
  #socket = null;
  #attempt = 0;
  #retry = 0;
  #watchdog = 0;
  #changed = new Set();
  #frame = 0;
  #users = 0;

  /** Items of a topic by id, as they are now. */
  items(topic) {
    if (!this.#topics.has(topic)) this.#topics.set(topic, new Map());
    return this.#topics.get(topic);
  }

  /** Call `listener` after a topic changed; returns what stops it. The channel is open while anybody listens. */
  on(topic, listener) {
    if (!this.#listeners.has(topic)) this.#listeners.set(topic, new Set());
    this.#listeners.get(topic).add(listener);
    if (this.#users++ === 0) this.#open();
    return () => {
      if (!this.#listeners.get(topic).delete(listener)) return;
      if (--this.#users === 0) this.#close();
    };
  }

  #open() {
    clearTimeout(this.#retry);
    const socket = new WebSocket(`${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}/live`);
    this.#socket = socket;
    socket.onmessage = (event) => { if (socket === this.#socket) this.#receive(JSON.parse(event.data)); };
    socket.onclose = (event) => { if (socket === this.#socket) this.#lost(event.code); };
    this.#watch();
  }

  #close() {
    const socket = this.#socket;
    this.#socket = null;
    clearTimeout(this.#retry);
    clearTimeout(this.#watchdog);
    socket?.close();
    this.#state('connecting');
  }

  #lost(code) {
    clearTimeout(this.#watchdog);
    this.#state('offline');
    if (code === 4401) { location.reload(); return; } // signed out: the page sends us to the sign-in
    const pause = Math.min(LAST_RETRY, FIRST_RETRY * 2 ** this.#attempt++) * (0.6 + 0.4 * Math.random());
    this.#retry = setTimeout(() => this.#open(), pause);
  }

  #watch() {
    clearTimeout(this.#watchdog);
    this.#watchdog = setTimeout(() => this.#socket?.close(), SILENCE);
  }

  #receive(message) {
    this.#watch();
    setServerTime(message.now);
    if (message.kind === 'snapshot') this.#snapshot(message);
    else if (message.kind === 'changes') this.#apply(message);
  }

  #snapshot(message) {
    this.#attempt = 0;
    this.#seq = message.seq;
    const names = new Set([...this.#topics.keys(), ...Object.keys(message.topics)]);
    for (const topic of names) {
      const items = this.items(topic);
      items.clear();
      for (const [id, item] of message.topics[topic] ?? []) items.set(id, { id, ...item });
      this.#touch(topic);
    }
    this.#state('online');
  }

  #apply(message) {
    if (compareSeq(message.prev, this.#seq) > 0) { // a batch was missed: ask for the whole state
      this.#socket.send('resync');
      return;
    }
    if (compareSeq(message.seq, this.#seq) > 0) this.#seq = message.seq;
    for (const [topic, id, item] of message.changes) {
      if (item === null) this.items(topic).delete(id);
      else this.items(topic).set(id, { id, ...item });
      this.#touch(topic);
    }
  }

  #touch(topic) {
    this.#changed.add(topic);
    this.#frame ||= requestAnimationFrame(() => this.#flush());
  }

  #flush() {
    this.#frame = 0;
    const topics = [...this.#changed];
    this.#changed.clear();
    for (const topic of topics) for (const listener of this.#listeners.get(topic) ?? []) listener();
  }

  #state(state) {
    if (this.state === state) return;
    this.state = state;
    this.dispatchEvent(new Event('state'));
  }
}

export const live = new Live();
