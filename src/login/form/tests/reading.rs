//! What is read off a page apart from questions.

use super::super::{Kind, Page};
use super::{line, page, response};
use crate::protocol::Value;
use url::Url;

#[test]
fn controls_are_sent_as_browsers_send_them() {
    let html = r#"<form method="post" action="?x=1#f"><input name="a" value="1"><input value="nameless"><input name="off" disabled value="2">
        <fieldset disabled><input name="in" value="3"></fieldset><input type="checkbox" name="c" checked><input type="checkbox" name="c" value="d">
        <input type="radio" name="r" value="1"><input type="radio" name="r" value="2" checked>
        <select name="s"><option value="1">one<option value="2" selected>two</select><select name="first"><option>one<option>two</select>
        <select name="m" multiple><option>x<option selected>y<option selected>z</select><textarea name="t">
 text </textarea><input type="file" name="f"><input type="reset" value="Clear"><input type="image" name="i" alt="Go"></form>"#;
    let page = page(html);
    let form = &page.forms()[0];
    let request = form.fill(&[], form.buttons.first());
    assert_eq!(line(&request), "POST https://as.example/pages/here?x=1 a=1&c=on&r=2&s=2&first=one&m=y&m=z&t=+text+&i.x=1&i.y=1");
    assert_eq!(
        request.headers.iter().map(|(name, value)| format!("{name}: {}", value.expose())).collect::<Vec<_>>(),
        ["origin: https://as.example", "referer: https://as.example/pages/here?tab=1"]
    );
    let filled = form.fill(&[("a", Value::from("9")), ("r", Value::from("1")), ("new", Value::from("n"))], None);
    assert_eq!(line(&filled), "POST https://as.example/pages/here?x=1 a=9&c=on&r=1&s=2&first=one&m=y&m=z&t=+text+&new=n");
}

#[test]
fn a_base_moves_relative_actions_and_links_but_not_an_empty_action() {
    let html = r#"<head><base href="/deep/er/"></head><form action="go"><input name="q" value="ä b"></form><form action=""></form><a href="x">x</a>"#;
    let page = page(html);
    assert_eq!(line(&page.forms()[0].fill(&[], None)), "GET https://as.example/deep/er/go?q=%C3%A4+b");
    assert_eq!(page.forms()[1].action.as_str(), "https://as.example/pages/here?tab=1");
    assert_eq!(page.links()[0].url.as_str(), "https://as.example/deep/er/x");
}

#[test]
fn a_page_may_ask_not_to_be_named() {
    let html = r#"<meta name="referrer" content="no-referrer"><form method="post"></form>"#;
    let page = page(html);
    assert_eq!(page.referrer_policy(), Some("no-referrer"));
    assert!(page.forms()[0].fill(&[], None).headers.iter().all(|(name, _)| name != "referer"));
}

#[test]
fn forms_that_submit_themselves_are_known_by_the_body_or_a_script() {
    let form = r#"<form method="post" action="https://client.example/cb"><input type="hidden" name="code" value="c"><input type="hidden" name="state" value="s">"#;
    for html in [
        format!(r#"<body onload="javascript:document.forms[0].submit()">{form}</form></body>"#),
        format!(r#"{form}<noscript><button>Continue</button></noscript></form><script>document.forms[0].submit()</script>"#),
        format!("{form}</form><script nonce=\"x\">document.querySelector('form').requestSubmit();</script>"),
    ] {
        let page = page(&html);
        let form = page.form_that_submits_itself().expect("a form that submits itself");
        assert_eq!(line(&form.fill(&[], None)), "POST https://client.example/cb code=c&state=s");
    }
    let asks = format!(
        r#"{form}<button>Allow</button><button>Deny</button></form><script>function go() {{ document.forms[0].submit() }}</script>"#
    );
    assert!(page(&asks).form_that_submits_itself().is_none());
}

#[test]
fn a_page_may_lead_on_by_refresh_or_by_script() {
    for html in [
        r#"<meta http-equiv="Refresh" content="0; URL='https://client.example/cb?code=c&amp;state=s'">"#,
        r#"<script>window.location.replace("https:\/\/client.example\/cb?code=c\u0026state=s");</script>"#,
        r#"<script>if (top === self) { top.location.href = 'https://client.example/cb?code=c&state=s' }</script>"#,
    ] {
        assert_eq!(page(html).refresh().map(Url::as_str), Some("https://client.example/cb?code=c&state=s"), "{html}");
    }
    for html in [
        r#"<script>if (self !== top) top.location = self.location;</script>"#,
        r#"<script>if (location == "x") go()</script>"#,
        r#"<script>location.href = "/a/" + id</script>"#,
        r#"<meta http-equiv="refresh" content="30">"#,
    ] {
        assert_eq!(page(html).refresh(), None, "{html}");
    }
}

#[test]
fn what_a_page_loads_is_listed_and_what_it_links_to_is_not() {
    let html = r##"<link rel="stylesheet" href="https://cdn.example/a.css"><link rel="canonical" href="/c"><script src="/a.js"></script>
        <img src="data:image/png;base64,AA=="><img src="//img.example/b.png"><a href="https://other.example/">x</a><a href="javascript:void(0)">y</a><a href="#top">z</a>"##;
    let page = page(html);
    let loads: Vec<&str> = page.references().iter().map(Url::as_str).collect();
    assert_eq!(loads, ["https://cdn.example/a.css", "https://as.example/a.js", "https://img.example/b.png"]);
    assert_eq!(page.links().iter().map(|link| link.url.as_str()).collect::<Vec<_>>(), ["https://other.example/"]);
}

#[test]
fn text_is_what_a_user_reads() {
    let html = r#"<title>T</title><style>p{}</style><h1>Allow  <b>web</b>?</h1><script>no()</script><p hidden>no</p><noscript>yes</noscript><p>openid</p>"#;
    assert_eq!(page(html).text(), "Allow web ? yes openid");
    assert_eq!(page("<h1>Head <i>line</i></h1>").title(), "Head line");
    assert_eq!(page("").name(), "a page without a title");
}

#[test]
fn what_is_no_html_has_no_forms() {
    let url = Url::parse("https://as.example/").expect("a URL");
    let mut json = response(r#"{"html":"<form><input type=password name=p></form>"}"#);
    json.headers[0].1 = "application/json".to_owned();
    assert!(Page::read(&url, &json).forms().is_empty());
    let mut bare = response("  <form method=post><input type=password name=p></form>");
    bare.headers.clear();
    assert_eq!(Page::read(&url, &bare).forms()[0].fields[0].kind, Kind::Password);
}

#[test]
fn tokens_of_a_page_are_secrets_and_what_repeats_the_request_is_not() {
    let html = r#"<form method="post"><input type="hidden" name="state" value="0123456789abcdef"><input type="hidden" name="redirect_uri" value="https://client.example/cb1">
        <input type="hidden" name="csrf" value="0123456789abcdef"><input type="hidden" name="code" value="short"><input type="hidden" name="return" value="/authorize?x=1 and more 2">
        <input type="hidden" name="access_token" value="at"></form>"#;
    let request = page(html).forms()[0].fill(&[], None);
    let shown: Vec<&str> = request.secrets().map(|secret| secret.name()).collect();
    assert_eq!(shown, ["hidden field csrf", "code", "access_token"]);
}
