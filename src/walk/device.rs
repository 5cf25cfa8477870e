//! Device authorization: a device without a browser shows a code, a user approves it elsewhere, and the device polls (RFC 8628).

use std::time::{Duration, Instant};

use super::event::{Channel, Event, Prompt, Sign};
use super::trouble::Trouble;
use super::walker::{Walker, said};
use super::{Arrival, advice, identity};
use crate::login::{End, Stop};
use crate::protocol::{Device, Endpoint, OAuthError, Request, Response, Tokens};

/// By how much a device slows down when told so (RFC 8628 section 3.5).
const SLOW_DOWN: Duration = Duration::from_secs(5);

/// How often the wait is told.
const TICK: Duration = Duration::from_millis(250);

pub(super) async fn walk(walker: &mut Walker<'_>) -> Result<Arrival, Trouble> {
    let trip = walker.trip;
    let endpoints = &trip.target.endpoints;
    walker.step(
        "The device asks for two codes",
        Channel::Back,
        "One for the user to type, one for the device to poll with. Nobody's browser comes near the second (RFC 8628 section 3.1).",
    );
    let endpoint = walker.endpoint(&endpoints.device_authorization);
    let response = walker.ask(trip.client.device_request(endpoint, trip.scope.as_deref())).await?;
    let device = read(walker, &response)?;

    walker.step(
        "The device shows its user where to go",
        Channel::User,
        "The user opens the address on any other device, types the code, logs in there and approves: the device needs no keyboard (RFC 8628 \
         section 3.3).",
    );
    walker.tell(Event::Prompt(Prompt {
        verification_uri: device.verification_uri.clone(),
        complete: device.complete.clone(),
        user_code: device.user_code.expose().to_owned(),
        expires_in: Duration::from_secs(device.expires_in),
    }));
    if trip.approve {
        approve(walker, &device).await?;
    }

    walker.step(
        "The device polls",
        Channel::Back,
        "It asks again and again, no faster than the interval: authorization_pending means wait, slow_down means wait five seconds longer \
         each time (RFC 8628 sections 3.4 and 3.5).",
    );
    let tokens = poll(walker, &device).await?;
    identity::logged_in(walker, &tokens).await
}

fn read(walker: &Walker<'_>, response: &Response) -> Result<Device, Trouble> {
    const EXPECTED: &str = "status 200 with device_code, user_code, verification_uri and expires_in (RFC 8628 section 3.2)";
    let look_at = || advice::token_endpoint(walker.trip, response);
    if response.status != 200 {
        let came = said(response).unwrap_or_else(|| crate::protocol::answer::describe(response));
        return Err(walker.trouble(EXPECTED, came, look_at()));
    }
    Device::read(response).map_err(|misread| walker.trouble(EXPECTED, misread.to_string(), look_at()))
}

/// The login driver approves: at the page with the code in it, where there is one.
async fn approve(walker: &mut Walker<'_>, device: &Device) -> Result<(), Trouble> {
    walker.step(
        "The user approves",
        Channel::User,
        "Here the login driver of the provider file does it, in a browser that the device knows nothing of (RFC 8628 section 3.3).",
    );
    let start = Request::get(Endpoint::Verification, &device.verification_uri);
    let sighting = walker.send_user(start, Stop::Decision, Some(&device.user_code)).await?;
    match &sighting.end {
        End::Finished => Ok(()),
        End::Redirected { .. }
        | End::Outside { .. }
        | End::Refused { .. }
        | End::Stuck { .. }
        | End::Crashed { .. }
        | End::Failed(_) => Err(walker.astray(&sighting, "a page that takes the user's approval")),
    }
}

async fn poll(walker: &mut Walker<'_>, device: &Device) -> Result<Tokens, Trouble> {
    let trip = walker.trip;
    let endpoint = walker.endpoint(&trip.target.endpoints.token);
    let ends = Instant::now() + Duration::from_secs(device.expires_in);
    let mut interval = Duration::from_secs(device.interval.max(1));
    let mut told = String::new();
    for polls in 0.. {
        // The approval took its time already; a device that just showed the code has to wait first.
        wait(walker, polls, interval, ends).await?;
        let request = trip.client.polling(endpoint, &device.device_code);
        let outcome = trip.wire.send(&walker.tape, &request).await;
        let response = match outcome {
            Ok(response) => response,
            Err(failure) => {
                walker.tell(Event::Waited);
                walker.tell_exchange(&request, Err(&failure));
                return Err(walker.silence(Endpoint::Token, &failure, "an answer to the poll"));
            }
        };
        let error = OAuthError::read(&response).map(|error| error.error).unwrap_or_default();
        // What was told once is not told at every poll.
        if error != told || error.is_empty() {
            walker.tell(Event::Waited);
            walker.tell_exchange(&request, Ok(&response));
        }
        match error.as_str() {
            "authorization_pending" => {}
            "slow_down" => {
                interval += SLOW_DOWN;
                walker.tell(Event::Waited);
                walker.remark(Sign::Note, format!("told to slow down: it polls every {} s from now on", interval.as_secs()));
            }
            _ => return walker.take_tokens(&response).await,
        }
        told = error;
    }
    unreachable!("the wait ends when the code does")
}

/// Waits for the next poll, telling so; ends when the code does.
async fn wait(walker: &mut Walker<'_>, polls: usize, interval: Duration, ends: Instant) -> Result<(), Trouble> {
    let until = Instant::now() + interval;
    loop {
        let now = Instant::now();
        let (next, left) = (until.saturating_duration_since(now), ends.saturating_duration_since(now));
        if left.is_zero() {
            walker.tell(Event::Waited);
            let look_at = vec!["nobody approved in time: walk again, and be quicker".to_owned()];
            return Err(walker.trouble("an approval before the code expires", "none", look_at));
        }
        if next.is_zero() {
            return Ok(());
        }
        walker.tell(Event::Waiting { polls, next, left });
        tokio::time::sleep(next.min(TICK)).await;
    }
}
