//! A realm of a check's own, where the provider is the reference server: time moves there, and neighbours do not feel it.

use std::sync::Arc;

use super::halt::{Halt, Step};
use super::scene::Scene;

/// Makes a realm like the target's, defects included, and turns the scene to it.
pub(super) async fn enter(scene: &mut Scene) -> Step {
    let Some(admin) = &scene.target.provider.admin else { return Ok(()) };
    // Discovery is not part of what the check shows, and is not on its tape.
    let target = admin.realm_like(&scene.wire, &scene.target.provider.name, None).await;
    let target = target.map_err(|error| Halt::blocked(error.to_string()))?;
    scene.tape.learn(target.provider.secrets());
    scene.target = Arc::new(target);
    scene.in_own_realm = true;
    Ok(())
}

/// Drops the realm that [`enter`] made. One that stays behind is small and ends with the server.
pub(super) async fn leave(scene: &Scene) {
    if let Some(admin) = &scene.target.provider.admin {
        drop(admin.drop_realm(&scene.wire).await);
    }
}
