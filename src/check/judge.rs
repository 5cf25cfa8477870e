//! The oracles: what counts as a refusal, as a success, as no redirect. They decide whether people trust flowproof.

use super::halt::{Fault, Halt, Judgement};
use super::scene::Heard;
use crate::login::{End, Role, Sighting};
use crate::protocol::{Endpoint, OAuthError, Response, Tokens, answer};
use crate::verdict::Kind;

/// `"a"`, `"a" or "b"` for the expected line.
pub fn any_of(codes: &[String]) -> String {
    codes.iter().map(|code| format!("{code:?}")).collect::<Vec<_>>().join(" or ")
}

/// A refusal by an endpoint that answers in JSON (RFC 6749 section 5.2): 4xx, a JSON object, and one of the accepted codes.
///
/// A 5xx, HTML, a redirect, a time-out or a reset is never a refusal.
pub fn refuses(heard: &Heard, accepted: &[String], tolerated: &[String]) -> Judgement {
    let endpoint = heard.request.endpoint;
    let expected = format!("a refusal with error {}", any_of(accepted));
    let response = match &heard.outcome {
        Ok(response) => response,
        Err(failure) => return Judgement::Broken(Fault::silence(endpoint, failure, expected)),
    };
    let fault = |kind| Fault::plain(kind, endpoint, response, expected.clone());
    if response.status >= 500 {
        return Judgement::Broken(fault(Kind::Crashed));
    }
    if (200..300).contains(&response.status) {
        return Judgement::Broken(fault(kind_of_yes(endpoint, response)));
    }
    match OAuthError::read(response) {
        Err(_) => Judgement::Broken(fault(Kind::Malformed)),
        Ok(_) if !response.says_json() => Judgement::Broken(fault(Kind::Malformed)),
        Ok(error) if accepted.contains(&error.error) && has_due_status(endpoint, response.status) => Judgement::Holds,
        Ok(error) if accepted.contains(&error.error) => Judgement::Tolerated(fault(Kind::Malformed)),
        Ok(error) if tolerated.contains(&error.error) => Judgement::Tolerated(fault(Kind::Malformed)),
        Ok(_) => Judgement::Broken(fault(Kind::Malformed)),
    }
}

/// Any 4xx; a 2xx that gives nothing of what was asked for is tolerated.
pub fn refuses_somehow(heard: &Heard) -> Judgement {
    let endpoint = heard.request.endpoint;
    let expected = "a refusal with a status of 4xx";
    let response = match &heard.outcome {
        Ok(response) => response,
        Err(failure) => return Judgement::Broken(Fault::silence(endpoint, failure, expected)),
    };
    let fault = |kind| Fault::plain(kind, endpoint, response, expected);
    match response.status {
        400..500 => Judgement::Holds,
        200..300 if response.says_html() => match kind_of_yes(endpoint, response) {
            Kind::Malformed => Judgement::Tolerated(fault(Kind::Malformed)),
            other => Judgement::Broken(fault(other)),
        },
        200..300 => Judgement::Broken(fault(kind_of_yes(endpoint, response))),
        500.. => Judgement::Broken(fault(Kind::Crashed)),
        _ => Judgement::Broken(fault(Kind::Malformed)),
    }
}

/// Whether a refusal by JSON has a status that fits it (RFC 6749 section 5.2, which RFCs 7009, 7662 and 8628 refer to). At the token endpoint a rule of
/// its own judges that, so that one bug has one finding.
fn has_due_status(endpoint: Endpoint, status: u16) -> bool {
    match endpoint {
        Endpoint::Revocation | Endpoint::DeviceAuthorization => !matches!(status, 402 | 403 | 404 | 409 | 410 | 422),
        Endpoint::Introspection => !matches!(status, 402 | 404 | 409 | 410 | 422),
        Endpoint::Authorization
        | Endpoint::Token
        | Endpoint::Verification
        | Endpoint::Metadata
        | Endpoint::Jwks
        | Endpoint::Resource
        | Endpoint::Registration
        | Endpoint::Page
        | Endpoint::Admin => true,
    }
}

