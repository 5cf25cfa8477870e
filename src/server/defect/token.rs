//! Bugs of the token endpoint whatever the grant: how it reads a request, and the form of its answers.

mod reading;
mod telling;

use std::sync::Arc;

use super::Defects;
use crate::server::config::ClientConfig;
use crate::server::core::form::Parameters;
use crate::server::core::grant::{Grant, Owner};
use crate::server::core::realm::Realm;
use crate::server::core::refusal::{Refusal, invalid_request};
use crate::server::core::scope::Scopes;
use crate::server::grants::tokens::{Issue, Refresh};

pub(super) use self::reading::before;
pub(super) use self::telling::after;

table! { Token;
    /// Issues tokens to a GET with the parameters in its query.
    ServesGetAtToken violates ["token-get-refused"];
    /// Takes token request parameters (but not secrets) from the query where the form has none.
    MergesQueryIntoForm violates ["token-query-params-ignored"];
    /// Lets a token request parameter in the query (but no secret) win over the one in the form.
    LetsQueryWinOverForm violates ["token-query-params-ignored"];
    /// Takes `client_id` and `client_secret` from the query.
    AcceptsSecretInQuery violates ["token-credentials-in-query-rejected"];
    /// Takes a token request as a JSON object.
    AcceptsJsonBodies violates ["token-json-body-refused"];
    /// Answers `invalid_request` to a token request that carries a parameter no OAuth specification knows.
    RejectsUnknownTokenParameters violates ["token-unknown-param-ignored"];
    /// Takes the first of several `grant_type` values.
    LetsFirstGrantTypeWin violates ["token-duplicate-grant-type-rejected"];
    /// Guesses the grant from the other parameters when `grant_type` is missing.
    GuessesMissingGrantType violates ["token-missing-grant-type"];
    /// Answers `invalid_request` to a grant type it does not know.
    AnswersUnknownGrantWithInvalidRequest violates ["token-unsupported-grant-type"];
    /// Serves a confidential client grants that it is not registered for.
    IgnoresRegisteredGrants violates ["token-unauthorized-client-grant"];
    /// Sends the token answer with the content type `text/html`.
    LabelsTokenAnswerAsHtml violates ["token-success-json"];
    /// Looks at a user's account during the login only: what was approved before it was closed goes on.
    LooksAtTheAccountDuringLoginOnly violates ["grant-ends-with-the-account"];
    /// Leaves `token_type` out of the token answer.
    OmitsTokenType violates ["token-success-required-members", "token-type-bearer"];
    /// Says `token_type: access_token`.
    MisnamesTokenType violates ["token-type-bearer"];
    /// Puts a comma into access tokens, which the Bearer header has no room for.
    IssuesTokensOutsideTheGrammar violates ["access-token-b64token-syntax"];
    /// Leaves `expires_in` out of the token answer.
    OmitsExpiresIn violates ["token-expires-in-present"];
    /// Sends `expires_in` as a string.
    SendsExpiresInAsString violates ["token-expires-in-number"];
    /// Sends `scope` as an array.
    SendsScopeAsArray violates ["token-scope-is-string"];
    /// Leaves `Cache-Control: no-store` out of the token answer.
    OmitsNoStore violates ["token-cache-control-no-store"];
    /// Leaves `Pragma: no-cache` out of the token answer.
    OmitsPragma violates ["token-pragma-no-cache"];
    /// Sends the `invalid_scope` error of the client credentials grant with status 200.
    AnswersInvalidScopeWith200 violates ["token-error-json-400", "cc-invalid-scope"];
    /// Sends `invalid_grant` with status 401.
    AnswersInvalidGrantWith401 violates ["token-error-json-400"];
    /// Sends `unsupported_grant_type` with status 403.
    AnswersUnknownGrantWith403 violates ["token-error-json-400"];
    /// Sends token errors with a `Cache-Control` that lets caches keep them.
    SendsCacheableErrors violates ["token-error-no-store"];
    /// Redirects a refused token request to a login page when it accepts HTML.
    RedirectsBrowsersToLogin violates ["token-no-redirect", "token-answer-independent-of-accept"];
    /// Keeps all tokens in one table, and takes an access token for a refresh token.
    AcceptsAccessTokenAsRefreshToken violates ["token-cross-type-substitution-rejected"];
    /// Keeps all tokens in one table, and redeems a refresh token like a code.
    AcceptsRefreshTokenAsCode violates ["token-cross-type-substitution-rejected"];
    /// Keeps all tokens in one table, and takes a code for a refresh token.
    AcceptsCodeAsRefreshToken violates ["token-cross-type-substitution-rejected"];
    /// Knows the content type of a form in one spelling only, without a charset.
    ComparesContentTypeLiterally violates ["token-content-type-charset-accepted"];
    /// Answers `invalid_scope` to an empty `scope`.
    RefusesEmptyScopeAtToken violates ["token-empty-param-as-omitted"];
    /// Takes an empty `client_secret` of a public client for a wrong one.
    RefusesEmptySecretOfPublicClients violates ["token-empty-param-as-omitted"];
    /// Takes the first `client_id` and `client_secret` where there are several.
    LetsFirstCredentialsWin violates ["token-duplicate-client-id-rejected"];
    /// Knows a grant type in any spelling of its letters.
    IgnoresCaseOfGrantType violates ["token-grant-type-case-sensitive"];
    /// Repeats the `scope`, the `code` or the lone `client_id` that it refuses in its `error_description`, letter by letter.
    EchoesInputInErrors violates ["token-error-charset"];
    /// Leaves the body of an error out where the client does not ask for JSON by name.
    SendsErrorsOnlyToWhoAcceptsJson violates ["token-answer-independent-of-accept"];
    /// Breaks down over a body whose percent-encoding or UTF-8 is broken.
    CrashesOnBrokenEncodingAtToken violates ["token-malformed-input-no-5xx"];
    /// Builds its database queries out of what it is sent, and breaks down over a quotation mark or a NUL.
    BuildsQueriesFromInput violates ["token-malformed-input-no-5xx"];
    /// Breaks down over a request without a body.
    CrashesOnEmptyBody violates ["token-malformed-input-no-5xx"];
    /// Breaks down over a value that is too long for its database.
    CrashesOnLongInput violates ["token-malformed-input-no-5xx"];
    /// Numbers the access tokens of services, with zeros in front.
    NumbersAccessTokens violates ["access-token-entropy"];
    /// Gives a session that has had five access tokens for a client already the latest of them again.
    ReusesAccessTokenOfSession violates ["tokens-unique-per-grant"];
}

