//! The protected resource (RFC 6750): how it is called, and how it turns a caller away.

use super::super::flow::Ask;
use super::super::halt::{Fault, Halt, Judgement, Step};
use super::super::judge;
use super::super::phrase::{Args, Phrase, Token};
use super::super::scene::{Deed, Scene};
use super::tokens::fault;
use crate::protocol::{Challenge, Endpoint, Method, OAuthError, Response, answer, request};
use crate::provider::Need;
use crate::verdict::Kind;

/// The sentences.
pub static PHRASES: &[Phrase] = &[
    Phrase::act("the resource is called without a token[ {alteration}]", &[Need::Resource], |s, a| {
        Box::pin(is_called_without(s, a))
    }),
    Phrase::witness("the resource lets {token} in", &[Need::Resource], |s, a| Box::pin(lets_in(s, a))),
    Phrase::given(
        "the client also has tokens without the scope that the resource needs",
        &[Need::UserLogin, Need::Resource],
        |s, _| Box::pin(has_too_little_scope(s)),
    ),
    Phrase::judge("the resource says that the scope is too little", &[], |s, _| Box::pin(says_too_little(s))),
    Phrase::judge("the resource asks for a bearer token", &[], |s, _| Box::pin(asks_for_token(s))),
    Phrase::judge("the challenge names no error", &[], |s, _| Box::pin(names_no_error(s))),
    Phrase::judge("the resource says that the token is invalid", &[], |s, _| Box::pin(says_invalid(s))),
    Phrase::judge("the resource turns the token away", &[], |s, _| Box::pin(turns_away(s))),
    Phrase::judge("the resource says that the request is malformed", &[], |s, _| Box::pin(says_malformed(s))),
    Phrase::judge("the resource refuses two tokens, or takes the one in the header alone", &[], |s, _| Box::pin(refuses_two(s))),
];

async fn is_called_without(scene: &mut Scene, args: &Args) -> Step {
    let request = request::resource(&scene.endpoint(Endpoint::Resource)?);
    scene.act(Deed::CallResource(Token::Access), request, args.alteration(0)).await
}

/// The plain call, before anything is wrong with it.
async fn lets_in(scene: &mut Scene, args: &Args) -> Step {
    let request = request::resource(&scene.endpoint(Endpoint::Resource)?).bearer(&scene.token(args.token(0))?);
    scene.send(request).await;
    judge::succeeds(scene.heard()?, "status 200").map(|_| ()).map_err(Halt::from)
}

/// The scope that the resource demands: userinfo that of OpenID Connect (Core section 5.3), another one what the provider file says.
fn demanded(scene: &Scene) -> Result<String, Halt> {
    let resource = scene.target.provider.resource.as_ref();
    match resource.and_then(|resource| resource.scope.clone()) {
        Some(scope) => Ok(scope),
        None if resource.is_some_and(|resource| resource.url.is_some()) => {
            Err(Halt::NotApplicable("nobody says which scope the resource needs: `resource.scope`".to_owned()))
        }
        None => Ok("openid".to_owned()),
    }
}

async fn has_too_little_scope(scene: &mut Scene) -> Step {
    let demanded = answer::scopes(&demanded(scene)?);
    let role = scene.actor_key();
    let others: Vec<String> = scene.actor()?.scopes.iter().filter(|scope| !demanded.contains(scope)).cloned().collect();
    if others.is_empty() {
        return Err(Halt::NotApplicable(format!("`clients.{role}.scopes` names no scope beside {}", demanded.join(" "))));
    }
    let (request, grant) = scene.authorization_request(Ask::WithChallenge)?;
    scene.obtain_code_by(request.set("scope", others.join(" ")), grant).await?;
    let redemption = scene.redemption()?;
    scene.act(Deed::Redeem, redemption, None).await?;
    let tokens = scene.expect_tokens()?;
    match tokens.scope.filter(|granted| demanded.iter().all(|scope| granted.contains(scope))) {
        Some(_) => Err(Halt::NotApplicable(format!("the provider grants {} to whoever asks for less", demanded.join(" ")))),
        None => Ok(()),
    }
}

/// 403 with the error that says why; 401 would have the client fetch another token just like it.
async fn says_too_little(scene: &mut Scene) -> Step {
    let expected = "status 403 and WWW-Authenticate: Bearer with error=\"insufficient_scope\"";
    let response = scene.response(expected)?;
    let named = bearer_challenge(response).and_then(|challenge| challenge.param("error").map(str::to_owned));
    match (response.status, named.as_deref()) {
        (403, Some("insufficient_scope")) => Ok(()),
        (403, named) => {
            let got = named.map_or_else(|| "no error in the challenge".to_owned(), |error| format!("error={error:?}"));
            Err(fault(scene, Kind::Malformed, expected, &format!("status 403, {got}"))?.into())
        }
        _ => Err(Fault::plain(kind_of(response), Endpoint::Resource, response, expected).into()),
    }
}

