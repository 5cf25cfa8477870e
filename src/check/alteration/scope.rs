//! Changes to the scope that a request asks for (RFC 6749 section 3.3).

use super::{Alteration, UNKNOWN_SCOPE, alteration, named};
use crate::check::halt::Halt;
use crate::provider::Need;

pub(super) const ALTERATIONS: &[Alteration] = &[
    alteration("with only an unknown scope", &[], |_, request, _| Ok(request.set("scope", UNKNOWN_SCOPE))),
    alteration("with an unknown scope beside its own", &[], |scene, request, _| {
        let own =
            request.param("scope").map_or_else(|| scene.scope_of(scene.actor_key()), |value| Ok(value.expose().to_owned()))?;
        Ok(request.set("scope", format!("{own} {UNKNOWN_SCOPE}")))
    }),
    alteration("with a scope that holds a {word}", &[], |scene, request, args| {
        let own = scene.scope_of(scene.actor_key())?;
        let strange = match args[0].as_str() {
            "quote" => '"',
            "backslash" => '\\',
            "umlaut" => '\u{fc}',
            other => return Err(Halt::blocked(format!("no such character: {other}"))),
        };
        Ok(request.set("scope", format!("{own} flow{strange}proof").trim_start()))
    }),
    alteration("with its scopes in the other order", &[Need::TwoScopes], |scene, request, _| {
        let scopes = scene.scopes_of(scene.actor_key())?;
        Ok(request.set("scope", scopes.iter().rev().map(String::as_str).collect::<Vec<_>>().join(" ")))
    }),
    alteration("with one of its scopes in upper case", &[Need::TwoScopes], |scene, request, _| {
        let upper = scene.one_scope()?.to_ascii_uppercase();
        if scene.actor()?.scopes.contains(&upper) {
            return Err(Halt::NotApplicable(format!("the scope {upper} is the client's as well")));
        }
        Ok(request.set("scope", upper))
    }),
    alteration("with a scope of {client} beside its own", &[], |scene, request, args| {
        let own = scene.scope_of(scene.actor_key())?;
        let other = named(&args[0])?.key;
        let foreign = scene.client(other)?.scopes.iter().find(|scope| !own.split(' ').any(|one| one == scope.as_str()));
        let foreign = foreign.ok_or_else(|| {
            Halt::NotApplicable(format!("needs a scope that only `clients.{other}` may ask for: `clients.{other}.scopes`"))
        })?;
        Ok(request.set("scope", format!("{own} {foreign}")))
    }),
    alteration("with one of its scopes", &[Need::TwoScopes], |scene, request, _| Ok(request.set("scope", scene.one_scope()?))),
    alteration("with two of its scopes in a parameter each", &[Need::TwoScopes], |scene, request, _| {
        let one = scene.one_scope()?;
        let another = scene.scopes_of(scene.actor_key())?.into_iter().find(|scope| *scope != one);
        let another = another.ok_or_else(|| Halt::blocked("the client has no second scope"))?;
        Ok(request.set("scope", one).twice("scope", another))
    }),
    alteration("with all its scopes", &[], |scene, request, _| Ok(request.set("scope", scene.scope_of(scene.actor_key())?))),
];
