// Forms that a passkey answers: they ask the server for a challenge, the browser for the answer, and are sent with it.
import { t } from './sdk/i18n.js';

const WHY = {
  NotAllowedError: () => t('You cancelled, it took too long, or there is no passkey of yours here. Try again.'),
  AbortError: () => t('You cancelled, it took too long, or there is no passkey of yours here. Try again.'),
  InvalidStateError: () => t('This device has a passkey of yours already.'),
  ConstraintError: () => t('This device cannot verify that it is you. Use another one.'),
  NotSupportedError: () => t('This device cannot make a passkey that can be used here. Use another one.'),
};

/** Why there can be no passkey in this browser, or at this address; nothing when there can be. */
function obstacle(origin) {
  if (location.origin !== origin) return t('Passkeys work at {address} only.', { address: origin });
  if (!window.PublicKeyCredential?.parseRequestOptionsFromJSON) return t('This browser has no passkeys. Use a newer one.');
  return '';
}

/** Why a request came to nothing, in the words of the server when it has some. */
async function refusal(answer) {
  const problem = await answer.json().catch(() => ({}));
  return problem.detail ?? t('Sentralbord does not answer as it should. Load the page again.');
}

async function answered(form) {
  const headers = { 'X-CSRF-Token': form.elements.csrf.value, Accept: 'application/json' };
  const answer = await fetch(form.dataset.options, { method: 'POST', headers });
  if (!answer.ok) throw new Error(await refusal(answer));
  const options = await answer.json();
  const { credentials } = navigator;
  return form.dataset.passkey === 'create'
    ? credentials.create({ publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(options) })
    : credentials.get({ publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(options) });
}

function why(error) {
  if (error instanceof DOMException) return WHY[error.name]?.() ?? t('This browser refused: {why}', { why: error.message });
  return error instanceof TypeError ? t('Sentralbord does not answer. Check your connection and try again.') : error.message;
}

document.addEventListener('submit', async (event) => {
  const form = event.target.closest('form[data-passkey]');
  if (!form) return;
  event.preventDefault();
  const [button, says] = [form.querySelector('button'), form.querySelector('[role="alert"]')];
  says.textContent = obstacle(form.dataset.origin);
  if (says.textContent) return;
  button.disabled = true;
  try {
    form.elements.credential.value = JSON.stringify(await answered(form));
    form.submit();
  } catch (error) {
    says.textContent = why(error);
    button.disabled = false;
    button.focus();
  }
});
