//! Judges of how the token endpoint reads a request that is odd, empty, repeated or broken, and in which form it says no to it.

use super::super::halt::{Fault, Halt, Judgement, Step};
use super::super::judge;
use super::super::phrase::{Args, Phrase};
use super::super::scene::Scene;
use super::tokens::fault;
use crate::protocol::{OAuthError, Response, answer};
use crate::verdict::Kind;

/// The sentences.
pub static PHRASES: &[Phrase] = &[
    Phrase::judge("the endpoint answers as it does without {word}", &[], |s, a| Box::pin(answers_as_without(s, a))),
    Phrase::judge("the words of the refusal keep to the letters that are allowed", &[], |s, _| Box::pin(keeps_to_letters(s))),
    Phrase::judge("the refusal is the same whatever kind of answer is asked for", &[], |s, _| Box::pin(is_always_the_same(s))),
    Phrase::judge("the endpoint refuses, and does not break", &[], |s, _| Box::pin(does_not_break(s))),
];

/// Yes to both with the same scope, or no to both in the same words: a server may want a scope (RFC 6749 section 3.3).
async fn answers_as_without(scene: &mut Scene, args: &Args) -> Step {
    let name = args.text(0);
    let without = scene.hear(scene.heard()?.request.clone().without(name)).await;
    let expected = format!("the answer that the request without {name} gets");
    let plain = without.outcome.map_err(|failure| Fault::silence(without.request.endpoint, &failure, &expected))?;
    let empty = scene.response(&expected)?;
    let said = |response: &Response| {
        let members = answer::object(response).unwrap_or_default();
        ["error", "scope"].map(|name| members.get(name).cloned())
    };
    // Two answers that are no answers are alike, too.
    for response in [empty, &plain] {
        let kind = match response.status {
            500.. => Kind::Crashed,
            200..300 => continue,
            _ if OAuthError::read(response).is_ok() => continue,
            _ => Kind::Malformed,
        };
        return Err(Fault::plain(kind, without.request.endpoint, response, &expected).into());
    }
    if (empty.status, said(empty)) == (plain.status, said(&plain)) {
        return Ok(());
    }
    let kind = if (200..300).contains(&empty.status) { Kind::Malformed } else { Kind::Refused };
    let got = format!("{} with an empty {name}, {} without it", answer::describe(empty), answer::describe(&plain));
    Err(fault(scene, kind, &expected, &got)?.into())
}

/// RFC 6749 section 5.2: printable ASCII but for the quotation mark and the backslash; an address has no space either.
async fn keeps_to_letters(scene: &mut Scene) -> Step {
    let expected = "error and error_description of printable ASCII without \" and \\, error_uri without a space too";
    let response = scene.response(expected)?;
    let endpoint = scene.heard()?.request.endpoint;
    if (200..300).contains(&response.status) {
        return Err(Halt::NotApplicable("the provider takes this request, so there is no refusal to look at".to_owned()));
    }
    if response.status >= 500 {
        return Err(Fault::plain(Kind::Crashed, endpoint, response, expected).into());
    }
    let members = answer::object(response).ok().filter(|members| members.get("error").is_some_and(serde_json::Value::is_string));
    let Some(members) = members else { return Err(Fault::plain(Kind::Malformed, endpoint, response, expected).into()) };
    for (name, first) in [("error", ' '), ("error_description", ' '), ("error_uri", '!')] {
        let text = members.get(name).and_then(serde_json::Value::as_str).unwrap_or_default();
        if let Some(stray) = text.chars().find(|c| !(first..='~').contains(c) || matches!(c, '"' | '\\')) {
            let got = format!("{name} with {stray:?} in it");
            return Err(fault(scene, Kind::Malformed, expected, &got)?.into());
        }
    }
    Ok(())
}

/// What browsers, curl and bare sockets ask for.
const KINDS: [Option<&str>; 4] = [Some("text/html"), Some("*/*"), Some("application/json"), None];

/// The error of a refusal in JSON with its status.
fn told(response: &Response) -> Option<(u16, String)> {
    let error = OAuthError::read(response).ok().filter(|_| response.says_json())?;
    (400..500).contains(&response.status).then_some((response.status, error.error))
}

async fn is_always_the_same(scene: &mut Scene) -> Step {
    let expected = "the same status and the same error in JSON, whatever Accept says";
    let request = scene.heard()?.request.clone();
    let endpoint = request.endpoint;
    let first = scene.response(expected)?;
    let first_told =
        told(first).ok_or_else(|| Halt::blocked(format!("it is not refused in JSON: {}", answer::describe(first))))?;
    for kind in KINDS {
        let asked = match kind {
            Some(kind) => request.clone().header("accept", kind),
            None => request.clone().without_header("accept"),
        };
        let outcome = scene.hear(asked).await.outcome;
        let response = outcome.map_err(|failure| Fault::silence(endpoint, &failure, expected))?;
        if told(&response).as_ref() == Some(&first_told) {
            continue;
        }
        let got = format!("{} where Accept is {}", answer::describe(&response), kind.unwrap_or("absent"));
        let fault = |found| Fault::of(found, endpoint, &response, expected, got);
        let empty = response.body.is_empty() && response.status == first_told.0;
        return scene.judge(match response.status {
            400..500 if empty => Judgement::Tolerated(fault(Kind::Malformed)),
            500.. => Judgement::Broken(fault(Kind::Crashed)),
            200..300 => Judgement::Broken(fault(Kind::Accepted)),
            _ => Judgement::Broken(fault(Kind::Malformed)),
        });
    }
    Ok(())
}

/// A refusal in JSON; a front door that finds the body too long may say so in its own words.
async fn does_not_break(scene: &mut Scene) -> Step {
    let expected = "status 400 or 401 in JSON, or 413";
    let heard = scene.heard()?;
    let response = scene.response(expected)?;
    let fault = |kind| Fault::plain(kind, heard.request.endpoint, response, expected);
    let judgement = match response.status {
        413 => Judgement::Holds,
        400 | 401 if told(response).is_some() => Judgement::Holds,
        400..500 => Judgement::Tolerated(fault(Kind::Malformed)),
        500.. => Judgement::Broken(fault(Kind::Crashed)),
        200..300 if judge::yields_tokens(heard).is_ok() => Judgement::Broken(fault(Kind::Accepted)),
        _ => Judgement::Broken(fault(Kind::Malformed)),
    };
    scene.judge(judgement)
}
