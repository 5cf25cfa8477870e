//! Who may introspect what: a client that asks about another's token, and a caller that authorizes itself by a bearer token (RFC 7662 sections 2.1 to 2.3).

use serde_json::Value;

use super::super::halt::{Fault, Halt, Judgement, Step};
use super::super::judge;
use super::super::phrase::{Args, Phrase, Token};
use super::super::scene::{Deed, Scene};
use super::introspection::{activity, told};
use super::tokens::fault;
use crate::protocol::{Challenge, Endpoint, OAuthError, answer, request};
use crate::provider::Need;
use crate::verdict::Kind;

/// The sentences.
pub static PHRASES: &[Phrase] = &[
    Phrase::act("{client} introspects {token}", &[Need::Introspection], |s, a| Box::pin(another_introspects(s, a))),
    Phrase::judge("the introspection answers, and does not say that the token is another's", &[], |s, _| {
        Box::pin(answers_without_error(s))
    }),
    Phrase::judge("the introspection keeps what it knows of the token to itself", &[], |s, _| Box::pin(keeps_details(s))),
    Phrase::judge("the introspection does not take the client for a user", &[], |s, _| Box::pin(is_no_user(s))),
    Phrase::judge("the introspection refuses the bearer token", &[], |s, _| Box::pin(refuses_bearer(s))),
    Phrase::control("{client} can introspect the made up token", &[Need::Introspection], |s, a| Box::pin(can_introspect(s, a))),
];

async fn another_introspects(scene: &mut Scene, args: &Args) -> Step {
    scene.actor = args.client(0).key;
    let token = args.token(1);
    let request = request::introspect(&scene.endpoint(Endpoint::Introspection)?, &scene.token(token)?);
    let request = request.authenticate(&scene.actor()?.auth());
    scene.act(Deed::Introspect(token), request, None).await
}

/// Full, reduced, or `active: false`: all three are an answer (RFC 7662 section 2.2). An error tells that the token exists.
async fn answers_without_error(scene: &mut Scene) -> Step {
    activity(scene).map(|_| ())
}

/// What a token is about: whoever is told one of these has been told whose it is, or what it opens.
const DETAILS: [&str; 5] = ["sub", "username", "client_id", "scope", "aud"];

/// A refusal or `active: false`; that it lives, without a word of what it is, is half a secret.
async fn keeps_details(scene: &mut Scene) -> Step {
    let expected = "a refusal, or active false";
    let response = scene.response(expected)?;
    match response.status {
        401 | 403 => return Ok(()),
        400..500 if OAuthError::read(response).is_ok() => return Ok(()),
        _ => {}
    }
    if !activity(scene)? {
        return Ok(());
    }
    let members = told(response).unwrap_or_default();
    let named: Vec<&str> = DETAILS.into_iter().filter(|name| members.contains_key(*name)).collect();
    let judgement = if named.is_empty() {
        Judgement::Tolerated(fault(scene, Kind::Leaked, expected, "active true, and nothing else")?)
    } else {
        Judgement::Broken(fault(scene, Kind::Leaked, expected, &format!("active true, {}", named.join(", ")))?)
    };
    scene.judge(judgement)
}

/// A resource that goes by `sub` or `username` would open a user's account to a client (RFC 9700 section 4.15).
async fn is_no_user(scene: &mut Scene) -> Step {
    let expected = "no username, and no user's sub";
    let members = told(judge::succeeds(scene.heard()?, expected)?).unwrap_or_default();
    let text = |name: &str| members.get(name).and_then(Value::as_str);
    let users = || scene.target.provider.users.values();
    let is_user = |sub: &str| users().any(|user| user.username == sub || user.sub.as_deref() == Some(sub));
    if text("sub").is_some_and(is_user) {
        return Err(fault(scene, Kind::Leaked, expected, "the sub of a user")?.into());
    }
    if text("username").is_some() {
        return Err(fault(scene, Kind::Leaked, expected, "a username")?.into());
    }
    Ok(())
}

/// 401 with a challenge; another refusal says it wrongly, and an answer should not have been given.
async fn refuses_bearer(scene: &mut Scene) -> Step {
    let expected = "status 401 with WWW-Authenticate";
    let response = scene.response(expected)?;
    let fault = |kind| Fault::plain(kind, Endpoint::Introspection, response, expected);
    let judgement = match response.status {
        401 if !Challenge::read(response).is_empty() => Judgement::Holds,
        400..500 => Judgement::Tolerated(fault(Kind::Malformed)),
        200..300 => Judgement::Broken(fault(Kind::Accepted)),
        500.. => Judgement::Broken(fault(Kind::Crashed)),
        _ => Judgement::Broken(fault(Kind::Malformed)),
    };
    scene.judge(judgement)
}

/// A server may let few clients introspect at all (RFC 7662 section 4): what it says to the others tells nothing of this token.
async fn can_introspect(scene: &mut Scene, args: &Args) -> Step {
    let judged = scene.heard.clone();
    scene.actor = args.client(0).key;
    let request = request::introspect(&scene.endpoint(Endpoint::Introspection)?, &scene.token(Token::Unknown)?);
    scene.send(request.authenticate(&scene.actor()?.auth())).await;
    let heard = scene.heard()?;
    let refused = heard.outcome.as_ref().is_ok_and(|response| OAuthError::read(response).is_ok());
    let outcome = if refused {
        let told = heard.outcome.as_ref().map(answer::describe).unwrap_or_default();
        Err(Halt::NotApplicable(format!("the provider lets `clients.{}` introspect nothing: {told}", scene.actor_key())))
    } else {
        let expected = "status 200 and active false";
        let response = judge::succeeds(heard, expected)?;
        match told(response).and_then(|members| members.get("active").and_then(Value::as_bool)) {
            Some(false) => Ok(()),
            Some(true) | None => Err(Fault::plain(Kind::Malformed, Endpoint::Introspection, response, expected).into()),
        }
    };
    scene.heard = judged;
    outcome
}
