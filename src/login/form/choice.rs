//! How a page lets its user say yes or no: buttons, pairs of radio buttons, boxes for each scope, links.

use super::super::errand::Decision;
use super::words::{self, Strength};
use super::{Button, Field, Form, Kind, Link, Page};
use crate::protocol::{Endpoint, Request};

/// One way to answer a page.
pub(super) struct Way<'a> {
    decision: Decision,
    pub strength: Strength,
    pub act: Act<'a>,
}

pub(super) enum Act<'a> {
    /// Press a button; who approves ticks every box and picks every *allow* before.
    Press { form: &'a Form, button: Option<&'a Button> },
    /// Pick every *deny*, and send that.
    PickNo { form: &'a Form, button: Option<&'a Button> },
    /// Send the form with every box empty: none of what was asked for is granted.
    Empty { form: &'a Form, button: Option<&'a Button> },
    /// Follow a link.
    Follow(&'a Link),
}

impl Page {
    /// The request that answers a page that asks for a decision.
    pub fn decide(&self, decision: Decision) -> Option<Request> {
        let ways = self.ways();
        let way = best(&ways, decision)?;
        let clear = decision == Decision::Deny || self.asks_decision();
        clear.then(|| way.act.request(decision, self))
    }

    /// The request of a page with one way forward and nothing to decide: *Continue*, or the account that bears this name.
    pub fn carry_on(&self, username: &str) -> Option<Request> {
        if let Some(way) = best(&self.ways(), Decision::Approve) {
            return Some(way.act.request(Decision::Approve, self));
        }
        let username = username.to_lowercase();
        let of_user =
            |text: &str| !words::leads_astray(text) && text.to_lowercase().split_whitespace().any(|word| word == username);
        let forms = self.decision_forms().find_map(|form| {
            let button = form.buttons.iter().find(|button| of_user(&button.text) || of_user(&button.value))?;
            Some(form.fill(&[], Some(button)))
        });
        forms.or_else(|| self.links.iter().find(|link| of_user(&link.text)).map(|link| self.follow(link)))
    }

    pub(super) fn asks_decision(&self) -> bool {
        let ways = self.ways();
        best(&ways, Decision::Approve)
            .is_some_and(|way| way.strength == Strength::Strong || best(&ways, Decision::Deny).is_some())
    }

    pub(super) fn can_deny(&self) -> bool {
        best(&self.ways(), Decision::Deny).is_some()
    }

    pub(super) fn decision_forms(&self) -> impl Iterator<Item = &Form> {
        self.forms.iter().filter(|form| form.shown && !form.searches && !form.leads_astray())
    }

    pub(super) fn ways(&self) -> Vec<Way<'_>> {
        let mut ways = Vec::new();
        for form in self.decision_forms() {
            form.ways(&mut ways);
        }
        for link in &self.links {
            if let Some(decision) = link.decides() {
                ways.push(Way { decision, strength: Strength::Weak, act: Act::Follow(link) });
            }
        }
        ways
    }

    fn follow(&self, link: &Link) -> Request {
        let request = Request::get(Endpoint::Page, &link.url);
        if self.hides_referrer() { request } else { request.header("referer", super::fill::referrer(&self.url, &link.url)) }
    }
}

/// The clearest way to this decision; the first of equals.
pub(super) fn best<'w, 'a>(ways: &'w [Way<'a>], decision: Decision) -> Option<&'w Way<'a>> {
    ways.iter().filter(|way| way.decision == decision).rev().max_by_key(|way| way.strength)
}

impl Act<'_> {
    fn request(&self, decision: Decision, page: &Page) -> Request {
        match self {
            Self::Press { form, button } => {
                let mut form = (*form).clone();
                if decision == Decision::Approve {
                    form.tick_all();
                    form.pick_all(Decision::Approve);
                }
                form.fill(&[], *button)
            }
            Self::PickNo { form, button } => {
                let mut form = (*form).clone();
                form.pick_all(Decision::Deny);
                form.fill(&[], *button)
            }
            Self::Empty { form, button } => {
                let mut form = (*form).clone();
                form.untick_all();
                form.fill(&[], *button)
            }
            Self::Follow(link) => page.follow(link),
        }
    }
}

