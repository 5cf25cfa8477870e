//! Flows out of fashion that a bad server still offers.

use std::sync::Arc;

use serde_json::Value;

use super::Defects;
use crate::server::config::ClientConfig;
use crate::server::core::authorization::{AuthorizationRequest, ResponseKind};
use crate::server::core::endpoint::{Endpoint, Surface};
use crate::server::core::form::Parameters;
use crate::server::core::grant::{ApprovingUser, Grant, Owner};
use crate::server::core::message::{ClientRedirect, Content, Response};
use crate::server::core::realm::Realm;
use crate::server::core::refusal::{Refusal, invalid_grant};
use crate::server::core::scope::Scopes;
use crate::server::grants::authorization_code;
use crate::server::grants::tokens::{self, Issue, Refresh};

table! { Legacy;
    /// Answers `response_type=token` with an access token in the fragment.
    IssuesTokensImplicitly violates ["implicit-grant-refused", "metadata-response-types-truthful"];
    /// Answers the hybrid response types with an access token in the fragment.
    IssuesTokensInHybridFlow violates ["hybrid-access-token-refused", "metadata-response-types-truthful"];
    /// Exchanges a user's password for a token.
    EnablesPasswordGrant violates ["ropc-grant-refused", "metadata-grant-types-truthful"];
    /// Lists `password` and `implicit` in its metadata.
    AdvertisesLegacyGrants violates ["legacy-grants-not-advertised", "metadata-grant-types-truthful"];
}

/// What a request for a response type out of fashion is answered with: the same error as before.
pub fn response_kind<Fault>(
    defects: &Defects,
    given: Option<&str>,
    sound: Result<ResponseKind, Fault>,
) -> Result<ResponseKind, Fault> {
    match given {
        Some("token") if defects.has(Flaw::IssuesTokensImplicitly) => Ok(ResponseKind::Token),
        Some("code token" | "token code" | "id_token token" | "code id_token" | "code id_token token")
            if defects.has(Flaw::IssuesTokensInHybridFlow) =>
        {
            Ok(ResponseKind::CodeAndToken)
        }
        Some(_) | None => sound,
    }
}

/// The way back with a token in the fragment: none.
pub fn front_channel_tokens(realm: &Realm, request: &AuthorizationRequest, user: &ApprovingUser) -> Option<ClientRedirect> {
    let code = match request.response {
        ResponseKind::Code => return None,
        ResponseKind::Token => None,
        ResponseKind::CodeAndToken => Some(authorization_code::issue(realm, request.clone(), user.clone())),
    };
    let owner = Owner::User(Box::new(user.clone()));
    let grant = Grant::new(request.client_id.as_str(), owner, request.scopes.clone(), request.nonce.clone(), realm.now());
    let token = tokens::access_token(realm, &Arc::new(grant), &request.scopes);
    let mut parameters = vec![("access_token", token), ("token_type", "Bearer".to_owned())];
    parameters.extend(code.map(|code| ("code", code)));
    Some(ClientRedirect { in_fragment: true, ..request.target.answer(parameters, &realm.issuer) })
}

/// The answer to a user's password at the token endpoint: the server has no such grant.
pub fn password_grant(realm: &Realm, client: &ClientConfig, form: &Parameters) -> Option<Result<Response, Refusal>> {
    if !realm.defects.has(Flaw::EnablesPasswordGrant) || form.get("grant_type") != Some("password") {
        return None;
    }
    let user = form.get("username").and_then(|name| realm.user(name));
    let Some(user) = user.filter(|user| form.get("password") == Some(user.password.expose())) else {
        return Some(Err(invalid_grant("wrong password")));
    };
    let now = realm.now();
    let owner = Owner::User(Box::new(realm.logged_in(user.subject(), now)));
    let scopes = Scopes::of(&client.scopes);
    let grant = Arc::new(Grant::new(realm.id_of(client), owner, scopes.clone(), None, now));
    Some(Ok(tokens::answer(realm, Issue { grant, scopes, refresh: Refresh::No })))
}

pub(super) fn after(defects: &Defects, endpoint: &Endpoint, response: &mut Response) {
    if endpoint.surface() == Surface::Metadata
        && defects.has(Flaw::AdvertisesLegacyGrants)
        && let Content::Json(document) = &mut response.content
        && let Some(grants) = document.get_mut("grant_types_supported").and_then(Value::as_array_mut)
    {
        grants.extend(["password".into(), "implicit".into()]);
    }
}
