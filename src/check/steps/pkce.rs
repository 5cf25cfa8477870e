//! Sentences about requests whose challenge is unlike the last one's, and the judge of a refusal for want of a challenge.

use super::super::chance;
use super::super::flow::Ask;
use super::super::halt::{Halt, Step};
use super::super::judge;
use super::super::phrase::{Args, Phrase};
use super::super::scene::Scene;
use crate::login::End;
use crate::protocol::Pkce;
use crate::provider::Need;

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
    Phrase::judge("the refusal, if it is one, is a redirect with {errors}", &[], |s, a| Box::pin(refusal_is(s, a))),
];

async fn approved_another(scene: &mut Scene, ask: Ask) -> Step {
    scene.obtain_code(ask).await
}

async fn approved_with_length(scene: &mut Scene, args: &Args) -> Step {
    let length = usize::try_from(args.number(0)).unwrap_or(usize::MAX);
    let verifier: String = std::iter::repeat_with(chance::token).take(length / 22 + 1).collect();
    let pkce = Pkce::from_verifier(&verifier[..length]);
    let (request, mut grant) = scene.authorization_request(Ask::WithoutChallenge)?;
    let request = request.challenge(&pkce);
    grant.pkce = Some(pkce);
    scene.obtain_code_by(request, grant).await
}

/// A provider that does not insist grants the request, and says nothing that could be wrong.
async fn refusal_is(scene: &mut Scene, args: &Args) -> Step {
    let sighting = scene.sighting()?;
    if matches!(&sighting.end, End::Redirected { params, .. } if params.code().is_some()) {
        return Err(Halt::NotApplicable("the provider does not insist on PKCE for this client".to_owned()));
    }
    let judgement = judge::tells_client(sighting, args.errors(0), &[])?;
    scene.judge(judgement)
}
