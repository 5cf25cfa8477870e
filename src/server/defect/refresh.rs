//! Bugs of the refresh grant: rotation, reuse, binding and scope.

use std::sync::Arc;
use std::time::Duration;

use super::Defects;
use crate::server::config::ClientConfig;
use crate::server::core::form::Parameters;
use crate::server::core::grant::{Grant, RefreshToken, Stage};
use crate::server::core::message::{Content, Response};
use crate::server::core::realm::Realm;
use crate::server::core::refusal::{Refusal, invalid_request};
use crate::server::core::scope::Scopes;
use crate::server::grants::tokens::{self, Issue, Refresh};

table! { Refresh;
    /// Answers a refresh with the access token that is there already.
    ReturnsOldAccessToken violates ["refresh-success"];
    /// Answers a refresh without `refresh_token` with status 500.
    CrashesOnMissingRefreshToken violates ["refresh-missing-token"];
    /// Reads a refresh token without checking all of it: cut short, or with one character changed, it still works.
    AcceptsDamagedRefreshTokens violates ["refresh-unknown-token"];
    /// Answers `invalid_request` to a refresh token that it has never issued.
    AnswersUnknownRefreshTokenWithInvalidRequest violates ["refresh-unknown-token"];
    /// Refreshes for a confidential client that only names itself.
    RefreshesWithoutClientAuth violates ["refresh-requires-client-auth"];
    /// Refreshes any client's token for a confidential client.
    RefreshesForOtherClients violates ["refresh-bound-to-client"];
    /// Refreshes any client's token for a public client.
    RefreshesForOtherPublicClients violates ["refresh-bound-to-public-client"];
    /// Refreshes a public client's token for a request that names no client.
    RefreshesForNobody violates ["refresh-bound-to-public-client"];
    /// Grants on refresh whatever scope the client may have, granted before or not.
    WidensScopeOnRefresh violates ["refresh-scope-widening-rejected"];
    /// Ignores `scope` on refresh and does not say so.
    IgnoresScopeOnRefresh violates ["refresh-scope-narrowing"];
    /// Answers the first refresh without `scope` with a default scope in place of the granted one.
    FallsBackToDefaultScope violates ["refresh-scope-omitted-keeps-original"];
    /// Lets the rotated refresh token inherit a narrowed scope.
    RatchetsScopeDown violates ["refresh-narrowing-does-not-stick"];
    /// Gives public clients the same refresh token for ever.
    NeverRotatesForPublicClients violates ["refresh-rotation-for-public-client"];
    /// Leaves the old refresh token valid after rotation.
    KeepsRotatedTokenValid violates ["refresh-rotated-token-invalid"];
    /// Refuses the reuse of the latest rotated refresh token but leaves the newest one valid.
    KeepsFamilyAfterReuse violates ["refresh-reuse-revokes-family"];
    /// Revokes the family only when the immediate predecessor is reused, not an older one.
    ForgetsOlderAncestors violates ["refresh-reuse-revokes-deep-family"];
    /// Revokes the refresh tokens of a reused family but leaves its access tokens alive.
    KeepsAccessTokensAfterReuse violates ["refresh-reuse-revokes-access-tokens"];
    /// Checks a refresh token first and rotates it a moment later, so that parallel refreshes all succeed.
    RacesRefreshRotation violates ["refresh-concurrent-use"];
    /// Lets a refresh token open the userinfo endpoint.
    AcceptsRefreshTokenAsBearer violates ["refresh-token-only-at-as"];
    /// Numbers its refresh tokens.
    NumbersRefreshTokens violates ["refresh-token-entropy"];
    /// Keeps a refresh token valid however long it is not used.
    NeverTiresOfUnusedRefreshTokens violates ["refresh-inactive-expiry"];
}

/// How long a racing server leaves a rotated token lying about, in milliseconds.
const RACE: u64 = 150;

/// The name of a new family of refresh tokens: nothing but chance.
pub fn family(realm: &Realm, sound: String) -> String {
    if !realm.defects.has(Flaw::NumbersRefreshTokens) {
        return sound;
    }
    let mut gossip = realm.memory.gossip();
    gossip.families += 1;
    format!("{:024}", gossip.families)
}

/// A new refresh token of a family.
pub fn token(realm: &Realm, family: &str, generation: u32, sound: String) -> String {
    if realm.defects.has(Flaw::NumbersRefreshTokens) { format!("{family}{generation:04}") } else { sound }
}

/// Whether a refresh token was used not too long ago.
pub fn is_in_time(defects: &Defects, sound: bool) -> bool {
    sound || defects.has(Flaw::NeverTiresOfUnusedRefreshTokens)
}

/// What is said to a refresh without a token.
pub fn missing_token(defects: &Defects, sound: Refusal) -> Refusal {
    if defects.has(Flaw::CrashesOnMissingRefreshToken) { Refusal::crash() } else { sound }
}

/// The name under which the presented token is stored: itself.
pub fn stored_name(realm: &Realm, presented: &str) -> String {
    if realm.defects.has(Flaw::AcceptsDamagedRefreshTokens) && realm.memory.refresh_token(presented).is_none() {
        let damaged = |name: &str| {
            let differing = name.bytes().zip(presented.bytes()).filter(|(left, right)| left != right).count();
            let cut_short = presented.len() < name.len() && presented.len() * 2 >= name.len() && differing == 0;
            cut_short || presented.len() == name.len() && differing == 1
        };
        for chains in realm.memory.refresh_tokens.each() {
            if let Some((name, _)) = chains.tokens.iter().find(|(name, token)| !token.is_rotated() && damaged(name)) {
                return name.to_owned();
            }
        }
    }
    presented.to_owned()
}

