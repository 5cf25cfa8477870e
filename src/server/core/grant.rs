//! What a user or a client has been granted, and the codes and tokens that live by it.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, OnceLock, Weak};

use super::scope::Scopes;
use super::table::Ends;

/// How long the record of something spent or expired outlives it, in milliseconds: long enough to tell a replay from a guess.
pub const REMEMBERED: u64 = 600_000;

/// Who stands behind a grant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Owner {
    /// A user who approved.
    User(Box<ApprovingUser>),
    /// The client itself (RFC 6749 section 4.4).
    Client,
}

/// The user who approved, and when they logged in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApprovingUser {
    /// Subject identifier.
    pub sub: String,
    /// Milliseconds of the realm's clock.
    pub logged_in_at: u64,
    /// Which login it was, of all that the realm has seen: two of one moment are still two.
    pub login: u64,
}

/// One grant; every token holds on to it, so that revoking it revokes them all at once, and nothing is left when the last one is dropped.
///
/// There is one for each token of a client's own, so it is kept small.
pub struct Grant {
    /// The client it was made to.
    pub client_id: Arc<str>,
    /// Who made it.
    pub owner: Owner,
    /// What was granted.
    pub scopes: Scopes,
    /// When, in milliseconds of the realm's clock.
    pub started_at: u64,
    /// What few grants have.
    more: OnceLock<Box<More>>,
    rotations: AtomicU32,
    access_tokens_dead: AtomicBool,
    refresh_tokens_dead: AtomicBool,
}

#[derive(Default)]
struct More {
    nonce: Option<String>,
    family: OnceLock<String>,
}

impl Grant {
    /// A grant without tokens, with the `nonce` of its authorization request.
    pub fn new(client_id: impl Into<Arc<str>>, owner: Owner, scopes: Scopes, nonce: Option<String>, now: u64) -> Self {
        let more = OnceLock::new();
        if nonce.is_some() {
            more.get_or_init(|| Box::new(More { nonce, family: OnceLock::new() }));
        }
        Self {
            client_id: client_id.into(),
            owner,
            scopes,
            started_at: now,
            more,
            rotations: AtomicU32::new(0),
            access_tokens_dead: AtomicBool::new(false),
            refresh_tokens_dead: AtomicBool::new(false),
        }
    }

    /// The `nonce` of the authorization request, for the ID token.
    pub fn nonce(&self) -> Option<&str> {
        self.more.get()?.nonce.as_deref()
    }

    /// Kills every access token of this grant, those to come included.
    pub fn revoke_access_tokens(&self) {
        self.access_tokens_dead.store(true, Ordering::SeqCst);
    }

    /// Kills every refresh token of this grant, those to come included.
    pub fn revoke_refresh_tokens(&self) {
        self.refresh_tokens_dead.store(true, Ordering::SeqCst);
    }

    /// Whether its access tokens are dead.
    pub fn access_tokens_dead(&self) -> bool {
        self.access_tokens_dead.load(Ordering::SeqCst)
    }

    /// Whether its refresh tokens are dead.
    pub fn refresh_tokens_dead(&self) -> bool {
        self.refresh_tokens_dead.load(Ordering::SeqCst)
    }

    /// How often its refresh token was rotated.
    pub fn rotations(&self) -> u32 {
        self.rotations.load(Ordering::SeqCst)
    }

    /// Counts a rotation.
    pub fn rotated(&self) {
        self.rotations.fetch_add(1, Ordering::SeqCst);
    }

    /// The name of the family of its refresh tokens, made when the first one is.
    pub fn family(&self, make: impl FnOnce() -> String) -> &str {
        self.more.get_or_init(Box::default).family.get_or_init(make)
    }

    /// The name of that family, if there is one.
    pub fn family_name(&self) -> Option<&str> {
        self.more.get()?.family.get().map(String::as_str)
    }

    /// The subject of its tokens: the user, or the client itself.
    pub fn subject(&self) -> &str {
        match &self.owner {
            Owner::User(user) => &user.sub,
            Owner::Client => &self.client_id,
        }
    }
}

