//! Login pages and pages that ask for a user code.

use super::super::Asks;
use super::{line, logging_in, page, password};
use crate::protocol::Secret;

#[test]
fn keycloak_takes_the_name_the_password_and_its_empty_hidden_field() {
    let html = r#"<title>Sign in to demo</title><div id="kc-form"><form id="kc-form-login"
        action="https://as.example/realms/demo/login-actions/authenticate?session_code=q1&amp;execution=e2&amp;tab_id=t3" method="post">
        <label for="username">Username or email</label><input tabindex="2" id="username" name="username" value="" type="text" autocomplete="username">
        <label for="password">Password</label><input id="password" name="password" type="password" autocomplete="current-password">
        <button type="button" aria-label="Show password" data-password-toggle></button>
        <input id="rememberMe" name="rememberMe" type="checkbox"> Remember me
        <input type="hidden" id="id-hidden-input" name="credentialId"/>
        <button name="login" id="kc-login" type="submit">Sign In</button></form></div>"#;
    assert_eq!(
        logging_in(html),
        "POST https://as.example/realms/demo/login-actions/authenticate?session_code=q1&execution=e2&tab_id=t3 \
         username=alice&password=correct+horse&credentialId=&login="
    );
}

#[test]
fn keycloak_asking_again_wants_the_password_alone() {
    let html = r#"<form method="post" action="/again"><input type="password" name="password"><input type="submit" name="login" value="Sign In"></form>"#;
    assert_eq!(logging_in(html), "POST https://as.example/again password=correct+horse&login=Sign+In");
}

#[test]
fn spring_posts_to_a_relative_action_with_its_anti_forgery_token() {
    let html = r#"<form class="login-form" method="post" action="/login"><h2>Please sign in</h2>
        <p><label for="username" class="screenreader">Username</label><input type="text" id="username" name="username" placeholder="Username" required autofocus></p>
        <p><label for="password">Password</label><input type="password" id="password" name="password" placeholder="Password" required></p>
        <input name="_csrf" type="hidden" value="uBL-LMA0-mJ9w">
        <button type="submit" class="primary">Sign in</button></form>"#;
    assert_eq!(logging_in(html), "POST https://as.example/login username=alice&password=correct+horse&_csrf=uBL-LMA0-mJ9w");
}

#[test]
fn django_keeps_the_token_and_the_way_back() {
    let html = r#"<form method="post"><input type="hidden" name="csrfmiddlewaretoken" value="4RLQkLgBqTtNnGGs0DgPkmGxYWaWp3UoAhXhUsRkSSsH2Pq8">
        <table><tr><td><label for="id_username">Username:</label></td><td><input type="text" name="username" autofocus maxlength="150" id="id_username"></td></tr>
        <tr><td><label for="id_password">Password:</label></td><td><input type="password" name="password" id="id_password"></td></tr></table>
        <input type="submit" value="login"><input type="hidden" name="next" value="/o/authorize/?client_id=web"></form>"#;
    let request = page(html).log_in("alice", &password()).expect("a login form");
    assert_eq!(
        line(&request),
        "POST https://as.example/pages/here?tab=1 csrfmiddlewaretoken=4RLQkLgBqTtNnGGs0DgPkmGxYWaWp3UoAhXhUsRkSSsH2Pq8\
         &username=alice&password=correct+horse&next=%2Fo%2Fauthorize%2F%3Fclient_id%3Dweb"
    );
    let names: Vec<&str> = request.secrets().map(|secret| secret.name()).collect();
    assert_eq!(names, ["hidden field csrfmiddlewaretoken", "password of alice"]);
}

#[test]
fn the_development_pages_of_node_oidc_provider_name_the_field_login() {
    let html = r#"<form autocomplete="off" action="https://as.example/interaction/abc" method="post"><input type="hidden" name="prompt" value="login"/>
        <input required type="text" name="login" placeholder="Enter any login"><input required type="password" name="password" placeholder="and password">
        <button type="submit" class="login login-submit">Sign-in</button></form><div class="login-help"><a href="/interaction/abc/abort">[ Cancel ]</a></div>"#;
    assert_eq!(page(html).asks(), Asks::Login);
    assert_eq!(logging_in(html), "POST https://as.example/interaction/abc prompt=login&login=alice&password=correct+horse");
}

#[test]
fn user_name_first_is_a_login_page_without_a_password() {
    let html = r#"<form method="post" action="/identifier"><input type="email" name="identifier" autocomplete="username email">
        <input type="password" name="passwd" style="display: none" tabindex="-1"><button>Next</button></form>"#;
    assert!(!page(html).wants_password());
    assert_eq!(logging_in(html), "POST https://as.example/identifier identifier=alice&passwd=");
    let unveiled = page(html).log_in_unveiled("alice", &password()).expect("a password field");
    assert_eq!(line(&unveiled), "POST https://as.example/identifier identifier=alice&passwd=correct+horse");
}

#[test]
fn a_name_that_the_page_has_fixed_is_sent_as_it_stands() {
    let html = r#"<form method="post" action="/pw"><input name="email" value="alice@here.example" readonly><input type="password" name="pw"><button>Go</button></form>"#;
    assert_eq!(logging_in(html), "POST https://as.example/pw email=alice%40here.example&pw=correct+horse");
}