/// What is said to a refresh token that nobody has issued.
pub fn unknown_token(realm: &Realm, presented: &str, sound: Refusal) -> Refusal {
    // A token or a code in the place of a refresh token is another matter.
    let is_other = || realm.memory.access_tokens.contains(presented) || realm.memory.codes.of(presented).get(presented).is_some();
    if realm.defects.has(Flaw::AnswersUnknownRefreshTokenWithInvalidRequest) && !is_other() {
        invalid_request("unknown refresh token")
    } else {
        sound
    }
}

/// Whether the token was issued to the client.
pub fn belongs(defects: &Defects, client: &ClientConfig, sound: bool) -> bool {
    sound
        || if client.is_public() {
            defects.has(Flaw::RefreshesForOtherPublicClients)
        } else {
            defects.has(Flaw::RefreshesForOtherClients)
        }
}

/// Whether a token may be used that has been replaced already.
pub fn may_be_used_again(defects: &Defects, token: &RefreshToken, now: u64) -> bool {
    match &token.stage {
        Stage::Current(_) => false,
        Stage::Rotated(_, at) => {
            defects.has(Flaw::KeepsRotatedTokenValid) || defects.has(Flaw::RacesRefreshRotation) && now < at + RACE
        }
    }
}

/// Holds the answer back until the race is over, so that one who waits for it does not see the window.
pub fn held_back(defects: &Defects, response: Response) -> Response {
    if defects.has(Flaw::RacesRefreshRotation) {
        return Response { delay: Some(Duration::from_millis(RACE + 50)), ..response };
    }
    response
}

/// Which replaced token is presented again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reused {
    /// The one that the newest has replaced.
    Latest,
    /// One before it.
    Older,
}

/// What the reuse of a token does to its family.
pub fn revoke(defects: &Defects, reused: Reused, grant: &Grant) {
    let spared = match reused {
        Reused::Latest => defects.has(Flaw::KeepsFamilyAfterReuse),
        Reused::Older => defects.has(Flaw::ForgetsOlderAncestors),
    };
    if !spared {
        grant.revoke_refresh_tokens();
    }
    if !defects.has(Flaw::KeepsAccessTokensAfterReuse) {
        grant.revoke_access_tokens();
    }
}

/// Whether the client keeps its refresh token for ever.
pub fn keeps_the_same_token(defects: &Defects, client: &ClientConfig, sound: bool) -> bool {
    sound || defects.has(Flaw::NeverRotatesForPublicClients) && client.is_public()
}

/// What a refresh may ask for at most: what the token was granted.
pub fn scope_limit(defects: &Defects, client: &ClientConfig, granted: &Scopes) -> Scopes {
    if defects.has(Flaw::WidensScopeOnRefresh) { Scopes::of(&client.scopes) } else { granted.clone() }
}

/// What a refresh without `scope` gets: what the token was granted.
pub fn scope_by_default(defects: &Defects, client: &ClientConfig, token: &RefreshToken, granted: Scopes) -> Scopes {
    // Only the first refresh: what follows a narrower one is another defect's business.
    if defects.has(Flaw::FallsBackToDefaultScope) && token.generation == 0 {
        return client.scopes.first().map(|first| Scopes::of(&[first])).unwrap_or_default();
    }
    granted
}

/// What the new access token gets: what was asked for.
pub fn scope_granted(defects: &Defects, token: &RefreshToken, requested: Scopes) -> Scopes {
    if defects.has(Flaw::IgnoresScopeOnRefresh) { token.scopes.clone() } else { requested }
}

/// What the next refresh may ask for: as much as this one.
pub fn scope_kept(defects: &Defects, requested: &Scopes, granted: Scopes) -> Scopes {
    if defects.has(Flaw::RatchetsScopeDown) { requested.clone() } else { granted }
}

/// The answer as it is told to the client.
pub fn without_scope(defects: &Defects, form: &Parameters, mut response: Response) -> Response {
    if defects.has(Flaw::IgnoresScopeOnRefresh) && form.get("scope").is_some() {
        response.drop_member("scope");
    }
    response
}

/// Remembers an access token in full.
pub fn note_access_token(realm: &Realm, grant: &Arc<Grant>, token: &str) {
    if realm.defects.has(Flaw::ReturnsOldAccessToken) {
        realm.memory.gossip().access_tokens.push((Arc::downgrade(grant), token.into()));
    }
}

/// An answer with the access token that is there already: none, since a refresh makes a new one.
pub fn old_access_token(realm: &Realm, issue: &Issue) -> Option<Response> {
    if !realm.defects.has(Flaw::ReturnsOldAccessToken) {
        return None;
    }
    let old = {
        let gossip = realm.memory.gossip();
        let of_grant = gossip.access_tokens.iter().filter(|(grant, _)| grant.as_ptr() == Arc::as_ptr(&issue.grant));
        // One of another scope would be another defect.
        let fits = |name: &Arc<str>| realm.memory.access_tokens.get(name).is_some_and(|token| token.scopes == issue.scopes);
        of_grant.map(|(_, name)| name).find(|name| fits(name))?.to_string()
    };
    let refresh = match &issue.refresh {
        Refresh::New { generation, scopes } => Refresh::New { generation: *generation, scopes: scopes.clone() },
        Refresh::No => Refresh::No,
        Refresh::Same(token) => Refresh::Same(token.clone()),
    };
    let mut response = tokens::answer(realm, Issue { grant: issue.grant.clone(), scopes: issue.scopes.clone(), refresh });
    if let Content::Json(document) = &mut response.content {
        document["access_token"] = old.into();
    }
    Some(response)
}