/// An authorization code (RFC 6749 section 4.1.2).
pub struct Code {
    /// The client it was issued to.
    pub client_id: String,
    /// The `redirect_uri` of the authorization request, if it had one.
    pub redirect_uri: Option<String>,
    /// The challenge it is bound to, if the request had one.
    pub challenge: Option<Challenge>,
    /// What was approved.
    pub scopes: Scopes,
    /// Who approved.
    pub user: ApprovingUser,
    /// The `nonce` of the authorization request.
    pub nonce: Option<String>,
    /// End of its life, in milliseconds of the realm's clock.
    pub expires_at: u64,
    /// What was made of it, once it is redeemed.
    pub redeemed: Option<Redemption>,
}

/// The one use of a code.
pub struct Redemption {
    /// The grant whose tokens a replay revokes; gone when they are.
    pub grant: Weak<Grant>,
    /// When, in milliseconds of the realm's clock.
    pub at: u64,
}

impl Ends for Code {
    fn is_over(&self, now: u64) -> bool {
        let replay_matters = self.redeemed.as_ref().is_some_and(|redemption| redemption.grant.strong_count() > 0);
        now >= self.expires_at + REMEMBERED && !replay_matters
    }
}

/// A PKCE challenge (RFC 7636 section 4.2).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Challenge {
    /// The `code_challenge`.
    pub value: String,
    /// How the verifier becomes it.
    pub method: ChallengeMethod,
}

/// The transformations of RFC 7636 section 4.2.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChallengeMethod {
    /// SHA-256, base64url.
    S256,
    /// None; only a realm that allows it, or a defect, lets it in.
    Plain,
}

/// An access token (RFC 6749 section 1.4).
#[derive(Clone)]
pub struct AccessToken {
    /// What it lives by.
    pub grant: Arc<Grant>,
    /// What it is good for.
    pub scopes: Scopes,
    /// Milliseconds of the realm's clock.
    pub issued_at: u64,
    /// Milliseconds of the realm's clock.
    pub expires_at: u64,
    /// Its identifier.
    pub jti: [u8; 16],
    /// Whether it was revoked by itself.
    pub revoked: bool,
}

impl AccessToken {
    /// Whether it or its grant was revoked.
    pub fn is_revoked(&self) -> bool {
        self.revoked || self.grant.access_tokens_dead()
    }

    /// Whether its time is over.
    pub fn is_expired(&self, now: u64) -> bool {
        now >= self.expires_at
    }
}

/// A refresh token (RFC 6749 section 1.5), in use or already replaced.
#[derive(Clone)]
pub struct RefreshToken {
    /// Where it stands.
    pub stage: Stage,
    /// What a refresh without `scope` gets.
    pub scopes: Scopes,
    /// How many were before it in its chain.
    pub generation: u32,
    /// Milliseconds of the realm's clock.
    pub issued_at: u64,
    /// End of its life if it is not used, in milliseconds of the realm's clock.
    pub expires_at: u64,
}

/// A refresh token in use keeps its grant; a replaced one only remembers it, so that reuse can be told from a guess.
#[derive(Clone)]
pub enum Stage {
    /// The newest of its chain.
    Current(Arc<Grant>),
    /// Replaced by a newer one, at this time (milliseconds of the realm's clock).
    Rotated(Weak<Grant>, u64),
}

impl RefreshToken {
    /// The grant, as long as anything lives by it.
    pub fn grant(&self) -> Option<Arc<Grant>> {
        match &self.stage {
            Stage::Current(grant) => Some(Arc::clone(grant)),
            Stage::Rotated(grant, _) => grant.upgrade(),
        }
    }

    /// Whether a newer one has replaced it.
    pub fn is_rotated(&self) -> bool {
        match self.stage {
            Stage::Current(_) => false,
            Stage::Rotated(..) => true,
        }
    }
}

impl Ends for RefreshToken {
    fn is_over(&self, now: u64) -> bool {
        match &self.stage {
            Stage::Current(grant) => grant.refresh_tokens_dead() || now >= self.expires_at + REMEMBERED,
            Stage::Rotated(grant, _) => grant.strong_count() == 0,
        }
    }
}
