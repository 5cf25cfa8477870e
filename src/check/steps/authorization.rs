//! Acts of a user at the authorization endpoint, and the judges of what the client then hears.

use super::super::chance;
use super::super::flow::Ask;
use super::super::halt::{Halt, Step};
use super::super::judge;
use super::super::phrase::{Args, Phrase};
use super::super::scene::{Deed, Scene};
use crate::login::{Decision, End};
use crate::provider::Need;
use crate::verdict::Kind;

/// The sentences.
pub static PHRASES: &[Phrase] = &[
    Phrase::act("the user approves a request[ {alteration}]", &[Need::UserLogin], |s, a| {
        Box::pin(decides(s, a, Ask::WithChallenge, Decision::Approve))
    }),
    Phrase::act("the user approves a request that has no challenge[ {alteration}]", &[Need::UserLogin], |s, a| {
        Box::pin(decides(s, a, Ask::WithoutChallenge, Decision::Approve))
    }),
    Phrase::act("the user denies a request[ {alteration}]", &[Need::UserLogin, Need::UserDeny], |s, a| {
        Box::pin(decides(s, a, Ask::WithChallenge, Decision::Deny))
    }),
    Phrase::judge("the client gets a code", &[], |s, _| Box::pin(gets_code(s))),
    Phrase::control("the client got a code", &[], |s, _| Box::pin(gets_code(s))),
    Phrase::judge("the client is told {errors}[, tolerating {errors}]", &[], |s, a| Box::pin(is_told(s, a))),
    Phrase::judge("the browser is not sent away", &[], |s, _| Box::pin(keeps_browser(s))),
];

async fn decides(scene: &mut Scene, args: &Args, ask: Ask, decision: Decision) -> Step {
    if decision == Decision::Deny {
        scene.user = "carol";
    }
    let (request, grant) = scene.authorization_request(ask)?;
    let request = match args.alteration(0) {
        Some(alteration) => alteration.apply(scene, request)?,
        None => request,
    };
    scene.deed = Some(Deed::Approve);
    scene.send_user(request, grant, decision, &chance::token()).await?;
    let sighting = scene.sighting()?;
    if decision == Decision::Deny
        && !sighting.asked_consent()
        && matches!(sighting.end, End::Redirected { .. } | End::Stuck { .. })
    {
        return Err(Halt::blocked("no page asked the user, so there was nothing to deny"));
    }
    Ok(())
}

async fn gets_code(scene: &mut Scene) -> Step {
    let sighting = scene.sighting()?;
    match &sighting.end {
        End::Redirected { params, .. } if params.code().is_some() => Ok(()),
        End::Stuck { why } => Err(Halt::blocked(format!("the login cannot be operated: {why}"))),
        End::Crashed { .. } | End::Failed(_) => Err(judge::seen(Kind::Crashed, sighting, CODE).into()),
        End::Redirected { .. } | End::Outside { .. } | End::Finished | End::Refused { .. } => {
            Err(judge::seen(Kind::Refused, sighting, CODE).into())
        }
    }
}

const CODE: &str = "a redirect to the client with a code";

async fn is_told(scene: &mut Scene, args: &Args) -> Step {
    let judgement = judge::tells_client(scene.sighting()?, args.errors(0), args.errors(1));
    scene.judge(judgement)
}

async fn keeps_browser(scene: &mut Scene) -> Step {
    let judgement = judge::keeps_browser(scene.sighting()?);
    scene.judge(judgement)
}
