//! Judges of what a token is good for: never more than was granted, and never other than was said (RFC 6749 sections 3.3, 5.1 and 6).

use super::super::halt::{Fault, Halt, Judgement, Step};
use super::super::judge;
use super::super::phrase::Phrase;
use super::super::scene::{Deed, Grant, Heard, Scene};
use super::effects::introspected;
use super::tokens::fault;
use crate::login::End;
use crate::protocol::{Tokens, answer};
use crate::verdict::Kind;

/// The sentences.
pub static PHRASES: &[Phrase] = &[
    Phrase::judge("the token is not good for the unknown scope", &[], |s, _| Box::pin(leaves_out_what_was_asked(s))),
    Phrase::judge("the token has the scope that was asked for, or the answer says which", &[], |s, _| {
        Box::pin(says_what_it_grants(s))
    }),
    Phrase::judge("the token has the scope that was asked for, tolerating an answer that says otherwise", &[], |s, _| {
        Box::pin(grants_what_was_asked(s))
    }),
    Phrase::judge("the token has no more than the scope that was approved", &[], |s, _| Box::pin(is_no_wider(s))),
    Phrase::judge("the endpoint refuses the wider scope, tolerating that it leaves it out", &[], |s, _| {
        Box::pin(refuses_wider(s))
    }),
    Phrase::judge("the token answer says which scope was granted by default", &[], |s, _| Box::pin(says_default(s))),
    Phrase::judge("the token is worth the same as the one before", &[], |s, _| Box::pin(is_worth_the_same(s))),
    Phrase::judge("the token has the scope that was approved", &[], |s, _| Box::pin(is_as_approved(s, false))),
    Phrase::judge("the token has the scope that was approved, tolerating a narrower one", &[], |s, _| {
        Box::pin(is_as_approved(s, true))
    }),
];

/// What the last token is good for, by each who can tell.
struct Told {
    /// The `scope` of the request.
    asked: Option<Vec<String>>,
    /// The `scope` of the token answer.
    said: Option<Vec<String>>,
    /// The `scope` by introspection.
    known: Option<Vec<String>>,
}

async fn told(scene: &Scene, tokens: &Tokens) -> Result<Told, Halt> {
    let asked = scene.heard()?.request.param("scope").map(|value| answer::scopes(value.expose()));
    let known = introspected(scene, &tokens.access_token).await;
    let known = known.and_then(|members| members.get("scope").and_then(|scope| scope.as_str().map(answer::scopes)));
    Ok(Told { asked, said: tokens.scope.clone(), known })
}

/// What the grant was approved for: what its first token answer said, or what was asked for where it said nothing.
fn approved(scene: &Scene) -> Result<Vec<String>, Halt> {
    let grant = scene.grants.first().ok_or_else(|| Halt::blocked("nothing was granted yet"))?;
    let said = grant.first.as_ref().and_then(|tokens| tokens.scope.clone());
    said.or_else(|| grant.scope.as_deref().map(answer::scopes)).ok_or_else(|| Halt::blocked("nobody says what was approved"))
}

fn beyond(scopes: &[String], limit: &[String]) -> Vec<String> {
    scopes.iter().filter(|scope| !limit.contains(scope)).cloned().collect()
}

fn words(scopes: &[String]) -> String {
    if scopes.is_empty() { "no scope".to_owned() } else { format!("scope {:?}", scopes.join(" ")) }
}

/// Where a provider grants all that the client may have whatever is asked, there is nothing to widen.
fn can_be_widened(scene: &Scene, approved: &[String]) -> Result<(), Halt> {
    let asked = scene.heard()?.request.param("scope").map(|value| answer::scopes(value.expose())).unwrap_or_default();
    if beyond(&asked, approved).is_empty() {
        return Err(Halt::NotApplicable(format!("the provider grants {} to whoever asks for less", words(approved))));
    }
    Ok(())
}

