//! The way of a request through a realm where something is not as it should be: defects, prepared answers, faults; and the journal that notes it.

use super::endpoint::{Endpoint, Surface};
use super::journal::Seen;
use super::message::{Request, Response};
use super::realm::Realm;
use crate::server::{defect, endpoints};

/// Answers a request; from the outside in: the journal, faults, a prepared answer, defects, the endpoint.
pub fn answer(realm: &Realm, endpoint: &Endpoint, request: Request) -> Response {
    let most = realm.config.journal;
    if most == 0 {
        return struck(realm, endpoint, request);
    }
    let began = realm.real_time();
    let seen = Seen::of(realm, endpoint, &request);
    let response = struck(realm, endpoint, request);
    realm.memory.journal.note(seen, &response, realm.real_time().saturating_sub(began), most);
    response
}

fn struck(realm: &Realm, endpoint: &Endpoint, request: Request) -> Response {
    if realm.faults.is_empty() {
        return scripted(realm, endpoint, request);
    }
    let strike = realm.faults.strike(endpoint.surface(), &*realm.random);
    let mut response = strike.instead().unwrap_or_else(|| scripted(realm, endpoint, request));
    strike.befall(&mut response);
    response
}

fn scripted(realm: &Realm, endpoint: &Endpoint, request: Request) -> Response {
    let prepared = if endpoint.surface() == Surface::Token { realm.memory.script.next(&request) } else { None };
    match prepared {
        Some(prepared) => prepared.told(|| bent(realm, endpoint, request)),
        None => bent(realm, endpoint, request),
    }
}

fn bent(realm: &Realm, endpoint: &Endpoint, mut request: Request) -> Response {
    if realm.defects.is_empty() {
        return endpoints::answer(realm, endpoint, &request);
    }
    defect::answer::before(realm, endpoint, &mut request);
    let mut response = endpoints::answer(realm, endpoint, &request);
    defect::answer::after(realm, endpoint, &request, &mut response);
    response
}
