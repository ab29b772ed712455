//! There is no CDI specification, so Podman cannot hand a GPU to a container.
//!
//! Podman gives devices to containers by CDI: a file under `/etc/cdi` or `/var/run/cdi` that lists
//! the device nodes and libraries. Without it `--device nvidia.com/gpu=all` says `unresolvable CDI
//! devices nvidia.com/gpu=all`.
//!
//! Confirm with `nvidia-ctk cdi list`. Let `nvidia-ctk cdi generate` write the file. Newer container toolkits bring a service that writes the
//! file anew after every driver update.

use super::{Diagnosis, Fix, Place};
use crate::steps;
use crate::{Facts, Need, Profile, evidence};
use serde::Serialize;

/// Podman is the way to containers here, and no CDI specification exists.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[error(
    "Podman cannot give containers a GPU: no CDI specification is in `/etc/cdi` or `/var/run/cdi`"
)]
pub struct CdiSpecMissing {
    /// The command that installs the toolkit, where it is missing.
    #[serde(skip)]
    pub install: Option<String>,
    /// Whether `nvidia-ctk` is there to write the file.
    pub toolkit: bool,
    /// Whether this machine is a runner, whose jobs need the GPU in Podman.
    pub needed: bool,
}

impl CdiSpecMissing {
    pub(super) const CODE: &str = "gpu/cdi-spec-missing";
    pub(super) const FOLLOWS_FROM: &[&str] = &["gpu/container-toolkit-missing"];

    pub(super) fn find(facts: &Facts, need: &Need) -> Vec<Self> {
        let containers = &facts.containers;
        let toolkit = containers.nvidia_ctk.found().is_some();
        let needed = need.profile == Profile::Runner;
        let is_wanted = toolkit || needed;
        let only_podman = containers.podman.found().is_some() && containers.docker.is_absent();
        let on_host = facts.host.machine.container.found().is_none();
        if !is_wanted
            || !only_podman
            || !on_host
            || !containers.cdi.is_empty()
            || !evidence::has_gpu(facts)
        {
            return Vec::new();
        }
        let install = steps::install_command(facts, "nvidia-container-toolkit");
        vec![Self { install: install.filter(|_| !toolkit), toolkit, needed }]
    }
}

/// The step that writes the CDI specification.
fn write_spec() -> Fix {
    Fix::by_command(
        "write the CDI specification",
        "sudo mkdir -p /var/run/cdi && sudo nvidia-ctk cdi generate --output=/var/run/cdi/nvidia.yaml",
    )
}

impl Diagnosis for CdiSpecMissing {
    fn place(&self) -> Place {
        Place::Path { path: "/var/run/cdi".to_owned() }
    }

    fn fixes(&self) -> Vec<Fix> {
        let install = Fix {
            text: "install `nvidia-container-toolkit` from NVIDIA's package repository".to_owned(),
            command: self.install.clone(),
        };
        let rest = [write_spec(), steps::keep_spec_fresh()];
        if self.toolkit { rest.into() } else { [install].into_iter().chain(rest).collect() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{CdiSpec, Reading, example};

    #[test]
    fn podman_alone_needs_a_spec() {
        let mut facts = example::h200();
        facts.containers.podman = Reading::Found("4.9.3".to_owned());
        assert_eq!(CdiSpecMissing::find(&facts, &Need::default()), []);
        facts.containers.docker = Reading::Absent;
        assert_eq!(CdiSpecMissing::find(&facts, &Need::default()).len(), 1);
        facts.containers.cdi = vec![CdiSpec::default()];
        assert_eq!(CdiSpecMissing::find(&facts, &Need::default()), []);
    }

    #[test]
    fn a_developer_without_the_toolkit_did_not_ask_for_it() {
        let mut facts = example::h200();
        facts.containers.podman = Reading::Found("5.4.0".to_owned());
        facts.containers.docker = Reading::Absent;
        facts.containers.nvidia_ctk = Reading::Absent;
        assert_eq!(CdiSpecMissing::find(&facts, &Need::default()), []);
        let runner = Need { profile: Profile::Runner, ..Need::default() };
        assert!(CdiSpecMissing::find(&facts, &runner)[0].install.is_some());
    }
}
