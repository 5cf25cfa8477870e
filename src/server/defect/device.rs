//! Bugs of the device grant: its authorization endpoint, its verification page and the poll.

use http::Method;

use serde_json::Value;

use super::Defects;
use super::answer::{form_of, set_form};
use crate::server::config::ClientConfig;
use crate::server::core::device::{Decision, Device, Devices};
use crate::server::core::endpoint::{Endpoint, Surface};
use crate::server::core::form::Parameters;
use crate::server::core::grant::ApprovingUser;
use crate::server::core::message::{Content, Request, Response};
use crate::server::core::realm::Realm;
use crate::server::core::refusal::{Refusal, TokenError, invalid_grant, invalid_request};
use crate::server::core::session::DeviceQuestion;
use crate::server::defect::authorization::default_user;
use crate::server::endpoints::hint::kind_of;
use crate::server::endpoints::token::DEVICE_CODE;

table! { Device;
    /// Leaves `expires_in` out of the device authorization answer.
    OmitsDeviceExpiresIn violates ["device-authz-success-members"];
    /// Leaves `Cache-Control: no-store` out of the device authorization answer.
    OmitsNoStoreAtDeviceAuthorization violates ["device-authz-cache-no-store"];
    /// Issues device codes to a GET, and for parameters in the query.
    ServesGetAtDeviceAuthorization violates ["device-authz-post-only"];
    /// Issues a device code when `client_id` is missing.
    IssuesDeviceCodesToNobody violates ["device-authz-missing-client-id"];
    /// Issues a device code to a client it does not know.
    IssuesDeviceCodesToUnknownClients violates ["device-authz-unknown-client"];
    /// Issues device codes to confidential clients that do not authenticate.
    SkipsClientAuthAtDeviceAuthorization violates ["device-authz-client-auth-required"];
    /// Wants `client_id` in the body of a device authorization request from a client that has authenticated by its header.
    DemandsClientIdOfAuthenticatedDevices violates ["device-authz-client-auth-required"];
    /// Issues device codes to clients that are not registered for the grant.
    OpensDeviceGrantToEveryClient violates ["device-authz-unauthorized-client"];
    /// Answers 404 at the verification URI unless the code is in it.
    LosesVerificationPage violates ["device-verification-uri-usable"];
    /// Lets anyone who knows the user code approve it, logged in or not.
    ApprovesDeviceWithoutLogin violates ["device-verification-needs-login"];
    /// Approves the device as soon as a logged-in user opens the complete verification URI.
    ApprovesDeviceOnOpening violates ["device-verification-uri-complete-no-auto-approve"];
    /// Does not show the user code on the confirmation that follows the complete verification URI.
    HidesUserCode violates ["device-verification-uri-complete-shows-code"];
    /// Sends the verification pages without any protection against framing.
    OmitsFramingProtectionOnDevicePages violates ["device-verification-framing-protection"];
    /// Answers `invalid_grant` to the first poll of a device that waited its interval, while the user has not decided.
    AnswersPendingWithInvalidGrant violates ["device-poll-pending"];
    /// Never answers `slow_down`.
    IgnoresPollInterval violates ["device-poll-slow-down"];
    /// Lets the required gap grow by a minute on each `slow_down`.
    OverstretchesInterval violates ["device-slow-down-adds-five-seconds"];
    /// Counts the interval from the issue of the code and slows the first poll down while the user has not decided.
    ThrottlesFirstPoll violates ["device-first-poll-not-throttled"];
    /// Keeps answering `authorization_pending` after the user has approved.
    NeverHandsOverApprovedToken violates ["device-approved-token"];
    /// Keeps answering `authorization_pending` after the user has denied.
    KeepsDeniedDevicePending violates ["device-denied"];
    /// Lets device codes live for ever.
    NeverExpiresDeviceCodes violates ["device-expired-token"];
    /// Issues a token for an approved device code again and again.
    AcceptsReusedDeviceCode violates ["device-code-single-use"];
    /// Issues the token of a device code to any client.
    RedeemsDeviceCodesOfOtherClients violates ["device-code-bound-to-client"];
    /// Answers `authorization_pending` to a device code it has never issued, for ever.
    AnswersUnknownDeviceCodeWithPending violates ["device-unknown-code"];
    /// Answers `invalid_grant` to a poll that names no device code, as if the code were dead.
    TakesMissingDeviceCodeForUnknown violates ["device-token-missing-params"];
    /// Takes the user code for the device code.
    AcceptsUserCodeAsDeviceCode violates ["device-unknown-code"];
    /// Answers polls that name no client.
    AnswersPollsOfNobody violates ["device-token-missing-params"];
    /// Answers polls of a confidential client that does not authenticate.
    SkipsClientAuthAtPoll violates ["device-token-client-auth"];
    /// Refuses a device authorization request with a parameter that it does not know.
    RefusesUnknownDeviceParameters violates ["device-authz-unknown-param-ignored"];
    /// Answers `invalid_scope` to a device authorization request whose scope has no value.
    RefusesEmptyScopeOfDevices violates ["device-authz-empty-param-as-omitted"];
    /// Lets the last value of a repeated parameter win in a device authorization request.
    TakesLastOfRepeatedDeviceParameters violates ["device-authz-duplicate-param-rejected"];
    /// Cuts the first eight bytes off a device code, however long it is and wherever its characters end.
    SlicesDeviceCodesBlindly violates ["device-malformed-code-no-5xx"];
    /// Looks for any device code in its database, which bears neither a NUL nor more than a kilobyte.
    LooksUpAnyDeviceCode violates ["device-malformed-code-no-5xx"];
    /// Breaks down when the encoding of a device code is broken.
    CrashesOnBrokenDeviceCode violates ["device-malformed-code-no-5xx"];
    /// Lists the device authorization endpoint in its metadata, but not the grant type.
    OmitsDeviceGrantFromMetadata violates ["device-metadata", "metadata-grant-types-truthful"];
    /// Knows a user code only in capitals and with its dash.
    ComparesUserCodeLiterally violates ["device-user-code-input-tolerant"];
}

