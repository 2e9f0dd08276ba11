// The server's clock, and one tick a second for everything that counts.
let offset = 0;
const listeners = new Set();
let timer = 0;

/** Milliseconds since 1970 by the server's clock: browsers' clocks are off by minutes. */
export const now = () => Date.now() + offset;

/** Learn the server's time from a message of the live channel. */
export const setServerTime = (milliseconds) => { offset = milliseconds - Date.now(); };

/** Seconds since a moment given in milliseconds. */
export const secondsSince = (moment) => Math.max(0, (now() - moment) / 1000);

/** Call `listener` each second, all of them in one turn; returns what stops it. */
export function everySecond(listener) {
  listeners.add(listener);
  timer ||= setInterval(() => listeners.forEach((each) => each()), 1000);
  return () => {
    listeners.delete(listener);
    if (!listeners.size) { clearInterval(timer); timer = 0; }
  };
}
