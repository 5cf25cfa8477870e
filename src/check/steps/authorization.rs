//! Acts of a user at the authorization endpoint, and the judges of what the client then hears.

use super::super::chance;
use super::super::flow::Ask;
use super::super::halt::{Halt, Judgement, Step};
use super::super::judge;
use super::super::phrase::{Args, Phrase};
use super::super::scene::{Deed, Grant, Scene};
use super::tokens::fault;
use crate::login::{self, Decision, End, Sighting};
use crate::protocol::Request;
use crate::protocol::answer::scopes;
use crate::provider::Need;
use crate::verdict::Kind;
use crate::wire::Jar;

/// The sentences.
pub static PHRASES: &[Phrase] = &[
    Phrase::act("the user approves a request[ {alteration}]", &[Need::UserLogin], |s, a| {
        Box::pin(decides(s, a, Ask::WithChallenge, Decision::Approve))
    })
    .gentle(),
    Phrase::act("the user approves a request that has no challenge[ {alteration}]", &[Need::UserLogin], |s, a| {
        Box::pin(decides(s, a, Ask::WithoutChallenge, Decision::Approve))
    }),
    Phrase::act("the user denies a request[ {alteration}]", &[Need::UserLogin, Need::UserDeny], |s, a| {
        Box::pin(decides(s, a, Ask::WithChallenge, Decision::Deny))
    }),
    Phrase::act("the user of {client} approves a request[ {alteration}]", &[Need::UserLogin], |s, a| {
        Box::pin(another_approves(s, a))
    }),
    Phrase::act("a user who has logged in before approves a request[ {alteration}]", &[Need::UserLogin], |s, a| {
        Box::pin(approves_again(s, a))
    }),
    Phrase::act("a browser without a login opens a request[ {alteration}]", &[Need::UserLogin], |s, a| Box::pin(opens(s, a))),
    Phrase::control("the same request {alteration} succeeds", &[Need::UserLogin], |s, a| Box::pin(same_succeeds(s, a))),
    Phrase::judge("the client gets a code", &[], |s, _| Box::pin(gets_code(s))),
    Phrase::judge("the client gets a code, tolerating a page of the provider's own", &[], |s, _| Box::pin(gets_code_or_page(s))),
    Phrase::control("the client got a code", &[], |s, _| Box::pin(gets_code(s))),
    Phrase::control("the client got a code, or gets one at a redirect URI without a query", &[Need::UserLogin], |s, _| {
        Box::pin(gets_code_here_or_there(s))
    }),
    Phrase::judge("the client is told {errors}[, tolerating {errors}]", &[], |s, a| Box::pin(is_told(s, a))),
    Phrase::judge("the client, and not the user alone, is told {errors}", &[], |s, a| Box::pin(is_told_itself(s, a))),
    Phrase::judge("the browser is not sent away", &[], |s, _| Box::pin(keeps_browser(s))),
    Phrase::judge("the user is asked once more", &[], |s, _| Box::pin(is_asked_again(s))),
    Phrase::judge("nothing is granted before the user logs in", &[], |s, _| Box::pin(waits_for_login(s))),
    Phrase::judge("the {word} scope is refused or left out of the token", &[], |s, _| Box::pin(leaves_out_strange_scope(s))),
    Phrase::judge("the malformed scope is refused, tolerating {errors}", &[], |s, a| Box::pin(refuses_malformed_scope(s, a))),
    Phrase::judge("the client gets a code or is told {errors}", &[], |s, a| Box::pin(gets_code_or_is_told(s, a))),
    Phrase::judge("the token is worth no more than was asked for", &[], |s, _| Box::pin(is_not_broader(s))),
];

async fn decides(scene: &mut Scene, args: &Args, ask: Ask, decision: Decision) -> Step {
    if decision == Decision::Deny {
        scene.user = "carol";
    }
    send(scene, args, 0, ask, decision, &chance::token()).await?;
    // A consent that another check obtained is remembered: OpenID Connect Core section 3.1.2.1 has a word for being asked anew.
    let remembered = |sighting: &Sighting| {
        !sighting.asked_consent() && matches!(&sighting.end, End::Redirected { params, .. } if params.code().is_some())
    };
    if decision == Decision::Deny && remembered(scene.sighting()?) {
        scene.grants.pop();
        let (request, grant) = asked_for(scene, args, 0, ask)?;
        scene.send_user(request.set("prompt", "consent"), grant, decision, &chance::token()).await?;
    }
    let sighting = scene.sighting()?;
    if decision == Decision::Deny
        && !sighting.asked_consent()
        && matches!(sighting.end, End::Redirected { .. } | End::Stuck { .. } | End::Refused { .. })
    {
        return Err(Halt::blocked("no page asked the user, so there was nothing to deny"));
    }
    Ok(())
}

