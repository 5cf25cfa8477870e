// The pages that users see: plain HTML, every value escaped, nothing loaded from elsewhere.
const ESCAPES = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };
const escape = (text) => String(text).replace(/[&<>"']/g, (char) => ESCAPES[char]);

const page = (title, body) => `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>${escape(title)}</title></head>
<body>
<h1>${escape(title)}</h1>
${body}
</body>
</html>
`;
const paragraph = (text) => (text ? `<p>${escape(text)}</p>` : '');
const nameOf = (client) => escape(client.clientName ?? client.clientId);

export const loginPage = ({ client, token, problem }) => page('Sign in', `${paragraph(problem)}
<p>to continue to <strong>${nameOf(client)}</strong></p>
<form method="post">
<input type="hidden" name="csrf" value="${token}">
<p><label>User name <input type="text" name="username" autocomplete="username" required></label></p>
<p><label>Password <input type="password" name="password" autocomplete="current-password" required></label></p>
<button type="submit">Sign in</button>
</form>`);

export const consentPage = ({ client, token, scopes, problem }) => page('Allow access?', `${paragraph(problem)}
<p><strong>${nameOf(client)}</strong> asks for:</p>
<ul>${scopes.map((scope) => `<li>${escape(scope)}</li>`).join('')}</ul>
<form method="post">
<input type="hidden" name="csrf" value="${token}">
<button type="submit" name="decision" value="allow">Allow</button>
<button type="submit" name="decision" value="deny">Deny</button>
</form>`);

export function messagePage(ctx, status, message) {
  ctx.status = status;
  ctx.type = 'html';
  ctx.body = page('That did not work', paragraph(message));
}

const PAGES = new Set(['authorization', 'resume', 'code_verification', 'device_resume']);

/** Where people look there is a page; a client gets JSON, even one that asks for HTML. */
export function renderError(ctx, answer) {
  if (!PAGES.has(ctx.oidc.route)) {
    ctx.body = answer;
    return;
  }
  const { error, error_description: description } = answer;
  ctx.type = 'html';
  ctx.body = page('That did not work', `<p><code>${escape(error)}</code></p>${paragraph(description)}`);
}

/** `form` is the library's own, with its anti-forgery token in it; the buttons are ours to add. */
const withButtons = (form, buttons) => form.replace('</form>', `${buttons}\n</form>`);

function describe(error) {
  if (error === undefined) return 'Enter the code that your device shows.';
  if (error.name === 'AbortedError') return 'The device was denied access.';
  return 'This code does not work. Check it, or start again on the device.';
}

export const devicePages = {
  userCodeInputSource(ctx, form, _out, error) {
    ctx.type = 'html';
    ctx.body = page('Connect a device', `${paragraph(describe(error))}
${withButtons(form, '<button type="submit">Continue</button>')}`);
  },
  userCodeConfirmSource(ctx, form, client, _deviceInfo, userCode) {
    ctx.type = 'html';
    ctx.body = page('Is this your device?', `<p><strong>${nameOf(client)}</strong> should show this code:
<code>${escape(userCode)}</code></p>
${withButtons(form, `<button type="submit">Continue</button>
<button type="submit" name="abort" value="yes">Deny</button>`)}`);
  },
  successSource(ctx) {
    ctx.type = 'html';
    ctx.body = page('Device connected', `<p><strong>${nameOf(ctx.oidc.client)}</strong> may go on. You can close this page.</p>`);
  },
};