/// The client that asks for device codes: as it authenticated, or not at all.
pub fn applicant<'realm>(
    realm: &'realm Realm,
    request: &Request,
    form: &Parameters,
    client: Result<&'realm ClientConfig, Refusal>,
) -> Result<&'realm ClientConfig, Refusal> {
    let defects = &realm.defects;
    let refusal = match client {
        Ok(client) => {
            let misses_name = form.get("client_id").is_none() && uses_devices(client);
            return if misses_name && defects.has(Flaw::DemandsClientIdOfAuthenticatedDevices) {
                Err(invalid_request("client_id is missing"))
            } else {
                Ok(client)
            };
        }
        Err(refusal) => refusal,
    };
    let by_header = super::answer::basic_user(request);
    let named = form.get("client_id").map(str::to_owned).or(by_header).map(|id| realm.client(&id));
    let anyone = || realm.config.clients.values().find(|client| client.is_public() && uses_devices(client));
    match named {
        Some(Some(known)) if defects.has(Flaw::SkipsClientAuthAtDeviceAuthorization) => Ok(known),
        Some(None) if defects.has(Flaw::IssuesDeviceCodesToUnknownClients) => anyone().ok_or(refusal),
        None if defects.has(Flaw::IssuesDeviceCodesToNobody) => anyone().ok_or(refusal),
        Some(_) | None => Err(refusal),
    }
}

fn uses_devices(client: &ClientConfig) -> bool {
    client.grants.contains(&crate::server::config::GrantKind::DeviceCode)
}

/// Lets a device authorization request pass whose parameters are strange, as long as they are well-formed.
pub fn parameters_are_fine(defects: &Defects, form: &Parameters) -> Result<(), Refusal> {
    let known = |name: &str| matches!(name, "client_id" | "client_secret" | "scope");
    if defects.has(Flaw::RefusesUnknownDeviceParameters) && !form.names().all(known) {
        return Err(invalid_request("unknown parameter"));
    }
    if defects.has(Flaw::RefusesEmptyScopeOfDevices) && form.all("scope").any(str::is_empty) {
        return Err(Refusal::new(TokenError::InvalidScope, "the scope is empty"));
    }
    Ok(())
}

/// Whether the client is registered for the device grant.
pub fn may_use_devices(defects: &Defects, sound: bool) -> bool {
    sound || defects.has(Flaw::OpensDeviceGrantToEveryClient)
}

