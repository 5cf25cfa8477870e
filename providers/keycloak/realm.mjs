#!/usr/bin/env node
// Writes the realm file that Keycloak imports, with the clients and users of provider.yaml, as a careful administrator would set them.
//
//   node realm.mjs [--fault NAME]... [--short-lifetimes]    prints the realm file
//   node realm.mjs --list-faults
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';

import { parse } from 'yaml';

import { faults } from './faults.mjs';

function fail(message) {
  console.error(`realm.mjs: ${message}`);
  process.exit(2);
}

function readOptions() {
  try {
    return parseArgs({
      options: {
        fault: { type: 'string', multiple: true, default: [] },
        'short-lifetimes': { type: 'boolean', default: false },
        'list-faults': { type: 'boolean', default: false },
      },
    }).values;
  } catch (error) {
    return fail(error.message);
  }
}

const options = readOptions();
if (options['list-faults']) {
  for (const [name, { help }] of Object.entries(faults)) console.log(`${name.padEnd(36)} ${help}`);
  process.exit(0);
}
for (const name of options.fault) {
  if (!Object.hasOwn(faults, name)) fail(`no such fault: ${name} (there are: ${Object.keys(faults).join(', ')})`);
}

const target = parse(readFileSync(new URL('provider.yaml', import.meta.url), 'utf8'));
const name = new URL(target.issuer).pathname.split('/').pop();
const introspector = Object.values(target.clients).find((client) => client.introspect);

const mapper = (mapperName, type, config) => ({ name: mapperName, protocol: 'openid-connect', protocolMapper: type, config });
const everywhere = { 'access.token.claim': 'true', 'id.token.claim': 'true', 'userinfo.token.claim': 'true', 'introspection.token.claim': 'true' };
const attribute = (claim, from) => mapper(claim, 'oidc-usermodel-attribute-mapper', {
  ...everywhere, 'user.attribute': from, 'claim.name': claim, 'jsonType.label': 'String',
});
const audience = (clientId) => mapper(`audience ${clientId}`, 'oidc-audience-mapper', {
  'included.client.audience': clientId, 'access.token.claim': 'true', 'introspection.token.claim': 'true',
});
const scope = (scopeName, protocolMappers = [], shown = true) => ({
  name: scopeName, protocol: 'openid-connect', protocolMappers, attributes: { 'include.in.token.scope': String(shown) },
});

// Every client has `basic`, which no token's scope shows.
const clientScopes = [
  scope('basic', [
    mapper('sub', 'oidc-sub-mapper', { 'access.token.claim': 'true', 'introspection.token.claim': 'true' }),
    audience(introspector.id),
  ], false),
  scope('profile', [attribute('preferred_username', 'username')]),
  scope('email', [attribute('email', 'email')]),
  scope('billing:read'),
  scope('billing:write'),
];

// `openid` is there without being made.
const askable = (client) => (client.scopes ?? []).filter((one) => one !== 'openid');

/** A role of provider.yaml as Keycloak's client representation. */
function registration([role, client]) {
  const may = (grant) => client.grants.includes(grant);
  const confidential = client.secret !== undefined;
  const attributes = {
    'use.refresh.tokens': String(may('refresh_token')),
    'oauth2.device.authorization.grant.enabled': String(may('device_code')),
  };
  if (confidential) attributes['client.secret.authentication.allowed.method'] = client.auth;
  // A public client has nothing else that ties the code to it.
  if (!confidential && may('authorization_code')) attributes['pkce.code.challenge.method'] = 'S256';
  if (client.introspect) attributes['allow.token.introspection.without.audience.check'] = 'true';
  return {
    clientId: client.id,
    name: `Demo ${role.replaceAll('_', ' ')}`,
    protocol: 'openid-connect',
    publicClient: !confidential,
    ...(confidential && { clientAuthenticatorType: 'client-secret', secret: client.secret }),
    redirectUris: client.redirect_uris ?? [],
    standardFlowEnabled: may('authorization_code'),
    implicitFlowEnabled: false,
    directAccessGrantsEnabled: false,
    serviceAccountsEnabled: may('client_credentials'),
    consentRequired: may('authorization_code'),
    fullScopeAllowed: false,
    attributes,
    // Who is in no `aud` is told by introspection that its own live token is not active.
    protocolMappers: confidential ? [audience(client.id)] : [],
    defaultClientScopes: ['basic'],
    optionalClientScopes: askable(client),
  };
}

// Approvals of one user for one client that are made side by side are stored twice, and end every later login there: these are made
// beforehand. Carol has none and is asked, so she is the one who can refuse.
const hasApproved = ['alice', 'bob'];
const approvals = () => Object.values(target.clients).map((client) => ({
  clientId: client.id, grantedClientScopes: ['basic', ...askable(client)],
}));

const account = ([key, user]) => ({
  username: user.username,
  enabled: true,
  email: `${user.username}@users.example`,
  emailVerified: true,
  firstName: key,
  lastName: 'Demo',
  credentials: [{ type: 'password', value: user.password }],
  ...(hasApproved.includes(key) && { clientConsents: approvals() }),
});

const realm = {
  realm: name,
  enabled: true,
  sslRequired: 'external',
  revokeRefreshToken: true,
  refreshTokenMaxReuse: 0,
  ...(options['short-lifetimes'] && {
    accessCodeLifespan: 8, accessTokenLifespan: 15, clientSessionIdleTimeout: 24, oauth2DeviceCodeLifespan: 28,
  }),
  clientScopes,
  defaultDefaultClientScopes: ['basic'],
  clients: Object.entries(target.clients).map(registration),
  users: Object.entries(target.users).map(account),
};
for (const fault of options.fault) faults[fault].plant(realm);
console.log(JSON.stringify(realm, null, 2));
