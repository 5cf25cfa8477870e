//! Whether a token lives or is dead: proven by use, after a witness has said that it lived.

use std::time::{Duration, Instant};

use super::super::halt::{Fault, Halt, Step};
use super::super::judge;
use super::super::phrase::{Args, Phrase, Token};
use super::super::scene::{Deed, Grant, Heard, Scene, Witness};
use crate::protocol::{Endpoint, Request, Secret, answer, request};
use crate::provider::Need;
use crate::verdict::Kind;

/// The sentences.
pub static PHRASES: &[Phrase] = &[
    Phrase::witness("a witness sees {token} alive", &[Need::Witness], |s, a| Box::pin(witnesses(s, a))),
    Phrase::judge("{token} is dead", &[], |s, a| Box::pin(is_dead(s, a))),
    Phrase::judge("{token} is alive", &[], |s, a| Box::pin(is_alive(s, a))),
    Phrase::act("the lifetime of the access token passes", &[], |s, _| Box::pin(outlives_access_token(s))),
];

/// Finds somebody who says that the access token is alive; who never says so can prove nothing (introspection may be bound to the
/// token's audience, RFC 7662 section 4).
async fn witnesses(scene: &mut Scene, args: &Args) -> Step {
    match args.token(0) {
        Token::Refresh | Token::FirstRefresh => shows_alive_by_use(scene, args.token(0)).await,
        token @ (Token::Access | Token::FirstAccess | Token::Code | Token::DeviceCode | Token::ClientSecret | Token::Unknown) => {
            find_witnesses(scene, token).await
        }
    }
}

/// A refresh token is alive if it refreshes; where that rotates it, the new one takes its place.
async fn shows_alive_by_use(scene: &mut Scene, token: Token) -> Step {
    let request = scene.refreshing(token)?;
    scene.act(Deed::Refresh, request, None).await?;
    scene.expect_tokens().map(|_| ())
}

/// Every witness who says that the access token is alive.
pub(super) async fn find_witnesses(scene: &mut Scene, token: Token) -> Step {
    let token = scene.token(token)?;
    let mut said = Vec::new();
    scene.witnesses.clear();
    for witness in [Witness::Introspection("inspector"), Witness::Introspection(scene.protagonist), Witness::Resource] {
        let Some(request) = question(scene, witness, &token) else { continue };
        let heard = scene.hear(request).await;
        if lives(&heard, witness) {
            scene.witnesses.push(witness);
            continue;
        }
        said.push(match (&heard.outcome, witness) {
            (Ok(response), Witness::Introspection(role)) => format!("introspection by {role}: {}", words(response)),
            (Ok(response), Witness::Resource) => format!("the resource: {}", answer::describe(response)),
            (Err(failure), _) => failure.to_string(),
        });
    }
    if scene.witnesses.is_empty() {
        return Err(Halt::blocked(format!("no witness sees the token alive: {}", said.join("; "))));
    }
    Ok(())
}

fn words(response: &crate::protocol::Response) -> String {
    let active = answer::object(response).ok().and_then(|members| members.get("active").map(ToString::to_string));
    match active {
        Some(active) => format!("active {active}"),
        None => answer::describe(response),
    }
}

fn question(scene: &Scene, witness: Witness, token: &Secret) -> Option<Request> {
    match witness {
        Witness::Introspection(role) => {
            let client = scene.client(role).ok().filter(|client| !client.is_public())?;
            Some(client.introspection(&scene.endpoint(Endpoint::Introspection).ok()?, token))
        }
        Witness::Resource => Some(request::resource(&scene.endpoint(Endpoint::Resource).ok()?).bearer(token)),
    }
}

/// What introspection says of a token, where somebody is told that it is active.
pub async fn introspected(scene: &Scene, token: &Secret) -> Option<serde_json::Map<String, serde_json::Value>> {
    introspected_by(scene, token, &["inspector", scene.protagonist]).await
}

