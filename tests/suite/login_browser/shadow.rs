//! Pages of web components: what stands in open shadow roots, however deep, is seen, typed into and pressed; and kept as evidence.

use super::{CALLBACK, Somebody, browsers, login, takes_alices_password};
use flowproof::login::{Decision, End};

/// A shell with a stage in it, with a form in it, with fields and buttons in it: four shadow roots deep, each field with the same id, and the
/// words on the buttons slotted into them from outside.
fn page(username: &str, password: &str) -> String {
    format!(
        r#"<title>App</title><app-shell><h1 slot="head">Welcome</h1><p>never shown: <input name="username"></p></app-shell><script>
    const component = (name, markup, then = () => {{}}) => customElements.define(name, class extends HTMLElement {{
      connectedCallback() {{
        if (this.shadowRoot) {{ return; }}
        this.attachShadow({{ mode: 'open' }}).innerHTML = markup(this);
        then(this, this.shadowRoot);
      }}
    }});
    component('app-field', (host) => `<label for="i">${{host.getAttribute('label')}}</label><input id="i" type="${{host.getAttribute('type') || 'text'}}">`);
    component('app-button', () => '<button type="button"><span><slot></slot></span></button>');
    component('app-login', () => '<form><app-field label="{username}"></app-field><app-field label="{password}" type="password"></app-field><app-button id="go">Sign in</app-button></form>',
      (host, root) => {{
        const typed = () => [...root.querySelectorAll('app-field')].map((field) => field.shadowRoot.querySelector('input').value);
        root.querySelector('#go').addEventListener('click', () => {{
          const [username, password] = typed();
          fetch('/login', {{ method: 'POST', body: new URLSearchParams({{ username, password }}) }}).then((answer) => {{
            host.getRootNode().host.shadowRoot.querySelector('main').innerHTML = answer.ok ? '<app-consent></app-consent>' : `<p>No user with ${{password}}</p>`;
          }});
        }});
      }});
    component('app-consent', () => '<p>Let the client in?</p><app-button id="no">Cancel</app-button><app-button id="yes">Allow</app-button>',
      (host, root) => {{
        root.querySelector('#yes').onclick = () => {{ location.href = '{CALLBACK}?code=the-code&state=xyz'; }};
        root.querySelector('#no').onclick = () => {{ location.href = '{CALLBACK}?error=access_denied&state=xyz'; }};
      }});
    component('app-stage', () => '<main><app-login></app-login></main>');
    component('app-shell', () => '<header><slot name="head"></slot></header><app-stage></app-stage>');
  </script>"#
    )
}

#[tokio::test]
async fn a_login_and_a_question_in_nested_shadow_roots_are_answered() {
    for (browser, _) in browsers() {
        let server = takes_alices_password(&page("User name", "Password")).await;
        for (decision, words) in [(Decision::Approve, "with code"), (Decision::Deny, "with error=access_denied")] {
            let seen = Somebody::new("correct horse").walk(&server, &login(browser, ""), decision).await;
            assert_eq!(seen.describe(), format!("redirected to {CALLBACK} {words}"), "{browser}: {seen:?}");
            assert!(seen.asked_login() && seen.asked_consent(), "{browser}: {seen:?}");
        }
    }
}

#[tokio::test]
async fn a_selector_finds_what_it_is_for_in_a_shadow_root() {
    let selectors = ", selectors: { username: 'input:not([type=password])', password: 'input[type=password]', submit: '#go', approve: '#yes', deny: '#no' }";
    for (browser, _) in browsers() {
        let server = takes_alices_password(&page("◆", "◇")).await;
        let seen = Somebody::new("correct horse").walk(&server, &login(browser, selectors), Decision::Approve).await;
        assert_eq!(seen.describe(), format!("redirected to {CALLBACK} with code"), "{browser}: {seen:?}");
    }
}

#[tokio::test]
async fn the_page_that_is_kept_shows_what_stood_in_shadow_roots() {
    for (browser, _) in browsers() {
        let server = takes_alices_password(&page("User name", "Password")).await;
        let folder = tempfile::tempdir().expect("a folder");
        let mut login = login(browser, "");
        login.driver.look_at(false, folder.path());
        let seen = Somebody::new("wrong horse").walk(&server, &login, Decision::Approve).await;
        let End::Stuck { .. } = &seen.end else { panic!("{browser}: {seen:?}") };
        let files = std::fs::read_dir(folder.path()).expect("a folder").map(|entry| entry.expect("an entry").path());
        let page = files.into_iter().find(|path| path.extension().is_some_and(|other| other == "html")).expect("the page");
        let page = std::fs::read_to_string(page).expect("a page");
        assert!(page.contains("<h1 slot=\"head\">Welcome</h1>") && page.contains("No user with ‹password of alice"), "{page}");
        assert!(!page.contains("wrong horse") && !page.contains("never shown"), "{page}");
    }
}
