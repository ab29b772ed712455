//! A label is set for nvidia-docker 1, which nobody runs any more.
//!
//! `com.nvidia.volumes.needed` told the first nvidia-docker to mount the driver as a volume. It was replaced in
//! 2017, and the container toolkit of today looks at `NVIDIA_VISIBLE_DEVICES` instead. The label does nothing,
//! and lets readers think that it does.
//!
//! See for yourself with `docker inspect --format '{{json .Config.Labels}}' IMAGE`.
//!
//! Take it out.

use super::{Diagnosis, Fix};
use crate::{Place, Scene};
use crate::dockerfile::Kind;
use crate::written::{histories, once};
use serde::Serialize;

/// A label is set for nvidia-docker 1, which nobody runs any more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[error("nothing reads the label `com.nvidia.volumes.needed` since nvidia-docker 2")]
pub struct NvidiaDocker1Label {
    /// Where it is written.
    pub place: Place,
}

impl NvidiaDocker1Label {
    pub(super) const CODE: &str = "image/nvidia-docker-1-label";

    pub(super) fn find(scene: &Scene<'_>) -> Vec<Self> {
        let mut found = Vec::new();
        for history in histories(scene) {
            for instruction in &history.instructions {
                let Kind::Label(pairs) = &instruction.kind else { continue };
                for pair in pairs.iter().filter(|it| it.name.text == "com.nvidia.volumes.needed") {
                    once(&mut found, Self { place: history.place(&pair.name) });
                }
            }
        }
        found
    }
}

impl Diagnosis for NvidiaDocker1Label {
    fn place(&self) -> Place {
        self.place.clone()
    }

    fn fixes(&self) -> Vec<Fix> {
        vec![Fix::by_hand("take it out")]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scene::example;

    #[test]
    fn finds_it_and_nothing_else() {
        let check = |text: &str, expected: usize| {
            let found = example::dockerfile(text, NvidiaDocker1Label::find);
            assert_eq!(found.len(), expected, "{text}\n{found:?}");
        };
        let base = "FROM nvidia/cuda:12.8.1-base-ubuntu22.04\n";
        check(&format!("{base}LABEL com.nvidia.volumes.needed=\"nvidia_driver\"\n"), 1);
        check(&format!("{base}LABEL org.opencontainers.image.title=\"a\"\n"), 0);
    }
}
