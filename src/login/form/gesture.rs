//! The same answers by hand: what a user at a real browser types, ticks and presses.

use super::super::errand::Decision;
use super::choice::{Act, best};
use super::words;
use super::{Button, Field, Form, Page};
use crate::protocol::{Secret, Value};

/// One thing that a user does to a control, which bears this number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Gesture {
    /// Types into a field, in place of what stands there.
    Type(u32, Value),
    /// Ticks a box, picks a radio button or an option; or leaves it empty.
    Set(u32, bool),
    /// Presses a button, follows a link.
    Press(u32),
    /// Presses the Enter key in a field.
    Enter(u32),
}

impl Page {
    /// Answers a login page, as [`log_in`](Self::log_in) does.
    pub fn log_in_by_hand(&self, username: &str, password: &Secret) -> Option<Vec<Gesture>> {
        let login = self.login_form()?;
        let mut gestures = Vec::new();
        if let Some(mark) = login.username.and_then(|field| field.mark) {
            gestures.push(Gesture::Type(mark, Value::from(username)));
        }
        if let Some(mark) = login.password.and_then(|field| field.mark) {
            gestures.push(Gesture::Type(mark, Value::from(password)));
        }
        gestures.push(login.form.sending(login.form.button_forward())?);
        Some(gestures)
    }

    /// Answers a page that asks for a user code, as [`enter_code`](Self::enter_code) does.
    pub fn enter_code_by_hand(&self, user_code: Option<&Secret>) -> Option<Vec<Gesture>> {
        let (form, field) = self.code_form()?;
        let typed = field.value.is_empty().then(|| Some(Gesture::Type(field.mark?, Value::from(user_code?)))).flatten();
        let mut gestures: Vec<Gesture> = typed.into_iter().collect();
        gestures.push(form.sending(form.button_forward())?);
        Some(gestures)
    }

    /// Answers a page that asks for a decision, as [`decide`](Self::decide) does.
    pub fn decide_by_hand(&self, decision: Decision) -> Option<Vec<Gesture>> {
        let ways = self.ways();
        let way = best(&ways, decision)?;
        let clear = decision == Decision::Deny || self.asks_decision();
        clear.then(|| way.act.by_hand(decision)).flatten()
    }

    /// Goes on from a page with nothing to decide, as [`carry_on`](Self::carry_on) does.
    pub fn carry_on_by_hand(&self, username: &str) -> Option<Vec<Gesture>> {
        if let Some(way) = best(&self.ways(), Decision::Approve) {
            return way.act.by_hand(Decision::Approve);
        }
        let username = username.to_lowercase();
        let of_user =
            |text: &str| !words::leads_astray(text) && text.to_lowercase().split_whitespace().any(|word| word == username);
        let mut buttons = self.decision_forms().flat_map(|form| &form.buttons);
        let button = buttons.find(|button| of_user(&button.text) || of_user(&button.value)).and_then(|button| button.mark);
        let mark = button.or_else(|| self.links.iter().find(|link| of_user(&link.text))?.mark)?;
        Some(vec![Gesture::Press(mark)])
    }
}

impl Act<'_> {
    fn by_hand(&self, decision: Decision) -> Option<Vec<Gesture>> {
        let (form, button, change): (_, _, fn(&mut Form)) = match self {
            Self::Press { form, button } if decision == Decision::Approve => (form, button, |form| {
                form.tick_all();
                form.pick_all(Decision::Approve);
            }),
            Self::Press { form, button } => (form, button, |_| {}),
            Self::PickNo { form, button } => (form, button, |form| form.pick_all(Decision::Deny)),
            Self::Empty { form, button } => (form, button, Form::untick_all),
            Self::Follow(link) => return Some(vec![Gesture::Press(link.mark?)]),
        };
        let mut after = (*form).clone();
        change(&mut after);
        // A radio button is left by picking another.
        let moved = |(before, after): (&Field, &Field)| {
            let moves = before.on != after.on && (after.on || !after.kind.is_choice());
            moves.then_some(Gesture::Set(after.mark?, after.on))
        };
        let mut gestures: Vec<Gesture> = form.fields.iter().zip(&after.fields).filter_map(moved).collect();
        gestures.push(form.sending(*button)?);
        Some(gestures)
    }
}

impl Form {
    /// What sends it: the button, or the Enter key in its last field.
    fn sending(&self, button: Option<&Button>) -> Option<Gesture> {
        match button.and_then(|button| button.mark) {
            Some(mark) => Some(Gesture::Press(mark)),
            None => self.open_fields().filter(|field| field.is_text()).filter_map(|field| field.mark).last().map(Gesture::Enter),
        }
    }
}
