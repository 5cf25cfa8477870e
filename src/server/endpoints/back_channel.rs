//! What the endpoints that clients call directly have in common: POST, a form, and a client that says who it is (RFC 6749 section 2.3).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;

use crate::server::config::{AuthMethod, ClientAuthPolicy, ClientConfig, GrantKind};
use crate::server::core::form::{self, Parameters};
use crate::server::core::message::{Request, Response};
use crate::server::core::realm::Realm;
use crate::server::core::refusal::{Refusal, invalid_client, invalid_request};
use crate::server::defect::{client_auth as seam, client_credentials as cc_seam};

/// The parameters of all these endpoints; none may be repeated (RFC 6749 section 3.2).
const SINGLE: &[&str] = &[
    "grant_type",
    "code",
    "redirect_uri",
    "code_verifier",
    "client_id",
    "client_secret",
    "scope",
    "refresh_token",
    "device_code",
    "username",
    "password",
    "token",
    "token_type_hint",
];

/// Answers a POST with what the endpoint makes of its form; everything else is refused.
pub fn answer(realm: &Realm, request: &Request, endpoint: impl FnOnce(&Parameters) -> Result<Response, Refusal>) -> Response {
    if request.method != "POST" {
        return Response::method_not_allowed("POST");
    }
    read(request).and_then(|form| endpoint(&form)).unwrap_or_else(|refusal| refusal.response(&realm.config.name))
}

/// The form body. The query is not looked at, except to refuse a secret in it: it is in somebody's log already (RFC 6749 section 2.3.1).
fn read(request: &Request) -> Result<Parameters, Refusal> {
    if !request.is_form() {
        return Err(invalid_request("the body is not application/x-www-form-urlencoded"));
    }
    let form = Parameters::parse(&request.body).map_err(|_| invalid_request("the encoding of the body is broken"))?;
    if form.repeats_any(SINGLE) {
        return Err(invalid_request("a parameter is repeated"));
    }
    if Parameters::parse(request.query.as_bytes()).is_ok_and(|query| query.all("client_secret").next().is_some()) {
        return Err(invalid_request("credentials do not belong into the address"));
    }
    Ok(form)
}

/// Who a request says it is from.
enum Credentials {
    Basic { id: String, secret: String },
    Post { id: String, secret: String },
    Named { id: String },
    Nobody,
}

/// The client behind a request: proven by its secret if it is confidential, named by itself if it is public (RFC 6749 sections 2.3 and 3.2.1).
/// The grant is that of a token request.
///
/// # Errors
/// `invalid_client` when it is unknown or does not authenticate as registered, `invalid_request` when it tries in two ways at once.
pub fn authenticated<'realm>(
    realm: &'realm Realm,
    request: &Request,
    form: &Parameters,
    grant: Option<GrantKind>,
) -> Result<&'realm ClientConfig, Refusal> {
    match presented(realm, request, form)? {
        Credentials::Basic { id, secret } => {
            let client = proven(realm, &id, &secret, AuthMethod::ClientSecretBasic, grant)?;
            Ok(seam::client_in_charge(realm, client, form, grant))
        }
        Credentials::Post { id, secret } => proven(realm, &id, &secret, AuthMethod::ClientSecretPost, grant),
        Credentials::Named { id } => named(realm, request, &id, form, grant),
        Credentials::Nobody => {
            let nobody = cc_seam::nobody(&realm.defects, grant, invalid_client("no client authentication"));
            seam::client_of_nobody(realm, form, grant).ok_or(nobody)
        }
    }
}

