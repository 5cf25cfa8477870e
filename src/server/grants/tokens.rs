//! The token answer: an access token, a refresh token and an ID token where they are due (RFC 6749 section 5.1).

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Serialize;
use serde_json::json;

use crate::server::config::{ClientConfig, GrantKind, TokenFormat};
use crate::server::core::family::{Family, Mint, stem};
use crate::server::core::grant::{AccessToken, Grant, Owner, RefreshToken, Stage};
use crate::server::core::message::Response;
use crate::server::core::realm::Realm;
use crate::server::core::scope::Scopes;
use crate::server::core::signing::Kind;
use crate::server::defect::bearer as bearer_seam;
use crate::server::defect::lookup;
use crate::server::defect::refresh as refresh_seam;
use crate::server::defect::token as seam;

/// What is to be issued.
pub struct Issue {
    /// What the tokens live by.
    pub grant: Arc<Grant>,
    /// What the access token is good for.
    pub scopes: Scopes,
    /// The refresh token to go with it.
    pub refresh: Refresh,
}

/// Which refresh token goes with an access token.
pub enum Refresh {
    /// None.
    No,
    /// The first or next of its chain.
    New {
        /// How many were before it.
        generation: u32,
        /// What a refresh without `scope` gets.
        scopes: Scopes,
    },
    /// The one that was used.
    Same(String),
}

impl Refresh {
    /// The first of a chain, for clients that are registered for it.
    pub fn first(client: &ClientConfig, scopes: &Scopes) -> Self {
        if client.grants.contains(&GrantKind::RefreshToken) {
            Self::New { generation: 0, scopes: scopes.clone() }
        } else {
            Self::No
        }
    }
}

/// The members of a token answer (RFC 6749 section 5.1), in the order in which they are told.
#[derive(Serialize)]
struct Told<'answer> {
    access_token: &'answer str,
    token_type: &'static str,
    expires_in: u64,
    #[serde(skip_serializing_if = "str::is_empty")]
    scope: &'answer str,
    #[serde(skip_serializing_if = "Option::is_none")]
    refresh_token: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    id_token: Option<String>,
}

/// Issues the tokens and tells them.
pub fn answer(realm: &Realm, issue: Issue) -> Response {
    let Issue { grant, scopes, refresh } = issue;
    let id_token = id_token(realm, &grant, &scopes);
    let access_token = access_token(realm, &grant, &scopes);
    let refresh_token = match refresh {
        Refresh::No => None,
        Refresh::New { generation, scopes } => Some(refresh_token(realm, grant, generation, scopes)),
        Refresh::Same(token) => Some(token),
    };
    let told = Told {
        access_token: &access_token,
        token_type: "Bearer",
        expires_in: bearer_seam::lifetime(&realm.defects, realm.config.policy.access_token_lifetime),
        scope: scopes.as_str(),
        refresh_token,
        id_token,
    };
    Response::written(200, &told, realm.defects.is_empty()).not_stored()
}

/// Issues an access token.
pub fn access_token(realm: &Realm, grant: &Arc<Grant>, scopes: &Scopes) -> String {
    let now = realm.now();
    let lifetime = bearer_seam::lifetime(&realm.defects, realm.config.policy.access_token_lifetime) * 1_000;
    let mut chance = [0; 48];
    realm.random.fill(&mut chance);
    let (secret, identifier) = chance.split_at(32);
    let mut jti = [0; 16];
    jti.copy_from_slice(identifier);
    let token = match realm.config.policy.access_token {
        TokenFormat::Opaque => URL_SAFE_NO_PAD.encode(secret),
        TokenFormat::Jwt => realm.signed(
            Kind::AccessToken,
            grant,
            &Claims {
                iss: &realm.issuer,
                sub: grant.subject(),
                aud: &realm.issuer,
                client_id: &grant.client_id,
                iat: now / 1_000,
                exp: (now + lifetime) / 1_000,
                jti: &URL_SAFE_NO_PAD.encode(jti),
                scope: scopes.as_str(),
            },
        ),
    };
    let token = seam::access_token(realm, grant, scopes, token);
    refresh_seam::note_access_token(realm, grant, &token);
    lookup::note(realm, grant, &token);
    let entry = AccessToken {
        grant: Arc::clone(grant),
        scopes: scopes.clone(),
        issued_at: now,
        expires_at: now + lifetime,
        jti,
        revoked: false,
    };
    realm.memory.access_tokens.insert(&token, entry, now);
    token
}

/// Whether an access token is good: in time, not revoked, and of a user whose account is open (RFC 6749 section 10.4).
pub fn is_alive(realm: &Realm, token: &AccessToken, now: u64) -> bool {
    !token.is_revoked() && !token.is_expired(now) && super::goes_on(realm, &token.grant.owner)
}

/// The claims of RFC 9068 section 2.2.
#[derive(Serialize)]
struct Claims<'token> {
    iss: &'token str,
    sub: &'token str,
    aud: &'token str,
    client_id: &'token str,
    iat: u64,
    exp: u64,
    jti: &'token str,
    #[serde(skip_serializing_if = "str::is_empty")]
    scope: &'token str,
}

fn refresh_token(realm: &Realm, grant: Arc<Grant>, generation: u32, scopes: Scopes) -> String {
    let now = realm.now();
    let family = grant.family(|| refresh_seam::family(realm, Mint::family(&*realm.random))).to_owned();
    let token = refresh_seam::token(realm, &family, generation, realm.mint.token(&family, &*realm.random));
    let mut chains = realm.memory.refresh_tokens.of(stem(&token));
    if chains.families.get(&family).is_none() {
        chains.families.insert(&family, Family::of(&grant), now);
    }
    let entry = RefreshToken {
        stage: Stage::Current(grant),
        scopes,
        generation,
        issued_at: now,
        expires_at: refresh_token_end(realm, now),
    };
    chains.tokens.insert(&token, entry, now);
    token
}

/// When a refresh token ends that is issued or used now, and never again.
pub fn refresh_token_end(realm: &Realm, now: u64) -> u64 {
    now + realm.config.policy.refresh_idle_lifetime * 1_000
}

/// Who logged in and when, for clients that asked for `openid` (OpenID Connect Core section 2).
fn id_token(realm: &Realm, grant: &Grant, scopes: &Scopes) -> Option<String> {
    let user = match &grant.owner {
        Owner::User(user) if scopes.contains("openid") => user,
        Owner::User(_) | Owner::Client => return None,
    };
    let now = realm.now();
    let mut claims = json!({
        "iss": realm.issuer,
        "sub": user.sub,
        "aud": *grant.client_id,
        "iat": now / 1_000,
        "exp": now / 1_000 + realm.config.policy.access_token_lifetime,
        "auth_time": user.logged_in_at / 1_000,
    });
    if let Some(nonce) = grant.nonce() {
        claims["nonce"] = json!(nonce);
    }
    Some(realm.signed(Kind::IdToken, grant, &claims))
}
