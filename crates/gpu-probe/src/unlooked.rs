//! What could not be looked at: a walk over the facts that names each look-up that failed.
//!
//! A look-up is left out where it matters to nobody (who signed a module that is loaded), and where
//! a problem already says what is the matter (NVML did not run because its library is missing).

use crate::{Facts, NodeAccess, Probed, Problem, Reading, Unlooked};

mod gpus;

/// Everything that could not be looked at, in the order of the facts.
pub(crate) fn unlooked(facts: &Facts, problems: &[Problem]) -> Vec<Unlooked> {
    let mut list = List(Vec::new());
    machine(facts, &mut list);
    kernel(facts, &mut list);
    let explained = problems.iter().any(|problem| EXPLAIN_SILENCE.contains(&problem.code()));
    if !explained {
        libraries(facts, &mut list);
    }
    driver(facts, explained, &mut list);
    containers(facts, &mut list);
    software(facts, &mut list);
    list.0
}

/// The problems that say why the driver was not asked or does not answer.
const EXPLAIN_SILENCE: &[&str] = &[
    "gpu/no-nvidia-device",
    "gpu/wsl-version-1",
    "gpu/nouveau-bound",
    "gpu/device-held-by-vfio",
    "gpu/driver-not-installed",
    "gpu/module-not-loaded",
    "gpu/container-without-gpu",
    "gpu/driver-library-missing",
    "gpu/driver-library-broken",
    "gpu/driver-hung",
    "gpu/driver-crashed",
    "gpu/nvml-failed",
    "gpu/cuda-init-failed",
];

/// The list, and the ways to put something into it.
struct List(Vec<Unlooked>);

impl List {
    fn push(&mut self, what: impl Into<String>, reason: &str) {
        let unlooked = Unlooked { what: what.into(), reason: reason.to_owned() };
        if !self.0.contains(&unlooked) {
            self.0.push(unlooked);
        }
    }

    fn reading<T>(&mut self, what: impl Into<String>, reading: &Reading<T>) {
        if let Some(reason) = reading.unknown() {
            self.push(what, reason);
        }
    }
}

fn machine(facts: &Facts, list: &mut List) {
    let host = &facts.host;
    list.reading("distribution", &host.os);
    list.reading("kernel release", &host.kernel_release);
    list.reading("whether this is WSL", &host.machine.wsl);
    list.reading("whether this is a container", &host.machine.container);
    list.reading("C library", &host.glibc);
    for disk in &host.disks {
        list.reading(format!("free space on `{}`", disk.path), &disk.free_mib);
    }
    let folder = &host.temporary_folder;
    list.reading(format!("mount of `{}`", folder.path), &folder.noexec);
}

fn kernel(facts: &Facts, list: &mut List) {
    list.reading("GPUs on the PCI bus", &facts.pci);
    if !crate::evidence::has_usual_driver(facts) {
        return;
    }
    let module = &facts.kernel_module;
    list.reading("kernel module `nvidia`", &module.loaded);
    // What keeps a module out matters where it is out.
    if module.loaded.found().is_none() && crate::evidence::may_have_gpu(facts) {
        list.reading("kernel module on disk", &module.on_disk);
        list.reading("DKMS", &module.dkms);
        list.reading("headers of the kernel", &module.kernel_headers);
        list.reading("modules forbidden by `modprobe.d`", &module.forbidden_by);
        list.reading("Secure Boot", &facts.host.secure_boot);
    }
    if module.loaded.found().is_some() {
        list.reading("kernel module `nvidia_uvm`", &module.uvm_loaded);
        let profiling = &module.parameters.profiling_admin_only;
        list.reading("who may profile (`RmProfilingAdminOnly`)", profiling);
    }
    list.reading("device nodes", &facts.device_nodes);
    for node in facts.device_nodes.found().into_iter().flatten() {
        match &node.access {
            NodeAccess::NotTried(reason) => {
                list.push(format!("device node `{}`", node.path), reason)
            }
            NodeAccess::Refused(errno) if !JUDGED_ERRNOS.contains(&errno.as_str()) => {
                list.push(format!("device node `{}`", node.path), errno);
            }
            NodeAccess::Opened | NodeAccess::Refused(_) => {}
        }
    }
    match &facts.kernel_log {
        Reading::Unknown(reason) => list.push("kernel log", reason),
        Reading::Absent => list.push("kernel log", "there is none to be read here"),
        Reading::Found(_) => {}
    }
}

