//! A comment passes over a finding that is not there.
//!
//! `# altlas ignore=CODE` above an instruction, and `# altlas global ignore=CODE` anywhere, pass over
//! findings. One that names no code, or a code that is not found at that instruction, says something
//! that is no longer true, and would hide the fault when it comes back.
//!
//! See for yourself: take the comment out, and check again.
//!
//! Take it out, or write the code as the report shows it.

use super::{CHECKS, Diagnosis, Fix};
use crate::{Place, Scene, dockerfile::Ignore};
use serde::Serialize;
use std::collections::HashMap;

/// A comment passes over a finding that is not there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[error("`ignore={code}` {why}")]
pub struct IgnoreUnused {
    /// The code as it is written.
    pub code: String,
    /// Why it does nothing.
    pub why: Why,
    /// The code that is nearly the same.
    pub nearest: Option<&'static str>,
    /// Where it is written.
    pub place: Place,
}

/// Why a comment does nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Why {
    /// There is no such code.
    Unknown,
    /// It is not found there.
    NotFound,
}

impl std::fmt::Display for Why {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Unknown => "names no check",
            Self::NotFound => "passes over nothing: that is not found here",
        })
    }
}

impl IgnoreUnused {
    pub(super) const CODE: &str = "image/ignore-unused";

    pub(super) fn find(scene: &Scene<'_>) -> Vec<Self> {
        let Some(file) = scene.dockerfile else { return Vec::new() };
        let own = file.ignores.list.iter().filter(|ignore| ignore.tool == "altlas");
        // Each check is asked once, however many comments name it.
        let mut places: HashMap<&str, Vec<Place>> = HashMap::new();
        let of = |ignore: &Ignore| {
            let check = CHECKS.iter().find(|check| ignore.names(check.code));
            // A check that passes over itself would be true and untrue at once.
            let (why, nearest) = match check.filter(|check| check.code != Self::CODE) {
                None => (Why::Unknown, nearest(&ignore.code)),
                Some(check) => {
                    let places = places.entry(check.code).or_insert_with(|| {
                        let found = (check.find)(scene);
                        found.iter().map(|problem| problem.diagnosis().place()).collect()
                    });
                    if places.iter().any(|place| file.is_covered(ignore, place)) {
                        return None;
                    }
                    (Why::NotFound, None)
                }
            };
            let place = file.place(ignore.span.start);
            Some(Self { code: ignore.code.clone(), why, nearest, place })
        };
        own.filter_map(of).collect()
    }
}

fn nearest(code: &str) -> Option<&'static str> {
    let bare = |code: &'static str| code.strip_prefix("image/").unwrap_or(code);
    let wanted = code.strip_prefix("image/").unwrap_or(code);
    let distance = |code: &'static str| strsim::osa_distance(bare(code), wanted);
    let best = CHECKS.iter().map(|check| check.code).min_by_key(|code| distance(code))?;
    (distance(best) <= 3).then_some(best)
}

impl Diagnosis for IgnoreUnused {
    fn place(&self) -> Place {
        self.place.clone()
    }

    fn fixes(&self) -> Vec<Fix> {
        vec![Fix::by_hand(match self.nearest {
            Some(code) => format!("write `ignore={code}`, or take it out"),
            None if self.code.is_empty() => {
                "write the code behind `ignore=`, or take the comment out".to_owned()
            }
            None => format!("take `{}` out of the comment", self.code),
        })]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Dockerfile, Fleet, Recipe, scene::example};
    use std::path::Path;

    #[test]
    fn knows_comments_that_do_nothing() {
        let check = |text: &str, expected: Option<Why>| {
            let found = example::dockerfile(text, IgnoreUnused::find);
            let got: Vec<Why> = found.iter().map(|found| found.why).collect();
            assert_eq!(got, Vec::from_iter(expected), "{text}");
        };
        let root = "FROM nvidia/cuda:12.6.3-base-ubuntu22.04";
        check(&format!("# altlas ignore=runs-as-root; a job of ours\n{root}"), None);
        check(&format!("{root}\n# altlas global ignore=image/runs-as-root"), None);
        check(&format!("# altlas ignore=runs-as-root\n{root}\nUSER 1"), Some(Why::NotFound));
        check(&format!("{root}\n# altlas ignore=runs-as-root\nRUN a"), Some(Why::NotFound));
        check(&format!("# altlas ignore=runs-as-rot\n{root}"), Some(Why::Unknown));
        check(&format!("# altlas ignore=\n{root}"), Some(Why::Unknown));
        check(&format!("{root}\n# altlas global ignore= , ; why"), Some(Why::Unknown));
        check(&format!("# hadolint ignore=DL3008\n{root}"), None);
        check(&format!("# hadolint ignore=\n{root}"), None);
    }

    #[test]
    fn comments_pass_over_findings() {
        let check = |text: &str, expected: &[&str]| {
            let file = Dockerfile::parse(Path::new("D"), text.as_bytes()).unwrap();
            let found = crate::check(&Scene {
                recipes: Recipe::from_dockerfile(&file),
                spec: None,
                dockerfile: Some(&file),
                requirements: crate::Requirements::default(),
                fleet: Fleet::default(),
                today: "2026-11-24".parse().unwrap(),
            });
            let got: Vec<&str> = found.iter().map(super::super::Problem::code).collect();
            assert_eq!(got, expected, "{text}");
        };
        let root = "FROM nvidia/cuda:12.6.3-base-ubuntu22.04";
        check(&format!("# altlas ignore=runs-as-root; why\n{root}\n# altlas ignore=gpu-query-in-build\nRUN a &&\\\n  nvidia-smi"), &[]);
        // hadolint's own code for the same thing counts as well.
        check(&format!("# hadolint ignore=DL3002\n{root}"), &[]);
    }
}
