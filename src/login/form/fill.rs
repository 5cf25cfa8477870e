//! The request that a form makes, as a browser would send it.

use url::Url;

use super::{Button, Field, Form, Kind};
use crate::protocol::{Body, Endpoint, Method, Request, Secret, Value};

impl Form {
    /// The request that this button makes (or the Enter key, without one), with these fields filled in and every other as it stands.
    ///
    /// A value for a box, a radio button or a select picks what bears that value. A name that the form lacks is added at the end.
    pub fn fill(&self, values: &[(&str, Value)], button: Option<&Button>) -> Request {
        let given =
            |field: &Field| values.iter().filter(|(name, _)| *name == field.name).map(|(_, value)| value).collect::<Vec<_>>();
        let mut used: Vec<&str> = Vec::new();
        let mut entries: Vec<(String, Value)> = Vec::new();
        for field in self.fields.iter().filter(|field| !field.name.is_empty()) {
            let value = match given(field).as_slice() {
                [] => field.on.then(|| field.sent()),
                given if matches!(field.kind, Kind::Checkbox | Kind::Radio | Kind::Choice) => {
                    given.iter().find(|value| value.expose() == field.value).map(|value| (*value).clone())
                }
                // The first of several fields of one name takes the value, the others stay.
                _ if used.contains(&field.name.as_str()) => Some(field.sent()),
                [value, ..] => Some((*value).clone()),
            };
            used.push(&field.name);
            entries.extend(value.map(|value| (field.name.clone(), value)));
        }
        entries.extend(
            values.iter().filter(|(name, _)| !used.contains(name)).map(|(name, value)| ((*name).to_owned(), value.clone())),
        );
        if let Some(button) = button {
            if button.image {
                let prefix = if button.name.is_empty() { String::new() } else { format!("{}.", button.name) };
                entries.extend(["x", "y"].map(|axis| (format!("{prefix}{axis}"), Value::from("1"))));
            } else if !button.name.is_empty() {
                entries.push((button.name.clone(), Value::from(button.value.as_str())));
            }
        }
        let action = button.and_then(|button| button.action.as_ref()).unwrap_or(&self.action);
        let method = button.and_then(|button| button.method).unwrap_or(self.method);
        self.request(action, method, entries)
    }

    fn request(&self, action: &Url, method: Method, entries: Vec<(String, Value)>) -> Request {
        let mut url = action.clone();
        url.set_fragment(None);
        let mut request = Request::get(Endpoint::Page, &url).method(method);
        if method == Method::Post {
            request.body = Body::Form(entries);
            // Browsers send the origin whenever they post, and some servers refuse a form without it.
            request = request.header("origin", self.page.origin().ascii_serialization());
        } else {
            // A GET form's entries replace the query of its action.
            request.url.set_query(None);
            request.query = entries;
        }
        if self.no_referrer { request } else { request.header("referer", referrer(&self.page, &url)) }
    }
}

impl Field {
    /// The value as it is sent; what looks like a token of the page's is shown by name only.
    fn sent(&self) -> Value {
        let random = self.value.len() >= 16
            && self.value.chars().any(|c| c.is_ascii_digit())
            && self.value.chars().any(|c| c.is_ascii_alphabetic())
            && !self.value.contains(|c: char| c.is_whitespace())
            && !self.value.contains("://");
        // These stand in every report in clear, and a form often repeats them; a user code is hidden by its value, by one name everywhere.
        let public = matches!(
            self.name.as_str(),
            "client_id"
                | "redirect_uri"
                | "scope"
                | "state"
                | "response_type"
                | "nonce"
                | "code_challenge"
                | "user_code"
                | "username"
        );
        let secret = self.kind == Kind::Hidden
            && !public
            && (random || crate::protocol::vault::SECRET_MEMBERS.contains(&self.name.as_str()));
        match secret {
            true if self.name == "code" || self.name.ends_with("_token") && self.name != "csrf_token" => {
                Value::Secret(Secret::new(&self.name, &self.value))
            }
            true => Value::Secret(Secret::chosen(format!("hidden field {}", self.name), &self.value)),
            false => Value::from(self.value.as_str()),
        }
    }
}

/// What a browser tells the target of where it comes from: all of it within an origin, the origin alone beyond.
pub(super) fn referrer(page: &Url, target: &Url) -> String {
    if page.origin() != target.origin() {
        return format!("{}/", page.origin().ascii_serialization());
    }
    let mut page = page.clone();
    page.set_fragment(None);
    page.to_string()
}
