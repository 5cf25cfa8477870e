//! Consent pages as providers make them: what a user who approves and one who denies send from each.

use flowproof::login::{Decision, End};
use wiremock::matchers::{method, path};
use wiremock::{Mock, MockServer};

use super::{Browser, CALLBACK, html, on, redirect};

const STUCK: &str = "-";

/// What the page makes its user send, in one line; `-` where the user is stuck.
async fn sent(page: &str, decision: Decision) -> String {
    let server = MockServer::start().await;
    on(&server, "GET", "/authorize", html(page)).await;
    Mock::given(method("GET"))
        .and(path("/deny"))
        .respond_with(redirect(302, &format!("{CALLBACK}?error=access_denied")))
        .mount(&server)
        .await;
    on(&server, "POST", "/deny", redirect(302, &format!("{CALLBACK}?error=access_denied"))).await;
    on(&server, "POST", "/authorize", redirect(302, &format!("{CALLBACK}?code=c"))).await;
    on(&server, "POST", "/consent", redirect(302, &format!("{CALLBACK}?code=c"))).await;
    let seen = Browser::new().walk(&server, decision).await;
    if let End::Stuck { .. } = seen.end {
        assert_eq!(seen.hops.len(), 1, "a user who is stuck has sent nothing: {seen:?}");
        return STUCK.to_owned();
    }
    assert!(seen.params().is_some() && seen.asked_consent(), "{page}: {seen:?}");
    let requests = server.received_requests().await.expect("requests are kept");
    let last = requests.last().expect("a request");
    let body = String::from_utf8_lossy(&last.body);
    format!("{} {}{}{body}", last.method, last.url.path(), if body.is_empty() { "" } else { " " })
}

async fn assert_sends(page: &str, approve: &str, deny: &str) {
    assert_eq!(sent(page, Decision::Approve).await, approve, "approving {page}");
    assert_eq!(sent(page, Decision::Deny).await, deny, "denying {page}");
}

#[tokio::test]
async fn a_pair_of_radio_buttons_for_each_scope_with_deny_picked_before() {
    let page = r#"<form method="post" action="/consent"><input type="hidden" name="t" value="1">
        <fieldset><legend>read</legend><input type="radio" id="ry" name="scope.read" value="true"><label for="ry">Approve</label>
        <input type="radio" id="rn" name="scope.read" value="false" checked><label for="rn">Deny</label></fieldset>
        <fieldset><legend>write</legend><input type="radio" name="scope.write" value="true">Approve<input type="radio" name="scope.write" value="false" checked>Deny</fieldset>
        <button>Submit</button></form>"#;
    assert_sends(
        page,
        "POST /consent t=1&scope.read=true&scope.write=true",
        "POST /consent t=1&scope.read=false&scope.write=false",
    )
    .await;
}

#[tokio::test]
async fn a_choice_of_yes_and_no_in_a_list() {
    let page = r#"<form method="post" action="/consent"><label>Let it in? <select name="answer"><option value="deny" selected>No<option value="allow">Yes</select></label>
        <input type="submit" value="Send"></form>"#;
    assert_sends(page, "POST /consent answer=allow", "POST /consent answer=deny").await;
}

#[tokio::test]
async fn a_box_for_each_scope_not_ticked_where_ticking_none_means_no() {
    let page = r#"<form method="post" action="/consent"><input type="hidden" name="t" value="1">
        <label><input type="checkbox" id="all"> Select all</label>
        <label><input type="checkbox" name="scope" value="read"> read</label><label><input type="checkbox" name="scope" value="write"> write</label>
        <label><input type="checkbox" name="remember" value="1"> Remember this choice</label><button>Continue</button></form>"#;
    assert_sends(page, "POST /consent t=1&scope=read&scope=write", "POST /consent t=1").await;
}

#[tokio::test]
async fn boxes_that_a_style_sheet_paints_itself_are_seen_by_their_labels() {
    let page = r#"<style>.switch input { opacity: 0; width: 0; height: 0 } .trap { display: none }</style><form method="post" action="/consent">
        <label class="switch"><input type="checkbox" name="scope" value="read"><span class="slider"></span> read</label>
        <input type="checkbox" style="display:none" id="w" name="scope" value="write"><label for="w">write</label>
        <div class="trap"><label><input type="checkbox" name="fax" value="1"> Fax me</label></div>
        <button>Allow</button><button name="cancel" value="1">Cancel</button></form>"#;
    assert_sends(page, "POST /consent scope=read&scope=write", "POST /consent cancel=1").await;
}