impl Form {
    fn ways<'a>(&'a self, ways: &mut Vec<Way<'a>>) {
        let verdicts =
            || self.buttons.iter().filter(|button| button.shown).filter_map(|button| Some((button, self.verdict(button)?)));
        let both =
            [Decision::Approve, Decision::Deny].into_iter().all(|one| verdicts().any(|(_, (decision, _))| decision == one));
        // A form that wants something typed asks for more than a decision.
        if !both && self.open_fields().any(|field| field.is_text() && field.value.is_empty()) {
            return;
        }
        ways.extend(verdicts().map(|(button, (decision, strength))| Way {
            decision,
            strength,
            act: Act::Press { form: self, button: Some(button) },
        }));
        let (radios, boxes) = (self.has_deciding_radios(), self.fields.iter().any(Field::grants));
        let button = self.button_forward();
        let says = |wanted| verdicts().any(|(_, (decision, _))| decision == wanted);
        if (radios || boxes) && !says(Decision::Approve) && (button.is_some() || self.buttons.is_empty()) {
            let act = Act::Press { form: self, button };
            ways.push(Way { decision: Decision::Approve, strength: Strength::Strong, act });
        }
        if radios {
            ways.push(Way { decision: Decision::Deny, strength: Strength::Weak, act: Act::PickNo { form: self, button } });
        } else if boxes && !says(Decision::Deny) {
            // A page with a box for each scope and no button to say no, or one that only a script can press, is denied by granting nothing.
            ways.push(Way { decision: Decision::Deny, strength: Strength::Faint, act: Act::Empty { form: self, button } });
        }
    }

    /// Whether it has a button for each answer, and not just a step forward beside a *cancel*.
    pub(super) fn says_yes_and_no(&self) -> bool {
        let says = |wanted| self.buttons.iter().any(|button| self.verdict(button) == Some((wanted, Strength::Strong)));
        says(Decision::Approve) && says(Decision::Deny)
    }

    /// What a button decides: by what it says or sends, else, where no button of its form says anything, by what the form is for.
    pub(super) fn verdict(&self, button: &Button) -> Option<(Decision, Strength)> {
        let own = button.decides();
        if own.is_some() || words::leads_astray(&button.text) || self.buttons.iter().any(|other| other.decides().is_some()) {
            return own;
        }
        let action = button.action.as_ref().unwrap_or(&self.action);
        let last = action.path_segments().and_then(|mut segments| segments.next_back()).unwrap_or_default();
        let by_hidden = self.hidden().find_map(|field| words::decides_by_value(&field.name, &field.value));
        by_hidden.or_else(|| [self.id.as_str(), &self.name, last].into_iter().find_map(words::decides))
    }

    fn has_deciding_radios(&self) -> bool {
        let decides = |wanted| {
            let mut choices = self.fields.iter().filter(|field| field.shown && field.kind.is_choice());
            choices.any(|field| field.decides().is_some_and(|(decision, _)| decision == wanted))
        };
        decides(Decision::Approve) && decides(Decision::Deny)
    }

    pub(super) fn tick_all(&mut self) {
        for field in self.fields.iter_mut().filter(|field| field.grants()) {
            field.on = true;
        }
    }

    pub(super) fn untick_all(&mut self) {
        for field in self.fields.iter_mut().filter(|field| field.kind == Kind::Checkbox && !field.read_only) {
            field.on = false;
        }
    }

    /// Picks this answer in every group of radio buttons, or select, that offers yes and no.
    pub(super) fn pick_all(&mut self, decision: Decision) {
        let answers = |field: &Field, wanted| field.kind.is_choice() && field.decides().is_some_and(|(one, _)| one == wanted);
        let names = |wanted| -> Vec<String> {
            self.fields.iter().filter(|field| answers(field, wanted)).map(|field| field.name.clone()).collect()
        };
        let groups: Vec<String> =
            names(Decision::Approve).into_iter().filter(|name| names(Decision::Deny).contains(name)).collect();
        for field in self.fields.iter_mut().filter(|field| field.kind.is_choice() && groups.contains(&field.name)) {
            field.on = answers(field, decision);
        }
    }

    /// Whether each of its buttons leaves, or leads to another way in.
    fn leads_astray(&self) -> bool {
        !self.buttons.is_empty() && self.buttons.iter().all(|button| words::leads_astray(&button.text))
    }
}

impl Button {
    fn decides(&self) -> Option<(Decision, Strength)> {
        if words::leads_astray(&self.text) {
            return None;
        }
        words::decides(&self.text)
            .or_else(|| words::decides_by_value(&self.name, &self.value))
            .or_else(|| [self.value.as_str(), &self.name, &self.id].into_iter().find_map(words::decides))
    }
}

impl Field {
    /// Whether it is a box that grants something, ticked or not.
    fn grants(&self) -> bool {
        self.kind == Kind::Checkbox
            && self.shown
            && !self.name.is_empty()
            && !words::asks_to_remember(&format!("{} {} {}", self.name, self.id, self.label))
    }

    fn decides(&self) -> Option<(Decision, Strength)> {
        words::decides_by_value(&self.name, &self.value)
            .or_else(|| words::decides(&self.value))
            .or_else(|| words::decides(&self.label))
    }
}

impl Link {
    /// Only a short link that says so itself: many a sentence with a link in it says no to something.
    fn decides(&self) -> Option<Decision> {
        let count = words::words(&self.text).len();
        if count > 3 || words::leads_astray(&self.text) {
            return None;
        }
        let by_text = words::decides(&self.text).filter(|(_, strength)| *strength == Strength::Strong);
        let last =
            || self.url.path_segments().and_then(|mut segments| segments.next_back().map(str::to_owned)).unwrap_or_default();
        let by_path = || words::decides(&last()).filter(|(decision, _)| *decision == Decision::Deny);
        by_text.or_else(by_path).map(|(decision, _)| decision)
    }
}
