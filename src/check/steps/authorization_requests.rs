//! Sentences about requests in odd forms: parameters that are empty, repeated or hostile, and the method that they come by.

use url::Url;

use super::super::chance;
use super::super::flow::Ask;
use super::super::halt::{Fault, Halt, Judgement, Step};
use super::super::judge;
use super::super::phrase::{Args, Phrase};
use super::super::scene::{Deed, Scene, Walk};
use super::authorization::send;
use crate::login::{self, Decision, End, Sighting};
use crate::protocol::{Failure, Params, Request};
use crate::provider::Need;
use crate::verdict::Kind;

/// The sentences.
pub static PHRASES: &[Phrase] = &[
    Phrase::act("the user opens requests with {string} as each parameter in turn", &[Need::UserLogin], |s, a| {
        Box::pin(opens_hostile(s, Hostile::Encoded(a.text(0).to_owned())))
    }),
    Phrase::act("the user opens requests with very long values as each parameter in turn", &[Need::UserLogin], |s, _| {
        Box::pin(opens_hostile(s, Hostile::Long))
    }),
    Phrase::judge("none of them breaks the endpoint down", &[], |s, _| Box::pin(none_breaks_down(s))),
    Phrase::judge("a request {alteration} has the same outcome", &[Need::UserLogin], |s, a| Box::pin(has_same_outcome(s, a))),
    Phrase::judge("no state comes back", &[], |s, _| Box::pin(no_state(s))),
    Phrase::judge("the client gets a code, or the request is refused", &[], |s, _| Box::pin(gets_code_or_refusal(s))),
    Phrase::judge("the client is told {errors}, tolerating a token for one of the scopes", &[], |s, a| {
        Box::pin(is_told_or_gets_one_scope(s, a))
    }),
    Phrase::judge("the browser is not sent away, tolerating an error for the client's own redirect_uri", &[], |s, _| {
        Box::pin(keeps_browser_or_tells_client(s))
    }),
];

/// What a parameter is replaced by.
enum Hostile {
    /// This, as it stands in the address.
    Encoded(String),
    /// Ever more letters.
    Long,
}

/// Some front doors turn away what would fell the server behind them, so shorter values are sent as well. Much longer addresses
/// than these cannot be sent.
const LONG: [usize; 2] = [20_000, 60_000];

const PARAMETERS: [&str; 7] =
    ["client_id", "redirect_uri", "response_type", "scope", "state", "code_challenge", "code_challenge_method"];

/// The first page says whether the request was read; the state comes up again after the login, and so that one goes to the end.
async fn opens_hostile(scene: &mut Scene, hostile: Hostile) -> Step {
    scene.deed = Some(Deed::Approve);
    for parameter in PARAMETERS {
        let (request, _) = scene.authorization_request(Ask::WithChallenge)?;
        let changed = match &hostile {
            Hostile::Encoded(text) => vec![(format!("{parameter}={text}"), encoded(request, parameter, text))],
            Hostile::Long => LONG
                .into_iter()
                .map(|length| {
                    let letters: String = chance::token().chars().cycle().take(length).collect();
                    (format!("{parameter} of {length} letters"), request.clone().set(parameter, letters))
                })
                .collect(),
        };
        for (what, request) in changed {
            let began = scene.tape.len();
            let seen = if parameter == "state" {
                let (_, grant) = scene.authorization_request(Ask::WithChallenge)?;
                scene.send_user(request, grant, Decision::Approve, &chance::token()).await?;
                scene.sighting()?.clone()
            } else {
                let stops = scene.stops(None);
                let stops: Vec<&str> = stops.iter().map(String::as_str).collect();
                login::look(&scene.wire, &scene.tape, &mut crate::wire::Jar::default(), request, &stops).await
            };
            scene.walks.push(Walk { what, began, seen });
        }
    }
    Ok(())
}

/// The request with a parameter in its address that no encoder would have written.
fn encoded(request: Request, parameter: &str, text: &str) -> Request {
    let mut request = request.without(parameter);
    let before = request.url.query().map(|query| format!("{query}&")).unwrap_or_default();
    request.url.set_query(Some(&format!("{before}{parameter}={text}")));
    request
}

/// What no page shows that its server meant to show.
const TRACES: [&str; 6] =
    ["Traceback (most recent call last)", "Exception in thread", "\tat java.", "\n    at ", "panicked at", "goroutine "];

async fn none_breaks_down(scene: &mut Scene) -> Step {
    let expected = "a page or an error, and no failure of the server";
    if scene.walks.is_empty() {
        return Err(Halt::blocked("no request was opened yet"));
    }
    let wrong = scene.walks.iter().find_map(|walk| {
        let traces = |hop: &login::Hop| TRACES.iter().any(|trace| hop.response.text().contains(trace));
        match &walk.seen.end {
            // A bound of our own.
            End::Failed(Failure::Unsendable(_) | Failure::TooLong(_)) => None,
            End::Crashed { .. } | End::Failed(_) => Some((Kind::Crashed, walk)),
            _ if walk.seen.hops.iter().any(traces) => Some((Kind::Leaked, walk)),
            End::Redirected { .. } | End::Outside { .. } | End::Finished | End::Refused { .. } | End::Stuck { .. } => None,
        }
    });
    let Some((kind, walk)) = wrong else { return Ok(()) };
    let fault = judge::seen(kind, &walk.seen, expected);
    let got = format!("{}, for {}", fault.got, walk.what.chars().take(60).collect::<String>());
    let unanswered = usize::from(matches!(walk.seen.end, End::Failed(_)));
    scene.evidence = (walk.began + walk.seen.hops.len() + unanswered).checked_sub(1);
    Err(Fault { got, ..fault }.into())
}

