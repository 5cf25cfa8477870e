//! The authorization endpoint: who asks, where the answer may go, and whether the request can be put to a user (RFC 6749 section 4.1.1).

use crate::server::config::{ClientConfig, GrantKind};
use crate::server::core::authorization::{AuthorizationError, AuthorizationRequest, ResponseKind, Target};
use crate::server::core::form::Parameters;
use crate::server::core::grant::{Challenge, ChallengeMethod};
use crate::server::core::message::{Request, Response};
use crate::server::core::realm::Realm;
use crate::server::core::scope::Scopes;
use crate::server::core::session::Interaction;
use crate::server::core::{pkce, redirect_uri};
use crate::server::defect::authorization::{self as seam, Misaddressed};
use crate::server::defect::{
    authorization_request as reading, authorization_response as answering, legacy, native, pkce as pkce_seam, redirect,
    scope as scope_seam,
};

use super::interaction;
use super::page::error_page;

/// Everything the endpoint reads but `client_id`, `redirect_uri` and `state`.
const SINGLE: &[&str] = &["response_type", "response_mode", "scope", "code_challenge", "code_challenge_method", "nonce"];

/// Why a request with a good client and redirect URI is refused.
type Fault = (AuthorizationError, &'static str);

/// Answers a request; by POST it means the same as by GET (RFC 6749 section 3.1).
pub fn answer(realm: &Realm, request: &Request) -> Response {
    let encoded = match request.method.as_str() {
        "GET" | "HEAD" if reading::serves(&realm.defects, request.method.as_str()) => request.query.as_bytes(),
        "POST" if request.is_form() => &request.body,
        "POST" => return error_page(400, "The request is not a form."),
        _ => return error_page(405, "This page is for GET and POST.").with("allow", "GET, POST"),
    };
    let Ok(parameters) = Parameters::parse(encoded) else {
        let refusal = error_page(400, "The request cannot be read: its encoding is broken.");
        return reading::unreadable(&realm.defects, refusal);
    };
    if let Some(breakdown) = reading::breakdown(&realm.defects, request, &parameters) {
        return breakdown;
    }
    let (client, uri) = match reading::addressee(realm, request, &parameters, addressee(realm, request, &parameters)) {
        Ok(addressee) => addressee,
        Err(response) => return *response,
    };
    let state = seam::state(&realm.defects, &parameters);
    let target = Target { uri, state: reading::echoed_state(&realm.defects, state.clone().unwrap_or_default()) };
    let validated = match state {
        Ok(_) => validated(realm, client, target.clone(), &parameters),
        Err(_) => Err((AuthorizationError::InvalidRequest, "state is repeated")),
    };
    interaction::begin(
        realm,
        request,
        match validated {
            Ok(request) => Interaction::Authorization(Box::new(request)),
            Err((error, description)) => {
                let refusal = target.refusal(error, description, &realm.issuer);
                Interaction::Refused(answering::refusal(&realm.defects, &parameters, refusal))
            }
        },
    )
}

/// The client and the redirect URI. Until both are good nothing goes to any redirect URI (RFC 6749 section 4.1.2.1).
fn addressee<'realm>(
    realm: &'realm Realm,
    request: &Request,
    parameters: &Parameters,
) -> Result<(&'realm ClientConfig, String), Box<Response>> {
    let fault = |fault, explanation| Box::new(seam::misaddressed(realm, fault, parameters, explanation));
    let client_id = match parameters.one("client_id") {
        Err(_) => return Err(fault(Misaddressed::Repeated, "The request names its client more than once.")),
        Ok(None) => return Err(fault(Misaddressed::NoClientId, "The request does not name its client.")),
        Ok(Some(id)) => id,
    };
    let Some(client) = realm.client(client_id) else {
        return Err(fault(Misaddressed::UnknownClient, "The application that sent you here is not known."));
    };
    match parameters.one("redirect_uri") {
        Err(_) => Err(fault(Misaddressed::Repeated, "The request names more than one address to return to.")),
        Ok(None) => match redirect::default_uri(&realm.defects, client, request) {
            Some(only) => Ok((client, only.to_owned())),
            None => Err(fault(Misaddressed::NoRedirectUri, "The request does not name the address to return to.")),
        },
        Ok(Some(uri)) => {
            let sound = native::is_registered(&realm.defects, client, uri, redirect_uri::is_registered(client, uri));
            if redirect::is_registered(realm, client, uri, sound) {
                Ok((client, uri.to_owned()))
            } else {
                Err(fault(Misaddressed::UnregisteredUri, "The address to return to is not registered for this application."))
            }
        }
    }
}