/// Either the request is refused with `invalid_scope`, or the answer says what was granted and leaves out what was asked in vain.
async fn leaves_out_what_was_asked(scene: &mut Scene) -> Step {
    let expected = "error \"invalid_scope\", or an answer whose scope leaves it out";
    let heard = scene.heard()?;
    let accepted = ["invalid_scope".to_owned()];
    let tokens = match judge::refuses(heard, &accepted, &[]) {
        Judgement::Broken(fault) if fault.kind == Kind::Accepted => judge::yields_tokens(heard)?,
        Judgement::Broken(fault) => return Err(Fault { expected: expected.to_owned(), ..fault }.into()),
        other @ (Judgement::Holds | Judgement::Tolerated(_)) => return scene.judge(other),
    };
    let asked = heard.request.param("scope").map(|value| answer::scopes(value.expose())).unwrap_or_default();
    let own = &scene.actor()?.scopes;
    let foreign = beyond(&asked, own);
    match &tokens.scope {
        Some(said) if !said.iter().any(|scope| foreign.contains(scope)) => Ok(()),
        Some(said) => Err(fault(scene, Kind::Accepted, expected, &format!("a token with {}", words(said)))?.into()),
        // No scope in the answer means: as asked for (RFC 6749 section 5.1).
        None => Err(fault(scene, Kind::Accepted, expected, "a token, and no word that the scope is another")?.into()),
    }
}

async fn says_what_it_grants(scene: &mut Scene) -> Step {
    let expected = "a token with the scope that was asked for, or an answer that says which scope it has";
    let tokens = judge::yields_tokens(scene.heard()?)?;
    let Told { asked, said, known } = told(scene, &tokens).await?;
    let claimed = said.or(asked).unwrap_or_default();
    match known {
        Some(known) if !beyond(&known, &claimed).is_empty() => {
            let got = format!("a token with {}, where the answer means {}", words(&known), words(&claimed));
            Err(fault(scene, Kind::Ineffective, expected, &got)?.into())
        }
        Some(_) => Ok(()),
        None if tokens.scope.is_some() => Ok(()),
        None => Err(nobody_says()),
    }
}

async fn grants_what_was_asked(scene: &mut Scene) -> Step {
    let expected = "a token with the scope that was asked for";
    let tokens = judge::yields_tokens(scene.heard()?)?;
    let Told { asked, said, known } = told(scene, &tokens).await?;
    let asked = asked.unwrap_or_default();
    if let Some(said) = &said
        && !beyond(said, &asked).is_empty()
    {
        let judgement =
            Judgement::Tolerated(fault(scene, Kind::Ineffective, expected, &format!("an answer that says {}", words(said)))?);
        return scene.judge(judgement);
    }
    match known {
        Some(known) if !beyond(&known, &asked).is_empty() => {
            Err(fault(scene, Kind::Ineffective, expected, &format!("a token with {}, and no word of it", words(&known)))?.into())
        }
        Some(_) => Ok(()),
        None if said.is_some() => Ok(()),
        None => Err(nobody_says()),
    }
}

/// Where nobody names a scope, nothing was shown of it.
fn nobody_says() -> Halt {
    Halt::NotApplicable("neither the answer nor introspection says the token's scope".to_owned())
}

/// A scope beside a code counts for nothing: it is refused, or the token is good for what was approved.
async fn is_no_wider(scene: &mut Scene) -> Step {
    let expected = "a token with no more than the scope that was approved, or a refusal";
    let approved = approved(scene)?;
    can_be_widened(scene, &approved)?;
    let heard = scene.heard()?;
    let response = scene.response(expected)?;
    match response.status {
        400..500 => return Ok(()),
        500.. => return Err(Fault::plain(Kind::Crashed, heard.request.endpoint, response, expected).into()),
        _ => {}
    }
    let tokens = judge::yields_tokens(heard)?;
    let Told { said, known, .. } = told(scene, &tokens).await?;
    wider(scene, &approved, united(known, said).ok_or_else(nobody_says)?, expected)
}

/// All that anybody says the token is good for: introspection may show its caller a part (RFC 7662 section 2.2).
fn united(known: Option<Vec<String>>, said: Option<Vec<String>>) -> Option<Vec<String>> {
    match (known, said) {
        (Some(mut known), Some(said)) => {
            known.extend(said);
            known.sort();
            known.dedup();
            Some(known)
        }
        (known, said) => known.or(said),
    }
}

fn wider(scene: &Scene, approved: &[String], granted: Vec<String>, expected: &str) -> Step {
    if beyond(&granted, approved).is_empty() {
        return Ok(());
    }
    let got = format!("a token with {}, where {} was approved", words(&granted), words(approved));
    Err(fault(scene, Kind::Accepted, expected, &got)?.into())
}

