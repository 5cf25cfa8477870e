//! Judges of the form of an answer: members, headers, scope.

use super::super::halt::{Fault, Halt, Step};
use super::super::judge;
use super::super::phrase::{Args, Phrase};
use super::super::scene::Scene;
use super::tokens::{fault, granted_scope};
use crate::protocol::{Challenge, answer};
use crate::verdict::Kind;

/// The sentences.
pub static PHRASES: &[Phrase] = &[
    Phrase::judge("the answer forbids caching", &[], |s, _| Box::pin(forbids_caching(s))),
    Phrase::judge("the answer is a JSON object", &[], |s, _| Box::pin(is_json(s))),
    Phrase::judge("the answer has status {number}", &[], |s, a| Box::pin(has_status(s, a))),
    Phrase::judge("the answer has no member {word}", &[], |s, a| Box::pin(has_no_member(s, a))),
    Phrase::judge("the answer has the header {word} with {string}", &[], |s, a| Box::pin(has_header(s, a))),
    Phrase::judge("the answer challenges with the scheme {string}", &[], |s, a| Box::pin(challenges(s, a))),
    Phrase::judge("the token is not worth the scope {string}", &[], |s, a| Box::pin(not_worth(s, a))),
];

async fn forbids_caching(scene: &mut Scene) -> Step {
    let expected = "Cache-Control with no-store";
    let response = scene.response(expected)?;
    if response.cache_control("no-store") {
        return Ok(());
    }
    let got =
        response.header("cache-control").map_or_else(|| "no Cache-Control".to_owned(), |value| format!("Cache-Control: {value}"));
    Err(fault(scene, Kind::Malformed, expected, &got)?.into())
}

async fn is_json(scene: &mut Scene) -> Step {
    let expected = "a JSON object with Content-Type application/json";
    let heard = scene.heard()?;
    let response = scene.response(expected)?;
    if response.media_type().as_deref() == Some("application/json") && answer::object(response).is_ok() {
        return Ok(());
    }
    Err(Fault::plain(Kind::Malformed, heard.request.endpoint, response, expected).into())
}

async fn has_status(scene: &mut Scene, args: &Args) -> Step {
    let expected = format!("status {}", args.number(0));
    let heard = scene.heard()?;
    let response = scene.response(&expected)?;
    if u64::from(response.status) == args.number(0) {
        return Ok(());
    }
    let kind = if response.status >= 500 { Kind::Crashed } else { Kind::Malformed };
    Err(Fault::plain(kind, heard.request.endpoint, response, expected).into())
}

async fn has_no_member(scene: &mut Scene, args: &Args) -> Step {
    let name = args.text(0);
    let expected = format!("no member {name:?}");
    let response = scene.response(&expected)?;
    match answer::object(response).ok().and_then(|members| members.get(name).cloned()) {
        None => Ok(()),
        Some(_) => Err(fault(scene, Kind::Accepted, &expected, &format!("a member {name:?}"))?.into()),
    }
}

async fn has_header(scene: &mut Scene, args: &Args) -> Step {
    let (name, wanted) = (args.text(0).to_owned(), args.text(1).to_owned());
    let expected = format!("{name}: {wanted}");
    let response = scene.response(&expected)?;
    let values: Vec<String> =
        response.headers.iter().filter(|(other, _)| other.eq_ignore_ascii_case(&name)).map(|(_, value)| value.clone()).collect();
    if values.iter().any(|value| value.to_ascii_lowercase().contains(&wanted.to_ascii_lowercase())) {
        return Ok(());
    }
    let got = if values.is_empty() { format!("no {name}") } else { format!("{name}: {}", values.join(", ")) };
    Err(fault(scene, Kind::Malformed, &expected, &got)?.into())
}

async fn challenges(scene: &mut Scene, args: &Args) -> Step {
    let expected = format!("WWW-Authenticate with the scheme {}", args.text(0));
    let response = scene.response(&expected)?;
    let seen = Challenge::read(response);
    if seen.iter().any(|challenge| challenge.scheme.eq_ignore_ascii_case(args.text(0))) {
        return Ok(());
    }
    let got = match seen.first() {
        None => "no WWW-Authenticate".to_owned(),
        Some(challenge) => format!("WWW-Authenticate with the scheme {}", challenge.scheme),
    };
    Err(fault(scene, Kind::Malformed, &expected, &got)?.into())
}

/// Either the request is refused with `invalid_scope`, or the answer says what was granted and leaves this scope out.
async fn not_worth(scene: &mut Scene, args: &Args) -> Step {
    let wanted = args.text(0);
    let expected = format!("error \"invalid_scope\", or a token whose scope leaves out {wanted}");
    let heard = scene.heard()?;
    if heard.outcome.as_ref().is_ok_and(|response| !(200..300).contains(&response.status)) {
        let judgement = judge::refuses(heard, &["invalid_scope".to_owned()], &[]);
        return scene.judge(judgement);
    }
    let tokens = judge::yields_tokens(heard).map_err(Halt::from)?;
    let granted = granted_scope(heard, &tokens);
    if granted.iter().any(|scope| scope == wanted) {
        let got = format!("a token whose scope is {}", granted.join(" "));
        return Err(fault(scene, Kind::Accepted, &expected, &got)?.into());
    }
    Ok(())
}
