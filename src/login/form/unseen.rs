//! Which elements a user does not see: fields hidden by style are decoys for robots, or wait for a script.

use scraper::{ElementRef, Html, Selector};

/// The page's own rules that hide elements.
pub(super) struct Unseen {
    rules: Vec<Selector>,
}

impl Unseen {
    /// Reads the style elements of a page. Style sheets are never fetched, so what only they hide counts as seen.
    pub(super) fn read(html: &Html) -> Self {
        let mut rules = Vec::new();
        for style in html.root_element().descendent_elements().filter(|element| element.value().name() == "style") {
            let css: String = style.text().collect();
            for rule in css.split('}') {
                let Some((selector, declarations)) = rule.rsplit_once('{') else { continue };
                // Rules inside @media hold for some screens only.
                if !selector.contains('@') && !rule.contains('@') && hides(declarations) {
                    rules.extend(Selector::parse(selector.trim()).ok());
                }
            }
        }
        Self { rules }
    }

    /// Whether the element, or one that holds it, is hidden.
    pub(super) fn covers(&self, element: ElementRef<'_>) -> bool {
        let mut inside_form = element.value().name() != "form";
        std::iter::once(element).chain(element.ancestors().filter_map(ElementRef::wrap)).any(|element| {
            let value = element.value();
            // A class name is only a hint: pages built for scripts wrap the whole form in one until they have loaded.
            inside_form &= value.name() != "form";
            value.attr("hidden").is_some()
                || matches!(value.name(), "template" | "datalist")
                || value.attr("style").is_some_and(hides)
                || (value.attr("aria-hidden") == Some("true") && value.attr("tabindex") == Some("-1"))
                || (inside_form && value.classes().any(is_hiding_class))
                || self.rules.iter().any(|rule| rule.matches(&element))
        })
    }
}

fn hides(declarations: &str) -> bool {
    declarations.split(';').filter_map(|declaration| declaration.split_once(':')).any(|(property, value)| {
        let value = value.replace("!important", "").trim().to_ascii_lowercase();
        match property.trim().to_ascii_lowercase().as_str() {
            "display" => value == "none",
            "visibility" => matches!(value.as_str(), "hidden" | "collapse"),
            "opacity" => value.parse() == Ok(0.0),
            "clip" => {
                let mut edges = value.split(|c: char| !c.is_ascii_digit());
                // `auto` cuts nothing off.
                value.starts_with("rect(")
                    && value.contains(|c: char| c.is_ascii_digit())
                    && edges.all(|edge| matches!(edge, "" | "0" | "1"))
            }
            "clip-path" => matches!(value.as_str(), "inset(50%)" | "inset(100%)"),
            "left" | "right" | "top" | "margin-left" | "text-indent" => {
                value.trim_end_matches(|c: char| c.is_alphabetic() || c == '%').parse().is_ok_and(|far: f64| far <= -500.0)
            }
            _ => false,
        }
    })
}

fn is_hiding_class(class: &str) -> bool {
    matches!(class, "hidden" | "hide" | "is-hidden" | "d-none" | "display-none" | "invisible" | "visually-hidden" | "honeypot")
}

#[cfg(test)]
mod tests {
    use super::hides;

    #[test]
    fn an_element_is_hidden_by_a_clip_of_no_size_and_not_by_one_that_cuts_nothing_off() {
        for hidden in ["clip: rect(0, 0, 0, 0)", "clip:rect(1px 1px 1px 1px)", "clip: rect(0 0 0 0) !important"] {
            assert!(hides(hidden), "{hidden}");
        }
        for seen in ["clip: rect(auto, auto, auto, auto)", "clip: auto", "clip: rect(0, 200px, 40px, 0)"] {
            assert!(!hides(seen), "{seen}");
        }
    }
}