/// The request, with what the sentence changes of it.
fn asked_for(scene: &mut Scene, args: &Args, at: usize, ask: Ask) -> Result<(Request, Grant), Halt> {
    let (request, grant) = scene.authorization_request(ask)?;
    scene.deed = Some(Deed::Approve);
    match args.alteration(at) {
        Some(alteration) => Ok((alteration.apply(scene, request)?, grant)),
        None => Ok((request, grant)),
    }
}

pub(super) async fn send(scene: &mut Scene, args: &Args, at: usize, ask: Ask, decision: Decision, browser: &str) -> Step {
    let (request, grant) = asked_for(scene, args, at, ask)?;
    scene.send_user(request, grant, decision, browser).await
}

async fn another_approves(scene: &mut Scene, args: &Args) -> Step {
    scene.actor = args.client(0).key;
    send(scene, args, 1, Ask::WithChallenge, Decision::Approve, &chance::token()).await
}

/// The browser has a session, so that a provider which checks a request only after the login checks it now.
async fn approves_again(scene: &mut Scene, args: &Args) -> Step {
    let browser = chance::token();
    let (request, grant) = scene.authorization_request(Ask::WithChallenge)?;
    scene.send_user(request, grant, Decision::Approve, &browser).await?;
    gets_code(scene).await?;
    send(scene, args, 0, Ask::WithChallenge, Decision::Approve, &browser).await
}

async fn opens(scene: &mut Scene, args: &Args) -> Step {
    let (request, grant) = scene.authorization_request(Ask::WithChallenge)?;
    let request = match args.alteration(0) {
        Some(alteration) => alteration.apply(scene, request)?,
        None => request,
    };
    let stops = scene.stops(grant.redirect_uri.as_deref());
    let stops: Vec<&str> = stops.iter().map(String::as_str).collect();
    let mut jar = Jar::default();
    scene.walk_began = scene.tape.len();
    scene.sighting = Some(login::look(&scene.wire, &scene.tape, &mut jar, request.clone(), &stops).await);
    scene.asked = Some(request);
    scene.deed = Some(Deed::Approve);
    Ok(())
}

/// Any page that waits for the user gives pause: a question, an account to choose, a login.
async fn is_asked_again(scene: &mut Scene) -> Step {
    let sighting = scene.sighting()?;
    let expected = "a page that the user has to answer before the code comes";
    if let Some(halt) = judge::dead_end(sighting) {
        return Err(halt);
    }
    let asked = sighting.pages().any(|hop| hop.role != login::Role::RelayPage);
    match &sighting.end {
        End::Redirected { params, .. } if params.code().is_some() && !asked => {
            Err(judge::seen(Kind::Accepted, sighting, expected).into())
        }
        End::Crashed { .. } | End::Failed(_) => Err(judge::seen(Kind::Crashed, sighting, expected).into()),
        End::Redirected { .. } | End::Outside { .. } | End::Finished | End::Refused { .. } | End::Stuck { .. } => Ok(()),
    }
}

async fn waits_for_login(scene: &mut Scene) -> Step {
    let sighting = scene.sighting()?;
    let broken = |kind| Err(judge::seen(kind, sighting, "a page that asks who the user is").into());
    if let Some(halt) = judge::dead_end(sighting) {
        return Err(halt);
    }
    match &sighting.end {
        End::Redirected { params, .. } | End::Outside { params, .. } if params.get("error").is_none() => broken(Kind::Accepted),
        End::Crashed { .. } | End::Failed(_) => broken(Kind::Crashed),
        // A refusal grants nothing either; whether the request is a good one, the control shows.
        End::Redirected { .. } | End::Outside { .. } | End::Refused { .. } | End::Finished | End::Stuck { .. } => Ok(()),
    }
}

