//! What a page asks of its user, and the requests that answer it.

use super::super::errand::Decision;
use super::words;
use super::{Asks, Button, Field, Form, Kind, Page};
use crate::protocol::{Request, Secret, Value};

/// A form that asks who the user is.
pub(super) struct LoginForm<'a> {
    pub form: &'a Form,
    pub username: Option<&'a Field>,
    pub password: Option<&'a Field>,
}

impl Page {
    /// What it asks of its user.
    pub fn asks(&self) -> Asks {
        if let Some(login) = self.login_form() {
            // A field for an address at the foot of a page that asks for more is a newsletter's.
            let aside = login.password.is_none() && self.forms.iter().any(|form| *form != *login.form && form.says_yes_and_no());
            return if aside { Asks::Decision } else { Asks::Login };
        }
        match self.code_form() {
            Some((_, field)) if !field.value.is_empty() && self.can_deny() => Asks::Decision,
            Some(_) => Asks::UserCode,
            None if self.asks_decision() => Asks::Decision,
            None => Asks::Nothing,
        }
    }

    /// The request that answers a login page: whatever it asks of user name and password.
    pub fn log_in(&self, username: &str, password: &Secret) -> Option<Request> {
        self.login_form().map(|login| login.answer(username, password))
    }

    /// Whether a login page asks for the password, and not for the user name alone.
    pub fn wants_password(&self) -> bool {
        self.login_form().is_some_and(|login| login.password.is_some())
    }

    /// As [`log_in`](Self::log_in), with the password also put where a script would have to show its field first.
    pub fn log_in_unveiled(&self, username: &str, password: &Secret) -> Option<Request> {
        let mut login = self.login_form()?;
        login.password = Some(login.form.fields.iter().find(|field| field.kind == Kind::Password && !field.name.is_empty())?);
        Some(login.answer(username, password))
    }

    /// Whether the login page asks for the decision with the same button: then logging in is approving.
    pub fn login_approves(&self) -> bool {
        self.login_form().is_some_and(|login| login.form.says_yes_and_no())
    }

    pub(super) fn login_form(&self) -> Option<LoginForm<'_>> {
        let shown = self.forms.iter().filter(|form| form.shown && !form.searches);
        let with_password = shown.clone().filter_map(|form| {
            let mut passwords = form.open_fields().filter(|field| field.kind == Kind::Password);
            let password = passwords.next()?;
            // Two of them are for choosing a new one.
            let alone = passwords.next().is_none();
            let strange =
                !alone || form.buttons.iter().all(|button| words::leads_astray(&button.text)) && !form.buttons.is_empty();
            Some((
                strange,
                form.open_fields().count(),
                LoginForm { form, username: form.user_name(Some(password)), password: Some(password) },
            ))
        });
        if let Some((_, _, login)) = with_password.filter(|(strange, ..)| !strange).min_by_key(|(_, fields, _)| *fields) {
            return Some(login);
        }
        // A new password to choose, or a password field without a name, is nothing to answer with the user's name alone.
        if shown.clone().any(|form| form.open_fields().any(|field| field.kind == Kind::Password)) {
            return None;
        }
        shown.filter(|form| !form.takes_code()).find_map(|form| {
            let username = form.user_name(None)?;
            let others = form
                .open_fields()
                .filter(|field| field.is_text() && field.name != username.name && field.value.is_empty())
                .count();
            (others == 0).then_some(LoginForm { form, username: Some(username), password: None })
        })
    }

    /// The request that answers a page that asks for a user code; a code that the page fills in itself is kept.
    pub fn enter_code(&self, user_code: Option<&Secret>) -> Option<Request> {
        let (form, field) = self.code_form()?;
        let code = if field.value.is_empty() { Value::from(user_code?) } else { Value::from(&field.value) };
        Some(form.fill(&[(&field.name, code)], form.button_forward()))
    }

    /// Whether the page that asks for a user code holds one already.
    pub fn code_filled_in(&self) -> bool {
        self.code_form().is_some_and(|(_, field)| !field.value.is_empty())
    }

    pub(super) fn code_form(&self) -> Option<(&Form, &Field)> {
        let shown = self.forms.iter().filter(|form| form.shown && !form.searches);
        shown
            .filter(|form| form.open_fields().all(|field| field.kind != Kind::Password))
            .find_map(|form| Some((form, form.code_field()?)))
    }

    /// What the page offers to press, in words for a reader.
    pub fn offer(&self) -> String {
        let buttons = self.forms.iter().flat_map(|form| &form.buttons).map(|button| button.text.as_str());
        let texts: Vec<String> = buttons.filter(|text| !text.is_empty()).take(6).map(|text| format!("{text:?}")).collect();
        let what = if texts.is_empty() {
            "has no button with a text".to_owned()
        } else {
            format!("offers {} only", texts.join(" and "))
        };
        match self.inert.iter().find(|text| matches!(words::decides(text), Some((Decision::Deny, _)))) {
            Some(text) => format!("{} {what}; its button {text:?} needs a script", self.name()),
            None => format!("{} {what}", self.name()),
        }
    }

    /// Whether it says something and leaves its user nothing to answer: what an error page looks like.
    pub fn asks_nothing(&self) -> bool {
        let open = |form: &Form| {
            form.open_fields().any(|field| field.is_text() && field.value.is_empty())
                || form.buttons.iter().any(|button| button.shown && !words::leads_astray(&button.text))
        };
        !self.text.is_empty()
            && !self.forms.iter().any(|form| form.shown && !form.searches && open(form))
            && self.inert.iter().all(|text| words::leads_astray(text))
    }

    /// What the page lacks to be answered, in words for a reader.
    pub fn obstacle(&self) -> String {
        let wanted: Vec<&str> = self
            .forms
            .iter()
            .filter(|form| form.shown && !form.searches)
            .flat_map(Form::open_fields)
            .filter(|field| field.is_text() && field.value.is_empty())
            .map(|field| field.name.as_str())
            .take(6)
            .collect();
        let what = if !wanted.is_empty() {
            format!("it asks for {}", wanted.join(", "))
        } else if self.forms.iter().any(|form| form.shown && !form.buttons.is_empty()) {
            "no button of it is known to approve or deny".to_owned()
        } else if let Some(text) = self.inert.iter().find(|text| !text.is_empty()) {
            format!("its button {text:?} needs a script")
        } else {
            "it holds no form that asks for a login or a decision".to_owned()
        };
        format!("{}: {what}", self.name())
    }
}

