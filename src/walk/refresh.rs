//! Refresh: new tokens without the user, whether the refresh token rotates, and what becomes of the old one (RFC 6749 section 6).

use super::event::{Channel, Sign};
use super::trouble::Trouble;
use super::walker::{Walker, said};
use super::{Arrival, advice, code, identity};
use crate::protocol::{Secret, Tokens, answer};

pub(super) async fn walk(walker: &mut Walker<'_>) -> Result<Arrival, Trouble> {
    let first = code::obtain(walker).await?;
    let trip = walker.trip;
    let Some(old) = first.refresh_token.clone() else {
        let look_at = vec![
            format!("the provider's setting of the client `{}`: is the refresh token grant switched on for it?", trip.client.id),
            format!("`clients.{}.scopes` or --scope: some providers give one for offline_access only", trip.client.role),
        ];
        return Err(walker.trouble("a refresh token beside the access token", "none", look_at));
    };
    walker.step(
        "The client refreshes",
        Channel::Back,
        "An access token lives for minutes, so that a stolen one is soon worth nothing; the refresh token brings the next one, and the user \
         notices nothing (RFC 6749 section 6).",
    );
    let second = refresh(walker, &old).await?;
    let newest = rotation(walker, &old, &second);
    let (mut arrival, mut also) = (identity::logged_in(walker, &second).await?, Vec::new());
    if trip.reuse {
        also.push(reuse(walker, &old, newest.as_ref()).await?);
    }
    arrival.also.extend(also);
    Ok(arrival)
}

async fn refresh(walker: &mut Walker<'_>, token: &Secret) -> Result<Tokens, Trouble> {
    let endpoint = walker.endpoint(&walker.trip.target.endpoints.token);
    let response = walker.ask(walker.trip.client.refreshing(endpoint, token)).await?;
    walker.take_tokens(&response).await
}

/// Says whether the refresh token was exchanged; the one that is good from now on, where it is another.
fn rotation(walker: &mut Walker<'_>, old: &Secret, second: &Tokens) -> Option<Secret> {
    match &second.refresh_token {
        Some(new) if new != old => {
            let says = format!("rotated: {} in the place of {}; the old one is used up", walker.shown(new), walker.shown(old));
            walker.remark(Sign::Fine, says);
            Some(new.clone())
        }
        Some(_) | None => {
            let public = walker.trip.client.is_public();
            let (sign, says) = if public {
                (
                    Sign::Doubt,
                    "not rotated: the same refresh token stays good, and this client is public (RFC 9700 section 4.14.2 wants rotation, or tokens bound to the client)",
                )
            } else {
                (
                    Sign::Note,
                    "not rotated: the same refresh token stays good, which a client with a secret may do (RFC 6749 section 6)",
                )
            };
            walker.remark(sign, says);
            None
        }
    }
}

/// Uses the old token once more, as a thief would, and then the newest one.
async fn reuse(walker: &mut Walker<'_>, old: &Secret, newest: Option<&Secret>) -> Result<String, Trouble> {
    let trip = walker.trip;
    walker.step(
        "A thief uses the old refresh token",
        Channel::Back,
        "A rotated token that comes again was stolen, by whoever comes first or second; the provider cannot tell which, so it should refuse, \
         and take back what came of it (RFC 9700 section 4.14.2).",
    );
    let endpoint = walker.endpoint(&trip.target.endpoints.token);
    let again = walker.ask(trip.client.refreshing(endpoint, old)).await?;
    let Some(newest) = newest else {
        let says = if Tokens::read(&again).is_ok() {
            "accepted, since it was not rotated"
        } else {
            "refused, though it was not rotated"
        };
        walker.remark(Sign::Note, says);
        return Ok(format!("the same refresh token once more: {says}"));
    };
    let accepted = Tokens::read(&again).is_ok();
    if accepted {
        walker.remark(Sign::Doubt, "accepted: the old token is still worth one (a grace period, or no detection at all)");
    } else {
        let came = said(&again).unwrap_or_else(|| answer::describe(&again));
        walker.remark(Sign::Fine, format!("refused with {came}"));
    }
    walker.step(
        "The client uses the newest refresh token after that",
        Channel::Back,
        "Whether the provider took back the whole family when it saw the old one (RFC 9700 section 4.14.2): the user logs in once more, and \
         the thief has nothing.",
    );
    let after = walker.ask(trip.client.refreshing(endpoint, newest)).await?;
    let alive = Tokens::read(&after).is_ok();
    let says = if alive {
        "the newest one still works: the replay was not taken for a theft"
    } else {
        "refused as well: the replay was taken for a theft, and the family is gone"
    };
    walker.remark(if alive { Sign::Note } else { Sign::Fine }, says);
    // The answer is a fact to be told, whatever it is; a 5xx is none.
    if after.status >= 500 {
        return Err(walker.trouble("tokens or a refusal", answer::describe(&after), advice::token_endpoint(trip, &after)));
    }
    let old = if accepted { "accepted" } else { "refused" };
    Ok(format!("the old refresh token once more: {old}; the newest one after that: {}", if alive { "good" } else { "refused" }))
}
