//! Sentences about the errors that the browser brings back to the client: where they travel, when they leave, and what they say.

use super::super::alteration;
use super::super::chance;
use super::super::flow::Ask;
use super::super::halt::{Fault, Halt, Judgement, Step};
use super::super::judge;
use super::super::phrase::Phrase;
use super::super::scene::{Deed, Scene, Walk};
use crate::login::{Channel, Decision, End};
use crate::protocol::{Endpoint, Params};
use crate::provider::Need;
use crate::verdict::Kind;

/// The sentences.
pub static PHRASES: &[Phrase] = &[
    Phrase::act("the user approves requests with a fault each", &[Need::UserLogin], |s, _| Box::pin(approve_faulty(s, &FAULTS))),
    Phrase::act("the user approves requests with quotes and umlauts in each parameter in turn", &[Need::UserLogin], |s, _| {
        Box::pin(approve_faulty(s, &ODD))
    }),
    Phrase::judge("every error is one that is registered", &[], |s, _| Box::pin(are_registered(s))),
    Phrase::judge("every error and its description are of printable ASCII without quotes", &[], |s, _| Box::pin(are_ascii(s))),
    Phrase::judge("the error travels in the query", &[], |s, _| Box::pin(travels_in_query(s))),
    Phrase::judge("nobody is sent to the client before the user logs in", &[], |s, _| Box::pin(waits_for_login(s))),
];

/// Requests that a provider refuses for different reasons.
const FAULTS: [&str; 5] = [
    "with only an unknown scope",
    "with response_type \"flowproof\"",
    "without response_type",
    "with code_challenge_method \"S512\"",
    "with response_mode \"flowproof\"",
];

/// Values that a description had better not repeat.
const ODD: [&str; 5] = [
    "with quotes and umlauts in its scope",
    "with quotes and umlauts in its response_type",
    "with quotes and umlauts in its response_mode",
    "with quotes and umlauts in its code_challenge",
    "with quotes and umlauts in its code_challenge_method",
];

async fn approve_faulty(scene: &mut Scene, alterations: &[&str]) -> Step {
    scene.deed = Some(Deed::Approve);
    for words in alterations {
        let (request, grant) = scene.authorization_request(Ask::WithChallenge)?;
        let alteration = alteration::bind(words).ok_or_else(|| Halt::blocked("no such alteration"))?;
        let request = alteration.apply(scene, request)?;
        let began = scene.tape.len();
        scene.send_user(request, grant, Decision::Approve, &chance::token()).await?;
        scene.walks.push(Walk { what: format!("a request {words}"), began, seen: scene.sighting()?.clone() });
    }
    Ok(())
}

/// What is wrong with the first error of the walks that has something wrong with it. Whether a request is refused at all is
/// another check's business.
fn judge_errors(scene: &mut Scene, expected: &str, wrong: impl Fn(&Params) -> Option<(bool, String)>) -> Step {
    let mut errors = 0;
    let mut found: Option<(bool, String, usize)> = None;
    for walk in &scene.walks {
        let Some(params) = walk.seen.params().filter(|params| params.get("error").is_some()) else { continue };
        errors += 1;
        if let Some((broken, got)) = wrong(params)
            && found.as_ref().is_none_or(|(worst, ..)| broken && !worst)
        {
            let at = (walk.began + walk.seen.hops.len()).saturating_sub(1);
            found = Some((broken, format!("{got}, for {}", walk.what), at));
        }
    }
    if errors == 0 {
        return Err(Halt::NotApplicable("the provider told the client of no error".to_owned()));
    }
    let Some((broken, got, at)) = found else { return Ok(()) };
    scene.evidence = Some(at);
    let fault = Fault {
        kind: Kind::Malformed,
        expected: expected.to_owned(),
        answer: expected.to_owned(),
        got,
        endpoint: Endpoint::Authorization,
    };
    scene.judge(if broken { Judgement::Broken(fault) } else { Judgement::Tolerated(fault) })
}

