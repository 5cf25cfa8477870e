// Faults to plant, so that a silent run of the checks is known not to be a blind one: settings that real realms are found with.

const everyClient = (realm, change) => realm.clients.forEach(change);
const mayUseCode = (client) => client.standardFlowEnabled;

export const faults = {
  'keeps-rotated-refresh-tokens': {
    help: 'revokeRefreshToken is off, as in a realm that nobody changed: a refresh token works again and again',
    plant: (realm) => { realm.revokeRefreshToken = false; },
  },
  'lets-refresh-tokens-be-reused-once': {
    help: 'refreshTokenMaxReuse is 1: a refresh token works once more after it was rotated',
    plant: (realm) => { realm.refreshTokenMaxReuse = 1; },
  },
  'leaves-pkce-to-the-client': {
    help: 'pkce.code.challenge.method is not set: PKCE can be left out, and plain is taken',
    plant: (realm) => everyClient(realm, (client) => { delete client.attributes['pkce.code.challenge.method']; }),
  },
  'allows-implicit': {
    help: 'implicitFlowEnabled is on: access tokens come in the redirect',
    plant: (realm) => everyClient(realm, (client) => { client.implicitFlowEnabled = mayUseCode(client); }),
  },
  'allows-passwords': {
    help: 'directAccessGrantsEnabled is on: clients trade user names and passwords for tokens',
    plant: (realm) => everyClient(realm, (client) => { client.directAccessGrantsEnabled = true; }),
  },
  'registers-wildcards': {
    help: 'redirect URIs end in a wildcard, as many guides have it',
    plant: (realm) => everyClient(realm, (client) => {
      client.redirectUris = client.redirectUris.map((uri) => `${uri.replace(/\?.*/, '')}*`);
    }),
  },
  'registers-any-redirect-uri': {
    help: 'the redirect URI is *',
    plant: (realm) => everyClient(realm, (client) => { if (mayUseCode(client)) client.redirectUris.push('*'); }),
  },
  'leaves-out-iss': {
    help: 'exclude.issuer.from.auth.response is on, while metadata says that iss is there',
    plant: (realm) => everyClient(realm, (client) => { client.attributes['exclude.issuer.from.auth.response'] = 'true'; }),
  },
  'gives-services-refresh-tokens': {
    help: 'client_credentials.use_refresh_token is on: a service gets a refresh token with its access token',
    plant: (realm) => everyClient(realm, (client) => { client.attributes['client_credentials.use_refresh_token'] = 'true'; }),
  },
  'believes-the-host-header': {
    help: 'start.sh leaves out --hostname: the server takes its own name from the request',
    plant: () => {},
  },
  'lets-pages-be-framed': {
    help: 'the headers that keep other sites from framing the login page are emptied',
    plant: (realm) => { realm.browserSecurityHeaders = { xFrameOptions: '', contentSecurityPolicy: '' }; },
  },
};
