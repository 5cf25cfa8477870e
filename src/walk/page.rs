//! One hop of the login driver, told so that the author of a recipe sees what there is to cut: titles, forms, fields and cookies by name, no value.

use url::Url;

use crate::login::form::{Form, Kind};
use crate::login::{Hop, Role};
use crate::protocol::Body;

/// A request of a page, and what came back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HopSeen {
    /// Which, counted from 1.
    pub number: usize,
    /// The method.
    pub method: &'static str,
    /// The address without its query.
    pub url: String,
    /// The names of what was sent: query and form.
    pub sent: Vec<String>,
    /// The names of the cookies that were sent.
    pub cookies_sent: Vec<String>,
    /// The status.
    pub status: u16,
    /// What the answer is for.
    pub role: &'static str,
    /// Where it leads, without a query.
    pub leads_to: Option<String>,
    /// The page's title.
    pub title: Option<String>,
    /// Its forms.
    pub forms: Vec<FormSeen>,
    /// How many scripts, styles and images it would load.
    pub loads: usize,
    /// The members of a JSON answer, by pointer.
    pub members: Vec<String>,
    /// The names of the cookies that were set.
    pub cookies_set: Vec<String>,
}

/// A form of a page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FormSeen {
    /// The method.
    pub method: &'static str,
    /// The address that it is sent to, without its query.
    pub action: String,
    /// Its fields, each with its kind.
    pub fields: Vec<String>,
    /// Its buttons.
    pub buttons: Vec<String>,
}

/// How many members of a JSON answer are named.
const MEMBERS_SHOWN: usize = 40;

impl HopSeen {
    /// What is told of a hop; `mask` hides what is secret in an address.
    pub(super) fn of(number: usize, hop: &Hop, mask: &dyn Fn(&str) -> String) -> Self {
        let (role, leads_to) = match &hop.role {
            Role::Redirect { to } => ("redirect", Some(mask(&bare(to)))),
            Role::LoginPage => ("login page", None),
            Role::ConsentPage => ("consent page", None),
            Role::UserCodePage => ("page for the user code", None),
            Role::RelayPage => ("page that goes on by itself", None),
            Role::OtherPage => ("another page", None),
            Role::ErrorPage => ("error page", None),
        };
        let page = hop.response.says_html().then(|| hop.page());
        let json = hop.response.says_json().then(|| hop.response.json()).flatten();
        let mut members = Vec::new();
        if let Some(json) = &json {
            pointers(json, "", &mut members);
        }
        Self {
            number,
            method: hop.method.as_str(),
            url: mask(&bare(&hop.url)),
            sent: sent(hop),
            cookies_sent: hop
                .request
                .headers
                .iter()
                .filter(|(name, _)| name == "cookie")
                .flat_map(|(_, value)| cookie_names(value.expose()))
                .collect(),
            status: hop.status,
            role: if json.is_some() && leads_to.is_none() { "JSON" } else { role },
            leads_to,
            title: page.as_ref().map(|page| mask(page.title())).filter(|title| !title.is_empty()),
            forms: page.iter().flat_map(|page| page.forms()).map(|form| FormSeen::of(form, mask)).collect(),
            loads: page.as_ref().map_or(0, |page| page.references().len()),
            members,
            cookies_set: hop
                .response
                .header_values("set-cookie")
                .filter_map(|cookie| cookie_names(cookie).into_iter().next())
                .collect(),
        }
    }
}

impl FormSeen {
    fn of(form: &Form, mask: &dyn Fn(&str) -> String) -> Self {
        let fields = form.fields.iter().filter(|field| !field.name.is_empty());
        let mut fields: Vec<String> = fields.map(|field| format!("{} ({})", field.name, kind(field.kind))).collect();
        // An option of a choice is a field of its own.
        fields.dedup();
        let buttons = form.buttons.iter().map(|button| match (button.text.as_str(), button.name.as_str()) {
            ("", name) => name.to_owned(),
            (text, "") => format!("{text:?}"),
            (text, name) => format!("{text:?} ({name}={})", button.value),
        });
        Self {
            method: form.method.as_str(),
            action: mask(&bare(&form.action)),
            fields,
            buttons: buttons.map(|button| mask(&button)).collect(),
        }
    }
}

fn kind(kind: Kind) -> &'static str {
    match kind {
        Kind::Text => "text",
        Kind::Email => "email",
        Kind::Password => "password",
        Kind::Hidden => "hidden",
        Kind::Search => "search",
        Kind::Checkbox => "checkbox",
        Kind::Radio => "radio",
        Kind::Choice => "select",
        Kind::TextArea => "textarea",
    }
}

fn sent(hop: &Hop) -> Vec<String> {
    let mut names: Vec<String> = hop.url.query_pairs().map(|(name, _)| name.into_owned()).collect();
    match &hop.request.body {
        Body::Empty => {}
        Body::Form(form) => names.extend(form.iter().map(|(name, _)| name.clone())),
        Body::Raw { octets, .. } => {
            if let Ok(json) = serde_json::from_slice(octets) {
                pointers(&json, "", &mut names);
            }
        }
    }
    names
}

fn cookie_names(pairs: &str) -> Vec<String> {
    pairs.split(';').filter_map(|pair| pair.split_once('=')).map(|(name, _)| name.trim().to_owned()).collect()
}

fn pointers(json: &serde_json::Value, at: &str, found: &mut Vec<String>) {
    use serde_json::Value;
    match json {
        _ if found.len() >= MEMBERS_SHOWN => {}
        Value::Object(members) => members.iter().for_each(|(name, value)| {
            pointers(value, &format!("{at}/{}", name.replace('~', "~0").replace('/', "~1")), found);
        }),
        Value::Array(items) => {
            items.iter().enumerate().for_each(|(number, value)| pointers(value, &format!("{at}/{number}"), found))
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => found.push(at.to_owned()),
    }
}

/// A URL without query and fragment.
pub(super) fn bare(url: &Url) -> String {
    let mut bare = url.clone();
    bare.set_query(None);
    bare.set_fragment(None);
    bare.into()
}