#[tokio::test]
async fn a_box_with_a_hidden_twin_for_when_it_is_empty() {
    let page = r#"<form method="post" action="/consent"><input type="hidden" name="grant[read]" value="0"><input type="checkbox" name="grant[read]" value="1" id="g">
        <label for="g">Read your mail</label><input type="submit" name="commit" value="Authorize"><input type="submit" name="commit" value="Deny"></form>"#;
    assert_sends(
        page,
        "POST /consent grant%5Bread%5D=0&grant%5Bread%5D=1&commit=Authorize",
        "POST /consent grant%5Bread%5D=0&commit=Deny",
    )
    .await;
}

#[tokio::test]
async fn two_forms_that_differ_in_a_hidden_field() {
    for (name, yes, no) in [
        ("approved", "true", "false"),
        ("decision", "allow", "deny"),
        ("consent", "accept", "reject"),
        ("action", "grant", "cancel"),
    ] {
        let form = |value: &str| {
            format!(
                r#"<form method="post" action="/consent"><input type="hidden" name="t" value="1"><input type="hidden" name="{name}" value="{value}"><button><img src="/{value}.png"></button></form>"#
            )
        };
        let page = format!("<h1>Let web in?</h1>{}{}", form(no), form(yes));
        assert_sends(&page, &format!("POST /consent t=1&{name}={yes}"), &format!("POST /consent t=1&{name}={no}")).await;
    }
}

#[tokio::test]
async fn two_forms_that_go_to_two_places() {
    let page = r#"<form method="post" action="/consent"><input type="hidden" name="t" value="1"><button>Allow</button></form>
        <form method="post" action="/deny"><input type="hidden" name="t" value="1"><button>Deny</button></form>"#;
    assert_sends(page, "POST /consent t=1", "POST /deny t=1").await;
}

#[tokio::test]
async fn buttons_outside_of_their_form_and_one_with_an_action_of_its_own() {
    let page = r#"<button form="f" formaction="/deny" name="why" value="no">Cancel</button><form id="f" method="post" action="/consent"><input type="hidden" name="t" value="1"></form>
        <footer><button form="f" name="go" value="1">Authorize</button></footer>"#;
    assert_sends(page, "POST /consent t=1&go=1", "POST /deny t=1&why=no").await;
}

#[tokio::test]
async fn a_link_that_denies() {
    for link in [
        r#"<a href="/deny">Cancel</a>"#,
        r#"<a class="btn" href="deny?x=1">No, thanks</a>"#,
        r#"<a role="button" href="./deny">Deny</a>"#,
    ] {
        let page = format!(r#"<form method="post" action="/consent"><button>Allow</button></form>{link}"#);
        assert_sends(&page, "POST /consent", "GET /deny").await;
    }
}

#[tokio::test]
async fn a_cancel_that_needs_a_script_cannot_be_pressed_and_nothing_else_is_pressed_for_it() {
    for cancel in [
        r#"<button type="button" id="cancel">Cancel</button>"#,
        r#"<a href="javascript:cancel()">Cancel</a>"#,
        r##"<a href="#" onclick="cancel()">Cancel</a>"##,
        r#"<div role="button" onclick="cancel()">Cancel</div>"#,
    ] {
        let page = format!(r#"<form method="post" action="/consent"><button>Allow</button>{cancel}</form>"#);
        assert_sends(&page, "POST /consent", STUCK).await;
    }
}

#[tokio::test]
async fn pictures_for_buttons() {
    let page = r#"<form method="post" action="/consent"><input type="image" name="yes" alt="Allow" src="/y.png"><input type="image" name="no" alt="Deny" src="/n.png"></form>"#;
    assert_sends(page, "POST /consent yes.x=1&yes.y=1", "POST /consent no.x=1&no.y=1").await;
}

#[tokio::test]
async fn a_page_that_is_its_own_action() {
    for action in [r#"action="""#, "", r#"action="?step=2""#, r#"action="authorize""#] {
        let page = format!(
            r#"<form method="post" {action}><button name="d" value="yes">Yes</button><button name="d" value="no">No</button></form>"#
        );
        assert_sends(&page, "POST /authorize d=yes", "POST /authorize d=no").await;
    }
}
