//! Requests sent side by side: what must happen once may not happen twice because two ask at the same moment.

use super::super::flow::Ask;
use super::super::halt::{Fault, Halt, Judgement, Step};
use super::super::judge;
use super::super::phrase::{Args, Phrase, Token};
use super::super::scene::{Deed, Heard, Round, Scene};
use crate::protocol::{Endpoint, Request, Tokens, request};
use crate::provider::Need;
use crate::verdict::Kind;
use crate::wire::Tape;

/// The sentences.
pub static PHRASES: &[Phrase] = &[
    Phrase::act("the client redeems the code {number} times side by side", &[Need::Concurrency], |s, a| Box::pin(redeems(s, a)))
        .ends_grants(),
    Phrase::act(
        "the client refreshes {number} times side by side, in {number} rounds",
        &[Need::Concurrency, Need::RefreshToken, Need::UserLogin],
        |s, a| Box::pin(refreshes(s, a)),
    )
    .ends_grants()
    .intrusive(),
    Phrase::judge("exactly one of them succeeds", &[], |s, _| Box::pin(one_succeeds(s))),
    Phrase::judge("at most one chain of tokens is left in each round", &[], |s, _| Box::pin(one_chain_is_left(s))),
];

/// Sends the same request so many times at once, over connections that are open already: connecting would spread them.
async fn side_by_side(scene: &Scene, request: &Request, times: usize) -> Vec<Heard> {
    let quiet = Tape::default();
    let knock = Request::get(request.endpoint, &request.url);
    scene.wire.send_together(&quiet, &knock, times).await;
    let outcomes = scene.wire.send_together(&scene.tape, request, times).await;
    outcomes.into_iter().map(|outcome| Heard { request: request.clone(), outcome }).collect()
}

fn times(args: &Args, at: usize) -> usize {
    usize::try_from(args.number(at)).unwrap_or(usize::MAX).min(100)
}

async fn redeems(scene: &mut Scene, args: &Args) -> Step {
    let request = scene.redemption()?;
    scene.chorus = side_by_side(scene, &request, times(args, 0)).await;
    scene.deed = Some(Deed::Redeem);
    Ok(())
}

async fn one_succeeds(scene: &mut Scene) -> Step {
    let expected = "one answer with tokens, all others refused with error \"invalid_grant\"";
    let all = scene.chorus.len();
    let winners = scene.chorus.iter().filter(|heard| judge::yields_tokens(heard).is_ok()).count();
    let told =
        |kind, got: String| Fault { kind, expected: expected.to_owned(), answer: got.clone(), got, endpoint: Endpoint::Token };
    if winners > 1 {
        return Err(told(Kind::Accepted, format!("{winners} of {all} answers with tokens")).into());
    }
    let mut judgement = match winners {
        0 => Judgement::Tolerated(told(Kind::Refused, format!("none of {all} answers with tokens"))),
        _ => Judgement::Holds,
    };
    for heard in scene.chorus.iter().filter(|heard| judge::yields_tokens(heard).is_err()) {
        match judge::refuses(heard, &["invalid_grant".to_owned()], &[]) {
            Judgement::Holds => {}
            Judgement::Broken(fault) if fault.kind == Kind::Crashed => {
                return Err(Fault { expected: expected.to_owned(), ..fault }.into());
            }
            Judgement::Broken(fault) | Judgement::Tolerated(fault) => {
                judgement = Judgement::Tolerated(Fault { expected: expected.to_owned(), ..fault });
            }
        }
    }
    scene.judge(judgement)
}

/// Each round begins with a login of its own: a reuse that is noticed may end whatever hangs on the session.
async fn refreshes(scene: &mut Scene, args: &Args) -> Step {
    for _ in 0..times(args, 1) {
        scene.obtain_tokens(Ask::WithChallenge).await?;
        let request = scene.refreshing(Token::Refresh)?;
        let chorus = side_by_side(scene, &request, times(args, 0)).await;
        let round = round(scene, &chorus).await?;
        scene.rounds.push(round);
    }
    Ok(())
}

async fn round(scene: &Scene, chorus: &[Heard]) -> Result<Round, Halt> {
    let answers = chorus.iter().filter_map(|heard| heard.outcome.as_ref().ok());
    let tokens: Vec<Tokens> = answers.filter_map(|response| Tokens::read(response).ok()).collect();
    let crashed = chorus.iter().find(|heard| heard.outcome.as_ref().map_or(true, |response| response.status >= 500)).cloned();
    let mut round = Round { answered: tokens.len(), surviving: 0, crashed };
    let auth = scene.actor()?.auth();
    for token in tokens.iter().filter_map(|tokens| tokens.refresh_token.as_ref()) {
        let request = request::refresh(&scene.endpoint(Endpoint::Token)?, token).authenticate(&auth);
        let outcome = scene.wire.send(&scene.tape, &request).await;
        round.surviving += usize::from(outcome.is_ok_and(|response| Tokens::read(&response).is_ok()));
        if round.surviving == 2 {
            break;
        }
    }
    Ok(round)
}

async fn one_chain_is_left(scene: &mut Scene) -> Step {
    let expected = "one answer with tokens at most, and one refresh token at most that works afterwards";
    let all = scene.rounds.len();
    let forked = scene.rounds.iter().filter(|round| round.surviving > 1).count();
    let served = scene.rounds.iter().filter(|round| round.answered > 1).count();
    let told =
        |kind, got: String| Fault { kind, expected: expected.to_owned(), answer: got.clone(), got, endpoint: Endpoint::Token };
    if forked > 0 {
        return Err(told(Kind::Accepted, format!("several refresh tokens that work, in {forked} of {all} rounds")).into());
    }
    if let Some(heard) = scene.rounds.iter().find_map(|round| round.crashed.as_ref()) {
        return Err(match &heard.outcome {
            Ok(response) => Fault::plain(Kind::Crashed, Endpoint::Token, response, expected).into(),
            Err(failure) => Fault::silence(Endpoint::Token, failure, expected).into(),
        });
    }
    let judgement = match served {
        0 => Judgement::Holds,
        _ => Judgement::Tolerated(told(
            Kind::Accepted,
            format!("several answers with tokens that died of it, in {served} of {all} rounds"),
        )),
    };
    scene.judge(judgement)
}
