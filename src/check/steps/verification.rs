//! Acts of a user, and of a stranger, at the verification page (RFC 8628 section 3.3), and the judges of what the pages show.

use url::Url;

use super::super::chance;
use super::super::halt::{Fault, Halt, Step};
use super::super::judge;
use super::super::phrase::Phrase;
use super::super::scene::{Deed, Scene};
use super::super::user::Outing;
use super::pages::lets_itself_be_framed;
use crate::login::{self, Decision, End, Hop, Role, Sighting, Stop};
use crate::protocol::{Endpoint, Request, Secret, letters};
use crate::provider::Need;
use crate::verdict::Kind;

/// The sentences.
pub static PHRASES: &[Phrase] = &[
    Phrase::act("the user approves the device code", &[Need::UserLogin], |s, _| Box::pin(approves(s))),
    Phrase::act("the user approves the device code at the complete address", &[Need::UserLogin], |s, _| {
        Box::pin(approves_at_complete(s))
    }),
    Phrase::act(
        "a user who is logged in opens the complete address and does nothing",
        &[Need::UserLogin, Need::LoginPages],
        |s, _| Box::pin(opens_complete(s)),
    ),
    Phrase::act("the user goes from the complete address to the question", &[Need::UserLogin, Need::LoginPages], |s, _| {
        Box::pin(goes_to_question(s, true))
    }),
    Phrase::act("the user types the code and goes on to the question", &[Need::UserLogin, Need::LoginPages], |s, _| {
        Box::pin(goes_to_question(s, false))
    }),
    Phrase::act("a stranger who cannot log in types the code and tries to approve", &[], |s, _| Box::pin(stranger_tries(s))),
    Phrase::act("the user types the code in lower case and approves", &[Need::UserLogin], |s, _| {
        Box::pin(types(s, "user_code in lower case", |code| code.to_lowercase()))
    }),
    Phrase::act("the user types the code without its separators and approves", &[Need::UserLogin], |s, _| {
        Box::pin(types(s, "user_code without separators", |code| {
            code.chars().filter(|letter| letter.is_alphanumeric()).collect()
        }))
    }),
    Phrase::act("the user types the code with spaces and approves", &[Need::UserLogin], |s, _| {
        let spaced = |code: &str| format!(" {} ", code.replace(|letter: char| !letter.is_alphanumeric(), " "));
        Box::pin(types(s, "user_code with spaces", spaced))
    }),
    Phrase::control("typed as it is shown, a code of its own is accepted", &[Need::UserLogin], |s, _| {
        Box::pin(is_accepted_as_shown(s))
    }),
    Phrase::judge("the user can type the code and approve", &[Need::UserLogin], |s, _| Box::pin(approves(s))),
    Phrase::judge("the code was accepted", &[], |s, _| Box::pin(was_accepted(s))),
    Phrase::judge("the stranger was asked to log in", &[], |s, _| Box::pin(was_asked_to_log_in(s))),
    Phrase::judge("the user code is shown before the decision", &[Need::LoginPages], |s, _| Box::pin(shows_code(s))),
    Phrase::judge("no page for the code or the decision can be framed", &[Need::LoginPages], |s, _| Box::pin(forbids_framing(s))),
];

async fn approves(scene: &mut Scene) -> Step {
    scene.settle_device(Decision::Approve).await
}

fn complete_address(scene: &Scene) -> Result<Url, Halt> {
    let complete = scene.device()?.complete.clone();
    complete.ok_or_else(|| Halt::NotApplicable("the provider gives no verification_uri_complete".to_owned()))
}

async fn approves_at_complete(scene: &mut Scene) -> Step {
    let start = complete_address(scene)?;
    scene.decide_device(&start, false, Decision::Approve, &chance::token()).await?;
    accepted(scene.sighting()?)
}

/// Whether the user could decide; whatever else a driver could not operate is no fault of the provider's.
pub(super) fn accepted(sighting: &Sighting) -> Step {
    match &sighting.end {
        End::Finished => Ok(()),
        End::Stuck { why } => Err(Halt::blocked(format!("the verification page cannot be operated: {why}"))),
        End::Redirected { .. } | End::Outside { .. } | End::Refused { .. } | End::Crashed { .. } | End::Failed(_) => {
            Err(seen(Kind::Refused, sighting, "a page where the user decides").into())
        }
    }
}

pub(super) fn seen(kind: Kind, sighting: &Sighting, expected: &str) -> Fault {
    Fault { endpoint: Endpoint::Verification, ..judge::seen(kind, sighting, expected) }
}

/// Another code of the same client is approved first, so that the browser is logged in.
async fn opens_complete(scene: &mut Scene) -> Step {
    let start = complete_address(scene)?;
    logs_in_at_home(scene).await?;
    let mut jar = scene.take_browser(HOME);
    let request = Request::get(Endpoint::Verification, &start);
    let sighting = login::look(&scene.wire, &scene.tape, &mut jar, request, &[]).await;
    scene.return_browser(HOME, jar);
    scene.sighting = Some(sighting);
    Ok(())
}

/// Another code of the same client is approved, and forgotten.
pub(super) async fn logs_in_at_home(scene: &mut Scene) -> Step {
    let waiting = scene.grants.pop();
    scene.obtain_device_code().await?;
    let page = scene.device()?.verification_uri.clone();
    scene.decide_device(&page, true, Decision::Approve, HOME).await?;
    accepted(scene.sighting()?)?;
    scene.grants.pop();
    scene.grants.extend(waiting);
    Ok(())
}

