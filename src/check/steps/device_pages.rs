//! What the pages for a device's code must not do (RFC 8628 sections 3.3 and 5): take a decision from elsewhere, take a code twice, let
//! codes be guessed, or ask without saying who asks.

use std::time::Duration;

use super::super::chance;
use super::super::halt::{Fault, Halt, Step};
use super::super::judge;
use super::super::phrase::{Args, Phrase};
use super::super::scene::{Deed, Scene};
use super::super::user::Outing;
use super::consent::{Forged, Forgery, forge, from_elsewhere, keeps_cookies_home};
use super::verification::{HOME, accepted, logs_in_at_home, seen};
use crate::login::{self, Decision, End, Role, Sighting, Stop};
use crate::protocol::{Request, Secret};
use crate::provider::Need;
use crate::verdict::Kind;
use crate::wire::{Jar, limits_rate};

/// The sentences.
pub static PHRASES: &[Phrase] = &[
    Phrase::act("the user types the code once more and approves", &[Need::UserLogin], |s, _| Box::pin(types_once_more(s))),
    Phrase::act(
        "another site approves the device code in the user's browser, without what it cannot know",
        &[Need::UserLogin, Need::LoginPages],
        |s, _| Box::pin(forges(s, Forgery::WithoutSecrets)),
    ),
    Phrase::act(
        "another site approves the device code in the user's browser, with what it was shown in its own",
        &[Need::UserLogin, Need::LoginPages],
        |s, _| Box::pin(forges(s, Forgery::WithOwnSecrets)),
    ),
    Phrase::act("somebody types {number} wrong codes in one browser", &[Need::UserLogin, Need::ManyRequests], |s, a| {
        Box::pin(guesses(s, a))
    })
    .intrusive(),
    Phrase::judge("the code is turned down", &[], |s, _| Box::pin(is_turned_down(s))),
    Phrase::judge("the guessing was stopped", &[], |s, _| Box::pin(guessing_was_stopped(s))),
    Phrase::judge("a page before the decision names the client and speaks of a device", &[Need::LoginPages], |s, _| {
        Box::pin(names_client(s))
    }),
];

/// A walk of a user of the scene that types this code at the page of the scene's device.
async fn walk(scene: &mut Scene, jar: &mut Jar, user_code: &Secret, stop_at: Stop<'_>) -> Result<Sighting, Halt> {
    let start = scene.device()?.verification_uri.clone();
    let outing = Outing::verification(&start, Some(user_code), Decision::Approve).until(stop_at);
    scene.send_out(scene.user, jar, outing).await
}

async fn types_once_more(scene: &mut Scene) -> Step {
    // Who denies never approves: providers remember a consent, and then ask no more.
    if scene.user == "carol" {
        scene.user = "alice";
    }
    let code = scene.device()?.user_code.clone();
    let mut jar = scene.take_browser(&chance::token());
    let sighting = walk(scene, &mut jar, &code, Stop::Decision).await?;
    scene.sighting = Some(sighting);
    scene.deed = Some(Deed::Poll);
    Ok(())
}

/// The characters of a code in another order: of the right form, and most likely nobody's.
fn shuffled(code: &str) -> String {
    let mut letters: Vec<char> = code.chars().filter(|letter| letter.is_alphanumeric()).collect();
    let before = letters.clone();
    for at in (1..letters.len()).rev() {
        letters.swap(at, usize::from(chance::octets::<1>()[0]) % (at + 1));
    }
    if letters == before {
        letters.rotate_left(1);
    }
    if letters == before
        && let Some(first) = letters.first_mut()
    {
        *first = if *first == '7' { '8' } else { '7' };
    }
    let mut letters = letters.into_iter();
    code.chars().map(|letter| if letter.is_alphanumeric() { letters.next().unwrap_or(letter) } else { letter }).collect()
}

/// A code that is most likely nobody's.
fn wrong(right: &Secret) -> Secret {
    Secret::chosen("made up user_code", shuffled(right.expose()))
}

/// Whether the last page looks the same.
fn ends_alike(one: &Sighting, other: &Sighting) -> bool {
    let looks = |sighting: &Sighting| sighting.last().map(|hop| (hop.status, hop.role.clone(), hop.page().title().to_owned()));
    looks(one) == looks(other)
}