/// Where neither a code nor an error can be read in a response at a redirect URI with a query of its own, the two may have been spoiled by each
/// other: the same client gets a code where there is no query, or else any client does.
async fn gets_code_here_or_there(scene: &mut Scene) -> Step {
    let unreadable = match &scene.sighting()?.end {
        End::Redirected { params, .. } => params.code().is_none() && params.get("error").is_none(),
        End::Outside { .. } | End::Finished | End::Refused { .. } | End::Stuck { .. } | End::Crashed { .. } | End::Failed(_) => {
            false
        }
    };
    if !unreadable {
        return gets_code(scene).await;
    }
    let judged = (scene.sighting.take(), scene.asked.take(), scene.walk_began, scene.actor);
    let plain = scene.actor()?.redirect_uris.iter().find(|uri| !uri.contains('?')).cloned();
    if plain.is_none() {
        scene.actor = "web";
    }
    let (request, grant) = scene.authorization_request(Ask::WithChallenge)?;
    let request = request.set_some("redirect_uri", plain.as_deref());
    let outcome = match scene.send_user(request, grant, Decision::Approve, &chance::token()).await {
        Ok(()) => gets_code(scene).await,
        Err(halt) => Err(halt),
    };
    (scene.sighting, scene.asked, scene.walk_began, scene.actor) = judged;
    outcome
}

/// Without it a refusal may have had any reason; what was heard before stays what is judged.
async fn same_succeeds(scene: &mut Scene, args: &Args) -> Step {
    let judged = (scene.sighting.take(), scene.asked.take(), scene.walk_began);
    let outcome = match send(scene, args, 0, Ask::WithChallenge, Decision::Approve, &chance::token()).await {
        Ok(()) => gets_code(scene).await,
        Err(halt) => Err(halt),
    };
    (scene.sighting, scene.asked, scene.walk_began) = judged;
    outcome
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
    let judgement = judge::tells_client(scene.sighting()?, args.errors(0), args.errors(1))?;
    scene.judge(judgement)
}

/// A user who said no leaves a client waiting that is told nothing.
async fn is_told_itself(scene: &mut Scene, args: &Args) -> Step {
    let sighting = scene.sighting()?;
    let expected = format!("a redirect to the client with error {}", judge::any_of(args.errors(0)));
    if let Some(halt) = judge::dead_end(sighting) {
        return Err(halt);
    }
    match &sighting.end {
        End::Stuck { .. } | End::Refused { .. } | End::Finished => Err(judge::seen(Kind::Malformed, sighting, &expected).into()),
        End::Redirected { .. } | End::Outside { .. } | End::Crashed { .. } | End::Failed(_) => {
            let judgement = judge::tells_client(sighting, args.errors(0), &[])?;
            scene.judge(judgement)
        }
    }
}

