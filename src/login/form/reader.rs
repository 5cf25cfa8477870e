//! HTML to a page: which controls belong to which form, where forms and links lead, what goes on by itself.

use std::collections::HashMap;

use scraper::{ElementRef, Html};
use url::Url;

use super::text::{collapse, text_of, visible_text, without_noscript};
use super::unseen::Unseen;
use super::{Button, Field, Form, Kind, Link, Page, script};
use crate::protocol::{Method, Response};

/// Reads a page. Scripts do not run, so what stands in `noscript` counts.
pub(super) fn read(url: &Url, response: &Response) -> Page {
    let mut page = Page {
        url: url.clone(),
        title: String::new(),
        text: String::new(),
        forms: Vec::new(),
        links: Vec::new(),
        references: Vec::new(),
        referrer_policy: response.header_values("referrer-policy").last().map(str::to_owned),
        inert: Vec::new(),
        refresh: response.header("refresh").and_then(|value| refresh_target(value, url)),
        submits_itself: false,
    };
    let text = response.text();
    if !response.says_html() && (response.media_type().is_some() || !text.trim_start().starts_with('<')) {
        return page;
    }
    let html = Html::parse_document(&without_noscript(&text));
    let elements: Vec<ElementRef<'_>> = html.root_element().descendent_elements().collect();
    let mut reader = Reader {
        base: elements
            .iter()
            .find_map(|element| (element.value().name() == "base").then(|| url.join(element.attr("href")?).ok()).flatten())
            .unwrap_or_else(|| url.clone()),
        unseen: Unseen::read(&html),
        labels: labels(&elements),
        forms: Vec::new(),
        begun: 0,
        page: &mut page,
    };
    // A control may name a form that begins after it.
    for form in elements.iter().filter(|element| element.value().name() == "form") {
        reader.take_form(*form);
    }
    for element in &elements {
        reader.take(*element);
    }
    page.text = visible_text(&html);
    let no_referrer = page.hides_referrer();
    for form in &mut page.forms {
        form.no_referrer = no_referrer;
    }
    page
}

struct Reader<'a, 'p> {
    base: Url,
    unseen: Unseen,
    labels: HashMap<&'a str, ElementRef<'a>>,
    forms: Vec<ElementRef<'a>>,
    /// How many of the forms have begun where the reader stands.
    begun: usize,
    page: &'p mut Page,
}

