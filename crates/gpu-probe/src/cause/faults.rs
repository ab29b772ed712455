//! Whole broken machines: each single fault has exactly one root cause, and it is the right one.

use super::diagnose;
use crate::Reading::{Absent, Found, Unknown};
use crate::example::{self, faults};
use crate::{CallCode, Facts, KernelRun, Need, Probed};

#[track_caller]
fn check(mut facts: Facts, change: impl FnOnce(&mut Facts), root: &str) {
    change(&mut facts);
    let found = diagnose(&facts, &Need::default()).problems;
    let roots: Vec<&str> =
        found.iter().filter(|(_, cause)| cause.is_none()).map(|(found, _)| found.code()).collect();
    let all: Vec<&str> = found.iter().map(|(found, _)| found.code()).collect();
    assert_eq!(roots, [root], "of {all:?}");
    assert_eq!(found[0].1, None, "the root comes first: {all:?}");
}

fn bind(facts: &mut Facts, driver: &str) {
    let Found(gpus) = &mut facts.pci else { return };
    gpus.iter_mut().for_each(|gpu| gpu.driver = Found(driver.to_owned()));
}

fn enter_container(facts: &mut Facts) {
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
    check(example::h200(), with_driver, "gpu/no-nvidia-device");
}

#[test]
fn the_module_and_what_keeps_it_out() {
    check(example::h200(), faults::unload_module, "gpu/module-not-loaded");
    let nouveau = |facts: &mut Facts| {
        faults::unload_module(facts);
        bind(facts, "nouveau");
    };
    check(example::h200(), nouveau, "gpu/nouveau-bound");
    let nouveau_alone = |facts: &mut Facts| {
        nouveau(facts);
        faults::remove_libraries(facts);
        facts.kernel_module.on_disk = Found(Vec::new());
        facts.kernel_module.dkms = Absent;
    };
    check(example::eight_h100(), nouveau_alone, "gpu/nouveau-bound");
    let bare = |facts: &mut Facts| {
        nouveau_alone(facts);
        bind(facts, "");
        faults::unload_module(facts);
        faults::remove_libraries(facts);
    };
    check(example::h200(), bare, "gpu/driver-not-installed");
    let vfio = |facts: &mut Facts| {
        faults::unload_module(facts);
        bind(facts, "vfio-pci");
    };
    check(example::h200(), vfio, "gpu/device-held-by-vfio");
    let unbuilt = |facts: &mut Facts| {
        faults::unload_module(facts);
        facts.kernel_module.on_disk = Found(Vec::new());
        if let Found(known) = &mut facts.kernel_module.dkms {
            known[0].built = false;
        }
    };
    check(example::h200(), unbuilt, "gpu/module-not-built");
    let secure = |facts: &mut Facts| {
        faults::unload_module(facts);
        facts.host.secure_boot = Found(true);
    };
    check(example::h200(), secure, "gpu/secure-boot-blocks-module");
    let forbidden = |facts: &mut Facts| {
        faults::unload_module(facts);
        facts.kernel_module.forbidden_by = Found(vec!["/etc/modprobe.d/x.conf".to_owned()]);
    };
    check(example::h200(), forbidden, "gpu/module-forbidden");
    let unreadable = |facts: &mut Facts| {
        faults::unload_module(facts);
        facts.kernel_module.loaded = Unknown("no `/proc`".to_owned());
    };
    let mut facts = example::h200();
    unreadable(&mut facts);
    let found = diagnose(&facts, &Need::default());
    assert!(found.unlooked.iter().any(|unlooked| unlooked.reason == "no `/proc`"));
}

#[test]
fn hardware() {
    let address = example::H200_ADDRESS;
    let fallen = |facts: &mut Facts| {
        faults::write_xid(facts, 79, address);
        faults::lose_gpu(facts, 0, 15);
        faults::cuda_fails(facts, 100);
    };
    check(example::eight_h100(), fallen, "gpu/fell-off-the-bus");
    check(example::eight_h100(), |facts| faults::lose_gpu(facts, 3, 15), "gpu/gpu-lost");
    check(example::h200(), |facts| faults::nvml_fails(facts, 15), "gpu/gpu-lost");
    check(example::eight_h100(), |facts| faults::lose_gpu(facts, 3, 16), "gpu/gpu-needs-reset");
    check(example::eight_h100(), |facts| faults::lose_gpu(facts, 3, 77), "gpu/nvml-failed");
    check(example::eight_h100(), |facts| faults::hide_gpu(facts, 3), "gpu/gpu-missing-from-driver");
    check(example::h200(), |facts| faults::hide_gpu(facts, 0), "gpu/gpu-missing-from-driver");
    let adapter = |facts: &mut Facts| {
        let line = "NVRM: GPU 0000:18:00.0: RmInitAdapter failed! (0x22:0x56:762)";
        faults::write_line(facts, line);
        faults::hide_gpu(facts, 0);
        faults::refuse_nodes(facts, "EIO", |path| path == "/dev/nvidia0");
    };
    check(example::h200(), adapter, "gpu/adapter-init-failed");
    let windows = |facts: &mut Facts| {
        adapter(facts);
        if let Found(gpus) = &mut facts.pci {
            gpus[0].memory_windows_assigned = Found(false);
        }
    };
    check(example::h200(), windows, "gpu/memory-windows-unassigned");
    let blackwell = |facts: &mut Facts| {
        adapter(facts);
        set_open(facts, false);
        let line = "NVRM: installed in this system requires use of the NVIDIA open kernel modules.";
        faults::write_line(facts, line);
    };
    check(example::h200(), blackwell, "gpu/open-module-required");
}

