//! Every code of every library, and the text that explains it.

use crate::{accept, commands::image::solve};
use gpu_probe::{CHECKS, module_text};

/// A code and its text.
pub(crate) struct Explained {
    /// `gpu/driver-too-old`
    pub(crate) code: &'static str,
    /// Markdown; the first line is the title.
    pub(crate) explanation: String,
}

/// Every code, in the order of causes.
pub(crate) fn codes() -> Vec<&'static str> {
    let own = solve::OWN.iter().chain(&accept::OWN).map(|(code, _)| *code);
    let of_gpu = CHECKS.iter().map(|check| check.code);
    let of_image = image_spec::CHECKS.iter().map(|check| check.code);
    of_gpu.chain(of_image).chain(own).collect()
}

/// The explanation of every code.
pub(crate) fn explained() -> Vec<Explained> {
    let of_gpu =
        CHECKS.iter().map(|check| Explained { code: check.code, explanation: check.explanation() });
    let of_image = image_spec::CHECKS
        .iter()
        .map(|check| Explained { code: check.code, explanation: module_text(check.source) });
    let own = solve::OWN
        .iter()
        .chain(&accept::OWN)
        .map(|(code, source)| Explained { code, explanation: module_text(source) });
    of_gpu.chain(of_image).chain(own).collect()
}