/// Whether a grant goes on, as far as its user's account is concerned.
pub fn account_is_good(defects: &Defects, sound: bool) -> bool {
    sound || defects.has(Flaw::LooksAtTheAccountDuringLoginOnly)
}

/// Whether the request is refused for what the server does not know.
pub fn refuses_unknown_parameters(defects: &Defects, form: &Parameters) -> bool {
    const KNOWN: &[&str] = &[
        "grant_type",
        "code",
        "redirect_uri",
        "code_verifier",
        "client_id",
        "client_secret",
        "scope",
        "refresh_token",
        "device_code",
        "username",
        "password",
        "code_challenge",
        "code_challenge_method",
        "client_assertion",
        "client_assertion_type",
        "assertion",
        "state",
        "nonce",
    ];
    defects.has(Flaw::RejectsUnknownTokenParameters) && form.names().any(|name| !KNOWN.contains(&name))
}

/// What a client is told that names a grant type the server does not have.
pub fn unknown_grant(defects: &Defects, name: &str, sound: Refusal) -> Refusal {
    // The password grant is known to everyone, and refused for what it is.
    let unheard_of = name != "password";
    if unheard_of && defects.has(Flaw::AnswersUnknownGrantWithInvalidRequest) {
        invalid_request("unknown grant type")
    } else {
        sound
    }
}

