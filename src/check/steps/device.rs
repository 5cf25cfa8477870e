//! Acts of a device (RFC 8628): it asks for its codes, and polls.

use std::time::Duration;

use serde_json::Value;

use super::super::halt::{Fault, Halt, Judgement, Step};
use super::super::judge;
use super::super::phrase::{Args, Phrase, Token};
use super::super::scene::{Deed, Heard, Scene};
use super::tokens::fault;
use crate::protocol::{ClientAuth, Endpoint, OAuthError, Tokens, answer, request};
use crate::provider::{AuthMethod, Need};
use crate::verdict::Kind;

/// The sentences.
pub static PHRASES: &[Phrase] = &[
    Phrase::act("the client asks for a device code[ {alteration}]", &[Need::Device], |s, a| Box::pin(asks(s, a))),
    Phrase::act("the client polls[ {alteration}]", &[Need::Device], |s, a| Box::pin(polls(s, a, 0))),
    Phrase::act("{client} polls[ {alteration}]", &[Need::Device], |s, a| Box::pin(another_polls(s, a))),
    Phrase::act("the client polls {number} times in a row", &[Need::Device], |s, a| Box::pin(polls_in_a_row(s, a))),
    Phrase::act("the client polls {number} times side by side", &[Need::Device, Need::Concurrency], |s, a| {
        Box::pin(polls_side_by_side(s, a))
    }),
    Phrase::act("the client polls until it is told to slow down", &[Need::Device], |s, _| Box::pin(polls_too_fast(s))),
    Phrase::act("the client waits its interval and {number} s", &[], |s, a| Box::pin(waits_interval(s, a))),
    Phrase::act("the lifetime of the device code passes", &[], |s, _| Box::pin(outlives(s))),
    Phrase::judge("the device authorization answer is complete", &[], |s, _| Box::pin(is_complete(s))),
    Phrase::judge("one of the polls is told to slow down", &[], |s, _| Box::pin(is_slowed_down(s))),
    Phrase::judge("exactly one of the polls gets tokens", &[], |s, _| Box::pin(one_gets_tokens(s))),
    Phrase::control("{client} is given a device code", &[Need::Device], |s, a| Box::pin(is_given_code(s, a))),
    Phrase::control("the client is given a device code where it names itself in the body as well", &[Need::Device], |s, _| {
        Box::pin(is_given_code_by_name(s))
    }),
    Phrase::control("the token endpoint lets the client in by its Basic header", &[], |s, _| Box::pin(is_let_in_by_basic(s))),
];

async fn asks(scene: &mut Scene, args: &Args) -> Step {
    let request = scene.device_request()?;
    scene.act(Deed::AskDeviceCode, request, args.alteration(0)).await
}

async fn polls(scene: &mut Scene, args: &Args, at: usize) -> Step {
    let request = scene.polling()?;
    scene.act(Deed::Poll, request, args.alteration(at)).await
}

async fn another_polls(scene: &mut Scene, args: &Args) -> Step {
    scene.actor = args.client(0).key;
    polls(scene, args, 1).await
}

async fn polls_in_a_row(scene: &mut Scene, args: &Args) -> Step {
    scene.chorus.clear();
    for _ in 0..args.number(0) {
        let request = scene.polling()?;
        scene.act(Deed::Poll, request, None).await?;
        scene.chorus.extend(scene.heard.clone());
    }
    Ok(())
}

async fn polls_side_by_side(scene: &mut Scene, args: &Args) -> Step {
    let request = scene.polling()?;
    let times = usize::try_from(args.number(0)).unwrap_or(usize::MAX).min(100);
    let outcomes = scene.wire.send_together(&scene.tape, &request, times).await;
    scene.chorus = outcomes.into_iter().map(|outcome| Heard { request: request.clone(), outcome }).collect();
    scene.deed = Some(Deed::Poll);
    Ok(())
}

/// The error that an answer names.
fn named_error(heard: &Heard) -> Option<String> {
    heard.outcome.as_ref().ok().and_then(|response| OAuthError::read(response).ok()).map(|told| told.error)
}

