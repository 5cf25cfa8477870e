//! Judges of the form of an authorization response: where it arrives, how it travels, and the `state` and `iss` that it carries.

use super::super::halt::{Fault, Halt, Judgement, Step};
use super::super::judge;
use super::super::phrase::{Args, Phrase};
use super::super::scene::Scene;
use crate::login::{Channel, End};
use crate::protocol::{Endpoint, Params};
use crate::provider::Need;
use crate::verdict::Kind;
use url::Url;

/// The sentences.
pub static PHRASES: &[Phrase] = &[
    Phrase::given("the metadata promises to name the issuer in every authorization response", &[Need::Metadata], |s, _| {
        Box::pin(promises_issuer(s))
    }),
    Phrase::judge("the code travels in the query", &[], |s, _| Box::pin(travels_in_query(s))),
    Phrase::judge("no parameter of the response stands twice", &[], |s, _| Box::pin(nothing_twice(s))),
    Phrase::judge("the response does not repeat {word}", &[], |s, a| Box::pin(does_not_repeat(s, a))),
    Phrase::judge("the state comes back unchanged", &[], |s, _| Box::pin(state_unchanged(s))),
    Phrase::judge("the state comes back unchanged, or the request is refused", &[], |s, _| {
        Box::pin(state_unchanged_or_refused(s))
    }),
    Phrase::judge("the state comes back unchanged, tolerating that the request is refused", &[], |s, _| {
        Box::pin(state_unchanged_or_tolerably_refused(s))
    }),
    Phrase::judge("no header of an answer comes from the request", &[], |s, _| Box::pin(no_header_from_request(s))),
    Phrase::judge("the error comes with the state unchanged", &[], |s, _| Box::pin(error_with_state(s))),
    Phrase::judge("the response names its issuer", &[], |s, _| Box::pin(names_issuer(s))),
    Phrase::judge("a response that names its issuer is announced by the metadata", &[Need::Metadata], |s, _| {
        Box::pin(issuer_is_announced(s))
    }),
    Phrase::judge("the response says whose it is, in one way or another", &[], |s, _| Box::pin(says_whose_it_is(s))),
    Phrase::judge("the error names its issuer", &[], |s, _| Box::pin(error_names_issuer(s))),
    Phrase::judge("the issuer in the response is the one in the metadata", &[Need::Metadata], |s, _| Box::pin(is_the_issuer(s))),
    Phrase::judge("the response arrives at the requested redirect_uri, to the letter", &[], |s, _| Box::pin(arrives(s))),
    Phrase::judge(
        "the response arrives at the only registered redirect_uri, tolerating a page of the provider's own",
        &[],
        |s, _| Box::pin(arrives_at_only_one(s)),
    ),
    Phrase::judge("the redirect_uri keeps its own query", &[], |s, _| Box::pin(keeps_query(s))),
];

/// An authorization response that arrived at a redirect URI.
struct Arrival<'a> {
    location: &'a Url,
    raw: &'a str,
    channel: Channel,
    params: &'a Params,
}

/// The response that arrived; a page of the provider's own leaves nothing to look at, which other checks judge.
fn arrival<'a>(scene: &'a Scene, expected: &str) -> Result<Arrival<'a>, Halt> {
    let sighting = scene.sighting()?;
    if let Some(halt) = judge::dead_end(sighting) {
        return Err(halt);
    }
    match &sighting.end {
        End::Redirected { location, raw, channel, params, .. } => Ok(Arrival { location, raw, channel: *channel, params }),
        End::Outside { .. } => Err(judge::seen(Kind::Leaked, sighting, expected).into()),
        End::Crashed { .. } | End::Failed(_) => Err(judge::seen(Kind::Crashed, sighting, expected).into()),
        End::Stuck { .. } | End::Refused { .. } | End::Finished => Err(Halt::NotApplicable(
            "the provider answered with a page of its own, so there is no response to look at".to_owned(),
        )),
    }
}

/// The error response that arrived; a request that was granted leaves nothing to look at.
fn error_arrival<'a>(scene: &'a Scene, expected: &str) -> Result<Arrival<'a>, Halt> {
    let arrival = arrival(scene, expected)?;
    if arrival.params.get("error").is_none() {
        return Err(Halt::NotApplicable("the provider refused nothing, so there is no error to look at".to_owned()));
    }
    Ok(arrival)
}

