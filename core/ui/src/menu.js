// Menus of the top bar by keyboard (WAI-ARIA menu button), and entries that are fetched when a menu is opened.
const itemsOf = (menu) => [...menu.querySelectorAll('[role^=menuitem]')];
const openMenu = (target) => target.closest?.('details[data-menu]:has([role=menu])');

/** A menu that opens: the keyboard is at its first entry, and entries that change are fetched. `toggle` does not bubble. */
document.addEventListener('toggle', (event) => {
  const menu = openMenu(event.target);
  if (!menu?.open || event.target !== menu) return;
  (menu.dataset.last ? itemsOf(menu).at(-1) : itemsOf(menu)[0])?.focus();
  delete menu.dataset.last;
  for (const part of menu.querySelectorAll('[data-entries]')) fill(part, fetch(part.dataset.entries));
}, true);

document.addEventListener('keydown', (event) => {
  const menu = openMenu(event.target);
  if (!menu || event.ctrlKey || event.altKey || event.metaKey) return;
  const items = itemsOf(menu);
  const at = items.indexOf(event.target);
  if (!menu.open) {
    if (event.key !== 'ArrowDown' && event.key !== 'ArrowUp') return;
    if (event.key === 'ArrowUp') menu.dataset.last = 'true';
    menu.open = true;
  } else if (event.key === 'Tab') {
    menu.open = false;
    return;
  } else if (event.key === ' ' && at >= 0) event.target.click();
  else {
    const to = target(event.key, at, items);
    if (!to) return;
    to.focus();
  }
  event.preventDefault();
});

/** Where a key leads: arrows go round, Home and End to the ends, a letter to the next entry that begins with it. */
function target(key, at, items) {
  if (key === 'ArrowDown') return items[(at + 1) % items.length];
  if (key === 'ArrowUp') return items.at(at < 0 ? -1 : at - 1);
  if (key === 'Home') return items[0];
  if (key === 'End') return items.at(-1);
  if (key.length > 1) return undefined;
  const round = [...items.slice(at + 1), ...items.slice(0, at + 1)];
  return round.find((item) => item.textContent.trim().toLowerCase().startsWith(key.toLowerCase()));
}

/** An entry that changes something: the menu stays open and shows how it is now. */
document.addEventListener('submit', (event) => {
  const part = event.target.querySelector('[data-entries]');
  if (!part) return;
  event.preventDefault();
  const data = new FormData(event.target, event.submitter);
  data.set('menu', 'true');
  fill(part, fetch(event.target.action, { method: 'POST', body: new URLSearchParams(data) }), event.submitter?.value);
});

/** Put fetched entries into a part of the menu; `value`: the entry that keeps the keyboard. Led elsewhere, go there. */
async function fill(part, asked, value) {
  const answer = await asked.catch(() => undefined);
  if (answer?.redirected) location.assign(answer.url);
  else if (answer?.ok) {
    part.innerHTML = await answer.text();
    if (value) part.querySelector(`[value="${CSS.escape(value)}"]`)?.focus();
  } else part.textContent = part.dataset.failed;
}