/// The page for the code comes back, or an error; a page that only says something is compared with what a code of nobody's gets.
async fn is_turned_down(scene: &mut Scene) -> Step {
    let expected = "the code turned down like one that nobody has";
    let sighting = scene.sighting()?.clone();
    match &sighting.end {
        End::Refused { .. } => return Ok(()),
        End::Stuck { .. } if sighting.last().is_some_and(|hop| hop.role == Role::UserCodePage) => return Ok(()),
        End::Stuck { why } => {
            return match judge::dead_end(&sighting) {
                None => Ok(()),
                Some(_) => Err(Halt::blocked(format!("the verification page cannot be operated: {why}"))),
            };
        }
        End::Crashed { .. } | End::Failed(_) => return Err(seen(Kind::Crashed, &sighting, expected).into()),
        End::Redirected { .. } | End::Outside { .. } => return Err(seen(Kind::Malformed, &sighting, expected).into()),
        End::Finished => {}
    }
    let asked = sighting.pages().any(|hop| hop.role == Role::ConsentPage);
    if !asked {
        let code = wrong(&scene.device()?.user_code);
        let mut jar = scene.take_browser(&chance::token());
        let nobodys = walk(scene, &mut jar, &code, Stop::Decision).await?;
        if ends_alike(&sighting, &nobodys) {
            return Ok(());
        }
    }
    Err(Fault { got: "the code accepted".to_owned(), ..seen(Kind::Accepted, &sighting, expected) }.into())
}

/// The form that approves, on the page where this walk stopped.
fn approval(sighting: &Sighting) -> Result<Request, Halt> {
    accepted(sighting)?;
    let request = sighting.last().and_then(|hop| hop.page().decide(Decision::Approve));
    request.ok_or_else(|| Halt::blocked("the page that asks for the decision cannot be operated"))
}

async fn forges(scene: &mut Scene, forgery: Forgery) -> Step {
    let code = scene.device()?.user_code.clone();
    let mut strange = scene.take_browser(&chance::token());
    let other = approval(&walk(scene, &mut strange, &code, Stop::Asked(&[])).await?)?;
    logs_in_at_home(scene).await?;
    let mut home = scene.take_browser(HOME);
    let asked = walk(scene, &mut home, &code, Stop::Asked(&[])).await?;
    let form = approval(&asked)?;
    let Some(Forged { request: forged, lacks_nothing }) = forge(&form, &other, forgery) else {
        return Err(Halt::NotApplicable("the page that asks for the decision sends no form".to_owned()));
    };
    if lacks_nothing && keeps_cookies_home(&asked) {
        return Err(Halt::NotApplicable("browsers send the session's cookies with no request of another site".to_owned()));
    }
    let sighting = login::look(&scene.wire, &scene.tape, &mut home, from_elsewhere(forged), &[]).await;
    scene.return_browser(HOME, home);
    scene.sighting = Some(sighting);
    scene.deed = Some(Deed::Poll);
    Ok(())
}

/// How long a page took that was only asked for, and how long the answer to a code that was typed into it.
#[derive(Clone, Copy)]
struct Pace {
    page: Duration,
    answer: Duration,
}

/// Whether the last answers make guessing slow: three in a row that took a second and more, and much longer than the page before
/// each. One alone says nothing, for a busy machine answers slowly now and then, and everything alike.
fn are_slow(paces: &[Pace]) -> bool {
    const SLOW: Duration = Duration::from_secs(1);
    let slow = |pace: &Pace| pace.answer >= SLOW && pace.answer >= 4 * pace.page;
    paces.len() >= 3 && paces.iter().rev().take(3).all(slow)
}

/// The limit is what is looked for, so that nobody is to rest for it.
async fn guesses(scene: &mut Scene, args: &Args) -> Step {
    let heeding = scene.wire.clone();
    scene.wire = heeding.provoking();
    let outcome = types_wrong_codes(scene, args).await;
    scene.wire = heeding;
    outcome
}

