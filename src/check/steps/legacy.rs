//! Sentences about the flows that are out of fashion: tokens in the front channel, and the user's password in the client's hands.

use super::super::alteration;
use super::super::halt::{Fault, Halt, Judgement, Step};
use super::super::judge;
use super::super::phrase::Phrase;
use super::super::scene::Scene;
use crate::login::End;
use crate::protocol::{Endpoint, OAuthError, answer};
use crate::provider::Need;
use crate::verdict::Kind;

/// The sentences.
pub static PHRASES: &[Phrase] = &[
    Phrase::judge("the request is refused, and no access token comes by the browser", &[], |s, _| {
        Box::pin(no_front_channel_token(s))
    }),
    Phrase::judge("a wrong password gets the same answer", &[], |s, _| Box::pin(wrong_password_alike(s))).intrusive(),
    Phrase::judge("the metadata offers neither the password grant nor tokens by the browser", &[Need::Metadata], |s, _| {
        Box::pin(offers_nothing_old(s))
    }),
];

async fn no_front_channel_token(scene: &mut Scene) -> Step {
    let sighting = scene.sighting()?;
    let expected = "an error, and no access token in the authorization response";
    let fault = |kind| judge::seen(kind, sighting, expected);
    if let Some(halt) = judge::dead_end(sighting) {
        return Err(halt);
    }
    let judgement = match &sighting.end {
        End::Redirected { params, .. } | End::Outside { params, .. } if params.get("access_token").is_some() => {
            Judgement::Broken(fault(Kind::Accepted))
        }
        End::Redirected { params, .. } if params.get("error").is_some() => match params.get("error") {
            Some("unsupported_response_type" | "unauthorized_client") => Judgement::Holds,
            // Refused for something else, perhaps.
            Some(_) | None => Judgement::Tolerated(fault(Kind::Malformed)),
        },
        End::Redirected { .. } | End::Finished => Judgement::Broken(fault(Kind::Malformed)),
        End::Refused { .. } | End::Stuck { .. } => Judgement::Tolerated(fault(Kind::Malformed)),
        End::Outside { .. } => Judgement::Broken(fault(Kind::Leaked)),
        End::Crashed { .. } | End::Failed(_) => Judgement::Broken(fault(Kind::Crashed)),
    };
    scene.judge(judgement)
}

/// Asks again with a wrong password: a server that answers it differently tells right from wrong.
async fn wrong_password_alike(scene: &mut Scene) -> Step {
    let expected = "the same status and error for a right and for a wrong password";
    let right = answer::describe(scene.response(expected)?);
    let request = scene.heard()?.request.clone();
    let wrong = alteration::bind("with the name of its user and a wrong password")
        .ok_or_else(|| Halt::blocked("no such alteration"))?
        .apply(scene, request)?;
    scene.send(wrong).await;
    let response = scene.response(expected)?;
    let wrong = answer::describe(response);
    if right == wrong {
        return match OAuthError::read(response) {
            Ok(_) if (400..500).contains(&response.status) => Ok(()),
            Ok(_) | Err(_) => {
                let kind = if response.status >= 500 { Kind::Crashed } else { Kind::Accepted };
                Err(Fault::plain(kind, Endpoint::Token, response, "the same refusal for a right and for a wrong password").into())
            }
        };
    }
    let got = format!("{right} for the right one, {wrong} for the wrong one");
    Err(Fault::of(Kind::Leaked, Endpoint::Token, response, expected, got).into())
}

/// `password` is forbidden; the rest is out of fashion only (RFC 9700 sections 2.1.2 and 2.4).
async fn offers_nothing_old(scene: &mut Scene) -> Step {
    let expected = "grant_types_supported without password and implicit, response_types_supported without token";
    let response = scene.response(expected)?;
    let fault = |got: &str| Fault::of(Kind::Accepted, Endpoint::Metadata, response, expected, got);
    let members = answer::object(response).map_err(|misread| Halt::blocked(misread.to_string()))?;
    let list = |name: &str| -> Option<Vec<String>> {
        let values = members.get(name)?.as_array()?;
        Some(values.iter().filter_map(|value| value.as_str().map(str::to_owned)).collect())
    };
    let has_token = |types: &Vec<String>| types.iter().any(|one| one.split(' ').any(|word| word == "token"));
    let judgement = match list("grant_types_supported") {
        Some(grants) if grants.iter().any(|grant| grant == "password") => Judgement::Broken(fault("the grant type password")),
        // Without the member the default holds, which includes implicit (RFC 8414 section 2).
        None => Judgement::Tolerated(fault("no grant_types_supported, which stands for authorization_code and implicit")),
        Some(grants) if grants.iter().any(|grant| grant == "implicit") => Judgement::Tolerated(fault("the grant type implicit")),
        Some(_) if list("response_types_supported").as_ref().is_some_and(has_token) => {
            Judgement::Tolerated(fault("a response type with token"))
        }
        Some(_) => Judgement::Holds,
    };
    scene.judge(judgement)
}
