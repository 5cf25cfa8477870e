//! Walks through the pages: one request after the other, each answer read for what it is, until the errand ends.

use super::errand::Errand;
use super::sighting::{End, Sighting};
use crate::protocol::Request;
use crate::wire::{Jar, Tape, Wire};

/// Walks through the provider's pages as this user, and stops where the errand says.
pub async fn run(wire: &Wire, tape: &Tape, jar: &mut Jar, errand: &Errand<'_>) -> Sighting {
    look(wire, tape, jar, errand.start.clone(), errand.stop_at.uris()).await
}

/// Follows redirects only and operates nothing: ends at the first page, at one of these URIs (never fetched), or outside.
pub async fn look(wire: &Wire, tape: &Tape, jar: &mut Jar, start: Request, stop_at: &[&str]) -> Sighting {
    let _ = stop_at;
    let request = jar.attach(start);
    match wire.send(tape, &request).await {
        Ok(response) => {
            jar.keep(&request.target(), &response);
            Sighting { hops: Vec::new(), end: End::Stuck { why: "pages are not operated yet".to_owned() } }
        }
        Err(failure) => Sighting { hops: Vec::new(), end: End::Failed(failure) },
    }
}