/// What the token has, by its answer, of the scopes that were asked for and are none of the client's.
enum Strange {
    /// Them, or no word of another scope than the one that was asked for (RFC 6749 section 5.1).
    Granted(&'static str),
    /// None of them, but what they resemble, and not all that the client may have.
    Alike,
    /// None of them.
    LeftOut,
}

/// None where no code came.
async fn strange_scope(scene: &mut Scene) -> Result<Option<Strange>, Halt> {
    if !matches!(&scene.sighting()?.end, End::Redirected { params, .. } if params.code().is_some()) {
        return Ok(None);
    }
    let request = scene.redemption()?;
    scene.act(Deed::Redeem, request, None).await?;
    let tokens = judge::yields_tokens(scene.heard()?);
    let tokens = tokens.map_err(|fault| Halt::blocked(format!("the code is not redeemed: {}", fault.got)))?;
    let own = &scene.actor()?.scopes;
    let asked = scopes(scene.grant()?.scope.as_deref().unwrap_or_default());
    let mut strange = asked.iter().filter(|scope| !own.contains(scope));
    Ok(Some(match &tokens.scope {
        None => Strange::Granted("a token without `scope`, which says that everything was granted"),
        Some(said) if strange.clone().any(|scope| said.contains(scope)) => Strange::Granted("a token with that scope"),
        Some(said) if strange.any(|scope| said.len() < own.len() && said.iter().any(|one| one.eq_ignore_ascii_case(scope))) => {
            Strange::Alike
        }
        Some(_) => Strange::LeftOut,
    }))
}

async fn leaves_out_strange_scope(scene: &mut Scene) -> Step {
    let expected = "error \"invalid_scope\", or a token whose scope leaves it out";
    let judgement = match strange_scope(scene).await? {
        None => judge::tells_client(scene.sighting()?, &["invalid_scope".to_owned()], &[])?,
        Some(Strange::Granted(got)) => Judgement::Broken(fault(scene, Kind::Accepted, expected, got)?),
        Some(Strange::Alike) => {
            Judgement::Tolerated(fault(scene, Kind::Accepted, expected, "a token with the scope it resembles")?)
        }
        Some(Strange::LeftOut) => Judgement::Holds,
    };
    scene.judge(judgement)
}

async fn refuses_malformed_scope(scene: &mut Scene, args: &Args) -> Step {
    let expected = "error \"invalid_scope\"";
    let judgement = match strange_scope(scene).await? {
        None => judge::tells_client(scene.sighting()?, &["invalid_scope".to_owned()], args.errors(0))?,
        Some(Strange::Granted(got)) => Judgement::Broken(fault(scene, Kind::Accepted, expected, got)?),
        Some(Strange::Alike | Strange::LeftOut) => {
            Judgement::Tolerated(fault(scene, Kind::Accepted, expected, "a token whose scope leaves it out")?)
        }
    };
    scene.judge(judgement)
}

async fn gets_code_or_is_told(scene: &mut Scene, args: &Args) -> Step {
    match &scene.sighting()?.end {
        End::Redirected { params, .. } if params.code().is_some() => Ok(()),
        End::Redirected { .. }
        | End::Outside { .. }
        | End::Finished
        | End::Refused { .. }
        | End::Stuck { .. }
        | End::Crashed { .. }
        | End::Failed(_) => {
            let judgement = judge::tells_client(scene.sighting()?, args.errors(0), &[])?;
            scene.judge(judgement)
        }
    }
}

/// A few scopes that a provider always adds are tolerated; everything that the client may have is not.
async fn is_not_broader(scene: &mut Scene) -> Step {
    let tokens = scene.expect_tokens()?;
    let asked = scopes(scene.grant()?.scope.as_deref().unwrap_or_default());
    let granted = tokens.scope.unwrap_or_else(|| asked.clone());
    let more: Vec<&String> = granted.iter().filter(|scope| !asked.contains(scope)).collect();
    if more.is_empty() {
        return Ok(());
    }
    let expected = format!("a scope within {}", asked.join(" "));
    let fault = fault(scene, Kind::Accepted, &expected, &format!("the scope {}", granted.join(" ")))?;
    let everything = scene.client(scene.protagonist)?.scopes.iter().all(|scope| granted.contains(scope));
    scene.judge(if everything { Judgement::Broken(fault) } else { Judgement::Tolerated(fault) })
}

async fn keeps_browser(scene: &mut Scene) -> Step {
    let sighting = scene.sighting()?;
    if let Some(kind) = sent_to_the_letter(scene, sighting) {
        let expected = "a page of the provider's own, no redirect to the requested URI, and no code";
        return Err(judge::seen(kind, sighting, expected).into());
    }
    let judgement = judge::keeps_browser(sighting)?;
    scene.judge(judgement)
}

/// Whether the browser was sent to the redirect URI that was asked for and went on, because that leads to a place of the provider's own, or
/// stayed, because it is no URL.
fn sent_to_the_letter(scene: &Scene, sighting: &Sighting) -> Option<Kind> {
    if matches!(sighting.end, End::Redirected { .. } | End::Outside { .. }) {
        return None;
    }
    let asked = scene.asked.as_ref()?.param("redirect_uri").map(|value| value.expose()).filter(|asked| !asked.is_empty())?;
    let mut sent = sighting.hops.iter().filter_map(|hop| hop.response.header("location")?.strip_prefix(asked));
    let answer = sent.find(|rest| rest.starts_with(['?', '#', '&']))?;
    Some(if answer.contains("code=") { Kind::Accepted } else { Kind::Leaked })
}

/// A server may insist on a redirect URI, and OpenID Connect does.
async fn gets_code_or_page(scene: &mut Scene) -> Step {
    let sighting = scene.sighting()?;
    let judgement = match &sighting.end {
        End::Refused { .. } => Judgement::Tolerated(judge::seen(Kind::Refused, sighting, CODE)),
        End::Redirected { .. }
        | End::Outside { .. }
        | End::Finished
        | End::Stuck { .. }
        | End::Crashed { .. }
        | End::Failed(_) => return gets_code(scene).await,
    };
    scene.judge(judgement)
}