/// Whether the verification page is not where it is said to be.
pub fn page_is_lost(defects: &Defects) -> bool {
    defects.has(Flaw::LosesVerificationPage)
}

/// Whether what the user typed is the code, given that it has its letters.
pub fn user_code_fits(defects: &Defects, typed: &str, user_code: &str) -> bool {
    typed == user_code || !defects.has(Flaw::ComparesUserCodeLiterally)
}

/// The user in whose name a device is approved by the mere opening of a page: none.
pub fn approves_on_opening(defects: &Defects, user: &Option<ApprovingUser>, from_address: bool) -> Option<ApprovingUser> {
    user.clone().filter(|_| from_address && defects.has(Flaw::ApprovesDeviceOnOpening))
}

/// Whether one who is not logged in is asked all the same.
pub fn login_is_skipped(defects: &Defects, user: &Option<ApprovingUser>) -> bool {
    user.is_none() && defects.has(Flaw::ApprovesDeviceWithoutLogin)
}

/// The user who decides: the one who is logged in.
pub fn deciding_user(realm: &Realm, user: Option<ApprovingUser>) -> Option<ApprovingUser> {
    match user {
        None if realm.defects.has(Flaw::ApprovesDeviceWithoutLogin) => default_user(realm),
        user => user,
    }
}

/// Whether the question does not show the code.
pub fn code_is_hidden(defects: &Defects, question: &DeviceQuestion) -> bool {
    question.from_address && defects.has(Flaw::HidesUserCode)
}

/// What is said to a poll without a device code.
pub fn missing_code(defects: &Defects, sound: Refusal) -> Refusal {
    if defects.has(Flaw::TakesMissingDeviceCodeForUnknown) { invalid_grant("unknown device code") } else { sound }
}

/// What is said to a device code that nobody has issued.
pub fn unknown_code(realm: &Realm, devices: &Devices, presented: &str, sound: Refusal) -> Refusal {
    // A user code, an authorization code or a token in its place is another matter.
    let is_other = || {
        devices.find(presented).is_some()
            || realm.memory.codes.of(presented).get(presented).is_some()
            || kind_of(&realm.memory, presented).is_some()
    };
    if realm.defects.has(Flaw::AnswersUnknownDeviceCodeWithPending) && !is_other() {
        Refusal::new(TokenError::AuthorizationPending, "not yet")
    } else {
        sound
    }
}

/// Bears a device code of any form.
pub fn bears(defects: &Defects, form: &Parameters) -> Result<(), Refusal> {
    let Some(presented) = form.all("device_code").next() else { return Ok(()) };
    let slips = presented.len() < 8 || !presented.is_char_boundary(8);
    let overwhelms = presented.len() > 1_024 || presented.contains('\0');
    if slips && defects.has(Flaw::SlicesDeviceCodesBlindly) || overwhelms && defects.has(Flaw::LooksUpAnyDeviceCode) {
        return Err(Refusal::crash());
    }
    Ok(())
}

/// The device code that was presented.
pub fn device_code(defects: &Defects, devices: &Devices, presented: &str) -> String {
    if defects.has(Flaw::AcceptsUserCodeAsDeviceCode)
        && let Some(device_code) = devices.find(presented)
    {
        return device_code.to_owned();
    }
    presented.to_owned()
}

/// Whether the device code was issued to the client.
pub fn belongs(defects: &Defects, sound: bool) -> bool {
    sound || defects.has(Flaw::RedeemsDeviceCodesOfOtherClients)
}

/// The user of a spent code for which there are tokens once more: none.
pub fn spent_code_still_works(defects: &Defects, decision: &Decision) -> Option<ApprovingUser> {
    match decision {
        Decision::Spent(user) if defects.has(Flaw::AcceptsReusedDeviceCode) => Some(user.clone()),
        Decision::Spent(_) | Decision::Pending | Decision::Approved(_) | Decision::Denied => None,
    }
}

/// Whether a device code never grows too old.
pub fn lives_for_ever(defects: &Defects) -> bool {
    defects.has(Flaw::NeverExpiresDeviceCodes)
}