#[test]
fn the_login_form_is_found_among_search_registration_and_social_login() {
    let html = r#"<form action="/search"><input type="search" name="q"><button>Search</button></form>
        <form method="post" action="/social"><button name="provider" value="google">Sign in with Google</button></form>
        <form method="post" action="/register"><input name="name"><input type="email" name="email"><input type="password" name="password"><input type="password" name="again"><button>Sign up</button></form>
        <form method="post" action="/session"><input name="user_login"><input type="password" name="user_password">
        <button name="by" value="passkey">Use a passkey</button><button name="by" value="password">Log in</button></form>"#;
    assert_eq!(logging_in(html), "POST https://as.example/session user_login=alice&user_password=correct+horse&by=password");
}

#[test]
fn decoys_hidden_by_style_stay_empty() {
    let html = r#"<style>.extra, #trap2 { color: red; display: none }  @media print { .user { display: none } }</style>
        <form method="post" action="/in"><div style="position:absolute; left:-9999px"><input name="email" type="text"></div>
        <input class="extra" name="username2"><input id="trap2" name="login2"><input hidden name="login3"><input class="honeypot" name="user_name">
        <input class="user" name="handle"><input type="password" name="fake" style="visibility:hidden"><input type="password" name="pass"><button>Sign in</button></form>"#;
    assert_eq!(
        logging_in(html),
        "POST https://as.example/in email=&username2=&login2=&login3=&user_name=&handle=alice&fake=&pass=correct+horse"
    );
}

#[test]
fn a_form_hidden_by_a_class_until_a_script_has_run_is_still_seen() {
    let html = r#"<div class="hidden"><form method="post" action="/in"><input name="user"><input type="password" name="pw"></form></div>"#;
    assert_eq!(logging_in(html), "POST https://as.example/in user=alice&pw=correct+horse");
}

#[test]
fn a_form_torn_apart_by_a_table_keeps_its_fields() {
    let html = r#"<table><form method="post" action="/j_security_check"><tr><td><input name="j_username"></td></tr>
        <tr><td><input type="password" name="j_password"></td></tr><tr><td><input type="submit" value="Login"></td></tr></form></table>"#;
    assert_eq!(logging_in(html), "POST https://as.example/j_security_check j_username=alice&j_password=correct+horse");
}

#[test]
fn a_page_that_wants_a_new_password_is_no_login() {
    let html = r#"<form method="post"><input type="password" name="old"><input type="password" name="new"><input type="password" name="again"><button>Change</button></form>"#;
    assert_eq!((page(html).asks(), logging_in(html).as_str()), (Asks::Nothing, "-"));
}

#[test]
fn a_page_that_wants_more_of_the_user_says_what() {
    let html = r#"<title>Update your profile</title><form method="post"><input name="email"><input name="firstName"><input name="lastName"><button>Submit</button></form>"#;
    let page = page(html);
    assert_eq!(page.asks(), Asks::Nothing);
    assert!(page.carry_on("alice").is_none());
    assert_eq!(page.obstacle(), r#"a page titled "Update your profile": it asks for email, firstName, lastName"#);
}

#[test]
fn a_user_code_goes_into_the_field_that_asks_for_it() {
    for field in [
        r#"<input id="device-user-code" name="device_user_code" autocomplete="off" type="text" autofocus>"#,
        r#"<input type="text" name="user_code" placeholder="Enter code" autofocus>"#,
        r#"<label for="c">Enter the code that your device shows</label><input id="c" name="user_code">"#,
        r#"<input name="userCode">"#,
    ] {
        let page = page(&format!(
            r#"<form action="/device" method="post"><input type="hidden" name="xsrf" value="8c1f">{field}<input type="submit" value="Submit"><button name="abort" value="yes">Cancel</button></form>"#
        ));
        assert_eq!(page.asks(), Asks::UserCode, "{field}");
        let request = page.enter_code(Some(&Secret::of_member("user_code", "WDJB-MJHT"))).expect("a code form");
        assert!(line(&request).starts_with("POST https://as.example/device xsrf=8c1f&"), "{field}");
        assert!(line(&request).ends_with("ode=WDJB-MJHT"), "{}", line(&request));
    }
}

#[test]
fn a_user_code_that_the_page_filled_in_needs_only_the_button() {
    let html =
        r#"<form method="post" action="/device"><input name="user_code" value="BCDF-GHJK"><button>Continue</button></form>"#;
    assert_eq!(page(html).asks(), Asks::UserCode);
    let request = page(html).enter_code(None).expect("a code form");
    assert_eq!(line(&request), "POST https://as.example/device user_code=BCDF-GHJK");
}

#[test]
fn a_one_time_code_is_no_user_code() {
    let html = r#"<form method="post"><label for="otp">One-time code</label><input id="otp" name="otp" inputmode="numeric"><button>Sign In</button></form>"#;
    assert_eq!(page(html).asks(), Asks::Nothing);
}

#[test]
fn controls_outside_of_any_form_belong_to_none() {
    let html = r#"<form method="post" action="/empty"></form><input name="username"><input type="password" name="pw"><button>Sign in</button>"#;
    assert!(page(html).forms()[0].fields.is_empty());
    assert_eq!(logging_in(html), "-");
}
