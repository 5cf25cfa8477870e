//! Where the provider's metadata is, whether it names the issuer, and what it lacks.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::diagnosis::{Remark, Sign, Topic};
use super::reach;
use crate::protocol::answer::describe;
use crate::provider::{Client, Grant, Seen, Target};

/// What there is to say of every place, and of the document that is used.
pub(super) fn remarks(target: &Target) -> Vec<Remark> {
    let mut remarks: Vec<Remark> = target.metadata.seen.iter().map(|seen| place(target, seen)).collect();
    match &target.metadata.document {
        None => remarks.push(
            Remark::new(Topic::Metadata, Sign::Doubt, "endpoints", "there is no metadata; they come from the provider file")
                .way_out("correct `issuer:` if the provider has metadata; see the places above"),
        ),
        Some(document) => {
            remarks.extend(lacks(document));
            remarks.extend(unnamed_grants(document, target));
        }
    }
    let known: Vec<&str> = reach::named(&target.endpoints).map(|(key, ..)| key).collect();
    remarks.push(Remark::new(Topic::Metadata, Sign::Fine, "endpoints", known.join(", ")));
    remarks
}

fn place(target: &Target, seen: &Seen) -> Remark {
    let used = target.metadata.from.as_ref() == Some(&seen.url);
    let subject = if used { "used" } else { "also" };
    let path = seen.url.path();
    let Some(document) = seen.document() else {
        let came = match &seen.response {
            Ok(response) if response.status == 404 => "nothing there".to_owned(),
            Ok(response) => describe(response),
            Err(failure) => failure.to_string(),
        };
        return Remark::new(Topic::Metadata, Sign::Note, "looked", format!("{path}: {came}"));
    };
    let issuer = &target.provider.issuer;
    match document.get("issuer").and_then(Value::as_str) {
        Some(named) if named == issuer => Remark::new(Topic::Metadata, Sign::Fine, subject, path),
        Some(named) => Remark::new(
            Topic::Metadata,
            Sign::Doubt,
            subject,
            format!("{path}: names the issuer {named:?}, the provider file says {issuer:?}"),
        )
        .way_out(format!("set `issuer: {named}` if that is whom you mean; if not, a check will say so")),
        None => Remark::new(Topic::Metadata, Sign::Doubt, subject, format!("{path}: names no issuer"))
            .way_out("none in the configuration; a check will say so"),
    }
}

/// Members whose absence changes what flowproof asks, with what to do.
const MEMBERS: [(&str, &str); 4] = [
    ("authorization_endpoint", "endpoints.authorization"),
    ("token_endpoint", "endpoints.token"),
    ("revocation_endpoint", "endpoints.revocation"),
    ("introspection_endpoint", "endpoints.introspection"),
];

fn lacks(document: &Map<String, Value>) -> Option<Remark> {
    let missing: Vec<(&str, &str)> = MEMBERS.into_iter().filter(|(member, _)| !document.contains_key(*member)).collect();
    let names: Vec<&str> = missing.iter().map(|(member, _)| *member).collect();
    let keys: Vec<String> = missing.iter().map(|(_, key)| format!("`{key}:`")).collect();
    (!missing.is_empty()).then(|| {
        Remark::new(Topic::Metadata, Sign::Note, "lacks", names.join(", "))
            .way_out(format!("if the provider has it, set {} in the provider file", keys.join(", ")))
    })
}

/// Grants that the file gives to clients and the metadata does not name.
fn unnamed_grants(document: &Map<String, Value>, target: &Target) -> Option<Remark> {
    let named = document.get("grant_types_supported")?.as_array()?;
    let names = |grant: Grant| named.iter().any(|one| one == grant.grant_type());
    let clients = target.provider.clients.values();
    let unnamed: BTreeSet<&str> = clients
        .flat_map(|client: &Client| client.grants.iter())
        .filter(|grant| !names(**grant))
        .map(|grant| grant.name())
        .collect();
    let unnamed: Vec<&str> = unnamed.into_iter().collect();
    (!unnamed.is_empty()).then(|| {
        Remark::new(
            Topic::Metadata,
            Sign::Doubt,
            "grants",
            format!("`grant_types_supported` does not name {}", unnamed.join(", ")),
        )
        .way_out("switch the grant on at the provider, or take it out of `grants:` of its clients")
    })
}
