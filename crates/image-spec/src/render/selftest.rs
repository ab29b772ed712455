//! The program `altlas-selftest` of an image: that what is inside is what the labels say, and that
//! its GPUs compute.

use super::{
    plan::{Plan, Planned},
    quote,
};

/// For images with Python.
const PYTHON: &str = include_str!("selftest/altlas-selftest.py");

/// For images without: it looks, and cannot compute.
const SHELL: &str = include_str!("selftest/altlas-selftest.sh");

/// Where it is in an image.
const PROGRAM: &str = "/usr/local/bin/altlas-selftest";

/// The file of an image; `None` where nothing can run it, or what it builds on has it.
pub(crate) fn file(plan: &Plan<'_>, planned: &Planned<'_>) -> Option<String> {
    let inherits = planned.parent.is_some();
    (!inherits && !planned.is_from_scratch()).then(|| plan.in_folder(name(planned)))
}

/// The instruction that copies it.
pub(crate) fn instruction(file: &str) -> String {
    let copy = quote::copy("--chmod=0755", file, PROGRAM);
    format!(
        "# `docker run --gpus all IMAGE altlas-selftest` says whether it can work here.\n{copy}"
    )
}

/// The files that the images of a plan copy.
pub(crate) fn files(plan: &Plan<'_>) -> Vec<(&'static str, String)> {
    let images = || plan.all().into_iter().map(|index| plan.image(index));
    let uses = |wanted: &str| {
        images().any(|planned| file(plan, planned).is_some() && name(planned) == wanted)
    };
    let both = [("altlas-selftest.py", PYTHON), ("altlas-selftest.sh", SHELL)];
    both.into_iter()
        .filter(|(name, _)| uses(name))
        .map(|(name, text)| (name, text.to_owned()))
        .collect()
}

fn name(planned: &Planned<'_>) -> &'static str {
    if planned.has_python() { "altlas-selftest.py" } else { "altlas-selftest.sh" }
}
