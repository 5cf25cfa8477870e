#!/usr/bin/env node
// Makes in a running FerrisKey what provider.yaml describes: a realm, clients, users. What is there of that realm goes first.
//
//   FERRISKEY_ADMIN_PASSWORD=… node setup.mjs [URL]
//
// URL is http://127.0.0.1:3333 unless given. The provider file with FerrisKey's own secrets is written to .run/provider.yaml,
// readable by its owner only.
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const base = (process.argv[2] ?? 'http://127.0.0.1:3333').replace(/\/$/, '');
const realm = 'flowproof';
const username = process.env.FERRISKEY_ADMIN ?? 'admin';
const password = process.env.FERRISKEY_ADMIN_PASSWORD;
if (!password) {
  console.error('setup.mjs: set FERRISKEY_ADMIN_PASSWORD to the password of the admin of the master realm');
  process.exit(2);
}

async function call(method, path, { token, json, form } = {}) {
  const response = await fetch(base + path, {
    method,
    headers: {
      ...(token ? { authorization: `Bearer ${token}` } : {}),
      ...(json ? { 'content-type': 'application/json' } : {}),
    },
    body: json ? JSON.stringify(json) : form ? new URLSearchParams(form) : undefined,
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${method} ${path}: status ${response.status} ${text.slice(0, 300)}`);
  return text ? JSON.parse(text) : {};
}

const { access_token: token } = await call('POST', '/realms/master/protocol/openid-connect/token', {
  form: { grant_type: 'password', client_id: 'admin-cli', username, password },
});
const admin = (method, path, json) => call(method, path, { token, json });
const idOf = (answer) => answer.id ?? answer.data?.id ?? answer.client?.id ?? answer.user?.id;

await admin('DELETE', `/realms/${realm}`).catch(() => {});
await admin('POST', '/realms', { name: realm });

// Each: role, client_id, public?, redirect URIs, what else it may.
const callback = (port, host) => [`http://127.0.0.1:${port}/callback`, `https://${host}.example/cb`];
const clients = [
  ['web', 'web-app', false, callback(8400, 'client'), {}],
  ['other', 'other-app', false, callback(8401, 'other'), { service_account_enabled: true }],
  ['spa', 'my-frontend', true, callback(8402, 'spa'), {}],
  ['other_spa', 'other-frontend', true, callback(8403, 'otherspa'), {}],
  ['batch', 'batch-job', false, [], { service_account_enabled: true }],
  ['batch_post', 'batch-job-post', false, [], { service_account_enabled: true }],
  ['tv', 'tv', true, [], { oauth_device_code_grant_enabled: true }],
  ['other_tv', 'other-tv', true, [], { oauth_device_code_grant_enabled: true }],
  ['console', 'console', false, [], { oauth_device_code_grant_enabled: true }],
  ['single', 'single-app', false, ['https://single.example/cb'], {}],
  ['query', 'query-app', false, ['https://query.example/cb?tenant=a%20b', 'https://query.example/plain'], {}],
  ['native', 'native-app', true, ['http://127.0.0.1/cb', 'http://[::1]/cb6', 'http://localhost/callback', 'com.example.app:/cb'], {}],
  ['inspector', 'billing-api', false, [], { service_account_enabled: true }],
];
let file = readFileSync(join(here, 'provider.yaml'), 'utf8').replaceAll('http://127.0.0.1:3333', base);
for (const [role, id, isPublic, redirects, more] of clients) {
  const made = await admin('POST', `/realms/${realm}/clients`, {
    name: id, client_id: id, client_type: isPublic ? 'public' : 'confidential', public_client: isPublic, enabled: true,
    protocol: 'openid-connect', service_account_enabled: false, direct_access_grants_enabled: false,
    oauth_device_code_grant_enabled: false, ...more,
  });
  await admin('PATCH', `/realms/${realm}/clients/${idOf(made)}`, { require_pkce: redirects.length > 0 });
  for (const value of redirects) await admin('POST', `/realms/${realm}/clients/${idOf(made)}/redirects`, { value, enabled: true });
  if (isPublic) continue;
  const whole = await admin('GET', `/realms/${realm}/clients/${idOf(made)}`);
  const secret = whole.secret ?? whole.data?.secret;
  if (!secret) throw new Error(`${id}: FerrisKey shows no secret`);
  file = file.replace(`"\${FERRISKEY_${role.toUpperCase()}_SECRET}"`, JSON.stringify(secret));
}
const people = { alice: 'demo-password-of-Alice-1', bob: 'demo-password-of-Bob-1', carol: 'demo-password-of-Carol-1' };
for (const [name, value] of Object.entries(people)) {
  const made = await admin('POST', `/realms/${realm}/users`, {
    username: name, email: `${name}@flowproof.example`, email_verified: true, firstname: name, lastname: 'Example',
  });
  await admin('PUT', `/realms/${realm}/users/${idOf(made)}/reset-password`, { credential_type: 'password', temporary: false, value });
}
mkdirSync(join(here, '.run'), { recursive: true });
const target = join(here, '.run', 'provider.yaml');
writeFileSync(`${target}.new`, file, { mode: 0o600 });
renameSync(`${target}.new`, target);
console.log(`realm ${realm} is ready; provider file: ${target}`);
