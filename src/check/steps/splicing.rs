//! Codes that consist of parts: whether the part of one works in another.

use super::super::chance;
use super::super::flow::Ask;
use super::super::halt::{Fault, Halt, Judgement, Step};
use super::super::judge;
use super::super::phrase::{Args, Phrase};
use super::super::scene::{Deed, Grant, Scene};
use crate::login::Decision;
use crate::protocol::{OAuthError, Secret};
use crate::provider::Need;

/// The sentences.
pub static PHRASES: &[Phrase] = &[
    Phrase::act(
        "its codes and those of {client}, from one browser, exchange their parts",
        &[Need::UserLogin, Need::StructuredCode],
        |s, a| Box::pin(exchange_parts(s, a)),
    ),
    Phrase::judge("no mixture is redeemed", &[], |s, _| Box::pin(no_mixture_redeemed(s))),
];

/// Each part goes from one code into the other, and the mixture to the client that the part came from; every attempt with two fresh codes.
async fn exchange_parts(scene: &mut Scene, args: &Args) -> Step {
    let (own, other) = (scene.protagonist, args.client(0).key);
    let browser = chance::token();
    let mut part = 0;
    loop {
        for (whole, giver) in [(own, other), (other, own)] {
            let grants = [code_of(scene, whole, &browser).await?, code_of(scene, giver, &browser).await?];
            let [Some(code), Some(foreign)] = grants.each_ref().map(|grant| grant.code.as_ref().map(Secret::expose)) else {
                return Err(Halt::blocked("no code came"));
            };
            let Some((separator, parts)) = shared_parts(code, foreign) else {
                return Err(Halt::NotApplicable("its codes have no parts".to_owned()));
            };
            if part >= parts {
                scene.actor = own;
                scene.deed = Some(Deed::Redeem);
                return Ok(());
            }
            let mixture = spliced(code, foreign, separator, part);
            if mixture == code || mixture == foreign {
                continue;
            }
            let grant = Grant { code: Some(Secret::new("spliced code", mixture)), ..grants[0].clone() };
            scene.grants.push(grant);
            scene.actor = giver;
            let request = scene.redemption()?;
            scene.grants.pop();
            let heard = scene.hear(request).await;
            let redeemed = judge::yields_tokens(&heard).is_ok();
            scene.chorus.push(heard);
            if redeemed {
                // The exchange that shows it is to be the last one.
                return Ok(());
            }
        }
        part += 1;
    }
}

async fn code_of(scene: &mut Scene, role: &'static str, browser: &str) -> Result<Grant, Halt> {
    scene.actor = role;
    let (request, grant) = scene.authorization_request(Ask::WithChallenge)?;
    let before = scene.grants.len();
    scene.send_user(request, grant, Decision::Approve, browser).await?;
    if scene.grants.len() == before {
        return Err(Halt::blocked(format!("no code came: {}", scene.sighting()?.describe())));
    }
    scene.grant().cloned()
}

/// What separates the parts of both codes, and how many there are. A lone dash may be a letter of the alphabet like any other.
fn shared_parts(left: &str, right: &str) -> Option<(char, usize)> {
    let parts = |separator| {
        let (left, right) = (left.split(separator).count(), right.split(separator).count());
        (left == right).then_some((separator, left))
    };
    let by_dashes = || {
        let lengths = |code: &str| code.split('-').map(str::len).collect::<Vec<_>>();
        parts('-').filter(|(_, count)| *count > 2 && lengths(left) == lengths(right))
    };
    ['.', ':'].into_iter().filter_map(parts).find(|(_, count)| *count > 1).or_else(by_dashes)
}

/// The code with one part of the foreign one in place of its own.
fn spliced(code: &str, foreign: &str, separator: char, part: usize) -> String {
    let both = code.split(separator).zip(foreign.split(separator)).enumerate();
    let parts: Vec<&str> = both.map(|(at, (own, foreign))| if at == part { foreign } else { own }).collect();
    parts.join(&separator.to_string())
}

async fn no_mixture_redeemed(scene: &mut Scene) -> Step {
    let expected = "every mixture of two codes refused with error \"invalid_grant\"";
    let accepted = ["invalid_grant".to_owned()];
    if scene.chorus.is_empty() {
        return Err(Halt::NotApplicable("no exchange of parts makes another code".to_owned()));
    }
    let mut judgement = Judgement::Holds;
    for heard in &scene.chorus {
        let refused = heard.outcome.as_ref().is_ok_and(|response| OAuthError::read(response).is_ok());
        match judge::refuses(heard, &accepted, &[]) {
            Judgement::Holds => {}
            Judgement::Broken(fault) | Judgement::Tolerated(fault) if refused => {
                judgement = Judgement::Tolerated(Fault { expected: expected.to_owned(), ..fault });
            }
            Judgement::Broken(fault) | Judgement::Tolerated(fault) => {
                return Err(Fault { expected: expected.to_owned(), ..fault }.into());
            }
        }
    }
    scene.judge(judgement)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_told_from_letters() {
        assert_eq!(shared_parts("a.b.c", "d.e.f"), Some(('.', 3)));
        assert_eq!(shared_parts("a-b.c", "d-e.f"), Some(('.', 2)));
        assert_eq!(shared_parts("ab-cd-ef", "gh-ij-kl"), Some(('-', 3)));
        for (left, right) in [("abc", "def"), ("ab-cdef", "gh-ijkl"), ("a-bc-d", "ab-c-d"), ("a.b", "a.b.c")] {
            assert_eq!(shared_parts(left, right), None, "{left} {right}");
        }
    }

    #[test]
    fn one_part_is_exchanged_and_the_others_stay() {
        assert_eq!(spliced("a.b.c", "d.e.f", '.', 1), "a.e.c");
    }
}