/// The rest of the request. Its faults are told to the client.
fn validated(
    realm: &Realm,
    client: &ClientConfig,
    target: Target,
    parameters: &Parameters,
) -> Result<AuthorizationRequest, Fault> {
    if reading::repeats(&realm.defects, parameters, SINGLE) {
        return Err((AuthorizationError::InvalidRequest, "a parameter is repeated"));
    }
    if reading::refuses_empty_state(&realm.defects, parameters) {
        return Err((AuthorizationError::InvalidRequest, "state is empty"));
    }
    if seam::refuses_unknown_parameters(&realm.defects, parameters) {
        return Err((AuthorizationError::InvalidRequest, "unknown parameter"));
    }
    let response = response_kind(realm, parameters)?;
    if !seam::may_ask_for_codes(&realm.defects, client.grants.contains(&GrantKind::AuthorizationCode)) {
        return Err((AuthorizationError::UnauthorizedClient, "the client may not use the authorization code grant"));
    }
    if !matches!(parameters.get("response_mode"), None | Some("query")) {
        return Err((AuthorizationError::InvalidRequest, "the response mode is not supported"));
    }
    Ok(AuthorizationRequest {
        client_id: client.id.clone(),
        target,
        redirect_uri: parameters.get("redirect_uri").map(str::to_owned),
        scopes: scopes(realm, client, reading::scope(&realm.defects, parameters).as_deref())?,
        challenge: challenge(realm, client, parameters)?,
        nonce: parameters.get("nonce").map(str::to_owned),
        response,
    })
}

fn response_kind(realm: &Realm, parameters: &Parameters) -> Result<ResponseKind, Fault> {
    let given = parameters.get("response_type");
    let sound = match given {
        None => Err((AuthorizationError::InvalidRequest, "response_type is missing")),
        Some("code") => Ok(ResponseKind::Code),
        Some(_) => Err((AuthorizationError::UnsupportedResponseType, "the response type is not supported")),
    };
    let sound = reading::response_kind(&realm.defects, parameters, sound);
    legacy::response_kind(&realm.defects, given, seam::response_kind(&realm.defects, given, sound))
}

/// Scopes nobody knows, or that are not for this client, are refused (RFC 6749 section 3.3); a request without scope gets the client's default.
fn scopes(realm: &Realm, client: &ClientConfig, given: Option<&str>) -> Result<Scopes, Fault> {
    let allowed = Scopes::of(&client.scopes);
    let Some(given) = given else {
        let default = scope_seam::default(&realm.defects, allowed);
        return default.ok_or((AuthorizationError::InvalidRequest, "scope is missing"));
    };
    let Ok(requested) = Scopes::parse(given) else {
        let malformed = scope_seam::malformed(&realm.defects, given);
        return malformed.ok_or((AuthorizationError::InvalidScope, "the scope is malformed"));
    };
    let within = scope_seam::allowed(realm, &requested, &allowed, requested.is_within(&allowed));
    if seam::scopes_allowed(&realm.defects, within) {
        Ok(requested)
    } else {
        Err((AuthorizationError::InvalidScope, "the scope is unknown or not for this client"))
    }
}

/// The PKCE challenge (RFC 7636 section 4.3); without a method it is `plain`, which few realms support (RFC 9700 section 2.1.1).
fn challenge(realm: &Realm, client: &ClientConfig, parameters: &Parameters) -> Result<Option<Challenge>, Fault> {
    if let Some(challenge) = pkce_seam::vacuous_challenge(&realm.defects, parameters) {
        return Ok(Some(challenge));
    }
    let method = parameters.get("code_challenge_method");
    let Some(value) = parameters.get("code_challenge") else {
        let required = pkce::is_required(realm.config.policy.pkce, client);
        return if pkce_seam::challenge_required(&realm.defects, client, required) {
            Err((pkce_seam::missing_challenge_error(&realm.defects, client), "code_challenge is missing"))
        } else if method.is_some() {
            Err((AuthorizationError::InvalidRequest, "code_challenge_method without code_challenge"))
        } else {
            Ok(None)
        };
    };
    let sound = match method {
        Some("S256") => Some(ChallengeMethod::S256),
        Some("plain") | None if realm.config.policy.pkce_plain => Some(ChallengeMethod::Plain),
        Some(_) | None => None,
    };
    let Some(method) = pkce_seam::method(&realm.defects, method, sound) else {
        return Err((AuthorizationError::InvalidRequest, "the code challenge method is not supported"));
    };
    let well_formed = match method {
        ChallengeMethod::S256 => pkce::is_s256_challenge(value),
        ChallengeMethod::Plain => pkce::has_verifier_length(value) && pkce::has_verifier_characters(value),
    };
    if !pkce_seam::challenge_is_fine(&realm.defects, well_formed) {
        return Err((AuthorizationError::InvalidRequest, "the code challenge is malformed"));
    }
    Ok(Some(Challenge { value: value.to_owned(), method }))
}
