// What a user sees of the page: its markup with every control numbered, what is hidden marked so, and scripts taken away.
const selectors = arguments[0];
if (!document.body || location.href === 'about:blank') { return null; }
const marks = (window.flowproofMarks = []);
const mark = (element) => {
  const known = marks.indexOf(element);
  return known >= 0 ? known : marks.push(element) - 1;
};
const visible = (element) =>
  element.checkVisibility({ visibilityProperty: true, opacityProperty: true }) &&
  [...element.getClientRects()].some((box) => box.width > 1 && box.height > 1 && box.right > 0 && box.left > -500);
const boxed = (element) => element.localName === 'input' && ['checkbox', 'radio'].includes(element.type);
// A box that a style sheet paints itself is seen by its label.
const seen = (element) => {
  if (element.localName === 'option') { return visible(element.closest('select') || element); }
  return visible(element) || (boxed(element) && [...(element.labels || [])].some(visible));
};
const copy = document.documentElement.cloneNode(true);
const originals = [...document.documentElement.querySelectorAll('*')];
const copies = [...copy.querySelectorAll('*')];
originals.forEach((element, at) => {
  const twin = copies[at];
  const name = element.localName;
  if (['script', 'style', 'noscript', 'template', 'iframe', 'link'].includes(name) || (name === 'meta' && element.httpEquiv)) {
    twin.remove();
    return;
  }
  for (const said of ['class', 'style', 'hidden', 'onload', 'aria-hidden']) { twin.removeAttribute(said); }
  const controls = ['input', 'select', 'option', 'textarea', 'button', 'a', 'area'];
  const acts = element.getAttribute('role') === 'button' && !controls.includes(name);
  if (!controls.includes(name) && !acts) {
    if (!element.checkVisibility({ visibilityProperty: false }) && name !== 'head' && !element.closest('head')) {
      twin.setAttribute('hidden', '');
    }
    return;
  }
  twin.setAttribute('data-flowproof-mark', mark(element));
  twin.removeAttribute('onclick');
  // A script reads a field without its having a name.
  if (!twin.getAttribute('name') && ['input', 'select', 'textarea'].includes(name)) {
    twin.setAttribute('name', element.id || element.getAttribute('autocomplete') || 'field-' + mark(element));
  }
  if (!seen(element)) { twin.setAttribute('hidden', ''); }
  if (name === 'input' || name === 'textarea') {
    if (boxed(element)) { twin.toggleAttribute('checked', element.checked); }
    else if (element.type !== 'password') { twin.setAttribute('value', element.value); }
    else { twin.removeAttribute('value'); }
    if (name === 'textarea') { twin.textContent = element.value; }
    twin.toggleAttribute('readonly', !!element.readOnly && !boxed(element));
  }
  if (name === 'option') { twin.toggleAttribute('selected', element.selected); }
  if ('disabled' in element) { twin.toggleAttribute('disabled', element.disabled || element.getAttribute('aria-disabled') === 'true'); }
  if (name === 'button' || (name === 'input' && element.type === 'button')) {
    if (element.type === 'button') {
      twin.setAttribute('type', 'submit');
      twin.setAttribute('data-flowproof-scripted', '');
    }
  }
  const href = name === 'a' ? (element.getAttribute('href') || '').trim() : null;
  const pressed = acts || (href !== null && (href === '' || href.startsWith('#') || href.toLowerCase().startsWith('javascript:')));
  let standing = twin;
  if (pressed && (acts || element.onclick || href !== '' || element.getAttribute('role') === 'button')) {
    standing = document.createElement('button');
    for (const said of twin.attributes) { standing.setAttribute(said.name, said.value); }
    standing.setAttribute('type', 'submit');
    standing.setAttribute('data-flowproof-scripted', '');
    standing.textContent = element.innerText || element.getAttribute('aria-label') || '';
    twin.replaceWith(standing);
  }
  const loose = element.form === undefined || element.form === null;
  if (['input', 'select', 'textarea', 'button'].includes(standing.localName) && loose && !element.closest('form')) {
    standing.setAttribute('form', 'flowproof-page');
  }
});
const body = copy.querySelector('body');
const page = document.createElement('form');
page.id = 'flowproof-page';
page.setAttribute('method', 'post');
// Where the page is says nothing of what its loose controls are for.
page.setAttribute('action', 'about:blank');
if (body) { body.prepend(page); }
const picked = {};
let broken = null;
for (const [role, selector] of Object.entries(selectors)) {
  try {
    const found = [...document.querySelectorAll(selector)].find(seen);
    if (found) { picked[role] = mark(found); }
  } catch (error) {
    broken = role;
  }
}
return {
  url: location.href,
  state: document.readyState,
  born: performance.timeOrigin,
  seen: copy.outerHTML,
  source: document.documentElement.outerHTML,
  scripted: document.scripts.length > 0,
  picked,
  broken,
};