/// Whether the client is registered for the grant.
pub fn grant_is_registered(defects: &Defects, client: &ClientConfig, sound: bool) -> bool {
    sound || defects.has(Flaw::IgnoresRegisteredGrants) && !client.is_public()
}

/// The access token that is issued: a new one that nobody can guess, in the grammar of the Bearer header.
pub fn access_token(realm: &Realm, grant: &Arc<Grant>, scopes: &Scopes, token: String) -> String {
    let defects = &realm.defects;
    if defects.has(Flaw::IssuesTokensOutsideTheGrammar) {
        return format!("{token},0");
    }
    if defects.has(Flaw::NumbersAccessTokens) && grant.owner == Owner::Client && !token.contains('.') {
        let mut gossip = realm.memory.gossip();
        let token = format!("{:043}", gossip.access_tokens.len() + 1);
        gossip.access_tokens.push((Arc::downgrade(grant), token.as_str().into()));
        return token;
    }
    if defects.has(Flaw::ReusesAccessTokenOfSession)
        && let Owner::User(_) = &grant.owner
    {
        let mut gossip = realm.memory.gossip();
        // The owner knows which login it was: one login is one session.
        let same = |name: &str| {
            let token = realm.memory.access_tokens.get(name);
            token.is_some_and(|token| {
                !Arc::ptr_eq(&token.grant, grant)
                    && token.grant.owner == grant.owner
                    && token.grant.client_id == grant.client_id
                    && token.scopes == *scopes
            })
        };
        let earlier: Vec<Arc<str>> =
            gossip.access_tokens.iter().map(|(_, name)| Arc::clone(name)).filter(|name| same(name)).collect();
        if let [_, _, _, _, .., latest] = earlier.as_slice() {
            return latest.to_string();
        }
        gossip.access_tokens.push((Arc::downgrade(grant), token.as_str().into()));
    }
    token
}

/// What an access token is exchanged for when it is presented as a refresh token: nothing.
pub fn access_token_as_refresh_token(realm: &Realm, client: &ClientConfig, presented: &str) -> Option<Issue> {
    if !realm.defects.has(Flaw::AcceptsAccessTokenAsRefreshToken) {
        return None;
    }
    let found = realm.memory.access_tokens.get(presented)?;
    let grant = found.grant.clone();
    (*grant.client_id == *client.id).then(|| Issue { grant, scopes: found.scopes.clone(), refresh: Refresh::No })
}

/// What a refresh token is exchanged for when it is presented as a code: nothing.
pub fn refresh_token_as_code(realm: &Realm, client: &ClientConfig, presented: &str) -> Option<Issue> {
    if !realm.defects.has(Flaw::AcceptsRefreshTokenAsCode) {
        return None;
    }
    let found = realm.memory.refresh_token(presented).filter(|token| !token.is_rotated())?;
    let grant = found.grant()?;
    let refresh = Refresh::New { generation: found.generation, scopes: found.scopes.clone() };
    (*grant.client_id == *client.id).then(|| Issue { grant, scopes: found.scopes.clone(), refresh })
}

/// What a code is exchanged for when it is presented as a refresh token: nothing.
pub fn code_as_refresh_token(realm: &Realm, client: &ClientConfig, presented: &str) -> Option<Issue> {
    if !realm.defects.has(Flaw::AcceptsCodeAsRefreshToken) {
        return None;
    }
    let now = realm.now();
    let codes = realm.memory.codes.of(presented);
    let code = codes.get(presented).filter(|code| code.redeemed.is_none() && code.client_id == client.id)?;
    let owner = Owner::User(Box::new(code.user.clone()));
    let grant = Arc::new(Grant::new(realm.id_of(client), owner, code.scopes.clone(), code.nonce.clone(), now));
    Some(Issue { grant, scopes: code.scopes.clone(), refresh: Refresh::No })
}
