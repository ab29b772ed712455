//! What is named, what is left out, and what is put together.

use super::*;
use crate::{NvmlGpu, example, example::faults};

fn of(facts: &Facts) -> Vec<String> {
    let found = crate::diagnose(facts, &crate::Need::default()).unlooked;
    found.into_iter().map(|one| format!("{}: {}", one.what, one.reason)).collect()
}

fn unknown<T>(reason: &str) -> Reading<T> {
    Reading::Unknown(reason.to_owned())
}

#[test]
fn the_problems_that_explain_are_there() {
    for code in EXPLAIN_SILENCE {
        assert!(crate::CHECKS.iter().any(|check| check.code == *code), "{code}");
    }
}

#[test]
fn names_what_and_why() {
    let mut facts = example::h200();
    facts.kernel_log = unknown("`/dev/kmsg`: Operation not permitted");
    facts.containers.docker = unknown("no answer in 3 s");
    assert_eq!(
        of(&facts),
        ["kernel log: `/dev/kmsg`: Operation not permitted", "Docker: no answer in 3 s"]
    );
}

#[test]
fn one_reason_is_one_entry() {
    let mut facts = example::h200();
    faults::unload_module(&mut facts);
    facts.kernel_module.on_disk = unknown("`/lib/modules`: EACCES");
    facts.kernel_module.dkms = unknown("`/lib/modules`: EACCES");
    facts.kernel_module.forbidden_by = unknown("`/etc/modprobe.d`: EACCES");
    assert_eq!(
        of(&facts),
        [
            "kernel module on disk, DKMS: `/lib/modules`: EACCES",
            "modules forbidden by `modprobe.d`: `/etc/modprobe.d`: EACCES"
        ]
    );
}

#[test]
fn a_container_is_not_asked_for_what_is_its_hosts() {
    let mut facts = example::h200();
    facts.host.machine.container = Reading::Found("docker".to_owned());
    faults::unload_module(&mut facts);
    let hidden = "a container does not see the modules of its host";
    facts.kernel_module.on_disk = unknown(hidden);
    facts.kernel_module.dkms = unknown(hidden);
    facts.kernel_module.kernel_headers = unknown(hidden);
    facts.kernel_module.forbidden_by = unknown(hidden);
    facts.host.secure_boot = unknown(hidden);
    facts.containers.docker = unknown("EACCES");
    assert_eq!(of(&facts), Vec::<String>::new());
}

#[test]
fn what_no_check_judges_is_left_out() {
    let mut facts = example::h200();
    facts.host.os = unknown("no `/etc/os-release`");
    facts.host.temporary_folder.noexec = unknown("no `/proc/self/mountinfo`");
    facts.kernel_module.parameters.profiling_admin_only = unknown("no `/proc`");
    facts.containers.containerd_has_nvidia = unknown("EACCES");
    assert_eq!(of(&facts), Vec::<String>::new());
}

#[test]
fn nvml_that_was_left_out_is_said() {
    let mut facts = example::h200();
    facts.host.machine.container = Reading::Found("docker".to_owned());
    let name = "NVIDIA_DRIVER_CAPABILITIES".to_owned();
    facts.environment.variables.insert(name, "compute".to_owned());
    facts.driver_libraries.nvml = Vec::new();
    facts.nvml = Probed::Answered(crate::Nvml {
        library: Reading::Absent,
        init: Reading::Absent,
        ..crate::Nvml::default()
    });
    assert_eq!(crate::diagnose(&facts, &crate::Need::default()).problems, []);
    assert_eq!(of(&facts), ["NVML: its library is not part of this container or Jetson"]);
}

#[test]
fn groups_the_values_of_one_gpu() {
    let mut facts = example::eight_h100();
    let Probed::Answered(nvml) = &mut facts.nvml else { panic!("the example answers") };
    nvml.gpus[0].power.limit_mw = unknown("NVML_ERROR_UNKNOWN");
    let gpu = &nvml.gpus[1];
    let identity = (gpu.pci_address.clone(), gpu.handle.clone());
    nvml.gpus[1] =
        NvmlGpu { index: 1, pci_address: identity.0, handle: identity.1, ..NvmlGpu::default() };
    let lines = of(&facts);
    assert_eq!(lines[0], "NVML, GPU 0000:18:00.0: power limit: NVML_ERROR_UNKNOWN");
    assert!(lines[1].starts_with("NVML, GPU 0000:20:00.0: name, "), "{lines:?}");
    assert!(lines[1].ends_with(" more: not looked at"), "{lines:?}");
    assert_eq!(lines.len(), 2);
}

#[test]
fn groups_the_gpus_that_lack_the_same() {
    let mut facts = example::eight_h100();
    let Probed::Answered(nvml) = &mut facts.nvml else { panic!("the example answers") };
    nvml.gpus.iter_mut().for_each(|gpu| gpu.fabric = unknown("NVML_ERROR_FUNCTION_NOT_FOUND"));
    assert_eq!(of(&facts), ["NVML, 8 GPUs: fabric: NVML_ERROR_FUNCTION_NOT_FOUND"]);
}

#[test]
fn a_lost_gpu_is_a_problem_and_not_forty_lines() {
    let mut facts = example::eight_h100();
    faults::lose_gpu(&mut facts, 3, 15);
    assert_eq!(of(&facts), Vec::<String>::new());
    // It can be opened, and every question gives the code.
    let mut facts = example::eight_h100();
    let Probed::Answered(nvml) = &mut facts.nvml else { panic!("the example answers") };
    nvml.gpus[3].memory = unknown("NVML_ERROR_GPU_IS_LOST");
    nvml.gpus[3].temperature_c = unknown("NVML_ERROR_GPU_IS_LOST");
    assert_eq!(of(&facts), Vec::<String>::new());
}

#[test]
fn a_missing_library_is_said_once() {
    let mut facts = example::h200();
    faults::remove_libraries(&mut facts);
    assert_eq!(of(&facts), Vec::<String>::new());
    let mut facts = example::h200();
    facts.nvml = Probed::NotRun("the GPU sleeps".to_owned());
    assert_eq!(of(&facts), ["NVML: the GPU sleeps"]);
}

#[test]
fn a_jetson_whose_nvml_fails_is_not_silent() {
    let mut facts = example::h200();
    facts.host.machine.tegra = Reading::Found("NVIDIA Jetson AGX Orin".to_owned());
    faults::nvml_fails(&mut facts, 3);
    assert_eq!(crate::diagnose(&facts, &crate::Need::default()).problems, []);
    assert_eq!(of(&facts), ["NVML: code 3 (NVML_ERROR_NOT_SUPPORTED)"]);
}

#[test]
fn what_was_not_asked_is_said_and_nothing_is_claimed_of_it() {
    for why in ["could not start `/bin/x`: no", "ended by the user before it answered"] {
        let mut facts = crate::example::h200();
        facts.driver_libraries = crate::DriverLibraries::default();
        facts.nvml = Probed::NotRun(why.to_owned());
        facts.cuda = Probed::NotRun(why.to_owned());
        facts.smoke = None;
        let found = crate::diagnose(&facts, &crate::Need::default());
        assert_eq!(found.problems, []);
        let entry = Unlooked { what: "NVML, CUDA".to_owned(), reason: why.to_owned() };
        assert!(found.unlooked.contains(&entry), "{:?}", found.unlooked);
    }
}
