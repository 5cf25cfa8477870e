//! Acts at the token, revocation and introspection endpoints and at the resource, and the judges of acceptance and refusal.

use std::time::Duration;

use super::super::grace;
use super::super::halt::{Fault, Halt, Judgement, Step};
use super::super::judge;
use super::super::phrase::{Args, Phrase, Token};
use super::super::scene::{Deed, Scene};
use crate::protocol::{Endpoint, OAuthError, request};
use crate::provider::Need;
use crate::verdict::Kind;

/// The sentences.
pub static PHRASES: &[Phrase] = &[
    Phrase::act("the client redeems the code[ {alteration}]", &[], |s, a| Box::pin(redeems(s, a, 0))).gentle().uses_up(),
    Phrase::act("{client} redeems the code[ {alteration}]", &[], |s, a| Box::pin(another_redeems(s, a))).ends_grants(),
    Phrase::act("the client asks for a token of its own[ {alteration}]", &[], |s, a| Box::pin(asks_for_own_token(s, a))),
    Phrase::act("the client refreshes with {token}[ {alteration}]", &[Need::RefreshToken], |s, a| Box::pin(refreshes(s, a, 0))),
    Phrase::act("{client} refreshes with {token}[ {alteration}]", &[Need::RefreshToken], |s, a| {
        Box::pin(another_refreshes(s, a))
    })
    .ends_grants(),
    Phrase::act("the client revokes {token}[ {alteration}]", &[Need::Revocation], |s, a| Box::pin(revokes(s, a, 0)))
        .ends_grants(),
    Phrase::act("{client} revokes {token}[ {alteration}]", &[Need::Revocation], |s, a| Box::pin(another_revokes(s, a)))
        .ends_grants(),
    Phrase::act("the client introspects {token}[ {alteration}]", &[Need::Introspection], |s, a| Box::pin(introspects(s, a))),
    Phrase::act("the resource is called with {token}[ {alteration}]", &[Need::Resource], |s, a| Box::pin(calls_resource(s, a)))
        .gentle(),
    Phrase::act("the token endpoint is asked for the grant type {string}[ {alteration}]", &[], |s, a| {
        Box::pin(asks_for_grant_type(s, a))
    }),
    Phrase::act("the client redeems {token} as a code", &[], |s, a| Box::pin(redeems_as_code(s, a))).ends_grants(),
    Phrase::act("{number} seconds pass", &[], |s, a| Box::pin(seconds_pass(s, a))),
    Phrase::act("the refresh token lies unused until its time is over", &[Need::RefreshToken], |s, _| {
        Box::pin(outlives_unused_refresh_token(s))
    }),
    Phrase::act("the lifetime of the code passes", &[], |s, _| Box::pin(outlives_code(s))),
    Phrase::judge("the endpoint refuses with {errors}[, tolerating {errors}]", &[], |s, a| Box::pin(refuses(s, a))),
    Phrase::judge("the client gets tokens", &[], |s, _| Box::pin(gets_tokens(s))),
    Phrase::judge("the endpoint says yes[, tolerating {errors}]", &[], |s, a| Box::pin(says_yes(s, a))),
    Phrase::judge("the endpoint refuses in whatever words", &[], |s, _| Box::pin(refuses_somehow(s))),
    Phrase::judge("the endpoint answers without failing", &[], |s, _| Box::pin(does_not_fail(s))),
    Phrase::control("the endpoint said yes", &[], |s, _| Box::pin(said_yes(s))),
    Phrase::control("with a wrong secret the same request is refused", &[], |s, _| Box::pin(is_no_yes_man(s))),
    Phrase::control("put right, the request succeeds", &[], |s, _| Box::pin(put_right(s))),
    Phrase::control("the client got tokens", &[], |s, _| Box::pin(got_tokens(s))),
    Phrase::control("the request was refused", &[], |s, _| Box::pin(was_refused(s))),
    Phrase::control("the refresh token was rotated", &[], |s, _| Box::pin(was_rotated(s))),
    Phrase::control("a fresh refresh token works", &[Need::RefreshToken], |s, _| Box::pin(fresh_refresh_works(s))),
    Phrase::control("{client} can ask for a token of its own", &[], |s, a| Box::pin(another_can_ask(s, a))),
    Phrase::control("the resource takes {token}", &[Need::Resource], |s, a| Box::pin(resource_takes(s, a))),
];

fn turn_to(scene: &mut Scene, args: &Args) {
    scene.actor = args.client(0).key;
}

async fn redeems(scene: &mut Scene, args: &Args, at: usize) -> Step {
    let request = scene.redemption()?;
    scene.act(Deed::Redeem, request, args.alteration(at)).await
}

