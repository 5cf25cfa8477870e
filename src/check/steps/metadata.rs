//! The published metadata (RFC 8414): fetched afresh, and judged member by member.

use futures::future::join_all;
use serde_json::{Map, Value};
use url::Url;

use super::super::halt::{Fault, Halt, Judgement, Step};
use super::super::phrase::{Args, Phrase};
use super::super::scene::{Heard, Scene};
use super::tokens::fault;
use crate::protocol::request::DEVICE_CODE_GRANT;
use crate::protocol::{Endpoint, Request, Response, answer};
use crate::provider::{Grant, Need, WellKnown};
use crate::verdict::Kind;

/// The sentences.
pub static PHRASES: &[Phrase] = &[
    Phrase::act("the metadata is fetched[ {alteration}]", &[Need::Metadata], |s, a| Box::pin(is_fetched(s, a))),
    Phrase::act("the metadata is looked for in every place where it may be", &[Need::Metadata], |s, _| {
        Box::pin(is_looked_for(s))
    }),
    Phrase::act("the metadata of an issuer that does not exist is fetched", &[Need::Metadata], |s, _| {
        Box::pin(is_fetched_for_nobody(s))
    }),
    Phrase::judge("the metadata for OAuth is among it", &[], |s, _| Box::pin(is_there(s))),
    Phrase::judge("it stands where the issuer's path comes last", &[], |s, _| Box::pin(stands_before_path(s))),
    Phrase::judge("each document names the issuer that it was asked for", &[], |s, _| Box::pin(names_issuer(s))),
    Phrase::judge("no other issuer's metadata is served", &[], |s, _| Box::pin(serves_no_other(s))),
    Phrase::judge("{string} appears nowhere in the answer", &[], |s, a| Box::pin(appears_nowhere(s, a))),
    Phrase::judge("the metadata names the endpoints that its grants use", &[], |s, _| Box::pin(names_endpoints(s))),
    Phrase::judge("the metadata lists the response types", &[], |s, _| Box::pin(lists_response_types(s))),
    Phrase::judge("every list in the metadata is an array with an element", &[], |s, _| Box::pin(has_arrays(s))),
    Phrase::judge("the metadata lists the challenge method {string}", &[], |s, a| Box::pin(lists_challenge_method(s, a))),
    Phrase::judge("the metadata tells of the device grant in both places or in none", &[], |s, _| Box::pin(tells_of_devices(s))),
];

fn issuer(scene: &Scene) -> Result<Url, Halt> {
    Url::parse(&scene.target.provider.issuer).map_err(|error| Halt::blocked(format!("`issuer`: {error}")))
}

fn metadata_at(url: &Url) -> Request {
    Request::get(Endpoint::Metadata, url).header("accept", "application/json")
}

/// Where the metadata is that discovery used; where there was none, where it should be.
async fn is_fetched(scene: &mut Scene, args: &Args) -> Step {
    let url = match &scene.target.metadata.from {
        Some(from) => from.clone(),
        None => WellKnown::OauthInserted.url(&issuer(scene)?),
    };
    let request = metadata_at(&url);
    let request = match args.alteration(0) {
        Some(alteration) => alteration.apply(scene, request)?,
        None => request,
    };
    scene.send(request).await;
    Ok(())
}

pub(super) async fn is_looked_for(scene: &mut Scene) -> Step {
    let issuer = issuer(scene)?;
    let mut places: Vec<Url> = WellKnown::ALL.iter().map(|form| form.url(&issuer)).collect();
    places.dedup();
    let here = &*scene;
    let asked = places.iter().map(|url| async move {
        let request = metadata_at(url);
        let outcome = here.wire.send(&here.tape, &request).await;
        Heard { request, outcome }
    });
    scene.chorus = join_all(asked).await;
    Ok(())
}

