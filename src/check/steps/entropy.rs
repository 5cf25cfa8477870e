//! Whether credentials can be guessed, and whether two grants ever share one (RFC 6749 section 10.10): statistics over a handful.

use std::collections::BTreeSet;

use super::super::flow::Ask;
use super::super::halt::{Fault, Halt, Judgement, Step};
use super::super::phrase::{Args, Phrase};
use super::super::scene::{Deed, Grant, Scene};
use super::tokens::fault;
use crate::login::Decision;
use crate::protocol::{Endpoint, Secret};
use crate::provider::Need;
use crate::verdict::Kind;

/// The sentences.
pub static PHRASES: &[Phrase] = &[
    Phrase::act("the client asks for {number} tokens of its own", &[], |s, a| Box::pin(asks_for_many(s, a))),
    Phrase::act("the user approves {number} requests, and the client redeems each code", &[Need::UserLogin], |s, a| {
        Box::pin(approves_many(s, a))
    })
    .gentle(),
    Phrase::judge("nobody can guess an access token", &[], |s, _| Box::pin(are_strong(s))),
    Phrase::judge("no two grants share a code, a refresh token or an access token", &[], |s, _| Box::pin(share_nothing(s))),
];

async fn asks_for_many(scene: &mut Scene, args: &Args) -> Step {
    for _ in 0..args.number(0) {
        let request = scene.own_credentials()?;
        scene.act(Deed::ClientCredentials, request, None).await?;
        scene.expect_tokens()?;
    }
    Ok(())
}

/// All in one browser, as a user comes back: whether sessions share is the question.
async fn approves_many(scene: &mut Scene, args: &Args) -> Step {
    for _ in 0..args.number(0) {
        let (request, grant) = scene.authorization_request(Ask::WithChallenge)?;
        let before = scene.grants.len();
        scene.send_user(request, grant, Decision::Approve, "the browser of all approvals").await?;
        if scene.grants.len() == before {
            return Err(Halt::blocked(format!("no code came: {}", scene.sighting()?.describe())));
        }
        let redemption = scene.redemption()?;
        scene.act(Deed::Redeem, redemption, None).await?;
        scene.expect_tokens()?;
    }
    Ok(())
}

/// The guess that RFC 6749 section 10.10 allows: one in 2^128.
const BITS: f64 = 128.0;

/// What must differ between any two, as bits: far less than chance leaves, far more than a counter or a clock does.
const APART: f64 = 48.0;

fn size(number: usize) -> f64 {
    u32::try_from(number).map_or(f64::INFINITY, f64::from)
}

/// How these can be guessed, if they can: by repeats, by their length, or from one another.
pub(super) fn weakness(tokens: &[&str]) -> Option<String> {
    let different: BTreeSet<&&str> = tokens.iter().collect();
    if different.len() < tokens.len() {
        return Some(format!("{} of {} were issued before", tokens.len() - different.len(), tokens.len()));
    }
    // What is secret of a JWT is its signature; the rest may be alike in all.
    let secret = |token: &&str| match token.rsplit_once('.') {
        Some((signed, signature)) if signed.contains('.') => signature.to_owned(),
        Some(_) | None => (*token).to_owned(),
    };
    let secrets: Vec<Vec<char>> = tokens.iter().map(|token| secret(token).chars().collect()).collect();
    let secrets = without_constant_ends(&secrets);
    let alphabet: BTreeSet<&char> = secrets.iter().flatten().collect();
    // Where all are alike, as the signatures of nobody are, there is no alphabet.
    let each = size(alphabet.len().max(1)).log2();
    let shortest = secrets.iter().map(Vec::len).min().unwrap_or_default();
    let most = size(shortest) * each;
    if most < BITS {
        return Some(format!("{shortest} characters out of {}: {most:.0} bits at most", alphabet.len()));
    }
    let differing = |one: &[char], other: &[char]| {
        let longer = one.len().max(other.len()) - one.len().min(other.len());
        one.iter().zip(other).filter(|(a, b)| a != b).count() + longer
    };
    let pairs = secrets.iter().enumerate().flat_map(|(at, one)| secrets[at + 1..].iter().map(move |other| (one, other)));
    let nearest = pairs.map(|(one, other)| differing(one, other)).min()?;
    (size(nearest) * each < APART).then(|| format!("two of {} that differ in {nearest} characters", tokens.len()))
}

/// What all begin with and what all end with, such as a prefix that says whose tokens these are, is known to everybody.
fn without_constant_ends(secrets: &[Vec<char>]) -> Vec<Vec<char>> {
    let Some((first, others)) = secrets.split_first() else { return Vec::new() };
    let shortest = secrets.iter().map(Vec::len).min().unwrap_or_default();
    let behind = |secret: &[char], at: usize| secret.len().checked_sub(at + 1).and_then(|place| secret.get(place)).copied();
    let before = (0..shortest).take_while(|at| others.iter().all(|other| other[*at] == first[*at])).count();
    let after =
        (0..shortest - before).take_while(|at| others.iter().all(|other| behind(other, *at) == behind(first, *at))).count();
    secrets.iter().map(|secret| secret[before..secret.len() - after].to_vec()).collect()
}

