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
// The document as it is shown, in one tree: where an element has an open shadow root, that stands in it, with what is slotted in the slots.
// A document of its own: one that is shown would fetch its pictures, and have its elements begin their work anew.
const inert = document.implementation.createHTMLDocument('');
const roots = [document];
const inside = (element) => {
  const slotted = element.localName === 'slot' ? element.assignedNodes() : [];
  return slotted.length > 0 ? slotted : [...(element.shadowRoot || element).childNodes];
};
const copyOf = (node, enter) => {
  const twin = inert.importNode(node, false);
  if (node.nodeType !== Node.ELEMENT_NODE) { return twin; }
  if (!enter(node, twin)) { return null; }
  for (const child of inside(node)) {
    const copied = copyOf(child, enter);
    if (copied) { twin.append(copied); }
  }
  return twin;
};
const pairs = [];
const copy = copyOf(document.documentElement, (element, twin) => {
  const name = element.localName;
  if (element.shadowRoot) { roots.push(element.shadowRoot); }
  if (['script', 'style', 'noscript', 'template', 'iframe', 'link'].includes(name) || (name === 'meta' && element.httpEquiv)) {
    return false;
  }
  return pairs.push([element, twin]);
});
// In one tree, an id that several roots have for their own would lead a label to another's field.
const taken = new Set();
const renamed = new Map(roots.map((root, at) => {
  const ids = new Set([...root.querySelectorAll('[id]')].map((element) => element.id));
  const others = [...ids].filter((id) => taken.has(id)).map((id) => [id, `${id}-${at}`]);
  ids.forEach((id) => taken.add(id));
  return [root, new Map(others)];
}));
pairs.forEach(([element, twin]) => {
  const name = element.localName;
  const ids = renamed.get(element.getRootNode());
  for (const said of ['id', 'for', 'form']) {
    const own = ids && ids.get(twin.getAttribute(said));
    if (own) { twin.setAttribute(said, own); }
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
    standing = inert.createElement('button');
    for (const said of twin.attributes) { standing.setAttribute(said.name, said.value); }
    standing.setAttribute('type', 'submit');
    standing.setAttribute('data-flowproof-scripted', '');
    standing.textContent = element.innerText || twin.textContent.trim() || element.getAttribute('aria-label') || '';
    twin.replaceWith(standing);
  }
  const loose = element.form === undefined || element.form === null;
  if (['input', 'select', 'textarea', 'button'].includes(standing.localName) && loose && !standing.closest('form')) {
    standing.setAttribute('form', 'flowproof-page');
  }
});
const body = copy.querySelector('body');
const page = inert.createElement('form');
page.id = 'flowproof-page';
page.setAttribute('method', 'post');
// Where the page is says nothing of what its loose controls are for.
page.setAttribute('action', 'about:blank');
if (body) { body.prepend(page); }
const picked = {};
let broken = null;
for (const [role, selector] of Object.entries(selectors)) {
  try {
    const found = roots.flatMap((root) => [...root.querySelectorAll(selector)]).find(seen);
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
  // What stands in shadow roots is no part of the markup.
  source: (roots.length > 1 ? copyOf(document.documentElement, () => true) : document.documentElement).outerHTML,
  scripted: document.scripts.length > 0,
  picked,
  broken,
};
