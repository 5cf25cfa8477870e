//! Introspection (RFC 7662): one who may ask asks, and the answer is judged: alive or not, to whom it is told, and whether it is true.

use std::time::{Duration, SystemTime};

use serde_json::{Map, Value};

use super::super::halt::{Fault, Halt, Judgement, Step};
use super::super::judge;
use super::super::phrase::{Args, Phrase, Token};
use super::super::scene::{Deed, Scene, Witness};
use super::tokens::fault;
use crate::protocol::{Endpoint, Response, answer, request};
use crate::provider::Need;
use crate::verdict::Kind;

/// The sentences.
pub static PHRASES: &[Phrase] = &[
    Phrase::act("an entitled client introspects {token}[ {alteration}]", &[Need::Introspection], |s, a| {
        Box::pin(introspects(s, a))
    }),
    Phrase::judge("the introspection says that the token is active", &[], |s, _| Box::pin(says_active(s))),
    Phrase::control("the introspection said that the token is active", &[], |s, _| Box::pin(says_active(s))),
    Phrase::judge("the introspection says that the token is not active", &[], |s, _| Box::pin(says_inactive(s))),
    Phrase::control("the introspection said that the token is not active", &[], |s, _| Box::pin(says_inactive(s))),
    Phrase::control("an entitled client sees {token} active", &[Need::Introspection], |s, a| Box::pin(sees_active(s, a))),
    Phrase::judge("the introspection says nothing else", &[], |s, _| Box::pin(says_nothing_else(s))),
    Phrase::judge("the introspection tells a stranger nothing", &[], |s, _| Box::pin(tells_stranger_nothing(s))),
    Phrase::judge("the introspection does not take a name for a proof", &[], |s, _| Box::pin(takes_no_name(s))),
    Phrase::judge("the endpoint refuses with {errors}, or says that nothing is active", &[], |s, a| {
        Box::pin(refuses_or_inactive(s, a))
    }),
    Phrase::judge("every member of the introspection has its type", &[], |s, _| Box::pin(has_types(s))),
    Phrase::judge("the introspection describes this very token", &[], |s, _| Box::pin(describes_token(s))),
];

async fn introspects(scene: &mut Scene, args: &Args) -> Step {
    let token = args.token(0);
    scene.actor = scene.introspector();
    let request = request::introspect(&scene.endpoint(Endpoint::Introspection)?, &scene.token(token)?);
    let request = request.authenticate(&scene.actor()?.auth());
    scene.act(Deed::Introspect(token), request, args.alteration(1)).await
}

/// Asks without a hint, as a control. Many servers introspect no refresh tokens, and need not.
async fn sees_active(scene: &mut Scene, args: &Args) -> Step {
    let judged = scene.heard.clone();
    introspects_plainly(scene, args.token(0)).await?;
    let active = activity(scene)?;
    scene.heard = judged;
    match (active, args.token(0)) {
        (true, _) => Ok(()),
        (false, Token::Refresh | Token::FirstRefresh) => Err(Halt::NotApplicable(
            "the provider introspects no refresh tokens: it says that a live one is not active".to_owned(),
        )),
        (false, _) => Err(not_entitled(scene)),
    }
}

async fn introspects_plainly(scene: &mut Scene, token: Token) -> Step {
    scene.actor = scene.introspector();
    let request = request::introspect(&scene.endpoint(Endpoint::Introspection)?, &scene.token(token)?);
    let request = request.authenticate(&scene.actor()?.auth());
    scene.send(request).await;
    Ok(())
}

/// A server may say *inactive* to a caller that is not the token's audience (RFC 7662 section 2.2), so this proves nothing.
fn not_entitled(scene: &Scene) -> Halt {
    Halt::blocked(format!(
        "introspection says to {} that a live token is not active: name a client that may see it, `clients.inspector` with `introspect: true`",
        scene.introspector()
    ))
}

const EXPECTED: &str = "status 200 and a JSON object with active true or false";

