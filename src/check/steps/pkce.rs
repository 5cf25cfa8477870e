//! Sentences about requests whose challenge is unlike the last one's, and the judges of what comes of a challenge that is not as it should be.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::super::chance;
use super::super::flow::Ask;
use super::super::halt::{Fault, Halt, Judgement, Step};
use super::super::judge;
use super::super::phrase::{Args, Phrase};
use super::super::scene::{Deed, Grant, Scene};
use crate::login::End;
use crate::protocol::{Endpoint, Params, Pkce, Secret};
use crate::provider::Need;
use crate::verdict::Kind;

/// The sentences.
pub static PHRASES: &[Phrase] = &[
    Phrase::given("its user approved another request with an S256 challenge", &[Need::UserLogin], |s, _| {
        Box::pin(approved_another(s, Ask::WithChallenge))
    }),
    Phrase::given("its user approved another request without a challenge", &[Need::UserLogin], |s, _| {
        Box::pin(approved_another(s, Ask::WithoutChallenge))
    }),
    Phrase::given(
        "its user approved another request with the challenge of a code_verifier of {number} characters",
        &[Need::UserLogin],
        |s, a| Box::pin(approved_with_length(s, a)),
    ),
    Phrase::given(
        "its user approved another request with the challenge of a code_verifier of {number} characters, all marks among them",
        &[Need::UserLogin],
        |s, a| Box::pin(approved_with_marks(s, a)),
    ),
    Phrase::given(
        "its user approved another request with the challenge of a code_verifier that has {string} in it",
        &[Need::UserLogin],
        |s, a| Box::pin(approved_with_text(s, a)),
    ),
    Phrase::given(
        "its user approved another request whose challenge has dashes and underscores in it",
        &[Need::UserLogin],
        |s, _| Box::pin(approved_with_url_safe_letters(s)),
    ),
    Phrase::judge("the refusal, if it is one, is a redirect with {errors}", &[], |s, a| Box::pin(refusal_is(s, a))),
    Phrase::judge("the client is told {errors}, tolerating a code", &[], |s, a| Box::pin(is_told_or_gets_code(s, a))),
    Phrase::judge("the client is told {errors}, or its code is not redeemed", &[], |s, a| {
        Box::pin(is_told_or_gets_nothing(s, a, Without::Fault))
    }),
    Phrase::judge("the client is told {errors}, tolerating a code that is not redeemed[ {alteration}]", &[], |s, a| {
        Box::pin(is_told_or_gets_nothing(s, a, Without::Warning))
    }),
    Phrase::judge("the client is told {errors}, or the challenge itself redeems its code, and nothing else", &[], |s, a| {
        Box::pin(is_told_or_is_plain(s, a))
    }),
    Phrase::judge("the response does not give the challenge away", &[], |s, _| Box::pin(keeps_challenge(s))),
];

async fn approved_another(scene: &mut Scene, ask: Ask) -> Step {
    scene.obtain_code(ask).await
}

async fn approved_by(scene: &mut Scene, pkce: Pkce) -> Step {
    let (request, mut grant) = scene.authorization_request(Ask::WithoutChallenge)?;
    let request = request.challenge(&pkce);
    grant.pkce = Some(pkce);
    scene.obtain_code_by(request, grant).await
}

/// A verifier of this length, which begins as told; its challenge reads the same in every alphabet.
fn of_length(length: u64, beginning: &str) -> Pkce {
    let length = usize::try_from(length).unwrap_or(usize::MAX).min(1_000);
    let make = || -> String {
        let rest: String = std::iter::repeat_with(chance::token).take(length / 22 + 1).collect();
        beginning.chars().chain(rest.chars()).take(length).collect()
    };
    // A verifier that is so short that there are but few of it may have no such challenge.
    if length < 8 {
        return Pkce::from_verifier(make());
    }
    chance::pkce_where(make, |challenge| !challenge.contains(['-', '_']))
}

async fn approved_with_length(scene: &mut Scene, args: &Args) -> Step {
    approved_by(scene, of_length(args.number(0), "")).await
}

/// Every mark that a verifier may have (RFC 7636 section 4.1).
async fn approved_with_marks(scene: &mut Scene, args: &Args) -> Step {
    approved_by(scene, of_length(args.number(0), "-._~")).await
}

async fn approved_with_text(scene: &mut Scene, args: &Args) -> Step {
    approved_by(scene, of_length(48, args.text(0))).await
}

/// Two of each, for a server that replaces only the first one.
async fn approved_with_url_safe_letters(scene: &mut Scene) -> Step {
    let pkce = chance::pkce_where(
        || URL_SAFE_NO_PAD.encode(chance::octets::<32>()),
        |challenge| challenge.matches('-').count() > 1 && challenge.matches('_').count() > 1,
    );
    approved_by(scene, pkce).await
}

/// A provider that does not insist grants the request, and says nothing that could be wrong.
async fn refusal_is(scene: &mut Scene, args: &Args) -> Step {
    if got_code(scene)? {
        return Err(Halt::NotApplicable("the provider does not insist on PKCE for this client".to_owned()));
    }
    is_told(scene, args)
}