/// What the checks of device nodes judge.
const JUDGED_ERRNOS: &[&str] = &["ENOENT", "EACCES", "EPERM", "EIO", "ENODEV", "ENXIO"];

fn libraries(facts: &Facts, list: &mut List) {
    let libraries = &facts.driver_libraries;
    let firsts = [libraries.cuda.first(), libraries.nvml.first(), libraries.ptx_compiler.first()];
    for copy in firsts.into_iter().flatten() {
        list.reading(format!("`{}`", copy.path), &copy.elf);
    }
}

fn driver(facts: &Facts, explained: bool, list: &mut List) {
    match &facts.nvml {
        Probed::Answered(nvml) => gpus::nvml(facts, nvml, explained, list),
        Probed::NotRun(reason) if !explained => list.push("NVML", reason),
        Probed::NotRun(_) | Probed::Hung { .. } | Probed::Crashed { .. } => {}
    }
    match &facts.cuda {
        Probed::Answered(cuda) => gpus::cuda(cuda, explained, list),
        Probed::NotRun(reason) if !explained => list.push("CUDA", reason),
        Probed::NotRun(_) | Probed::Hung { .. } | Probed::Crashed { .. } => {}
    }
    match &facts.smoke {
        Some(Probed::Answered(smoke)) => gpus::smoke(smoke, list),
        Some(Probed::NotRun(reason)) if !explained && crate::evidence::cuda_works(facts) => {
            list.push("smoke test", reason);
        }
        Some(Probed::NotRun(_) | Probed::Hung { .. } | Probed::Crashed { .. }) | None => {}
    }
}

fn containers(facts: &Facts, list: &mut List) {
    let containers = &facts.containers;
    list.reading("Docker", &containers.docker);
    list.reading("`/etc/docker/daemon.json`", &containers.daemon_json_runtimes);
    list.reading("`nvidia-ctk`", &containers.nvidia_ctk);
    list.reading("`nvidia-container-runtime`", &containers.nvidia_container_runtime);
    list.reading("containerd's configuration", &containers.containerd_has_nvidia);
    list.reading("Podman", &containers.podman);
    for spec in &containers.cdi {
        list.reading(format!("CDI specification `{}`", spec.path), &spec.version);
    }
}

fn software(facts: &Facts, list: &mut List) {
    for toolkit in &facts.toolkits {
        list.reading(format!("version of the toolkit `{}`", toolkit.path), &toolkit.version);
        let limit = &toolkit.host_compiler_limit;
        list.reading(format!("compilers that `{}` accepts", toolkit.path), limit);
    }
    if !facts.toolkits.is_empty() {
        list.reading("host compiler", &facts.host_compiler);
    }
    if let Some(compiler) = facts.host_compiler.found() {
        list.reading(format!("version of `{}`", compiler.path), &compiler.major);
    }
    for copy in &facts.cudnn {
        list.reading(format!("version of the cuDNN in `{}`", copy.folder), &copy.version);
    }
    if !facts.profilers.tools.is_empty() {
        list.reading("`kernel.perf_event_paranoid`", &facts.profilers.perf_event_paranoid);
    }
    for environment in &facts.python {
        for reason in &environment.unreadable {
            list.push(format!("Python packages in `{}`", environment.site_packages), reason);
        }
    }
}

#[cfg(test)]
mod tests {
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
        facts.containers.docker = unknown("EACCES");
        assert_eq!(
            of(&facts),
            ["kernel log: `/dev/kmsg`: Operation not permitted", "Docker: EACCES"]
        );
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
    fn a_lost_gpu_is_a_problem_and_not_forty_lines() {
        let mut facts = example::eight_h100();
        faults::lose_gpu(&mut facts, 3, 15);
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
}