/// A fault in the form of a response.
fn malformed(expected: &str, got: impl Into<String>) -> Fault {
    let got = got.into();
    Fault { kind: Kind::Malformed, expected: expected.to_owned(), answer: got.clone(), got, endpoint: Endpoint::Authorization }
}

async fn promises_issuer(scene: &mut Scene) -> Step {
    const MEMBER: &str = "authorization_response_iss_parameter_supported";
    let document = scene.target.metadata.document.as_ref();
    match document.and_then(|members| members.get(MEMBER)) {
        Some(serde_json::Value::Bool(true)) => Ok(()),
        _ => Err(Halt::NotApplicable(format!("the metadata does not say `{MEMBER}: true`"))),
    }
}

async fn travels_in_query(scene: &mut Scene) -> Step {
    let expected = "a code in the query of the redirect URI, and nothing in its fragment";
    let Arrival { location, channel, params, .. } = arrival(scene, expected)?;
    if channel != Channel::Query {
        return Err(malformed(expected, format!("parameters by {}", channel.name())).into());
    }
    if params.get("access_token").is_some() {
        return Err(Fault { kind: Kind::Leaked, ..malformed(expected, "an access token in the response") }.into());
    }
    let fragment = Params::of_fragment(location);
    // Some servers append `#` or `#_` so that browsers drop the fragment of the page before.
    if let Some((name, _)) = fragment.0.iter().find(|(name, value)| !value.is_empty() && !name.is_empty()) {
        return Err(malformed(expected, format!("{name} in the fragment")).into());
    }
    match params.code() {
        Some(code) if code.expose().bytes().all(|octet| (0x20..=0x7e).contains(&octet)) => Ok(()),
        Some(_) => Err(malformed(expected, "a code with characters outside of printable ASCII").into()),
        None => Err(malformed(expected, "a response without a code").into()),
    }
}

async fn nothing_twice(scene: &mut Scene) -> Step {
    let expected = "each parameter at most once";
    let Arrival { location, params, .. } = arrival(scene, expected)?;
    // A response that was joined to the redirect URI's own query by a second question mark is read as the server meant it: how it is joined
    // is another check's business.
    let meant = (params.code().is_none() && params.get("error").is_none()).then(|| {
        let mut location = location.clone();
        location.set_query(location.query().map(|query| query.replace('?', "&")).as_deref());
        Params::of_query(&location)
    });
    let params = meant.as_ref().unwrap_or(params);
    let twice = params.0.iter().map(|(name, _)| name).find(|name| params.count(name) > 1);
    match twice {
        None => Ok(()),
        Some(name) => Err(malformed(expected, format!("{name} {} times", params.count(name))).into()),
    }
}

async fn does_not_repeat(scene: &mut Scene, args: &Args) -> Step {
    let expected = format!("a response without {}", args.text(0));
    let Arrival { params, .. } = arrival(scene, &expected)?;
    if params.count(args.text(0)) == 0 {
        return Ok(());
    }
    Err(malformed(&expected, format!("{} in the response", args.text(0))).into())
}

/// Compares the states; none where they are equal.
fn state_fault(scene: &Scene, params: &Params) -> Result<Option<Fault>, Halt> {
    let asked = scene.asked.as_ref().and_then(|request| request.param("state")).map(|value| value.expose().to_owned());
    let asked = asked.ok_or_else(|| Halt::blocked("the request had no state"))?;
    let expected = format!("state {asked:?}");
    Ok(match params.get("state") {
        Some(state) if state == asked => None,
        // Whatever it was changed to: one cause.
        Some(state) => Some(Fault { answer: "another state".to_owned(), ..malformed(&expected, format!("state {state:?}")) }),
        None => Some(malformed(&expected, "no state")),
    })
}

async fn state_unchanged(scene: &mut Scene) -> Step {
    let fault = state_fault(scene, arrival(scene, "a response with the state")?.params)?;
    fault.map_or(Ok(()), |fault| Err(fault.into()))
}

