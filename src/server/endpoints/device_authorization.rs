//! The device authorization endpoint: a pair of codes for a device that has no browser (RFC 8628 section 3.1).

use serde_json::json;

use crate::server::config::GrantKind;
use crate::server::core::device::{Decision, Device};
use crate::server::core::form::Parameters;
use crate::server::core::message::{Request, Response};
use crate::server::core::realm::Realm;
use crate::server::core::refusal::{Refusal, TokenError};
use crate::server::defect::{device as seam, device_codes as codes_seam};
use crate::server::grants::requested_scopes;

use super::back_channel;

/// Answers a device authorization request.
pub fn answer(realm: &Realm, request: &Request) -> Response {
    back_channel::answer(realm, request, |form| codes(realm, request, form))
}

fn codes(realm: &Realm, request: &Request, form: &Parameters) -> Result<Response, Refusal> {
    let client = back_channel::authenticated(realm, request, form, None);
    let client = seam::applicant(realm, request, form, client)?;
    seam::parameters_are_fine(&realm.defects, form)?;
    if !seam::may_use_devices(&realm.defects, client.grants.contains(&GrantKind::DeviceCode)) {
        return Err(Refusal::new(TokenError::UnauthorizedClient, "the client is not registered for the device grant"));
    }
    let scopes = requested_scopes(form, &realm.scopes_of(client))?;
    let policy = &realm.config.policy;
    let now = realm.now();
    let (device_code, user_code) = {
        let mut devices = realm.memory.devices();
        let mut made = std::iter::from_fn(|| codes_seam::user_code(&realm.defects, &*realm.random)).take(100);
        let user_code = made.find(|code| devices.find(code).is_none());
        let user_code = user_code.unwrap_or_else(|| devices.fresh_user_code(&*realm.random));
        let device_code = codes_seam::device_code(&realm.defects, &user_code, realm.secret());
        let device = Device {
            client_id: client.id.clone(),
            scopes,
            user_code: user_code.clone(),
            issued_at: now,
            expires_at: now + policy.device_code_lifetime * 1_000,
            gap: policy.device_interval * 1_000,
            polled_at: None,
            decision: Decision::Pending,
        };
        devices.insert(&device_code, device, now);
        (device_code, user_code)
    };
    let page = realm.url("/device");
    let complete = format!("{page}?user_code={user_code}");
    Ok(Response::json(
        200,
        json!({
            "device_code": device_code,
            "user_code": user_code,
            "verification_uri": codes_seam::verification_uri(&realm.defects, page, &complete),
            "verification_uri_complete": complete,
            "expires_in": policy.device_code_lifetime,
            "interval": policy.device_interval,
        }),
    )
    .not_stored())
}
