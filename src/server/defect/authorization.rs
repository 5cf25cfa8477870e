//! Bugs of the authorization endpoint and its pages: what it refuses, what it echoes, and how it sends the browser back.

use super::Defects;
use super::answer::Fields as _;
use crate::server::config::ClientConfig;
use crate::server::core::authorization::{AuthorizationError, AuthorizationRequest, ResponseKind};
use crate::server::core::endpoint::{Endpoint, Surface};
use crate::server::core::form::{self, Parameters, Repeated};
use crate::server::core::grant::ApprovingUser;
use crate::server::core::message::{ClientRedirect, Content, Request, Response};
use crate::server::core::realm::Realm;
use crate::server::core::scope::Scopes;
use crate::server::core::session::Interaction;
use crate::server::endpoints::interaction::to_client;
use crate::server::endpoints::page::{error_page, escaped, page};

table! { Authorization;
    /// Answers `invalid_request` to an authorization request that carries a parameter it does not know.
    RejectsUnknownParameters violates ["authz-unknown-param-ignored"];
    /// Takes an authorization request without `response_type` for a code request.
    TreatsMissingResponseTypeAsCode violates ["authz-missing-response-type"];
    /// Takes a `response_type` it has never heard of for `code`.
    TreatsUnknownResponseTypeAsCode violates ["authz-unknown-response-type"];
    /// Sends the error for a missing `client_id` to whatever `redirect_uri` the request names.
    RedirectsWithoutClientId violates ["authz-missing-client-id-no-redirect"];
    /// Sends the error for an unknown `client_id` to the `redirect_uri` of the request.
    RedirectsUnknownClients violates ["authz-unknown-client-id-no-redirect"];
    /// Looks at the redirect URI only after the login, and then sends the error to the very URI it refuses (on a host that no client has registered).
    RedirectsErrorsToUncheckedUri violates ["authz-unregistered-redirect-uri-no-redirect"];
    /// Takes the last of several `state` values and goes on.
    LetsLastStateWin violates ["authz-duplicate-state-rejected"];
    /// Puts `code` and `state` behind the `#` of the redirect URI.
    SendsCodeInFragment violates ["authz-success-code-in-query"];
    /// Appends `state` twice to the response.
    RepeatsState violates ["authz-response-params-once"];
    /// Decodes `state` a second time before it echoes it, so that `%2B` turns into a plus and a plus into a space.
    DecodesStateTwice violates ["authz-state-echo-exact"];
    /// Leaves `state` out of the errors that the validation of the request raises.
    DropsStateOnError violates ["authz-state-echo-on-error"];
    /// Shows a page of its own when the user denies, and never tells the client.
    EndsDenialOnLocalPage violates ["authz-denied-access-denied"];
    /// Sends the browser to the client with status 307, which repeats the form with its password.
    RedirectsWith307 violates ["authz-response-redirect-not-307"];
    /// Issues a code for a default user when the browser has no session.
    IssuesCodeWithoutLogin violates ["authz-user-authenticated-first"];
    /// Lets every site put the login and consent pages into a frame.
    AllowsFramingByAnyone violates ["authz-clickjacking-header"];
    /// Protects its pages against framing with `X-Frame-Options` only.
    OmitsFrameAncestors violates ["authz-csp-frame-ancestors"];
    /// Sends `Referrer-Policy: unsafe-url` with its pages.
    SendsUnsafeReferrerPolicy violates ["authz-referrer-policy"];
    /// Lets a CORS filter that is meant for the API cover the authorization endpoint too.
    AllowsCorsAtAuthorization violates ["authz-no-cors"];
    /// Issues a code to a client that is not registered for the authorization code grant.
    ServesClientsWithoutTheCodeGrant violates ["authz-unauthorized-client"];
    /// Takes the user of a code from a process-wide variable: whoever logged in last.
    AttributesCodeToLatestUser violates ["authz-code-approving-user"];
    /// Grants any scope that an authorization request names, unchecked.
    GrantsUnknownScopes violates ["scope-unknown-not-granted"];
    /// Gives the token of a code every scope that the client may have, whatever was asked for.
    GrantsEveryScopeOfTheClient violates ["scope-not-broader-than-requested"];
    /// Announces `iss` in its metadata but leaves it out of the success response.
    OmitsIss violates ["iss-in-success-response"];
    /// Adds `iss` to success responses only.
    OmitsIssOnError violates ["iss-in-error-response"];
    /// Sends an `iss` with a trailing slash that its issuer does not have.
    AddsTrailingSlashToIss violates ["iss-equals-issuer"];
    /// Takes the answer to the consent page, at an address that everybody knows, without its anti-forgery token.
    AcceptsConsentWithoutCsrfToken violates ["authz-consent-csrf-protected"];
    /// Writes `client_id` and `redirect_uri` into its error page without escaping them.
    ReflectsUnescapedInput violates ["authz-error-page-no-html-injection"];
}

