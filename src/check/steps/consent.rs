//! The question whether a client may act in the user's name: reached and left open, or answered by another site.

use super::super::chance;
use super::super::flow::Ask;
use super::super::halt::{Halt, Step};
use super::super::judge;
use super::super::phrase::Phrase;
use super::super::scene::{Deed, Scene};
use super::pages::{NO_CONSENT, granted};
use crate::login::{self, Decision, End, Errand, Sighting, Stop};
use crate::protocol::{Body, Request, Value};
use crate::provider::Need;
use crate::verdict::Kind;
use crate::wire::Jar;

/// The sentences.
pub static PHRASES: &[Phrase] = &[
    Phrase::act("a user who has never approved goes on to the question", &[Need::UserLogin], |s, _| {
        Box::pin(goes_to_question(s))
    }),
    Phrase::act(
        "another site sends the consent form in the user's browser, without what it cannot know",
        &[Need::UserLogin],
        |s, _| Box::pin(forges_consent(s)),
    ),
    Phrase::judge("nothing is granted", &[], |s, _| Box::pin(nothing_granted(s))),
];

/// A walk that ends at the question, with what is needed to go on.
struct Question {
    request: Request,
    stops: Vec<String>,
    jar: Jar,
    seen: Sighting,
}

/// Carol never approves, so a provider that remembers consent asks her; without her it is the user of the scene, who may be known.
fn who_is_asked(scene: &Scene) -> &'static str {
    if scene.user("carol").is_ok() { "carol" } else { scene.user }
}

async fn ask_user(scene: &mut Scene, who: &str) -> Result<Question, Halt> {
    let (request, grant) = scene.authorization_request(Ask::WithChallenge)?;
    let user = scene.user(who)?.clone();
    let stops = scene.stops(grant.redirect_uri.as_deref());
    let uris: Vec<&str> = stops.iter().map(String::as_str).collect();
    let mut jar = scene.take_browser(&chance::token());
    let errand = Errand {
        start: request.clone(),
        stop_at: Stop::Asked(&uris),
        username: &user.username,
        password: &user.password,
        user_code: None,
        decision: Decision::Approve,
    };
    scene.walk_began = scene.tape.len();
    scene.deed = Some(Deed::Approve);
    let seen = login::run(&scene.wire, &scene.tape, &mut jar, &errand).await;
    Ok(Question { request, stops, jar, seen })
}

async fn goes_to_question(scene: &mut Scene) -> Step {
    let Question { request, seen, .. } = ask_user(scene, who_is_asked(scene)).await?;
    (scene.sighting, scene.asked) = (Some(seen), Some(request));
    Ok(())
}

/// The form that approves.
fn approval(question: &Question) -> Result<Request, Halt> {
    match (&question.seen.end, question.seen.last()) {
        (End::Finished, Some(hop)) => {
            hop.page().decide(Decision::Approve).ok_or_else(|| Halt::blocked("the consent page cannot be operated"))
        }
        _ if granted(&question.seen) => Err(Halt::NotApplicable(NO_CONSENT.to_owned())),
        _ => Err(Halt::blocked(format!("no consent page was seen: {}", question.seen.describe()))),
    }
}

/// A foreign site can send what every such page holds, but not what differs from one session to another; or, whole, the form
/// that its owner is shown in a session of their own.
async fn forges_consent(scene: &mut Scene) -> Step {
    let who = who_is_asked(scene);
    let other = approval(&ask_user(scene, who).await?)?;
    let attackers = match ask_user(scene, "bob").await {
        Ok(question) => approval(&question).ok(),
        Err(_) => None,
    };
    let mut victim = ask_user(scene, who).await?;
    let form = approval(&victim)?;
    let Body::Form(fields) = &form.body else {
        return Err(Halt::NotApplicable("the consent page sends no form".to_owned()));
    };
    let differs = |(name, value): &&(String, Value)| other.param(name).is_none_or(|known| known.expose() != value.expose());
    let secret: Vec<&str> = fields.iter().filter(differs).map(|(name, _)| name.as_str()).collect();
    if secret.is_empty() && keeps_cookies_home(&victim.seen) {
        return Err(Halt::NotApplicable("browsers send the session's cookies with no request of another site".to_owned()));
    }
    let forged = secret.into_iter().fold(form.clone(), |form, name| form.without(name));
    let uris: Vec<&str> = victim.stops.iter().map(String::as_str).collect();
    scene.asked = Some(victim.request);
    for request in std::iter::once(forged).chain(attackers) {
        scene.walk_began = scene.tape.len();
        let seen = login::look(&scene.wire, &scene.tape, &mut victim.jar, from_elsewhere(request), &uris).await;
        let harmless = matches!(seen.end, End::Refused { .. } | End::Finished);
        scene.sighting = Some(seen);
        if !harmless {
            break;
        }
    }
    Ok(())
}

/// What a browser says of a form that another site submits from a frame without an origin, which leaves least to be told by.
pub(super) fn from_elsewhere(request: Request) -> Request {
    let request = request.without_header("referer").without_header("origin").header("origin", "null");
    request.header("sec-fetch-site", "cross-site").header("sec-fetch-mode", "navigate").header("sec-fetch-dest", "document")
}

/// Whether every cookie of the walk is `SameSite=Lax` or `Strict`.
pub(super) fn keeps_cookies_home(sighting: &Sighting) -> bool {
    let mut cookies = sighting.hops.iter().flat_map(|hop| hop.response.header_values("set-cookie"));
    cookies.all(|cookie| {
        let mut attributes = cookie.split(';').skip(1).map(|attribute| attribute.trim().to_ascii_lowercase());
        attributes.any(|attribute| matches!(attribute.as_str(), "samesite=lax" | "samesite=strict"))
    })
}

async fn nothing_granted(scene: &mut Scene) -> Step {
    let sighting = scene.sighting()?;
    let expected = "a refusal, and no code";
    if let Some(halt) = judge::dead_end(sighting) {
        return Err(halt);
    }
    match &sighting.end {
        End::Redirected { params, .. } | End::Outside { params, .. } if params.get("error").is_none() => {
            Err(judge::seen(Kind::Accepted, sighting, expected).into())
        }
        End::Crashed { .. } | End::Failed(_) => Err(judge::seen(Kind::Crashed, sighting, expected).into()),
        End::Redirected { .. } | End::Outside { .. } | End::Refused { .. } | End::Finished | End::Stuck { .. } => Ok(()),
    }
}