/// An issuer that begins like this one: whoever routes by the beginning serves the wrong document (RFC 8414 section 3.3).
async fn is_fetched_for_nobody(scene: &mut Scene) -> Step {
    let mut nobody = issuer(scene)?;
    // A form in which nothing is ever served would say nothing.
    let form = WellKnown::ALL.iter().find(|form| scene.target.metadata.from.as_ref() == Some(&form.url(&nobody)));
    let form = form.copied().unwrap_or(WellKnown::OauthInserted);
    nobody.set_path(&format!("{}/{NOBODY}", nobody.path().trim_end_matches('/')));
    scene.send(metadata_at(&form.url(&nobody))).await;
    Ok(())
}

const NOBODY: &str = "flowproof-no-such-issuer";

/// The document in an answer: status 200 and a JSON object.
pub(super) fn document(response: &Response) -> Option<Map<String, Value>> {
    answer::object(response).ok().filter(|_| response.status == 200)
}

/// What came of asking for this form; nothing if it has the address of another form.
fn asked(scene: &Scene, form: WellKnown) -> Result<Option<&Heard>, Halt> {
    let url = form.url(&issuer(scene)?);
    Ok(scene.chorus.iter().find(|heard| heard.request.url == url))
}

fn has_document(heard: Option<&Heard>) -> bool {
    heard.and_then(|heard| heard.outcome.as_ref().ok()).and_then(document).is_some()
}

/// The answer where the metadata should be, as a fault.
pub(super) fn missing(scene: &Scene, form: WellKnown, expected: &str) -> Result<Fault, Halt> {
    let heard = asked(scene, form)?.ok_or_else(|| Halt::blocked("the metadata was not looked for"))?;
    Ok(match &heard.outcome {
        Err(failure) => Fault::silence(Endpoint::Metadata, failure, expected),
        Ok(response) => {
            let kind = if response.status >= 500 { Kind::Crashed } else { Kind::Refused };
            Fault::plain(kind, Endpoint::Metadata, response, expected)
        }
    })
}

/// Where the issuer has a path, either order will do here; the order is a requirement of its own.
async fn is_there(scene: &mut Scene) -> Step {
    let expected = "status 200 and a JSON object at /.well-known/oauth-authorization-server";
    if has_document(asked(scene, WellKnown::OauthInserted)?) || has_document(asked(scene, WellKnown::OauthAppended)?) {
        return Ok(());
    }
    let fault = missing(scene, WellKnown::OauthInserted, expected)?;
    let openid_alone = has_document(asked(scene, WellKnown::OpenId)?);
    scene.judge(if openid_alone { Judgement::Tolerated(fault) } else { Judgement::Broken(fault) })
}

async fn stands_before_path(scene: &mut Scene) -> Step {
    let expected = "status 200 and a JSON object at /.well-known/oauth-authorization-server, followed by the issuer's path";
    if has_document(asked(scene, WellKnown::OauthInserted)?) {
        return Ok(());
    }
    let fault = missing(scene, WellKnown::OauthInserted, expected)?;
    let elsewhere = has_document(asked(scene, WellKnown::OauthAppended)?) || has_document(asked(scene, WellKnown::OpenId)?);
    scene.judge(if elsewhere { Judgement::Tolerated(fault) } else { Judgement::Broken(fault) })
}

async fn names_issuer(scene: &mut Scene) -> Step {
    let expected = format!("issuer {:?}", scene.target.provider.issuer);
    let mut found = 0;
    for heard in &scene.chorus {
        let Some((response, document)) = heard.outcome.as_ref().ok().and_then(|response| Some((response, document(response)?)))
        else {
            continue;
        };
        found += 1;
        let named = document.get("issuer").and_then(Value::as_str);
        if named != Some(scene.target.provider.issuer.as_str()) {
            let got = named.map_or_else(|| "no issuer".to_owned(), |named| format!("issuer {named:?}"));
            return Err(Fault::of(Kind::Malformed, Endpoint::Metadata, response, expected, got).into());
        }
    }
    if found == 0 { Err(Halt::blocked("no metadata is there")) } else { Ok(()) }
}

async fn serves_no_other(scene: &mut Scene) -> Step {
    let expected = "status 404, or metadata of the issuer that was asked for";
    let response = scene.response(expected)?;
    if response.status >= 500 {
        return Err(Fault::plain(Kind::Crashed, Endpoint::Metadata, response, expected).into());
    }
    let named = document(response).and_then(|document| document.get("issuer").and_then(Value::as_str).map(str::to_owned));
    match named {
        Some(named) if !named.trim_end_matches('/').ends_with(NOBODY) => {
            Err(fault(scene, Kind::Accepted, expected, &format!("the metadata of {named}"))?.into())
        }
        Some(_) | None => Ok(()),
    }
}