fn got_code(scene: &Scene) -> Result<bool, Halt> {
    Ok(matches!(&scene.sighting()?.end, End::Redirected { params, .. } if params.code().is_some()))
}

fn is_told(scene: &mut Scene, args: &Args) -> Step {
    let judgement = judge::tells_client(scene.sighting()?, args.errors(0), &[])?;
    scene.judge(judgement)
}

/// The code where an error was due, as a fault.
fn code_came(scene: &Scene, args: &Args) -> Result<Fault, Halt> {
    let expected = format!("a redirect to the client with error {}", judge::any_of(args.errors(0)));
    Ok(judge::seen(Kind::Accepted, scene.sighting()?, &expected))
}

async fn is_told_or_gets_code(scene: &mut Scene, args: &Args) -> Step {
    if got_code(scene)? {
        let judgement = Judgement::Tolerated(code_came(scene, args)?);
        return scene.judge(judgement);
    }
    is_told(scene, args)
}

/// What a code that brings nothing is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Without {
    /// As good as an error.
    Fault,
    /// Safe, and told too late.
    Warning,
}

async fn is_told_or_gets_nothing(scene: &mut Scene, args: &Args, without: Without) -> Step {
    if !got_code(scene)? {
        return is_told(scene, args);
    }
    let came = code_came(scene, args)?;
    let request = scene.redemption()?;
    let alteration = match without {
        Without::Fault => None,
        Without::Warning => args.alteration(1),
    };
    scene.act(Deed::Redeem, request, alteration).await?;
    let judgement = match (no_tokens(scene)?, without) {
        (Judgement::Holds, Without::Fault) => Judgement::Holds,
        (Judgement::Holds, Without::Warning) => Judgement::Tolerated(came),
        (other @ (Judgement::Tolerated(_) | Judgement::Broken(_)), _) => other,
    };
    scene.judge(judgement)
}

fn no_tokens(scene: &Scene) -> Result<Judgement, Halt> {
    Ok(judge::refuses(scene.heard()?, &["invalid_grant".to_owned(), "invalid_request".to_owned()], &[]))
}

/// Three codes, each tried once: by a verifier that has nothing to do with it, by the one whose hash it is, and by itself.
async fn is_told_or_is_plain(scene: &mut Scene, args: &Args) -> Step {
    if !got_code(scene)? {
        return is_told(scene, args);
    }
    let asked = scene.asked.clone().ok_or_else(|| Halt::blocked("no user was asked"))?;
    let pkce = scene.grant()?.pkce.clone().ok_or_else(|| Halt::blocked("the request had no code_challenge"))?;
    redeem_with(scene, &Pkce::from_verifier(chance::token() + &chance::token()).verifier).await?;
    let judgement = no_tokens(scene)?;
    scene.judge(judgement)?;
    let again = Grant { role: scene.actor_key(), pkce: Some(pkce.clone()), ..Grant::default() };
    scene.obtain_code_by(asked.clone(), again.clone()).await?;
    redeem_with(scene, &pkce.verifier).await?;
    // Taken for S256: nobody is harmed, and no client can rely on it.
    let hashed = match no_tokens(scene)? {
        Judgement::Broken(fault) if fault.kind == Kind::Accepted => Judgement::Tolerated(fault),
        other @ (Judgement::Holds | Judgement::Tolerated(_) | Judgement::Broken(_)) => other,
    };
    let as_s256 = matches!(hashed, Judgement::Tolerated(_));
    scene.judge(hashed)?;
    if as_s256 {
        return Ok(());
    }
    scene.obtain_code_by(asked, again).await?;
    redeem_with(scene, &Secret::new("code_verifier", &pkce.challenge)).await?;
    scene.expect_tokens().map(|_| ())
}

async fn redeem_with(scene: &mut Scene, verifier: &Secret) -> Step {
    let request = scene.redemption()?.verifier(verifier);
    scene.act(Deed::Redeem, request, None).await
}

/// Neither as it is nor in base64url, where a code or a JWT would carry it.
async fn keeps_challenge(scene: &mut Scene) -> Step {
    let expected = "a response without the code_challenge";
    let challenge = scene.grant()?.pkce.as_ref().map(|pkce| pkce.challenge.clone());
    let challenge = challenge.ok_or_else(|| Halt::blocked("the request had no code_challenge"))?;
    let location = scene.sighting()?.location().ok_or_else(|| Halt::blocked("no response arrived at the client"))?;
    for (name, value) in Params::of_query(location).0.into_iter().chain(Params::of_fragment(location).0) {
        let decoded = |part: &str| URL_SAFE_NO_PAD.decode(part.trim_end_matches('=')).unwrap_or_default();
        let carries = |octets: &[u8]| String::from_utf8_lossy(octets).contains(&challenge);
        if value.contains(&challenge) || value.split('.').any(|part| carries(&decoded(part))) {
            let got = format!("the code_challenge in {name}");
            let endpoint = Endpoint::Authorization;
            let answer = got.clone();
            return Err(Fault { kind: Kind::Leaked, expected: expected.to_owned(), got, endpoint, answer }.into());
        }
    }
    Ok(())
}
