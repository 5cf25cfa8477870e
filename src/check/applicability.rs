//! Decides before the run which checks apply to which target, and why the others do not.

use std::sync::Arc;
use std::time::Duration;

use super::catalog::Check;
use crate::provider::{Target, lacking_for};
use crate::verdict::Profile;

/// Where a check is played, or why it is not.
pub enum Place {
    /// On this target.
    On(Arc<Target>),
    /// Nowhere, for this reason.
    Nowhere(String),
}

/// The first target that satisfies every need of the check.
pub fn place(check: &Check, targets: &[Arc<Target>], profile: Profile, max_wait: Duration) -> Place {
    if check.level(profile).is_none() {
        return Place::Nowhere(format!("not required by the profile {}", profile.name()));
    }
    let mut reason = None;
    for target in targets {
        match obstacle(check, target, max_wait) {
            None => return Place::On(target.clone()),
            Some(obstacle) => reason = reason.or(Some(obstacle)),
        }
    }
    Place::Nowhere(reason.unwrap_or_else(|| "no provider was given".to_owned()))
}

/// Everything that keeps a check from being played on a target, for whoever wants to know before the run.
pub fn obstacles(check: &Check, target: &Target, profile: Profile, max_wait: Duration) -> Vec<String> {
    let mut found = Vec::new();
    if check.level(profile).is_none() {
        found.push(format!("not required by the profile {}", profile.name()));
    }
    found.extend(check.needs.iter().filter_map(|need| lacking_for(target, *need, check.protagonist())));
    found.extend(wait(check, target, max_wait));
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

fn wait(check: &Check, target: &Target, max_wait: Duration) -> Option<String> {
    let waits = check.waits().filter(|wait| *wait > max_wait && target.provider.admin.is_none());
    waits.map(|wait| format!("would wait {} s: needs --max-wait {}", wait.as_secs(), wait.as_secs()))
}
