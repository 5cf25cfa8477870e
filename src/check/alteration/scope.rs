//! Changes to the scope that a request asks for (RFC 6749 section 3.3).

use super::{Alteration, UNKNOWN_SCOPE, alteration};
use crate::check::halt::Halt;
use crate::provider::Need;

pub(super) const ALTERATIONS: &[Alteration] = &[
    alteration("with only an unknown scope", &[], |_, request, _| Ok(request.set("scope", UNKNOWN_SCOPE))),
    alteration("with an unknown scope beside its own", &[], |scene, request, _| {
        let own =
            request.param("scope").map_or_else(|| scene.scope_of(scene.actor_key()), |value| Ok(value.expose().to_owned()))?;
        Ok(request.set("scope", format!("{own} {UNKNOWN_SCOPE}")))
    }),
    alteration("with one of its scopes", &[Need::TwoScopes], |scene, request, _| Ok(request.set("scope", scene.one_scope()?))),
    alteration("with two of its scopes in a parameter each", &[Need::TwoScopes], |scene, request, _| {
        let one = scene.one_scope()?;
        let another = scene.actor()?.scopes.iter().find(|scope| **scope != one).cloned();
        let another = another.ok_or_else(|| Halt::blocked("the client has no second scope"))?;
        Ok(request.set("scope", one).twice("scope", another))
    }),
    alteration("with all its scopes", &[], |scene, request, _| Ok(request.set("scope", scene.scope_of(scene.actor_key())?))),
];
