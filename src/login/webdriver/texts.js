// The texts that a picture of the page would show, in order, and nothing that stands in a frame: not every frame can be read. Given them
// and what to put in their place (null: nothing), they are changed; false where others stand there by now.
const seen = arguments[0] || null;
const changed = arguments[1] || [];
const texts = [];
const cover = (frame) => {
  const { width, height } = frame.getBoundingClientRect();
  if (width < 1 || height < 1) { frame.remove(); return; }
  const box = document.createElement('div');
  box.textContent = 'a frame, which no picture shows';
  box.style.cssText = `display: inline-block; box-sizing: border-box; overflow: hidden; border: 1px dashed; width: ${width}px; height: ${height}px`;
  frame.replaceWith(box);
};
const walk = (root) => {
  for (const node of [...root.childNodes]) {
    const name = node.localName;
    if (node.nodeType === Node.TEXT_NODE) {
      texts.push([node.data, (text) => { node.data = text; }]);
    } else if (name === 'input' || name === 'textarea') {
      texts.push([node.value, (text) => { node.value = text; }]);
    } else if (['iframe', 'frame', 'object', 'embed'].includes(name)) {
      cover(node);
    } else if (node.nodeType === Node.ELEMENT_NODE && name !== 'script' && name !== 'style') {
      if (node.shadowRoot) { walk(node.shadowRoot); }
      walk(node);
    }
  }
};
if (document.body) { walk(document.body); }
if (!seen) { return texts.map(([text]) => text); }
const due = (at) => typeof changed[at] === 'string';
if (!changed.every((_, at) => !due(at) || (texts[at] && texts[at][0] === seen[at]))) { return false; }
texts.forEach(([, put], at) => { if (due(at)) { put(changed[at]); } });
return true;