/// What is wrong with a 2xx where a refusal was due: accepted is only what was also given; anything else says yes to nobody knows what.
pub fn kind_of_yes(endpoint: Endpoint, response: &Response) -> Kind {
    let members = answer::object(response).ok();
    let has = |name: &str| members.as_ref().is_some_and(|members| members.contains_key(name));
    let says_error = || members.as_ref().is_some_and(|members| members.get("error").is_some_and(serde_json::Value::is_string));
    let given = match endpoint {
        Endpoint::Token => has("access_token"),
        Endpoint::DeviceAuthorization => has("device_code"),
        // A signed answer is one as well (RFC 9701).
        Endpoint::Introspection => has("active") || response.media_type().is_some_and(|media| media.ends_with("jwt")),
        Endpoint::Authorization
        | Endpoint::Verification
        | Endpoint::Revocation
        | Endpoint::Metadata
        | Endpoint::Jwks
        | Endpoint::Resource
        | Endpoint::Registration
        | Endpoint::Page
        | Endpoint::Admin => !(says_error() || response.says_html() && members.is_none()),
    };
    if given { Kind::Accepted } else { Kind::Malformed }
}

/// A token answer (RFC 6749 section 5.1).
pub fn yields_tokens(heard: &Heard) -> Result<Tokens, Fault> {
    let expected = "status 200 with an access token";
    let response = succeeds(heard, expected)?;
    Tokens::read(response)
        .map_err(|misread| Fault::of(Kind::Malformed, heard.request.endpoint, response, expected, misread.to_string()))
}

/// Any 2xx that is not a page: with a page some front door answers, and nobody knows what was done.
pub fn succeeds<'a>(heard: &'a Heard, expected: &str) -> Result<&'a Response, Fault> {
    let endpoint = heard.request.endpoint;
    let response = heard.outcome.as_ref().map_err(|failure| Fault::silence(endpoint, failure, expected))?;
    match response.status {
        // Frameworks give an answer without a body the media type of their pages; it is no page for that.
        200..300 if response.says_html() && !response.body.is_empty() && answer::object(response).is_err() => {
            Err(Fault::plain(Kind::Malformed, endpoint, response, expected))
        }
        200..300 => Ok(response),
        500.. => Err(Fault::plain(Kind::Crashed, endpoint, response, expected)),
        _ => Err(Fault::plain(Kind::Refused, endpoint, response, expected)),
    }
}

/// What a sighting says, as a fault.
pub fn seen(kind: Kind, sighting: &Sighting, expected: &str) -> Fault {
    let got = sighting.describe();
    Fault { kind, expected: expected.to_owned(), got: got.clone(), endpoint: Endpoint::Authorization, answer: got }
}

/// Whether an end says that the driver, and not the provider, is at its wit's end.
pub fn stuck(sighting: &Sighting) -> Option<&str> {
    match &sighting.end {
        End::Stuck { why } => Some(why),
        End::Redirected { .. }
        | End::Outside { .. }
        | End::Finished
        | End::Refused { .. }
        | End::Crashed { .. }
        | End::Failed(_) => None,
    }
}

/// Why a walk that got stuck says nothing about the provider; none if it ended at a page that asks nothing, which refuses.
///
/// A page that still asks for something, a loop, or a redirect to nowhere may as well have led to a code.
pub fn dead_end(sighting: &Sighting) -> Option<Halt> {
    let why = stuck(sighting)?;
    let refuses = sighting
        .last()
        .is_some_and(|hop| hop.role == Role::OtherPage && (200..300).contains(&hop.status) && hop.page().asks_nothing());
    (!refuses).then(|| Halt::blocked(format!("the pages cannot be operated to their end: {why}")))
}

/// An error answer to the client (RFC 6749 section 4.1.2.1): a redirect to its redirect URI with one of the accepted codes.
///
/// A provider may stop at a page of its own where it does not trust the redirect URI (RFC 9700 section 4.11.2): tolerated.
pub fn tells_client(sighting: &Sighting, accepted: &[String], tolerated: &[String]) -> Result<Judgement, Halt> {
    if let Some(halt) = dead_end(sighting) {
        return Err(halt);
    }
    let expected = format!("a redirect to the client with error {}", any_of(accepted));
    let broken = |kind| Judgement::Broken(seen(kind, sighting, &expected));
    Ok(match &sighting.end {
        End::Redirected { params, .. } => {
            if params.get("code").is_some() || params.get("access_token").is_some() {
                return Ok(broken(Kind::Accepted));
            }
            match params.get("error") {
                Some(error) if accepted.iter().any(|one| one == error) => Judgement::Holds,
                Some(error) if tolerated.iter().any(|one| one == error) => {
                    Judgement::Tolerated(seen(Kind::Malformed, sighting, &expected))
                }
                Some(_) | None => broken(Kind::Malformed),
            }
        }
        End::Refused { .. } | End::Stuck { .. } => Judgement::Tolerated(seen(Kind::Malformed, sighting, &expected)),
        End::Outside { .. } => broken(Kind::Leaked),
        End::Finished => broken(Kind::Malformed),
        End::Crashed { .. } | End::Failed(_) => broken(Kind::Crashed),
    })
}