/// The grammar of `state` ends at printable ASCII (RFC 6749 appendix A.5), so beyond it a server may refuse, and mangling is no more than a pity.
async fn state_unchanged_or_refused(scene: &mut Scene) -> Step {
    let arrival = match arrival(scene, "a response with the state, or a refusal") {
        Err(Halt::NotApplicable(_)) => return Ok(()),
        arrival => arrival?,
    };
    if arrival.params.get("error").is_some() {
        return Ok(());
    }
    let fault = state_fault(scene, arrival.params)?;
    scene.judge(fault.map_or(Judgement::Holds, Judgement::Tolerated))
}

/// Front doors bound the length of an address, and say so; what they let through has to come back whole.
async fn state_unchanged_or_tolerably_refused(scene: &mut Scene) -> Step {
    let expected = "a response with the state unchanged";
    let refused = |scene: &Scene| Ok(Judgement::Tolerated(judge::seen(Kind::Refused, scene.sighting()?, expected)));
    let judgement: Result<Judgement, Halt> = match arrival(scene, expected) {
        Err(Halt::NotApplicable(_)) => refused(scene),
        Err(halt) => Err(halt),
        Ok(arrival) if arrival.params.get("error").is_some() => refused(scene),
        Ok(arrival) => Ok(state_fault(scene, arrival.params)?.map_or(Judgement::Holds, Judgement::Broken)),
    };
    scene.judge(judgement?)
}

async fn no_header_from_request(scene: &mut Scene) -> Step {
    let expected = "the line break percent-encoded, or a refusal";
    let sighting = scene.sighting()?;
    let injected = sighting.hops.iter().position(|hop| hop.response.header("x-injected").is_some());
    if let Some(at) = injected {
        let fault = Fault { kind: Kind::Accepted, ..malformed(expected, "a header X-Injected of the request's making") };
        scene.evidence = Some(scene.walk_began + at);
        return Err(fault.into());
    }
    match &sighting.end {
        End::Crashed { .. } | End::Failed(_) => Err(judge::seen(Kind::Crashed, sighting, expected).into()),
        End::Redirected { .. } | End::Outside { .. } | End::Finished | End::Refused { .. } | End::Stuck { .. } => Ok(()),
    }
}

async fn error_with_state(scene: &mut Scene) -> Step {
    let fault = state_fault(scene, error_arrival(scene, "an error with the state")?.params)?;
    fault.map_or(Ok(()), |fault| Err(fault.into()))
}

fn issuer_named(params: &Params) -> Step {
    match params.get("iss").filter(|iss| !iss.is_empty()) {
        Some(_) => Ok(()),
        None => Err(malformed("a response with iss", "a response without iss").into()),
    }
}

async fn names_issuer(scene: &mut Scene) -> Step {
    issuer_named(arrival(scene, "a response with iss")?.params)
}

async fn error_names_issuer(scene: &mut Scene) -> Step {
    issuer_named(error_arrival(scene, "an error with iss")?.params)
}

async fn issuer_is_announced(scene: &mut Scene) -> Step {
    if arrival(scene, "a response with iss")?.params.get("iss").is_none() {
        return Err(Halt::NotApplicable("the response does not name its issuer".to_owned()));
    }
    promises_issuer(scene).await.map_err(|_| {
        let expected = "authorization_response_iss_parameter_supported: true in the metadata";
        Fault { endpoint: Endpoint::Metadata, ..malformed(expected, "no such member, or another value") }.into()
    })
}

/// By `iss` (RFC 9207), by an ID token beside the code, or by a response that is a JWT (JARM).
async fn says_whose_it_is(scene: &mut Scene) -> Step {
    let expected = "a response with iss";
    let params = arrival(scene, expected)?.params;
    if ["iss", "id_token", "response"].iter().any(|name| params.get(name).is_some_and(|value| !value.is_empty())) {
        return Ok(());
    }
    Err(malformed(expected, "a response that could be any server's").into())
}

