//! Decides before the run which checks apply to which target, and why the others do not.

use std::sync::Arc;
use std::time::Duration;

use url::Url;

use super::catalog::Check;
use crate::protocol::host::is_loopback;
use crate::provider::{Target, lacking_for};
use crate::verdict::Profile;

/// Where a check is played, or why it is not.
pub enum Place {
    /// On this target.
    On(Arc<Target>),
    /// Nowhere, for this reason.
    Nowhere(String),
}

/// The first target that satisfies every need of the check; else what keeps it from the one that has the client it is about.
pub fn place(check: &Check, targets: &[Arc<Target>], profile: Profile, max_wait: Duration, intrusive: bool) -> Place {
    if check.level(profile).is_none() {
        return Place::Nowhere(format!("not required by the profile {}", profile.name()));
    }
    let mut reasons = Vec::new();
    for target in targets {
        match obstacle(check, target, max_wait).or_else(|| intrudes(check, target).filter(|_| !intrusive)) {
            None => return Place::On(target.clone()),
            Some(obstacle) => reasons.push((target.provider.client(check.protagonist()).is_none(), obstacle)),
        }
    }
    let nearest = reasons.into_iter().min_by_key(|(is_stranger, _)| *is_stranger);
    Place::Nowhere(nearest.map_or_else(|| "no provider was given".to_owned(), |(_, reason)| reason))
}

/// Everything that keeps a check from being played on a target, for whoever wants to know before the run.
pub fn obstacles(check: &Check, target: &Target, profile: Profile, max_wait: Duration) -> Vec<String> {
    let mut found = Vec::new();
    if check.level(profile).is_none() {
        found.push(format!("not required by the profile {}", profile.name()));
    }
    found.extend(check.needs.iter().filter_map(|need| lacking_for(target, *need, check.protagonist())));
    found.extend(wait(check, target, max_wait));
    found.extend(intrudes(check, target));
    let mut seen = std::collections::BTreeSet::new();
    found.retain(|obstacle| seen.insert(obstacle.clone()));
    found
}

fn obstacle(check: &Check, target: &Target, max_wait: Duration) -> Option<String> {
    if let Some(lack) = check.needs.iter().find_map(|need| lacking_for(target, *need, check.protagonist())) {
        return Some(lack);
    }
    wait(check, target, max_wait)
}

/// What floods or guesses is for a host of one's own, unless its owner says otherwise.
fn intrudes(check: &Check, target: &Target) -> Option<String> {
    let elsewhere = check.is_intrusive() && !is_on_this_machine(&target.provider.issuer);
    elsewhere.then(|| "floods or guesses, on a host that is not this machine: needs --intrusive".to_owned())
}

fn is_on_this_machine(issuer: &str) -> bool {
    Url::parse(issuer).is_ok_and(|issuer| is_loopback(&issuer))
}

fn wait(check: &Check, target: &Target, max_wait: Duration) -> Option<String> {
    let waits = check.waits().filter(|wait| *wait > max_wait && target.provider.admin.is_none());
    waits.map(|wait| format!("would wait {} s: needs --max-wait {}", wait.as_secs(), wait.as_secs()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_machine_is_told_from_other_hosts() {
        for issuer in ["http://127.0.0.1:8080", "http://[::1]/realms/a", "https://localhost", "https://op.localhost:8443/"] {
            assert!(is_on_this_machine(issuer), "{issuer}");
        }
        for issuer in ["https://op.example", "https://localhost.example", "http://192.168.0.1", "http://10.0.0.1", "no URL"] {
            assert!(!is_on_this_machine(issuer), "{issuer}");
        }
    }
}
