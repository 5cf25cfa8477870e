//! Pages that ask for a decision.

use super::super::super::errand::Decision;
use super::super::Asks;
use super::{line, page};

const NOTHING: &str = "-";

/// What approving and what denying would send, in one line each; `-` where there is no way to.
fn deciding(html: &str) -> (String, String) {
    let page = page(html);
    let to = |decision| page.decide(decision).map_or_else(|| NOTHING.to_owned(), |request| line(&request));
    (to(Decision::Approve), to(Decision::Deny))
}

fn assert_decides(html: &str, approve: &str, deny: &str) {
    assert_eq!(page(html).asks(), Asks::Decision, "{html}");
    let (approving, denying) = deciding(html);
    assert_eq!(approving, approve, "{html}");
    assert_eq!(denying, deny, "{html}");
}

#[test]
fn keycloak_has_a_button_for_each_answer() {
    let html = r#"<form class="form-actions" action="/realms/demo/login-actions/consent?client_id=web" method="POST"><input type="hidden" name="code" value="pEmE3Fz9-0aQ7vJx">
        <input class="btn" name="accept" id="kc-login" type="submit" value="Yes"/><input class="btn" name="cancel" id="kc-cancel" type="submit" value="No"/></form>"#;
    let to = "POST https://as.example/realms/demo/login-actions/consent?client_id=web code=pEmE3Fz9-0aQ7vJx";
    assert_decides(html, &format!("{to}&accept=Yes"), &format!("{to}&cancel=No"));
}

#[test]
fn old_spring_has_a_form_for_each_answer_that_differ_in_a_hidden_field() {
    let html = r#"<form id="confirmationForm" name="confirmationForm" action="/oauth/authorize" method="post"><input name="user_oauth_approval" value="true" type="hidden"/>
        <ul><li>scope.read: <input type="radio" name="scope.read" value="true"> Approve <input type="radio" name="scope.read" value="false" checked> Deny</li></ul>
        <label><input name="authorize" value="Authorize" type="submit"/></label></form>
        <form id="denialForm" action="/oauth/authorize" method="post"><input name="user_oauth_approval" value="false" type="hidden"/><input name="deny" value="Deny" type="submit"/></form>"#;
    assert_decides(
        html,
        "POST https://as.example/oauth/authorize user_oauth_approval=true&scope.read=true&authorize=Authorize",
        "POST https://as.example/oauth/authorize user_oauth_approval=false&deny=Deny",
    );
}

#[test]
fn two_forms_with_one_text_differ_by_what_they_hide() {
    let html = r#"<form method="post" action="/c"><input type="hidden" name="approved" value="0"><button>Go</button></form>
        <form method="post" action="/c"><input type="hidden" name="approved" value="1"><button>Go</button></form>"#;
    assert_decides(html, "POST https://as.example/c approved=1", "POST https://as.example/c approved=0");
}

#[test]
fn new_spring_is_denied_by_granting_no_scope_since_its_cancel_needs_a_script() {
    let html = r#"<script>function cancelConsent() { document.consent_form.reset(); document.consent_form.submit(); }</script>
        <form name="consent_form" method="post" action="/oauth2/authorize"><input type="hidden" name="client_id" value="web"><input type="hidden" name="state" value="nlgj">
        <input class="form-check-input" type="checkbox" name="scope" value="message.read" id="message.read"><label for="message.read">message.read</label>
        <input type="checkbox" name="scope" value="message.write" id="message.write"><label for="message.write">message.write</label>
        <button class="btn btn-primary" type="submit" id="submit-consent">Submit Consent</button>
        <button class="btn btn-link" type="button" id="cancel-consent" onclick="cancelConsent();">Cancel</button></form>"#;
    let to = "POST https://as.example/oauth2/authorize client_id=web&state=nlgj";
    assert_decides(html, &format!("{to}&scope=message.read&scope=message.write"), to);
}

