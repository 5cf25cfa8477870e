//! What may be shown of an exchange: puts the names of secrets in their place, in whatever way they are spelled.

use std::ops::Range;

use aho_corasick::{AhoCorasick, AhoCorasickKind};

use super::exchange::Response;
use super::secret::Secret;
use super::spelling::Reading;
use super::user_code::UserCodes;

/// How much of a body a report keeps.
const BODY_SHOWN: usize = 4096;

/// A value may be escaped in a URL that is escaped in JSON that is escaped in a page: so many layers are looked through.
const LAYERS: usize = 4;

/// A text that is looked for, and what of it is secret.
#[derive(Clone, Debug)]
pub(super) struct Sought {
    text: String,
    /// The secret within the text.
    place: Range<usize>,
    /// What is shown in the place of it.
    shown: String,
    /// Whether a letter or digit right before it makes it another text, and right behind it.
    alone: (bool, bool),
}

impl Sought {
    /// A spelling of a secret, wherever it stands.
    pub fn anywhere(text: String, secret: &Secret) -> Self {
        Self { place: 0..text.len(), text, shown: secret.to_string(), alone: (false, false) }
    }

    /// A spelling of a secret that is no part of a longer word.
    pub fn alone(text: String, secret: &Secret) -> Self {
        Self { alone: (true, true), ..Self::anywhere(text, secret) }
    }

    /// A spelling of a secret right behind this text, and no part of a longer word.
    pub fn behind(before: &str, text: &str, secret: &Secret) -> Self {
        Self { alone: (false, true), ..Self::between(before, text, "", secret) }
    }

    /// A spelling of a secret between these texts.
    pub fn between(before: &str, text: &str, after: &str, secret: &Secret) -> Self {
        let place = before.len()..before.len() + text.len();
        Self { place, ..Self::anywhere(format!("{before}{text}{after}"), secret) }
    }
}

/// Replaces secrets in texts.
#[derive(Clone, Debug)]
pub struct Masker {
    automaton: AhoCorasick,
    sought: Vec<Sought>,
    codes: UserCodes,
}

impl Masker {
    /// Replaces each of these by the name of its secret.
    pub(super) fn new(sought: Vec<Sought>, codes: UserCodes) -> Self {
        let patterns = sought.iter().map(|one| one.text.as_str());
        // The kind that is made quickest: a masker serves a scenario's few texts, then the next one knows other secrets.
        let kind = Some(AhoCorasickKind::NoncontiguousNFA);
        // A text that no automaton can be made of would have to be longer than any body that is read.
        let automaton = AhoCorasick::builder().kind(kind).build(patterns).expect("secrets are short");
        Self { automaton, sought, codes }
    }

    /// Where secrets stand, and what is shown of each.
    fn found<'a, 't>(&'a self, text: &'t [u8]) -> impl Iterator<Item = (Range<usize>, &'a str)> + use<'a, 't> {
        self.automaton.find_overlapping_iter(text).filter_map(|hit| {
            let one = &self.sought[hit.pattern().as_usize()];
            let is_word = |octet: Option<&u8>| octet.is_some_and(u8::is_ascii_alphanumeric);
            let before = one.alone.0 && is_word(hit.start().checked_sub(1).and_then(|at| text.get(at)));
            let behind = one.alone.1 && is_word(text.get(hit.end()));
            let place = hit.start() + one.place.start..hit.start() + one.place.end;
            (!before && !behind).then_some((place, one.shown.as_str()))
        })
    }

    /// The text with every known secret replaced by its name, as it stands and behind escapes.
    pub fn mask(&self, text: &str) -> String {
        let mut found: Vec<(Range<usize>, &str)> = self.found(text.as_bytes()).collect();
        let mut layer = Reading::behind_escapes(text);
        for _ in 0..LAYERS {
            let Some(reading) = layer else { break };
            found.extend(self.found(reading.octets()).map(|(place, shown)| (reading.place(place), shown)));
            layer = reading.unescaped();
        }
        // The longer of two that begin together first: of those that overlap, one name stands for all that they cover.
        found.sort_by(|(a, _), (b, _)| a.start.cmp(&b.start).then(b.end.cmp(&a.end)));
        let (mut out, mut done) = (String::with_capacity(text.len()), 0);
        for (place, name) in found {
            if place.start >= done {
                out.push_str(&text[done..place.start]);
                out.push_str(name);
            }
            done = done.max(place.end);
        }
        out.push_str(&text[done..]);
        out
    }

