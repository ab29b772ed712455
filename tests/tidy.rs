//! The rules of the house, as tests: what ARCHITECTURE.md promises and no compiler checks.

use crate::support::checkout;
use std::path::{Path, PathBuf};

/// Files of the checkout that git knows or would take, by their ending.
fn files(ending: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    walk(&checkout(), &mut found);
    found
        .into_iter()
        .filter(|path| path.to_string_lossy().ends_with(ending))
        .map(|path| {
            let name = path.strip_prefix(checkout()).unwrap().display().to_string();
            (name, std::fs::read_to_string(&path).unwrap())
        })
        .collect()
}

fn walk(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if path.is_symlink() || matches!(name.as_str(), "target" | ".git" | "corpus" | "artifacts")
        {
            continue;
        }
        if path.is_dir() { walk(&path, found) } else { found.push(path) }
    }
}

/// Fails with every offender at once.
fn none(offenders: Vec<String>, rule: &str) {
    assert!(offenders.is_empty(), "{rule}:\n  {}", offenders.join("\n  "));
}

fn is_library(name: &str) -> bool {
    name.starts_with("crates/") && name.contains("/src/")
}

/// The code of a file without its tests and comments.
fn code(text: &str) -> impl Iterator<Item = &str> {
    let before_tests = text.split("#[cfg(test)]\nmod tests").next().unwrap_or_default();
    before_tests.lines().filter(|line| !line.trim_start().starts_with("//"))
}

#[test]
fn files_are_small_and_well_named() {
    let offends = |name: &str, text: &str| {
        let stem = Path::new(name).file_stem().unwrap().to_string_lossy().into_owned();
        let vague = ["mod", "util", "utils", "common", "helper", "helpers", "misc"];
        let long = text.lines().count() > 400 && !text.contains("over 400 lines because");
        vague.contains(&stem.as_str()) || long
    };
    let offenders = files(".rs").into_iter().filter(|(name, text)| offends(name, text));
    none(offenders.map(|(name, _)| name).collect(), "over 400 lines, or a name that says nothing");
}

#[test]
fn every_file_says_what_it_is_for() {
    let offenders = files(".rs").into_iter().filter(|(_, text)| !text.starts_with("//!"));
    none(offenders.map(|(name, _)| name).collect(), "files without a first `//!` line");
}

#[test]
fn domain_crates_do_not_know_each_other() {
    let domain = ["gpu-probe", "image-spec", "license-audit", "k8s-gpu", "cargo-altlas"];
    let mut offenders = Vec::new();
    for (name, text) in files("Cargo.toml") {
        if !name.starts_with("crates/") {
            continue;
        }
        for other in domain {
            if text.contains(&format!("\n{other}.workspace")) {
                offenders.push(format!("{name} depends on {other}"));
            }
        }
    }
    none(offenders, "domain crates that depend on each other");
}

#[test]
fn libraries_neither_print_nor_read_the_environment() {
    let forbidden =
        ["println!", "eprintln!", "print!(", "dbg!(", "env::var", "env::vars", "process::exit"];
    let mut offenders = Vec::new();
    for (name, text) in files(".rs").into_iter().filter(|(name, _)| is_library(name)) {
        for line in code(&text) {
            if forbidden.iter().any(|word| line.contains(word)) {
                offenders.push(format!("{name}: {}", line.trim()));
            }
        }
    }
    none(offenders, "libraries that print, exit or read the environment");
}

#[test]
fn unsafe_stays_with_the_driver() {
    let allowed = [
        "crates/gpu-probe/examples/minimal_kernel.rs",
        "crates/gpu-probe/src/driver",
        "crates/gpu-probe/src/read/nvml",
        "crates/gpu-probe/src/smoke",
        "tests/fake-driver",
        "tests/kernels",
    ];
    let mut offenders = Vec::new();
    for (name, text) in files(".rs") {
        let uses = code(&text).any(|line| {
            ["{", "fn", "impl"].iter().any(|what| line.contains(&format!("{} {what}", "unsafe")))
        });
        if uses && !allowed.iter().any(|start| name.starts_with(start)) {
            offenders.push(name);
        }
    }
    none(offenders, "`unsafe` outside the files that call the driver");
}

#[test]
fn nothing_is_allowed_silently() {
    let mut offenders = Vec::new();
    for (name, text) in files(".rs") {
        if text.contains(concat!("#[all", "ow(")) || text.contains(concat!("#![all", "ow(")) {
            offenders.push(name);
        }
    }
    none(offenders, "`allow` instead of `expect` with a reason");
}

