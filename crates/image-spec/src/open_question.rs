//! What the checks cannot judge, because the tables end before it: no finding then means nothing.
//!
//! Only what the checks are about and what a file names is asked for: a release of a framework, a CUDA,
//! a tag of `nvidia/cuda`, an image for Jetson. That nothing is known of any other base, such as
//! `python:3.11`, is no question.

use crate::{
    Base, Scene,
    installs::{Install, installs},
    written::{histories, installed_toolkits},
};
use cuda_compat::{CudaVersion, TagAnswer, base_images, look_up_tag, toolkits};
use pep440_rs::{Operator, Version};
use serde::Serialize;

/// Something that could not be judged.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct OpenQuestion {
    /// What, in the words of the field.
    pub what: String,
    /// Why, and what to do.
    pub reason: String,
}

/// What of a scene the tables cannot answer, each once.
pub fn open_questions(scene: &Scene<'_>) -> Vec<OpenQuestion> {
    let mut open: Vec<OpenQuestion> = Vec::new();
    let mut add = |question: OpenQuestion| {
        if !open.contains(&question) {
            open.push(question);
        }
    };
    for recipe in &scene.recipes {
        let of_base = of_base(&recipe.base.value);
        let known_by_base = of_base.is_some();
        of_base.into_iter().for_each(&mut add);
        let cuda = recipe.cuda.as_ref().map(|cuda| cuda.value);
        cuda.filter(|_| !known_by_base).and_then(of_cuda).into_iter().for_each(&mut add);
        installs(recipe).iter().filter_map(of_install).for_each(&mut add);
    }
    for history in histories(scene) {
        let brought = installed_toolkits(&history);
        brought.iter().filter_map(|it| of_cuda(it.cuda?)).for_each(&mut add);
    }
    open
}

fn of_base(base: &Base) -> Option<OpenQuestion> {
    match base {
        Base::Cuda { reference, tag } if look_up_tag(tag) == TagAnswer::NotInTable => {
            let date = base_images().iter().map(|row| row.date.as_str()).max().unwrap_or_default();
            Some(OpenQuestion {
                what: format!("the base `{reference}`"),
                reason: format!(
                    "the table of {date} does not have this tag, and it may have been published since; \
                     `docker manifest inspect {reference}` tells"
                ),
            })
        }
        Base::Other(reference) if is_jetson(&reference.path) => Some(OpenQuestion {
            what: format!("what runs on `{reference}`"),
            reason: "it is an image for Jetson, and the tables are for x86-64 only".to_owned(),
        }),
        _ => None,
    }
}

/// `nvidia/l4t-jetpack`, `dustynv/l4t-pytorch`: Linux for Tegra.
pub(crate) fn is_jetson(path: &str) -> bool {
    path.rsplit('/').next().is_some_and(|name| name.starts_with("l4t-"))
}

fn of_cuda(cuda: CudaVersion) -> Option<OpenQuestion> {
    let newest = toolkits().iter().max_by_key(|row| row.cuda)?;
    (cuda.minor_line() > newest.cuda.minor_line()).then(|| OpenQuestion {
        what: format!("CUDA {cuda}"),
        reason: newer(&newest.cuda.to_string(), &newest.date),
    })
}

fn of_install(install: &Install<'_>) -> Option<OpenQuestion> {
    let rows = || install.builds_anywhere();
    let newest = rows().flat_map(|row| &row.versions).max()?;
    let oldest = rows().flat_map(|row| &row.versions).min()?;
    let date = rows().map(|row| row.date.as_str()).max()?;
    let ranges = install.specifiers()?;
    if rows().flat_map(|row| &row.versions).any(|version| install.allows(version)) {
        return None;
    }
    let asks_newer = ranges.iter().any(|range| {
        use Operator::{Equal, EqualStar, ExactEqual, GreaterThan, GreaterThanEqual, TildeEqual};
        let lower = [Equal, EqualStar, ExactEqual, GreaterThan, GreaterThanEqual, TildeEqual];
        lower.contains(range.operator()) && range.version().clone().without_local() >= *newest
    });
    let what = format!("`{}`", install.shown());
    if asks_newer {
        return Some(OpenQuestion { what, reason: newer(&newest.to_string(), date) });
    }
    let is_older = install.exact().is_some_and(|asked: Version| asked < *oldest);
    (is_older && !install.is_too_old_for_python()).then(|| OpenQuestion {
        what,
        reason: format!("it is older than the tables, which begin with {oldest}"),
    })
}

fn newer(last: &str, date: &str) -> String {
    format!(
        "it is newer than the tables ({last}, {date}); `cargo altlas facts update` lists what came since"
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scene::example;

    #[test]
    fn asks_for_what_is_named_and_not_in_the_tables() {
        let check = |text: &str, expected: &[&str]| {
            let found = example::dockerfile(text, open_questions);
            let got: Vec<&str> = found.iter().map(|it| it.what.as_str()).collect();
            assert_eq!(got, expected, "{text}");
        };
        let pip = |line: &str| {
            format!("FROM nvidia/cuda:12.6.3-base-ubuntu24.04\nRUN pip install {line}\n")
        };
        check(&pip("torch==99.0"), &["`torch==99.0`"]);
        check(&pip("torch==2.99.0+cu130"), &["`torch==2.99.0+cu130`"]);
        check(&pip("'torch>=99'"), &["`torch>=99`"]);
        check(&pip("torch==1.4"), &["`torch==1.4`"]);
        check(&pip("torch==2.8.7"), &[]);
        check(&pip("torch==2.8.0 numpy==99"), &[]);
        check(&pip("torch"), &[]);
        check(
            "FROM nvidia/cuda:99.0.0-base-ubuntu24.04 AS a\nFROM a\n",
            &["the base `nvidia/cuda:99.0.0-base-ubuntu24.04`"],
        );
        check(
            "FROM nvcr.io/nvidia/l4t-jetpack:r36.2.0\n",
            &["what runs on `nvcr.io/nvidia/l4t-jetpack:r36.2.0`"],
        );
        check("FROM ubuntu:24.04\nRUN apt-get install -y cuda-toolkit-99-1\n", &["CUDA 99.1"]);
        check("FROM python:3.11\n", &[]);
        check("FROM nvcr.io/nvidia/pytorch:24.10-py3\n", &[]);
    }

    #[test]
    fn what_is_too_old_for_the_python_is_a_finding_instead() {
        let text = "FROM nvidia/cuda:12.6.3-base-ubuntu24.04\n\
                    RUN apt-get install -y python3-pip && pip install torch==1.0\n";
        assert_eq!(example::dockerfile(text, open_questions), []);
    }

    #[test]
    fn says_why() {
        let text = "FROM python:3.11\nRUN pip install torch==99.0\n";
        let found = example::dockerfile(text, open_questions);
        assert!(found[0].reason.starts_with("it is newer than the tables (2.15.0, "));
    }
}
