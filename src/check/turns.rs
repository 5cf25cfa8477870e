//! Who waits for whom: a check that ends grants may end those of its neighbours, because many providers take all that a user granted to a
//! client for one grant; and who guesses may be slowed down together with them.
//!
//! The reference server keeps grants apart, so nobody waits there. Any other provider is played in acts: first all that leave each other alone,
//! then those that end grants, one at a time for each client, then those that guess, one at a time.

use std::cell::RefCell;
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use tokio::sync::{Mutex, OwnedMutexGuard};
use url::Url;

use super::catalog::Check;
use crate::provider::Target;

/// A part of the run that begins when the one before it is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Act {
    /// Whoever leaves the neighbours alone.
    Gentle,
    /// Whoever ends grants.
    Destructive,
    /// Whoever guesses or floods.
    Intrusive,
}

impl Act {
    /// All, in order.
    pub const ALL: [Self; 3] = [Self::Gentle, Self::Destructive, Self::Intrusive];

    /// When a check is played on a target.
    pub fn of(check: &Check, target: &Target) -> Self {
        if target.provider.admin.is_some() {
            Self::Gentle
        } else if check.is_intrusive() {
            Self::Intrusive
        } else if check.ends_grants() {
            Self::Destructive
        } else {
            Self::Gentle
        }
    }
}

/// The turns of a run.
#[derive(Default)]
pub(super) struct Turns {
    locks: RefCell<HashMap<String, Arc<Mutex<()>>>>,
}

/// A turn, which ends when it is dropped.
pub(super) type Turn = Vec<OwnedMutexGuard<()>>;

impl Turns {
    /// Waits until no other check has to be kept away from this one.
    pub async fn take(&self, check: &Check, target: &Target) -> Turn {
        let mut turn = Turn::new();
        // In one order for all, so that no two wait for each other.
        for key in keys(check, target) {
            let lock = self.locks.borrow_mut().entry(key).or_default().clone();
            turn.push(lock.lock_owned().await);
        }
        turn
    }
}

/// What nobody else may use meanwhile.
fn keys(check: &Check, target: &Target) -> BTreeSet<String> {
    let provider = &target.provider;
    match Act::of(check, target) {
        Act::Gentle => BTreeSet::new(),
        // Issuers of one host are one provider, with the same users and the same limits.
        Act::Intrusive => {
            BTreeSet::from([Url::parse(&provider.issuer)
                .map_or_else(|_| provider.issuer.clone(), |issuer| issuer.origin().ascii_serialization())])
        }
        Act::Destructive => {
            let roles = std::iter::once(check.protagonist()).chain(check.clients());
            let ids = roles.filter_map(|role| provider.client(role)).map(|client| &client.id);
            ids.map(|id| format!("{} {id}", provider.issuer)).collect()
        }
    }
}

#[cfg(test)]
mod tests {
    use futures::FutureExt as _;
    use serde_json::json;

    use super::*;
    use crate::check::Catalog;
    use crate::provider::{Endpoints, Metadata, Provider};

    fn target(admin: bool) -> Target {
        let client =
            |id: &str| json!({ "id": id, "redirect_uris": ["https://client.example/cb"], "grants": ["authorization_code"] });
        let mut document = json!({
            "issuer": "http://127.0.0.1:9",
            "clients": { "spa": client("spa"), "web": client("web"), "other": client("other"), "other_spa": client("other-spa") },
            "login": { "driver": "form" },
        });
        if admin {
            document["admin"] = json!({ "url": "http://127.0.0.1:9", "key": "k", "realm": "r" });
        }
        let provider = Provider::from_json(&document, "made").unwrap_or_else(|error| panic!("{error}"));
        Target { provider, metadata: Metadata::default(), endpoints: Endpoints::default() }
    }

    fn check(id: &str) -> Arc<Check> {
        Catalog::embedded().expect("the features are sound").check(id).unwrap_or_else(|| panic!("no check {id}")).clone()
    }

    #[test]
    fn what_replays_reuses_or_revokes_comes_after_the_others_and_what_guesses_comes_last() {
        let target = target(false);
        for (id, act) in [
            ("refresh/refreshed-public", Act::Gentle),
            ("pkce/mismatch-another", Act::Gentle),
            ("code/reused-at-once", Act::Destructive),
            ("code/replay-ends-access-token", Act::Destructive),
            ("code/side-by-side", Act::Destructive),
            ("refresh/rotated-token", Act::Destructive),
            ("refresh/reuse-ends-newest", Act::Destructive),
            ("refresh/another-client", Act::Destructive),
            ("code/flood", Act::Intrusive),
            ("device_pages/guessing", Act::Intrusive),
        ] {
            assert_eq!(Act::of(&check(id), &target), act, "{id}");
        }
        assert_eq!(Act::of(&check("refresh/reuse-ends-newest"), &self::target(true)), Act::Gentle, "nobody waits there");
    }

    #[tokio::test]
    async fn two_that_end_grants_of_one_client_take_turns_and_of_two_clients_they_do_not() {
        let (target, turns) = (target(false), Turns::default());
        let (public, confidential) = (check("refresh/reuse-ends-newest"), check("code/reused-at-once"));
        let turn = turns.take(&public, &target).await;
        assert!(turns.take(&check("refresh/reuse-ends-access-token"), &target).now_or_never().is_none());
        assert!(turns.take(&check("refresh/refreshed-public"), &target).now_or_never().is_some());
        let beside = turns.take(&confidential, &target).now_or_never().expect("another client");
        assert!(turns.take(&check("refresh/another-client"), &target).now_or_never().is_none(), "it uses that client, too");
        drop(beside);
        drop(turn);
        assert!(turns.take(&check("refresh/reuse-ends-access-token"), &target).now_or_never().is_some());
    }
}
