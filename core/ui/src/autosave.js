// Settings that save themselves (GEN-13): each choice is sent when it is made, a text when its field is left.
const root = document.documentElement;
let last = Promise.resolve();

/** Send one setting to an address of the API, after those before it; whether it was kept. */
export function save(address, setting) {
  last = last.then(() => send(address, setting));
  return last;
}

async function send(address, setting) {
  const csrf = document.querySelector('input[name=csrf]').value;
  const headers = { 'Content-Type': 'application/json', 'X-CSRF-Token': csrf };
  const asked = fetch(address, { method: 'PATCH', headers, body: JSON.stringify(setting), keepalive: true });
  return (await asked.catch(() => undefined))?.ok ?? false;
}

document.addEventListener('change', async (event) => {
  const { name, value, form } = event.target;
  if (!form?.dataset.autosave) return;
  const status = document.querySelector('[data-saved]');
  status.textContent = '';
  const kept = await save(form.dataset.autosave, { [name]: value });
  status.textContent = kept ? status.dataset.saved : status.dataset.notSaved;
  if (kept && name in root.dataset) root.dataset[name] = value;
});

/** What saves itself needs no button. */
export function hideButtons() {
  for (const part of document.querySelectorAll('[data-autosave] [data-without-script]')) part.hidden = true;
}
