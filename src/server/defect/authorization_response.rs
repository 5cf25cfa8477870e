//! Bugs in what the browser brings back: the state, the errors and their words, the issuer, and when an error leaves at all.

use super::Defects;
use super::answer::Fields as _;
use crate::server::core::endpoint::{Endpoint, Surface};
use crate::server::core::form::Parameters;
use crate::server::core::message::{ClientRedirect, Content, Response};

table! { AuthorizationResponse;
    /// Writes `state` into the address as it is, so that a line break in it ends the header.
    WritesStateRaw violates ["authz-state-no-header-injection"];
    /// Keeps the first 255 characters of a `state`.
    TruncatesState violates ["authz-state-echo-long"];
    /// Puts errors behind the `#` of the redirect URI.
    SendsErrorsInFragment violates ["authz-error-in-query-for-code"];
    /// Answers a `response_mode` that it does not know with the words of a status line.
    AnswersWithReasonPhrase violates ["authz-error-code-registered"];
    /// Repeats the scope that it refuses in `error_description`, with whatever characters it holds.
    EchoesScopeInErrorDescription violates ["authz-error-charset"];
    /// Sends the browser back with an error although nobody has logged in.
    BouncesErrorsWithoutLogin violates ["authz-no-unauthenticated-error-redirect"];
    /// Names its issuer in every response and does not say so in its metadata.
    HidesIssSupport violates ["iss-support-advertised"];
    /// Neither names its issuer in responses nor says that it does.
    OffersNoIssuer violates ["iss-supported-at-all"];
}

/// The error that goes back to the client.
pub fn refusal(defects: &Defects, parameters: &Parameters, mut sound: ClientRedirect) -> ClientRedirect {
    let phrase =
        defects.has(Flaw::AnswersWithReasonPhrase) && parameters.get("response_mode").is_some_and(|mode| mode != "query");
    let scope = parameters.get("scope").filter(|_| {
        let refused = sound.parameters.field("error") == Some("invalid_scope");
        refused && defects.has(Flaw::EchoesScopeInErrorDescription)
    });
    for (name, value) in &mut sound.parameters {
        match (*name, scope) {
            ("error", _) if phrase => "Bad Request".clone_into(value),
            ("error_description", Some(scope)) => *value = format!("the scope {scope} is not for this client"),
            _ => {}
        }
    }
    sound
}

/// Whether the client hears of an error before its user has logged in.
pub fn bounces_errors(defects: &Defects) -> bool {
    defects.has(Flaw::BouncesErrorsWithoutLogin)
}

pub(super) fn after(defects: &Defects, endpoint: &Endpoint, response: &mut Response) {
    if endpoint.surface() == Surface::Metadata && (defects.has(Flaw::HidesIssSupport) || defects.has(Flaw::OffersNoIssuer)) {
        response.drop_member("authorization_response_iss_parameter_supported");
    }
    let Content::Client(redirect) = &mut response.content else { return };
    redirect.in_fragment |= defects.has(Flaw::SendsErrorsInFragment) && redirect.parameters.field("error").is_some();
    if defects.has(Flaw::OffersNoIssuer) {
        redirect.parameters.drop_field("iss");
    }
    let Some((_, state)) = redirect.parameters.iter_mut().find(|(name, _)| *name == "state") else { return };
    if defects.has(Flaw::TruncatesState) {
        *state = state.chars().take(255).collect();
    }
    if defects.has(Flaw::WritesStateRaw)
        && let Some((before, line)) = state.clone().split_once("\r\n")
    {
        before.clone_into(state);
        if let Some(value) = line.strip_prefix("X-Injected: ") {
            response.headers.push(("x-injected", value.to_owned()));
        }
    }
}