/// The browser in which the user is logged in.
pub(super) const HOME: &str = "home";

async fn goes_to_question(scene: &mut Scene, from_complete: bool) -> Step {
    let start = if from_complete { complete_address(scene)? } else { scene.device()?.verification_uri.clone() };
    let code = (!from_complete).then(|| scene.device().map(|device| device.user_code.clone())).transpose()?;
    walk(scene, &start, code.as_ref(), Stop::Asked(&[])).await?;
    accepted(scene.sighting()?)
}

async fn walk(scene: &mut Scene, start: &Url, user_code: Option<&Secret>, stop_at: Stop<'_>) -> Step {
    let outing = Outing::verification(start, user_code, Decision::Approve).until(stop_at);
    let mut jar = scene.take_browser(&chance::token());
    scene.sighting = Some(scene.send_out(scene.user, &mut jar, outing).await?);
    Ok(())
}

/// Whoever overhears a user code has no account: a walk with credentials that no one has gets as far as a stranger can.
async fn stranger_tries(scene: &mut Scene) -> Step {
    let (start, code) = (scene.device()?.verification_uri.clone(), scene.device()?.user_code.clone());
    let (username, password) = (format!("flowproof-{}", chance::token()), Secret::chosen("password of nobody", chance::token()));
    let outing = Outing::verification(&start, Some(&code), Decision::Approve);
    let mut jar = scene.take_browser(&chance::token());
    scene.sighting = Some(scene.send_anybody_out(&username, &password, &mut jar, outing).await);
    scene.deed = Some(Deed::Poll);
    Ok(())
}

async fn was_asked_to_log_in(scene: &mut Scene) -> Step {
    let expected = "a page that asks who the user is";
    let sighting = scene.sighting()?;
    if sighting.asked_login() {
        return Ok(());
    }
    match &sighting.end {
        End::Refused { .. } => Ok(()),
        End::Finished => Err(seen(Kind::Accepted, sighting, expected).into()),
        End::Stuck { why } => Err(Halt::blocked(format!("the verification page cannot be operated: {why}"))),
        End::Redirected { .. } | End::Outside { .. } => Err(seen(Kind::Malformed, sighting, expected).into()),
        End::Crashed { .. } | End::Failed(_) => Err(seen(Kind::Crashed, sighting, expected).into()),
    }
}

/// Types the code in another spelling, which reports tell from the code itself by this name.
async fn types(scene: &mut Scene, name: &str, spell: fn(&str) -> String) -> Step {
    let device = scene.device()?;
    let code = Secret::beside(name, spell(device.user_code.expose()), &device.device_code);
    let start = device.verification_uri.clone();
    walk(scene, &start, Some(&code), Stop::Decision).await
}

/// Shows that the driver can operate the page: then a code that is not accepted is the provider's doing.
async fn is_accepted_as_shown(scene: &mut Scene) -> Step {
    // Who denies never approves: providers remember a consent, and then ask no more.
    if scene.user == "carol" {
        scene.user = "alice";
    }
    scene.obtain_device_code().await?;
    scene.settle_device(Decision::Approve).await?;
    scene.grants.pop();
    Ok(())
}

async fn was_accepted(scene: &mut Scene) -> Step {
    let expected = "the code accepted, and a page where the user decides";
    let sighting = scene.sighting()?;
    match &sighting.end {
        End::Finished => Ok(()),
        End::Stuck { .. } | End::Refused { .. } | End::Redirected { .. } | End::Outside { .. } => {
            Err(seen(Kind::Refused, sighting, expected).into())
        }
        End::Crashed { .. } | End::Failed(_) => Err(seen(Kind::Crashed, sighting, expected).into()),
    }
}

/// As text, or in a field that the user sees; dashes and case aside.
fn shows(hop: &Hop, code: &str) -> bool {
    let page = hop.page();
    letters(page.text()).contains(code)
        || page
            .forms()
            .iter()
            .filter(|form| form.shown)
            .flat_map(|form| &form.fields)
            .any(|field| field.shown && letters(&field.value).contains(code))
}

async fn shows_code(scene: &mut Scene) -> Step {
    let expected = "a page before the decision that shows the user code";
    let code = letters(scene.device()?.user_code.expose());
    let sighting = scene.sighting()?;
    // A page that goes on by itself shows nothing to anyone.
    if sighting.pages().filter(|hop| hop.role != Role::RelayPage).any(|hop| shows(hop, &code)) {
        return Ok(());
    }
    Err(Fault { got: "no page with the user code".to_owned(), ..seen(Kind::Malformed, sighting, expected) }.into())
}

async fn forbids_framing(scene: &mut Scene) -> Step {
    let expected = "X-Frame-Options DENY or SAMEORIGIN, or Content-Security-Policy with frame-ancestors, on each such page";
    let sighting = scene.sighting()?;
    let pages = || sighting.pages().filter(|hop| matches!(hop.role, Role::UserCodePage | Role::ConsentPage));
    if pages().next().is_none() {
        return Err(Halt::blocked("no page for the code or the decision was seen"));
    }
    let framed = |hop: &Hop| Some(format!("{} with {}", hop.page().name(), lets_itself_be_framed(&hop.response)?));
    match pages().find_map(framed) {
        None => Ok(()),
        Some(got) => Err(Fault { got, ..seen(Kind::Malformed, sighting, expected) }.into()),
    }
}