/// What came of a request, as far as two of them can be compared.
#[derive(PartialEq, Eq)]
enum Outcome {
    Code,
    Error(String),
    Page,
}

impl Outcome {
    fn of(sighting: &Sighting) -> Result<Self, Halt> {
        if let Some(halt) = judge::dead_end(sighting) {
            return Err(halt);
        }
        match &sighting.end {
            End::Redirected { params, .. } | End::Outside { params, .. } => Ok(match params.get("error") {
                Some(error) => Self::Error(error.to_owned()),
                None => Self::Code,
            }),
            End::Refused { .. } | End::Stuck { .. } | End::Finished => Ok(Self::Page),
            End::Crashed { .. } | End::Failed(_) => Err(judge::seen(Kind::Crashed, sighting, "a code, or a refusal").into()),
        }
    }
}

async fn has_same_outcome(scene: &mut Scene, args: &Args) -> Step {
    let first = Outcome::of(scene.sighting()?)?;
    let judged = (scene.sighting.take(), scene.asked.take(), scene.walk_began);
    let walked = send(scene, args, 0, Ask::WithChallenge, Decision::Approve, &chance::token()).await;
    let other = scene.sighting.take();
    (scene.sighting, scene.asked, scene.walk_began) = judged;
    walked?;
    let other = other.ok_or_else(|| Halt::blocked("no user was sent to the authorization endpoint"))?;
    let second = Outcome::of(&other)?;
    if first == second {
        return Ok(());
    }
    let kind = match (&first, &second) {
        (Outcome::Code, _) => Kind::Accepted,
        (_, Outcome::Code) => Kind::Refused,
        _ => Kind::Malformed,
    };
    Err(judge::seen(kind, scene.sighting()?, &format!("the outcome of the other request: {}", other.describe())).into())
}

/// Some servers send an empty one back, or a word for it.
async fn no_state(scene: &mut Scene) -> Step {
    let sighting = scene.sighting()?;
    let state = sighting.params().and_then(|params| params.get("state"));
    let judgement = match state {
        None => Judgement::Holds,
        Some(state) => {
            let got = format!("state {:?}", state.chars().take(20).collect::<String>());
            let fault = judge::seen(Kind::Malformed, sighting, "a response without state");
            Judgement::Tolerated(Fault { got, ..fault })
        }
    };
    scene.judge(judgement)
}

async fn gets_code_or_refusal(scene: &mut Scene) -> Step {
    let sighting = scene.sighting()?;
    let broken = |kind| Err(judge::seen(kind, sighting, "a redirect to the client with a code, or a refusal").into());
    if let Some(halt) = judge::dead_end(sighting) {
        return Err(halt);
    }
    match &sighting.end {
        End::Redirected { params, .. } if params.code().is_some() || params.get("error").is_some() => Ok(()),
        End::Refused { .. } | End::Stuck { .. } => Ok(()),
        End::Outside { .. } => broken(Kind::Leaked),
        End::Redirected { .. } | End::Finished => broken(Kind::Malformed),
        End::Crashed { .. } | End::Failed(_) => broken(Kind::Crashed),
    }
}

/// An answer without `scope` does not say which one it is for.
async fn is_told_or_gets_one_scope(scene: &mut Scene, args: &Args) -> Step {
    let sighting = scene.sighting()?;
    if !matches!(&sighting.end, End::Redirected { params, .. } if params.code().is_some()) {
        let judgement = judge::tells_client(sighting, args.errors(0), &[])?;
        return scene.judge(judgement);
    }
    let expected = format!("a redirect to the client with error {}", judge::any_of(args.errors(0)));
    let fault = judge::seen(Kind::Accepted, sighting, &expected);
    let asked = scene.asked.as_ref().map(|request| request.params().to_vec()).unwrap_or_default();
    let asked: Vec<&str> = asked.iter().filter(|(name, _)| name == "scope").map(|(_, value)| value.expose()).collect();
    let request = scene.redemption()?;
    scene.act(Deed::Redeem, request, None).await?;
    let tokens = judge::yields_tokens(scene.heard()?);
    let tokens = tokens.map_err(|fault| Halt::blocked(format!("the code is not redeemed: {}", fault.got)))?;
    let granted = tokens.scope.unwrap_or_default();
    let all = asked.iter().all(|asked| granted.iter().any(|scope| scope == asked));
    let got = format!("a token with the scope {:?}", granted.join(" "));
    let fault = Fault { got, ..fault };
    scene.judge(if all { Judgement::Broken(fault) } else { Judgement::Tolerated(fault) })
}

/// Which of two redirect URIs is meant nobody knows; an error at the one that is the client's own harms no one.
async fn keeps_browser_or_tells_client(scene: &mut Scene) -> Step {
    let sighting = scene.sighting()?;
    let own = scene.actor()?.redirect_uris.iter().filter_map(|uri| Url::parse(uri).ok());
    let arrived = sighting.location();
    let at_home = arrived.is_some_and(|at| own.into_iter().any(|uri| (uri.origin(), uri.path()) == (at.origin(), at.path())));
    let has = |params: &Params, name: &str| params.get(name).is_some();
    let judgement = match &sighting.end {
        End::Redirected { params, .. } | End::Outside { params, .. }
            if at_home && has(params, "error") && !has(params, "code") =>
        {
            let expected = "a page of the provider's own, and no redirect";
            Judgement::Tolerated(judge::seen(Kind::Malformed, sighting, expected))
        }
        _ => judge::keeps_browser(sighting)?,
    };
    scene.judge(judgement)
}
