//! Nsight Systems may not sample the processor.
//!
//! `nsys` is installed, and the kernel does not let a user without rights sample programs
//! (`kernel.perf_event_paranoid` over 2). The GPU's side of a profile is complete; the processor's
//! call stacks and context switches are missing.
//!
//! Confirm with `nsys status --environment`. Lower the setting, or profile without that part: `nsys
//! profile --sample=none --cpuctxsw=none PROGRAM`.

use super::{Diagnosis, Fix, Place};
use crate::{Facts, Need, Profiler, Reading, evidence};
use serde::Serialize;

/// `perf_event_paranoid` is over 2, and Nsight Systems is here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[error(
    "`nsys` is installed, but cannot sample the processor: `kernel.perf_event_paranoid` is {paranoid}, and it needs 2 or less"
)]
pub struct SamplingNotPermitted {
    /// The value of the setting.
    pub paranoid: i32,
    /// Whether we are in a container, where only the host can change it.
    pub container: bool,
}

/// The highest value with which `nsys` can sample.
const MOST: i32 = 2;

impl SamplingNotPermitted {
    pub(super) const CODE: &str = "gpu/sampling-not-permitted";
    pub(super) const FOLLOWS_FROM: &[&str] = &[];

    pub(super) fn find(facts: &Facts, _need: &Need) -> Vec<Self> {
        let Some(&paranoid) = facts.profilers.perf_event_paranoid.found() else {
            return Vec::new();
        };
        let user = &facts.host.user;
        let may =
            user.cap_perfmon == Reading::Found(true) || user.cap_sys_admin == Reading::Found(true);
        let has_tool = evidence::tool_path(facts, Profiler::NsightSystems).is_some();
        if paranoid <= MOST || may || !has_tool {
            return Vec::new();
        }
        vec![Self { paranoid, container: facts.host.machine.container.found().is_some() }]
    }
}

impl Diagnosis for SamplingNotPermitted {
    fn place(&self) -> Place {
        Place::Path { path: "/proc/sys/kernel/perf_event_paranoid".to_owned() }
    }

    fn fixes(&self) -> Vec<Fix> {
        vec![
            Fix::on_host(
                self.container,
                "lower the setting until the next reboot",
                "sudo sysctl kernel.perf_event_paranoid=2",
            ),
            Fix::by_command(
                "or profile without the processor's side",
                "nsys profile --sample=none --cpuctxsw=none PROGRAM",
            ),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::example::{self, with_tool};

    #[test]
    fn needs_the_tool_and_the_setting() {
        let mut facts = example::h200();
        facts.profilers.perf_event_paranoid = Reading::Found(4);
        assert_eq!(SamplingNotPermitted::find(&facts, &Need::default()), []);
        let check = |paranoid: Reading<i32>, expected: usize| {
            let mut facts = with_tool(Profiler::NsightSystems);
            facts.profilers.perf_event_paranoid = paranoid;
            assert_eq!(SamplingNotPermitted::find(&facts, &Need::default()).len(), expected);
        };
        check(Reading::Found(4), 1);
        check(Reading::Found(2), 0);
        check(Reading::Found(-1), 0);
        check(Reading::Unknown("`/proc` is not readable".to_owned()), 0);
    }
}
