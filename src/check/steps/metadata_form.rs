//! What the published metadata is like: that there is any, the addresses in it, and who may read it.

use serde_json::Value;
use url::{Host, Url};

use super::super::halt::{Fault, Halt, Step};
use super::super::phrase::Phrase;
use super::super::scene::{Heard, Scene};
use super::metadata::{document, fetched, is_looked_for, missing, strings};
use super::tokens::fault;
use crate::protocol::Endpoint;
use crate::provider::WellKnown;
use crate::verdict::Kind;

/// The sentences.
pub static PHRASES: &[Phrase] = &[
    Phrase::act("someone who knows the issuer alone looks for metadata", &[], |s, _| Box::pin(is_looked_for(s))),
    Phrase::judge("some metadata is there", &[], |s, _| Box::pin(is_published(s))),
    Phrase::judge("the issuer is an https address without query and fragment", &[], |s, _| Box::pin(issuer_is_address(s))),
    Phrase::judge("each client authentication by JWT comes with its algorithms", &[], |s, _| Box::pin(names_algorithms(s))),
    Phrase::judge("each address in the metadata is an https one", &[], |s, _| Box::pin(addresses_are_https(s))),
    Phrase::judge("no site of others may read the answer with what its user sends along", &[], |s, _| {
        Box::pin(keeps_credentials_apart(s))
    }),
];

async fn is_published(scene: &mut Scene) -> Step {
    // What names no issuer is a document of something else (RFC 8414 section 2).
    let names_issuer = |heard: &Heard| {
        let document = heard.outcome.as_ref().ok().and_then(document);
        document.is_some_and(|members| members.get("issuer").is_some_and(Value::is_string))
    };
    if scene.chorus.iter().any(names_issuer) {
        return Ok(());
    }
    let expected = "status 200 and a JSON object that names its issuer in one of the well-known places";
    Err(missing(scene, WellKnown::OauthInserted, expected)?.into())
}

/// On this machine nobody listens in between, and test systems do without TLS.
fn is_guarded(address: &Url) -> bool {
    let local = match address.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        None => false,
    };
    address.scheme() == "https" && address.has_host() || address.scheme() == "http" && local
}

async fn issuer_is_address(scene: &mut Scene) -> Step {
    let expected = "issuer as an https URL without query and fragment";
    let document = fetched(scene)?;
    let got = match document.get("issuer") {
        Some(Value::String(issuer)) => match Url::parse(issuer) {
            Ok(_) if issuer.contains(['?', '#']) => format!("issuer {issuer:?}"),
            Ok(address) if is_guarded(&address) => return Ok(()),
            Ok(_) | Err(_) => format!("issuer {issuer:?}"),
        },
        Some(other) => format!("issuer {other}"),
        None => "no issuer".to_owned(),
    };
    Err(fault(scene, Kind::Malformed, expected, &got)?.into())
}

async fn names_algorithms(scene: &mut Scene) -> Step {
    let document = fetched(scene)?;
    let list = |member: &str| document.get(member).and_then(strings);
    for endpoint in ["token", "revocation", "introspection"] {
        let methods = list(&format!("{endpoint}_endpoint_auth_methods_supported")).unwrap_or_default();
        let Some(by_jwt) = methods.iter().find(|method| matches!(**method, "private_key_jwt" | "client_secret_jwt")) else {
            continue;
        };
        let member = format!("{endpoint}_endpoint_auth_signing_alg_values_supported");
        let got = match list(&member) {
            None => format!("{by_jwt} without {member}"),
            Some(algorithms) if algorithms.contains(&"none") => format!("{member} with \"none\""),
            Some(_) => continue,
        };
        let expected = format!("{member}, without \"none\", where {by_jwt} is listed");
        return Err(fault(scene, Kind::Malformed, &expected, &got)?.into());
    }
    Ok(())
}

/// Endpoints and what else is fetched; `revocation_endpoint` is bound to https by name (RFC 7009 section 2).
async fn addresses_are_https(scene: &mut Scene) -> Step {
    let expected = "https in each member that ends in _endpoint or _uri";
    let mut found = 0;
    for heard in &scene.chorus {
        let Some((response, members)) = heard.outcome.as_ref().ok().and_then(|response| Some((response, document(response)?)))
        else {
            continue;
        };
        found += 1;
        let wrong = members.iter().find(|(name, value)| {
            let is_address = name.ends_with("_endpoint") || name.ends_with("_uri");
            is_address && value.as_str().is_none_or(|text| !Url::parse(text).is_ok_and(|address| is_guarded(&address)))
        });
        if let Some((name, value)) = wrong {
            let got: String = format!("{name} {value}").chars().take(200).collect();
            return Err(Fault::of(Kind::Malformed, Endpoint::Metadata, response, expected, got).into());
        }
    }
    if found == 0 { Err(Halt::blocked("no metadata is there")) } else { Ok(()) }
}

/// Whoever is allowed to read it, and with credentials, acts in the name of the user who is logged in.
async fn keeps_credentials_apart(scene: &mut Scene) -> Step {
    let expected = "no Access-Control-Allow-Credentials beside the origin of any site that asks";
    let response = scene.response(expected)?;
    let reflected = response.header("access-control-allow-origin").is_some_and(|origin| origin != "*");
    let credentials = response.header("access-control-allow-credentials").is_some_and(|value| value.trim() == "true");
    if reflected && credentials {
        let got = "Access-Control-Allow-Credentials: true, and the origin of a stranger allowed";
        return Err(fault(scene, Kind::Accepted, expected, got)?.into());
    }
    Ok(())
}