/// A server that knows no such host may answer as it likes, or not at all: what counts is that nobody is led to the stranger.
async fn appears_nowhere(scene: &mut Scene, args: &Args) -> Step {
    let stranger = args.text(0);
    let expected = format!("an answer without {stranger:?}");
    let response = match &scene.heard()?.outcome {
        Ok(response) if response.status < 500 => response,
        Ok(response) => return Err(Halt::blocked(format!("the forged request gets status {}", response.status))),
        Err(failure) => return Err(Halt::blocked(format!("the forged request gets no answer: {failure}"))),
    };
    let elsewhere = response.header("location").is_some_and(|location| location.contains(stranger));
    let inside = (200..300).contains(&response.status) && response.text().contains(stranger);
    if !elsewhere && !inside {
        return Ok(());
    }
    let member = document(response).and_then(|document| {
        document.iter().find(|(_, value)| value.to_string().contains(stranger)).map(|(name, _)| name.clone())
    });
    let got = member.map_or_else(|| format!("{stranger:?} in the answer"), |name| format!("{stranger:?} in {name}"));
    Err(fault(scene, Kind::Accepted, &expected, &got)?.into())
}

/// The document of the last answer; a judge that needs one leaves its absence to the check that is about it.
pub(super) fn fetched(scene: &Scene) -> Result<Map<String, Value>, Halt> {
    let response = scene.response("metadata")?;
    document(response).ok_or_else(|| Halt::blocked(format!("there is no metadata: {}", answer::describe(response))))
}

/// The grant types of the metadata, or their default (RFC 8414 section 2).
pub(super) fn grant_types(document: &Map<String, Value>) -> Vec<String> {
    match document.get("grant_types_supported").and_then(Value::as_array) {
        Some(grants) => grants.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
        None => vec!["authorization_code".to_owned(), "implicit".to_owned()],
    }
}

async fn names_endpoints(scene: &mut Scene) -> Step {
    let document = fetched(scene)?;
    let grants = grant_types(&document);
    let uses = |wanted: &[&str]| grants.iter().any(|grant| wanted.contains(&grant.as_str()));
    let authorization = uses(&["authorization_code", "implicit"]);
    let token = grants.iter().any(|grant| grant != "implicit");
    for (member, due) in [("authorization_endpoint", authorization), ("token_endpoint", token)] {
        let expected = format!("{member} as an absolute URL without a fragment");
        let got = match document.get(member) {
            None if !due => continue,
            None => format!("no {member}"),
            Some(value) => match value.as_str().map(Url::parse) {
                Some(Ok(url)) if url.has_host() && url.fragment().is_none() => continue,
                Some(_) | None => format!("{member} {value}"),
            },
        };
        return Err(fault(scene, Kind::Malformed, &expected, &got)?.into());
    }
    Ok(())
}

/// The strings of a list that has at least one; none for anything else.
pub(super) fn strings(value: &Value) -> Option<Vec<&str>> {
    let all: Option<Vec<&str>> = value.as_array()?.iter().map(Value::as_str).collect();
    all.filter(|all| !all.is_empty())
}

async fn lists_response_types(scene: &mut Scene) -> Step {
    let document = fetched(scene)?;
    let by_code = scene.target.provider.clients.values().any(|client| client.may(Grant::AuthorizationCode));
    let expected =
        if by_code { "response_types_supported as an array with \"code\"" } else { "response_types_supported as an array" };
    let got = match document.get("response_types_supported") {
        None => "no response_types_supported".to_owned(),
        Some(value) => match strings(value) {
            Some(types) if !by_code || types.contains(&"code") => return Ok(()),
            Some(_) | None => format!("response_types_supported {value}"),
        },
    };
    Err(fault(scene, Kind::Malformed, expected, &got)?.into())
}