async fn another_redeems(scene: &mut Scene, args: &Args) -> Step {
    turn_to(scene, args);
    redeems(scene, args, 1).await
}

async fn asks_for_own_token(scene: &mut Scene, args: &Args) -> Step {
    let request = scene.own_credentials()?;
    scene.act(Deed::ClientCredentials, request, args.alteration(0)).await
}

async fn asks_for_grant_type(scene: &mut Scene, args: &Args) -> Step {
    let request = request::token(&scene.endpoint(Endpoint::Token)?, args.text(0)).authenticate(&scene.actor()?.auth());
    scene.act(Deed::ClientCredentials, request, args.alteration(1)).await
}

/// A token of another kind where a code belongs, all else as in the redemption that yielded it.
async fn redeems_as_code(scene: &mut Scene, args: &Args) -> Step {
    let request = scene.redemption()?.set("code", scene.token(args.token(0))?);
    scene.act(Deed::Redeem, request, None).await
}

/// As many, and where a refresh token was rotated as many more as the provider lets it go on working by its own account.
async fn seconds_pass(scene: &mut Scene, args: &Args) -> Step {
    let time = Duration::from_secs(args.number(0));
    match grace::of_rotated_token(scene) {
        Some(grace) => grace::outlast(scene, &grace, time).await,
        None => scene.pass(time).await,
    }
}

/// How long that is, no answer says.
async fn outlives_unused_refresh_token(scene: &mut Scene) -> Step {
    let lifetime = scene.target.provider.refresh_lifetime;
    let lifetime = lifetime.ok_or_else(|| Halt::NotApplicable("needs to know how long: `lifetimes.refresh`".to_owned()))?;
    scene.pass(lifetime.saturating_add(Duration::from_secs(1))).await
}

/// Ten minutes are the longest that a code may live (RFC 6749 section 4.1.2), unless the provider file says how long it does.
async fn outlives_code(scene: &mut Scene) -> Step {
    let lifetime = scene.target.provider.code_lifetime.unwrap_or(Duration::from_secs(600));
    scene.pass(lifetime.saturating_add(Duration::from_secs(1))).await
}

async fn refreshes(scene: &mut Scene, args: &Args, at: usize) -> Step {
    let request = scene.refreshing(args.token(at))?;
    scene.act(Deed::Refresh, request, args.alteration(at + 1)).await
}

async fn another_refreshes(scene: &mut Scene, args: &Args) -> Step {
    turn_to(scene, args);
    refreshes(scene, args, 1).await
}

async fn revokes(scene: &mut Scene, args: &Args, at: usize) -> Step {
    let token = args.token(at);
    let request = scene.actor()?.revocation(&scene.endpoint(Endpoint::Revocation)?, &scene.token(token)?);
    scene.act(Deed::Revoke(token), request, args.alteration(at + 1)).await
}

async fn another_revokes(scene: &mut Scene, args: &Args) -> Step {
    turn_to(scene, args);
    revokes(scene, args, 1).await
}

async fn introspects(scene: &mut Scene, args: &Args) -> Step {
    let token = args.token(0);
    let request = scene.actor()?.introspection(&scene.endpoint(Endpoint::Introspection)?, &scene.token(token)?);
    scene.act(Deed::Introspect(token), request, args.alteration(1)).await
}

async fn calls_resource(scene: &mut Scene, args: &Args) -> Step {
    let token: Token = args.token(0);
    let request = request::resource(&scene.endpoint(Endpoint::Resource)?).bearer(&scene.token(token)?);
    scene.act(Deed::CallResource(token), request, args.alteration(1)).await
}

async fn refuses(scene: &mut Scene, args: &Args) -> Step {
    let judgement = judge::refuses(scene.heard()?, args.errors(0), args.errors(1));
    scene.judge(judgement)
}

async fn gets_tokens(scene: &mut Scene) -> Step {
    scene.expect_tokens().map(|_| ())
}

/// As [`gets_tokens`], where the check is about something later.
async fn got_tokens(scene: &mut Scene) -> Step {
    gets_tokens(scene).await
}

async fn says_yes(scene: &mut Scene, args: &Args) -> Step {
    let heard = scene.heard()?;
    let judgement = match (judge::succeeds(heard, "status 200"), judge::refuses(heard, args.errors(0), &[])) {
        (Ok(_), _) => Judgement::Holds,
        (Err(fault), Judgement::Holds) => Judgement::Tolerated(fault),
        (Err(fault), Judgement::Tolerated(_) | Judgement::Broken(_)) => Judgement::Broken(fault),
    };
    scene.judge(judgement)
}