/// Why an authorization request has no good address to answer to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Misaddressed {
    /// `client_id` or `redirect_uri` is repeated.
    Repeated,
    /// `client_id` is missing.
    NoClientId,
    /// Nobody has registered this `client_id`.
    UnknownClient,
    /// `redirect_uri` is missing, and the client has several.
    NoRedirectUri,
    /// The client has not registered this `redirect_uri`.
    UnregisteredUri,
}

/// A page that tells the user, and no redirect (RFC 6749 section 4.1.2.1).
pub fn misaddressed(realm: &Realm, fault: Misaddressed, parameters: &Parameters, explanation: &str) -> Response {
    let uri = parameters.get("redirect_uri").filter(|uri| uri.starts_with("http"));
    let error = match fault {
        Misaddressed::NoClientId if realm.defects.has(Flaw::RedirectsWithoutClientId) => Some("invalid_request"),
        Misaddressed::UnknownClient if realm.defects.has(Flaw::RedirectsUnknownClients) => Some("unauthorized_client"),
        Misaddressed::UnregisteredUri if realm.defects.has(Flaw::RedirectsErrorsToUncheckedUri) => {
            uri.filter(|uri| is_on_a_strange_host(realm, uri)).and(Some("invalid_request"))
        }
        Misaddressed::Repeated
        | Misaddressed::NoClientId
        | Misaddressed::UnknownClient
        | Misaddressed::NoRedirectUri
        | Misaddressed::UnregisteredUri => None,
    };
    if let (Some(error), Some(uri)) = (error, uri) {
        let parameters = vec![("error", error.to_owned())];
        return to_client(ClientRedirect { uri: uri.to_owned(), parameters, in_fragment: false });
    }
    if !realm.defects.has(Flaw::ReflectsUnescapedInput) {
        return super::pages::address_error(&realm.defects, error_page(400, explanation));
    }
    let given = |name| parameters.all(name).next().unwrap_or_default();
    let body = format!("<p>{}</p>\n<p>{} {}</p>", escaped(explanation), given("client_id"), given("redirect_uri"));
    page(400, "This does not work", &body)
}

/// A URI that does not even resemble a registered one: the other URIs are other defects' business.
pub(super) fn is_on_a_strange_host(realm: &Realm, uri: &str) -> bool {
    let registered = realm.config.clients.values().flat_map(|client| &client.redirect_uris);
    !registered
        .filter_map(|uri| url::Url::parse(uri).ok())
        .filter_map(|known| known.host_str().and_then(|host| host.split('.').next()).map(str::to_owned))
        .any(|label| uri.to_ascii_lowercase().contains(&label))
}

/// The `state`, if there is one of it.
pub fn state(defects: &Defects, parameters: &Parameters) -> Result<Option<String>, Repeated> {
    if defects.has(Flaw::LetsLastStateWin) {
        return Ok(parameters.all("state").last().map(str::to_owned));
    }
    parameters.one("state").map(|state| state.map(str::to_owned))
}

/// Whether the request is refused for what the server does not know.
pub fn refuses_unknown_parameters(defects: &Defects, parameters: &Parameters) -> bool {
    const KNOWN: &[&str] = &[
        "client_id",
        "redirect_uri",
        "state",
        "response_type",
        "response_mode",
        "scope",
        "nonce",
        "prompt",
        "max_age",
        "login_hint",
        "code_challenge",
        "code_challenge_method",
        "resource",
        "request",
        "request_uri",
        "claims",
    ];
    defects.has(Flaw::RejectsUnknownParameters) && parameters.names().any(|name| !KNOWN.contains(&name))
}

/// What the request is to be answered with.
pub fn response_kind<Fault>(
    defects: &Defects,
    given: Option<&str>,
    sound: Result<ResponseKind, Fault>,
) -> Result<ResponseKind, Fault> {
    let invented = |given: &str| {
        let known = |word: &str| ["code", "token", "id_token", "none"].contains(&word.to_ascii_lowercase().as_str());
        !given.split(' ').any(known)
    };
    match given {
        None if defects.has(Flaw::TreatsMissingResponseTypeAsCode) => Ok(ResponseKind::Code),
        Some(given) if defects.has(Flaw::TreatsUnknownResponseTypeAsCode) && invented(given) => Ok(ResponseKind::Code),
        None | Some(_) => sound,
    }
}

/// Whether the client may use the authorization code grant.
pub fn may_ask_for_codes(defects: &Defects, registered: bool) -> bool {
    registered || defects.has(Flaw::ServesClientsWithoutTheCodeGrant)
}

/// Whether the scopes asked for may be granted.
pub fn scopes_allowed(defects: &Defects, sound: bool) -> bool {
    sound || defects.has(Flaw::GrantsUnknownScopes)
}

