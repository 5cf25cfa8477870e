//! What to look at when a step did not bring what it should: the key of the provider file, the switch at the provider, the flag.

use super::plan::{Flow, Trip};
use crate::login::{End, Sighting};
use crate::protocol::{Endpoint, OAuthError, Response};

/// After an answer of the token or the device authorization endpoint.
pub(super) fn token_endpoint(trip: &Trip<'_>, response: &Response) -> Vec<String> {
    let role = &trip.client.role;
    let method = trip.client.auth.name();
    let grant = grant(trip.flow);
    let scope = || format!("`clients.{role}.scopes` or --scope: what the provider lets the client `{}` ask for", trip.client.id);
    let switch = || format!("the provider's setting of the client `{}`: is {grant} switched on for it?", trip.client.id);
    let Ok(error) = OAuthError::read(response) else { return not_oauth(response) };
    match error.error.as_str() {
        "invalid_client" => vec![
            format!("`clients.{role}.id` and `clients.{role}.secret`: as they are registered?"),
            format!("`clients.{role}.auth`: {method} was used; the provider may want another method (RFC 6749 section 2.3)"),
        ],
        "unauthorized_client" => {
            let secret = format!("`clients.{role}.secret`: some providers say unauthorized_client for a wrong one");
            Some(switch()).into_iter().chain(Some(secret).filter(|_| !trip.client.is_public())).collect()
        }
        "unsupported_grant_type" => vec![format!("the provider's settings: it does not know {grant} at all, or not for anybody")],
        "invalid_scope" => vec![scope()],
        "invalid_grant" => match trip.flow {
            Flow::Code => vec![
                format!("`clients.{role}.redirect_uris`: the redirect URI of both requests has to be the same"),
                "the provider's clock and the lifetime of its codes".to_owned(),
            ],
            Flow::Refresh => vec!["the lifetime of refresh tokens and of the session at the provider".to_owned()],
            Flow::Device | Flow::ClientCredentials => vec![switch()],
        },
        "access_denied" => vec![
            "the answer of the user at the verification page".to_owned(),
            "whether the provider lets this user use this client".to_owned(),
        ],
        "expired_token" => vec!["nobody approved in time: walk again, and be quicker".to_owned()],
        "invalid_request" => vec![
            "what the provider says of it (error_description)".to_owned(),
            format!("`clients.{role}.auth`: {method} was used; the provider may want the client's name elsewhere"),
        ],
        "invalid_target" | "server_error" | "temporarily_unavailable" => vec!["the provider's log".to_owned()],
        _ => vec![switch(), scope()],
    }
}

fn not_oauth(response: &Response) -> Vec<String> {
    match response.status {
        404 | 405 => vec!["`endpoints:` and `issuer:` in the provider file: is this the right address?".to_owned()],
        300..400 => vec![
            "the client's name and secret: some providers lead whoever they do not know to their login page".to_owned(),
            "`endpoints:` in the provider file: is this the right address?".to_owned(),
        ],
        429 => vec!["the provider limits the rate: wait a little, and walk again".to_owned()],
        500.. => vec!["the provider's log: it failed".to_owned()],
        _ if response.says_html() => {
            vec!["`endpoints:` in the provider file: a page came where JSON belongs, so this may be the wrong address".to_owned()]
        }
        _ => vec!["`endpoints:` in the provider file: is this the right address?".to_owned()],
    }
}

fn grant(flow: Flow) -> &'static str {
    match flow {
        Flow::Code => "the authorization code grant",
        Flow::ClientCredentials => "the client credentials grant",
        Flow::Device => "the device authorization grant",
        Flow::Refresh => "the refresh token grant",
    }
}

/// After an authorization response that carries an error (RFC 6749 section 4.1.2.1).
pub(super) fn authorization_error(trip: &Trip<'_>, error: &str) -> Vec<String> {
    let role = &trip.client.role;
    match error {
        "access_denied" => vec!["whether the provider lets this user use this client".to_owned()],
        "invalid_scope" => vec![format!("`clients.{role}.scopes` or --scope")],
        "unauthorized_client" | "unsupported_response_type" => {
            vec![format!(
                "the provider's setting of the client `{}`: is the authorization code grant switched on for it?",
                trip.client.id
            )]
        }
        "login_required" | "interaction_required" | "consent_required" => {
            vec!["the provider's login settings: it wants something more of the user than a password".to_owned()]
        }
        _ => vec!["what the provider says of it (error_description)".to_owned(), "the provider's log".to_owned()],
    }
}

/// After a walk of the login driver that ended elsewhere than it should.
pub(super) fn login(trip: &Trip<'_>, sighting: &Sighting) -> Vec<String> {
    let role = &trip.client.role;
    let driver = trip.driver().name();
    let user = trip.user.map_or("alice", |user| user.name.as_str());
    match &sighting.end {
        End::Refused { .. } if !sighting.asked_login() => vec![
            format!("`clients.{role}.redirect_uris`: the first one has to be registered at the provider to the letter"),
            format!("`clients.{role}.id`: is there a client of this name?"),
        ],
        End::Refused { .. } | End::Stuck { .. } if sighting.asked_login() => vec![
            format!("`users.{user}`: name and password"),
            format!(
                "`login:` in the provider file: the driver is {driver}; --verbose shows every page that it saw, and the forms in it"
            ),
        ],
        End::Refused { .. } | End::Stuck { .. } | End::Finished => vec![
            format!("`login:` in the provider file: the driver is {driver}; a page that needs JavaScript needs another one"),
            "--verbose, which shows every page that it saw, and the forms in it".to_owned(),
        ],
        End::Outside { .. } => vec![format!(
            "`clients.{role}.redirect_uris`, and `login:` where the login is at another host: the driver goes no further than the provider"
        )],
        End::Redirected { .. } => Vec::new(),
        End::Crashed { .. } => vec!["the provider's log: it failed".to_owned()],
        End::Failed(_) => silence(Endpoint::Page),
    }
}

/// After no answer.
pub(super) fn silence(endpoint: Endpoint) -> Vec<String> {
    let key = match endpoint {
        Endpoint::Authorization => "`endpoints.authorization`",
        Endpoint::Token => "`endpoints.token`",
        Endpoint::DeviceAuthorization => "`endpoints.device_authorization`",
        Endpoint::Introspection => "`endpoints.introspection`",
        Endpoint::Resource => "`endpoints.resource`",
        Endpoint::Jwks => "`endpoints.jwks`",
        Endpoint::Revocation => "`endpoints.revocation`",
        Endpoint::Verification | Endpoint::Metadata | Endpoint::Registration | Endpoint::Page | Endpoint::Admin => "`issuer`",
    };
    vec![
        format!("{key} in the provider file, or what its metadata says: can this machine reach that address?"),
        "flowproof doctor --provider FILE, which looks at each of them".to_owned(),
    ]
}
