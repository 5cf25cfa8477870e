//! The README's snippets for other people's CI do as they stand there: their shell lines are run, with stand-ins for what a runner brings.
#![cfg(unix)]

use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::Command;

use flowproof::baseline;
use flowproof::check::Catalog;
use serde_json::Value;

const README: &str = include_str!("../../README.md");

/// The block of code in this language that holds these words.
fn block(language: &str, words: &str) -> &'static str {
    let fence = format!("```{language}\n");
    let blocks = README.split(fence.as_str()).skip(1).map(|rest| rest.split("```").next().expect("a block ends"));
    let found: Vec<&str> = blocks.filter(|block| block.contains(words)).collect();
    assert_eq!(found.len(), 1, "one block of {language} with {words:?}");
    found[0]
}

fn yaml(language: &str, words: &str) -> Value {
    serde_yaml::from_str(block(language, words)).expect("it is YAML")
}

/// A place to run a snippet in. What it left running ends with it.
struct Runner {
    dir: tempfile::TempDir,
    ports: [u16; 2],
    groups: Vec<u32>,
}

impl Runner {
    fn new() -> Self {
        let dir = tempfile::tempdir().expect("a directory");
        let runner = Self { ports: free_ports(), groups: Vec::new(), dir };
        std::fs::create_dir(runner.dir.path().join("bin")).expect("made");
        // A few checks stand for all of them: each of their options is the snippet's own.
        let flowproof = env!("CARGO_BIN_EXE_flowproof");
        runner.stand_in(
            "flowproof",
            &format!("if [ \"$1\" = check ]; then set -- \"$@\" --id pkce/mismatch; fi\nexec '{flowproof}' \"$@\""),
        );
        runner.stand_in("cargo", "echo \"cargo $*\" >>calls");
        // Runs what follows the image's name.
        runner.stand_in(
            "docker",
            "echo \"docker $*\" >>calls\n[ \"$1\" = run ] || exit 0\nwhile [ \"$1\" != flowproof ]; do shift; done\nshift\nexec \"$@\"",
        );
        if Command::new("curl").arg("--version").output().is_err() {
            eprintln!("there is no curl on this machine: one stands in for it that waits for the provider file");
            runner.stand_in("curl", "until [ -s provider.yaml ]; do sleep 0.1; done");
        }
        runner
    }

    fn stand_in(&self, name: &str, script: &str) {
        let path = self.dir.path().join("bin").join(name);
        std::fs::write(&path, format!("#!/bin/sh\n{script}\n")).expect("written");
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).expect("made executable");
    }

    /// Runs a script as a runner does; the exit code.
    fn run(&mut self, shell: &str, script: &str) -> i32 {
        let [port, admin] = self.ports;
        let script = script.replace("9400", &port.to_string()).replace("9401", &admin.to_string());
        let dir = self.dir.path();
        let log = std::fs::OpenOptions::new().create(true).append(true).open(dir.join("log")).expect("a log");
        let path = format!("{}:{}", dir.join("bin").display(), std::env::var("PATH").expect("a PATH"));
        let mut child = Command::new(shell)
            .args(["-e", "-c", &script])
            .current_dir(dir)
            .env("PATH", path)
            .env("FLOWPROOF", "https://git.example/flowproof")
            .env("GITHUB_STEP_SUMMARY", dir.join("job-summary.md"))
            .stdout(log.try_clone().expect("a log"))
            .stderr(log)
            .process_group(0)
            .spawn()
            .expect("a shell");
        self.groups.push(child.id());
        child.wait().expect("it ends").code().expect("an exit code")
    }

    fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.dir.path().join(name)).unwrap_or_else(|error| panic!("{name}: {error}: {}", self.log()))
    }

    fn log(&self) -> String {
        std::fs::read_to_string(self.dir.path().join("log")).unwrap_or_default()
    }

    fn has_reports(&self, summary: &str) {
        assert!(self.read("reports/latest/report.xml").contains("<testsuites name=\"flowproof\" tests=\"3\" failures=\"0\""));
        assert!(self.read(summary).contains("## flowproof: conformant"));
        assert!(
            self.read("calls").contains("--git https://git.example/flowproof") || self.read("calls").contains("docker build")
        );
    }
}

