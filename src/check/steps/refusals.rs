//! Judges of how a request is refused: decision, status, challenge, headers, words. Each says one thing, so that one bug is told once.

use std::time::Duration;

use super::super::grace;
use super::super::halt::{Fault, Halt, Judgement, Step};
use super::super::judge;
use super::super::phrase::{Args, Phrase, Token};
use super::super::scene::{Deed, Scene};
use super::tokens::fault;
use crate::protocol::{Challenge, ClientAuth, OAuthError, Response, answer};
use crate::provider::Need;
use crate::verdict::Kind;

/// The sentences.
pub static PHRASES: &[Phrase] = &[
    Phrase::judge("the endpoint refuses with {errors}, tolerating success", &[], |s, a| {
        Box::pin(refuses_or_tolerably_succeeds(s, a))
    }),
    Phrase::judge("the endpoint does not take the body for a form", &[], |s, _| Box::pin(takes_forms_only(s))),
    Phrase::judge("the refusal has status 400 and is JSON", &[], |s, _| Box::pin(is_bad_request_in_json(s))),
    Phrase::judge("the refusal forbids caching", &[], |s, _| Box::pin(forbids_caching(s))),
    Phrase::judge("the endpoint answers in JSON and redirects nowhere", &[], |s, _| Box::pin(answers_in_json(s))),
    Phrase::judge("the refusal has status 401 and challenges for HTTP Basic", &[], |s, _| Box::pin(challenges_for_basic(s))),
    Phrase::judge("a refusal with status 401 carries a challenge", &[], |s, _| Box::pin(carries_challenge(s))),
    Phrase::judge("a wrong secret is refused in the same words", &[], |s, _| Box::pin(same_as_wrong_secret(s))),
    Phrase::judge("the same code can still be redeemed", &[], |s, _| Box::pin(code_is_still_good(s))),
    Phrase::judge("the client's credentials are accepted", &[], |s, _| Box::pin(is_let_in(s))),
    Phrase::judge("the client gets tokens, tolerating that only credentials as they are work", &[], |s, _| {
        Box::pin(gets_tokens_by_encoded_credentials(s))
    }),
    Phrase::judge("{token} still works", &[Need::RefreshToken], |s, a| Box::pin(still_works(s, a, false))),
    Phrase::judge("{token} still works, tolerating that it was revoked", &[Need::RefreshToken], |s, a| {
        Box::pin(still_works(s, a, true))
    }),
    Phrase::judge("{token} is refused, tolerating a grace period", &[Need::RefreshToken], |s, a| Box::pin(is_out_of_use(s, a))),
];

/// For what the specification asks of clients only, or leaves to the server: taking it is tolerated, and told.
async fn refuses_or_tolerably_succeeds(scene: &mut Scene, args: &Args) -> Step {
    let judgement = match judge::refuses(scene.heard()?, args.errors(0), &[]) {
        Judgement::Broken(fault) if fault.kind == Kind::Accepted => Judgement::Tolerated(fault),
        other @ (Judgement::Holds | Judgement::Tolerated(_) | Judgement::Broken(_)) => other,
    };
    scene.judge(judgement)
}

/// A server that takes JSON as well is more than the specification says; one that answers it with anything but a refusal is not.
async fn takes_forms_only(scene: &mut Scene) -> Step {
    let heard = scene.heard()?;
    if heard.outcome.as_ref().is_ok_and(|response| response.status == 415) {
        return Ok(());
    }
    let (accepted, tolerated) = (["invalid_request", "invalid_client"], ["unsupported_grant_type"]);
    let judgement = match judge::refuses(heard, &accepted.map(str::to_owned), &tolerated.map(str::to_owned)) {
        Judgement::Broken(fault) if fault.kind == Kind::Accepted => Judgement::Tolerated(fault),
        other @ (Judgement::Holds | Judgement::Tolerated(_) | Judgement::Broken(_)) => other,
    };
    scene.judge(judgement)
}

/// The answer, if it is a refusal: whether it should be one is another check's business.
fn refusal(scene: &Scene) -> Result<&Response, Halt> {
    let heard = scene.heard()?;
    let response = scene.response("a refusal")?;
    let says_error = answer::object(response).is_ok_and(|members| members.contains_key("error"));
    match response.status {
        200..300 if !says_error => Err(Halt::NotApplicable(format!(
            "the {} takes this request, so there is no refusal to look at",
            heard.request.endpoint.name()
        ))),
        _ => Ok(response),
    }
}

async fn is_bad_request_in_json(scene: &mut Scene) -> Step {
    let expected = "status 400 and a JSON object with a string error, as application/json";
    let response = refusal(scene)?;
    let error = answer::object(response)
        .ok()
        .and_then(|members| members.get("error").and_then(|error| error.as_str().map(str::to_owned)));
    if error.as_deref() == Some("invalid_client") {
        return Err(Halt::blocked("the client could not authenticate"));
    }
    if response.status == 400 && response.media_type().as_deref() == Some("application/json") && error.is_some() {
        return Ok(());
    }
    let kind = if response.status >= 500 { Kind::Crashed } else { Kind::Malformed };
    Err(Fault::plain(kind, scene.heard()?.request.endpoint, response, expected).into())
}