/// A provider need not enforce its interval (RFC 8628 section 3.5); then there is nothing to obey.
async fn polls_too_fast(scene: &mut Scene) -> Step {
    for _ in 0..3 {
        let request = scene.polling()?;
        scene.act(Deed::Poll, request, None).await?;
        if named_error(scene.heard()?).as_deref() == Some("slow_down") {
            return Ok(());
        }
    }
    Err(Halt::NotApplicable("the provider never says slow_down".to_owned()))
}

async fn waits_interval(scene: &mut Scene, args: &Args) -> Step {
    let (interval, lifetime, waited) = (scene.device()?.interval, scene.device()?.expires_in, scene.grant()?.waited);
    let seconds = interval.saturating_add(args.number(0));
    if ends_while_waiting(lifetime, waited, seconds) {
        return Err(Halt::NotApplicable(format!("its device codes live {lifetime} s, and the check waits longer")));
    }
    if let Some(grant) = scene.grants.last_mut() {
        grant.waited += seconds;
    }
    scene.pass(Duration::from_secs(seconds)).await
}

/// A code that ends before the client has waited judges nothing of what it says after.
fn ends_while_waiting(lifetime: u64, waited: u64, seconds: u64) -> bool {
    waited.saturating_add(seconds) >= lifetime
}

async fn outlives(scene: &mut Scene) -> Step {
    let lifetime = scene.device()?.expires_in;
    scene.pass(Duration::from_secs(lifetime.saturating_add(1))).await
}

async fn is_complete(scene: &mut Scene) -> Step {
    let expected = "status 200 and a JSON object with device_code, user_code, verification_uri and expires_in";
    let response = judge::succeeds(scene.heard()?, expected)?;
    if response.status != 200 || !response.says_json() {
        return Err(Fault::plain(Kind::Malformed, Endpoint::DeviceAuthorization, response, expected).into());
    }
    let members = answer::object(response)
        .map_err(|misread| Fault::of(Kind::Malformed, Endpoint::DeviceAuthorization, response, expected, misread.to_string()))?;
    let text = |value: &Value| value.as_str().is_some_and(|text| !text.is_empty());
    let seconds = |value: &Value| value.as_f64().is_some_and(|seconds| seconds > 0.0);
    let wrong = ["device_code", "user_code", "verification_uri", "expires_in", "interval"].into_iter().find_map(|name| {
        let (right, what) = match name {
            "expires_in" | "interval" => (members.get(name).is_none_or(seconds), "a positive number"),
            _ => (members.get(name).is_none_or(text), "a string with a letter in it"),
        };
        match members.contains_key(name) {
            false if name == "interval" => None,
            false => Some(format!("no {name}")),
            true if right => None,
            true => Some(format!("{name} that is not {what}")),
        }
    });
    match wrong {
        None => Ok(()),
        Some(got) => Err(fault(scene, Kind::Malformed, expected, &got)?.into()),
    }
}

async fn is_slowed_down(scene: &mut Scene) -> Step {
    let expected = "error \"slow_down\" for a poll that comes too early, \"authorization_pending\" before that";
    let told: Vec<Option<String>> = scene.chorus.iter().map(named_error).collect();
    let stray = told.iter().position(|error| !matches!(error.as_deref(), Some("authorization_pending" | "slow_down")));
    if stray.is_none() && told.iter().any(|error| error.as_deref() == Some("slow_down")) {
        return Ok(());
    }
    let at = stray.unwrap_or(told.len().saturating_sub(1));
    let heard = scene.chorus.get(at).ok_or_else(|| Halt::blocked("nobody polled"))?;
    Err(match &heard.outcome {
        Err(failure) => Fault::silence(Endpoint::Token, failure, expected),
        Ok(response) => {
            let kind = if response.status >= 500 { Kind::Crashed } else { Kind::Malformed };
            let kind = if Tokens::read(response).is_ok() || stray.is_none() { Kind::Accepted } else { kind };
            Fault::plain(kind, Endpoint::Token, response, expected)
        }
    }
    .into())
}

fn is_pending(heard: &Heard) -> bool {
    matches!(named_error(heard).as_deref(), Some("authorization_pending" | "slow_down"))
}

