//! What a run leaves behind: the tokens that it obtained are revoked at its end (RFC 7009), as far as that goes quickly.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use futures::StreamExt as _;

use super::scene::Scene;
use crate::protocol::{Request, Secret};
use crate::provider::{Need, Target};
use crate::verdict::Cleanup;
use crate::wire::{Tape, Wire};

/// How many revocations are under way at once.
const AT_ONCE: usize = 8;

/// How many tokens are revoked at the most, each by one request.
const MOST: usize = 2_000;

/// The tokens that wait for the end of the run.
#[derive(Default)]
pub(super) struct Leftovers {
    tokens: RefCell<Vec<Leftover>>,
}

/// A token, and whose it is.
struct Leftover {
    target: Arc<Target>,
    role: &'static str,
    token: Secret,
}

impl Leftovers {
    /// Keeps what a scenario obtained. The reference server ends with the run or throws its realm away, so there it is kept only where it is
    /// asked for.
    pub fn keep(&self, scene: &Scene, wanted: Option<bool>) {
        let provider = &scene.target.provider;
        let is_to_be_used = provider.capabilities.get(&Need::Revocation) != Some(&false);
        if scene.in_own_realm || !wanted.unwrap_or(provider.admin.is_none()) || !is_to_be_used {
            return;
        }
        // A refresh token that somebody gave in advance is theirs, and there is no other; with its access token it may end as well.
        let obtained = scene.grants.iter().filter(|grant| !grant.given);
        let newest = obtained.filter_map(|grant| Some((grant.role, grant.tokens.as_ref()?)));
        self.tokens.borrow_mut().extend(newest.map(|(role, tokens)| Leftover {
            target: scene.target.clone(),
            role,
            // With the refresh token the access tokens of its grant end as well (RFC 7009 section 2.1).
            token: tokens.refresh_token.as_ref().unwrap_or(&tokens.access_token).clone(),
        }));
    }

    /// Revokes them within this time, and says what came of it; nothing where there are none, or where nobody revokes tokens.
    pub async fn revoke(&self, wire: &Wire, within: Duration) -> Option<Cleanup> {
        let mut seen = BTreeSet::new();
        let mut requests: Vec<Request> = self.tokens.take().iter().filter_map(|one| one.revocation(&mut seen)).collect();
        let tokens = requests.len();
        requests.truncate(MOST);
        if requests.is_empty() {
            return None;
        }
        let revoked = RefCell::new(0);
        let all = futures::stream::iter(requests).for_each_concurrent(AT_ONCE, async |request| {
            if wire.shut_because().is_some() {
                return;
            }
            // It belongs to no check, and no report tells of it.
            let outcome = wire.send(&Tape::default(), &request).await;
            *revoked.borrow_mut() += usize::from(outcome.is_ok_and(|response| (200..300).contains(&response.status)));
        });
        // Whatever is left then ends by itself, in its time.
        let _ = tokio::time::timeout(within, all).await;
        Some(Cleanup { tokens, revoked: revoked.take() })
    }
}

impl Leftover {
    fn revocation(&self, seen: &mut BTreeSet<String>) -> Option<Request> {
        let endpoint = self.target.endpoints.revocation.as_ref()?;
        let client = self.target.provider.client(self.role)?;
        seen.insert(self.token.expose().to_owned()).then(|| client.revocation(endpoint, &self.token))
    }
}
