//! Whether a code can be guessed: how many bits a series of them shows, and what becomes of a client that tries.

use std::collections::BTreeSet;
use std::time::Duration;

use super::super::chance;
use super::super::flow::Ask;
use super::super::halt::{Fault, Halt, Judgement, Step};
use super::super::judge;
use super::super::phrase::{Args, Phrase};
use super::super::scene::{Deed, Heard, Scene};
use crate::login::Decision;
use crate::protocol::{Endpoint, Response, Secret};
use crate::provider::Need;
use crate::verdict::Kind;
use crate::wire::{Tape, limits_rate};

/// The sentences.
pub static PHRASES: &[Phrase] = &[
    Phrase::act("the user approves {number} requests in one browser", &[Need::UserLogin, Need::ManyRequests], |s, a| {
        Box::pin(approves_many(s, a))
    })
    .intrusive(),
    Phrase::act("the client tries {number} codes that no one issued", &[Need::ManyRequests], |s, a| Box::pin(tries_many(s, a)))
        .intrusive(),
    Phrase::act("the client gets tokens for {number} requests in one browser", &[Need::UserLogin, Need::ManyRequests], |s, a| {
        Box::pin(redeems_many(s, a))
    })
    .intrusive(),
    Phrase::act("the client asks for a token of its own with {number} wrong secrets", &[Need::ManyRequests], |s, a| {
        Box::pin(guesses_secret(s, a))
    })
    .intrusive(),
    Phrase::judge("no refresh token can be guessed from the others", &[Need::RefreshToken], |s, _| {
        Box::pin(no_refresh_token_can_be_guessed(s))
    }),
    Phrase::judge("the client is slowed down or stopped, tolerating that it is not", &[], |s, _| {
        Box::pin(is_slowed_down_perhaps(s))
    }),
    Phrase::judge("no code can be guessed from the others", &[], |s, _| Box::pin(cannot_be_guessed(s))),
    Phrase::judge("the client is slowed down or stopped", &[], |s, _| Box::pin(is_slowed_down(s))),
];

fn times(args: &Args) -> usize {
    usize::try_from(args.number(0)).unwrap_or(usize::MAX).min(200)
}

/// A code more, from the same browser.
async fn approves(scene: &mut Scene, browser: &str) -> Step {
    let (request, grant) = scene.authorization_request(Ask::WithChallenge)?;
    let before = scene.grants.len();
    scene.send_user(request, grant, Decision::Approve, browser).await?;
    if scene.grants.len() == before {
        return Err(Halt::blocked(format!("no code came: {}", scene.sighting()?.describe())));
    }
    Ok(())
}

async fn approves_many(scene: &mut Scene, args: &Args) -> Step {
    let browser = chance::token();
    for _ in 0..times(args) {
        approves(scene, &browser).await?;
    }
    Ok(())
}

/// One after the other, as somebody does who waits for the answer; only the last one is worth showing.
async fn tries_many(scene: &mut Scene, args: &Args) -> Step {
    let redemption = scene.redemption()?;
    let (all, quiet, wire) = (times(args), Tape::default(), scene.wire.provoking());
    scene.chorus.clear();
    for number in 1..=all {
        let request = redemption.clone().set("code", Secret::new("made up code", chance::token() + &chance::token()));
        let tape = if number == all { &scene.tape } else { &quiet };
        let outcome = wire.send(tape, &request).await;
        scene.chorus.push(Heard { request, outcome });
    }
    scene.deed = Some(Deed::Redeem);
    Ok(())
}

async fn redeems_many(scene: &mut Scene, args: &Args) -> Step {
    let browser = chance::token();
    for _ in 0..times(args) {
        approves(scene, &browser).await?;
        let request = scene.redemption()?;
        scene.act(Deed::Redeem, request, None).await?;
        scene.expect_tokens()?;
    }
    Ok(())
}

