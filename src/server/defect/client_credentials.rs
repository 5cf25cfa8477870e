//! Bugs of the client credentials grant.

use serde_json::json;

use super::Defects;
use super::answer::{Fields as _, form_of};
use crate::server::config::{ClientConfig, GrantKind};
use crate::server::core::form::Parameters;
use crate::server::core::grant::Owner;
use crate::server::core::message::{Content, Request, Response};
use crate::server::core::realm::Realm;
use crate::server::core::refusal::{Refusal, invalid_grant, invalid_request};
use crate::server::core::scope::Scopes;
use crate::server::grants::tokens::Refresh;

table! { ClientCredentials;
    /// Answers `invalid_grant` to a client credentials request, because no user stands behind it.
    RefusesClientCredentials violates ["cc-success"];
    /// Answers `invalid_request` to a client credentials request that does not say who it is from.
    AnswersNobodyWithInvalidRequest violates ["cc-requires-client-auth"];
    /// Issues a client credentials token to a public client.
    ServesClientCredentialsToPublicClients violates ["cc-public-client-refused"];
    /// Issues a refresh token with a client credentials token.
    IssuesRefreshTokenToClients violates ["cc-no-refresh-token"];
    /// Grants whatever scope a client credentials request names.
    GrantsAnyScopeToClients violates ["cc-invalid-scope"];
    /// Issues a client credentials token with the client's whole scope, and does not say so.
    IgnoresRequestedScope violates ["cc-scope-subset-honoured"];
    /// Tells of a service's own token that it stands for a user.
    NamesUserForService violates ["cc-subject-distinguishable-from-user"];
}

/// Whether a public client is served although it cannot be registered for the grant.
pub fn public_client_is_served(defects: &Defects, client: &ClientConfig, grant: GrantKind) -> bool {
    defects.has(Flaw::ServesClientCredentialsToPublicClients) && client.is_public() && grant == GrantKind::ClientCredentials
}

/// Whether the client can keep a secret.
pub fn client_is_confidential(defects: &Defects, sound: bool) -> bool {
    sound || defects.has(Flaw::ServesClientCredentialsToPublicClients)
}

/// Lets a client be served without a user.
pub fn needs_no_user(defects: &Defects) -> Result<(), Refusal> {
    if defects.has(Flaw::RefusesClientCredentials) { Err(invalid_grant("no user")) } else { Ok(()) }
}

/// What is said to a request that does not say who it is from.
pub fn nobody(defects: &Defects, grant: Option<GrantKind>, sound: Refusal) -> Refusal {
    let asked = grant == Some(GrantKind::ClientCredentials);
    if asked && defects.has(Flaw::AnswersNobodyWithInvalidRequest) { invalid_request("who is there?") } else { sound }
}

/// What the token is good for.
pub fn scopes(
    defects: &Defects,
    client: &ClientConfig,
    form: &Parameters,
    sound: Result<Scopes, Refusal>,
) -> Result<Scopes, Refusal> {
    let asked = form.get("scope").and_then(|scope| Scopes::parse(scope).ok());
    match (sound, asked) {
        (Ok(_), Some(_)) if defects.has(Flaw::IgnoresRequestedScope) => Ok(Scopes::of(&client.scopes)),
        (Err(_), Some(asked)) if defects.has(Flaw::GrantsAnyScopeToClients) => Ok(asked),
        (sound, _) => sound,
    }
}

/// The answer to an introspection as this server sends it.
pub(super) fn after_introspection(realm: &Realm, request: &Request, response: &mut Response) {
    if !realm.defects.has(Flaw::NamesUserForService) {
        return;
    }
    let token = form_of(&request.body).and_then(|form| form.field("token").map(str::to_owned));
    let found = token.and_then(|token| realm.memory.access_tokens.get(&token));
    if found.is_some_and(|token| token.grant.owner == Owner::Client)
        && let Content::Json(document) = &mut response.content
        && document["active"] == json!(true)
        && let Some(user) = realm.config.users.values().next()
    {
        document["sub"] = json!(user.subject());
    }
}

/// The refresh token that goes with it: none.
pub fn refresh(defects: &Defects, scopes: &Scopes) -> Refresh {
    if defects.has(Flaw::IssuesRefreshTokenToClients) {
        return Refresh::New { generation: 0, scopes: scopes.clone() };
    }
    Refresh::No
}

/// The answer as it is told to the client.
pub fn without_scope(defects: &Defects, form: &Parameters, mut response: Response) -> Response {
    if defects.has(Flaw::IgnoresRequestedScope) && form.get("scope").is_some() {
        response.drop_member("scope");
    }
    response
}