#[test]
fn hydra_has_boxes_for_scopes_one_to_remember_and_two_buttons() {
    let html = r#"<form action="/consent" method="POST"><input type="hidden" name="_csrf" value="aBc"><input type="hidden" name="consent_challenge" value="e3b0c44298fc1c14">
        <input class="grant_scope" type="checkbox" id="openid" value="openid" name="grant_scope"><label for="openid">openid</label>
        <input class="grant_scope" type="checkbox" id="offline" value="offline" name="grant_scope"><label for="offline">offline</label>
        <ul><li><a href="https://client.example/policy">Policy</a></li></ul>
        <input type="checkbox" id="remember" name="remember" value="1"><label for="remember">Do not ask me again</label>
        <input type="submit" id="accept" name="submit" value="Allow access"><input type="submit" id="reject" name="submit" value="Deny access"></form>"#;
    let hidden = "POST https://as.example/consent _csrf=aBc&consent_challenge=e3b0c44298fc1c14";
    assert_decides(
        html,
        &format!("{hidden}&grant_scope=openid&grant_scope=offline&submit=Allow+access"),
        &format!("{hidden}&submit=Deny+access"),
    );
}

#[test]
fn django_names_only_the_button_that_allows() {
    let html = r#"<form id="authorizationForm" method="post"><h3>Authorize web?</h3><input type="hidden" name="csrfmiddlewaretoken" value="tok">
        <input type="hidden" name="redirect_uri" value="https://client.example/cb"><p>Application requires the following permissions</p>
        <input type="submit" class="btn btn-large" value="Cancel"/><input type="submit" class="btn btn-primary" name="allow" value="Authorize"/></form>"#;
    let to = "POST https://as.example/pages/here?tab=1 csrfmiddlewaretoken=tok&redirect_uri=https%3A%2F%2Fclient.example%2Fcb";
    assert_decides(html, &format!("{to}&allow=Authorize"), to);
}

#[test]
fn node_oidc_provider_is_denied_by_a_link() {
    let html = r#"<form autocomplete="off" action="/interaction/abc" method="post"><input type="hidden" name="prompt" value="consent"/><button autofocus type="submit" class="login">Continue</button></form>
        <div class="login-help"><a href="/interaction/abc/abort">[ Cancel ]</a></div>"#;
    assert_decides(
        html,
        "POST https://as.example/interaction/abc prompt=consent",
        "GET https://as.example/interaction/abc/abort",
    );
}

#[test]
fn a_pair_of_radio_buttons_is_set_and_one_button_sends_it() {
    let html = r#"<form method="post" action="/c"><label><input type="radio" name="decision" value="1"> Allow</label>
        <label><input type="radio" name="decision" value="0" checked> Deny</label><button name="go" value="x">Send</button></form>"#;
    assert_decides(html, "POST https://as.example/c decision=1&go=x", "POST https://as.example/c decision=0&go=x");
}

#[test]
fn buttons_outside_of_their_form_may_name_another_action_and_method() {
    let html = r#"<form id="f" method="post" action="/yes"><input type="hidden" name="t" value="1"></form>
        <button form="f">Zulassen</button><button form="f" formaction="no?x=1" formmethod="get">Ablehnen</button>"#;
    assert_decides(html, "POST https://as.example/yes t=1", "GET https://as.example/pages/no?t=1");
}

#[test]
fn answers_are_known_in_other_languages() {
    for (yes, no) in [
        ("Autoriser", "Annuler"),
        ("Permitir", "Cancelar"),
        ("許可する", "拒否"),
        ("Разрешить", "Отмена"),
        ("Allow", "Don't allow"),
        ("Yes", "Not now"),
        ("Allow Google Help", "Cancel"),
    ] {
        let html = format!(
            r#"<form method="post" action="/c"><button name="b" value="1">{no}</button><button name="b" value="2">{yes}</button></form>"#
        );
        assert_decides(&html, "POST https://as.example/c b=2", "POST https://as.example/c b=1");
    }
}

#[test]
fn values_speak_where_texts_do_not() {
    let html = r#"<form method="post" action="/c"><button name="consent" value="false">✗</button><button name="consent" value="true">✓</button></form>"#;
    assert_decides(html, "POST https://as.example/c consent=true", "POST https://as.example/c consent=false");
}

#[test]
fn a_way_back_beside_the_answers_is_not_taken_for_one() {
    let html = r#"<form method="post" action="/consent"><button name="b" value="1">Back</button><button name="b" value="2">Allow</button><button name="b" value="3">Deny</button></form>
        <form method="post" action="/banner"><button>Reject cookies</button><button>Accept all cookies</button></form>"#;
    assert_decides(html, "POST https://as.example/consent b=2", "POST https://as.example/consent b=3");
}