async fn guesses_secret(scene: &mut Scene, args: &Args) -> Step {
    let (all, quiet, wire) = (times(args), Tape::default(), scene.wire.provoking());
    scene.chorus.clear();
    for number in 1..=all {
        let request = scene.reauthenticate(scene.own_credentials()?, |_| format!("wrong-{}", chance::token()))?;
        let tape = if number == all { &scene.tape } else { &quiet };
        let outcome = wire.send(tape, &request).await;
        scene.chorus.push(Heard { request, outcome });
    }
    scene.deed = Some(Deed::ClientCredentials);
    Ok(())
}

async fn no_refresh_token_can_be_guessed(scene: &mut Scene) -> Step {
    let tokens = scene.grants.iter().filter_map(|grant| grant.tokens.as_ref()?.refresh_token.as_ref());
    let tokens: Vec<String> = tokens.map(|token| token.expose().to_owned()).collect();
    if tokens.len() < 2 {
        return Err(Halt::NotApplicable("no refresh tokens came".to_owned()));
    }
    let judgement = strength("refresh tokens", &tokens.iter().map(String::as_str).collect::<Vec<_>>(), Endpoint::Token);
    scene.judge(judgement)
}

/// What is against guessing may stand before the provider, where flowproof does not see it.
async fn is_slowed_down_perhaps(scene: &mut Scene) -> Step {
    let got_in = scene.chorus.iter().any(|heard| judge::yields_tokens(heard).is_ok());
    match is_slowed_down(scene).await {
        Err(Halt::Fault(fault)) if !got_in => scene.judge(Judgement::Tolerated(fault)),
        other => other,
    }
}

/// Guessing has to fail but once in 2^128 (RFC 6749 section 10.10). A UUID has six bits less, which is tolerated.
async fn cannot_be_guessed(scene: &mut Scene) -> Step {
    let codes: Vec<&str> = scene.grants.iter().filter_map(|grant| grant.code.as_ref().map(Secret::expose)).collect();
    let judgement = strength("codes", &codes, Endpoint::Authorization);
    scene.judge(judgement)
}

fn strength(what: &str, secrets: &[&str], endpoint: Endpoint) -> Judgement {
    let (least, tolerated) = (128.0, 120.0);
    let told = |got: String| Fault {
        kind: Kind::Leaked,
        expected: format!("{what} of 128 random bits or more, each another one"),
        answer: format!("{what} that can be guessed"),
        got,
        endpoint,
    };
    let distinct: BTreeSet<&str> = secrets.iter().copied().collect();
    if distinct.len() < secrets.len() {
        return Judgement::Broken(told(format!("{} {what} of which {} are different", secrets.len(), distinct.len())));
    }
    let bits = bits(secrets);
    let fault = told(format!("{} {what} that differ in {bits:.0} bits at most", secrets.len()));
    match bits {
        bits if bits >= least => Judgement::Holds,
        bits if bits >= tolerated => Judgement::Tolerated(fault),
        _ => Judgement::Broken(fault),
    }
}

/// How many bits these texts show at most: the places where they differ, times the bits of a character of their alphabet.
///
/// A place counts that takes four values or more; of 24 random characters, even decimal ones, fewer are all but impossible.
fn bits(texts: &[&str]) -> f64 {
    let shortest = texts.iter().map(|text| text.len()).min().unwrap_or_default();
    let column = |at: usize| -> BTreeSet<u8> { texts.iter().map(|text| text.as_bytes()[at]).collect() };
    let differing: Vec<BTreeSet<u8>> = (0..shortest).map(column).filter(|values| values.len() >= 4).collect();
    let alphabet: BTreeSet<u8> = differing.iter().flatten().copied().collect();
    let all = |fits: fn(&u8) -> bool| alphabet.iter().all(fits);
    let bits: f64 = if all(u8::is_ascii_digit) {
        10_f64.log2()
    } else if all(u8::is_ascii_hexdigit) && !(alphabet.contains(&b'a') && alphabet.contains(&b'A')) {
        4.0
    } else if all(|c| c.is_ascii_lowercase() || c.is_ascii_digit()) || all(|c| c.is_ascii_uppercase() || c.is_ascii_digit()) {
        5.0
    } else {
        6.0
    };
    f64::from(u32::try_from(differing.len()).unwrap_or(u32::MAX)) * bits
}

