//! A way out of one finding leads into no other: what the first fix says is written, and judged again.

use super::{Scene, check, example};
use crate::{Fleet, Problem};
use cuda_compat::framework_builds;
use proptest::{prelude::*, sample::select};
use std::collections::BTreeSet;

const CUDAS: [&str; 5] = [
    "11.2.2-cudnn8-runtime-ubuntu20.04",
    "11.8.0-base-ubuntu22.04",
    "12.4.1-cudnn-runtime-ubuntu22.04",
    "12.6.3-runtime-ubuntu24.04",
    "13.0.1-cudnn-devel-ubuntu24.04",
];

fn judge(base: &str, python: &str, pip: &str) -> Vec<Problem> {
    let text = format!(
        "FROM nvidia/cuda:{base}\nRUN apt-get install -y python{python} python3-pip\n\
         RUN python{python} -m pip install {pip}\n"
    );
    let judge: fn(&Scene<'_>) -> Vec<Problem> = check;
    example::dockerfile_for(&text, Fleet::default(), judge)
}

/// The findings about a framework and what it meets in the image.
fn errors(found: &[Problem]) -> BTreeSet<&'static str> {
    let about = [
        "image/framework-version-unknown",
        "image/release-not-on-index",
        "image/framework-not-for-python",
        "image/framework-not-for-cuda",
        "image/glibc-too-old",
        "image/cudnn-of-framework-differs",
        "image/wheel-index-differs",
    ];
    found.iter().map(Problem::code).filter(|code| about.contains(code)).collect()
}

/// What the first way out says to install.
fn instead(problem: &Problem) -> Option<String> {
    let words = match problem {
        Problem::FrameworkNotForPython(found) => found.instead.clone()?,
        Problem::FrameworkNotForCuda(found) => found.instead.clone()?,
        Problem::WheelIndexDiffers(found) => found.instead.clone()?,
        _ => return None,
    };
    let mut literals = words.split('`').filter(|it| it.contains("==") || it.starts_with("http"));
    let package = literals.next()?;
    let index = literals.next().map(|url| format!(" --extra-index-url {url}"));
    // An index of PyTorch is named alone.
    let index = index.map(|it| match it.contains("pytorch.org") {
        true => it.replace("--extra-index-url", "--index-url"),
        false => it,
    });
    Some(format!("'{package}'{}", index.unwrap_or_default()))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn a_way_out_leads_into_no_other_finding(
        base in select(CUDAS.to_vec()),
        python in select(vec!["3.8", "3.10", "3.11", "3.12"]),
        row in select(framework_builds().iter().collect::<Vec<_>>()),
    ) {
        prop_assume!(row.index.is_none());
        let pip = format!("'{}=={}'", row.package, row.versions[0]);
        let before = judge(base, python, &pip);
        for problem in &before {
            let Some(instead) = instead(problem) else { continue };
            let after = errors(&judge(base, python, &instead));
            prop_assert!(after.is_empty(), "{base} {python}: {pip} -> {instead}: {after:?}");
        }
    }
}