/// The poll that the next one must keep its distance from.
pub fn previous_poll(defects: &Defects, device: &Device) -> Option<u64> {
    let counts_from_issue = defects.has(Flaw::ThrottlesFirstPoll) && device.decision == Decision::Pending;
    device.polled_at.or_else(|| counts_from_issue.then_some(device.issued_at))
}

/// Whether a poll that comes too early is told so.
pub fn interval_is_enforced(defects: &Defects, early: bool) -> bool {
    early && !defects.has(Flaw::IgnoresPollInterval)
}

/// By how much the gap grows, in milliseconds.
pub fn penalty(defects: &Defects, first_poll: bool, sound: u64) -> u64 {
    // Only a first poll that was slowed down by mistake gets here, and how the gap grows is another defect's business.
    if first_poll {
        return 0;
    }
    if defects.has(Flaw::OverstretchesInterval) { 60_000 } else { sound }
}

/// The user's decision as the poll sees it.
pub fn decision_seen(defects: &Defects, decision: &Decision) -> Decision {
    match decision {
        Decision::Approved(_) if defects.has(Flaw::NeverHandsOverApprovedToken) => Decision::Pending,
        Decision::Denied if defects.has(Flaw::KeepsDeniedDevicePending) => Decision::Pending,
        seen @ (Decision::Approved(_) | Decision::Denied | Decision::Pending | Decision::Spent(_)) => seen.clone(),
    }
}

/// What is said as long as the user has not decided.
pub fn pending(defects: &Defects, device: &Device, first_poll: bool, now: u64, sound: Refusal) -> Refusal {
    let waited = now >= device.issued_at + device.gap.saturating_sub(500);
    if defects.has(Flaw::AnswersPendingWithInvalidGrant) && first_poll && waited && device.decision == Decision::Pending {
        return invalid_grant("not yet");
    }
    sound
}

/// The device authorization request as this server reads it.
pub(super) fn before(defects: &Defects, request: &mut Request) {
    if defects.has(Flaw::TakesLastOfRepeatedDeviceParameters)
        && let Some(mut form) = form_of(&request.body)
    {
        let last = |at: usize, form: &[(String, String)]| !form[at + 1..].iter().any(|(name, _)| *name == form[at].0);
        form = (0..form.len()).filter(|at| last(*at, &form)).map(|at| form[at].clone()).collect();
        set_form(request, &form);
    }
    if defects.has(Flaw::ServesGetAtDeviceAuthorization) && (request.method == "GET" || request.body.is_empty()) {
        request.method = Method::POST;
        request.say_form();
        if form_of(request.query.as_bytes()).is_some() {
            request.body = std::mem::take(&mut request.query).into_bytes();
        }
    }
}

pub(super) fn after(defects: &Defects, endpoint: &Endpoint, request: &Request, response: &mut Response) {
    match endpoint.surface() {
        Surface::Token if defects.has(Flaw::CrashesOnBrokenDeviceCode) => {
            let names_device = request.body.windows(12).any(|bytes| bytes == b"device_code=");
            if names_device && form_of(&request.body).is_none() {
                response.status = 500;
            }
        }
        Surface::DeviceAuthorization if response.status == 200 => {
            if defects.has(Flaw::OmitsNoStoreAtDeviceAuthorization) {
                response.drop_header("cache-control");
            }
            if defects.has(Flaw::OmitsDeviceExpiresIn) {
                response.drop_member("expires_in");
            }
        }
        Surface::DevicePages if defects.has(Flaw::OmitsFramingProtectionOnDevicePages) => {
            response.drop_header("x-frame-options");
            response.rewrite_header("content-security-policy", |policy| policy.replace("; frame-ancestors 'none'", ""));
        }
        Surface::Metadata if defects.has(Flaw::OmitsDeviceGrantFromMetadata) => {
            if let Content::Json(document) = &mut response.content
                && let Some(grants) = document.get_mut("grant_types_supported").and_then(Value::as_array_mut)
            {
                grants.retain(|grant| grant != DEVICE_CODE);
            }
        }
        Surface::Authorization
        | Surface::DevicePages
        | Surface::Token
        | Surface::Introspection
        | Surface::Revocation
        | Surface::DeviceAuthorization
        | Surface::Resource
        | Surface::Keys
        | Surface::Metadata => {}
    }
}
