// Texts and formats in the language of the page.
import messages from '@sentralbord/messages';

/** A text in the page's language; {name} is replaced by values.name. */
export const t = (text, values = {}) =>
  (messages[text] ?? text).replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);

/** Seconds as 2:05, with hours as 1:02:05. */
export function fmtDuration(seconds) {
  const whole = Math.max(0, Math.floor(seconds));
  const [hours, minutes, rest] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const two = (n) => String(n).padStart(2, '0');
  return hours ? `${hours}:${two(minutes)}:${two(rest)}` : `${minutes}:${two(rest)}`;
}

/** A telephone number in readable groups; E.164 in, "+47 22 33 44 55" out for eight digits. */
export function fmtNumber(number) {
  const match = /^\+(47|45|358|46|372|370)(\d+)$/.exec(number ?? '');
  if (!match) return number ?? '';
  const groups = match[2].match(/.{1,3}(?=(?:..)*$)|../g) ?? [match[2]];
  return match[2].length === 8 ? `+${match[1]} ${match[2].match(/../g).join(' ')}` : `+${match[1]} ${groups.join(' ')}`;
}
