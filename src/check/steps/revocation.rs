//! Judges and controls of revocation (RFC 7009), beside the effect itself, which `effects` proves.

use super::super::flow::Ask;
use super::super::halt::{Fault, Halt, Judgement, Step};
use super::super::judge;
use super::super::phrase::{Args, Phrase, Token};
use super::super::scene::{Deed, Scene, Witness};
use super::effects;
use crate::protocol::Endpoint;
use crate::provider::Need;
use crate::verdict::Kind;

/// The sentences.
pub static PHRASES: &[Phrase] = &[
    Phrase::given(
        "{client} with tokens of two users, of whom the second approved it twice and another client once",
        &[Need::UserLogin, Need::SecondUser, Need::SecondClient, Need::Witness],
        |s, a| Box::pin(with_neighbours(s, a)),
    ),
    Phrase::witness("a witness sees the access token of each grant alive", &[Need::Witness], |s, _| Box::pin(sees_all_alive(s))),
    Phrase::judge("nothing but the grant of that token is over", &[], |s, _| Box::pin(is_limited(s))),
    Phrase::judge("the access token is dead, or the endpoint says that it revokes no tokens of that type", &[], |s, _| {
        Box::pin(is_dead_or_of_unsupported_type(s))
    }),
    Phrase::judge("the access token is dead, or the endpoint says that it cannot revoke it", &[], |s, _| {
        Box::pin(is_dead_or_cannot(s))
    }),
    Phrase::control("on another grant, a plain revocation of {token} takes effect", &[Need::Revocation], |s, a| {
        Box::pin(takes_effect(s, a))
    }),
];

/// `unsupported_token_type` is an open *no* (RFC 7009 section 2.2.1): weaker than what should be, but no pretence.
async fn is_dead_or_cannot(scene: &mut Scene) -> Step {
    let cannot = judge::refuses(scene.heard()?, &[], &["unsupported_token_type".to_owned()]);
    if let Judgement::Tolerated(fault) = cannot {
        return scene.judge(Judgement::Tolerated(Fault {
            kind: Kind::Refused,
            expected: "the access token revoked".to_owned(),
            ..fault
        }));
    }
    judge::succeeds(scene.heard()?, "status 200").map_err(Halt::from)?;
    effects::access_token_is(scene, Token::Access, false).await
}

/// `unsupported_token_type` and nothing else says that it cannot be done (RFC 7009 section 2.2.1).
async fn is_dead_or_of_unsupported_type(scene: &mut Scene) -> Step {
    let heard = scene.heard()?;
    if heard.outcome.as_ref().is_ok_and(|response| (200..300).contains(&response.status)) {
        return effects::access_token_is(scene, Token::Access, false).await;
    }
    let judgement = judge::refuses(heard, &["unsupported_token_type".to_owned()], &[]);
    scene.judge(judgement)
}

/// The grants of [`with_neighbours`]: whose they are beside the one that is revoked, which is the last.
const NEIGHBOURS: [(&str, Neighbour); 3] =
    [("alice", Neighbour::OtherUser), ("bob", Neighbour::OtherClient), ("bob", Neighbour::SameUserAndClient)];

/// What a grant has to do with the one that is revoked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Neighbour {
    /// The client is the same.
    OtherUser,
    /// The user is the same.
    OtherClient,
    /// Both are.
    SameUserAndClient,
}

async fn with_neighbours(scene: &mut Scene, args: &Args) -> Step {
    scene.protagonist = args.client(0).key;
    let revoked = std::iter::once(("bob", Neighbour::SameUserAndClient));
    for (user, neighbour) in NEIGHBOURS.into_iter().chain(revoked) {
        scene.user = user;
        scene.actor = if neighbour == Neighbour::OtherClient { "other" } else { scene.protagonist };
        scene.obtain_tokens(Ask::WithChallenge).await?;
    }
    Ok(())
}

/// Keeps the witnesses who see every one of them.
async fn sees_all_alive(scene: &mut Scene) -> Step {
    let mut of_all: Option<Vec<Witness>> = None;
    for _ in 0..scene.grants.len() {
        scene.grants.rotate_left(1);
        effects::find_witnesses(scene, Token::Access).await?;
        let known = of_all.get_or_insert_with(|| scene.witnesses.clone());
        known.retain(|witness| scene.witnesses.contains(witness));
    }
    scene.witnesses = of_all.unwrap_or_default();
    if scene.witnesses.is_empty() { Err(Halt::blocked("no witness sees the tokens of all grants")) } else { Ok(()) }
}

/// A server may take one user's grants to one client for a single one: tolerated.
async fn is_limited(scene: &mut Scene) -> Step {
    let last = scene.grants.len().checked_sub(1).ok_or_else(|| Halt::blocked("nothing was granted"))?;
    for (at, (_, neighbour)) in NEIGHBOURS.into_iter().enumerate() {
        scene.grants.swap(at, last);
        let outcome = effects::access_token_is(scene, Token::Access, true).await;
        scene.grants.swap(at, last);
        let Err(Halt::Fault(fault)) = outcome else {
            outcome?;
            continue;
        };
        let got = match neighbour {
            Neighbour::OtherUser => "the access token of another user is dead",
            Neighbour::OtherClient => "the access token of another client is dead",
            Neighbour::SameUserAndClient => "the access token of the same user's other grant is dead",
        };
        let fault = Fault { expected: "the tokens of every other grant alive".to_owned(), got: got.to_owned(), ..fault };
        scene.judge(match neighbour {
            Neighbour::OtherUser | Neighbour::OtherClient => Judgement::Broken(fault),
            Neighbour::SameUserAndClient => Judgement::Tolerated(fault),
        })?;
    }
    Ok(())
}

/// Shows, on a grant of its own, that the provider revokes such tokens at all: whoever does not is another check's finding.
async fn takes_effect(scene: &mut Scene, args: &Args) -> Step {
    let token = args.token(0);
    let (grants, witnesses) = (scene.grants.len(), scene.witnesses.clone());
    scene.obtain_tokens(super::super::flow::Ask::WithChallenge).await?;
    let alive = matches!(token, Token::Access | Token::FirstAccess);
    if alive {
        effects::find_witnesses(scene, token).await?;
    }
    let request = scene.actor()?.revocation(&scene.endpoint(Endpoint::Revocation)?, &scene.token(token)?);
    scene.act(Deed::Revoke(token), request, None).await?;
    judge::succeeds(scene.heard()?, "status 200").map_err(Halt::from)?;
    effects::is_dead_now(scene, token).await?;
    scene.grants.truncate(grants);
    scene.witnesses = witnesses;
    Ok(())
}
