//! What could not be looked at: a walk over the facts that names each look-up that failed.
//!
//! The rule: a look-up is named where its outcome could have been a problem that a check here
//! reports. So it is left out
//!
//! - where no check would have judged it: the distribution, who may profile without a profiler, what
//!   keeps a module out that is loaded, Docker's tools without a GPU;
//! - where it is not this machine's to mend: in a container the module's files, the services and the
//!   firmware are the host's;
//! - where a problem already says what is the matter: NVML did not run because its library is
//!   missing.
//!
//! Look-ups that failed for one reason are one entry, with their names joined by commas.

use crate::{Facts, NodeAccess, Probed, Problem, Profiler, Reading, Unlooked, evidence};

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
    containers(facts, problems, &mut list);
    software(facts, &mut list);
    list.entries()
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

/// How many names an entry has before it says how many more there are.
const NAMED: usize = 6;

/// The names that share a reason, and the reason.
struct List(Vec<(Vec<String>, String)>);

impl List {
    /// Puts it to what failed for the same reason, where something did.
    fn push(&mut self, what: impl Into<String>, reason: &str) {
        let what = what.into();
        match self.0.iter_mut().find(|(_, known)| known == reason) {
            Some((names, _)) if names.contains(&what) => {}
            Some((names, _)) => names.push(what),
            None => self.0.push((vec![what], reason.to_owned())),
        }
    }

    fn entries(self) -> Vec<Unlooked> {
        let entry = |(names, reason): (Vec<String>, String)| {
            let named = names.iter().take(NAMED).cloned().collect::<Vec<_>>().join(", ");
            let what = match names.len().saturating_sub(NAMED) {
                0 => named,
                more => format!("{named} and {more} more"),
            };
            Unlooked { what, reason }
        };
        self.0.into_iter().map(entry).collect()
    }

    fn reading<T>(&mut self, what: impl Into<String>, reading: &Reading<T>) {
        if let Some(reason) = reading.unknown() {
            self.push(what, reason);
        }
    }
}

fn machine(facts: &Facts, list: &mut List) {
    let host = &facts.host;
    list.reading("whether this is WSL", &host.machine.wsl);
    list.reading("whether this is a container", &host.machine.container);
    if !facts.toolkits.is_empty() {
        list.reading("C library", &host.glibc);
    }
    for disk in &host.disks {
        list.reading(format!("free space on `{}`", disk.path), &disk.free_mib);
    }
    if has_tool(facts, Profiler::NsightSystems) {
        let folder = &host.temporary_folder;
        list.reading(format!("mount of `{}`", folder.path), &folder.noexec);
    }
}

fn kernel(facts: &Facts, list: &mut List) {
    list.reading("GPUs on the PCI bus", &facts.pci);
    if !evidence::has_usual_driver(facts) {
        return;
    }
    let module = &facts.kernel_module;
    list.reading("kernel module `nvidia`", &module.loaded);
    // What keeps a module out matters where it is out, and where it can be let in.
    let here = !evidence::in_container(facts);
    if here && module.loaded.found().is_none() && evidence::may_have_gpu(facts) {
        list.reading("kernel module on disk", &module.on_disk);
        list.reading("DKMS", &module.dkms);
        list.reading("headers of the kernel", &module.kernel_headers);
        list.reading("modules forbidden by `modprobe.d`", &module.forbidden_by);
        list.reading("Secure Boot", &facts.host.secure_boot);
    }
    if module.loaded.found().is_some() {
        list.reading("kernel module `nvidia_uvm`", &module.uvm_loaded);
        if has_tool(facts, Profiler::NsightCompute) {
            let profiling = &module.parameters.profiling_admin_only;
            list.reading("who may profile (`RmProfilingAdminOnly`)", profiling);
        }
    }
    list.reading("device nodes", &facts.device_nodes);
    for node in facts.device_nodes.found().into_iter().flatten() {
        match &node.access {
            NodeAccess::NotTried(reason) => {
                list.push(format!("device node `{}`", node.path), reason)
            }
            NodeAccess::Refused(errno)
                if evidence::is_needed_node(&node.path)
                    && !JUDGED_ERRNOS.contains(&errno.as_str()) =>
            {
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
    let without_nvml = evidence::nvml(facts).is_some_and(|nvml| nvml.library.is_absent());
    if without_nvml && evidence::nvml_is_left_out(facts) {
        list.push("NVML", "its library is not part of this container or Jetson");
    }
    // `gpu/nvml-failed` leaves a Jetson alone whose CUDA works.
    if let Some(code) = evidence::nvml_failure(facts)
        && facts.host.machine.tegra.found().is_some()
        && evidence::cuda_works(facts)
    {
        list.push("NVML", &evidence::code_words(code, crate::nvml_code_name(code)));
    }
    match &facts.nvml {
        Probed::Answered(nvml) => gpus::nvml(facts, nvml, explained, list),
        Probed::NotRun(reason) if !explained || evidence::not_asked(&facts.nvml).is_some() => {
            list.push("NVML", reason);
        }
        Probed::NotRun(_) | Probed::Hung { .. } | Probed::Crashed { .. } => {}
    }
    match &facts.cuda {
        Probed::Answered(cuda) => gpus::cuda(cuda, explained, list),
        Probed::NotRun(reason) if !explained || evidence::not_asked(&facts.cuda).is_some() => {
            list.push("CUDA", reason);
        }
        Probed::NotRun(_) | Probed::Hung { .. } | Probed::Crashed { .. } => {}
    }
    match &facts.smoke {
        Some(Probed::Answered(smoke)) => gpus::smoke(smoke, list),
        Some(Probed::NotRun(reason)) if !explained && evidence::cuda_works(facts) => {
            list.push("smoke test", reason);
        }
        Some(Probed::NotRun(_) | Probed::Hung { .. } | Probed::Crashed { .. }) | None => {}
    }
}

fn containers(facts: &Facts, problems: &[Problem], list: &mut List) {
    let containers = &facts.containers;
    // Which container can have a GPU is a question of the machine that starts it, if it has one.
    if evidence::in_container(facts) || !evidence::has_gpu(facts) {
        return;
    }
    let refused = ["gpu/docker-permission", "gpu/docker-unreachable"];
    if !problems.iter().any(|problem| refused.contains(&problem.code())) {
        list.reading("Docker", &containers.docker);
    }
    if containers.docker.found().is_some() {
        list.reading("`/etc/docker/daemon.json`", &containers.daemon_json_runtimes);
        list.reading("`nvidia-container-runtime`", &containers.nvidia_container_runtime);
    }
    list.reading("`nvidia-ctk`", &containers.nvidia_ctk);
    if containers.containerd_socket.found().is_some() && containers.kubelet.found() == Some(&true) {
        list.reading("containerd's configuration", &containers.containerd_has_nvidia);
    }
    if containers.crio_socket.found().is_some() && containers.kubelet.found() == Some(&true) {
        list.push("CRI-O's configuration", "it is not read");
    }
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
    if has_tool(facts, Profiler::NsightSystems) {
        list.reading("`kernel.perf_event_paranoid`", &facts.profilers.perf_event_paranoid);
    }
    for environment in &facts.python {
        for reason in &environment.unreadable {
            list.push(format!("Python packages in `{}`", environment.site_packages), reason);
        }
    }
}

fn has_tool(facts: &Facts, tool: Profiler) -> bool {
    facts.profilers.tools.iter().any(|copy| copy.tool == tool)
}

#[cfg(test)]
mod tests;
