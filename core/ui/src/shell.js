// Behaviour of the frame: theme, menus, modules of the page, focus after navigation.
import { hideButtons, save } from './autosave.js';

const root = document.documentElement;
let at = location.pathname;
const dark = matchMedia('(prefers-color-scheme: dark)');

document.addEventListener('click', (event) => {
  if (event.target.closest('[data-theme-toggle]')) toggleTheme();
  for (const menu of document.querySelectorAll('details[data-menu][open]')) {
    if (!menu.contains(event.target)) menu.open = false;
  }
});

/** Dialogs and messages: buttons say what they open, close or put away. */
document.addEventListener('click', (event) => {
  const button = event.target.closest('button');
  if (button?.dataset.dialog) document.getElementById(button.dataset.dialog).showModal();
  else if (button?.hasAttribute('data-close')) button.closest('dialog').close();
  else if (button?.hasAttribute('data-dismiss')) button.closest('[data-flash]').remove();
});

/** Lists whose order is sent: a button moves its item, and keeps the keyboard. */
document.addEventListener('click', (event) => {
  const button = event.target.closest('button[data-move]');
  const item = button?.closest('li');
  if (button?.dataset.move === 'up') item.previousElementSibling?.before(item);
  else if (button) item.nextElementSibling?.after(item);
  button?.focus();
});

document.addEventListener('keydown', (event) => {
  const menu = event.target.closest?.('details[data-menu][open]');
  if (event.key !== 'Escape' || !menu) return;
  menu.open = false;
  menu.querySelector('summary').focus();
});

function toggleTheme() {
  const shown = root.dataset.theme === 'auto' ? (dark.matches ? 'dark' : 'light') : root.dataset.theme;
  root.dataset.theme = shown === 'dark' ? 'light' : 'dark';
  const secure = location.protocol === 'https:' ? ';secure' : '';
  save('/api/v1/profile/preferences', { theme: root.dataset.theme });
  document.cookie = `theme=${root.dataset.theme};path=/;max-age=31536000;samesite=lax${secure}`;
}

/** Load the modules that the page in #main names; a module runs once, its elements upgrade by themselves. */
function loadModules() {
  hideButtons();
  for (const part of document.querySelectorAll('#main [data-module]')) load(part);
}

/** Load a part's module; buttons that can do nothing without it wait for it. */
async function load(part) {
  await import(part.dataset.module);
  for (const button of part.querySelectorAll('button[data-waits]')) button.disabled = false;
}

/** After a navigation inside #main: the menu shows where we are, and the keyboard starts at the new page. */
function arrived() {
  loadModules();
  for (const menu of document.querySelectorAll('details[data-menu][open]')) menu.open = false;
  const here = location.pathname;
  for (const link of document.querySelectorAll('.topbar nav a')) {
    const path = link.getAttribute('href');
    if (here === path || here.startsWith(`${path}/`)) link.setAttribute('aria-current', 'page');
    else link.removeAttribute('aria-current');
  }
  const asks = document.querySelector('#main [data-focus]');
  if (asks) asks.focus();
  else if (here !== at) document.querySelector('#main')?.focus({ preventScroll: true });
  at = here;
}

/** A page that is not final asks for itself again, unless somebody is reading an opened part of it. */
setInterval(() => {
  const part = document.querySelector('#main [data-refresh]');
  if (!part || document.hidden || part.querySelector('details[open]')) return;
  window.htmx.ajax('GET', part.dataset.refresh, { target: `#${part.id}`, select: `#${part.id}`, swap: 'outerHTML' });
}, 2000);

loadModules();
document.querySelector('#main [data-focus]')?.focus();
document.addEventListener('htmx:after:swap', arrived);
document.addEventListener('htmx:after:history:restore', arrived);