impl<'a> Reader<'a, '_> {
    fn take(&mut self, element: ElementRef<'a>) {
        match element.value().name() {
            "title" | "h1" if self.page.title.is_empty() => self.page.title = text_of(element),
            "meta" => self.take_meta(element),
            "form" => self.begun += 1,
            "input" => self.take_input(element),
            "textarea" => {
                // The parser drops the newline that may follow the tag.
                let field = self.field(element, Kind::TextArea, element.text().collect(), true);
                self.add_field(element, field);
            }
            "select" => self.take_select(element),
            "button" => self.take_button(element, element.attr("type").unwrap_or("submit")),
            "a" | "area" => self.take_link(element),
            "body" => self.page.submits_itself |= element.attr("onload").is_some_and(script::submits),
            "script" => {
                self.page.submits_itself |= element.attr("src").is_none() && script::submits(&element.text().collect::<String>());
                if element.attr("src").is_none() && self.page.refresh.is_none() {
                    self.page.refresh =
                        script::destination(&element.text().collect::<String>()).and_then(|to| self.base.join(&to).ok());
                }
                self.take_reference(element.attr("src"));
            }
            "img" | "iframe" | "frame" | "embed" | "source" | "video" | "audio" | "track" => {
                self.take_reference(element.attr("src"))
            }
            "object" => self.take_reference(element.attr("data")),
            "link" => {
                const LOADED: &[&str] = &[
                    "stylesheet",
                    "icon",
                    "preload",
                    "modulepreload",
                    "prefetch",
                    "preconnect",
                    "dns-prefetch",
                    "manifest",
                    "apple-touch-icon",
                ];
                let rel = element.attr("rel").unwrap_or_default().to_ascii_lowercase();
                if rel.split_ascii_whitespace().any(|rel| LOADED.contains(&rel)) {
                    self.take_reference(element.attr("href"));
                }
            }
            _ => {}
        }
    }

    fn take_reference(&mut self, target: Option<&str>) {
        // `data:` brings its content along.
        self.page.references.extend(target.and_then(|target| self.base.join(target).ok()).filter(|url| url.scheme() != "data"));
    }

    fn take_meta(&mut self, element: ElementRef<'_>) {
        let content = element.attr("content").unwrap_or_default();
        if element.attr("http-equiv").is_some_and(|name| name.eq_ignore_ascii_case("refresh")) {
            self.page.refresh = refresh_target(content, &self.base).or_else(|| self.page.refresh.take());
        } else if element.attr("name").is_some_and(|name| name.eq_ignore_ascii_case("referrer")) {
            self.page.referrer_policy = Some(content.to_owned());
        }
    }

    fn take_form(&mut self, element: ElementRef<'a>) {
        let method = element.attr("method").unwrap_or("get").to_ascii_lowercase();
        self.forms.push(element);
        self.page.forms.push(Form {
            page: self.page.url.clone(),
            action: self.action(element.attr("action")).unwrap_or_else(|| self.page.url.clone()),
            raw_action: element.attr("action").unwrap_or_default().to_owned(),
            method: if method == "post" { Method::Post } else { Method::Get },
            id: element.attr("id").unwrap_or_default().to_owned(),
            name: element.attr("name").unwrap_or_default().to_owned(),
            fields: Vec::new(),
            buttons: Vec::new(),
            shown: method != "dialog" && !self.unseen.covers(element),
            searches: element.attr("role") == Some("search"),
            no_referrer: false,
        });
    }

    /// An absent or empty action is the page itself, whatever `<base>` says.
    fn action(&self, action: Option<&str>) -> Option<Url> {
        let action = action.map(str::trim).filter(|action| !action.is_empty())?;
        self.base.join(action).ok()
    }

    fn take_input(&mut self, element: ElementRef<'a>) {
        let kind = match element.attr("type").unwrap_or("text").to_ascii_lowercase().as_str() {
            "hidden" => Kind::Hidden,
            "password" => Kind::Password,
            "email" => Kind::Email,
            "search" => Kind::Search,
            "checkbox" => Kind::Checkbox,
            "radio" => Kind::Radio,
            "submit" => return self.take_button(element, "submit"),
            "image" => {
                self.take_reference(element.attr("src"));
                return self.take_button(element, "image");
            }
            "button" => return self.take_button(element, "button"),
            "reset" => return self.take_button(element, "reset"),
            "file" => return,
            _ => Kind::Text,
        };
        let boxed = matches!(kind, Kind::Checkbox | Kind::Radio);
        let value = element.attr("value").unwrap_or(if boxed { "on" } else { "" }).to_owned();
        let on = !boxed || element.attr("checked").is_some();
        let field = self.field(element, kind, value, on);
        self.add_field(element, field);
    }

    fn take_select(&mut self, element: ElementRef<'a>) {
        let options: Vec<ElementRef<'_>> = element
            .descendent_elements()
            .filter(|option| option.value().name() == "option" && option.attr("disabled").is_none())
            .collect();
        let several = element.attr("multiple").is_some();
        let preset = options.iter().rposition(|option| option.attr("selected").is_some());
        for (at, option) in options.iter().enumerate() {
            let text = text_of(*option);
            let on = if several { option.attr("selected").is_some() } else { at == preset.unwrap_or(0) };
            let mut field =
                self.field(element, Kind::Choice, option.attr("value").map_or_else(|| text.clone(), str::to_owned), on);
            field.label = text;
            field.mark = mark_of(*option);
            self.add_field(element, field);
        }
    }

    fn field(&self, element: ElementRef<'_>, kind: Kind, value: String, on: bool) -> Field {
        let id = element.attr("id").unwrap_or_default();
        let mut label: Vec<&str> =
            ["placeholder", "aria-label", "autocomplete", "title"].iter().filter_map(|name| element.attr(name)).collect();
        let named = self.labels.get(id).copied();
        let around = element.ancestors().filter_map(ElementRef::wrap).find(|ancestor| ancestor.value().name() == "label");
        let texts: Vec<String> = named.into_iter().chain(around).map(text_of).collect();
        label.extend(texts.iter().map(String::as_str));
        // Without a label, what stands right behind a box is its text.
        let behind = element.next_sibling().and_then(|node| node.value().as_text().map(|text| collapse(text)));
        let boxed = matches!(kind, Kind::Checkbox | Kind::Radio);
        if label.is_empty() && boxed {
            label.extend(behind.as_deref());
        }
        // A box that a style sheet paints itself is seen, and pressed, by its label.
        let by_label = boxed && named.into_iter().chain(around).any(|label| !self.unseen.covers(label));
        Field {
            name: element.attr("name").unwrap_or_default().to_owned(),
            kind,
            value,
            id: id.to_owned(),
            label: label.join(" "),
            on,
            shown: kind != Kind::Hidden && (by_label || !self.unseen.covers(element)),
            required: element.attr("required").is_some() || element.attr("aria-required") == Some("true"),
            read_only: element.attr("readonly").is_some(),
            mark: mark_of(element),
        }
    }

    fn add_field(&mut self, element: ElementRef<'a>, field: Field) {
        if !is_disabled(element)
            && let Some(form) = self.owner(element)
        {
            form.fields.push(field);
        }
    }

    fn take_button(&mut self, element: ElementRef<'a>, kind: &str) {
        let kind = kind.to_ascii_lowercase();
        let text = match element.value().name() {
            "button" => text_of(element),
            _ => element.attr("value").or_else(|| element.attr("alt")).unwrap_or_default().to_owned(),
        };
        let text = if text.is_empty() {
            element.attr("aria-label").or_else(|| element.attr("title")).unwrap_or_default().to_owned()
        } else {
            text
        };
        let onclick = element.attr("onclick").unwrap_or_default();
        if let Some(url) = script::destination(onclick).and_then(|to| self.base.join(&to).ok()) {
            self.page.links.push(Link {
                url,
                text,
                id: element.attr("id").unwrap_or_default().to_owned(),
                mark: mark_of(element),
            });
            return;
        }
        let by_script = kind == "button" && script::submits(onclick);
        if matches!(kind.as_str(), "button" | "reset") && !by_script {
            self.page.inert.push(text);
            return;
        }
        // A script that submits a form leaves the button itself out of what is sent.
        let sent = |name: &str| if by_script { String::new() } else { element.attr(name).unwrap_or_default().to_owned() };
        let button = Button {
            name: sent("name"),
            value: sent("value"),
            text,
            id: element.attr("id").unwrap_or_default().to_owned(),
            action: self.action(element.attr("formaction")),
            method: element
                .attr("formmethod")
                .map(|method| if method.eq_ignore_ascii_case("post") { Method::Post } else { Method::Get }),
            image: kind == "image",
            shown: !self.unseen.covers(element),
            mark: mark_of(element),
            scripted: element.attr("data-flowproof-scripted").is_some(),
        };
        if !is_disabled(element)
            && let Some(form) = self.owner(element)
        {
            form.buttons.push(button);
        }
    }

    fn take_link(&mut self, element: ElementRef<'_>) {
        let Some(href) = element.attr("href").map(str::trim).filter(|href| !href.starts_with('#')) else { return };
        let Ok(url) = self.base.join(href) else { return };
        if matches!(url.scheme(), "javascript" | "mailto" | "tel" | "data") || self.unseen.covers(element) {
            return;
        }
        self.page.links.push(Link {
            url,
            text: text_of(element),
            id: element.attr("id").unwrap_or_default().to_owned(),
            mark: mark_of(element),
        });
    }

    /// The form that a control belongs to: by `form=`, else the one around it, else (a form torn apart by a table) the last one begun.
    fn owner(&mut self, element: ElementRef<'a>) -> Option<&mut Form> {
        if let Some(id) = element.attr("form") {
            return self.page.forms.iter_mut().find(|form| form.id == id);
        }
        let around = element.ancestors().filter_map(ElementRef::wrap).find(|ancestor| ancestor.value().name() == "form");
        let at = match around {
            Some(around) => self.forms.iter().position(|form| *form == around)?,
            None => {
                let form = self.forms[..self.begun].last().filter(|form| is_inside_table_markup(**form))?;
                self.forms.iter().position(|one| one == form)?
            }
        };
        self.page.forms.get_mut(at)
    }
}

