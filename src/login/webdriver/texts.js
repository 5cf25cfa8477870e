// The texts that a picture of the page would show, in order; given what to put in their place (null: nothing), they are changed.
const changed = arguments[0] || null;
const texts = [];
const walk = (root) => {
  for (const node of root.childNodes) {
    const name = node.localName;
    if (node.nodeType === Node.TEXT_NODE) {
      texts.push([node.data, (text) => { node.data = text; }]);
    } else if (name === 'input' || name === 'textarea') {
      texts.push([node.value, (text) => { node.value = text; }]);
    } else if (node.nodeType === Node.ELEMENT_NODE && name !== 'script' && name !== 'style') {
      if (node.shadowRoot) { walk(node.shadowRoot); }
      walk(node);
    }
  }
};
if (document.body) { walk(document.body); }
if (!changed) { return texts.map(([text]) => text); }
texts.forEach(([, put], at) => { if (typeof changed[at] === 'string') { put(changed[at]); } });
return true;