/// What the last answer says of `active`; an answer in another form is a fault.
pub(super) fn activity(scene: &Scene) -> Result<bool, Halt> {
    let heard = scene.heard()?;
    let response = judge::succeeds(heard, EXPECTED)?;
    let malformed = |got: &str| Halt::from(Fault::of(Kind::Malformed, heard.request.endpoint, response, EXPECTED, got));
    // Who asks for a JWT may be answered with one.
    let signed = response.media_type().is_some_and(|media| media.ends_with("jwt"));
    if response.status != 200 || !response.says_json() && !signed {
        return Err(Fault::plain(Kind::Malformed, heard.request.endpoint, response, EXPECTED).into());
    }
    let members = told(response).ok_or_else(|| malformed("something else"))?;
    match members.get("active") {
        Some(Value::Bool(active)) => Ok(*active),
        Some(Value::String(text)) => Err(malformed(&format!("active as the string {text:?}"))),
        Some(_) => Err(malformed("active as something else than a boolean")),
        None => Err(malformed("no member active")),
    }
}

async fn says_active(scene: &mut Scene) -> Step {
    let said = activity(scene)?;
    if said {
        return Ok(());
    }
    // Who has seen the token active in this scenario is entitled to.
    let entitled = scene.witnesses.contains(&Witness::Introspection(scene.introspector()));
    if scene.introspector() != "inspector" && !entitled {
        return Err(not_entitled(scene));
    }
    Err(fault(scene, Kind::Refused, "active true for a live token", "active false")?.into())
}

async fn says_inactive(scene: &mut Scene) -> Step {
    if activity(scene)? {
        return Err(fault(scene, Kind::Accepted, "active false", "active true")?.into());
    }
    Ok(())
}

/// The members of an introspection answer: those of the object, or of the claim in a signed one (RFC 9701 section 5).
pub(super) fn told(response: &Response) -> Option<Map<String, Value>> {
    if let Ok(members) = answer::object(response) {
        return Some(members);
    }
    match answer::claims(&response.text())?.get("token_introspection")? {
        Value::Object(members) => Some(members.clone()),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => None,
    }
}

async fn says_nothing_else(scene: &mut Scene) -> Step {
    let expected = "an object with the one member active";
    let response = judge::succeeds(scene.heard()?, expected)?;
    let members =
        told(response).ok_or_else(|| Halt::from(Fault::plain(Kind::Malformed, Endpoint::Introspection, response, expected)))?;
    let others: Vec<&str> = members.keys().map(String::as_str).filter(|name| *name != "active").take(8).collect();
    if others.is_empty() {
        return Ok(());
    }
    let got = format!("also {}", others.join(", "));
    Err(fault(scene, Kind::Leaked, expected, &got)?.into())
}

/// 401 is the rule; 400 and 403 refuse as well. What counts is that nothing is told.
async fn tells_stranger_nothing(scene: &mut Scene) -> Step {
    let expected = "status 401, 400 or 403, and no member active";
    let response = scene.response(expected)?;
    let tells = told(response).is_some_and(|members| members.contains_key("active"));
    let kind = match response.status {
        400 | 401 | 403 if !tells => return Ok(()),
        200..300 => Kind::Accepted,
        500.. => Kind::Crashed,
        _ => Kind::Malformed,
    };
    Err(Fault::plain(kind, Endpoint::Introspection, response, expected).into())
}

async fn takes_no_name(scene: &mut Scene) -> Step {
    let expected = "status 401 with error \"invalid_client\"";
    let response = scene.response(expected)?;
    let fault = |kind| Fault::plain(kind, Endpoint::Introspection, response, expected);
    let active = told(response).and_then(|members| members.get("active").cloned());
    let judgement = match (response.status, active) {
        (_, Some(Value::Bool(true))) => Judgement::Broken(fault(Kind::Accepted)),
        (401, None) => Judgement::Holds,
        (400 | 403, None) => Judgement::Tolerated(fault(Kind::Malformed)),
        // It tells nothing, but does not say that the caller is the reason.
        (200, Some(Value::Bool(false))) => {
            Judgement::Tolerated(Fault { got: "active false".to_owned(), ..fault(Kind::Malformed) })
        }
        (500.., _) => Judgement::Broken(fault(Kind::Crashed)),
        _ => Judgement::Broken(fault(Kind::Malformed)),
    };
    scene.judge(judgement)
}

async fn refuses_or_inactive(scene: &mut Scene, args: &Args) -> Step {
    let judgement = judge::refuses(scene.heard()?, args.errors(0), &[]);
    let inactive = matches!(activity(scene), Ok(false));
    scene.judge(match judgement {
        Judgement::Broken(fault) if inactive => {
            Judgement::Tolerated(Fault { kind: Kind::Malformed, got: "active false".to_owned(), ..fault })
        }
        other @ (Judgement::Holds | Judgement::Tolerated(_) | Judgement::Broken(_)) => other,
    })
}