/// No answer at a redirect URI that must not be trusted, and no code anywhere (RFC 6749 section 4.1.2.1, RFC 9700 section 4.1.3).
pub fn keeps_browser(sighting: &Sighting) -> Result<Judgement, Halt> {
    if let Some(halt) = dead_end(sighting) {
        return Err(halt);
    }
    let expected = "a page of the provider's own, no redirect to the requested URI, and no code";
    let broken = |kind| Judgement::Broken(seen(kind, sighting, expected));
    Ok(match &sighting.end {
        End::Refused { .. } | End::Stuck { .. } => Judgement::Holds,
        End::Redirected { params, .. } if params.get("code").is_some() || params.get("access_token").is_some() => {
            broken(Kind::Accepted)
        }
        End::Redirected { .. } | End::Outside { .. } => broken(Kind::Leaked),
        End::Finished => broken(Kind::Malformed),
        End::Crashed { .. } | End::Failed(_) => broken(Kind::Crashed),
    })
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::login::Hop;
    use crate::protocol::{Method, Request};

    fn stuck_at(role: Role, status: u16, page: &str) -> Sighting {
        let url = url::Url::parse("https://as.example/authorize").expect("a URL");
        let headers = vec![("content-type".to_owned(), "text/html".to_owned())];
        let response = Response { status, headers, body: page.as_bytes().to_vec(), elapsed: Duration::ZERO };
        let request = Request::get(Endpoint::Authorization, &url);
        let hop = Hop { url, method: Method::Get, status, role, request, response };
        Sighting { hops: vec![hop], end: End::Stuck { why: "for a reason".to_owned() } }
    }

    fn said(endpoint: Endpoint, status: u16, media: &str, body: &str) -> Judgement {
        let url = url::Url::parse("https://as.example/endpoint").expect("a URL");
        let headers = vec![("content-type".to_owned(), media.to_owned())];
        let response = Response { status, headers, body: body.as_bytes().to_vec(), elapsed: Duration::ZERO };
        let heard = Heard { request: Request::post(endpoint, &url), outcome: Ok(response) };
        refuses(&heard, &["invalid_request".to_owned()], &[])
    }

    #[test]
    fn an_empty_answer_is_a_yes_whatever_media_type_it_has_and_a_page_is_none() {
        for (body, yes) in [("", true), ("<title>Sign in</title>", false), (r#"{"active":true}"#, true)] {
            let url = url::Url::parse("https://as.example/revoke").expect("a URL");
            let headers = vec![("content-type".to_owned(), "text/html; charset=utf-8".to_owned())];
            let response = Response { status: 200, headers, body: body.as_bytes().to_vec(), elapsed: Duration::ZERO };
            let heard = Heard { request: Request::post(Endpoint::Revocation, &url), outcome: Ok(response) };
            assert_eq!(succeeds(&heard, "status 200").is_ok(), yes, "{body:?}");
        }
    }

    #[test]
    fn a_yes_is_an_acceptance_only_if_it_gives_what_was_asked_for() {
        let json = "application/json";
        for (endpoint, media, body, kind) in [
            (Endpoint::Token, json, r#"{"access_token":"t"}"#, Kind::Accepted),
            (Endpoint::Token, json, r#"{"message":"try later"}"#, Kind::Malformed),
            (Endpoint::Token, json, r#"{"error":"invalid_request"}"#, Kind::Malformed),
            (Endpoint::Token, "text/html", "<h1>Log in</h1>", Kind::Malformed),
            (Endpoint::DeviceAuthorization, json, r#"{"device_code":"d"}"#, Kind::Accepted),
            (Endpoint::DeviceAuthorization, json, "{}", Kind::Malformed),
            (Endpoint::Introspection, json, r#"{"active":true}"#, Kind::Accepted),
            (Endpoint::Introspection, json, "{}", Kind::Malformed),
            (Endpoint::Revocation, "text/plain", "", Kind::Accepted),
            (Endpoint::Revocation, "text/html", "<h1>Log in</h1>", Kind::Malformed),
        ] {
            let judged = said(endpoint, 200, media, body);
            assert!(matches!(&judged, Judgement::Broken(fault) if fault.kind == kind), "{endpoint:?} {body}: {judged:?}");
        }
    }

    #[test]
    fn a_page_that_gives_nothing_is_a_refusal_in_a_strange_form_where_no_words_are_said() {
        let url = url::Url::parse("https://as.example/endpoint").expect("a URL");
        for (endpoint, status, media, body, fits) in [
            (Endpoint::DeviceAuthorization, 405, "text/plain", "", "holds"),
            (Endpoint::DeviceAuthorization, 200, "text/html", "<form><input name=user_code></form>", "tolerated"),
            (Endpoint::DeviceAuthorization, 200, "application/json", "{}", "broken"),
            (Endpoint::DeviceAuthorization, 200, "text/html", r#"{"device_code":"d"}"#, "broken"),
            (Endpoint::DeviceAuthorization, 500, "text/html", "<h1>Sorry</h1>", "broken"),
            (Endpoint::DeviceAuthorization, 302, "text/html", "", "broken"),
        ] {
            let headers = vec![("content-type".to_owned(), media.to_owned())];
            let response = Response { status, headers, body: body.as_bytes().to_vec(), elapsed: Duration::ZERO };
            let heard = Heard { request: Request::get(endpoint, &url), outcome: Ok(response) };
            let judged = match refuses_somehow(&heard) {
                Judgement::Holds => "holds",
                Judgement::Tolerated(_) => "tolerated",
                Judgement::Broken(_) => "broken",
            };
            assert_eq!(judged, fits, "{status} {media} {body}");
        }
    }

    #[test]
    fn a_refusal_in_the_right_words_with_a_strange_status_is_a_warning_where_no_rule_of_its_own_says_so() {
        let words = r#"{"error":"invalid_request"}"#;
        for (endpoint, status, holds) in [
            (Endpoint::Revocation, 400, true),
            (Endpoint::Revocation, 403, false),
            (Endpoint::DeviceAuthorization, 404, false),
            (Endpoint::Introspection, 403, true),
            (Endpoint::Introspection, 404, false),
            (Endpoint::Token, 403, true),
        ] {
            let judged = said(endpoint, status, "application/json", words);
            let fits = if holds { matches!(judged, Judgement::Holds) } else { matches!(judged, Judgement::Tolerated(_)) };
            assert!(fits, "{endpoint:?} {status}: {judged:?}");
        }
    }

    #[test]
    fn a_page_that_asks_nothing_refuses_and_anything_else_that_stops_the_walk_says_nothing() {
        let refusal = stuck_at(Role::OtherPage, 200, "<h1>Invalid redirect_uri</h1><a href=/>Home</a>");
        assert!(matches!(keeps_browser(&refusal), Ok(Judgement::Holds)));
        assert!(matches!(tells_client(&refusal, &[], &[]), Ok(Judgement::Tolerated(_))));
        for (role, status, page) in [
            (Role::LoginPage, 200, "<form><input name=user><input type=password name=pw><button>Log in</button></form>"),
            (Role::OtherPage, 200, "<h1>Are you human?</h1><form><input name=captcha><button>Go</button></form>"),
            (Role::OtherPage, 302, "<h1>Moved</h1>"),
            (Role::OtherPage, 429, "<h1>Too many requests</h1>"),
            (Role::OtherPage, 200, "<div id=app></div><script src=app.js></script>"),
            (Role::RelayPage, 200, "<h1>One moment</h1>"),
        ] {
            let seen = stuck_at(role, status, page);
            assert!(matches!(keeps_browser(&seen), Err(Halt::Blocked(_))), "{page}");
            assert!(matches!(tells_client(&seen, &[], &[]), Err(Halt::Blocked(_))), "{page}");
        }
    }
}
