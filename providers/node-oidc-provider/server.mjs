// Serves oidc-provider as a careful deployer would configure it, with the clients and users of provider.yaml.
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { parseArgs } from 'node:util';

import { Provider, errors } from 'oidc-provider';
import { parse } from 'yaml';

import { faults } from './faults.mjs';
import { interactions } from './interactions.mjs';
import { devicePages, messagePage, renderError } from './pages.mjs';
import { MemoryStore } from './store.mjs';

const HOUR = 3600;
const LONGEST_URL = 8 * 1024;
const DEVICE_CODE = 'urn:ietf:params:oauth:grant-type:device_code';

function fail(message) {
  console.error(message);
  process.exit(2);
}

function readOptions() {
  try {
    return parseArgs({
      options: {
        port: { type: 'string', default: '9410' },
        fault: { type: 'string', multiple: true, default: [] },
        'short-lifetimes': { type: 'boolean', default: false },
        registration: { type: 'boolean', default: false },
        'list-faults': { type: 'boolean', default: false },
      },
    }).values;
  } catch (error) {
    return fail(error.message);
  }
}

const options = readOptions();
if (options['list-faults']) {
  for (const [name, { help }] of Object.entries(faults)) console.log(`${name.padEnd(32)} ${help}`);
  process.exit(0);
}
for (const name of options.fault) {
  if (!Object.hasOwn(faults, name)) fail(`no such fault: ${name} (there are: ${Object.keys(faults).join(', ')})`);
}

const target = parse(readFileSync(new URL('provider.yaml', import.meta.url), 'utf8'));
const users = Object.values(target.users);
const issuer = `http://127.0.0.1:${options.port}`;

/** A role of provider.yaml as the client metadata that oidc-provider takes (RFC 7591 names). */
function registration([role, client]) {
  const redirectUris = client.redirect_uris ?? [];
  return {
    client_id: client.id,
    client_name: `Demo ${role.replace('_', ' ')}`,
    client_secret: client.secret,
    token_endpoint_auth_method: client.secret === undefined ? 'none' : client.auth,
    redirect_uris: redirectUris,
    grant_types: client.grants.map((grant) => (grant === 'device_code' ? DEVICE_CODE : grant)),
    response_types: client.grants.includes('authorization_code') ? ['code'] : [],
    scope: client.scopes?.join(' '),
    application_type: redirectUris.every((uri) => /^https?:/.test(uri)) ? 'web' : 'native',
  };
}

const knownScopes = new Set(Object.values(target.clients).flatMap((client) => client.scopes ?? []));

/** RFC 6749 section 3.3: says so where the library would leave an unknown scope out. */
function refuseUnknownScope(ctx) {
  const { scope } = ctx.oidc.body ?? ctx.query;
  const unknown = scope?.split(' ').find((name) => name && !knownScopes.has(name));
  if (unknown !== undefined) throw new errors.InvalidScope('there is no such scope');
}

const seesEveryToken = new Set(Object.values(target.clients).filter((c) => c.introspect).map((c) => c.id));

const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const lifetimes = options['short-lifetimes']
  ? { AuthorizationCode: 5, AccessToken: 5, ClientCredentials: 5, IdToken: 5, DeviceCode: 10, RefreshToken: 8 }
  : {
    AuthorizationCode: 60, AccessToken: HOUR, ClientCredentials: HOUR, IdToken: HOUR, DeviceCode: 600, RefreshToken: 24 * HOUR,
  };

