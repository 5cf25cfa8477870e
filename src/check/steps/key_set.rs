//! The published key set (RFC 7517): fetched afresh, and judged key by key.

use serde_json::{Map, Value};

use super::super::halt::{Fault, Halt, Step};
use super::super::judge;
use super::super::phrase::{Args, Phrase};
use super::super::scene::Scene;
use super::metadata::document;
use super::tokens::fault;
use crate::protocol::{Endpoint, Request};
use crate::provider::Need;
use crate::verdict::Kind;

/// The sentences.
pub static PHRASES: &[Phrase] = &[
    Phrase::act("the key set is fetched[ {alteration}]", &[Need::Metadata, Need::Jwks], |s, a| Box::pin(keys_are_fetched(s, a))),
    Phrase::judge("the answer is a set of keys", &[], |s, _| Box::pin(is_key_set(s))),
    Phrase::judge("no key in it is private", &[], |s, _| Box::pin(has_no_private_key(s))),
];

async fn keys_are_fetched(scene: &mut Scene, args: &Args) -> Step {
    let request = Request::get(Endpoint::Jwks, &scene.endpoint(Endpoint::Jwks)?).header("accept", "application/json");
    let request = match args.alteration(0) {
        Some(alteration) => alteration.apply(scene, request)?,
        None => request,
    };
    scene.send(request).await;
    Ok(())
}

/// The keys of a key set; anything else than a key set is a fault.
fn keys(scene: &Scene) -> Result<Vec<Map<String, Value>>, Halt> {
    let expected = "status 200 and a JSON object with an array of keys";
    let response = judge::succeeds(scene.heard()?, expected)?;
    let keys = document(response).and_then(|document| {
        let keys = document.get("keys")?.as_array()?.iter();
        keys.map(|key| key.as_object().cloned()).collect::<Option<Vec<_>>>()
    });
    keys.ok_or_else(|| Fault::plain(Kind::Malformed, Endpoint::Jwks, response, expected).into())
}

async fn is_key_set(scene: &mut Scene) -> Step {
    let keys = keys(scene)?;
    let for_encryption = keys.iter().any(|key| key.get("use").and_then(Value::as_str) == Some("enc"));
    let unsaid = keys.iter().any(|key| !key.contains_key("use"));
    if for_encryption && unsaid {
        let got = "a key for encryption beside a key that does not state its use";
        return Err(fault(scene, Kind::Malformed, "every key with its use, where there is one for encryption", got)?.into());
    }
    Ok(())
}

async fn has_no_private_key(scene: &mut Scene) -> Step {
    let private = ["d", "p", "q", "dp", "dq", "qi", "oth", "k"];
    let found = keys(scene)?.iter().find_map(|key| private.into_iter().find(|member| key.contains_key(*member)));
    match found {
        None => Ok(()),
        Some(member) => {
            Err(fault(scene, Kind::Leaked, "public keys only", &format!("a key with its private member {member:?}"))?.into())
        }
    }
}