async fn forbids_caching(scene: &mut Scene) -> Step {
    let response = refusal(scene)?;
    if response.cache_control("no-store") {
        return Ok(());
    }
    let got = response.header("cache-control").map_or("no Cache-Control".to_owned(), |value| format!("Cache-Control: {value}"));
    Err(fault(scene, Kind::Malformed, "Cache-Control with no-store", &got)?.into())
}

async fn answers_in_json(scene: &mut Scene) -> Step {
    let expected = "status 400 or 401, in JSON";
    let response = refusal(scene)?;
    let fault = |kind| Ok::<_, Halt>(Fault::plain(kind, scene.heard()?.request.endpoint, response, expected));
    let is_json = response.says_json() && answer::object(response).is_ok();
    let judgement = match response.status {
        400 | 401 if is_json => Judgement::Holds,
        400..500 if is_json => Judgement::Tolerated(fault(Kind::Malformed)?),
        500.. => Judgement::Broken(fault(Kind::Crashed)?),
        _ => Judgement::Broken(fault(Kind::Malformed)?),
    };
    scene.judge(judgement)
}

async fn challenges_for_basic(scene: &mut Scene) -> Step {
    let expected = "status 401 and WWW-Authenticate with the scheme Basic";
    if !scene.heard()?.request.headers.iter().any(|(name, _)| name == "authorization") {
        return Err(Halt::NotApplicable("the client does not authenticate by HTTP Basic".to_owned()));
    }
    let response = refusal(scene)?;
    let challenges = Challenge::read(response);
    let basic = challenges.iter().find(|challenge| challenge.scheme.eq_ignore_ascii_case("Basic"));
    let schemes: Vec<&str> = challenges.iter().map(|challenge| challenge.scheme.as_str()).collect();
    let got = format!(
        "{}, {}",
        answer::describe(response),
        if schemes.is_empty() { "no WWW-Authenticate".to_owned() } else { format!("challenges: {}", schemes.join(", ")) }
    );
    let kind = if response.status >= 500 { Kind::Crashed } else { Kind::Malformed };
    let judgement = match (response.status, basic) {
        (401, Some(challenge)) if challenge.param("realm").is_some() => Judgement::Holds,
        (401, Some(_)) => {
            Judgement::Tolerated(fault(scene, kind, "Basic with a realm (RFC 7617 section 2)", "Basic without realm")?)
        }
        _ => Judgement::Broken(fault(scene, kind, expected, &got)?),
    };
    scene.judge(judgement)
}

async fn carries_challenge(scene: &mut Scene) -> Step {
    let expected = "WWW-Authenticate with a 401";
    let response = refusal(scene)?;
    match response.status {
        401 if Challenge::read(response).is_empty() => {
            let got = format!("{}, no WWW-Authenticate", answer::describe(response));
            Err(fault(scene, Kind::Malformed, expected, &got)?.into())
        }
        500.. => Err(Fault::plain(Kind::Crashed, scene.heard()?.request.endpoint, response, expected).into()),
        _ => Ok(()),
    }
}

/// Whoever can tell the two apart can find out who is registered.
async fn same_as_wrong_secret(scene: &mut Scene) -> Step {
    let request = scene.heard()?.request.clone();
    let wrong = scene.reauthenticate(request, |_| format!("wrong-{}", super::super::chance::token()))?;
    let outcome = scene.wire.send(&scene.tape, &wrong).await;
    let expected = "the answer that a wrong secret gets";
    let wrong = outcome.map_err(|failure| Fault::silence(wrong.endpoint, &failure, expected))?;
    let unknown = scene.response(expected)?;
    let said = |response: &Response| OAuthError::read(response).map(|error| (error.error, error.description));
    let (Ok(one), Ok(other)) = (said(unknown), said(&wrong)) else {
        return Err(Halt::blocked(format!("a wrong secret is not refused in JSON: {}", answer::describe(&wrong))));
    };
    let judgement = if unknown.status != wrong.status || one.0 != other.0 {
        let got = format!("{} to an unknown client, {} to a wrong secret", answer::describe(unknown), answer::describe(&wrong));
        Judgement::Broken(fault(scene, Kind::Leaked, expected, &got)?)
    } else if one.1 != other.1 {
        Judgement::Tolerated(fault(scene, Kind::Leaked, expected, "another error_description")?)
    } else {
        Judgement::Holds
    };
    scene.judge(judgement)
}