/// Beyond this a time is in milliseconds: as seconds it would be in the year 5138.
const LATEST: u64 = 100_000_000_000;

async fn has_types(scene: &mut Scene) -> Step {
    let expected = "members of the types of RFC 7662 section 2.2";
    let members = told(judge::succeeds(scene.heard()?, expected)?).unwrap_or_default();
    let wrong = members.iter().find_map(|(name, value)| {
        let complaint = match name.as_str() {
            "scope" | "client_id" | "sub" | "username" | "iss" | "jti" | "token_type" => {
                (!value.is_string()).then_some("not a string")
            }
            "exp" | "iat" | "nbf" => match value.as_u64() {
                None => Some("not an integer"),
                Some(time) if time > LATEST => Some("in milliseconds, not in seconds"),
                Some(_) => None,
            },
            "aud" => {
                let strings = value.as_array().is_some_and(|all| all.iter().all(Value::is_string));
                (!value.is_string() && !strings).then_some("neither a string nor an array of strings")
            }
            _ => None,
        };
        complaint.map(|complaint| format!("{name} is {complaint}"))
    });
    match wrong {
        None => Ok(()),
        Some(got) => Err(fault(scene, Kind::Malformed, expected, &got)?.into()),
    }
}

/// How far the times of one token may lie apart: clocks differ, and the token answer came a little earlier.
const SLACK: u64 = 30;

async fn describes_token(scene: &mut Scene) -> Step {
    let expected = "the client, the scope, the lifetime and the issuer of the token";
    let response = judge::succeeds(scene.heard()?, expected)?;
    let members = told(response).unwrap_or_default();
    let wrong = wrong_value(scene, response, &members)?;
    match wrong {
        None => Ok(()),
        Some(got) => Err(fault(scene, Kind::Malformed, expected, &got)?.into()),
    }
}

fn wrong_value(scene: &Scene, response: &Response, members: &Map<String, Value>) -> Result<Option<String>, Halt> {
    let grant = scene.grant()?;
    let tokens = grant.tokens.as_ref().ok_or_else(|| Halt::blocked("the grant yielded no tokens"))?;
    let text = |name: &str| members.get(name).and_then(Value::as_str);
    let time = |name: &str| members.get(name).and_then(Value::as_u64);
    let client = &scene.client(grant.role)?.id;
    if let Some(named) = text("client_id").filter(|named| named != client) {
        return Ok(Some(format!("client_id {named:?}, where the token was issued to {client:?}")));
    }
    let granted = tokens.scope.clone().or(grant.scope.as_deref().map(answer::scopes));
    if let (Some(said), Some(granted)) = (text("scope").map(answer::scopes), granted) {
        // A server may show each resource the part that concerns it (RFC 7662 section 2.2), but not more than there is.
        if let Some(extra) = said.iter().find(|scope| !granted.contains(scope)) {
            return Ok(Some(format!("scope {extra:?}, which was not granted")));
        }
    }
    if let Some(issuer) = text("iss").filter(|issuer| *issuer != scene.target.provider.issuer) {
        return Ok(Some(format!("iss {issuer:?}, where the issuer is {:?}", scene.target.provider.issuer)));
    }
    if let (Some(from), Some(until), Some(lifetime)) = (time("iat"), time("exp"), tokens.expires_in)
        && until.saturating_sub(from).abs_diff(lifetime) > SLACK
    {
        return Ok(Some(format!("exp {} s after iat, where expires_in was {lifetime}", until.saturating_sub(from))));
    }
    // The server's own clock: ours may be wrong.
    let Some(now) = response.header("date").and_then(|date| httpdate::parse_http_date(date).ok()).map(seconds) else {
        return Ok(None);
    };
    if let Some(from) = time("iat").filter(|from| *from > now + SLACK) {
        return Ok(Some(format!("iat {} s in the future", from - now)));
    }
    if let (Some(until), Some(lifetime)) = (time("exp"), tokens.expires_in)
        && until.abs_diff(now + lifetime) > SLACK
    {
        return Ok(Some(format!("exp {} s from now, where expires_in was {lifetime}", until.saturating_sub(now))));
    }
    Ok(None)
}

fn seconds(time: SystemTime) -> u64 {
    time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or(Duration::ZERO).as_secs()
}
