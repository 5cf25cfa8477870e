//! Judges of the form of an answer: members, headers, scope.

use super::super::halt::{Fault, Step};
use super::super::phrase::{Args, Phrase};
use super::super::scene::Scene;
use super::tokens::fault;
use crate::protocol::{Challenge, answer};
use crate::verdict::Kind;

/// The sentences.
pub static PHRASES: &[Phrase] = &[
    Phrase::judge("the answer forbids caching", &[], |s, _| Box::pin(forbids_caching(s))),
    Phrase::judge("the answer is a JSON object", &[], |s, _| Box::pin(is_json(s))),
    Phrase::judge("the answer has status {number}", &[], |s, a| Box::pin(has_status(s, a))),
    Phrase::judge("the answer challenges with the scheme {string}", &[], |s, a| Box::pin(challenges(s, a))),
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