/// As [`introspected`], by the first of these clients that is told so.
pub(super) async fn introspected_by(
    scene: &Scene,
    token: &Secret,
    roles: &[&'static str],
) -> Option<serde_json::Map<String, serde_json::Value>> {
    for &role in roles {
        let witness = Witness::Introspection(role);
        let Some(request) = question(scene, witness, token) else { continue };
        let heard = scene.hear(request).await;
        if lives(&heard, witness) {
            return heard.outcome.ok().and_then(|response| answer::object(&response).ok());
        }
    }
    None
}

fn lives(heard: &Heard, witness: Witness) -> bool {
    let Ok(response) = &heard.outcome else { return false };
    match witness {
        Witness::Introspection(_) => {
            response.status == 200 && answer::object(response).is_ok_and(|members| members.get("active") == Some(&true.into()))
        }
        Witness::Resource => (200..300).contains(&response.status),
    }
}

/// A plain *no*: anything else, a 5xx before all, proves nothing.
fn says_dead(heard: &Heard, witness: Witness) -> Result<bool, Fault> {
    let expected = "a plain answer to whether the token is alive";
    let endpoint = heard.request.endpoint;
    let response = heard.outcome.as_ref().map_err(|failure| Fault::silence(endpoint, failure, expected))?;
    match witness {
        Witness::Introspection(_) => {
            let active =
                answer::object(response).ok().and_then(|members| members.get("active").and_then(serde_json::Value::as_bool));
            match (response.status, active) {
                (200, Some(active)) => Ok(!active),
                (500.., _) => Err(Fault::plain(Kind::Crashed, endpoint, response, expected)),
                _ => Err(Fault::plain(Kind::Malformed, endpoint, response, expected)),
            }
        }
        Witness::Resource => match response.status {
            401 => Ok(true),
            200..300 => Ok(false),
            500.. => Err(Fault::plain(Kind::Crashed, endpoint, response, expected)),
            _ => Err(Fault::plain(Kind::Malformed, endpoint, response, expected)),
        },
    }
}

async fn is_dead(scene: &mut Scene, args: &Args) -> Step {
    is_dead_now(scene, args.token(0)).await
}

/// As the step, for other steps.
pub(super) async fn is_dead_now(scene: &mut Scene, token: Token) -> Step {
    match token {
        Token::Access | Token::FirstAccess => access_token_is(scene, token, false).await,
        Token::Refresh | Token::FirstRefresh => {
            let request = scene.refreshing(token)?;
            scene.send(request).await;
            let heard = scene.heard()?;
            let judgement = judge::refuses(heard, &["invalid_grant".to_owned()], &[]);
            scene.judge(ineffective(judgement, "the refresh token refused with error \"invalid_grant\""))
        }
        Token::Code | Token::DeviceCode | Token::ClientSecret | Token::Unknown => {
            Err(Halt::blocked("only an access or a refresh token lives or dies"))
        }
    }
}

/// A token that works after it should be dead: not a request that should have been refused, but an act without effect.
fn ineffective(judgement: super::super::halt::Judgement, expected: &str) -> super::super::halt::Judgement {
    use super::super::halt::Judgement;
    match judgement {
        Judgement::Broken(fault) if fault.kind == Kind::Accepted => {
            Judgement::Broken(Fault { kind: Kind::Ineffective, expected: expected.to_owned(), ..fault })
        }
        Judgement::Broken(fault) => Judgement::Broken(Fault { expected: expected.to_owned(), ..fault }),
        other @ (Judgement::Holds | Judgement::Tolerated(_)) => other,
    }
}

async fn is_alive(scene: &mut Scene, args: &Args) -> Step {
    match args.token(0) {
        Token::Access | Token::FirstAccess => access_token_is(scene, args.token(0), true).await,
        Token::Refresh | Token::FirstRefresh => {
            let request = scene.refreshing(args.token(0))?;
            scene.send(request).await;
            scene.expect_tokens().map(|_| ())
        }
        Token::Code | Token::DeviceCode | Token::ClientSecret | Token::Unknown => {
            Err(Halt::blocked("only an access or a refresh token lives or dies"))
        }
    }
}

/// What the witnesses say of the access token now. It is dead as soon as one of them says so: one who goes on believing in it has a
/// fault of its own, which is another check's finding. It is alive only if all of them say so.
pub(super) async fn access_token_is(scene: &mut Scene, which: Token, alive: bool) -> Step {
    let token = scene.token(which)?;
    let mut last = None;
    for witness in scene.witnesses.clone() {
        let request = question(scene, witness, &token).ok_or_else(|| Halt::blocked("the witness is gone"))?;
        let heard = scene.hear(request).await;
        let dead = says_dead(&heard, witness)?;
        last = Some((heard, dead));
        if dead {
            break;
        }
    }
    let (heard, dead) = last.ok_or_else(|| Halt::blocked("no witness saw the token alive before"))?;
    let fault = |kind, expected: &str, got: &str| Fault {
        kind,
        expected: expected.to_owned(),
        got: got.to_owned(),
        endpoint: heard.request.endpoint,
        answer: got.to_owned(),
    };
    if dead && outlived(scene.grant()?, which, Instant::now()) {
        return Err(Halt::blocked("the access token ended by itself meanwhile, as its expires_in says"));
    }
    match (dead, alive) {
        (true, false) | (false, true) => Ok(()),
        (false, false) => Err(fault(Kind::Ineffective, "the access token is dead", "the access token still works").into()),
        (true, true) => Err(fault(Kind::Refused, "the access token still works", "the access token is dead").into()),
    }
}

/// Whether the lifetime of the access token is over, so that being dead says nothing of what was done to it.
fn outlived(grant: &Grant, which: Token, now: Instant) -> bool {
    let Some((first, last)) = grant.came else { return false };
    let (tokens, came) = match which {
        Token::FirstAccess | Token::FirstRefresh => (&grant.first, first),
        Token::Access | Token::Refresh | Token::Code | Token::DeviceCode | Token::ClientSecret | Token::Unknown => {
            (&grant.tokens, last)
        }
    };
    let lifetime = tokens.as_ref().and_then(|tokens| tokens.expires_in).map(Duration::from_secs);
    lifetime.is_some_and(|lifetime| now.saturating_duration_since(came) >= lifetime)
}

/// A second more than the token answer says, for clocks that differ a little.
async fn outlives_access_token(scene: &mut Scene) -> Step {
    let lifetime = scene.grant()?.tokens.as_ref().and_then(|tokens| tokens.expires_in);
    let lifetime = lifetime.ok_or_else(|| Halt::NotApplicable("the token answer says no expires_in".to_owned()))?;
    scene.pass(Duration::from_secs(lifetime + 2)).await
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::Tokens;

    #[test]
    fn an_access_token_has_ended_by_itself_when_the_lifetime_of_its_own_answer_is_over() {
        let came = Instant::now();
        let later = |seconds| came + Duration::from_secs(seconds);
        let tokens = |expires_in| Tokens {
            access_token: Secret::new("access_token", "one"),
            refresh_token: None,
            scope: None,
            expires_in,
            members: serde_json::Map::new(),
        };
        let grant = |lifetime| Grant {
            first: Some(tokens(lifetime)),
            tokens: Some(tokens(lifetime)),
            came: Some((came, later(4))),
            ..Grant::default()
        };
        let five = grant(Some(5));
        assert!(!outlived(&five, Token::FirstAccess, later(4)));
        assert!(outlived(&five, Token::FirstAccess, later(5)));
        assert!(!outlived(&five, Token::Access, later(8)), "a refresh brought another one");
        assert!(outlived(&five, Token::Access, later(9)));
        assert!(!outlived(&grant(None), Token::Access, later(90)), "nobody said how long it lives");
    }
}
