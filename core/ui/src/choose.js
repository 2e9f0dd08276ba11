// Choosing rows of a list: all of the page, all that were found, a range with Shift, and how many there are.
let last = null;

document.addEventListener('click', (event) => {
  const box = event.target.closest('input[type="checkbox"][form]');
  const form = box?.form;
  if (!form?.hasAttribute('data-choose')) return;
  const boxes = boxesOf(form);
  if (event.shiftKey && last && boxes.includes(last)) {
    const [from, to] = [boxes.indexOf(last), boxes.indexOf(box)].sort((a, b) => a - b);
    for (const one of boxes.slice(from, to + 1)) one.checked = box.checked;
  }
  last = box;
});

/** The arrows go from row to row; with Shift the next row is chosen as this one is. */
document.addEventListener('keydown', (event) => {
  const box = event.target.closest?.('input[type="checkbox"][form]');
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (!step || !box?.form?.hasAttribute('data-choose')) return;
  const boxes = boxesOf(box.form);
  const next = boxes[boxes.indexOf(box) + step];
  if (!next) return;
  event.preventDefault();
  if (event.shiftKey) next.checked = box.checked;
  next.focus();
  last = next;
  show(box.form);
});

document.addEventListener('change', (event) => {
  const form = event.target.form;
  if (!form?.hasAttribute('data-choose')) return;
  if (event.target.hasAttribute('data-choose-all')) for (const box of boxesOf(form)) box.checked = event.target.checked;
  show(form);
});

function boxesOf(form) {
  return [...form.elements].filter((one) => one.name === 'user');
}

function show(form) {
  const boxes = boxesOf(form);
  const chosen = boxes.filter((one) => one.checked).length;
  const everyone = form.querySelector('[data-choose-everyone]').checked;
  const all = form.querySelector('[data-choose-all]');
  for (const box of boxes) box.disabled = everyone;
  all.disabled = everyone;
  all.checked = chosen === boxes.length;
  all.indeterminate = chosen > 0 && chosen < boxes.length;
  const count = form.querySelector('[data-choose-count]');
  if (everyone) count.textContent = '';
  else count.textContent = chosen ? `${count.dataset.some} ${chosen}` : count.dataset.none;
}
