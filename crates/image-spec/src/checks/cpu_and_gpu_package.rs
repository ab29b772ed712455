//! Two packages are installed that are the same module.
//!
//! `onnxruntime` and `onnxruntime-gpu` both are the module `onnxruntime`, as `faiss-cpu` and `faiss-gpu`,
//! `tensorflow` and `tensorflow-cpu`, and the `cupy-cuda…` of two versions are one module each. pip installs
//! both and writes one over the other: which of them is imported depends on the order, and upgrading one
//! breaks the other.
//!
//! See for yourself with `docker run --rm --gpus all IMAGE python3 -c 'import onnxruntime;
//! print(onnxruntime.get_available_providers())'`.
//!
//! Install one of the two. Where another package asks for the CPU build, install the GPU build last and
//! `--no-deps`, or exclude the other by an override of uv.

use super::{Diagnosis, Fix};
use crate::{Place, Scene};
use crate::written::{Wanted, histories, once, wanted};
use serde::Serialize;

/// Two packages are installed that are the same module.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[error("`{package}` and `{other}` are the same module: one overwrites the other")]
pub struct CpuAndGpuPackage {
    /// The one that is not wanted on a GPU, or the second.
    pub package: String,
    /// The other.
    pub other: String,
    /// Where it is written.
    pub place: Place,
}

impl CpuAndGpuPackage {
    pub(super) const CODE: &str = "image/cpu-and-gpu-package";

    pub(super) fn find(scene: &Scene<'_>) -> Vec<Self> {
        let mut found = Vec::new();
        for history in histories(scene) {
            let calls: Vec<_> = history.pip().map(|(_, _, pip)| pip).collect();
            let all: Vec<Wanted<'_>> = calls.iter().flat_map(wanted).collect();
            for (package, other) in SAME {
                let first = all.iter().find(|it| it.name == *package);
                if let Some((one, two)) = first.zip(all.iter().find(|it| it.name == *other)) {
                    let (package, other) = (one.name.clone(), two.name.clone());
                    once(&mut found, Self { package, other, place: history.place(one.word) });
                }
            }
            let mut cupy = all.iter().filter(|it| it.name.starts_with("cupy-cuda"));
            if let Some(first) = cupy.next()
                && let Some(second) = cupy.find(|it| it.name != first.name)
            {
                let (package, other) = (second.name.clone(), first.name.clone());
                once(&mut found, Self { package, other, place: history.place(second.word) });
            }
        }
        found
    }
}

/// Packages that are one module; the first is the one for CPUs.
const SAME: &[(&str, &str)] = &[
    ("faiss-cpu", "faiss-gpu"),
    ("faiss-cpu", "faiss-gpu-cu11"),
    ("faiss-cpu", "faiss-gpu-cu12"),
    ("onnxruntime", "onnxruntime-gpu"),
    ("paddlepaddle", "paddlepaddle-gpu"),
    ("tensorflow-cpu", "tensorflow"),
];

impl Diagnosis for CpuAndGpuPackage {
    fn place(&self) -> Place {
        self.place.clone()
    }

    fn fixes(&self) -> Vec<Fix> {
        vec![Fix::by_hand(format!("take `{}` out", self.package))]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scene::example;

    #[test]
    fn finds_it_and_nothing_else() {
        let check = |text: &str, expected: usize| {
            let found = example::dockerfile(text, CpuAndGpuPackage::find);
            assert_eq!(found.len(), expected, "{text}\n{found:?}");
        };
        let base = "FROM nvidia/cuda:12.8.1-base-ubuntu22.04\n";
        check(&format!("{base}RUN pip install onnxruntime==1.22.0\nRUN pip install onnxruntime-gpu\n"), 1);
        check(&format!("{base}RUN pip install cupy-cuda12x cupy-cuda11x\n"), 1);
        check(&format!("{base}RUN pip install onnxruntime-gpu faiss-cpu\n"), 0);
        let other = "FROM ubuntu:24.04\nRUN pip install onnxruntime-gpu\n";
        check(&format!("{base}RUN pip install onnxruntime\n{other}"), 0);
    }
}