fn bearer_challenge(response: &Response) -> Option<Challenge> {
    Challenge::read(response).into_iter().find(|challenge| challenge.scheme.eq_ignore_ascii_case("Bearer"))
}

/// What kind of fault a status is where a refusal was due.
fn kind_of(response: &Response) -> Kind {
    match response.status {
        200..300 => judge::kind_of_yes(Endpoint::Resource, response),
        500.. => Kind::Crashed,
        _ => Kind::Malformed,
    }
}

async fn asks_for_token(scene: &mut Scene) -> Step {
    let expected = "status 401 and WWW-Authenticate with the scheme Bearer and a parameter";
    let response = scene.response(expected)?;
    if response.status != 401 {
        return Err(Fault::plain(kind_of(response), Endpoint::Resource, response, expected).into());
    }
    let say = |got: &str| Fault::of(Kind::Malformed, Endpoint::Resource, response, expected, got);
    let judgement = match bearer_challenge(response) {
        None => Judgement::Broken(say("status 401 without a challenge for Bearer")),
        Some(challenge) if challenge.params.is_empty() => {
            Judgement::Tolerated(say("WWW-Authenticate: Bearer without a parameter"))
        }
        Some(_) => Judgement::Holds,
    };
    scene.judge(judgement)
}

async fn names_no_error(scene: &mut Scene) -> Step {
    let expected = "a challenge without error";
    let response = scene.response(expected)?;
    match bearer_challenge(response).and_then(|challenge| challenge.param("error").map(str::to_owned)) {
        None => Ok(()),
        Some(error) => Err(fault(scene, Kind::Malformed, expected, &format!("error={error:?} in WWW-Authenticate"))?.into()),
    }
}

async fn says_invalid(scene: &mut Scene) -> Step {
    let expected = "status 401 and WWW-Authenticate: Bearer with error=\"invalid_token\"";
    let response = scene.response(expected)?;
    if response.status != 401 {
        return Err(Fault::plain(kind_of(response), Endpoint::Resource, response, expected).into());
    }
    match bearer_challenge(response).map(|challenge| challenge.param("error").map(str::to_owned)) {
        Some(Some(error)) if error == "invalid_token" => Ok(()),
        Some(Some(error)) => Err(fault(scene, Kind::Malformed, expected, &format!("error={error:?}"))?.into()),
        Some(None) => Err(fault(scene, Kind::Malformed, expected, "a challenge without error")?.into()),
        None => Err(fault(scene, Kind::Malformed, expected, "status 401 without a challenge for Bearer")?.into()),
    }
}

/// The right decision is what counts here; its exact form is judged once, where the token is invalid.
async fn turns_away(scene: &mut Scene) -> Step {
    let expected = "status 401";
    let response = scene.response(expected)?;
    let fault = Fault::plain(kind_of(response), Endpoint::Resource, response, expected);
    let judgement = match response.status {
        401 => Judgement::Holds,
        400..500 => Judgement::Tolerated(fault),
        _ => Judgement::Broken(fault),
    };
    scene.judge(judgement)
}

/// The error that a refusal names, in its challenge or in its body.
fn named_error(response: &Response) -> Option<String> {
    let challenged = bearer_challenge(response).and_then(|challenge| challenge.param("error").map(str::to_owned));
    challenged.or_else(|| OAuthError::read(response).ok().map(|told| told.error))
}

async fn says_malformed(scene: &mut Scene) -> Step {
    let expected = "status 400 with error \"invalid_request\"";
    let response = scene.response(expected)?;
    // A resource need not take tokens from a body, nor a POST at all (RFC 6750 section 2.2).
    if scene.heard()?.request.method == Method::Post && matches!(response.status, 404 | 405 | 415 | 501) {
        return Err(Halt::NotApplicable(format!("the resource takes no POST: status {}", response.status)));
    }
    let fault = Fault::plain(kind_of(response), Endpoint::Resource, response, expected);
    let judgement = match response.status {
        400 if named_error(response).is_none_or(|error| error == "invalid_request") => Judgement::Holds,
        400 | 401 => Judgement::Tolerated(fault),
        _ => Judgement::Broken(fault),
    };
    scene.judge(judgement)
}

async fn refuses_two(scene: &mut Scene) -> Step {
    let expected = "status 400 with error \"invalid_request\"";
    let response = scene.response(expected)?;
    let fault = Fault::plain(kind_of(response), Endpoint::Resource, response, expected);
    let judgement = match response.status {
        400 => Judgement::Holds,
        200..500 => Judgement::Tolerated(fault),
        _ => Judgement::Broken(fault),
    };
    scene.judge(judgement)
}