async fn is_the_issuer(scene: &mut Scene) -> Step {
    let named = arrival(scene, "a response with iss")?.params.get("iss").map(str::to_owned);
    let named = named.ok_or_else(|| Halt::blocked("the response has no iss"))?;
    let document = scene.target.metadata.document.as_ref();
    let issuer = document.and_then(|members| members.get("issuer")).and_then(serde_json::Value::as_str);
    let issuer = issuer.ok_or_else(|| Halt::blocked("the metadata has no issuer"))?;
    if named != issuer {
        return Err(malformed(&format!("iss {issuer:?}"), format!("iss {named:?}")).into());
    }
    let expected = "an issuer that is an https URL without query and fragment";
    let url = Url::parse(&named).map_err(|_| Halt::from(malformed(expected, format!("iss {named:?}"))))?;
    // Test systems on loopback have no certificate.
    let secure = url.scheme() == "https" || crate::protocol::host::is_loopback(&url);
    if secure && !named.contains(['?', '#']) { Ok(()) } else { Err(malformed(expected, format!("iss {named:?}")).into()) }
}

async fn arrives(scene: &mut Scene) -> Step {
    let asked = scene.asked.as_ref().and_then(|request| request.param("redirect_uri")).map(|value| value.expose().to_owned());
    let asked = asked.ok_or_else(|| Halt::blocked("the request had no redirect_uri"))?;
    let expected = format!("a response at {asked}");
    let Arrival { raw, location, .. } = arrival(scene, &expected)?;
    let joint = if asked.contains('?') { ['&', '#'] } else { ['?', '#'] };
    match raw.strip_prefix(&asked) {
        Some(rest) if rest.is_empty() || rest.starts_with(joint) => Ok(()),
        _ => {
            let bare = raw.split(['?', '#']).next().unwrap_or(location.path());
            Err(malformed(&expected, format!("a response at {bare}")).into())
        }
    }
}

/// A server may insist on being told where to answer, though there is one place only (RFC 6749 section 4.1.1, OpenID Connect Core section 3.1.2.1).
async fn arrives_at_only_one(scene: &mut Scene) -> Step {
    let only = scene.actor()?.redirect_uri().to_owned();
    let expected = format!("a response at {only}");
    let arrived = match arrival(scene, &expected) {
        Ok(Arrival { params, .. }) if params.get("error").is_some() => None,
        Ok(Arrival { raw, .. }) => Some(raw.split(['?', '#']).next() == only.split(['?', '#']).next()),
        Err(Halt::NotApplicable(_)) => None,
        Err(halt) => return Err(halt),
    };
    match arrived {
        Some(true) => Ok(()),
        Some(false) => Err(judge::seen(Kind::Leaked, scene.sighting()?, &expected).into()),
        None => {
            let judgement = Judgement::Tolerated(judge::seen(Kind::Refused, scene.sighting()?, &expected));
            scene.judge(judgement)
        }
    }
}

/// The pairs of the registered query are still there, by value: another encoding of the same value is the same (RFC 6749 section 3.1.2).
async fn keeps_query(scene: &mut Scene) -> Step {
    let asked = scene.asked.as_ref().and_then(|request| request.param("redirect_uri")).map(|value| value.expose().to_owned());
    let asked = asked.ok_or_else(|| Halt::blocked("the request had no redirect_uri"))?;
    let own = Url::parse(&asked).map_err(|_| Halt::blocked("the redirect URI is no URL"))?;
    let expected = format!("the query {:?} kept, with the response joined by an ampersand", own.query().unwrap_or_default());
    let Arrival { location, raw, .. } = arrival(scene, &expected)?;
    let kept = Params::of_query(location);
    if let Some((name, value)) = Params::of_query(&own).0.iter().find(|pair| !kept.0.contains(pair)) {
        let swallows =
            kept.get(name).and_then(|kept| kept.strip_prefix(value.as_str())).is_some_and(|rest| rest.starts_with('?'));
        let got = if swallows {
            format!("a response behind a second question mark, so that it is part of {name}")
        } else {
            format!("a response in whose query {name} is lost or changed")
        };
        return Err(malformed(&expected, got).into());
    }
    if raw.split('#').next().unwrap_or_default().matches('?').count() == 1 {
        Ok(())
    } else {
        Err(malformed(&expected, "a response with a second question mark").into())
    }
}
