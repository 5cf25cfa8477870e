//! Tokens of every kind to be introspected or revoked: live, expired, revoked, and such as were never issued.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};

use super::answer;
use super::connection::{Connection, Outgoing};
use super::flows::{Assignment, Party};
use super::plan::{Flow, TokenKind, TokenMix};
use super::rig::Rig;
use super::sign_in::{self, Astray};
use crate::protocol::{Request, Secret, Tokens, request};

/// The longest that is waited for tokens to expire.
const LONGEST_WAIT: Duration = Duration::from_secs(30);

/// How long after their time tokens are surely expired: clocks differ, and some providers are generous.
const AFTER: Duration = Duration::from_secs(2);

/// Live tokens at most.
const MOST_LIVE: usize = 16;

/// Tokens of each other kind.
const DEAD: usize = 4;

/// A token that is live until its time is over.
#[derive(Clone)]
pub struct Live {
    /// Whose it is.
    pub party: Party,
    /// The token.
    pub token: Secret,
    /// When it should be replaced.
    good_until: Option<Instant>,
    /// When it may be asked about no more.
    lives_until: Option<Instant>,
}

impl Live {
    /// The token of an answer that came just now.
    pub fn of(party: Party, tokens: &Tokens) -> Self {
        let now = Instant::now();
        let after = |share| tokens.expires_in.map(|seconds| now + answer::span(seconds).mul_f64(share));
        // A token that expires under way would be judged wrongly.
        Self { party, token: tokens.access_token.clone(), good_until: after(0.8), lives_until: after(0.9) }
    }

    /// Whether it is good for a request that is sent now.
    pub fn is_good(&self) -> bool {
        self.good_until.is_none_or(|until| Instant::now() < until)
    }
}

/// A live token that users share.
struct Shared {
    live: Live,
    /// Whether a user replaces it now.
    is_renewed: bool,
}

/// What a user that wants a live token gets.
pub enum Lent {
    /// The token.
    Good(Live),
    /// Its time is nearly over: it is this user who replaces it.
    Renew,
    /// Its time is over, and another user replaces it.
    Wait,
}

/// What a flow's users ask about.
pub struct Specimens {
    live: Mutex<Vec<Shared>>,
    expired: Vec<Live>,
    revoked: Vec<Live>,
    /// The kinds that could be had, with their shares.
    mix: TokenMix,
    /// What could not be had, and why.
    pub left_out: Vec<(TokenKind, String)>,
    /// How many were made.
    pub made: usize,
}

/// Gets a token outside the measurement: the client's own, or of a user who logs in for it.
pub async fn mint(rig: &Rig, holder: &Assignment) -> Result<(Live, Tokens), Astray> {
    let party = holder.party(holder.turn());
    let tokens = match holder.flow {
        Flow::ClientCredentials | Flow::Revocation => {
            let client = holder.client(party);
            let request = client.own_token_request(&holder.token.url, client.scope().as_deref());
            let mut line = Connection::new(holder.token.origin.clone(), rig.timeout);
            let response = line.send(&Outgoing::of(&request)?).await?;
            rig.hear(&response);
            rig.tokens(holder, party, &request, &response)
                .map_err(|fault| Astray::new(fault.clone(), format!("the token request was answered with: {fault}")))?
        }
        Flow::BadCredentials
        | Flow::Refresh
        | Flow::RefreshRace
        | Flow::AuthorizationCode
        | Flow::Device
        | Flow::Introspection
        | Flow::Userinfo
        | Flow::Metadata
        | Flow::Jwks => sign_in::enter(rig, holder, party).await?.tokens,
    };
    Ok((Live::of(party, &tokens), tokens))
}

impl Specimens {
    /// Makes them: `holder` gets the tokens, and takes back those that are to be revoked.
    pub async fn make(rig: &Rig, holder: &Assignment, mix: TokenMix, users: usize) -> Result<Self, Astray> {
        let mut it =
            Self { live: Mutex::default(), expired: Vec::new(), revoked: Vec::new(), mix, left_out: Vec::new(), made: 0 };
        let (first, tokens) = mint(rig, holder).await?;
        let mut live = vec![first];
        while live.len() < users.min(MOST_LIVE) {
            rig.pause().await;
            live.push(mint(rig, holder).await?.0);
        }
        it.made += live.len();
        if mix.has(TokenKind::Revoked)
            && let Err(why) = it.revoke(rig, holder).await?
        {
            it.leave_out(TokenKind::Revoked, why);
        }
        if mix.has(TokenKind::Expired)
            && let Err(why) = it.expire(rig, holder, tokens.expires_in).await?
        {
            it.leave_out(TokenKind::Expired, why);
        }
        it.live = Mutex::new(live.into_iter().map(|live| Shared { live, is_renewed: false }).collect());
        Ok(it)
    }

    async fn revoke(&mut self, rig: &Rig, holder: &Assignment) -> Result<Result<(), String>, Astray> {
        let Some(endpoint) = &holder.revocation else {
            return Ok(Err("the provider has no revocation endpoint".to_owned()));
        };
        let mut line = Connection::new(endpoint.origin.clone(), rig.timeout);
        for _ in 0..DEAD {
            rig.pause().await;
            let (live, _) = mint(rig, holder).await?;
            self.made += 1;
            let response = line.send(&Outgoing::of(&revocation(holder, &live))?).await?;
            if response.status != 200 {
                let came = crate::protocol::answer::describe(&response);
                return Ok(Err(format!("the revocation of an access token was answered with {came}")));
            }
            self.revoked.push(live);
        }
        Ok(Ok(()))
    }

