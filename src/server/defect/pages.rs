//! Bugs of the pages where the user logs in and decides: what they show, what they believe, and where they lead.

use super::{Defects, authorization, device_pages};
use crate::server::config::ClientConfig;
use crate::server::core::authorization::{AuthorizationRequest, ResponseKind};
use crate::server::core::endpoint::{Endpoint, Surface};
use crate::server::core::form::Parameters;
use crate::server::core::grant::{Challenge, ChallengeMethod};
use crate::server::core::message::{Content, Request, Response};
use crate::server::core::realm::Realm;
use crate::server::core::scope::Scopes;
use crate::server::core::session::Interaction;
use crate::server::endpoints::page::see_other;

table! { Pages;
    /// Answers the login form with status 302.
    RedirectsLoginWith302 violates ["authz-response-redirect-303-preferred"];
    /// Shows an empty page where the client or its redirect URI is not known.
    BlanksAddressErrors violates ["authz-invalid-client-or-uri-user-informed"];
    /// Reads the request once more from what comes with the login form.
    TakesRequestFromLoginForm violates ["authz-form-parameters-not-trusted"];
    /// Reads the request once more from what comes with the consent form.
    TakesRequestFromConsentForm violates ["authz-form-parameters-not-trusted"];
    /// Goes from the login to wherever `return_to` says.
    FollowsReturnTo violates ["authz-no-open-redirector-endpoints"];
    /// Has the name of the session in the address of the login form, so that any browser can send it.
    LetsAnyBrowserLogIn violates ["authz-login-csrf-protected"];
    /// Takes it for granted that a user who is logged in approves every public client.
    ApprovesPublicClientsSilently violates ["authz-public-client-no-silent-approval"];
    /// Asks whether an application may have access, without a word on which one and to what.
    AsksBlindly violates ["authz-consent-shows-client-and-scope"];
    /// Loads a script from the servers of somebody else into its forms.
    LoadsScriptsFromElsewhere violates ["authz-no-third-party-content"];
}

/// The page for a request without a good address.
pub fn address_error(defects: &Defects, sound: Response) -> Response {
    if defects.has(Flaw::BlanksAddressErrors) { Response::empty(sound.status) } else { sound }
}

/// What a form of the user is about: the question that it was shown for.
pub fn logged_in_for(realm: &Realm, request: &Request, form: &Parameters, interaction: &Interaction) -> Option<Interaction> {
    match interaction {
        Interaction::Authorization(asked) if realm.defects.has(Flaw::TakesRequestFromLoginForm) => {
            Some(Interaction::Authorization(Box::new(read_again(realm, request, form, (**asked).clone()))))
        }
        Interaction::Authorization(_) | Interaction::Refused(_) | Interaction::Device(_) => None,
    }
}

/// What the user has approved: the request that was validated.
pub fn approved(realm: &Realm, request: &Request, form: &Parameters, asked: AuthorizationRequest) -> AuthorizationRequest {
    if realm.defects.has(Flaw::TakesRequestFromConsentForm) { read_again(realm, request, form, asked) } else { asked }
}

fn read_again(realm: &Realm, request: &Request, form: &Parameters, mut asked: AuthorizationRequest) -> AuthorizationRequest {
    let query = Parameters::parse(request.query.as_bytes()).unwrap_or_default();
    let given = |name| form.get(name).or_else(|| query.get(name));
    if let Some(client) = given("client_id").and_then(|id| realm.client(id)) {
        asked.client_id.clone_from(&client.id);
    }
    if let Some(uri) = given("redirect_uri") {
        uri.clone_into(&mut asked.target.uri);
    }
    if let Some(scopes) = given("scope").and_then(|scope| Scopes::parse(scope).ok()) {
        asked.scopes = scopes;
    }
    if given("response_type") == Some("token") {
        asked.response = ResponseKind::Token;
    }
    if let Some(state) = given("state") {
        asked.target.state = Some(state.to_owned());
    }
    if let Some(value) = given("code_challenge") {
        asked.challenge = Some(Challenge { value: value.to_owned(), method: ChallengeMethod::S256 });
    }
    asked
}

/// Where a browser goes that has just logged in, if not on with its request.
pub fn after_login(defects: &Defects, request: &Request) -> Option<Response> {
    if !defects.has(Flaw::FollowsReturnTo) {
        return None;
    }
    let query = Parameters::parse(request.query.as_bytes()).ok()?;
    query.get("return_to").map(|address| see_other(address.to_owned()))
}

/// The name of a question: nothing can be read from it, and nobody can guess it. Where it could do for an anti-forgery token, a bug of
/// those is none without this one.
pub fn question_name(defects: &Defects, session: &str, secret: String) -> String {
    if defects.has(Flaw::LetsAnyBrowserLogIn) {
        format!("{session}.{secret}")
    } else if authorization::asks_at_known_address(defects) || device_pages::asks_at_known_address(defects) {
        "question".to_owned()
    } else {
        secret
    }
}

/// The session that the address of a login form names: none.
pub fn session_in_address<'id>(defects: &Defects, question: &'id str) -> Option<&'id str> {
    question.split_once('.').filter(|_| defects.has(Flaw::LetsAnyBrowserLogIn)).map(|(session, _)| session)
}

/// Whether a user who is logged in need not be asked.
pub fn is_approved_already(defects: &Defects, client: Option<&ClientConfig>) -> bool {
    defects.has(Flaw::ApprovesPublicClientsSilently) && client.is_some_and(ClientConfig::is_public)
}

/// The words of the question: which client, and what it asks for.
pub fn question(defects: &Defects, sound: String) -> String {
    if defects.has(Flaw::AsksBlindly) { "<p>An application asks for access.</p>\n".to_owned() } else { sound }
}

pub(super) fn after(defects: &Defects, endpoint: &Endpoint, response: &mut Response) {
    if matches!(endpoint, Endpoint::Login(_)) && response.status == 303 && defects.has(Flaw::RedirectsLoginWith302) {
        response.status = 302;
    }
    if endpoint.surface() == Surface::Authorization
        && defects.has(Flaw::LoadsScriptsFromElsewhere)
        && let Content::Html(page) = &mut response.content
        && page.contains("<form")
    {
        *page = page.replacen("</head>", "<script src=\"https://cdn.example/pages.js\"></script>\n</head>", 1);
    }
}
