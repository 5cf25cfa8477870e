// Faults to plant, so that a silent run of the checks is known not to be a blind one; none touches node_modules.
import { Provider, errors } from 'oidc-provider';

/** Lets `alter` change what the token endpoint finds in the store; nothing is found if it returns undefined. */
function atTokenEndpoint(Model, alter) {
  const { find } = Model;
  Model.find = async function findAltered(...args) {
    const found = await find.apply(this, args);
    const { oidc } = Provider.ctx ?? {};
    return found !== undefined && oidc?.route === 'token' ? alter(found, oidc) : found;
  };
}

export const faults = {
  'ignores-code-verifier': {
    help: 'the code_verifier is never looked at',
    plant: ({ AuthorizationCode }) => atTokenEndpoint(AuthorizationCode, (code, oidc) => {
      delete code.codeChallenge;
      delete oidc.params.code_verifier;
      return code;
    }),
  },
  'accepts-reused-code': {
    help: 'an authorization code can be redeemed again',
    plant: ({ AuthorizationCode }) => atTokenEndpoint(AuthorizationCode, (code) => {
      delete code.consumed;
      return code;
    }),
  },
  'keeps-family-on-reuse': {
    help: 'a rotated refresh token is refused, but the tokens that came after it live on',
    plant: ({ RefreshToken }) => atTokenEndpoint(RefreshToken, (token) => (token.consumed ? undefined : token)),
  },
  'accepts-rotated-refresh-token': {
    help: 'a refresh token still works after it was rotated',
    plant: ({ RefreshToken }) => atTokenEndpoint(RefreshToken, (token) => {
      delete token.consumed;
      return token;
    }),
  },
  'widens-scope-on-refresh': {
    help: 'a refresh request gets whatever scope it asks for',
    plant({ RefreshToken, Grant }) {
      atTokenEndpoint(RefreshToken, (token, oidc) => {
        token.scope = oidc.params.scope ?? token.scope;
        return token;
      });
      atTokenEndpoint(Grant, (grant, oidc) => {
        grant.addOIDCScope(oidc.params.scope ?? '');
        return grant;
      });
    },
  },
  'matches-redirect-uri-by-prefix': {
    help: 'a redirect_uri is accepted that starts with a registered one',
    plant({ Client }) {
      const { redirectUriAllowed } = Client.prototype;
      Client.prototype.redirectUriAllowed = function startsLikeARegisteredOne(uri) {
        return redirectUriAllowed.call(this, uri) || this.redirectUris.some((registered) => uri.startsWith(registered));
      };
    },
  },
  'keeps-revoked-tokens': {
    help: 'revocation says yes, and the token lives on',
    configure({ features }) {
      features.revocation.allowedPolicy = (_ctx, client, token) => {
        if (client.clientId !== token.clientId) throw new errors.InvalidRequest('not your token');
        return false;
      };
    },
  },
};
