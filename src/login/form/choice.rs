//! How a page lets its user say yes or no: buttons, pairs of radio buttons, boxes for each scope, links.

use super::super::errand::Decision;
use super::words::{self, Strength};
use super::{Button, Form, Kind, Link, Page};
use crate::protocol::{Endpoint, Request};

/// One way to answer a page.
struct Way<'a> {
    decision: Decision,
    strength: Strength,
    act: Act<'a>,
}

enum Act<'a> {
    /// Send the form, with boxes and radio buttons set for the decision.
    Send { form: &'a Form, button: Option<&'a Button>, radio: Option<(&'a str, &'a str)> },
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

    fn decision_forms(&self) -> impl Iterator<Item = &Form> {
        self.forms.iter().filter(|form| form.shown && !form.searches && !form.leads_astray())
    }

    fn ways(&self) -> Vec<Way<'_>> {
        let mut ways = Vec::new();
        for form in self.decision_forms() {
            form.ways(&mut ways);
        }
        let denies_by_script = self.inert.iter().any(|text| matches!(words::decides(text), Some((Decision::Deny, _))));
        for form in self.decision_forms().filter(|form| form.grants().next().is_some()) {
            let button = form.button_forward();
            let mut add = |decision, strength, act| ways.push(Way { decision, strength, act });
            if button.is_some_and(|button| form.verdict(button).is_none()) || form.buttons.is_empty() {
                add(Decision::Approve, Strength::Strong, Act::Send { form, button, radio: None });
            }
            // A page with a box for each scope and no button to say no (or one that only a script can press) is denied by granting nothing.
            let can_deny = form.buttons.iter().any(|button| matches!(form.verdict(button), Some((Decision::Deny, _))));
            if !can_deny && (denies_by_script || !form.has_deciding_radios()) {
                add(Decision::Deny, Strength::Weak, Act::Empty { form, button });
            }
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
fn best<'w, 'a>(ways: &'w [Way<'a>], decision: Decision) -> Option<&'w Way<'a>> {
    ways.iter().filter(|way| way.decision == decision).rev().max_by_key(|way| way.strength)
}

impl Act<'_> {
    fn request(&self, decision: Decision, page: &Page) -> Request {
        match self {
            Self::Send { form, button, radio } => {
                let mut form = (*form).clone();
                if decision == Decision::Approve {
                    form.tick_all();
                }
                if let Some((name, value)) = radio {
                    form.pick(name, value);
                }
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
        let deny_button = verdicts().any(|(_, (decision, _))| decision == Decision::Deny);
        for field in self.fields.iter().filter(|field| field.shown && matches!(field.kind, Kind::Radio | Kind::Choice)) {
            if let Some((decision, strength)) = field.decides()
                && self.has_deciding_radios()
                && !deny_button
            {
                let act = Act::Send { form: self, button: self.button_forward(), radio: Some((&field.name, &field.value)) };
                ways.push(Way { decision, strength: strength.max(Strength::Strong), act });
            }
        }
        if deny_button || !self.has_deciding_radios() {
            ways.extend(verdicts().map(|(button, (decision, strength))| Way {
                decision,
                strength,
                act: Act::Send { form: self, button: Some(button), radio: None },
            }));
        }
    }

    /// What a button decides: by what it says, else by what it sends, else by what its form is for.
    pub(super) fn verdict(&self, button: &Button) -> Option<(Decision, Strength)> {
        if words::leads_astray(&button.text) {
            return None;
        }
        words::decides(&button.text)
            .or_else(|| words::decides_by_value(&button.name, &button.value))
            .or_else(|| words::decides(&button.value))
            .or_else(|| words::decides(&button.name))
            .or_else(|| words::decides(&button.id))
            .or_else(|| self.hidden().find_map(|field| words::decides_by_value(&field.name, &field.value)))
            .or_else(|| words::decides(&self.id).or_else(|| words::decides(&self.name)))
            .or_else(|| {
                let action = button.action.as_ref().unwrap_or(&self.action);
                words::decides(action.path_segments().and_then(|mut segments| segments.next_back()).unwrap_or_default())
            })
    }

    fn has_deciding_radios(&self) -> bool {
        let decisions: Vec<Decision> = self
            .fields
            .iter()
            .filter(|field| field.shown && matches!(field.kind, Kind::Radio | Kind::Choice))
            .filter_map(|field| field.decides().map(|(decision, _)| decision))
            .collect();
        decisions.contains(&Decision::Approve) && decisions.contains(&Decision::Deny)
    }

    /// The boxes that grant something, ticked or not.
    fn grants(&self) -> impl Iterator<Item = &super::Field> {
        self.fields.iter().filter(|field| field.grants())
    }

    fn tick_all(&mut self) {
        for field in self.fields.iter_mut().filter(|field| field.grants()) {
            field.on = true;
        }
    }

    fn untick_all(&mut self) {
        for field in self.fields.iter_mut().filter(|field| field.kind == Kind::Checkbox && !field.read_only) {
            field.on = false;
        }
    }

    fn pick(&mut self, name: &str, value: &str) {
        for field in self.fields.iter_mut().filter(|field| field.name == name && matches!(field.kind, Kind::Radio | Kind::Choice))
        {
            field.on = field.value == value;
        }
    }

    /// Whether each of its buttons leaves, or leads to another way in.
    fn leads_astray(&self) -> bool {
        !self.buttons.is_empty() && self.buttons.iter().all(|button| words::leads_astray(&button.text))
    }
}

impl super::Field {
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
