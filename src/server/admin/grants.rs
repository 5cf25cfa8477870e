//! The live grants of a realm: who may do what, and how many tokens live by it. A token itself is never told.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::sync::Arc;

use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::refused::Refused;
use super::route::Call;
use super::{Admin, shown};
use crate::server::core::form::Parameters;
use crate::server::core::grant::{Grant, Owner, Stage};
use crate::server::core::message::Response;
use crate::server::core::realm::Realm;
use crate::server::grants::{refresh_token, tokens};

/// How many are told unless asked for more.
const SOME: usize = 100;
/// How many are told at most.
const MOST: usize = 1_000;

/// A grant that something lives by.
struct Live {
    grant: Arc<Grant>,
    /// A name for it that is no secret: a digest of what never changes about it.
    id: String,
    access_tokens: usize,
    refresh_tokens: usize,
}

impl Admin {
    pub(super) fn list_grants(&self, call: &Call<'_>) -> Result<Response, Refused> {
        let realm = self.realm(call)?;
        let query = query(call)?;
        let limit = match query.get("limit") {
            None => SOME,
            Some(limit) => limit
                .parse()
                .ok()
                .filter(|limit| *limit <= MOST)
                .ok_or_else(|| Refused::BadRequest(format!("`limit` is not a number up to {MOST}")))?,
        };
        let wanted = |grant: &Grant| {
            query.get("client_id").is_none_or(|id| *grant.client_id == *id)
                && query.get("sub").is_none_or(|sub| grant.subject() == sub)
        };
        let mut live: Vec<Live> = live_grants(&realm).into_iter().filter(|live| wanted(&live.grant)).collect();
        live.sort_by(|one, other| (one.grant.started_at, &one.id).cmp(&(other.grant.started_at, &other.id)));
        let told: Vec<Value> = live.iter().take(limit).map(|live| described(&realm, live)).collect();
        Ok(Response::json(200, json!({ "grants": told, "total": live.len() })))
    }

    pub(super) fn end_grant(&self, call: &Call<'_>) -> Result<Response, Refused> {
        let realm = self.realm(call)?;
        let id = call.name(1);
        let live = live_grants(&realm).into_iter().find(|live| live.id == id);
        let live = live.ok_or_else(|| Refused::NotFound(format!("no live grant has the id `{}`", shown(id))))?;
        live.grant.revoke_access_tokens();
        live.grant.revoke_refresh_tokens();
        Ok(Response::empty(204))
    }
}

fn query(call: &Call<'_>) -> Result<Parameters, Refused> {
    Parameters::parse(call.request.query.as_bytes()).map_err(|_| Refused::BadRequest("the query cannot be read".to_owned()))
}

/// Every grant that a good token lives by.
fn live_grants(realm: &Realm) -> Vec<Live> {
    let now = realm.now();
    let mut live: HashMap<*const Grant, Live> = HashMap::new();
    for chains in realm.memory.refresh_tokens.each() {
        for (_, token) in chains.tokens.iter() {
            if let Stage::Current(grant) = &token.stage
                && refresh_token::is_alive(realm, token, grant, now)
            {
                live.entry(Arc::as_ptr(grant)).or_insert_with(|| Live::of(grant, &[])).refresh_tokens += 1;
            }
        }
    }
    realm.memory.access_tokens.visit(|token| {
        if tokens::is_alive(realm, token, now) {
            live.entry(Arc::as_ptr(&token.grant)).or_insert_with(|| Live::of(&token.grant, &token.jti)).access_tokens += 1;
        }
    });
    live.into_values().collect()
}

impl Live {
    /// A grant with refresh tokens is told by its family, another by its only access token.
    fn of(grant: &Arc<Grant>, jti: &[u8]) -> Self {
        let digest = match grant.family_name() {
            Some(family) => Sha256::digest(family),
            None => Sha256::digest(jti),
        };
        let id = digest.iter().take(12).fold(String::new(), |mut id, byte| {
            let _ = write!(id, "{byte:02x}");
            id
        });
        Self { grant: Arc::clone(grant), id, access_tokens: 0, refresh_tokens: 0 }
    }
}

fn described(realm: &Realm, live: &Live) -> Value {
    let grant = &live.grant;
    let mut told = json!({
        "id": live.id,
        "client_id": *grant.client_id,
        "sub": grant.subject(),
        "scope": grant.scopes.as_str(),
        "started_at": grant.started_at / 1_000,
        "access_tokens": live.access_tokens,
        "refresh_tokens": live.refresh_tokens,
    });
    match &grant.owner {
        Owner::User(user) => {
            if let Some(user) = realm.user_of_subject(&user.sub) {
                told["user"] = json!(user.username);
            }
        }
        Owner::Client => {}
    }
    told
}
