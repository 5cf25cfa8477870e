//! What may be shown of an exchange: puts the names of secrets in their place, in whatever way they are spelled.

use std::ops::Range;

use aho_corasick::{AhoCorasick, AhoCorasickKind, MatchKind};

use super::exchange::Response;
use super::secret::Secret;
use super::spelling::Reading;

/// How much of a body a report keeps.
const BODY_SHOWN: usize = 4096;

/// A value may be escaped in a URL that is escaped in JSON that is escaped in a page: so many layers are looked through.
const LAYERS: usize = 4;

/// Replaces secrets in texts.
#[derive(Clone, Debug)]
pub struct Masker {
    automaton: AhoCorasick,
    names: Vec<String>,
}

impl Masker {
    /// Replaces each of these values by the name of its secret.
    pub(super) fn new(known: &[(String, Secret)]) -> Self {
        let patterns = known.iter().map(|(value, _)| value.as_str());
        // The kind that is made quickest: a masker serves a scenario's few texts, then the next one knows other secrets.
        let kind = Some(AhoCorasickKind::NoncontiguousNFA);
        // A text that no automaton can be made of would have to be longer than any body that is read.
        let automaton =
            AhoCorasick::builder().kind(kind).match_kind(MatchKind::LeftmostLongest).build(patterns).expect("secrets are short");
        Self { automaton, names: known.iter().map(|(_, secret)| secret.to_string()).collect() }
    }

    /// The text with every known secret replaced by its name, as it stands and behind escapes.
    pub fn mask(&self, text: &str) -> String {
        let name = |pattern: aho_corasick::PatternID| self.names[pattern.as_usize()].as_str();
        let mut found: Vec<(Range<usize>, &str)> =
            self.automaton.find_iter(text).map(|hit| (hit.range(), name(hit.pattern()))).collect();
        let mut layer = Reading::behind_escapes(text);
        for _ in 0..LAYERS {
            let Some(reading) = layer else { break };
            let hits = self.automaton.find_iter(reading.octets());
            found.extend(hits.map(|hit| (reading.place(hit.range()), name(hit.pattern()))));
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

    #[test]
    fn a_secret_is_replaced_in_every_spelling_that_a_server_may_give_it() {
        let masker = Masker::new(&[("s3cr3t/t+k=ü&".to_owned(), Secret::new("access_token", "s3cr3t/t+k=ü&"))]);
        let name = &masker.names[0];
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
        let masker = Masker::new(&[("s3cr3t".to_owned(), Secret::new("code", "s3cr3t"))]);
        let text = r"100% &amp; \u0041 größer %41 ‹code›";
        assert_eq!(masker.mask(text), text);
    }

    #[test]
    fn one_name_stands_for_secrets_that_overlap() {
        let known = ["abcdef%3D", "abcdef=xyz"].map(|value| (value.to_owned(), Secret::new("code", value)));
        let masker = Masker::new(&known);
        assert_eq!(masker.mask("-abcdef%3Dxyz-"), format!("-{}-", masker.names[1]));
        assert_eq!(masker.mask("-abcdef%3D-"), format!("-{}-", masker.names[0]));
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
