//! A page as a user without scripts can operate it: its forms, buttons and links, and the requests that they make.

mod asks;
mod choice;
mod fill;
mod gesture;
mod reader;
mod script;
#[cfg(test)]
mod tests;
mod text;
mod unseen;
mod words;

pub use gesture::Gesture;
use url::Url;

use crate::protocol::{Method, Response};

/// A page, read.
#[derive(Clone, Debug)]
pub struct Page {
    url: Url,
    title: String,
    text: String,
    forms: Vec<Form>,
    links: Vec<Link>,
    references: Vec<Url>,
    referrer_policy: Option<String>,
    inert: Vec<String>,
    refresh: Option<Url>,
    submits_itself: bool,
}

/// What a page asks of its user.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asks {
    /// Who the user is: user name, password, or both.
    Login,
    /// The user code of a device (RFC 8628 section 3.3).
    UserCode,
    /// Yes or no.
    Decision,
    /// Nothing that a user of this errand could answer.
    Nothing,
}

/// A link of a page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// Where it leads.
    pub url: Url,
    /// Its text.
    pub text: String,
    /// Its `id`, or empty.
    pub id: String,
    /// Its number, where a browser shows the page.
    pub mark: Option<u32>,
}

/// A form of a page, with every control that belongs to it, in document order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Form {
    /// The page that holds it.
    pub page: Url,
    /// Where it is sent, resolved.
    pub action: Url,
    /// Its action as it was written, or empty.
    pub raw_action: String,
    /// GET or POST.
    pub method: Method,
    /// Its `id`, or empty.
    pub id: String,
    /// Its `name`, or empty.
    pub name: String,
    /// Its fields.
    pub fields: Vec<Field>,
    /// Its buttons that submit.
    pub buttons: Vec<Button>,
    /// Whether a user sees it.
    pub shown: bool,
    /// Whether it says that it is for searching.
    pub searches: bool,
    /// Whether its page asks browsers not to name it in `Referer`.
    pub no_referrer: bool,
}

/// What kind of control a field is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A line of text of any type that has no kind of its own here.
    Text,
    /// `type=email`
    Email,
    /// `type=password`
    Password,
    /// `type=hidden`
    Hidden,
    /// `type=search`
    Search,
    /// `type=checkbox`
    Checkbox,
    /// `type=radio`
    Radio,
    /// `<select>`; one field for each option.
    Choice,
    /// `<textarea>`
    TextArea,
}

impl Kind {
    /// Whether one of several of a name is picked.
    fn is_choice(self) -> bool {
        match self {
            Self::Radio | Self::Choice => true,
            Self::Text | Self::Email | Self::Password | Self::Hidden | Self::Search | Self::Checkbox | Self::TextArea => false,
        }
    }
}

/// One control of a form; an option of a `<select>` counts as one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    /// Its `name`, or empty: then it is never sent.
    pub name: String,
    /// What it is.
    pub kind: Kind,
    /// Its value as the page fills it in.
    pub value: String,
    /// Its `id`, or empty.
    pub id: String,
    /// The words that describe it: label, placeholder, `aria-label`, `autocomplete`.
    pub label: String,
    /// Whether it is sent as it stands: text always, boxes when checked, options when selected.
    pub on: bool,
    /// Whether a user sees it.
    pub shown: bool,
    /// Whether the form cannot be sent with it empty.
    pub required: bool,
    /// Whether a user cannot change it.
    pub read_only: bool,
    /// Its number, where a browser shows the page.
    pub mark: Option<u32>,
}

/// One button that submits a form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Button {
    /// Its `name`, or empty: then it adds nothing to what is sent.
    pub name: String,
    /// Its value.
    pub value: String,
    /// Its text.
    pub text: String,
    /// Its `id`, or empty.
    pub id: String,
    /// `formaction`, resolved.
    pub action: Option<Url>,
    /// `formmethod`
    pub method: Option<Method>,
    /// Whether it is an image, which sends coordinates in place of a value.
    pub image: bool,
    /// Whether a user sees it.
    pub shown: bool,
    /// Its number, where a browser shows the page.
    pub mark: Option<u32>,
    /// Whether only a script makes it do something, where a browser shows the page.
    pub scripted: bool,
}

impl Page {
    /// Reads the page that came for this URL; what is no HTML is a page without forms.
    pub fn read(url: &Url, response: &Response) -> Self {
        reader::read(url, response)
    }

    /// Where it was found.
    pub fn url(&self) -> &Url {
        &self.url
    }

    /// Its title, else its first heading, else empty.
    pub fn title(&self) -> &str {
        &self.title
    }

    /// The page by its title, for a reader: `a page titled "Sign in"`.
    pub fn name(&self) -> String {
        let title: String = self.title.chars().filter(|c| !c.is_control()).take(60).collect();
        if title.is_empty() { "a page without a title".to_owned() } else { format!("a page titled {title:?}") }
    }

    /// The text that a user reads, white space collapsed; what stands in fields is not part of it.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Its forms, in document order.
    pub fn forms(&self) -> &[Form] {
        &self.forms
    }

    /// Its links, in document order.
    pub fn links(&self) -> &[Link] {
        &self.links
    }

    /// Every URL that it loads (scripts, styles, images, frames), none of which was fetched.
    pub fn references(&self) -> &[Url] {
        &self.references
    }

    /// Its referrer policy, by `meta` or else by header.
    pub fn referrer_policy(&self) -> Option<&str> {
        self.referrer_policy.as_deref()
    }

    fn hides_referrer(&self) -> bool {
        self.referrer_policy().is_some_and(|policy| policy.trim().eq_ignore_ascii_case("no-referrer"))
    }

    /// The form that goes on by itself: nothing in it is for a user, and a script or the page's loading submits it.
    pub fn form_that_submits_itself(&self) -> Option<&Form> {
        let mut forms = self.forms.iter().filter(|form| form.fields.iter().all(|field| field.kind == Kind::Hidden));
        let form = forms.next().filter(|_| self.submits_itself)?;
        // Two such forms, or a way to say no, make it a question whose scripts only serve the buttons.
        (forms.next().is_none() && form.buttons.len() < 2 && !self.can_deny()).then_some(form)
    }

    /// Where it leads by itself after a while.
    pub fn refresh(&self) -> Option<&Url> {
        self.refresh.as_ref()
    }
}

impl Form {
    /// The first field of this name.
    pub fn field(&self, name: &str) -> Option<&Field> {
        self.fields.iter().find(|field| field.name == name)
    }

    /// The hidden fields: what binds the form to its page and session stands here.
    pub fn hidden(&self) -> impl Iterator<Item = &Field> {
        self.fields.iter().filter(|field| field.kind == Kind::Hidden)
    }
}
