//! What the user at the browser does with each page: the same decisions as over the wire, carried out by hand.

use std::collections::BTreeMap;

use crate::login::errand::{Decision, Errand, Stop};
use crate::login::form::{Asks, Gesture, Page};
use crate::login::sighting::End;
use crate::protocol::{Secret, Value};

/// Where in the walk a page stands. One that is the same after an answer has not taken it yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Stage {
    pub asks: Asks,
    wants_password: bool,
    loads: usize,
    path: String,
    pub name: String,
}

/// What comes after a look at a page.
pub(super) enum Next {
    Do(Vec<Gesture>),
    End(End),
}

/// The controls that the file's selectors found, by role.
type Picked = BTreeMap<String, u32>;

pub(super) struct User<'a> {
    errand: &'a Errand<'a>,
    sent_username: bool,
    sent_password: bool,
    sent_code: bool,
    decided: bool,
    answered: Vec<Stage>,
}

impl Stage {
    pub fn of(page: &Page, picked: &Picked, loads: usize) -> Self {
        let found = |roles: &[&str]| roles.iter().any(|role| picked.contains_key(*role));
        let asks = if found(&["username", "password"]) {
            Asks::Login
        } else if found(&["user_code"]) {
            Asks::UserCode
        } else if found(&["approve", "deny"]) {
            Asks::Decision
        } else {
            page.asks()
        };
        let wants_password = picked.contains_key("password") || page.wants_password();
        Self { asks, wants_password, loads, path: page.url().path().to_owned(), name: page.name() }
    }
}

impl<'a> User<'a> {
    pub fn new(errand: &'a Errand<'a>) -> Self {
        let answered = Vec::new();
        Self { errand, sent_username: false, sent_password: false, sent_code: false, decided: false, answered }
    }

    pub fn password(&self) -> &'a Secret {
        self.errand.password
    }

    pub fn answer(&mut self, page: &Page, stage: &Stage, picked: &Picked) -> Next {
        let ends_after_decision = self.errand.stop_at == Stop::Decision && self.decided;
        let again = self.answered.contains(stage);
        self.answered.push(stage.clone());
        match stage.asks {
            Asks::Login if ends_after_decision && self.sent_password => Next::End(End::Finished),
            Asks::UserCode if ends_after_decision => Next::End(End::Finished),
            Asks::Login => self.log_in(page, stage, picked),
            Asks::UserCode => self.enter_code(page, picked),
            Asks::Decision if matches!(self.errand.stop_at, Stop::Asked(_)) => Next::End(End::Finished),
            Asks::Decision if again => stuck(format!("{} does not take its answer", page.name())),
            Asks::Decision => {
                let role = match self.errand.decision {
                    Decision::Approve => "approve",
                    Decision::Deny => "deny",
                };
                let by_selector = picked.get(role).map(|mark| vec![Gesture::Press(*mark)]);
                match by_selector.or_else(|| page.decide_by_hand(self.errand.decision)) {
                    Some(gestures) => {
                        self.decided = true;
                        Next::Do(gestures)
                    }
                    None => stuck(format!("nothing to {role} with: {}", page.offer())),
                }
            }
            Asks::Nothing if ends_after_decision => Next::End(End::Finished),
            Asks::Nothing => self.carry_on(page, again, picked),
        }
    }

    fn carry_on(&mut self, page: &Page, again: bool, picked: &Picked) -> Next {
        let forward = picked.get("next").or_else(|| picked.get("submit")).map(|mark| vec![Gesture::Press(*mark)]);
        let forward = forward.or_else(|| page.carry_on_by_hand(self.errand.username));
        match (forward, self.errand.decision) {
            (Some(_), _) if again => stuck(format!("{} does not take its answer", page.name())),
            (Some(gestures), Decision::Approve) => Next::Do(gestures),
            // One button alone may be the approval.
            (Some(_), Decision::Deny) => stuck(format!("nothing to deny with: {}", page.offer())),
            // A server that asks nothing of a user with a code has taken the code for the decision.
            (None, Decision::Approve) if self.errand.stop_at == Stop::Decision && (self.sent_password || self.sent_code) => {
                Next::End(End::Finished)
            }
            (None, _) => stuck(page.obstacle()),
        }
    }

    fn log_in(&mut self, page: &Page, stage: &Stage, picked: &Picked) -> Next {
        if self.sent_password {
            return stuck(format!("the login page came back after the password was sent ({})", page.name()));
        }
        if self.sent_username && !stage.wants_password {
            return stuck(format!("the page that asks for the user name came back after it was sent ({})", page.name()));
        }
        if stage.wants_password && page.login_approves() {
            if self.errand.decision == Decision::Deny {
                return stuck(format!("nothing to deny with: {} logs in and approves with one button", page.name()));
            }
            self.decided = true;
        }
        self.sent_username = true;
        self.sent_password = stage.wants_password;
        let by_hand = page.log_in_by_hand(self.errand.username, self.errand.password).unwrap_or_default();
        let mut gestures = Vec::new();
        let typed = [("username", Value::from(self.errand.username)), ("password", Value::from(self.errand.password))];
        for (role, text) in typed {
            gestures.extend(picked.get(role).map(|mark| Gesture::Type(*mark, text)));
        }
        // What no selector names is found as on any page.
        if gestures.is_empty() {
            gestures.extend(by_hand.iter().filter(|gesture| matches!(gesture, Gesture::Type(..))).cloned());
        }
        let roles: &[&str] = if stage.wants_password { &["submit"] } else { &["next", "submit"] };
        let pressed = roles.iter().find_map(|role| picked.get(*role)).map(|mark| Gesture::Press(*mark));
        let sending = pressed.or_else(|| by_hand.last().filter(|last| !matches!(last, Gesture::Type(..))).cloned());
        let enter = match gestures.last() {
            Some(Gesture::Type(mark, _)) => Some(Gesture::Enter(*mark)),
            Some(Gesture::Set(..) | Gesture::Press(_) | Gesture::Enter(_)) | None => None,
        };
        match sending.or(enter) {
            Some(sending) => {
                gestures.push(sending);
                Next::Do(gestures)
            }
            None => stuck(page.obstacle()),
        }
    }

    fn enter_code(&mut self, page: &Page, picked: &Picked) -> Next {
        // The complete address brings the code along, and the page shows it in its field.
        let code = self.errand.user_code;
        if code.is_none() && !page.code_filled_in() {
            return stuck(format!("{} asks for a code that this errand does not have", page.name()));
        }
        if self.sent_code {
            return stuck(format!("the page that asks for the user code came back after it was sent ({})", page.name()));
        }
        self.sent_code = true;
        if let Some(field) = picked.get("user_code") {
            let sending = picked.get("next").or_else(|| picked.get("submit"));
            let sending = sending.map_or(Gesture::Enter(*field), |mark| Gesture::Press(*mark));
            let typed = code.map(|code| Gesture::Type(*field, Value::from(code)));
            return Next::Do(typed.into_iter().chain([sending]).collect());
        }
        page.enter_code_by_hand(code).map_or_else(|| stuck(page.obstacle()), Next::Do)
    }
}

fn stuck(why: String) -> Next {
    Next::End(End::Stuck { why })
}