/// Members whose names end like those of lists, but which are true or false.
const SWITCHES: &[&str] = &[
    "authorization_response_iss_parameter_supported",
    "backchannel_logout_session_supported",
    "backchannel_logout_supported",
    "backchannel_user_code_parameter_supported",
    "claims_parameter_supported",
    "frontchannel_logout_session_supported",
    "frontchannel_logout_supported",
    "request_parameter_supported",
    "request_uri_parameter_supported",
];

/// Lists that RFC 8414, its registry or OpenID Connect Discovery define.
const LISTS: &[&str] = &[
    "acr_values_supported",
    "claim_types_supported",
    "claims_locales_supported",
    "claims_supported",
    "code_challenge_methods_supported",
    "display_values_supported",
    "dpop_signing_alg_values_supported",
    "grant_types_supported",
    "id_token_encryption_alg_values_supported",
    "id_token_encryption_enc_values_supported",
    "id_token_signing_alg_values_supported",
    "introspection_endpoint_auth_methods_supported",
    "introspection_endpoint_auth_signing_alg_values_supported",
    "prompt_values_supported",
    "request_object_signing_alg_values_supported",
    "response_modes_supported",
    "response_types_supported",
    "revocation_endpoint_auth_methods_supported",
    "revocation_endpoint_auth_signing_alg_values_supported",
    "scopes_supported",
    "subject_types_supported",
    "token_endpoint_auth_methods_supported",
    "token_endpoint_auth_signing_alg_values_supported",
    "ui_locales_supported",
    "userinfo_signing_alg_values_supported",
];

async fn has_arrays(scene: &mut Scene) -> Step {
    let document = fetched(scene)?;
    let wrong = document.iter().find_map(|(name, value)| match value {
        Value::Null => Some(format!("{name} null")),
        Value::Array(all) if all.is_empty() => Some(format!("{name} without an element")),
        value if LISTS.contains(&name.as_str()) && strings(value).is_none() => Some(format!("{name} {value}")),
        value if SWITCHES.contains(&name.as_str()) && !value.is_boolean() => Some(format!("{name} {value}")),
        _ => None,
    });
    match wrong {
        None => Ok(()),
        Some(got) => {
            let got: String = got.chars().take(200).collect();
            Err(fault(scene, Kind::Malformed, "arrays of strings with at least one element, and no null", &got)?.into())
        }
    }
}

/// Another way to find out may be documented (RFC 9700 section 2.1.1), so silence is tolerated.
async fn lists_challenge_method(scene: &mut Scene, args: &Args) -> Step {
    let document = fetched(scene)?;
    let expected = format!("code_challenge_methods_supported with {:?}", args.text(0));
    match document.get("code_challenge_methods_supported") {
        None => {
            let silent = fault(scene, Kind::Malformed, &expected, "no code_challenge_methods_supported")?;
            scene.judge(Judgement::Tolerated(silent))
        }
        Some(value) if strings(value).is_some_and(|methods| methods.contains(&args.text(0))) => Ok(()),
        Some(value) => {
            Err(fault(scene, Kind::Malformed, &expected, &format!("code_challenge_methods_supported {value}"))?.into())
        }
    }
}

async fn tells_of_devices(scene: &mut Scene) -> Step {
    let document = fetched(scene)?;
    let endpoint = document.contains_key("device_authorization_endpoint");
    let grant = grant_types(&document).iter().any(|grant| grant == DEVICE_CODE_GRANT);
    let expected = "device_authorization_endpoint together with the device grant in grant_types_supported";
    match (endpoint, grant) {
        (true, true) => Ok(()),
        (false, false) => Err(Halt::NotApplicable("the metadata tells of no device grant".to_owned())),
        (true, false) => {
            Err(fault(scene, Kind::Malformed, expected, "device_authorization_endpoint, but not the grant type")?.into())
        }
        // The member is optional as every endpoint is (RFC 8628 section 4); what lists the grant has promised it, and a client that reads on finds
        // nowhere to begin.
        (false, true) => {
            Err(fault(scene, Kind::Malformed, expected, "the grant type, but not device_authorization_endpoint")?.into())
        }
    }
}
