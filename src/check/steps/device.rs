//! Acts of a device and of its user at the verification page (RFC 8628).

use std::time::Duration;

use super::super::halt::Step;
use super::super::phrase::{Args, Phrase};
use super::super::scene::{Deed, Scene};
use crate::login::Decision;
use crate::provider::Need;

/// The sentences.
pub static PHRASES: &[Phrase] = &[
    Phrase::act("the client asks for a device code[ {alteration}]", &[Need::Device], |s, a| Box::pin(asks(s, a))),
    Phrase::act("the client polls[ {alteration}]", &[Need::Device], |s, a| Box::pin(polls(s, a, 0))),
    Phrase::act("{client} polls[ {alteration}]", &[Need::Device], |s, a| Box::pin(another_polls(s, a))),
    Phrase::act("the user approves the device code", &[Need::UserLogin], |s, _| Box::pin(approves(s))),
    Phrase::act("the client waits its interval and {number} s", &[], |s, a| Box::pin(waits_interval(s, a))),
    Phrase::act("the lifetime of the device code passes", &[], |s, _| Box::pin(outlives(s))),
];

async fn asks(scene: &mut Scene, args: &Args) -> Step {
    let request = scene.device_request()?;
    scene.act(Deed::AskDeviceCode, request, args.alteration(0)).await
}

async fn polls(scene: &mut Scene, args: &Args, at: usize) -> Step {
    let request = scene.polling()?;
    scene.act(Deed::Poll, request, args.alteration(at)).await
}

async fn another_polls(scene: &mut Scene, args: &Args) -> Step {
    scene.actor = args.client(0).key;
    polls(scene, args, 1).await
}

async fn approves(scene: &mut Scene) -> Step {
    scene.settle_device(Decision::Approve).await
}

async fn waits_interval(scene: &mut Scene, args: &Args) -> Step {
    let interval = scene.device()?.interval;
    scene.pass(Duration::from_secs(interval + args.number(0))).await
}

async fn outlives(scene: &mut Scene) -> Step {
    let lifetime = scene.device()?.expires_in;
    scene.pass(Duration::from_secs(lifetime + 1)).await
}