/// The checks of a library.
struct Checks {
    area: &'static str,
    folder: &'static str,
    /// Each code with its explanation.
    listed: Vec<(&'static str, String)>,
}

fn all_checks() -> [Checks; 2] {
    let of_gpu = gpu_probe::CHECKS.iter().map(|check| (check.code, check.explanation()));
    let of_image =
        image_spec::CHECKS.iter().map(|check| (check.code, gpu_probe::module_text(check.source)));
    [
        Checks { area: "gpu", folder: "crates/gpu-probe/src/checks/", listed: of_gpu.collect() },
        Checks {
            area: "image",
            folder: "crates/image-spec/src/checks/",
            listed: of_image.collect(),
        },
    ]
}

#[test]
fn checks_are_complete() {
    let mut offenders = Vec::new();
    for Checks { area, folder, listed } in all_checks() {
        let checks: Vec<(String, String)> = files(".rs")
            .into_iter()
            .filter(|(name, _)| name.starts_with(folder))
            .filter(|(_, text)| text.contains("const CODE"))
            .collect();
        assert!(checks.len() >= 40, "{} checks in {folder}", checks.len());
        for (name, text) in &checks {
            let stem = Path::new(name).file_stem().unwrap().to_string_lossy().replace('_', "-");
            let code = format!("{area}/{stem}");
            if !text.contains(&format!("\"{code}\"")) {
                offenders.push(format!("{name}: its code is not {code}"));
            }
            if !listed.iter().any(|(known, _)| *known == code) {
                offenders.push(format!("{name}: not in the list of checks.rs"));
            }
            let tests = text.split("mod tests").nth(1).unwrap_or_default();
            if tests.matches("find(").count() + tests.matches("check(").count() < 2 {
                offenders.push(format!("{name}: has no test that finds it and one that does not"));
            }
        }
        for (code, explanation) in &listed {
            if explanation.lines().count() < 3 {
                offenders.push(format!("{code}: has no explanation"));
            }
        }
        assert_eq!(listed.len(), checks.len(), "a file for each check in {folder}");
    }
    none(offenders, "incomplete checks");
}

#[test]
fn codes_are_unique() {
    let all = all_checks();
    let mut codes: Vec<&str> =
        all.iter().flat_map(|checks| &checks.listed).map(|(code, _)| *code).collect();
    codes.sort_unstable();
    let twice = codes.windows(2).filter(|pair| pair[0] == pair[1]).map(|pair| pair[0].to_owned());
    none(twice.collect(), "codes that two checks have");
}

#[test]
fn a_check_imports_no_other_check() {
    let mut offenders = Vec::new();
    for Checks { folder, listed, .. } in all_checks() {
        let modules = listed.iter().filter_map(|(code, _)| code.split_once('/'));
        let paths: Vec<String> =
            modules.map(|(_, name)| format!("super::{}::", name.replace('-', "_"))).collect();
        for (name, text) in files(".rs") {
            if name.starts_with(folder) && paths.iter().any(|path| text.contains(path.as_str())) {
                offenders.push(name);
            }
        }
    }
    none(offenders, "what two checks need stands in a file of its own");
}

#[test]
fn causes_stand_before_what_follows() {
    let position = |code: &str| gpu_probe::CHECKS.iter().position(|check| check.code == code);
    let mut offenders = Vec::new();
    let mut seen = Vec::new();
    for (index, check) in gpu_probe::CHECKS.iter().enumerate() {
        if seen.contains(&check.code) {
            offenders.push(format!("{} twice", check.code));
        }
        seen.push(check.code);
        for cause in check.follows_from {
            match position(cause) {
                Some(at) if at < index => {}
                Some(_) => offenders.push(format!("{} stands before {cause}", check.code)),
                None => offenders.push(format!("{} follows from unknown {cause}", check.code)),
            }
        }
    }
    none(offenders, "causes");
}

#[test]
fn tables_carry_source_and_date() {
    let mut offenders = Vec::new();
    let tables: Vec<(String, String)> = files(".toml")
        .into_iter()
        .filter(|(name, _)| name.starts_with("crates/") && name.contains("/src/"))
        .collect();
    assert!(!tables.is_empty());
    for (name, text) in tables {
        for (number, row) in text.split("\n[[").enumerate().skip(1) {
            let has = |key: &str| row.lines().any(|line| line.trim_start().starts_with(key));
            if !has("source =") || !has("date =") {
                offenders.push(format!("{name}: row {number} has no source or date"));
            }
        }
    }
    none(offenders, "rows without source or date");
}

#[test]
fn what_the_architecture_names_exists() {
    let text = std::fs::read_to_string(checkout().join("ARCHITECTURE.md")).unwrap();
    let named = text.split('`').skip(1).step_by(2).filter(|word| {
        ["crates/", "cargo-altlas/", "tests/", "docs/", "fuzz/", "benches/"]
            .iter()
            .any(|start| word.starts_with(start))
    });
    let missing = named.filter(|path| !checkout().join(path).exists());
    none(missing.map(str::to_owned).collect(), "named in ARCHITECTURE.md and not there");
}

#[test]
fn no_test_file_is_forgotten() {
    let main = std::fs::read_to_string(checkout().join("tests/main.rs")).unwrap();
    let offenders = std::fs::read_dir(checkout().join("tests")).unwrap().filter_map(|entry| {
        let name = entry.unwrap().file_name().to_string_lossy().into_owned();
        let module = name.strip_suffix(".rs")?.to_owned();
        (module != "main" && !main.contains(&format!("mod {module};"))).then_some(name)
    });
    none(offenders.collect(), "test files that no module names");
}
