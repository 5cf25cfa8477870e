//! The device grant's poll: has the user decided yet (RFC 8628 sections 3.4 and 3.5)?

use std::sync::Arc;

use crate::server::config::ClientConfig;
use crate::server::core::device::{Decision, Device};
use crate::server::core::form::Parameters;
use crate::server::core::grant::{ApprovingUser, Grant, Owner};
use crate::server::core::message::Response;
use crate::server::core::realm::Realm;
use crate::server::core::refusal::{Refusal, TokenError, invalid_grant, invalid_request};
use crate::server::defect::device as seam;

use super::tokens::{self, Issue, Refresh};

/// A poll that comes this much too early, in milliseconds, is taken for one in time: networks are not even.
const GRACE: u64 = 250;
/// How much longer the gap must be after `slow_down`, in milliseconds (RFC 8628 section 3.5).
const PENALTY: u64 = 5_000;

const UNKNOWN: Refusal = invalid_grant("the device code is unknown");

/// Tokens for an approved device code.
///
/// # Errors
/// The answers of RFC 8628 section 3.5, and `invalid_grant` for a code that is not this client's or is spent.
pub fn poll(realm: &Realm, client: &ClientConfig, form: &Parameters) -> Result<Response, Refusal> {
    seam::bears(&realm.defects, form)?;
    let Some(presented) = form.get("device_code") else {
        return Err(seam::missing_code(&realm.defects, invalid_request("device_code is missing")));
    };
    let now = realm.now();
    let grant = {
        let mut devices = realm.memory.devices();
        let device_code = seam::device_code(&realm.defects, &devices, presented);
        if devices.get(&device_code).is_none() {
            return Err(seam::unknown_code(realm, &devices, presented, UNKNOWN));
        }
        let device = devices.get_mut(&device_code).ok_or(UNKNOWN)?;
        if !seam::belongs(&realm.defects, device.client_id == client.id) {
            return Err(invalid_grant("the device code was issued to another client"));
        }
        let owner = Owner::User(Box::new(decided(realm, device, now)?));
        if !super::goes_on(realm, &owner) {
            return Err(Refusal::new(TokenError::AccessDenied, "the account of the user who approved is closed"));
        }
        Arc::new(Grant::new(realm.id_of(client), owner, device.scopes.clone(), None, now))
    };
    let scopes = grant.scopes.clone();
    let refresh = Refresh::first(client, &scopes);
    Ok(tokens::answer(realm, Issue { grant, scopes, refresh }))
}

/// The user who approved; from then on the code is spent.
fn decided(realm: &Realm, device: &mut Device, now: u64) -> Result<ApprovingUser, Refusal> {
    const SPENT: Refusal = invalid_grant("the device code is spent");
    if let Some(user) = seam::spent_code_still_works(&realm.defects, &device.decision) {
        return Ok(user);
    }
    if let Decision::Spent(_) = device.decision {
        return Err(SPENT);
    }
    if now >= device.expires_at && !seam::lives_for_ever(&realm.defects) {
        return Err(Refusal::new(TokenError::ExpiredToken, "the device code has expired"));
    }
    let first_poll = device.polled_at.is_none();
    if too_early(realm, device, now) {
        return Err(Refusal::new(TokenError::SlowDown, "wait longer between two polls"));
    }
    const PENDING: Refusal = Refusal::new(TokenError::AuthorizationPending, "the user has not decided yet");
    match seam::decision_seen(&realm.defects, &device.decision) {
        Decision::Pending => Err(seam::pending(&realm.defects, device, first_poll, now, PENDING)),
        Decision::Denied => Err(Refusal::new(TokenError::AccessDenied, "the user denied the request")),
        Decision::Approved(user) => {
            device.decision = Decision::Spent(user.clone());
            Ok(user)
        }
        Decision::Spent(_) => Err(SPENT),
    }
}

/// Whether this poll leaves too small a gap to the one before; then the next one must leave a longer one. The first has none before it.
fn too_early(realm: &Realm, device: &mut Device, now: u64) -> bool {
    let first_poll = device.polled_at.is_none();
    let previous = seam::previous_poll(&realm.defects, device);
    device.polled_at = Some(now);
    let early = previous.is_some_and(|previous| now + GRACE < previous + device.gap);
    if !seam::interval_is_enforced(&realm.defects, early) {
        return false;
    }
    device.gap += seam::penalty(&realm.defects, first_poll, PENALTY);
    true
}
