//! Bugs in how an authorization request is read: its method, what is empty, repeated, misspelt or hostile in it, and which fault comes first.

use super::Defects;
use crate::server::config::ClientConfig;
use crate::server::core::authorization::ResponseKind;
use crate::server::core::form::Parameters;
use crate::server::core::message::{ClientRedirect, Request, Response};
use crate::server::core::realm::Realm;
use crate::server::core::scope::Scopes;
use crate::server::endpoints::interaction::to_client;
use crate::server::endpoints::page::error_page;

table! { AuthorizationRequest;
    /// Serves the authorization endpoint by POST only; GET gets 405.
    ServesAuthorizationByPostOnly violates ["authz-get-supported"];
    /// Does not compare the `redirect_uri` of a request that comes by POST with the registered ones.
    SkipsRedirectUriCheckByPost violates ["authz-unregistered-redirect-uri-no-redirect", "authz-post-handled-or-refused-cleanly"];
    /// Breaks down over an authorization request that comes by POST.
    CrashesOnAuthorizationByPost violates ["authz-post-handled-or-refused-cleanly"];
    /// Takes an empty `response_type` for `code`.
    TreatsEmptyResponseTypeAsCode violates ["authz-empty-response-type-as-missing"];
    /// Reads an empty `scope` as one scope without a name, and refuses it.
    RefusesEmptyScope violates ["authz-empty-scope-as-omitted"];
    /// Refuses an empty `state`.
    RefusesEmptyState violates ["authz-empty-state-as-omitted"];
    /// Sends `state=null` back to a client that sent none.
    EchoesMissingStateAsNull violates ["authz-empty-state-as-omitted"];
    /// Takes the first of several `response_type` values and goes on.
    LetsFirstResponseTypeWin violates ["authz-duplicate-response-type-rejected"];
    /// Adds up the values of several `scope` parameters.
    MergesRepeatedScopes violates ["authz-duplicate-scope-rejected"];
    /// Takes the first of several `client_id` values and goes on.
    LetsFirstClientIdWin violates ["authz-duplicate-client-id-no-redirect"];
    /// Compares the first of several `redirect_uri` values with the registered ones, and answers to the last.
    ChecksFirstRedirectUriOnly violates ["authz-duplicate-redirect-uri-no-redirect"];
    /// Compares the last of several `redirect_uri` values with the registered ones, and answers to the first.
    ChecksLastRedirectUriOnly violates ["authz-duplicate-redirect-uri-no-redirect"];
    /// Compares `response_type` without regard to letter case.
    IgnoresResponseTypeCase violates ["authz-response-type-case-sensitive"];
    /// Looks at scope, challenge and parameters before the redirect URI, and sends their errors to a URI that nobody has registered.
    ReportsFaultsToUncheckedUri violates ["authz-bad-redirect-uri-takes-precedence"];
    /// Sends the error for any other response type than `code` to whatever `redirect_uri` the request names.
    ReportsResponseTypeToUncheckedUri violates ["authz-other-response-types-bad-redirect-uri", "authz-bad-redirect-uri-takes-precedence"];
    /// Answers `prompt=none` with `login_required` before it looks at client and redirect URI.
    AnswersSilentRequestsUnchecked violates ["authz-silent-request-bad-redirect-uri"];
    /// Breaks down over a percent sign that begins no octet, and over octets that are not UTF-8.
    CrashesOnBrokenEncoding violates ["authz-malformed-input-no-5xx"];
    /// Stores the `state` in a column that takes no NUL character, and breaks down over one.
    CrashesOnNulCharacters violates ["authz-malformed-input-no-5xx"];
    /// Breaks down over a `state` that does not fit into its buffer.
    CrashesOnLongState violates ["authz-malformed-input-no-5xx"];
    /// Stores the challenge by a statement that it puts together by hand, and breaks down over a quote in it.
    CrashesOnQuotes violates ["authz-malformed-input-no-5xx"];
}

/// Whether the endpoint serves requests of this method.
pub fn serves(defects: &Defects, method: &str) -> bool {
    !(method == "GET" && defects.has(Flaw::ServesAuthorizationByPostOnly))
}

/// A request whose encoding is broken: it is refused.
pub fn unreadable(defects: &Defects, refusal: Response) -> Response {
    if defects.has(Flaw::CrashesOnBrokenEncoding) { broken_down() } else { refusal }
}

/// What comes of a request that the server cannot bear: there is none such.
pub fn breakdown(defects: &Defects, request: &Request, parameters: &Parameters) -> Option<Response> {
    const BUFFER: usize = 16_384;
    let holds = |name, mark: char| parameters.get(name).is_some_and(|value| value.contains(mark));
    let breaks = defects.has(Flaw::CrashesOnAuthorizationByPost) && request.method == "POST"
        || defects.has(Flaw::CrashesOnNulCharacters) && holds("state", '\0')
        || defects.has(Flaw::CrashesOnLongState) && parameters.get("state").is_some_and(|state| state.len() > BUFFER)
        || defects.has(Flaw::CrashesOnQuotes) && holds("code_challenge", '\'');
    breaks.then(broken_down)
}

fn broken_down() -> Response {
    error_page(500, "Something went wrong.")
}

/// A client and where its answer goes, or the page that says why nobody is answered.
type Addressee<'realm> = Result<(&'realm ClientConfig, String), Box<Response>>;