#[test]
fn a_page_that_can_only_be_approved_offers_nothing_to_deny() {
    let html = r#"<title>Connect</title><form method="post" action="/c"><button name="d" value="1">Allow</button></form>"#;
    assert_decides(html, "POST https://as.example/c d=1", NOTHING);
    assert_eq!(page(html).offer(), r#"a page titled "Connect" offers "Allow" only"#);
}

#[test]
fn a_cancel_that_needs_a_script_is_named() {
    let html = r#"<title>Connect</title><form method="post" action="/c"><button>Allow</button><button type="button" onclick="app.cancel()">Cancel</button></form>"#;
    assert_decides(html, "POST https://as.example/c ", NOTHING);
    assert!(page(html).offer().ends_with(r#"its button "Cancel" needs a script"#));
}

#[test]
fn a_cancel_whose_script_only_goes_elsewhere_is_a_link() {
    let html = r#"<form method="post" action="/c"><button>Allow</button><button type="button" onclick="window.location.href='/deny?x=1'">Cancel</button></form>"#;
    assert_decides(html, "POST https://as.example/c ", "GET https://as.example/deny?x=1");
}

#[test]
fn other_forms_and_links_of_a_consent_page_are_left_alone() {
    let html = r#"<form action="/lang"><select name="lang"><option selected>en<option>no</select></form>
        <form method="post" action="/logout"><button>Log out</button></form><a href="/switch">Not you?</a><a href="/register">No account?</a>
        <form method="post" action="/c"><select name="account"><option value="7" selected>alice<option value="8">bob</select>
        <input type="checkbox" name="scope" value="mail" checked> mail
        <button name="d" value="n">Decline</button><button name="d" value="y">Accept</button></form>"#;
    assert_decides(
        html,
        "POST https://as.example/c account=7&scope=mail&d=y",
        "POST https://as.example/c account=7&scope=mail&d=n",
    );
}

#[test]
fn a_code_to_confirm_is_a_decision_where_no_can_be_said() {
    let html = r#"<form method="post" action="/device"><input name="user_code" value="BCDF-GHJK"><button name="d" value="allow">Allow</button><button name="d" value="deny">Deny</button></form>"#;
    assert_decides(
        html,
        "POST https://as.example/device user_code=BCDF-GHJK&d=allow",
        "POST https://as.example/device user_code=BCDF-GHJK&d=deny",
    );
}

#[test]
fn one_step_forward_is_no_decision_but_is_known() {
    let html = r#"<form method="post" action="/next"><input type="hidden" name="t" value="1"><button>Continue</button></form>"#;
    assert_eq!(page(html).asks(), Asks::Nothing);
    assert_eq!(deciding(html), (NOTHING.to_owned(), NOTHING.to_owned()));
    assert_eq!(line(&page(html).carry_on("alice").expect("a way forward")), "POST https://as.example/next t=1");
}

#[test]
fn among_accounts_the_user_takes_the_own_one() {
    let html = r#"<h1>Choose an account</h1><form method="post" action="/as"><button name="u" value="7">bob</button><button name="u" value="8">alice</button></form>
        <form method="post" action="/other"><button>Use another account</button></form>"#;
    assert_eq!(line(&page(html).carry_on("alice").expect("an account")), "POST https://as.example/as u=8");
}

#[test]
fn a_newsletter_below_the_question_is_no_login() {
    let html = r#"<form method="post" action="/c"><button name="d" value="1">Allow</button><button name="d" value="0">Deny</button></form>
        <form method="post" action="/news"><input type="email" name="email"><button>Keep me posted</button></form>"#;
    assert_decides(html, "POST https://as.example/c d=1", "POST https://as.example/c d=0");
    let login = r#"<form method="post" action="/user"><input name="username"><button>Continue</button><button name="x" value="1">Cancel</button></form>"#;
    assert_eq!(page(login).asks(), Asks::Login);
}

#[test]
fn logging_in_and_approving_with_one_button_is_known() {
    let html = r#"<form method="post"><input name="username"><input type="password" name="pw"><button name="d" value="1">Authorize app</button><button name="d" value="0">Deny</button></form>"#;
    assert!(page(html).asks() == Asks::Login && page(html).login_approves());
    let plain = r#"<form method="post"><input name="username"><input type="password" name="pw"><button>Continue</button><button>Cancel</button></form>"#;
    assert!(!page(plain).login_approves());
}