/// Whether the form begins between the tags of a table, where the parser leaves it empty.
fn is_inside_table_markup(form: ElementRef<'_>) -> bool {
    let parent = form.parent().and_then(ElementRef::wrap);
    parent.is_some_and(|parent| matches!(parent.value().name(), "table" | "thead" | "tbody" | "tfoot" | "tr"))
}

/// Every `label for=`, by what it is for.
fn labels<'a>(elements: &[ElementRef<'a>]) -> HashMap<&'a str, ElementRef<'a>> {
    let labels = elements.iter().filter(|element| element.value().name() == "label");
    labels.filter_map(|label| Some((label.attr("for")?, *label))).collect()
}

/// The number that a browser's view of a page gives each control.
fn mark_of(element: ElementRef<'_>) -> Option<u32> {
    element.attr("data-flowproof-mark")?.parse().ok()
}

fn is_disabled(element: ElementRef<'_>) -> bool {
    element.attr("disabled").is_some()
        || element
            .ancestors()
            .filter_map(ElementRef::wrap)
            .any(|ancestor| ancestor.value().name() == "fieldset" && ancestor.attr("disabled").is_some())
}

/// Where `5; url=/next` leads (HTML, "shared declarative refresh steps").
fn refresh_target(content: &str, base: &Url) -> Option<Url> {
    let (_, rest) = content.split_once([';', ','])?;
    let (name, target) = rest.split_once('=')?;
    let target = target.trim().trim_matches(['"', '\'']);
    (name.trim().eq_ignore_ascii_case("url") && !target.is_empty()).then(|| base.join(target).ok()).flatten()
}