/// The client and the redirect URI of a request.
pub fn addressee<'realm>(
    realm: &'realm Realm,
    request: &Request,
    parameters: &Parameters,
    sound: Addressee<'realm>,
) -> Addressee<'realm> {
    let defects = &realm.defects;
    if defects.is_empty() || sound.is_ok() {
        return sound;
    }
    let uris: Vec<&str> = parameters.all("redirect_uri").collect();
    let repeats_client = parameters.one("client_id").is_err();
    let client = match parameters.all("client_id").next().and_then(|id| realm.client(id)) {
        Some(client) if !repeats_client || defects.has(Flaw::LetsFirstClientIdWin) => client,
        Some(_) | None => return told_unchecked(realm, parameters).map_or(sound, |told| Err(Box::new(told))),
    };
    let registered = |uri: &&str| client.redirect_uris.iter().any(|known| known == uri);
    let answered = match uris.as_slice() {
        [uri] if repeats_client => registered(uri).then_some(*uri),
        [uri] if request.method == "POST" && defects.has(Flaw::SkipsRedirectUriCheckByPost) => Some(*uri),
        [first, .., last] if defects.has(Flaw::ChecksFirstRedirectUriOnly) => registered(first).then_some(*last),
        [first, .., last] if defects.has(Flaw::ChecksLastRedirectUriOnly) => registered(last).then_some(*first),
        _ => None,
    };
    match (answered, told_unchecked(realm, parameters)) {
        (Some(uri), _) => Ok((client, uri.to_owned())),
        (None, Some(told)) => Err(Box::new(told)),
        (None, None) => sound,
    }
}

/// An error for a URI that nobody has looked at.
fn told_unchecked(realm: &Realm, parameters: &Parameters) -> Option<Response> {
    let defects = &realm.defects;
    let uri = parameters.get("redirect_uri").filter(|uri| super::authorization::is_on_a_strange_host(realm, uri))?;
    let kind = parameters.get("response_type");
    let error = if defects.has(Flaw::AnswersSilentRequestsUnchecked) && parameters.get("prompt") == Some("none") {
        "login_required"
    } else if defects.has(Flaw::ReportsResponseTypeToUncheckedUri) && kind.is_some_and(|kind| kind != "code") {
        "unsupported_response_type"
    } else if defects.has(Flaw::ReportsFaultsToUncheckedUri) && kind == Some("code") {
        fault(realm, parameters)?
    } else {
        return None;
    };
    let parameters = vec![("error", error.to_owned())];
    Some(to_client(ClientRedirect { uri: uri.to_owned(), parameters, in_fragment: false }))
}

/// What else is wrong with a request.
fn fault(realm: &Realm, parameters: &Parameters) -> Option<&'static str> {
    let client = realm.client(parameters.get("client_id")?)?;
    let allowed = Scopes::of(&client.scopes);
    let scopes = parameters.get("scope").is_none_or(|scope| Scopes::parse(scope).is_ok_and(|asked| asked.is_within(&allowed)));
    if !scopes {
        return Some("invalid_scope");
    }
    let malformed = parameters.get("code_challenge").is_none()
        || parameters.one("state").is_err()
        || parameters.names().any(|name| name.starts_with("x_"));
    malformed.then_some("invalid_request")
}

/// Whether a parameter that must not be is repeated.
pub fn repeats(defects: &Defects, parameters: &Parameters, single: &[&str]) -> bool {
    let forgiven = |name: &str| {
        name == "response_type" && defects.has(Flaw::LetsFirstResponseTypeWin)
            || name == "scope" && defects.has(Flaw::MergesRepeatedScopes)
    };
    single.iter().any(|name| parameters.one(name).is_err() && !forgiven(name))
}

/// Whether the request is refused for a `state` that says nothing.
pub fn refuses_empty_state(defects: &Defects, parameters: &Parameters) -> bool {
    defects.has(Flaw::RefusesEmptyState) && parameters.all("state").any(str::is_empty)
}

/// What comes back as `state`: what was sent.
pub fn echoed_state(defects: &Defects, state: Option<String>) -> Option<String> {
    state.or_else(|| defects.has(Flaw::EchoesMissingStateAsNull).then(|| "null".to_owned()))
}

/// What the request is to be answered with.
pub fn response_kind<Fault>(
    defects: &Defects,
    parameters: &Parameters,
    sound: Result<ResponseKind, Fault>,
) -> Result<ResponseKind, Fault> {
    let given = parameters.all("response_type").next();
    let is_code = defects.has(Flaw::TreatsEmptyResponseTypeAsCode) && given == Some("")
        || defects.has(Flaw::IgnoresResponseTypeCase) && given.is_some_and(|given| given.eq_ignore_ascii_case("code"));
    if is_code { Ok(ResponseKind::Code) } else { sound }
}

/// The scope that is asked for; one that is empty was not asked for.
pub fn scope(defects: &Defects, parameters: &Parameters) -> Option<String> {
    let values: Vec<&str> = parameters.all("scope").collect();
    if defects.has(Flaw::MergesRepeatedScopes) && values.len() > 1 {
        return Some(values.join(" "));
    }
    if defects.has(Flaw::RefusesEmptyScope) && values == [""] {
        return Some(String::new());
    }
    parameters.get("scope").map(str::to_owned)
}
