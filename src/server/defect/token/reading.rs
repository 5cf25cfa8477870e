//! The token request as a bad server reads it.

use http::Method;
use http::header::CONTENT_TYPE;

use super::Flaw;
use crate::server::core::message::Request;
use crate::server::defect::Defects;
use crate::server::defect::answer::{Fields as _, form_of, set_form};
use crate::server::endpoints::token::DEVICE_CODE;

/// The token request as this server reads it.
pub(in crate::server::defect) fn before(defects: &Defects, request: &mut Request) {
    if defects.has(Flaw::ServesGetAtToken) && request.method == "GET" {
        request.method = Method::POST;
        request.say_form();
        request.body = std::mem::take(&mut request.query).into_bytes();
    }
    if defects.has(Flaw::ComparesContentTypeLiterally) && request.header("content-type") != Some(FORM) {
        request.headers.remove(CONTENT_TYPE);
    }
    if defects.has(Flaw::AcceptsJsonBodies)
        && request.media_type().is_some_and(|name| name.eq_ignore_ascii_case("application/json"))
    {
        read_json(request);
    }
    if !request.is_form() {
        return;
    }
    let (Some(mut form), Some(query)) = (form_of(&request.body), form_of(request.query.as_bytes())) else { return };
    let before = form.clone();
    for (name, value) in query {
        let is_secret = name == "client_secret";
        let names_client_with_secret = name == "client_id" && request.query.contains("client_secret=");
        let taken = if is_secret || names_client_with_secret {
            defects.has(Flaw::AcceptsSecretInQuery)
        } else {
            defects.has(Flaw::MergesQueryIntoForm)
        };
        match form.iter_mut().find(|(field, _)| *field == name) {
            None if taken => form.push((name, value)),
            Some((_, stands)) if !is_secret && defects.has(Flaw::LetsQueryWinOverForm) => *stands = value,
            Some(_) | None => {}
        }
    }
    if defects.has(Flaw::AcceptsSecretInQuery) && request.query.contains("client_secret=") {
        request.query.clear();
    }
    if defects.has(Flaw::LetsFirstGrantTypeWin) {
        let mut first = true;
        form.retain(|(name, _)| name != "grant_type" || std::mem::take(&mut first));
    }
    if defects.has(Flaw::GuessesMissingGrantType) && !form.is_empty() && form.field("grant_type").is_none_or(str::is_empty) {
        form.retain(|(name, _)| name != "grant_type");
        let guess = if form.field("code").is_some() {
            "authorization_code"
        } else if form.field("refresh_token").is_some() {
            "refresh_token"
        } else if form.field("device_code").is_some() {
            DEVICE_CODE
        } else {
            "client_credentials"
        };
        form.push(("grant_type".to_owned(), guess.to_owned()));
    }
    if defects.has(Flaw::LetsFirstCredentialsWin) {
        for credential in ["client_id", "client_secret"] {
            let mut first = true;
            form.retain(|(name, _)| name != credential || std::mem::take(&mut first));
        }
    }
    if defects.has(Flaw::IgnoresCaseOfGrantType)
        && let Some((_, grant)) = form.iter_mut().find(|(name, _)| name == "grant_type")
    {
        grant.make_ascii_lowercase();
    }
    if form != before {
        set_form(request, &form);
    }
}

const FORM: &str = "application/x-www-form-urlencoded";

fn read_json(request: &mut Request) {
    let Ok(serde_json::Value::Object(members)) = serde_json::from_slice(&request.body) else { return };
    let form: Vec<(String, String)> =
        members.into_iter().filter_map(|(name, value)| Some((name, value.as_str()?.to_owned()))).collect();
    request.say_form();
    set_form(request, &form);
}
