//! What uv says when it finds no set of versions, in plain words.
//!
//! uv derives a contradiction step by step: "Because a==1 depends on b<2 and you require a==1, we can
//! conclude that you require b<2. And because you require b>=2, we can conclude that your requirements
//! are unsatisfiable." The steps in between can be worked out by anybody; what counts is what was
//! given: the wishes with their places, and what packages need.

use super::ResolveOutcome;
use crate::{Place, Placed};
use pep508_rs::Requirement;
use serde::Serialize;

/// Wishes that contradict each other.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Conflict {
    /// What was given, in the order in which the contradiction follows from it.
    pub reasons: Vec<Reason>,
    /// What uv adds: what else would have to be done.
    pub hints: Vec<String>,
    /// All that uv said.
    pub original: String,
}

/// One thing that a contradiction follows from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Reason {
    /// In a clause: "`numba==0.57.0` needs `numpy>=1.21,<1.25`".
    pub words: String,
    /// Where it is asked for, of a wish.
    pub place: Option<Place>,
}

/// What uv's answer means.
pub(super) fn outcome(
    code: Option<i32>,
    said: &str,
    wishes: &[Placed<Requirement>],
) -> ResolveOutcome {
    if code == Some(0) {
        return ResolveOutcome::Resolved;
    }
    let original = said.trim().to_owned();
    if let Some((what, reason)) = unlooked(said) {
        return ResolveOutcome::CouldNotLook { what, reason, original };
    }
    let derivation = derivation(said);
    if derivation.is_empty() {
        let what = "the requirements".to_owned();
        return ResolveOutcome::CouldNotLook { what, reason: failure(code, said), original };
    }
    let reasons = premises(&derivation).iter().map(|clause| reason(clause, wishes)).collect();
    let reasons = wishes_first(reasons);
    ResolveOutcome::Conflict(Conflict { reasons, hints: hints(said), original })
}

/// Who reads "a needs b" wants to know first that somebody asks for a.
fn wishes_first(mut given: Vec<Reason>) -> Vec<Reason> {
    let package = |reason: &Reason| reason.words.split('`').nth(1).map(|it| name(it).to_owned());
    let is_wish = |reason: &Reason| reason.words.starts_with("you ask for ");
    let mut ordered = Vec::new();
    while !given.is_empty() {
        let first = given.remove(0);
        let of_same = |later: &Reason| is_wish(later) && package(later) == package(&first);
        let wish = given.iter().position(of_same).filter(|_| !is_wish(&first));
        ordered.extend(wish.map(|at| given.remove(at)));
        ordered.push(first);
    }
    ordered
}

/// What could not be asked, and why; `None` where uv was answered everywhere.
fn unlooked(said: &str) -> Option<(String, String)> {
    let line = |words: &str| said.lines().find(|line| line.contains(words));
    if let Some(line) = line("could not be queried") {
        let url = between(line, "(", ")").unwrap_or("an index");
        return Some((url.to_owned(), "it refuses without valid credentials".to_owned()));
    }
    if said.contains("the network was disabled") {
        let reason = "uv is told to stay offline, and its cache does not hold what is needed";
        return Some(("the package index".to_owned(), reason.to_owned()));
    }
    let failed = line("Failed to fetch")?;
    let url = failed.split_once("fetch").map_or("", |(_, rest)| rest.trim_matches([':', ' ', '`']));
    // The innermost cause says most.
    let causes =
        said.lines().filter_map(|line| cause(line)).filter(|cause| !cause.contains("fetch"));
    let reason = causes.last().unwrap_or("it could not be fetched");
    Some((url.trim_end_matches('`').to_owned(), reason.to_owned()))
}

fn cause(line: &str) -> Option<&str> {
    let line = line.trim();
    let starts = ["cause: ", "Caused by: ", "╰─▶ ", "├─▶ "];
    starts.iter().find_map(|start| line.strip_prefix(start))
}

/// Why uv gave up, where it says nothing about versions.
fn failure(code: Option<i32>, said: &str) -> String {
    let mut lines = said.lines().map(str::trim).filter(|line| !line.is_empty());
    let error =
        lines.find_map(|line| line.strip_prefix("error: ").or_else(|| line.strip_prefix("× ")));
    let causes: Vec<&str> = said.lines().filter_map(cause).collect();
    match (error, code) {
        (Some(error), _) => {
            let parts: Vec<&str> = std::iter::once(error).chain(causes).collect();
            format!("uv says: {}", parts.join(": "))
        }
        (None, Some(code)) => format!("uv ended with exit code {code} and said nothing of use"),
        (None, None) => "uv was ended from outside".to_owned(),
    }
}

/// The text of the derivation in one line; empty where there is none.
fn derivation(said: &str) -> String {
    let Some((_, rest)) = said.split_once("No solution found") else { return String::new() };
    let Some(start) = rest.find("Because ") else { return String::new() };
    let rest = &rest[start..];
    let end = rest.find("\nhint:").unwrap_or(rest.len());
    let words = rest[..end].split_whitespace().filter(|word| !matches!(*word, "│" | "╰─▶"));
    words.collect::<Vec<_>>().join(" ")
}

fn hints(said: &str) -> Vec<String> {
    let hints = said.split("\nhint:").skip(1);
    let words = |hint: &str| hint.split_whitespace().collect::<Vec<_>>().join(" ");
    hints.map(words).map(|hint| ours(&hint).unwrap_or(hint)).collect()
}

