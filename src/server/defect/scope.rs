//! Bugs in what an authorization request may ask for: the grammar of a scope, its order and case, its default, and the limits of the client.

use super::Defects;
use crate::server::config::ClientConfig;
use crate::server::core::message::Response;
use crate::server::core::realm::Realm;
use crate::server::core::scope::Scopes;

table! { Scope;
    /// Answers `invalid_request` to an authorization request without `scope`.
    DemandsScope violates ["scope-omitted-default-or-error"];
    /// Grants a scope with characters that no scope has, as it stands.
    GrantsMalformedScopes violates ["scope-malformed-invalid-scope"];
    /// Compares the scope as one string with the registered one, and refuses the same scopes in another order.
    ComparesScopeAsOneString violates ["scope-order-irrelevant"];
    /// Compares scopes without regard to the case of their letters.
    IgnoresScopeCase violates ["scope-case-sensitive"];
    /// Leaves `scope` out of the token answer for a code when the token has all that the client may have, asked for or not.
    OmitsDefaultScope violates ["scope-response-when-different"];
    /// Grants a client every scope that the server knows.
    IgnoresScopesOfTheClient violates ["scope-of-client-limit-enforced"];
}

/// What a request without scope asks for: the default, or nothing that the server would serve.
pub fn default(defects: &Defects, default: Scopes) -> Option<Scopes> {
    if defects.has(Flaw::DemandsScope) { None } else { Some(default) }
}

/// What a scope outside the grammar asks for: nothing.
pub fn malformed(defects: &Defects, given: &str) -> Option<Scopes> {
    let names: Vec<&str> = given.split(' ').filter(|name| !name.is_empty()).collect();
    defects.has(Flaw::GrantsMalformedScopes).then(|| Scopes::of(&names))
}

/// Whether the client may ask for these scopes.
pub fn allowed(realm: &Realm, requested: &Scopes, allowed: &Scopes, sound: bool) -> bool {
    let defects = &realm.defects;
    if defects.is_empty() {
        return sound;
    }
    let knows = |limit: &Scopes, name: &str| limit.iter().any(|scope| scope.eq_ignore_ascii_case(name));
    let sorted = |scopes: &Scopes| {
        let places: Vec<_> = scopes.iter().map(|name| allowed.iter().position(|known| known == name)).collect();
        places.is_sorted()
    };
    sound && (sorted(requested) || !defects.has(Flaw::ComparesScopeAsOneString))
        || defects.has(Flaw::IgnoresScopeCase) && requested.iter().all(|name| knows(allowed, name))
        || defects.has(Flaw::IgnoresScopesOfTheClient) && requested.is_within(&realm.scopes())
}

/// The token answer for a code.
pub fn told(defects: &Defects, client: &ClientConfig, scopes: &Scopes, mut response: Response) -> Response {
    if defects.has(Flaw::OmitsDefaultScope) && Scopes::of(&client.scopes).is_within(scopes) {
        response.drop_member("scope");
    }
    response
}
