//! The container was started without the driver's compute libraries.
//!
//! `NVIDIA_DRIVER_CAPABILITIES` tells NVIDIA's container toolkit which libraries of the driver to
//! put into the container. Its value here lacks `compute`, so that `libcuda.so.1` and the PTX
//! compiler are left out, and CUDA programs do not start, though `nvidia-smi` may work.
//!
//! Look at it with `echo $NVIDIA_DRIVER_CAPABILITIES` in the container. The image sets it with
//! `ENV`, or whoever starts the container with `-e`.

use super::{Diagnosis, Fix, Place};
use crate::{Facts, Need, evidence};
use serde::Serialize;

const VARIABLE: &str = "NVIDIA_DRIVER_CAPABILITIES";

/// The capabilities lack `compute`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[error("the container got no CUDA libraries: `{VARIABLE}={value}` lacks `compute`")]
pub struct DriverCapabilitiesMissing {
    /// The value of the variable.
    pub value: String,
}

impl DriverCapabilitiesMissing {
    pub(super) const CODE: &str = "gpu/driver-capabilities-missing";
    pub(super) const FOLLOWS_FROM: &[&str] = &["gpu/container-without-gpu"];

    pub(super) fn find(facts: &Facts, _need: &Need) -> Vec<Self> {
        // By CDI the libraries come whatever the variable says.
        let matters = evidence::may_have_gpu(facts) && !evidence::cuda_works(facts);
        if !matters || !evidence::capabilities_lack(facts, "compute") {
            return Vec::new();
        }
        let Some(value) = facts.environment.get(VARIABLE) else { return Vec::new() };
        vec![Self { value: value.to_owned() }]
    }
}

impl Diagnosis for DriverCapabilitiesMissing {
    fn place(&self) -> Place {
        Place::Variable { name: VARIABLE.to_owned() }
    }

    fn fixes(&self) -> Vec<Fix> {
        vec![Fix::by_hand(format!(
            "start the container with `-e {VARIABLE}=compute,utility`, or set that in the image"
        ))]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Reading, example, example::faults};

    #[test]
    fn needs_compute_in_a_container() {
        assert_eq!(DriverCapabilitiesMissing::find(&example::h200(), &Need::default()), []);
        let check = |container: Reading<String>, value: &str, expected: usize| {
            let mut facts = example::h200();
            facts.host.machine.container = container;
            facts.environment.variables.insert(VARIABLE.to_owned(), value.to_owned());
            let found = DriverCapabilitiesMissing::find(&facts, &Need::default());
            assert_eq!(found, [], "{value}: CUDA works all the same");
            faults::remove_libraries(&mut facts);
            let found = DriverCapabilitiesMissing::find(&facts, &Need::default());
            assert_eq!(found.len(), expected, "{value}");
        };
        let docker = || Reading::Found("docker".to_owned());
        check(docker(), "utility", 1);
        check(docker(), "graphics,video", 1);
        check(docker(), "compute,utility", 0);
        check(docker(), "all", 0);
        check(docker(), "", 0);
        check(Reading::Absent, "utility", 0);
    }
}
