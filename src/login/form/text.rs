//! The text of a page and its parts, as a user without scripts reads it.

use scraper::{ElementRef, Html};

/// Text with white space collapsed; images speak by their `alt`.
pub(super) fn text_of(element: ElementRef<'_>) -> String {
    let mut text = String::new();
    for node in element.descendants() {
        if let Some(piece) = node.value().as_text() {
            text.push_str(piece);
        } else if let Some(alt) = node.value().as_element().and_then(|element| element.attr("alt")) {
            text.push_str(alt);
        }
    }
    collapse(&text)
}

/// All of it, without what is marked hidden.
pub(super) fn visible_text(html: &Html) -> String {
    let mut text = String::new();
    for node in html.root_element().descendants() {
        let Some(piece) = node.value().as_text() else { continue };
        let hidden = node.ancestors().filter_map(ElementRef::wrap).any(|ancestor| {
            matches!(ancestor.value().name(), "script" | "style" | "head" | "template") || ancestor.attr("hidden").is_some()
        });
        if !hidden {
            text.push_str(piece);
            text.push(' ');
        }
    }
    collapse(&text)
}

/// Every run of white space becomes one space.
pub(super) fn collapse(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The markup with the `noscript` tags taken away and what they hold left in place.
pub(super) fn without_noscript(html: &str) -> String {
    let mut out = String::with_capacity(html.len());
    let mut rest = html;
    while let Some(at) = rest.find('<') {
        let (before, tag) = rest.split_at(at);
        out.push_str(before);
        let name = tag[1..].strip_prefix('/').unwrap_or(&tag[1..]);
        let is_noscript = name.get(..8).is_some_and(|name| name.eq_ignore_ascii_case("noscript"));
        match tag.find('>').filter(|_| is_noscript) {
            Some(end) => rest = &tag[end + 1..],
            None => {
                out.push('<');
                rest = &tag[1..];
            }
        }
    }
    out.push_str(rest);
    out
}
