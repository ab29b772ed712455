//! The CDI specification describes a driver or device numbers of the past.
//!
//! The file was written once, and the driver was updated or the machine rebooted since. It mounts
//! libraries that are gone, or gives the container a device node with an old number. In the
//! container `nvidia-smi` may still work while `cuInit` fails, because the number of `nvidia-uvm`
//! may change at each boot.
//!
//! Compare `ls -l /dev/nvidia-uvm` with the file. Write it anew, and remove a second, older copy:
//! files in `/etc/cdi` and `/var/run/cdi` are both used.

use super::{Diagnosis, Fix, Place};
use crate::steps;
use crate::shell_word::shell_word;
use crate::{CdiDevice, CdiSpec, Facts, Need, Reading};
use serde::Serialize;

/// A CDI specification that does not fit the machine any more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[error("the CDI specification is out of date: {}", .faults.join("; "))]
pub struct CdiSpecStale {
    /// The file.
    pub path: String,
    /// What does not fit, each in words.
    pub faults: Vec<String>,
    /// Another file for the same devices, which is used too.
    pub twin: Option<String>,
}

/// How many faults of one file are named; the rest says nothing new.
const NAMED: usize = 3;

impl CdiSpecStale {
    pub(super) const CODE: &str = "gpu/cdi-spec-stale";
    pub(super) const FOLLOWS_FROM: &[&str] = &[
        "gpu/driver-version-mismatch",
        "gpu/device-node-missing",
        "gpu/uvm-not-loaded",
        "gpu/gpu-missing-from-driver",
        "gpu/module-not-loaded",
        "gpu/driver-not-installed",
        "gpu/nouveau-bound",
        "gpu/device-held-by-vfio",
        "gpu/no-nvidia-device",
    ];

    pub(super) fn find(facts: &Facts, _need: &Need) -> Vec<Self> {
        if facts.host.machine.container.found().is_some() {
            return Vec::new();
        }
        let specs = facts.containers.cdi.as_slice();
        specs.iter().filter_map(|spec| Self::of(spec, specs)).collect()
    }

    fn of(spec: &CdiSpec, all: &[CdiSpec]) -> Option<Self> {
        let nodes = spec.nodes.iter().filter_map(fault_of_node);
        let files = spec.missing_files.iter().map(|file| format!("`{file}` is not there"));
        let mut faults: Vec<String> = nodes.chain(files).collect();
        let more = faults.len().saturating_sub(NAMED);
        faults.truncate(NAMED);
        if more > 0 {
            faults.push(format!("and {more} more"));
        }
        let same_kind =
            |other: &&CdiSpec| other.path != spec.path && other.kind.found() == spec.kind.found();
        let twin = all.iter().find(same_kind).map(|other| other.path.clone());
        (!faults.is_empty()).then(|| Self { path: spec.path.clone(), faults, twin })
    }
}

fn fault_of_node(node: &CdiDevice) -> Option<String> {
    let path = &node.path;
    match (&node.stated, &node.live) {
        (Reading::Found(stated), Reading::Found(live)) if stated != live => Some(format!(
            "`{path}` is {}:{} in it and {}:{} now",
            stated.0, stated.1, live.0, live.1
        )),
        (_, Reading::Absent) => Some(format!("`{path}` is not there")),
        _ => None,
    }
}

impl Diagnosis for CdiSpecStale {
    fn place(&self) -> Place {
        Place::Path { path: self.path.clone() }
    }

    fn fixes(&self) -> Vec<Fix> {
        let write = Fix::by_command(
            "write it anew",
            format!("sudo nvidia-ctk cdi generate --output={}", shell_word(&self.path)),
        );
        let twin = self.twin.as_ref().map(|twin| {
            Fix::by_hand(format!("keep one of `{}` and `{twin}`, and delete the other", self.path))
        });
        twin.into_iter().chain([write, steps::keep_spec_fresh()]).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::example;

    #[test]
    fn compares_with_the_machine() {
        assert_eq!(CdiSpecStale::find(&example::h200(), &Need::default()), []);
        let check = |live: Reading<(u32, u32)>, missing: &[&str], expected: usize| {
            let mut facts = example::h200();
            facts.containers.cdi = vec![CdiSpec {
                path: "/etc/cdi/nvidia.yaml".to_owned(),
                nodes: vec![CdiDevice {
                    path: "/dev/nvidia-uvm".to_owned(),
                    stated: Reading::Found((508, 0)),
                    live: live.clone(),
                }],
                missing_files: missing.iter().map(|file| (*file).to_owned()).collect(),
                ..CdiSpec::default()
            }];
            let found = CdiSpecStale::find(&facts, &Need::default());
            assert_eq!(found.len(), expected, "{live:?} {missing:?}");
        };
        check(Reading::Found((508, 0)), &[], 0);
        check(Reading::Found((511, 0)), &[], 1);
        check(Reading::Absent, &[], 1);
        check(Reading::Unknown("permission denied".to_owned()), &[], 0);
        check(Reading::Found((508, 0)), &["/usr/lib/libcuda.so.550.54.15"], 1);
    }
}