async fn refuses_wider(scene: &mut Scene) -> Step {
    let expected = "a refusal with error \"invalid_scope\"";
    let approved = approved(scene)?;
    can_be_widened(scene, &approved)?;
    let heard: &Heard = scene.heard()?;
    let ignored = match judge::refuses(heard, &["invalid_scope".to_owned()], &[]) {
        Judgement::Broken(fault) if fault.kind == Kind::Accepted => fault,
        other @ (Judgement::Holds | Judgement::Tolerated(_) | Judgement::Broken(_)) => return scene.judge(other),
    };
    let tokens = judge::yields_tokens(heard)?;
    let Told { asked, said, known } = told(scene, &tokens).await?;
    // No scope in the answer means: as asked for (RFC 6749 section 5.1).
    wider(scene, &approved, united(known, said.or(asked)).unwrap_or_default(), expected)?;
    scene.judge(Judgement::Tolerated(ignored))
}

async fn is_as_approved(scene: &mut Scene, may_be_narrower: bool) -> Step {
    let expected = "a token with the scope that was approved";
    let approved = approved(scene)?;
    let heard = scene.heard()?;
    let tokens = match judge::yields_tokens(heard) {
        Ok(tokens) => tokens,
        Err(refused) => {
            let too_wide = heard.outcome.as_ref().ok().and_then(|response| answer::object(response).ok());
            let too_wide = too_wide.is_some_and(|members| members.get("error").is_some_and(|error| error == "invalid_scope"));
            return scene.judge(if too_wide && may_be_narrower {
                Judgement::Tolerated(refused)
            } else {
                Judgement::Broken(refused)
            });
        }
    };
    let Told { said, known, .. } = told(scene, &tokens).await?;
    let granted = united(known, said).ok_or_else(nobody_says)?;
    wider(scene, &approved, granted.clone(), expected)?;
    let missing = beyond(&approved, &granted);
    if missing.is_empty() {
        return Ok(());
    }
    let got = format!("a token with {}, where {} was approved", words(&granted), words(&approved));
    let narrower = fault(scene, Kind::Ineffective, expected, &got)?;
    scene.judge(if may_be_narrower { Judgement::Tolerated(narrower) } else { Judgement::Broken(narrower) })
}

/// Redeems the code that the last request brought, if it did.
async fn redeemed(scene: &mut Scene) -> Result<Option<Tokens>, Halt> {
    if !matches!(&scene.sighting()?.end, End::Redirected { params, .. } if params.code().is_some()) {
        return Ok(None);
    }
    let request = scene.redemption()?;
    scene.act(Deed::Redeem, request, None).await?;
    scene.expect_tokens().map(Some)
}

/// The default is not what was asked for, since nothing was (RFC 6749 section 3.3).
async fn says_default(scene: &mut Scene) -> Step {
    let expected = "a scope in the token answer that names all that was granted";
    let Some(tokens) = redeemed(scene).await? else {
        return Err(Halt::NotApplicable("the provider does not serve a request without scope".to_owned()));
    };
    let Told { said, known, .. } = told(scene, &tokens).await?;
    match (said, known) {
        (None, _) => Err(fault(scene, Kind::Malformed, expected, "a token answer without scope")?.into()),
        (Some(said), Some(known)) if !beyond(&known, &said).is_empty() => {
            let got = format!("an answer that says {}, for a token with {}", words(&said), words(&known));
            Err(fault(scene, Kind::Malformed, expected, &got)?.into())
        }
        (Some(_), _) => Ok(()),
    }
}

/// No scope in the answer means: as asked for (RFC 6749 section 5.1).
fn granted(grant: &Grant) -> Vec<String> {
    let said = grant.tokens.as_ref().and_then(|tokens| tokens.scope.clone());
    said.unwrap_or_else(|| answer::scopes(grant.scope.as_deref().unwrap_or_default()))
}

async fn is_worth_the_same(scene: &mut Scene) -> Step {
    let before = scene.grants.first().map(granted).ok_or_else(|| Halt::blocked("nothing was granted yet"))?;
    let expected = format!("a token with {}", words(&before));
    if redeemed(scene).await?.is_none() {
        let sighting = scene.sighting()?;
        let unjudged = judge::dead_end(sighting);
        return Err(unjudged.unwrap_or_else(|| judge::seen(Kind::Refused, sighting, &expected).into()));
    }
    let after = granted(scene.grant()?);
    if before == after {
        return Ok(());
    }
    Err(fault(scene, Kind::Ineffective, &expected, &format!("a token with {}", words(&after)))?.into())
}