impl Drop for Runner {
    fn drop(&mut self) {
        for group in &self.groups {
            // Most have ended by themselves.
            drop(Command::new("kill").args(["-TERM", "--", &format!("-{group}")]).output());
        }
    }
}

fn free_ports() -> [u16; 2] {
    let listeners = [0; 2].map(|port: u16| std::net::TcpListener::bind(("127.0.0.1", port)).expect("a port"));
    listeners.map(|listener| listener.local_addr().expect("an address").port())
}

fn bash_or_sh() -> &'static str {
    if Path::new("/bin/bash").exists() { "/bin/bash" } else { "/bin/sh" }
}

fn lines(script: &Value) -> String {
    let lines = script.as_array().expect("a list").iter().map(|line| line.as_str().expect("a line"));
    lines.collect::<Vec<_>>().join("\n")
}

#[test]
fn the_workflow_for_github_actions_runs() {
    let workflow = yaml("yaml", ".github/workflows");
    let steps = workflow["jobs"]["oauth"]["steps"].as_array().expect("steps");
    let mut runner = Runner::new();
    let scripts: Vec<&str> = steps.iter().filter_map(|step| step["run"].as_str()).collect();
    assert_eq!(scripts.len(), 3);
    for script in scripts {
        // Each step has a shell of its own.
        assert_eq!(runner.run(bash_or_sh(), script), 0, "{script}: {}", runner.log());
    }
    runner.has_reports("job-summary.md");
    let uses: Vec<&Value> = steps.iter().filter(|step| step["if"] == "always()").collect();
    assert_eq!(uses.len(), 2, "reports are picked up when the check fails, too");
    assert_eq!(uses[0]["with"]["report_paths"], "reports/latest/report.xml");
}

#[test]
fn the_pipeline_for_gitlab_runs_and_fails_by_what_is_violated_and_not_known() {
    let job = &yaml("yaml", ".gitlab-ci.yml")["oauth"];
    let script = format!("{}\n{}", lines(&job["before_script"]), lines(&job["script"]));
    let mut runner = Runner::new();
    assert_eq!(runner.run("/bin/sh", &script), 0, "{}", runner.log());
    runner.has_reports("summary.md");
    assert_eq!(job["artifacts"]["reports"]["junit"], "reports/latest/report.xml");

    let mut broken = Runner::new();
    let script = script.replace("flowproof serve", "flowproof serve --defect ignores-code-verifier");
    assert_eq!(broken.run("/bin/sh", &script), 1, "{}", broken.log());
    assert!(broken.read("reports/latest/report.xml").contains("failures=\"3\""));
    // Known from the next run on.
    let check = "flowproof check --provider provider.yaml";
    assert_eq!(broken.run("/bin/sh", &format!("{check} --write-baseline known-issues.yaml")), 1, "{}", broken.log());
    assert_eq!(broken.run("/bin/sh", check), 0, "{}", broken.log());
    // And fixed: the entries are to go.
    let known = broken.read("known-issues.yaml");
    std::fs::write(runner.dir.path().join("known-issues.yaml"), known).expect("written");
    assert_eq!(runner.run("/bin/sh", check), 4, "{}", runner.log());
}

#[test]
fn the_container_runs() {
    let mut runner = Runner::new();
    let script = block("sh", "docker run");
    assert_eq!(runner.run("/bin/sh", script), 0, "{}", runner.log());
    runner.has_reports("summary.md");
    assert!(block("dockerfile", "FROM").contains("cargo install --locked --git \"$FLOWPROOF\""));
}

#[test]
fn the_known_issues_it_shows_are_of_checks() {
    let baseline = baseline::parse(block("yaml", "# known-issues.yaml"), Path::new("README.md")).expect("it is valid");
    let catalog = Catalog::embedded().expect("the features are sound");
    // One that always fails, and a race.
    assert_eq!(baseline.known.iter().map(|known| known.sometimes).collect::<Vec<_>>(), [false, true]);
    for known in &baseline.known {
        assert!(catalog.check(&known.check).is_some(), "{}", known.check);
    }
}
