// On every page: htmx navigation, theme, menus, and the modules that the page in #main asks for.
import htmx from 'htmx.org/dist/htmx.esm.js';
import './shell.js';
import './choose.js';
import './menu.js';

window.htmx = htmx;