/// Whether each of the last answers took much longer than any of the first ones, which is a limit as well. What a busy machine does
/// to some of them is none.
fn are_delayed(answers: &[Duration]) -> bool {
    const FEW: usize = 10;
    const SLOW: Duration = Duration::from_millis(300);
    if answers.len() < 2 * FEW {
        return false;
    }
    let slowest_first = answers.iter().take(FEW).max();
    let fastest_last = answers.iter().rev().take(FEW).min();
    matches!((slowest_first, fastest_last), (Some(&first), Some(&last)) if last >= SLOW && last >= 4 * first)
}

async fn is_slowed_down(scene: &mut Scene) -> Step {
    let expected = "status 429, or answers that take longer and longer";
    let answers: Vec<&Response> = scene.chorus.iter().filter_map(|heard| heard.outcome.as_ref().ok()).collect();
    if let Some(heard) = scene.chorus.iter().find(|heard| judge::yields_tokens(heard).is_ok()) {
        return Err(match &heard.outcome {
            Ok(response) => Fault::plain(Kind::Accepted, Endpoint::Token, response, "a refusal of every guess").into(),
            Err(failure) => Halt::blocked(failure.to_string()),
        });
    }
    let stopped = |response: &&&Response| response.status == 429 || limits_rate(response);
    let last = *answers.last().ok_or_else(|| Halt::blocked("no request was answered"))?;
    let took: Vec<Duration> = answers.iter().map(|response| response.elapsed).collect();
    if are_delayed(&took) || answers.iter().find(stopped).is_some() {
        return Ok(());
    }
    let got = format!("{} answers, the last one with status {}", answers.len(), last.status);
    let kind = if last.status >= 500 { Kind::Crashed } else { Kind::Accepted };
    Err(Fault::of(kind, Endpoint::Token, last, expected, got).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bits_of(texts: &[String]) -> f64 {
        bits(&texts.iter().map(String::as_str).collect::<Vec<_>>())
    }

    #[test]
    fn random_codes_of_16_octets_or_more_have_bits_enough() {
        let url_safe: Vec<String> = (0..24).map(|_| chance::token()).collect();
        assert!(bits_of(&url_safe) >= 126.0, "{}", bits_of(&url_safe));
        let hex = |octets: [u8; 16]| octets.iter().map(|octet| format!("{octet:02x}")).collect::<String>();
        let hex: Vec<String> = (0..24).map(|_| hex(chance::octets())).collect();
        assert!((bits_of(&hex) - 128.0).abs() < 0.5, "{}", bits_of(&hex));
    }

    #[test]
    fn counters_and_short_numbers_do_not() {
        let counter: Vec<String> = (0..24).map(|number| format!("code-for-the-web-client-{:020}", 1_000 + number)).collect();
        assert!(bits_of(&counter) < 8.0);
        let digits: Vec<String> = (0..24_u64).map(|number| format!("{:06}", (number * 7_919 + 104_729) % 1_000_000)).collect();
        assert!(bits_of(&digits) < 24.0);
    }
    fn delayed(millis: impl Iterator<Item = u64>) -> bool {
        are_delayed(&millis.map(Duration::from_millis).collect::<Vec<_>>())
    }

    #[test]
    fn a_client_is_slowed_down_when_each_answer_is_delayed_in_the_end() {
        assert!(delayed((0..110).map(|n| if n < 20 { 5 } else { 1000 })));
        assert!(delayed((0..110).map(|n| 5 + 10 * n)), "more with every attempt");
        assert!(!delayed((0..110).map(|_| 5)));
        assert!(!delayed((0..19).map(|n| 100 * n)), "too few to tell");
    }

    #[test]
    fn a_busy_machine_slows_nobody_down() {
        assert!(!delayed((0..110).map(|n| if n > 100 && n % 2 == 0 { 2500 } else { 5 })), "some of the last answers are quick");
        assert!(!delayed((0..110).map(|n| if n == 3 { 900 } else { 5 + 10 * n })), "so is what was slow before");
    }
}
