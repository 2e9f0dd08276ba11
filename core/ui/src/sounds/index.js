// The button that speaks a text of a form before it is kept (AUD-4).
import { t } from '@sentralbord/sdk';

document.addEventListener('click', (event) => {
  const button = event.target.closest('[data-hear] button');
  if (button) hear(button.closest('[data-hear]'), button);
});

async function hear(part, button) {
  const form = part.closest('form');
  const player = part.querySelector('audio');
  const wrong = part.querySelector('[role=alert]');
  const show = (text) => {
    wrong.textContent = text;
    wrong.hidden = !text;
  };
  show('');
  button.disabled = true;
  try {
    const text = form.elements.text.value;
    const ssml = form.elements.form.value === 'ssml' && !text.trimStart().startsWith('<speak');
    const answer = await fetch('/api/v1/sounds/preview', {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', 'X-CSRF-Token': form.elements.csrf.value },
      body: JSON.stringify({ text: ssml ? `<speak>${text}</speak>` : text, voice: form.elements.voice.value }),
    });
    if (!answer.ok) {
      show((await answer.json()).detail);
      return;
    }
    URL.revokeObjectURL(player.src);
    player.src = URL.createObjectURL(await answer.blob());
    player.hidden = false;
    await player.play();
  } catch {
    show(t('It cannot be heard just now. Try again.'));
  } finally {
    button.disabled = false;
  }
}
