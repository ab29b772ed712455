//! Evidence: what was tested of an image, where, and how it ended.

use serde::Serialize;
use std::collections::BTreeMap;

/// The `schema` number of this format.
pub const EVIDENCE_SCHEMA: u32 = 1;

/// What was tested of an image, where, and how it ended. It holds no secret: no environment, no
/// credentials.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Evidence {
    /// The version of this format.
    pub schema: u32,
    /// When it was tested, as RFC 3339.
    pub date: String,
    /// The version of altlas.
    pub altlas: String,
    /// What was tested.
    pub image: TestedImage,
    /// The version of the Docker Engine.
    pub engine: String,
    /// The machine, line by line: system, driver, GPUs.
    pub machine: BTreeMap<String, String>,
    /// What was run in the image.
    pub runs: Vec<TestRun>,
    /// What could not be looked at, with the reason.
    pub could_not_look: Vec<String>,
    /// How it ended.
    pub result: Verdict,
}

/// The image that was tested.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TestedImage {
    /// Its name.
    pub reference: String,
    /// What the engine calls it: a digest.
    pub id: String,
    /// The digests that registries know it by.
    pub digests: Vec<String>,
    /// Its platform.
    pub platform: String,
    /// Its labels, among them the versions inside.
    pub labels: BTreeMap<String, String>,
}

/// A program that was run in the image.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TestRun {
    /// What it is: `self-test` or `gpu-probe`.
    pub what: String,
    /// The program with its arguments.
    pub command: Vec<String>,
    /// Whether it had GPUs.
    pub gpus: bool,
    /// Its exit code; `None` where it was ended at the deadline.
    pub exit_code: Option<i64>,
    /// How long it took.
    pub seconds: f64,
    /// What it wrote, or what it wrote read as JSON.
    pub output: serde_json::Value,
    /// How it ended.
    pub result: Verdict,
}

/// How a test ended: the three states.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// It was tested, and is right.
    Passed,
    /// It was tested, and is wrong.
    Failed,
    /// It could not be tested, or not all of it.
    CouldNotLook,
}

impl Verdict {
    /// What an exit code of altlas' programs means.
    pub fn of_exit_code(code: Option<i64>) -> Self {
        match code {
            Some(0) => Self::Passed,
            Some(3) => Self::CouldNotLook,
            Some(_) | None => Self::Failed,
        }
    }

    /// Of several, the one that counts: failed, then not looked at, then passed.
    pub fn worst(verdicts: impl IntoIterator<Item = Self>) -> Self {
        let rank = |verdict: &Self| match verdict {
            Self::Passed => 0,
            Self::CouldNotLook => 1,
            Self::Failed => 2,
        };
        verdicts.into_iter().max_by_key(rank).unwrap_or(Self::CouldNotLook)
    }
}

impl Evidence {
    /// As JSON, to be kept.
    pub fn to_json(&self) -> String {
        // Maps of strings and numbers cannot fail to be written.
        let text = serde_json::to_string_pretty(self).unwrap_or_default();
        text + "\n"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_worst_counts() {
        use Verdict::{CouldNotLook, Failed, Passed};
        assert_eq!(Verdict::worst([Passed, CouldNotLook]), CouldNotLook);
        assert_eq!(Verdict::worst([Failed, CouldNotLook, Passed]), Failed);
        assert_eq!(Verdict::worst([Passed, Passed]), Passed);
        assert_eq!(Verdict::worst([]), CouldNotLook);
        assert_eq!(Verdict::of_exit_code(Some(0)), Passed);
        assert_eq!(Verdict::of_exit_code(Some(1)), Failed);
        assert_eq!(Verdict::of_exit_code(Some(3)), CouldNotLook);
        assert_eq!(Verdict::of_exit_code(None), Failed);
    }
}