/// What the access token of a code is good for: what was approved.
pub fn scopes_of_a_code(realm: &Realm, client: &ClientConfig, form: &Parameters, approved: &Scopes) -> Scopes {
    if realm.defects.has(Flaw::GrantsEveryScopeOfTheClient) && form.get("scope").is_none() {
        return Scopes::of(&client.scopes);
    }
    approved.clone()
}

/// The user in whose name a request is granted at once, without a login: none.
pub fn without_login(realm: &Realm, interaction: &Interaction) -> Option<(AuthorizationRequest, ApprovingUser)> {
    match interaction {
        Interaction::Authorization(request) if realm.defects.has(Flaw::IssuesCodeWithoutLogin) => {
            Some(((**request).clone(), default_user(realm)?))
        }
        Interaction::Authorization(_) | Interaction::Refused(_) | Interaction::Device(_) => None,
    }
}

/// The user whom a server without a login takes everyone for.
pub fn default_user(realm: &Realm) -> Option<ApprovingUser> {
    let user = realm.config.users.values().next()?;
    Some(realm.logged_in(user.subject(), realm.now()))
}

/// Remembers who logged in last.
pub fn note_login(realm: &Realm, user: &ApprovingUser) {
    if realm.defects.has(Flaw::AttributesCodeToLatestUser) {
        realm.memory.gossip().latest_login = Some(user.sub.clone());
    }
}

/// The user who approved: the one of this browser.
pub fn approving_user(realm: &Realm, user: &ApprovingUser) -> ApprovingUser {
    let mut user = user.clone();
    if realm.defects.has(Flaw::AttributesCodeToLatestUser)
        && let Some(latest) = realm.memory.gossip().latest_login.clone()
    {
        user.sub = latest;
    }
    user
}

/// Whether the answer to the consent page comes from that page.
pub fn consent_is_genuine(defects: &Defects, form: &Parameters, sound: bool) -> bool {
    sound || defects.has(Flaw::AcceptsConsentWithoutCsrfToken) && form.get("csrf").is_none()
}

/// Whether every consent page has the same address.
pub fn asks_at_known_address(defects: &Defects) -> bool {
    defects.has(Flaw::AcceptsConsentWithoutCsrfToken)
}

/// Whether the client is not told that the user said no.
pub fn denial_stays_here(defects: &Defects) -> bool {
    defects.has(Flaw::EndsDenialOnLocalPage)
}

pub(super) fn after(realm: &Realm, endpoint: &Endpoint, _: &Request, response: &mut Response) {
    let defects = &realm.defects;
    if let Content::Client(redirect) = &mut response.content {
        bend_redirect(defects, redirect);
        if defects.has(Flaw::RedirectsWith307) {
            response.status = 307;
        }
    }
    if endpoint.surface() == Surface::Authorization {
        bend_headers(defects, response);
    }
}

fn bend_redirect(defects: &Defects, redirect: &mut ClientRedirect) {
    let parameters = &mut redirect.parameters;
    let error = parameters.field("error").map(str::to_owned);
    if error.is_some() {
        let denied = error.as_deref() == Some(AuthorizationError::AccessDenied.code());
        if defects.has(Flaw::DropsStateOnError) && !denied {
            parameters.drop_field("state");
        }
        if defects.has(Flaw::OmitsIssOnError) {
            parameters.drop_field("iss");
        }
    } else {
        if defects.has(Flaw::OmitsIss) {
            parameters.drop_field("iss");
        }
        redirect.in_fragment |= defects.has(Flaw::SendsCodeInFragment);
    }
    for (name, value) in parameters.iter_mut() {
        if *name == "iss" && defects.has(Flaw::AddsTrailingSlashToIss) {
            value.push('/');
        }
        if *name == "state" && defects.has(Flaw::DecodesStateTwice) {
            // Careless decoders leave alone what is not encoded.
            *value = form::decoded(value.as_bytes()).unwrap_or_else(|_| value.replace('+', " "));
        }
    }
    if defects.has(Flaw::RepeatsState)
        && let Some(state) = parameters.field("state").map(str::to_owned)
    {
        parameters.push(("state", state));
    }
}

fn bend_headers(defects: &Defects, response: &mut Response) {
    if defects.has(Flaw::AllowsFramingByAnyone) {
        response.drop_header("x-frame-options");
        response
            .rewrite_header("content-security-policy", |policy| policy.replace("frame-ancestors 'none'", "frame-ancestors *"));
    }
    if defects.has(Flaw::OmitsFrameAncestors) {
        response.rewrite_header("content-security-policy", |policy| policy.replace("; frame-ancestors 'none'", ""));
    }
    if defects.has(Flaw::SendsUnsafeReferrerPolicy) {
        response.rewrite_header("referrer-policy", |_| "unsafe-url".to_owned());
    }
    if defects.has(Flaw::AllowsCorsAtAuthorization) {
        response.headers.push(("access-control-allow-origin", "*".to_owned()));
    }
}