/// Whether a failed attempt burns the code is open (RFC 6749 section 4.1.3 does not say): a warning.
async fn code_is_still_good(scene: &mut Scene) -> Step {
    let request = scene.redemption()?;
    let heard = scene.hear(request).await;
    let judgement = match judge::yields_tokens(&heard) {
        Ok(_) => Judgement::Holds,
        Err(fault) if fault.kind == Kind::Refused => Judgement::Tolerated(fault),
        Err(fault) => Judgement::Broken(fault),
    };
    scene.judge(judgement)
}

/// Tokens, or a refusal that is not about who the client is: that one is another check's business.
async fn is_let_in(scene: &mut Scene) -> Step {
    let heard = scene.heard()?;
    let Err(fault) = judge::yields_tokens(heard) else { return Ok(()) };
    let error = heard.outcome.as_ref().ok().and_then(|response| OAuthError::read(response).ok());
    match error {
        Some(error) if !matches!(error.error.as_str(), "invalid_client" | "unauthorized_client" | "invalid_request") => {
            Err(Halt::blocked(format!("the client is known, and refused nevertheless: {}", fault.got)))
        }
        Some(_) | None => Err(fault.into()),
    }
}

async fn gets_tokens_by_encoded_credentials(scene: &mut Scene) -> Step {
    let heard = scene.heard()?;
    let Err(refused) = judge::yields_tokens(heard) else { return Ok(()) };
    let client = scene.actor()?;
    let ClientAuth::Basic { id, secret } = client.auth() else { return Err(refused.into()) };
    let plain = heard.request.clone().basic("Basic", &id, &secret);
    let judgement = match judge::yields_tokens(&scene.hear(plain).await) {
        Ok(_) => Judgement::Tolerated(refused),
        Err(_) => Judgement::Broken(refused),
    };
    scene.judge(judgement)
}

async fn still_works(scene: &mut Scene, args: &Args, may_be_revoked: bool) -> Step {
    let request = scene.refreshing(args.token(0))?;
    let heard = scene.hear(request).await;
    let judgement = match judge::yields_tokens(&heard) {
        Ok(_) => Judgement::Holds,
        Err(fault) if fault.kind == Kind::Refused && may_be_revoked => Judgement::Tolerated(fault),
        Err(fault) => Judgement::Broken(fault),
    };
    scene.judge(judgement)
}

/// How long a provider may take a rotated token for a retry of its owner, in seconds.
const GRACE: u64 = 61;

async fn is_out_of_use(scene: &mut Scene, args: &Args) -> Step {
    let token: Token = args.token(0);
    let first = refuses_token(scene, token).await?;
    let Judgement::Broken(fault) = &first else {
        scene.judge(first)?;
        return stays_out_of_use(scene, token).await;
    };
    if fault.kind != Kind::Accepted {
        return scene.judge(first);
    }
    if let Some(declared) = grace::of_rotated_token(scene) {
        // What the file declares is no fault; what goes beyond it is.
        return match grace::outlast(scene, &declared, Duration::ZERO).await {
            Err(Halt::NotApplicable(_)) => {
                Err(declared.note(&format!("whether it ends is told by --max-wait {}", declared.over())))
            }
            Err(other) => Err(other),
            Ok(()) => match refuses_token(scene, token).await? {
                Judgement::Holds => Err(declared.note("it is refused afterwards")),
                later @ (Judgement::Tolerated(_) | Judgement::Broken(_)) => scene.judge(later),
            },
        };
    }
    let judgement = match scene.pass(Duration::from_secs(GRACE)).await {
        // A grace period that the user is not willing to wait for cannot be told from none: a warning that says so.
        Err(_) => Judgement::Tolerated(Fault {
            got: format!("{}, which may be a grace period: --max-wait {GRACE} tells", fault.got),
            ..fault.clone()
        }),
        Ok(()) => match refuses_token(scene, token).await? {
            Judgement::Holds => Judgement::Tolerated(fault.clone()),
            Judgement::Tolerated(_) | Judgement::Broken(_) => first,
        },
    };
    scene.judge(judgement)
}

/// What is refused at once may pass when the server that saw the rotation has forgotten it, or another one is asked.
async fn stays_out_of_use(scene: &mut Scene, token: Token) -> Step {
    match scene.pass(Duration::from_secs(2)).await {
        Err(Halt::NotApplicable(_)) => Ok(()),
        Err(other) => Err(other),
        Ok(()) => match refuses_token(scene, token).await? {
            Judgement::Broken(fault) if fault.kind == Kind::Accepted => Err(fault.into()),
            Judgement::Holds | Judgement::Tolerated(_) | Judgement::Broken(_) => Ok(()),
        },
    }
}

async fn refuses_token(scene: &Scene, token: Token) -> Result<Judgement, Halt> {
    let request = scene.refreshing(token)?;
    scene.spares_given(Deed::Refresh, &request)?;
    let heard = scene.hear(request).await;
    Ok(judge::refuses(&heard, &["invalid_grant".to_owned()], &[]))
}