fn presented(realm: &Realm, request: &Request, form: &Parameters) -> Result<Credentials, Refusal> {
    let mut fields = request.all_headers("authorization");
    let body_id = form.get("client_id");
    let body_secret = form.get("client_secret");
    let basic = match (fields.next(), fields.next()) {
        (_, Some(_)) => return Err(invalid_request("more than one Authorization header")),
        (None, None) => None,
        (Some(field), None) => match basic(realm, field) {
            Some(credentials) => Some(credentials),
            None if seam::malformed_header_is_ignored(&realm.defects) => None,
            None => return Err(invalid_client("the Authorization header is not well-formed Basic")),
        },
    };
    match (basic, body_id, body_secret) {
        (Some(_), _, Some(_)) if !seam::second_method_is_ignored(&realm.defects) => {
            Err(invalid_request("more than one way of client authentication"))
        }
        (Some((id, _)), Some(other), None) if id != other && !seam::body_client_is_trusted(&realm.defects) => {
            Err(invalid_request("client_id differs from the authenticated client"))
        }
        (Some(_), Some(_), None) if seam::client_id_beside_basic_is_refused(&realm.defects) => {
            Err(invalid_request("more than one way of client authentication"))
        }
        (Some((id, secret)), _, _) => Ok(Credentials::Basic { id, secret }),
        (None, Some(id), Some(secret)) => Ok(Credentials::Post { id: id.to_owned(), secret: seam::body_secret(realm, secret) }),
        (None, Some(id), None) => Ok(Credentials::Named { id: id.to_owned() }),
        (None, None, Some(_)) => Err(invalid_client("client_secret without client_id")),
        (None, None, None) => Ok(Credentials::Nobody),
    }
}

/// Id and secret of a Basic header: form-encoded, joined by the first colon, then base64 (RFC 6749 section 2.3.1, RFC 7617 section 2).
fn basic(realm: &Realm, field: &str) -> Option<(String, String)> {
    let (scheme, encoded) = field.split_once(' ')?;
    if !seam::scheme_is_basic(&realm.defects, scheme, scheme.eq_ignore_ascii_case("Basic")) {
        return None;
    }
    let pair = STANDARD.decode(encoded.trim()).ok()?;
    let colon = pair.iter().position(|byte| *byte == b':')?;
    let (id, secret) = (&pair[..colon], seam::basic_secret(&realm.defects, &pair[colon + 1..]));
    if seam::basic_stays_encoded(&realm.defects) {
        return Some((String::from_utf8(id.to_vec()).ok()?, String::from_utf8(secret.to_vec()).ok()?));
    }
    Some((form::decoded(id).ok()?, form::decoded(secret).ok()?))
}

fn proven<'realm>(
    realm: &'realm Realm,
    id: &str,
    secret: &str,
    method: AuthMethod,
    grant: Option<GrantKind>,
) -> Result<&'realm ClientConfig, Refusal> {
    const WRONG: Refusal = invalid_client("unknown client, wrong secret, or not the registered method");
    let registered = realm.registered(id);
    let client = registered.map(|client| &client.config);
    let counter = || format!("client {id}");
    let (now, limit) = (realm.now(), realm.config.policy.failures_per_minute);
    if client.is_some() && realm.memory.failures.exhausted(counter, limit, now) {
        return Err(Refusal::too_many_failures());
    }
    // An unknown client costs the same comparison, so that time does not tell who is registered.
    let expected = client.and_then(|client| client.secret.as_ref()).map(|secret| secret.expose()).unwrap_or_default();
    let digest = registered.map_or([0; 32], |client| client.secret_digest);
    let same: bool = Sha256::digest(secret).as_slice().ct_eq(&digest).into();
    let Some(client) = client else { return Err(seam::unknown_client(&realm.defects, grant, WRONG)) };
    let right = same && !secret.is_empty();
    if !may_authenticate_by(realm, client, method)
        || seam::method_is_missing(&realm.defects, client, method, grant)
        || !seam::secret_matches(&realm.defects, secret, expected, grant, right)
    {
        if seam::failures_are_counted(&realm.defects) {
            realm.memory.failures.count(counter(), now);
        }
        return Err(WRONG);
    }
    Ok(client)
}

/// Whether a client with a secret may present it in this way.
fn may_authenticate_by(realm: &Realm, client: &ClientConfig, method: AuthMethod) -> bool {
    match realm.config.policy.client_auth {
        ClientAuthPolicy::RegisteredMethod => client.auth_method() == method,
        ClientAuthPolicy::BasicOrPost => !client.is_public(),
    }
}

fn named<'realm>(
    realm: &'realm Realm,
    request: &Request,
    id: &str,
    form: &Parameters,
    grant: Option<GrantKind>,
) -> Result<&'realm ClientConfig, Refusal> {
    let Some(client) = realm.client(id) else {
        return Err(seam::unknown_client(&realm.defects, grant, invalid_client("unknown client")));
    };
    let public = client.is_public() || seam::malformed_header_makes_public(&realm.defects, request);
    if seam::name_suffices(&realm.defects, client, form, grant, public) {
        Ok(client)
    } else {
        Err(invalid_client("the client has to authenticate"))
    }
}
