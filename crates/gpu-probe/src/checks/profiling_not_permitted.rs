//! You may not read the GPU's performance counters.
//!
//! Nsight Compute is installed, and the driver keeps the counters for administrators
//! (`RmProfilingAdminOnly: 1`, which is how it is delivered). `ncu` then ends with
//! `ERR_NVGPUCTRPERM`. Programs themselves are not affected.
//!
//! Confirm with `grep RmProfilingAdminOnly /proc/driver/nvidia/params`. Run `ncu` with `sudo`, or
//! set the driver's option and reboot. In a container, start it with `--cap-add=SYS_ADMIN`; under
//! WSL allow it in the NVIDIA control panel of Windows.

use super::{Diagnosis, Fix, Place};
use crate::shell_word::shell_word;
use crate::{Facts, Need, PackageManager, Profiler, Reading, evidence};
use serde::Serialize;

/// The counters are for administrators only, and Nsight Compute is here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[error("`ncu` is installed, but the driver lets only administrators read performance counters")]
pub struct ProfilingNotPermitted {
    /// The path of `ncu`.
    pub tool: String,
    /// Whether we are in a container.
    pub container: bool,
    /// Whether we are in WSL.
    pub wsl: bool,
    /// The command that writes the initial RAM disk anew.
    #[serde(skip)]
    pub initramfs: Option<&'static str>,
}

impl ProfilingNotPermitted {
    pub(super) const CODE: &str = "gpu/profiling-not-permitted";
    pub(super) const FOLLOWS_FROM: &[&str] = &[];

    pub(super) fn find(facts: &Facts, _need: &Need) -> Vec<Self> {
        let admin_only =
            facts.kernel_module.parameters.profiling_admin_only == Reading::Found(true);
        let Some(tool) = evidence::tool_path(facts, Profiler::NsightCompute) else {
            return Vec::new();
        };
        if !admin_only || is_administrator(facts) {
            return Vec::new();
        }
        let machine = &facts.host.machine;
        vec![Self {
            tool,
            container: machine.container.found().is_some(),
            wsl: machine.wsl.found().is_some(),
            initramfs: PackageManager::of(facts).map(PackageManager::rebuild_initramfs),
        }]
    }
}

fn is_administrator(facts: &Facts) -> bool {
    let user = &facts.host.user;
    match user.cap_sys_admin {
        Reading::Found(held) => held,
        Reading::Absent | Reading::Unknown(_) => user.uid == 0,
    }
}

impl Diagnosis for ProfilingNotPermitted {
    fn place(&self) -> Place {
        Place::Path { path: self.tool.clone() }
    }

    fn fixes(&self) -> Vec<Fix> {
        if self.wsl {
            return vec![Fix::by_hand(
                "in Windows, open the NVIDIA control panel, switch on the developer settings and \
                 allow access to the performance counters to all users",
            )];
        }
        if self.container {
            return vec![Fix::by_hand("start the container with `--cap-add=SYS_ADMIN`")];
        }
        let option = "echo 'options nvidia NVreg_RestrictProfilingToAdminUsers=0' | sudo tee \
                      /etc/modprobe.d/nvidia-profiling.conf";
        let command = match self.initramfs {
            Some(initramfs) => format!("{option} && {initramfs}"),
            None => option.to_owned(),
        };
        vec![
            Fix::by_command(
                "once: run it as administrator",
                format!("sudo {} PROGRAM", shell_word(&self.tool)),
            ),
            Fix::by_command("for good: allow it to everybody, then reboot", command),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::example::{self, with_tool};

    #[test]
    fn needs_the_tool_and_the_restriction() {
        let mut facts = example::h200();
        facts.kernel_module.parameters.profiling_admin_only = Reading::Found(true);
        assert_eq!(ProfilingNotPermitted::find(&facts, &Need::default()), []);
        let check = |admin_only: Reading<bool>, held: bool, expected: usize| {
            let mut facts = with_tool(Profiler::NsightCompute);
            facts.kernel_module.parameters.profiling_admin_only = admin_only;
            facts.host.user.cap_sys_admin = Reading::Found(held);
            assert_eq!(ProfilingNotPermitted::find(&facts, &Need::default()).len(), expected);
        };
        check(Reading::Found(true), false, 1);
        check(Reading::Found(true), true, 0);
        check(Reading::Found(false), false, 0);
        check(Reading::Unknown("`/proc` is not readable".to_owned()), false, 0);
    }
}