/// A hint that speaks of uv's options, with ours.
fn ours(hint: &str) -> Option<String> {
    let package = hint.strip_prefix("Wheels are required for ")?.split_whitespace().next()?;
    let words = "has no wheel that fits; `--build` lets uv build it on this machine, and the image \
                 then has to build it as well";
    Some(format!("{package} {words}"))
}

/// What is given, without what is concluded, each once.
fn premises(derivation: &str) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    // Behind a list there is no full stop.
    let derivation = derivation.replace(" And because ", ". And because ");
    let sentences = derivation.split(". ").flat_map(|part| part.split(".) "));
    for sentence in sentences {
        let Some((given, _)) = sentence.split_once("we can conclude that ") else { continue };
        let given = strip(
            given.trim_end_matches([' ', ',']),
            &["And because we know from ", "And because ", "Because "],
        );
        for clause in clauses(given) {
            // `(1)` points to a step before.
            let is_pointer = clause.starts_with('(') || clause.starts_with("we know from");
            if !is_pointer && !found.contains(&clause) {
                found.push(clause);
            }
        }
    }
    found
}

fn strip<'t>(text: &'t str, starts: &[&str]) -> &'t str {
    starts.iter().find_map(|start| text.strip_prefix(start)).unwrap_or(text)
}

/// Words that only a clause of its own has.
const VERBS: &[&str] = &[
    " depends on ",
    " depend on ",
    " requires ",
    "you require ",
    "there is no version",
    "there are no versions",
    " is available",
    " are available",
    " was not found",
    " were not found",
    " has no ",
    " have no ",
    " does not satisfy ",
    " are incompatible",
    " is incompatible",
    " were not loaded",
    " is unusable",
    " was ",
    " were ",
    "your project ",
];

/// The clauses between `and` and commas; a piece without a verb belongs to the one before.
fn clauses(given: &str) -> Vec<String> {
    let mut clauses: Vec<String> = Vec::new();
    for piece in given.split(" and ") {
        let piece = piece.trim_end_matches(',');
        let has_verb = VERBS.iter().any(|verb| format!(" {piece} ").contains(verb));
        match clauses.last_mut() {
            Some(last) if !has_verb && last.starts_with("you require ") => {
                clauses.push(format!("you require {piece}"));
            }
            Some(last) if !has_verb => last.push_str(&format!(" and {piece}")),
            _ => clauses.push(piece.to_owned()),
        }
    }
    clauses
}

/// A clause in our words, with its place where it is a wish.
fn reason(clause: &str, wishes: &[Placed<Requirement>]) -> Reason {
    if let Some(wanted) = clause.strip_prefix("you require ") {
        let place = wish(wanted, wishes).map(|wish| wish.place.clone());
        return Reason { words: format!("you ask for `{wanted}`"), place };
    }
    let split = |verb: &str| clause.split_once(verb);
    let needs =
        split(" depends on ").or_else(|| split(" depend on ")).or_else(|| split(" requires "));
    if let Some((package, needed)) = needs {
        let package = match package.strip_prefix("all versions of ") {
            Some(name) => format!("every release of `{name}`"),
            None => format!("`{package}`"),
        };
        let words = match needed.strip_prefix("one of: ") {
            Some(list) => format!("{package} needs one of {}", listed(list)),
            None => format!("{package} needs `{needed}`"),
        };
        return Reason { words, place: None };
    }
    let none = strip(clause, &["there is no version of ", "there are no versions of "]);
    if none != clause {
        return Reason { words: format!("there is no release of `{none}`"), place: None };
    }
    let only = clause.strip_prefix("only the following versions of ");
    if let Some((package, list)) = only.and_then(|rest| rest.split_once(" are available: ")) {
        let words = format!("of `{package}` there is only {}", listed(list));
        return Reason { words, place: None };
    }
    if let Some((package, rest)) = split(" has no wheels ") {
        return Reason { words: format!("`{package}` has no wheels {rest}"), place: None };
    }
    if let Some((package, _)) = split(" has no usable wheels") {
        return Reason { words: format!("`{package}` has no wheel that fits"), place: None };
    }
    if let Some((package, _)) = split(" was not found in the package registry") {
        return Reason { words: format!("no package index has `{package}`"), place: None };
    }
    Reason { words: clause.to_owned(), place: None }
}

/// The ends of a list: uv cuts a range at every release that is excluded.
fn listed(list: &str) -> String {
    let items: Vec<String> = list.split_whitespace().map(|item| format!("`{item}`")).collect();
    match items.as_slice() {
        [first, _, .., last] => format!("{first} … {last}"),
        items => items.join(", "),
    }
}

/// The wish that uv means: of the name, and of several the one with that range.
fn wish<'w>(wanted: &str, wishes: &'w [Placed<Requirement>]) -> Option<&'w Placed<Requirement>> {
    let name = name(wanted);
    let of_name = || wishes.iter().filter(|wish| wish.value.name.as_ref() == name);
    let plain = |text: &str| text.split(';').next().unwrap_or_default().replace(' ', "");
    let exact = of_name().find(|wish| plain(&wish.value.to_string()) == plain(wanted));
    exact.or_else(|| of_name().next())
}

/// The name that a text begins with.
fn name(text: &str) -> &str {
    let is_name = |letter: char| letter.is_ascii_alphanumeric() || "-_.".contains(letter);
    text.split(|letter| !is_name(letter)).next().unwrap_or_default()
}

fn between<'t>(text: &'t str, open: &str, close: &str) -> Option<&'t str> {
    Some(text.split_once(open)?.1.split_once(close)?.0)
}

#[cfg(test)]
mod tests;