/// As [`says_yes`], where the check is about something later.
async fn said_yes(scene: &mut Scene) -> Step {
    let told = scene.heard()?.outcome.as_ref().ok().and_then(|response| OAuthError::read(response).ok());
    // A server may revoke refresh tokens only (RFC 7009 section 2.2.1).
    if told.is_some_and(|told| told.error == "unsupported_token_type") {
        return Err(Halt::NotApplicable("the provider does not revoke tokens of this kind".to_owned()));
    }
    judge::succeeds(scene.heard()?, "status 200").map(|_| ()).map_err(Halt::from)
}

/// The control of a yes: an endpoint that says it to everybody says nothing.
async fn is_no_yes_man(scene: &mut Scene) -> Step {
    let request = scene.heard()?.request.clone();
    let wrong = scene.reauthenticate(request, |_| format!("wrong-{}", super::super::chance::token()))?;
    let expected = "a refusal of a wrong secret";
    let response =
        scene.wire.send(&scene.tape, &wrong).await.map_err(|failure| Fault::silence(wrong.endpoint, &failure, expected))?;
    match response.status {
        400..500 => Ok(()),
        _ => Err(Fault::plain(Kind::Accepted, wrong.endpoint, &response, expected).into()),
    }
}

/// The control of checks about what a refusal brings about: whether it was refused is another check's business.
async fn was_refused(scene: &mut Scene) -> Step {
    grace::allows(scene)?;
    let heard = scene.heard()?;
    let expected = "a refusal";
    match &heard.outcome {
        Ok(response) if OAuthError::read(response).is_ok() => Ok(()),
        Ok(response) => Err(Fault::plain(Kind::Accepted, heard.request.endpoint, response, expected).into()),
        Err(failure) => Err(Fault::silence(heard.request.endpoint, failure, expected).into()),
    }
}

async fn was_rotated(scene: &mut Scene) -> Step {
    scene.expect_tokens()?;
    if scene.token(Token::Refresh)? == scene.token(Token::FirstRefresh)? {
        return Err(Halt::blocked("the refresh brought no new refresh token"));
    }
    Ok(())
}

/// Tokens of a fresh login, refreshed once: the paired control where a refresh token has to be dead.
async fn fresh_refresh_works(scene: &mut Scene) -> Step {
    let judged = scene.heard.clone();
    scene.deed = Some(Deed::Refresh);
    let outcome = scene.put_right().await;
    scene.heard = judged;
    outcome
}

async fn another_can_ask(scene: &mut Scene, args: &Args) -> Step {
    let judged = scene.heard.clone();
    turn_to(scene, args);
    let request = scene.own_credentials()?;
    scene.send(request).await;
    let outcome = scene.expect_tokens().map(|_| ());
    scene.heard = judged;
    outcome
}

async fn resource_takes(scene: &mut Scene, args: &Args) -> Step {
    let judged = scene.heard.clone();
    let request = request::resource(&scene.endpoint(Endpoint::Resource)?).bearer(&scene.token(args.token(0))?);
    scene.send(request).await;
    let outcome = judge::succeeds(scene.heard()?, "status 200").map(|_| ()).map_err(Halt::from);
    scene.heard = judged;
    outcome
}

/// Any 4xx: for a request that is so wrong that no specification says how it is refused. A page that gives nothing, such as the one
/// for people at the same address, is a refusal in a strange form.
async fn refuses_somehow(scene: &mut Scene) -> Step {
    let judgement = judge::refuses_somehow(scene.heard()?);
    scene.judge(judgement)
}

/// Yes or no, but no 5xx: for an act whose effect is what counts, whatever is said about it.
async fn does_not_fail(scene: &mut Scene) -> Step {
    let expected = "an answer below status 500";
    let heard = scene.heard()?;
    let response = scene.response(expected)?;
    if response.status < 500 {
        return Ok(());
    }
    Err(Fault::plain(Kind::Crashed, heard.request.endpoint, response, expected).into())
}

async fn put_right(scene: &mut Scene) -> Step {
    // The answer under judgement stays the one that is judged, whatever the control hears.
    let judged = scene.heard.clone();
    let outcome = scene.put_right().await;
    scene.heard = judged;
    outcome
}

/// A fault in the last answer.
pub fn fault(scene: &Scene, kind: Kind, expected: &str, got: &str) -> Result<Fault, Halt> {
    let heard = scene.heard()?;
    let response = scene.response(expected)?;
    Ok(Fault::of(kind, heard.request.endpoint, response, expected, got))
}
