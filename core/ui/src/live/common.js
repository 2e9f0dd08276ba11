// What the panels of the live page share.
import { html, icon, live, nothing, t } from '@sentralbord/sdk';

/** Hue class and initials of somebody, the same for the same name everywhere. */
export function avatar(name, dot = '') {
  const words = (name || '').split(/\s+/).filter((word) => /^\p{L}/u.test(word));
  const initials = [words[0], words.length > 1 ? words.at(-1) : ''].map((word) => (word ?? '')[0] ?? '').join('').toUpperCase();
  let sum = 0;
  for (const letter of name || '') sum = (sum * 31 + letter.codePointAt(0)) % 997;
  return html`<span class="avatar hue-${initials ? sum % 8 : 7}" aria-hidden="true">${initials || icon('phone')}${dot ? html`<span class="dot ${dot}"></span>` : nothing}</span>`;
}

/** SWB-10: green at first, amber towards the queue's service level, red from it on. */
export function levelClass(seconds, serviceLevel) {
  if (!serviceLevel) return '';
  if (seconds >= serviceLevel) return 'level-over';
  return seconds >= serviceLevel * 0.7 ? 'level-near' : 'level-good';
}

/** Whether the page is fed just now. */
export function connection() {
  const text = { online: t('Live'), offline: t('Reconnecting'), connecting: t('Connecting') }[live.state];
  return html`<span class="connection pulse ${live.state}" role="status">${text}</span>`;
}

/** What stands in a card that has nothing to show: what will come here, and how. */
export function empty(symbol, title, help) {
  return html`<div class="empty">${icon(symbol)}<b>${title}</b><p>${help}</p></div>`;
}