/// Types wrong codes, one after the other and each from the first page on, and at last the right one.
async fn types_wrong_codes(scene: &mut Scene, args: &Args) -> Step {
    let mut jar = scene.take_browser(HOME);
    let right = scene.device()?.user_code.clone();
    scene.kept.remove(STOPPED);
    let mut paces = Vec::new();
    for attempt in 1..=args.number(0) {
        let sighting = walk(scene, &mut jar, &wrong(&right), Stop::Asked(&[])).await?;
        if let [page, .., answer] = sighting.hops.as_slice() {
            paces.push(Pace { page: page.response.elapsed, answer: answer.response.elapsed });
        }
        let stopped = match sighting.last() {
            Some(hop) if limits_rate(&hop.response) => Some("an answer that limits the rate"),
            Some(_) if are_slow(&paces) => Some("answers that take their time"),
            Some(_) | None => None,
        };
        match &sighting.end {
            End::Crashed { .. } | End::Failed(_) if stopped.is_none() => {
                return Err(Halt::blocked(format!("a wrong code is not answered: {}", sighting.describe())));
            }
            End::Finished if sighting.pages().any(|hop| hop.role == Role::ConsentPage) => {
                return Err(Halt::blocked("a code that should be nobody's is accepted"));
            }
            End::Redirected { .. } | End::Outside { .. } | End::Finished | End::Refused { .. } => {}
            End::Stuck { .. } | End::Crashed { .. } | End::Failed(_) => {}
        }
        scene.sighting = Some(sighting);
        if let Some(how) = stopped {
            scene.kept.insert(STOPPED, format!("{how} to attempt {attempt}"));
            return Ok(());
        }
    }
    let sighting = walk(scene, &mut jar, &right, Stop::Asked(&[])).await?;
    let limited = sighting.last().is_some_and(|hop| limits_rate(&hop.response));
    if matches!(sighting.end, End::Crashed { .. } | End::Failed(_)) && !limited {
        return Err(Halt::blocked(format!("the right code is not answered: {}", sighting.describe())));
    }
    if !matches!(sighting.end, End::Finished) {
        scene.kept.insert(STOPPED, "the right code is taken no more".to_owned());
    }
    scene.sighting = Some(sighting);
    Ok(())
}

/// Where it is kept how the guessing was stopped.
const STOPPED: &str = "how the guessing was stopped";

async fn guessing_was_stopped(scene: &mut Scene) -> Step {
    let expected = "the rate limited, the answers slow, or the right code taken no more in that browser";
    if scene.kept.contains_key(STOPPED) {
        return Ok(());
    }
    let got = "every wrong code answered at once, and the right one taken after them".to_owned();
    Err(Fault { got, ..seen(Kind::Accepted, scene.sighting()?, expected) }.into())
}

fn words(text: &str) -> String {
    let spaced: String = text.chars().map(|letter| if letter.is_alphanumeric() { letter } else { ' ' }).collect();
    let words: Vec<String> = spaced.split_whitespace().map(str::to_lowercase).collect();
    format!(" {} ", words.join(" "))
}

/// The client goes by its id where the provider knows no other name for it; pages of other languages speak of a device by showing its code.
async fn names_client(scene: &mut Scene) -> Step {
    let client = words(&scene.actor()?.id);
    let code = words(scene.device()?.user_code.expose());
    let sighting = scene.sighting()?;
    let pages: Vec<String> =
        sighting.pages().filter(|hop| hop.role != Role::RelayPage).map(|hop| words(hop.page().text())).collect();
    let named = pages.iter().any(|page| page.contains(&client));
    let of_device = pages.iter().any(|page| page.contains("device") || page.contains(&code));
    let got = match (named, of_device) {
        (true, true) => return Ok(()),
        (false, _) => "no page that names the client",
        (true, false) => "no page that speaks of a device",
    };
    let expected = "the name of the client, and a word about a device, on the way to the decision";
    Err(Fault { got: got.to_owned(), ..seen(Kind::Malformed, sighting, expected) }.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn slow(millis: &[(u64, u64)]) -> bool {
        let pace = |&(page, answer)| Pace { page: Duration::from_millis(page), answer: Duration::from_millis(answer) };
        are_slow(&millis.iter().map(pace).collect::<Vec<_>>())
    }

    #[test]
    fn answers_that_take_longer_and_longer_make_guessing_slow() {
        assert!(slow(&[(20, 30), (20, 400), (20, 1000), (20, 2000), (20, 4000)]));
        assert!(slow(&[(20, 2000), (20, 2000), (20, 2000)]), "so does a delay that is always the same");
    }

    #[test]
    fn a_slow_answer_of_a_busy_machine_does_not() {
        assert!(!slow(&[(20, 30), (20, 30), (20, 30), (20, 2500)]));
        assert!(!slow(&[(20, 2500), (20, 2500), (20, 30)]));
        assert!(!slow(&[(1500, 2500), (1200, 1900), (1800, 1100)]), "where pages are slow, it is not the guessing");
    }
}