/// The others are told that the code is spent, or that they came too early; a 5xx is no way to say it.
async fn one_gets_tokens(scene: &mut Scene) -> Step {
    let expected = "tokens for one of the polls, and a refusal for each of the others";
    let served: Vec<&Heard> = scene.chorus.iter().filter(|heard| judge::yields_tokens(heard).is_ok()).collect();
    for heard in &scene.chorus {
        match &heard.outcome {
            Err(failure) => return Err(Fault::silence(Endpoint::Token, failure, expected).into()),
            Ok(response) if response.status >= 500 => {
                return Err(Fault::plain(Kind::Crashed, Endpoint::Token, response, expected).into());
            }
            Ok(response) if judge::yields_tokens(heard).is_err() && OAuthError::read(response).is_err() => {
                return Err(Fault::plain(Kind::Malformed, Endpoint::Token, response, expected).into());
            }
            Ok(_) => {}
        }
    }
    let Some(Ok(response)) = served.first().or(scene.chorus.first().as_ref()).map(|heard| &heard.outcome) else {
        return Err(Halt::blocked("nobody polled"));
    };
    match served.len() {
        1 => Ok(()),
        0 if scene.chorus.iter().all(is_pending) => Err(Halt::blocked("the provider goes on saying authorization_pending")),
        // Safe, though of no use to the device.
        0 => {
            let none = Fault::of(Kind::Refused, Endpoint::Token, response, expected, "tokens for none of them");
            scene.judge(Judgement::Tolerated(none))
        }
        several => {
            Err(Fault::of(Kind::Accepted, Endpoint::Token, response, expected, format!("tokens for {several} of them")).into())
        }
    }
}

async fn is_given_code(scene: &mut Scene, args: &Args) -> Step {
    let judged = scene.heard.clone();
    scene.actor = args.client(0).key;
    scene.obtain_device_code().await?;
    scene.heard = judged;
    Ok(())
}

/// A device code, whatever else the answer has or lacks: its form is another check's business.
fn yields_code(heard: &Heard) -> Step {
    let expected = "status 200 with a device_code";
    let response = judge::succeeds(heard, expected)?;
    match judge::kind_of_yes(Endpoint::DeviceAuthorization, response) {
        Kind::Accepted => Ok(()),
        kind => Err(Fault::plain(kind, Endpoint::DeviceAuthorization, response, expected).into()),
    }
}

/// As it is registered to authenticate, and with its `client_id`, which no server can miss then; some want it nowhere but in the header.
async fn is_given_code_by_name(scene: &mut Scene) -> Step {
    let plain = scene.device_request()?;
    let named = plain.clone().set("client_id", &scene.actor()?.id);
    let mut outcome = Ok(());
    for request in [named, plain] {
        let heard = scene.hear(request).await;
        outcome = yields_code(&heard);
        if outcome.is_ok() {
            break;
        }
    }
    outcome
}

/// Not every client is registered for HTTP Basic, and one that is not is refused with right. The token endpoint tells: a refresh with a token
/// that no one issued is refused for the token's sake once the client is known.
async fn is_let_in_by_basic(scene: &mut Scene) -> Step {
    let client = scene.actor()?;
    let secret = match (client.auth, client.secret.clone()) {
        (AuthMethod::ClientSecretBasic, _) => return Ok(()),
        (AuthMethod::ClientSecretPost | AuthMethod::None, secret) => {
            secret.ok_or_else(|| Halt::blocked("the client has no secret"))?
        }
    };
    let (role, header) = (client.role.clone(), ClientAuth::Basic { id: client.id.clone(), secret });
    let request = request::refresh(&scene.endpoint(Endpoint::Token)?, &scene.token(Token::Unknown)?).authenticate(&header);
    let heard = scene.hear(request).await;
    match named_error(&heard).as_deref() {
        Some("invalid_grant" | "unauthorized_client") => Ok(()),
        Some(_) | None => {
            let said = heard.outcome.as_ref().map_or_else(ToString::to_string, answer::describe);
            let shown = format!("does not show that `clients.{role}` is registered for HTTP Basic: it says {said}");
            Err(Halt::NotApplicable(format!("the token endpoint {shown}")))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::ends_while_waiting;

    #[test]
    fn a_code_that_ends_before_the_client_has_waited_is_known_to() {
        assert!(!ends_while_waiting(20, 11, 8));
        assert!(ends_while_waiting(20, 11, 9));
        assert!(ends_while_waiting(10, 0, 11));
    }
}
