//! Realms of a check's own, where the provider is the reference server: time moves there, and neighbours do not feel it.

use std::sync::Arc;
use std::time::Duration;

use super::halt::{Halt, Step};
use super::scene::Scene;
use crate::protocol::{Endpoint, Method, Request, answer};
use crate::provider::{Admin, Provider, Target, discover};

/// Makes a realm like the target's and turns the scene to it.
pub(super) async fn enter(scene: &mut Scene) -> Step {
    let Some(admin) = scene.target.provider.admin.clone() else { return Ok(()) };
    let body = serde_json::json!({ "like": admin.realm }).to_string();
    let members = call(scene, &admin, "realms", body).await?;
    let document = members.get("provider").ok_or_else(|| Halt::blocked("the admin listener named no provider"))?;
    let provider =
        Provider::from_json(document, &scene.target.provider.name).map_err(|error| Halt::blocked(error.to_string()))?;
    scene.tape.learn(provider.secrets());
    // Discovery is not part of what the check shows.
    let quiet = crate::wire::Tape::new(provider.secrets());
    let target: Target = discover(&scene.wire, &quiet, provider).await.map_err(|error| Halt::blocked(error.to_string()))?;
    scene.target = Arc::new(target);
    Ok(())
}

/// Drops the realm that [`enter`] made; a realm that stays behind is small and ends with the server.
pub(super) async fn leave(scene: &Scene) {
    let Some(admin) = &scene.target.provider.admin else { return };
    if let Ok(url) = admin.url.join(&format!("realms/{}", admin.realm)) {
        let request = Request::get(Endpoint::Admin, &url).method(Method::Delete).bearer(&admin.key);
        let _ = scene.wire.send(&crate::wire::Tape::default(), &request).await;
    }
}

/// Moves the realm's clock.
pub(super) async fn advance(scene: &mut Scene, time: Duration) -> Step {
    let Some(admin) = scene.target.provider.admin.clone() else {
        return Err(Halt::blocked("the provider has no admin listener"));
    };
    let body = serde_json::json!({ "advance": format!("{}s", time.as_secs()) }).to_string();
    call(scene, &admin, &format!("realms/{}/clock", admin.realm), body).await.map(|_| ())
}

async fn call(
    scene: &Scene,
    admin: &Admin,
    path: &str,
    body: String,
) -> Result<serde_json::Map<String, serde_json::Value>, Halt> {
    let url = admin.url.join(path).map_err(|error| Halt::blocked(format!("the admin listener's URL: {error}")))?;
    let mut request = Request::post(Endpoint::Admin, &url).bearer(&admin.key);
    request.body = crate::protocol::Body::Raw { content_type: "application/json".to_owned(), octets: body.into_bytes() };
    let response = scene.wire.send(&crate::wire::Tape::default(), &request).await;
    let response = response.map_err(|failure| Halt::blocked(format!("the admin listener: {failure}")))?;
    if response.status >= 300 {
        return Err(Halt::blocked(format!("the admin listener: {}", answer::describe(&response))));
    }
    answer::object(&response).map_err(|misread| Halt::blocked(format!("the admin listener: {misread}")))
}
