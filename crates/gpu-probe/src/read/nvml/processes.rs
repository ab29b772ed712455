//! The processes that hold memory of a GPU.

use super::Answer;
use crate::{
    Process,
    Reading::{self, Absent, Found, Unknown},
};
use cuda_compat::DriverVersion;
use nvml_wrapper::{enums::device::UsedGpuMemory, struct_wrappers::device::ProcessInfo};
use rustix::{io::Errno, process::Pid};

const MIB: u64 = 1024 * 1024;

/// Why the process lists of a driver are not to be believed, where they are not: the layout of the
/// list was changed in 535.43 and changed back in 535.86.
pub(super) fn wrong_lists(driver: Option<DriverVersion>) -> Option<String> {
    let version = driver?;
    let wrong = version.branch == 535 && (43..86).contains(&version.minor);
    wrong.then(|| format!("driver {version} gives wrong process ids"))
}

/// Both lists as one.
pub(super) fn merge(
    compute: Answer<Vec<ProcessInfo>>,
    graphics: Answer<Vec<ProcessInfo>>,
) -> Answer<Vec<(ProcessInfo, bool)>> {
    let compute = compute?;
    let drawing = graphics?.into_iter().filter(|process| {
        // What draws and computes stands in both.
        !compute.iter().any(|other| other.pid == process.pid)
    });
    let drawing: Vec<_> = drawing.map(|process| (process, true)).collect();
    Ok(compute.into_iter().map(|process| (process, false)).chain(drawing).collect())
}

/// One process, with its name.
pub(super) fn process(info: &ProcessInfo, graphics: bool) -> Process {
    Process {
        pid: info.pid,
        name: name(info.pid),
        memory_mib: match info.used_gpu_memory {
            UsedGpuMemory::Used(bytes) => Found(bytes / MIB),
            UsedGpuMemory::Unavailable => Absent,
        },
        graphics,
    }
}

/// The name of a process of the host; absent only where it is certain that there is none.
fn name(pid: u32) -> Reading<String> {
    if !sees_processes_of_host() {
        return Unknown("a container does not see the processes of the host".to_owned());
    }
    match std::fs::read(format!("/proc/{pid}/comm")) {
        Ok(bytes) => Found(String::from_utf8_lossy(&bytes).trim_end().to_owned()),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => hidden_or_gone(pid),
        Err(error) => Unknown(format!("`/proc/{pid}/comm`: {error}")),
    }
}

/// `/proc` may be mounted so that it hides what belongs to others.
fn hidden_or_gone(pid: u32) -> Reading<String> {
    let Some(id) = i32::try_from(pid).ok().and_then(Pid::from_raw) else { return Absent };
    match rustix::process::test_kill_process(id) {
        Err(Errno::SRCH) => Absent,
        Ok(()) | Err(_) => Unknown("`/proc` hides this process".to_owned()),
    }
}

/// NVML gives the ids of the host's own numbering, which is the kernel's first namespace; its
/// number is fixed in the kernel.
fn sees_processes_of_host() -> bool {
    const FIRST: &str = "pid:[4026531836]";
    std::fs::read_link("/proc/self/ns/pid").is_ok_and(|link| link.as_os_str() == FIRST)
}

#[cfg(test)]
mod tests {
    use super::*;
    use nvml_wrapper::error::NvmlError;

    #[test]
    fn knows_the_drivers_with_wrong_lists() {
        let check = |driver: &str, wrong: bool| {
            assert_eq!(wrong_lists(driver.parse().ok()).is_some(), wrong, "{driver}");
        };
        check("535.42", false);
        check("535.43.02", true);
        check("535.54.03", true);
        check("535.85.12", true);
        check("535.86.05", false);
        check("535.104.05", false);
        check("545.43.02", false);
        check("", false);
    }

    fn info(pid: u32) -> ProcessInfo {
        let used_gpu_memory = UsedGpuMemory::Used(512 * MIB);
        ProcessInfo { pid, used_gpu_memory, gpu_instance_id: None, compute_instance_id: None }
    }

    #[test]
    fn merges_lists() {
        let merged = merge(Ok(vec![info(1), info(2)]), Ok(vec![info(2), info(3)])).unwrap();
        let got: Vec<_> =
            merged.iter().map(|(process, graphics)| (process.pid, *graphics)).collect();
        assert_eq!(got, [(1, false), (2, false), (3, true)]);
        assert!(merge(Ok(Vec::new()), Err(NvmlError::NoPermission)).is_err());
    }

    #[test]
    fn a_process_that_cannot_be_looked_up_is_not_gone() {
        let own = process(&info(std::process::id()), false);
        assert_eq!(own.memory_mib, Found(512));
        assert!(!own.name.is_absent(), "{own:?}");
        let beyond = process(&info(u32::MAX), false);
        assert!(beyond.name.found().is_none(), "{beyond:?}");
    }
}