    async fn expire(&mut self, rig: &Rig, holder: &Assignment, lifetime: Option<u64>) -> Result<Result<(), String>, Astray> {
        let Some(lifetime) = lifetime.map(Duration::from_secs) else {
            return Ok(Err("the provider does not say how long its access tokens live".to_owned()));
        };
        if lifetime > LONGEST_WAIT {
            let most = LONGEST_WAIT.as_secs();
            return Ok(Err(format!("access tokens live {lifetime:?}, and no more than {most}s are waited for one to expire")));
        }
        for _ in 0..DEAD {
            rig.pause().await;
            self.expired.push(mint(rig, holder).await?.0);
            self.made += 1;
        }
        tokio::time::sleep(lifetime + AFTER).await;
        Ok(Ok(()))
    }

    fn leave_out(&mut self, kind: TokenKind, why: String) {
        self.mix = self.mix.without(kind);
        self.left_out.push((kind, format!("{} tokens were left out: {why}", kind.name())));
    }

    /// Whether there is nothing to ask about.
    pub fn is_empty(&self) -> bool {
        self.mix.is_empty()
    }

    /// The kind of token whose turn it is.
    pub fn kind(&self, turn: usize) -> TokenKind {
        self.mix.kind(turn)
    }

    /// A live token, which the pass of this number is about.
    pub fn live(&self, turn: usize) -> Live {
        self.shared(turn, |shared| shared.live.clone())
    }

    /// The same for a user who asks about it now. Many share it: only one of them replaces it, and the others go on with it as long as it lives.
    pub fn lend(&self, turn: usize) -> Lent {
        self.shared(turn, |shared| {
            let lives = shared.live.lives_until.is_none_or(|until| Instant::now() < until);
            match (shared.live.is_good() || shared.is_renewed && lives, shared.is_renewed) {
                (true, _) => Lent::Good(shared.live.clone()),
                (false, true) => Lent::Wait,
                (false, false) => {
                    shared.is_renewed = true;
                    Lent::Renew
                }
            }
        })
    }

    /// Puts a new token in the place of one whose time is nearly over; where none could be had, the next user tries.
    pub fn renew(&self, turn: usize, fresh: Option<Live>) {
        self.shared(turn, |shared| {
            shared.is_renewed = false;
            if let Some(fresh) = fresh {
                shared.live = fresh;
            }
        });
    }

    fn shared<T>(&self, turn: usize, change: impl FnOnce(&mut Shared) -> T) -> T {
        let mut live = self.live.lock().unwrap_or_else(PoisonError::into_inner);
        let at = turn % live.len();
        change(&mut live[at])
    }

    /// A token that is not live, of whom it was issued to, or of whom one like it was.
    pub fn dead(&self, kind: TokenKind, turn: usize) -> Live {
        let pick = |tokens: &[Live]| tokens.get(turn % tokens.len().max(1)).cloned();
        let found = match kind {
            TokenKind::Expired => pick(&self.expired),
            TokenKind::Revoked => pick(&self.revoked),
            TokenKind::Live | TokenKind::Garbage => None,
        };
        found.unwrap_or_else(|| {
            let live = self.live(turn);
            Live { token: garbage(&live.token, turn), ..live }
        })
    }
}

/// The revocation of a token by its client (RFC 7009 section 2.1).
pub fn revocation(holder: &Assignment, live: &Live) -> Request {
    let endpoint = holder.revocation.as_ref().expect("nothing is revoked where there is no endpoint for it");
    request::revoke(&endpoint.url, &live.token).authenticate(&holder.client(live.party).auth())
}

/// A token of the same form that was never issued: with another end, which is the signature where there is one.
fn garbage(like: &Secret, turn: usize) -> Secret {
    let digest = Sha256::digest(format!("{turn} {}", like.digest()).as_bytes());
    let end = URL_SAFE_NO_PAD.encode(digest);
    let kept: String = like.expose().chars().take(like.expose().chars().count().saturating_sub(end.len())).collect();
    Secret::new("token", format!("{kept}{end}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn garbage_has_the_form_of_a_token_and_is_none() {
        let jwt = Secret::new("access_token", format!("header.claims.{}", "s".repeat(86)));
        let made = garbage(&jwt, 3);
        assert!(made.expose().starts_with("header.claims.s") && made.expose().len() == jwt.expose().len());
        assert_ne!(garbage(&jwt, 4), made);
        assert_eq!(garbage(&Secret::new("access_token", "short"), 1).expose().len(), 43);
    }

    #[test]
    fn a_token_whose_time_is_nearly_over_is_replaced_by_one_user_while_the_others_go_on_with_it() {
        let party = Party { client: 0, user: None };
        let in_a_minute = || Some(Instant::now() + Duration::from_secs(60));
        let live = |name: &str, good_until, lives_until| Live { party, token: Secret::new("t", name), good_until, lives_until };
        let of = |live| Specimens {
            live: Mutex::new(vec![Shared { live, is_renewed: false }]),
            expired: Vec::new(),
            revoked: Vec::new(),
            mix: TokenMix::default(),
            left_out: Vec::new(),
            made: 1,
        };
        let nearly = of(live("old", Some(Instant::now()), in_a_minute()));
        assert!(matches!(nearly.lend(0), Lent::Renew));
        assert!((1..20).all(|turn| matches!(nearly.lend(turn), Lent::Good(live) if live.token.expose() == "old")));
        nearly.renew(0, None);
        assert!(matches!(nearly.lend(1), Lent::Renew), "the first user could not, so the next one tries");
        nearly.renew(1, Some(live("new", in_a_minute(), in_a_minute())));
        assert!(matches!(nearly.lend(2), Lent::Good(live) if live.token.expose() == "new"));
        let over = of(live("old", Some(Instant::now()), Some(Instant::now())));
        assert!(matches!(over.lend(0), Lent::Renew));
        assert!(matches!(over.lend(1), Lent::Wait), "a token that is over is not asked about as a live one");
    }
}