    /// The value of a parameter of this name with every known secret replaced.
    pub fn parameter(&self, name: &str, value: &str) -> String {
        self.short_code(name, value).unwrap_or_else(|| self.mask(value))
    }

    /// What is shown of a parameter whose value is a user code that is too short to be looked for anywhere.
    pub(super) fn short_code(&self, name: &str, value: &str) -> Option<String> {
        self.codes.in_parameter(name, value).map(ToString::to_string)
    }

    /// The headers of a response with secrets replaced.
    pub fn headers(&self, response: &Response) -> Vec<(String, String)> {
        response.headers.iter().map(|(name, value)| (name.clone(), self.mask(value))).collect()
    }

    /// The body of a response with secrets replaced, cut to what a report keeps.
    pub fn body(&self, response: &Response) -> String {
        let text = response.text();
        let masked = self.mask(&text);
        let shown = if response.says_html() { mask_random_runs(&masked) } else { masked };
        if shown.len() <= BODY_SHOWN {
            return shown;
        }
        let mut end = BODY_SHOWN;
        while !shown.is_char_boundary(end) {
            end -= 1;
        }
        format!("{}… ({} octets in all)", &shown[..end], response.body.len())
    }
}

/// Replaces long runs of letters and digits in a page or an address: anti-forgery tokens and session identifiers in hidden fields, links and
/// paths.
pub fn mask_random_runs(html: &str) -> String {
    let mut out = String::with_capacity(html.len());
    let mut run = String::new();
    let flush = |run: &mut String, out: &mut String| {
        let random = run.len() >= 20 && run.chars().any(|c| c.is_ascii_digit()) && run.chars().any(|c| c.is_ascii_alphabetic());
        out.push_str(if random { "‹…›" } else { run });
        run.clear();
    };
    for c in html.chars() {
        if c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '~') {
            run.push(c);
        } else {
            flush(&mut run, &mut out);
            out.push(c);
        }
    }
    flush(&mut run, &mut out);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn masker(known: &[(&str, &str)]) -> Masker {
        let sought = known.iter().map(|(name, value)| Sought::anywhere((*value).to_owned(), &Secret::new(name, value)));
        Masker::new(sought.collect(), UserCodes::default())
    }

    #[test]
    fn a_secret_is_replaced_in_every_spelling_that_a_server_may_give_it() {
        let masker = masker(&[("access_token", "s3cr3t/t+k=ü&")]);
        let name = &masker.sought[0].shown;
        for spelled in [
            "s3cr3t/t+k=ü&",
            r"s3cr3t\/t\u002bk\u003d\u00fc\u0026",
            r"s3cr3t\u002Ft+k=\u00FC&",
            "s3cr3t%2Ft%2Bk%3D%C3%BC%26",
            "s3cr3t%252Ft%252Bk%253D%25C3%25BC%2526",
            "s3cr3t&#x2F;t&#43;k&#61;&#252;&amp;",
            r"\u0073\u0033cr3t/t+k=ü&",
        ] {
            assert_eq!(masker.mask(&format!("a {spelled} b")), format!("a {name} b"), "{spelled}");
        }
    }

    #[test]
    fn what_holds_no_secret_stays_as_it_came() {
        let masker = masker(&[("code", "s3cr3t")]);
        let text = r"100% &amp; \u0041 größer %41 ‹code›";
        assert_eq!(masker.mask(text), text);
    }

    #[test]
    fn one_name_stands_for_secrets_that_overlap() {
        let masker = masker(&[("code", "abcdef%3D"), ("code", "abcdef=xyz"), ("code", "xyzuvw")]);
        let names = |at: usize| masker.sought[at].shown.as_str();
        assert_eq!(masker.mask("-abcdef%3Dxyz-"), format!("-{}-", names(1)));
        assert_eq!(masker.mask("-abcdef%3D-"), format!("-{}-", names(0)));
        assert_eq!(masker.mask("-abcdef=xyzuvw-"), format!("-{}-", names(1)));
    }

    #[test]
    fn random_looking_values_in_a_page_are_replaced_and_words_are_not() {
        let page = r#"<input name="authenticity_token" value="a8f5f167f44f4964e6c998dee827110c"><p>internationalisation</p>"#;
        let shown = mask_random_runs(page);
        assert!(
            shown.contains("authenticity_token") && shown.contains("internationalisation") && !shown.contains("a8f5f167"),
            "{shown}"
        );
    }
}
