//! What is said of every fault, on one page (`snapshots/…__the_page_of_all_texts.snap`), and whether
//! its commands are shell.

use super::{diagnose, faults::faults};
use crate::{CHECKS, Fix};
use std::{collections::BTreeSet, fmt::Write as _, io::Write as _, process::Stdio};

/// Code, sentence and fixes of every problem of every fault, each text once, in the order of checks.
fn texts() -> Vec<(&'static str, String, Vec<Fix>)> {
    let mut all = Vec::new();
    for (facts, need, _) in faults() {
        for (problem, _) in diagnose(&facts, &need).problems {
            let diagnosis = problem.diagnosis();
            let text = (problem.code(), diagnosis.to_string(), diagnosis.fixes());
            if !all.contains(&text) {
                all.push(text);
            }
        }
    }
    let place = |code: &str| CHECKS.iter().position(|check| check.code == code);
    all.sort_by_key(|(code, _, _)| place(code));
    all
}

#[test]
fn the_page_of_all_texts() {
    let mut page = String::new();
    let mut last = "";
    for (code, sentence, fixes) in texts() {
        if code != last {
            writeln!(page, "\n{code}").unwrap();
        }
        last = code;
        writeln!(page, "  {sentence}").unwrap();
        for Fix { text, command } in fixes {
            writeln!(page, "    - {text}").unwrap();
            command.iter().for_each(|command| writeln!(page, "        $ {command}").unwrap());
        }
    }
    insta::assert_snapshot!(page);
}

#[test]
fn every_check_is_on_the_page() {
    let texts = texts();
    let said: BTreeSet<&str> = texts.iter().map(|(code, _, _)| *code).collect();
    let missing: Vec<&str> =
        CHECKS.iter().map(|check| check.code).filter(|code| !said.contains(code)).collect();
    assert_eq!(missing, Vec::<&str>::new());
}

/// What a person can type; a text of the program's own is no command.
const PROGRAMS: &[&str] = &[
    "cargo",
    "cat",
    "containerd",
    "dkms",
    "dmesg",
    "docker",
    "echo",
    "env",
    "file",
    "findmnt",
    "fuser",
    "g++",
    "grep",
    "journalctl",
    "ldconfig",
    "ldd",
    "ls",
    "lsmod",
    "lspci",
    "modinfo",
    "mokutil",
    "nm",
    "nsys",
    "nvcc",
    "nvidia-ctk",
    "nvidia-smi",
    "pip",
    "podman",
    "ps",
    "python",
    "stat",
    "systemctl",
    "which",
    "wsl",
];

#[test]
fn every_explanation_names_a_command_to_confirm_by_hand() {
    let is_command = |span: &str| {
        let words =
            span.split_whitespace().skip_while(|word| *word == "sudo" || word.contains('='));
        let words: Vec<&str> = words.collect();
        // `nvcc` alone is a name and no command.
        words == ["nvidia-smi"] || words.len() > 1 && PROGRAMS.contains(&words[0])
    };
    let without: Vec<&str> = CHECKS
        .iter()
        .filter(|check| !check.explanation().split('`').skip(1).step_by(2).any(is_command))
        .map(|check| check.code)
        .collect();
    assert_eq!(without, Vec::<&str>::new());
}

#[test]
fn sentences_are_one_plain_line() {
    for (code, sentence, fixes) in texts() {
        let texts = fixes.iter().map(|fix| fix.text.as_str()).chain([sentence.as_str()]);
        for text in texts {
            let quotes = text.matches('`').count();
            assert!(quotes % 2 == 0, "{code}: an open quote in: {text}");
            assert!(!text.ends_with('.') && !text.contains(['\n', '\t']), "{code}: {text}");
            assert!(!text.contains("  "), "{code}: two spaces in: {text}");
            assert!(!text.starts_with(char::is_uppercase) || is_name(text), "{code}: {text}");
        }
    }
}

/// Whether a text begins with a word that is always written with a capital.
fn is_name(text: &str) -> bool {
    const NAMES: &[&str] =
        &["CUDA", "Docker", "GPU", "MIG", "NVML", "PCI", "Podman", "Secure Boot", "Xid", "NVIDIA"];
    NAMES.iter().any(|name| text.starts_with(name))
}

#[test]
#[expect(clippy::disallowed_methods, reason = "asks a shell whether the commands can be read")]
fn commands_are_shell() {
    let mut script = String::new();
    for (code, _, fixes) in texts() {
        for command in fixes.iter().filter_map(|fix| fix.command.as_ref()) {
            writeln!(script, "# {code}\n{command}").unwrap();
        }
    }
    let bash = std::process::Command::new("bash")
        .args(["-n", "-s"])
        .stdin(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn();
    // Where there is no bash, there is nothing to ask.
    let Ok(mut bash) = bash else { return };
    bash.stdin.take().unwrap().write_all(script.as_bytes()).unwrap();
    let output = bash.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && said.is_empty(), "{said}");
}

#[test]
fn foreign_words_are_quoted() {
    const FOREIGN: &str = "x; touch /tmp/y $(z) 'a' `b`";
    let (mut facts, need) = (crate::example::h200(), crate::Need::default());
    let copy = facts.driver_libraries.cuda[0].clone();
    let with_path = |path: &str| crate::LibraryCopy { path: path.to_owned(), ..copy.clone() };
    facts.driver_libraries.cuda.push(crate::LibraryCopy {
        version: crate::Reading::Found("535.54.03".parse().unwrap()),
        ..with_path(FOREIGN)
    });
    facts.host.disks[0].path = FOREIGN.to_owned();
    facts.host.disks[0].free_mib = crate::Reading::Found(10);
    facts.containers.cdi = vec![crate::CdiSpec {
        path: FOREIGN.to_owned(),
        missing_files: vec!["/gone".to_owned()],
        ..crate::CdiSpec::default()
    }];
    facts.toolkits[0].path = FOREIGN.to_owned();
    let problems = diagnose(&facts, &need).problems;
    assert!(problems.len() >= 3, "{problems:?}");
    for (problem, _) in problems {
        for command in problem.diagnosis().fixes().into_iter().filter_map(|fix| fix.command) {
            let unquoted = command.replace(&crate::shell_word::shell_word(FOREIGN), "");
            assert!(!unquoted.contains("touch"), "{command}");
        }
    }
}
