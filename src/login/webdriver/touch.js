// The control that bears this number; with a wish, it is set or pressed by script, for where no pointer reaches it.
const [number, wish] = arguments;
const element = (window.flowproofMarks || [])[number];
if (!element) { return null; }
if (wish === 'press') { element.click(); }
if (wish === 'on' || wish === 'off') {
  const on = wish === 'on';
  if (element.localName === 'option') {
    element.selected = on;
    const select = element.closest('select');
    for (const kind of ['input', 'change']) { select.dispatchEvent(new Event(kind, { bubbles: true, composed: kind === 'input' })); }
  } else if (element.checked !== on) {
    element.click();
  }
}
return element;
