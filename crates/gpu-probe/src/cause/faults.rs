//! Whole broken machines: each single fault has exactly one root cause, and it is the right one.
//!
//! `texts.rs` reads what is said of all of them.

mod elsewhere;
mod health;

use super::diagnose;
use crate::Reading::{Absent, Found, Unknown};
use crate::example::{self, faults};
use crate::{CallCode, Facts, KernelRun, Need, Probed};

/// The faults: a broken machine, what it is to be good for, and the code of the root cause.
#[derive(Default)]
pub(super) struct Faults(pub(super) Vec<(Facts, Need, &'static str)>);

impl Faults {
    pub(super) fn add(
        &mut self,
        mut facts: Facts,
        change: impl FnOnce(&mut Facts),
        root: &'static str,
    ) {
        change(&mut facts);
        self.0.push((facts, Need::default(), root));
    }
}

/// All of them.
pub(super) fn faults() -> Vec<(Facts, Need, &'static str)> {
    let mut all = Faults::default();
    the_module_and_what_keeps_it_out(&mut all);
    hardware(&mut all);
    every_code_of_nvml_and_cuda(&mut all);
    every_code_of_a_kernel(&mut all);
    nodes_containers_and_libraries(&mut all);
    elsewhere::in_containers_and_wsl(&mut all);
    elsewhere::software(&mut all);
    health::health_and_speed(&mut all);
    all.0
}

#[test]
fn each_has_one_root() {
    for (facts, need, root) in faults() {
        let found = diagnose(&facts, &need).problems;
        let causes = found.iter().filter(|(_, cause)| cause.is_none());
        let roots: Vec<&str> = causes.map(|(found, _)| found.code()).collect();
        let all: Vec<&str> = found.iter().map(|(found, _)| found.code()).collect();
        assert_eq!(roots, [root], "of {all:?}");
        assert_eq!(found[0].1, None, "the root comes first: {all:?}");
    }
}

pub(super) fn bind(facts: &mut Facts, driver: &str) {
    let Found(gpus) = &mut facts.pci else { return };
    gpus.iter_mut().for_each(|gpu| gpu.driver = Found(driver.to_owned()));
}

pub(super) fn enter_container(facts: &mut Facts) {
    facts.host.machine.container = Found("docker".to_owned());
    facts.kernel_module.on_disk = Found(Vec::new());
    facts.kernel_module.dkms = Absent;
    facts.containers.docker = Absent;
}

fn set_open(facts: &mut Facts, open: bool) {
    if let Found(loaded) = &mut facts.kernel_module.loaded {
        loaded.open = Found(open);
    }
}

#[test]
fn nothing_is_wrong_with_healthy_machines() {
    let machines = [example::h200(), example::rtx_4060_wsl(), example::eight_h100()];
    for mut facts in machines {
        let found = diagnose(&facts, &Need::default());
        assert_eq!(found.problems, [], "{:?}", facts.host.machine);
        assert_eq!(found.unlooked, []);
        facts.smoke = None;
        assert_eq!(diagnose(&facts, &Need::default()).problems, []);
    }
}

#[test]
fn a_machine_without_a_gpu_has_one_problem() {
    let found = diagnose(&example::no_gpu(), &Need::default());
    let codes: Vec<&str> = found.problems.iter().map(|(found, _)| found.code()).collect();
    assert_eq!(codes, ["gpu/no-nvidia-device"]);
    assert_eq!(found.unlooked, []);
    let with_driver = |facts: &mut Facts| {
        facts.pci = Found(Vec::new());
        faults::unload_module(facts);
    };
    let mut facts = example::h200();
    with_driver(&mut facts);
    let found = diagnose(&facts, &Need::default()).problems;
    assert_eq!(found.iter().filter(|(_, cause)| cause.is_none()).count(), 1, "{found:?}");
    assert_eq!(found[0].0.code(), "gpu/no-nvidia-device");
}

fn the_module_and_what_keeps_it_out(all: &mut Faults) {
    all.add(example::h200(), faults::unload_module, "gpu/module-not-loaded");
    let nouveau = |facts: &mut Facts| {
        faults::unload_module(facts);
        bind(facts, "nouveau");
    };
    all.add(example::h200(), nouveau, "gpu/nouveau-bound");
    let nouveau_alone = |facts: &mut Facts| {
        nouveau(facts);
        faults::remove_libraries(facts);
        facts.kernel_module.on_disk = Found(Vec::new());
        facts.kernel_module.dkms = Absent;
    };
    all.add(example::eight_h100(), nouveau_alone, "gpu/nouveau-bound");
    let bare = |facts: &mut Facts| {
        nouveau_alone(facts);
        bind(facts, "");
        faults::unload_module(facts);
        faults::remove_libraries(facts);
    };
    all.add(example::h200(), bare, "gpu/driver-not-installed");
    let vfio = |facts: &mut Facts| {
        faults::unload_module(facts);
        bind(facts, "vfio-pci");
    };
    all.add(example::h200(), vfio, "gpu/device-held-by-vfio");
    let unbuilt = |facts: &mut Facts| {
        faults::unload_module(facts);
        facts.kernel_module.on_disk = Found(Vec::new());
        if let Found(known) = &mut facts.kernel_module.dkms {
            known[0].built = false;
        }
    };
    all.add(example::h200(), unbuilt, "gpu/module-not-built");
    let secure = |facts: &mut Facts| {
        faults::unload_module(facts);
        facts.host.secure_boot = Found(true);
    };
    all.add(example::h200(), secure, "gpu/secure-boot-blocks-module");
    let forbidden = |facts: &mut Facts| {
        faults::unload_module(facts);
        facts.kernel_module.forbidden_by = Found(vec!["/etc/modprobe.d/x.conf".to_owned()]);
    };
    all.add(example::h200(), forbidden, "gpu/module-forbidden");
}

fn hardware(all: &mut Faults) {
    let address = example::H200_ADDRESS;
    let fallen = |facts: &mut Facts| {
        faults::write_xid(facts, 79, address);
        faults::lose_gpu(facts, 0, 15);
        faults::cuda_fails(facts, 100);
    };
    all.add(example::eight_h100(), fallen, "gpu/fell-off-the-bus");
    all.add(example::eight_h100(), |facts| faults::lose_gpu(facts, 3, 15), "gpu/gpu-lost");
    all.add(example::h200(), |facts| faults::nvml_fails(facts, 15), "gpu/gpu-lost");
    all.add(example::eight_h100(), |facts| faults::lose_gpu(facts, 3, 16), "gpu/gpu-needs-reset");
    all.add(example::eight_h100(), |facts| faults::lose_gpu(facts, 3, 77), "gpu/nvml-failed");
    all.add(
        example::eight_h100(),
        |facts| faults::hide_gpu(facts, 3),
        "gpu/gpu-missing-from-driver",
    );
    all.add(example::h200(), |facts| faults::hide_gpu(facts, 0), "gpu/gpu-missing-from-driver");
    let adapter = |facts: &mut Facts| {
        let line = "NVRM: GPU 0000:18:00.0: RmInitAdapter failed! (0x22:0x56:762)";
        faults::write_line(facts, line);
        faults::hide_gpu(facts, 0);
        faults::refuse_nodes(facts, "EIO", |path| path == "/dev/nvidia0");
    };
    all.add(example::h200(), adapter, "gpu/adapter-init-failed");
    let windows = |facts: &mut Facts| {
        adapter(facts);
        if let Found(gpus) = &mut facts.pci {
            gpus[0].memory_windows_assigned = Found(false);
        }
    };
    all.add(example::h200(), windows, "gpu/memory-windows-unassigned");
    let blackwell = |facts: &mut Facts| {
        adapter(facts);
        set_open(facts, false);
        let line = "NVRM: installed in this system requires use of the NVIDIA open kernel modules.";
        faults::write_line(facts, line);
    };
    all.add(example::h200(), blackwell, "gpu/open-module-required");
}

fn every_code_of_nvml_and_cuda(all: &mut Faults) {
    let nvml = |facts: &mut Facts, code: u32| {
        faults::nvml_fails(facts, code);
        faults::cuda_fails(facts, 999);
    };
    all.add(example::h200(), |facts| nvml(facts, 18), "gpu/driver-version-mismatch");
    all.add(example::h200(), |facts| nvml(facts, 9), "gpu/nvml-failed");
    all.add(example::h200(), |facts| nvml(facts, 4242), "gpu/nvml-failed");
    let wsl = |facts: &mut Facts| {
        faults::nvml_fails(facts, 17);
        faults::cuda_fails(facts, 100);
    };
    all.add(example::rtx_4060_wsl(), wsl, "gpu/wsl-access-blocked");
    let codes = [
        (1, "gpu/cuda-init-failed"),
        (3, "gpu/hmm-breaks-init"),
        (34, "gpu/stub-library-loaded"),
        (35, "gpu/driver-too-old-for-cuda"),
        (46, "gpu/device-busy"),
        (100, "gpu/cuda-init-failed"),
        (102, "gpu/vgpu-unlicensed"),
        (802, "gpu/fabric-not-ready"),
        (803, "gpu/driver-version-mismatch"),
        (804, "gpu/compat-library-loaded"),
        (805, "gpu/mps-unreachable"),
        (999, "gpu/cuda-init-failed"),
        (123_456, "gpu/cuda-init-failed"),
    ];
    for (code, root) in codes {
        all.add(example::h200(), |facts| faults::cuda_fails(facts, code), root);
    }
    let uvm = |facts: &mut Facts| {
        faults::cuda_fails(facts, 999);
        facts.kernel_module.uvm_loaded = Found(false);
        faults::refuse_nodes(facts, "ENOENT", |path| path == "/dev/nvidia-uvm");
    };
    all.add(example::h200(), uvm, "gpu/uvm-not-loaded");
    let mig = |facts: &mut Facts| {
        faults::cuda_fails(facts, 100);
        let Probed::Answered(nvml) = &mut facts.nvml else { return };
        nvml.gpus[0].mig_enabled = Found(true);
    };
    all.add(example::h200(), mig, "gpu/mig-without-instances");
    let prohibited = |facts: &mut Facts| {
        faults::cuda_fails(facts, 100);
        let Probed::Answered(nvml) = &mut facts.nvml else { return };
        nvml.gpus[0].compute_mode = Found(2);
    };
    all.add(example::h200(), prohibited, "gpu/compute-mode-prohibited");
    let hidden = |facts: &mut Facts| {
        faults::cuda_fails(facts, 100);
        let name = "CUDA_VISIBLE_DEVICES".to_owned();
        facts.environment.variables.insert(name, "-1".to_owned());
    };
    all.add(example::h200(), hidden, "gpu/visible-devices-invalid");
}

fn every_code_of_a_kernel(all: &mut Faults) {
    let fail = |facts: &mut Facts, code: u32, cubin: bool| {
        let Some(Probed::Answered(smoke)) = &mut facts.smoke else { return };
        let run = || {
            Found(KernelRun::Failed {
                call: "cuModuleLoadData".to_owned(),
                code: CallCode(code),
                log: String::new(),
            })
        };
        smoke.gpus[0].ptx = run();
        if cubin {
            smoke.gpus[0].cubin = run();
        }
    };
    all.add(example::h200(), |facts| fail(facts, 221, false), "gpu/ptx-compiler-missing");
    all.add(example::h200(), |facts| fail(facts, 222, false), "gpu/ptx-too-new");
    all.add(example::h200(), |facts| fail(facts, 46, true), "gpu/device-busy");
    all.add(example::h200(), |facts| fail(facts, 209, true), "gpu/no-kernel-image");
    all.add(example::h200(), |facts| fail(facts, 700, true), "gpu/kernel-failed");
    all.add(example::h200(), |facts| fail(facts, 4242, true), "gpu/kernel-failed");
}

fn nodes_containers_and_libraries(all: &mut Faults) {
    let refuse = |errno: &'static str| {
        move |facts: &mut Facts| {
            faults::refuse_nodes(facts, errno, |_| true);
            faults::nvml_fails(facts, if errno == "EACCES" { 4 } else { 9 });
            faults::cuda_fails(facts, 999);
        }
    };
    all.add(example::h200(), refuse("ENOENT"), "gpu/device-node-missing");
    all.add(example::h200(), refuse("EACCES"), "gpu/device-node-permission");
    let uvm = |facts: &mut Facts| {
        faults::cuda_fails(facts, 999);
        faults::refuse_nodes(facts, "EIO", |path| path == "/dev/nvidia-uvm");
    };
    all.add(example::h200(), uvm, "gpu/uvm-broken");
    let dead = |facts: &mut Facts| {
        faults::refuse_nodes(facts, "EIO", |path| path != "/dev/nvidia-uvm");
        faults::nvml_fails(facts, 999);
        faults::cuda_fails(facts, 999);
    };
    all.add(example::h200(), dead, "gpu/device-node-dead");
    let lost = |facts: &mut Facts| {
        enter_container(facts);
        refuse("EPERM")(facts);
        faults::nvml_fails(facts, 999);
    };
    all.add(example::h200(), lost, "gpu/container-lost-gpu");
    let without = |facts: &mut Facts| {
        enter_container(facts);
        faults::remove_libraries(facts);
        facts.device_nodes = Found(Vec::new());
    };
    all.add(example::h200(), without, "gpu/container-without-gpu");
    all.add(example::h200(), faults::remove_libraries, "gpu/driver-library-missing");
    all.add(example::rtx_4060_wsl(), faults::remove_libraries, "gpu/driver-library-missing");
    let hung = |facts: &mut Facts| {
        let stage = "nvmlInit_v2".to_owned();
        facts.nvml = Probed::Hung { stage, after_s: 10.0, unkillable: true, partial: None };
        facts.cuda = Probed::NotRun("NVML hung".to_owned());
        facts.smoke = Some(Probed::NotRun("NVML hung".to_owned()));
    };
    all.add(example::h200(), hung, "gpu/driver-hung");
    let crashed = |facts: &mut Facts| {
        let stage = "cuInit".to_owned();
        let how = "signal 11 (SIGSEGV)".to_owned();
        facts.cuda = Probed::Crashed { stage, how, stderr: String::new(), partial: None };
        facts.smoke = Some(Probed::NotRun("CUDA crashed".to_owned()));
    };
    all.add(example::h200(), crashed, "gpu/driver-crashed");
}

#[test]
fn what_could_not_be_looked_at_is_no_fault() {
    let mut facts = example::h200();
    faults::unload_module(&mut facts);
    facts.kernel_module.loaded = Unknown("no `/proc`".to_owned());
    let found = diagnose(&facts, &Need::default());
    assert!(found.unlooked.iter().any(|unlooked| unlooked.reason == "no `/proc`"));
}

#[test]
fn in_a_healthy_container_only_the_log_may_be_hidden() {
    let hidden = || "a container does not see the modules of its host".to_owned();
    // The driver of WSL is Windows' own, and writes no Xid into this log.
    let machines = [
        (example::h200(), &["kernel log"][..]),
        (example::eight_h100(), &["kernel log"]),
        (example::rtx_4060_wsl(), &[]),
    ];
    for (mut facts, expected) in machines {
        enter_container(&mut facts);
        facts.kernel_module.on_disk = Unknown(hidden());
        facts.kernel_module.dkms = Unknown(hidden());
        facts.kernel_module.kernel_headers = Unknown(hidden());
        facts.kernel_module.forbidden_by = Unknown(hidden());
        facts.host.secure_boot = Unknown(hidden());
        facts.kernel_log = Unknown("there is no `/dev/kmsg` and no log file".to_owned());
        let found = diagnose(&facts, &Need::default());
        assert_eq!(found.problems, []);
        let unlooked: Vec<&str> = found.unlooked.iter().map(|one| one.what.as_str()).collect();
        assert_eq!(unlooked, expected);
    }
}

#[test]
fn a_laptop_whose_gpu_sleeps_is_healthy() {
    let mut facts = example::h200();
    facts.host.machine.laptop = Found(true);
    if let Found(gpus) = &mut facts.pci {
        gpus[0].runtime_status = Found("suspended".to_owned());
    }
    if let Found(nodes) = &mut facts.device_nodes {
        nodes[1].access = crate::NodeAccess::NotTried("the GPU sleeps".to_owned());
    }
    facts.nvml = Probed::NotRun("the GPU sleeps".to_owned());
    facts.cuda = Probed::NotRun("the GPU sleeps".to_owned());
    facts.smoke = None;
    let found = diagnose(&facts, &Need::default());
    assert_eq!(found.problems, []);
    assert_eq!(found.unlooked.len(), 1, "{:?}", found.unlooked);
}

#[test]
fn a_machine_of_a_cluster_that_joins_needs_a_runtime_and_its_toolkit() {
    let need = Need { profile: crate::Profile::Node, ..Need::default() };
    let mut facts = example::h200();
    facts.containers.containerd_socket = Found("/run/containerd/containerd.sock".to_owned());
    facts.containers.containerd_has_nvidia = Found(true);
    assert_eq!(diagnose(&facts, &need).problems, []);
}

#[test]
fn a_container_that_was_given_one_gpu_of_eight_is_healthy() {
    let mut facts = example::eight_h100();
    enter_container(&mut facts);
    (0..7).for_each(|_| faults::hide_gpu(&mut facts, 1));
    assert_eq!(diagnose(&facts, &Need::default()).problems, []);
}