/// RFC 6749 section 4.1.2.1, and what OpenID Connect, RFC 8707, RFC 9396 and RFC 9470 have registered for authorization responses.
const REGISTERED: [&str; 20] = [
    "invalid_request",
    "unauthorized_client",
    "access_denied",
    "unsupported_response_type",
    "invalid_scope",
    "server_error",
    "temporarily_unavailable",
    "interaction_required",
    "login_required",
    "session_selection_required",
    "account_selection_required",
    "consent_required",
    "invalid_request_uri",
    "invalid_request_object",
    "request_not_supported",
    "request_uri_not_supported",
    "registration_not_supported",
    "invalid_target",
    "invalid_authorization_details",
    "unmet_authentication_requirements",
];

async fn are_registered(scene: &mut Scene) -> Step {
    judge_errors(scene, "an error code that is registered", |params| {
        let error = params.get("error").unwrap_or_default();
        let shown = error.chars().filter(|c| !c.is_control()).take(60).collect::<String>();
        let is_code = !error.is_empty() && error.bytes().all(|byte| byte.is_ascii_graphic() && !matches!(byte, b'"' | b'\\'));
        if params.count("error") > 1 {
            Some((true, "more than one error".to_owned()))
        } else if !is_code {
            Some((true, format!("the error {shown:?}, which is no code")))
        } else if !REGISTERED.contains(&error) {
            // A private one: clients cannot know it, and the grammar allows it.
            Some((false, format!("the error {shown:?}, which nobody has registered")))
        } else {
            None
        }
    })
}

async fn are_ascii(scene: &mut Scene) -> Step {
    let expected = "error, error_description and error_uri of printable ASCII without quotes and backslashes";
    judge_errors(scene, expected, |params| {
        let text = |byte: u8| matches!(byte, 0x20 | 0x21 | 0x23..=0x5b | 0x5d..=0x7e);
        let uri = |byte: u8| text(byte) && byte != b' ';
        let members: [(&str, &dyn Fn(u8) -> bool); 3] = [("error", &text), ("error_description", &text), ("error_uri", &uri)];
        let wrong =
            |(name, allowed): &(&str, &dyn Fn(u8) -> bool)| params.get(name).is_some_and(|value| !value.bytes().all(allowed));
        members.iter().find(|member| wrong(member)).map(|(name, _)| (true, format!("other characters in {name}")))
    })
}

async fn travels_in_query(scene: &mut Scene) -> Step {
    let expected = "an error in the query of the redirect URI, and nothing in its fragment";
    let sighting = scene.sighting()?;
    if let Some(halt) = judge::dead_end(sighting) {
        return Err(halt);
    }
    let End::Redirected { channel, params, location, .. } = &sighting.end else {
        return Err(Halt::NotApplicable(
            "the provider answered with a page of its own, so there is no response to look at".to_owned(),
        ));
    };
    if params.get("error").is_none() {
        return Err(Halt::NotApplicable("the provider refused nothing, so there is no error to look at".to_owned()));
    }
    let beside = Params::of_fragment(location).0.iter().any(|(name, value)| !name.is_empty() && !value.is_empty());
    if *channel == Channel::Query && !beside {
        return Ok(());
    }
    Err(judge::seen(Kind::Malformed, sighting, expected).into())
}

/// RFC 9700 section 4.11.2; most servers, and RFC 6749 as many read it, answer at once.
async fn waits_for_login(scene: &mut Scene) -> Step {
    let sighting = scene.sighting()?;
    if let Some(halt) = judge::dead_end(sighting) {
        return Err(halt);
    }
    let expected = "a page of the provider's own, and no redirect before the user has logged in";
    let judgement = match &sighting.end {
        End::Redirected { params, .. } | End::Outside { params, .. } if params.get("error").is_some() => {
            Judgement::Tolerated(judge::seen(Kind::Leaked, sighting, expected))
        }
        End::Redirected { .. } | End::Outside { .. } => Judgement::Broken(judge::seen(Kind::Accepted, sighting, expected)),
        End::Crashed { .. } | End::Failed(_) => Judgement::Broken(judge::seen(Kind::Crashed, sighting, expected)),
        End::Finished | End::Refused { .. } | End::Stuck { .. } => Judgement::Holds,
    };
    scene.judge(judgement)
}