const configuration = {
  adapter: MemoryStore,
  clients: Object.entries(target.clients).map(registration),
  scopes: [...knownScopes],
  // Both are called where a request can still be refused; the library has no hook that is about scope.
  extraParams: { scope: refuseUnknownScope },
  extraTokenClaims: (ctx, token) => {
    if (token.kind === 'ClientCredentials') refuseUnknownScope(ctx);
  },
  claims: { openid: ['sub'], profile: ['preferred_username'], email: ['email'] },
  findAccount: (_ctx, id) => {
    const user = users.find(({ username }) => username === id);
    return user && {
      accountId: id,
      claims: () => ({ sub: id, preferred_username: id, email: `${id}@users.example` }),
    };
  },

  responseTypes: ['code'],
  clientAuthMethods: ['client_secret_basic', 'client_secret_post', 'none'],
  pkce: { required: (_ctx, client) => client.clientAuthMethod === 'none' },
  jwks: { keys: [{ ...privateKey.export({ format: 'jwk' }), use: 'sig', alg: 'RS256' }] },
  enabledJWA: { idTokenSigningAlgValues: ['RS256'] },
  cookies: { keys: [randomBytes(32).toString('base64url')] },
  // One machine has one clock: what has expired is over at once.
  clockTolerance: 0,
  ttl: { ...lifetimes, Interaction: HOUR / 2, Session: HOUR, Grant: 24 * HOUR },

  // Refresh tokens go to every client with that grant, offline_access or not, and rotate at every use.
  issueRefreshToken: (_ctx, client) => client.grantTypeAllowed('refresh_token'),
  rotateRefreshToken: true,
  expiresWithSession: () => false,

  // Consent is never remembered, so every approval is a grant of its own and a user can always deny.
  loadExistingGrant: (ctx) => {
    // RFC 6749 section 3.3: a request without scope is served with the client's default. The library has none.
    ctx.oidc.params.scope ??= ctx.oidc.client.scope;
    const grantId = ctx.oidc.result?.consent?.grantId;
    return grantId && ctx.oidc.provider.Grant.find(grantId);
  },
  interactions: { url: (_ctx, interaction) => `/interaction/${interaction.uid}` },
  renderError,

  features: {
    devInteractions: { enabled: false },
    clientCredentials: { enabled: true },
    deviceFlow: { enabled: true, ...devicePages },
    introspection: {
      enabled: true,
      allowedPolicy: (_ctx, caller, token) => caller.clientAuthMethod !== 'none'
        && (caller.clientId === token.clientId || seesEveryToken.has(caller.clientId)),
    },
    revocation: { enabled: true },
    registration: { enabled: options.registration },
    registrationManagement: { enabled: options.registration },
    dPoP: { enabled: false },
    pushedAuthorizationRequests: { enabled: false },
    resourceIndicators: { enabled: false },
    rpInitiatedLogout: { enabled: false },
  },
};

for (const name of options.fault) faults[name].configure?.(configuration);
const provider = new Provider(issuer, configuration);
for (const name of options.fault) faults[name].plant?.(provider);

provider.on('server_error', (ctx, error) => console.error(`${ctx.method} ${ctx.path}: ${error.stack}`));

provider.use(async (ctx, next) => {
  // No form-action: browsers apply it to the redirect that follows the form, which leads to the client.
  // With no-referrer, browsers would send our own forms with `Origin: null`.
  // An empty script-src is one that the library can add the digest of its own script to.
  ctx.set({
    'Content-Security-Policy': "default-src 'none'; script-src; base-uri 'none'; frame-ancestors 'none'",
    'X-Frame-Options': 'DENY',
    'X-Content-Type-Options': 'nosniff',
    'Referrer-Policy': 'same-origin',
  });
  await next();
  if (ctx.response.is('html')) ctx.set('Cache-Control', 'no-store');
});
// The library builds its own addresses from the Host header; only our own may get that far.
provider.use(async (ctx, next) => {
  if (ctx.host !== new URL(issuer).host) return messagePage(ctx, 421, 'This is another host.');
  if (ctx.url.length > LONGEST_URL) return messagePage(ctx, 414, 'This address is too long.');
  return next();
});
provider.use(interactions(provider, issuer, users));

// Node's own limit cuts the connection before the answer is read; LONGEST_URL answers in its place.
// Its five seconds of keep-alive are a device's polling interval, and such a poll would meet a closing connection.
const server = createServer({ maxHeaderSize: 256 * 1024, keepAliveTimeout: 75_000 }, provider.callback());
server.listen(Number(options.port), '127.0.0.1', () => {
  console.log(`${issuer} is ready${options.fault.map((name) => `, with fault ${name}`).join('')}`);
});
server.on('error', (error) => {
  console.error(`cannot listen on ${issuer}: ${error.code}`);
  process.exit(1);
});
for (const signal of ['SIGINT', 'SIGTERM']) {
  process.once(signal, () => {
    server.close(() => process.exit(0));
    server.closeAllConnections();
  });
}
