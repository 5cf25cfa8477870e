//! Judges and controls of revocation (RFC 7009), beside the effect itself, which `effects` proves.

use super::super::halt::{Fault, Halt, Judgement, Step};
use super::super::judge;
use super::super::phrase::{Args, Phrase, Token};
use super::super::scene::{Deed, Scene};
use super::effects;
use crate::protocol::{Endpoint, request};
use crate::provider::Need;
use crate::verdict::Kind;

/// The sentences.
pub static PHRASES: &[Phrase] = &[
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

/// Shows, on a grant of its own, that the provider revokes such tokens at all: whoever does not is another check's finding.
async fn takes_effect(scene: &mut Scene, args: &Args) -> Step {
    let token = args.token(0);
    let (grants, witnesses) = (scene.grants.len(), scene.witnesses.clone());
    scene.obtain_tokens(super::super::flow::Ask::WithChallenge).await?;
    let alive = matches!(token, Token::Access | Token::FirstAccess);
    if alive {
        effects::find_witnesses(scene, token).await?;
    }
    let request = request::revoke(&scene.endpoint(Endpoint::Revocation)?, &scene.token(token)?);
    let request = request.authenticate(&scene.actor()?.auth());
    scene.act(Deed::Revoke(token), request, None).await?;
    judge::succeeds(scene.heard()?, "status 200").map_err(Halt::from)?;
    effects::is_dead_now(scene, token).await?;
    scene.grants.truncate(grants);
    scene.witnesses = witnesses;
    Ok(())
}