#[test]
fn every_code_of_nvml_and_cuda() {
    let nvml = |facts: &mut Facts, code: u32| {
        faults::nvml_fails(facts, code);
        faults::cuda_fails(facts, 999);
    };
    check(example::h200(), |facts| nvml(facts, 18), "gpu/driver-version-mismatch");
    check(example::h200(), |facts| nvml(facts, 9), "gpu/nvml-failed");
    check(example::h200(), |facts| nvml(facts, 4242), "gpu/nvml-failed");
    let wsl = |facts: &mut Facts| {
        faults::nvml_fails(facts, 17);
        faults::cuda_fails(facts, 100);
    };
    check(example::rtx_4060_wsl(), wsl, "gpu/wsl-access-blocked");
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
        check(example::h200(), |facts| faults::cuda_fails(facts, code), root);
    }
    let uvm = |facts: &mut Facts| {
        faults::cuda_fails(facts, 999);
        facts.kernel_module.uvm_loaded = Found(false);
        faults::refuse_nodes(facts, "ENOENT", |path| path == "/dev/nvidia-uvm");
    };
    check(example::h200(), uvm, "gpu/uvm-not-loaded");
    let mig = |facts: &mut Facts| {
        faults::cuda_fails(facts, 100);
        let Probed::Answered(nvml) = &mut facts.nvml else { return };
        nvml.gpus[0].mig_enabled = Found(true);
    };
    check(example::h200(), mig, "gpu/mig-without-instances");
    let prohibited = |facts: &mut Facts| {
        faults::cuda_fails(facts, 100);
        let Probed::Answered(nvml) = &mut facts.nvml else { return };
        nvml.gpus[0].compute_mode = Found(2);
    };
    check(example::h200(), prohibited, "gpu/compute-mode-prohibited");
    let hidden = |facts: &mut Facts| {
        faults::cuda_fails(facts, 100);
        let name = "CUDA_VISIBLE_DEVICES".to_owned();
        facts.environment.variables.insert(name, "-1".to_owned());
    };
    check(example::h200(), hidden, "gpu/visible-devices-invalid");
}

#[test]
fn every_code_of_a_kernel() {
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
    check(example::h200(), |facts| fail(facts, 221, false), "gpu/ptx-compiler-missing");
    check(example::h200(), |facts| fail(facts, 222, false), "gpu/ptx-too-new");
    check(example::h200(), |facts| fail(facts, 46, true), "gpu/device-busy");
    check(example::h200(), |facts| fail(facts, 209, true), "gpu/no-kernel-image");
    check(example::h200(), |facts| fail(facts, 700, true), "gpu/kernel-failed");
    check(example::h200(), |facts| fail(facts, 4242, true), "gpu/kernel-failed");
}

#[test]
fn nodes_containers_and_libraries() {
    let refuse = |errno: &'static str| {
        move |facts: &mut Facts| {
            faults::refuse_nodes(facts, errno, |_| true);
            faults::nvml_fails(facts, if errno == "EACCES" { 4 } else { 9 });
            faults::cuda_fails(facts, 999);
        }
    };
    check(example::h200(), refuse("ENOENT"), "gpu/device-node-missing");
    check(example::h200(), refuse("EACCES"), "gpu/device-node-permission");
    let uvm = |facts: &mut Facts| {
        faults::cuda_fails(facts, 999);
        faults::refuse_nodes(facts, "EIO", |path| path == "/dev/nvidia-uvm");
    };
    check(example::h200(), uvm, "gpu/uvm-broken");
    let dead = |facts: &mut Facts| {
        faults::refuse_nodes(facts, "EIO", |path| path != "/dev/nvidia-uvm");
        faults::nvml_fails(facts, 999);
        faults::cuda_fails(facts, 999);
    };
    check(example::h200(), dead, "gpu/device-node-dead");
    let lost = |facts: &mut Facts| {
        enter_container(facts);
        refuse("EPERM")(facts);
        faults::nvml_fails(facts, 999);
    };
    check(example::h200(), lost, "gpu/container-lost-gpu");
    let without = |facts: &mut Facts| {
        enter_container(facts);
        faults::remove_libraries(facts);
        facts.device_nodes = Found(Vec::new());
    };
    check(example::h200(), without, "gpu/container-without-gpu");
    check(example::h200(), faults::remove_libraries, "gpu/driver-library-missing");
    check(example::rtx_4060_wsl(), faults::remove_libraries, "gpu/driver-library-missing");
    let one_of_eight = |facts: &mut Facts| {
        enter_container(facts);
        (0..7).for_each(|_| faults::hide_gpu(facts, 7 - 6));
    };
    let mut facts = example::eight_h100();
    one_of_eight(&mut facts);
    assert_eq!(diagnose(&facts, &Need::default()).problems, []);
    let hung = |facts: &mut Facts| {
        let stage = "nvmlInit_v2".to_owned();
        facts.nvml = Probed::Hung { stage, after_s: 10.0, unkillable: true, partial: None };
        facts.cuda = Probed::NotRun("NVML hung".to_owned());
        facts.smoke = Some(Probed::NotRun("NVML hung".to_owned()));
    };
    check(example::h200(), hung, "gpu/driver-hung");
    let crashed = |facts: &mut Facts| {
        let stage = "cuInit".to_owned();
        let how = "signal 11 (SIGSEGV)".to_owned();
        facts.cuda = Probed::Crashed { stage, how, stderr: String::new(), partial: None };
        facts.smoke = Some(Probed::NotRun("CUDA crashed".to_owned()));
    };
    check(example::h200(), crashed, "gpu/driver-crashed");
}
