//! Pictures of pages where a browser failed: what was typed is to be seen in none.

use std::path::{Path, PathBuf};

use flowproof::login::{Decision, End};
use wiremock::MockServer;

use super::{Somebody, browsers, html, login, on};

/// The file that was kept with this extension, where one was.
fn kept(folder: &Path, extension: &str) -> Option<PathBuf> {
    let files = std::fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path());
    files.into_iter().find(|path| path.extension().is_some_and(|other| other == extension))
}

#[tokio::test]
async fn a_failure_leaves_a_picture_and_the_page_and_neither_shows_the_password() {
    for (browser, _) in browsers() {
        let server = MockServer::start().await;
        // What was typed stands in the page in clear, in a field, in a text and behind a shadow.
        let page = r#"<title>Oops</title><form onsubmit="return false"><input name="username"><input type="password" name="password"><button>Sign in</button></form>
            <p id="told"></p><div id="host"></div><script>
            document.forms[0].onsubmit = () => {
              const typed = document.querySelector('[type=password]').value;
              document.querySelector('[type=password]').type = 'text';
              document.getElementById('told').textContent = 'No user with the password ' + typed;
              const shadow = document.getElementById('host').attachShadow({ mode: 'open' });
              shadow.innerHTML = '<p>Again: ' + typed + '</p>';
              return false;
            };</script>"#;
        on(&server, "GET", "/authorize", html(page)).await;
        let mut pictures = Vec::new();
        for password in ["correct horse", "another horse"] {
            let folder = tempfile::tempdir().expect("a folder");
            let mut login = login(browser, "");
            login.driver.look_at(false, folder.path());
            let seen = Somebody::new(password).walk(&server, &login, Decision::Approve).await;
            let End::Stuck { why } = &seen.end else { panic!("{browser}: {seen:?}") };
            let named = |extension: &str| kept(folder.path(), extension).expect("evidence");
            let (picture, source) = (named("png"), named("html"));
            assert!([&picture, &source].iter().all(|path| why.contains(&path.display().to_string())), "{browser}: {why}");
            let source = std::fs::read_to_string(&source).expect("a page");
            assert!(source.contains("No user with the password") && !source.contains(password), "{browser}: {source}");
            let picture = std::fs::read(&picture).expect("a picture");
            keep_for_a_look(browser, &picture);
            assert!(picture.starts_with(b"\x89PNG") && picture.len() > 5000, "{browser}: a page of some size");
            pictures.push(picture.len());
        }
        // The digest of the password stands in its place, so the pictures are alike and not the same.
        assert!(pictures[0].abs_diff(pictures[1]) < 2000, "{browser}: {pictures:?}");
    }
}

/// A picture to look at, where the environment names a folder for it.
fn keep_for_a_look(browser: &str, picture: &[u8]) {
    if let Some(folder) = std::env::var_os("FLOWPROOF_TEST_PICTURES") {
        let _ = std::fs::write(Path::new(&folder).join(format!("{browser}.png")), picture);
    }
}

/// The picture of where a login with this password got stuck, where one was kept; the page is kept in any case.
async fn picture(browser: &str, page: &str, password: &str) -> Option<Vec<u8>> {
    let server = MockServer::start().await;
    on(&server, "GET", "/authorize", html(page)).await;
    let folder = tempfile::tempdir().expect("a folder");
    let mut login = login(browser, "");
    login.driver.look_at(false, folder.path());
    let seen = Somebody::new(password).walk(&server, &login, Decision::Approve).await;
    assert!(matches!(seen.end, End::Stuck { .. }), "{browser}: {seen:?}");
    assert!(kept(folder.path(), "html").is_some(), "{browser}: {seen:?}");
    kept(folder.path(), "png").map(|path| std::fs::read(path).expect("a picture"))
}

/// A login page that does this with what was typed, which itself shows dots alone.
fn page(then: &str) -> String {
    format!(
        "<title>Oops</title><form><input name=username><input type=password name=password><button>Sign in</button></form><div id=told></div>\
         <script>document.forms[0].onsubmit = () => {{
           const typed = document.querySelector('[type=password]').value;
           const told = document.getElementById('told');
           {then}
           document.activeElement.blur();
           return false;
         }};</script>"
    )
}

#[tokio::test]
async fn no_picture_shows_what_stands_in_a_frame() {
    for (browser, _) in browsers() {
        for frame in [
            "told.innerHTML = '<iframe></iframe>'; told.firstChild.srcdoc = '<h1>' + typed + '</h1>';",
            "told.innerHTML = '<iframe></iframe>'; told.firstChild.src = 'data:text/html,<h1>' + typed + '</h1>';",
        ] {
            let one = picture(browser, &page(frame), "correct horse").await.expect("a picture");
            let other = picture(browser, &page(frame), "another horse").await.expect("a picture");
            assert!(one == other, "{browser}: the pictures differ: {frame}");
        }
    }
}

#[tokio::test]
async fn no_picture_is_kept_of_a_page_that_changes_faster_than_it_can_be_masked() {
    for (browser, _) in browsers() {
        // Blanks that nobody sees, always more of them before the text.
        let restless = page(
            "told.textContent = 'No user with the password ' + typed;
             setInterval(() => told.before(document.createTextNode(' ')), 1);",
        );
        assert!(picture(browser, &restless, "correct horse").await.is_none(), "{browser}");
    }
}