async fn are_strong(scene: &mut Scene) -> Step {
    let tokens: Vec<&str> = scene.grants.iter().filter_map(|grant| Some(grant.first.as_ref()?.access_token.expose())).collect();
    if tokens.len() < 2 {
        return Err(Halt::blocked("no tokens came that could be compared"));
    }
    match weakness(&tokens) {
        None => Ok(()),
        Some(got) => Err(fault(scene, Kind::Malformed, "access tokens of 128 random bits, none like another", &got)?.into()),
    }
}

/// An access token that comes again while it lives is a design that some providers chose; a code or a refresh token never is.
async fn share_nothing(scene: &mut Scene) -> Step {
    let expected = "a code, a refresh token and an access token of its own for each grant";
    let fresh = |of: fn(&Grant) -> Option<&Secret>| {
        let all: Vec<&str> = scene.grants.iter().filter_map(of).map(Secret::expose).collect();
        all.iter().collect::<BTreeSet<_>>().len() == all.len()
    };
    let codes = fresh(|grant| grant.code.as_ref());
    let refresh_tokens = fresh(|grant| grant.first.as_ref()?.refresh_token.as_ref());
    let access_tokens = fresh(|grant| grant.first.as_ref().map(|tokens| &tokens.access_token));
    if !codes {
        let got = "a code that was issued before".to_owned();
        let endpoint = Endpoint::Authorization;
        return Err(Fault { kind: Kind::Malformed, expected: expected.to_owned(), answer: got.clone(), got, endpoint }.into());
    }
    if !refresh_tokens {
        return Err(fault(scene, Kind::Malformed, expected, "a refresh token that was issued before")?.into());
    }
    let judgement = if access_tokens {
        Judgement::Holds
    } else {
        Judgement::Tolerated(fault(scene, Kind::Malformed, expected, "an access token that was issued before")?)
    };
    scene.judge(judgement)
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;
    use sha2::{Digest as _, Sha256};

    use super::*;

    fn weak(make: impl Fn(u32) -> String) -> bool {
        let tokens: Vec<String> = (0..24).map(make).collect();
        weakness(&tokens.iter().map(String::as_str).collect::<Vec<_>>()).is_some()
    }

    fn random(number: u32) -> Vec<u8> {
        Sha256::digest(number.to_string()).to_vec()
    }

    #[test]
    fn random_tokens_of_any_make_are_strong() {
        assert!(!weak(|number| URL_SAFE_NO_PAD.encode(random(number))));
        assert!(!weak(|number| random(number)[..16].iter().map(|byte| format!("{byte:02x}")).collect()));
        assert!(!weak(|number| format!("prefix_of_all_{}", URL_SAFE_NO_PAD.encode(&random(number)[..16]))));
        assert!(!weak(|number| format!("ory_at_{}.of-this-realm", URL_SAFE_NO_PAD.encode(random(number)))));
        assert!(!weak(|number| format!("e30.e30.{}", URL_SAFE_NO_PAD.encode(random(number)))));
        // A random UUID holds 122 bits, and is told so by nobody.
        assert!(!weak(|number| {
            let hex: String = random(number)[..16].iter().map(|byte| format!("{byte:02x}")).collect();
            format!("{}-{}-4{}-a{}-{}", &hex[..8], &hex[8..12], &hex[13..16], &hex[17..20], &hex[20..])
        }));
    }

    #[test]
    fn repeats_counters_clocks_and_short_ones_are_weak() {
        assert!(weak(|number| URL_SAFE_NO_PAD.encode(random(number / 2))));
        assert!(weak(|number| format!("{:043}", number + 1_000)));
        assert!(weak(|number| format!("{}{}", URL_SAFE_NO_PAD.encode(random(0)), 1_800_000_000 + number)));
        assert!(weak(|number| URL_SAFE_NO_PAD.encode(&random(number)[..8])));
    }

    #[test]
    fn a_signature_that_all_have_in_common_makes_no_token_strong() {
        assert!(weak(|number| format!("e30.{number}.c2ln")));
        assert!(weak(|number| format!("e30.{number}.")));
    }

    #[test]
    fn what_all_begin_or_end_with_makes_a_short_token_no_longer() {
        let short = |number: u32| URL_SAFE_NO_PAD.encode(&random(number)[..8]);
        assert!(weak(|number| format!("a_prefix_that_all_of_them_have_{}", short(number))));
        assert!(weak(|number| format!("{}_of_the_realm_that_all_are_of", short(number))));
        assert!(weak(|number| format!("prefix_of_all_{}_and_of_the_same_realm", short(number))));
    }
}
