//! The NVSwitch fabric is not ready, so CUDA cannot start.
//!
//! On machines whose GPUs are joined by NVSwitch, CUDA waits until the fabric has been set up, and
//! returns 802, `system not yet initialized`, until then. The fabric manager does that; it has to
//! be installed in exactly the driver's version and has to run.
//! `systemctl status nvidia-fabricmanager` shows it, `nvidia-smi -q | grep -A3 Fabric` the state of
//! each GPU.
//!
//! Install the fabric manager of the driver's version and start it. In a virtual machine it runs on
//! the host. On machines of the newest NVLink generation the network modules `mlx5_ib` and
//! `ib_umad` have to be loaded too.

use super::{Diagnosis, Fix, Place};
use crate::{Facts, Need, evidence};
use cuda_compat::DriverVersion;
use serde::Serialize;

/// The fabric has not been set up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[error("the NVSwitch fabric is not ready{}", state_words(.state))]
pub struct FabricNotReady {
    /// The state that NVML names: 1 not started, 2 in progress, 3 completed with an error.
    pub state: Option<u32>,
    /// The driver's version.
    pub driver: Option<DriverVersion>,
    /// The command that installs the fabric manager, where the distribution is one that we know.
    #[serde(skip)]
    pub install: Option<String>,
    /// Whether this is a container.
    pub container: bool,
}

impl FabricNotReady {
    pub(super) const CODE: &str = "gpu/fabric-not-ready";
    pub(super) const FOLLOWS_FROM: &[&str] = &[
        "gpu/gpu-needs-reset",
        "gpu/gpu-lost",
        "gpu/fell-off-the-bus",
        "gpu/driver-version-mismatch",
    ];

    pub(super) fn find(facts: &Facts, _need: &Need) -> Vec<Self> {
        if !evidence::fabric_stops_cuda(facts) {
            return Vec::new();
        }
        let fabric = evidence::unready_fabric(facts);
        vec![Self {
            state: fabric.map(|fabric| fabric.state),
            driver: facts.driver_version(),
            install: facts
                .driver_version()
                .filter(|_| evidence::has_ubuntu_packages(facts))
                .map(|driver| format!("sudo apt install nvidia-fabricmanager-{}", driver.branch)),
            container: evidence::in_container(facts),
        }]
    }
}

impl Diagnosis for FabricNotReady {
    fn place(&self) -> Place {
        Place::Machine
    }

    fn fixes(&self) -> Vec<Fix> {
        if self.container {
            return vec![Fix::by_hand(
                "on the host, install `nvidia-fabricmanager` of exactly the driver's version and start \
                 its service",
            )];
        }
        let version = self.driver.map_or_else(
            || "exactly the driver's version".to_owned(),
            |driver| format!("exactly version {driver}"),
        );
        vec![
            Fix {
                text: format!("install `nvidia-fabricmanager` of {version}"),
                command: self.install.clone(),
            },
            Fix::by_command("start it", "sudo systemctl enable --now nvidia-fabricmanager"),
            Fix::by_command(
                "if it does not start, see why",
                "journalctl -u nvidia-fabricmanager -n 50",
            ),
        ]
    }
}

fn state_words(state: &Option<u32>) -> &'static str {
    match state {
        Some(1) => ": nobody has begun to set it up",
        Some(2) => ": it is still being set up",
        Some(3) => ": setting it up ended with an error",
        Some(_) | None => " (code 802, system not yet initialized)",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::example::{self, faults};

    #[track_caller]
    fn check(mut facts: Facts, change: impl FnOnce(&mut Facts), expected: usize) {
        change(&mut facts);
        assert_eq!(FabricNotReady::find(&facts, &Need::default()).len(), expected);
    }

    #[test]
    fn code_802_or_its_state() {
        let set = |facts: &mut Facts, state: u32| {
            let crate::Probed::Answered(nvml) = &mut facts.nvml else { return };
            nvml.gpus[0].fabric = crate::Reading::Found(crate::FabricState {
                state,
                status: crate::CallCode::SUCCESS,
            });
        };
        check(example::eight_h100(), |_| {}, 0);
        check(example::eight_h100(), |facts| set(facts, 2), 0);
        check(example::eight_h100(), |facts| faults::cuda_fails(facts, 802), 1);
        let unknown_code = |facts: &mut Facts| {
            set(facts, 2);
            faults::cuda_fails(facts, 4242);
        };
        check(example::eight_h100(), unknown_code, 1);
    }
}