impl LoginForm<'_> {
    fn answer(&self, username: &str, password: &Secret) -> Request {
        let mut values = Vec::new();
        if let Some(field) = self.username {
            values.push((field.name.as_str(), Value::from(username)));
        }
        if let Some(field) = self.password {
            values.push((field.name.as_str(), Value::from(password)));
        }
        self.form.fill(&values, self.form.button_forward())
    }
}

impl Form {
    /// The fields that a user can fill in.
    pub(super) fn open_fields(&self) -> impl Iterator<Item = &Field> {
        self.fields.iter().filter(|field| field.shown && !field.read_only && !field.name.is_empty())
    }

    /// The button that a user presses to go on: never one that says no or leads elsewhere.
    pub(super) fn button_forward(&self) -> Option<&Button> {
        let forward = |button: &&Button| {
            let strays = [&button.text, &button.name, &button.value].into_iter().any(|text| words::leads_astray(text));
            button.shown && !strays && !matches!(self.verdict(button), Some((Decision::Deny, _)))
        };
        let mut ways = self.buttons.iter().filter(forward);
        // One that submits of its own accord is better than one that a script has plans with.
        ways.clone().find(|button| !button.scripted).or_else(|| ways.next())
    }

    fn user_name(&self, password: Option<&Field>) -> Option<&Field> {
        let texts = || self.open_fields().filter(|field| matches!(field.kind, Kind::Text | Kind::Email));
        let named = |field: &&Field| field.kind == Kind::Email || words::asks_for_user_name(&field.described());
        let first = texts().find(|field| field.label.to_lowercase().contains("username")).or_else(|| texts().find(named));
        // Beside a password any single line of text is the user's name.
        first.or_else(|| password.and_then(|_| texts().next()))
    }

    fn takes_code(&self) -> bool {
        self.code_field().is_some()
    }

    fn code_field(&self) -> Option<&Field> {
        self.open_fields().filter(|field| field.kind == Kind::Text).find(|field| {
            words::asks_for_user_code(&format!("{} {}", field.name, field.id)) || words::asks_for_user_code(&field.label)
        })
    }
}

impl Field {
    /// Whether text is typed into it.
    pub(super) fn is_text(&self) -> bool {
        match self.kind {
            Kind::Text | Kind::Email | Kind::Password | Kind::Search | Kind::TextArea => true,
            Kind::Hidden | Kind::Checkbox | Kind::Radio | Kind::Choice => false,
        }
    }

    fn described(&self) -> String {
        format!("{} {} {}", self.name, self.id, self.label)
    }
}
