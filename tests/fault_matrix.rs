//! Faults, one by one, through the real program: a machine's files and its driver are stood in for,
//! one thing is broken, and the doctor must name the root cause.
//!
//! A row is a machine, what is wrong with the driver (see `tests/fake-driver`), and the code of the
//! root cause, without `gpu/`; `healthy` where there is none. Where a file of the machine is wrong,
//! a function changes the tree first.

mod case;

use crate::support::{
    driver,
    machine::{self, Machine::*},
};
use case::{Tree, case, check, check_side_by_side};

#[test]
fn healthy_machines() {
    check([
        case(H200, "", "healthy"),
        case(EightH100, "", "healthy"),
        case(A100Mig, "", "healthy"),
        case(Wsl, "", "healthy"),
        case(NoGpu, "", "no-nvidia-device"),
        case(H200, "", "healthy").arguments(&["--no-smoke"]),
        case(EightH100, "pcie_gen_current=1", "healthy").arguments(&["--no-smoke"]),
        case(H200, "process=1:512", "healthy"),
    ]);
}

#[test]
fn codes_of_nvml() {
    check([
        case(H200, "nvmlInit_v2=18;cuInit=803", "driver-version-mismatch"),
        case(EightH100, "nvmlInit_v2=18;cuInit=803", "driver-version-mismatch"),
        case(H200, "nvmlInit_v2=15;cuInit=999", "gpu-lost"),
        case(H200, "nvmlInit_v2=16;cuInit=46", "gpu-needs-reset"),
        case(Wsl, "nvmlInit_v2=17;cuInit=100", "wsl-access-blocked"),
        case(H200, "nvmlInit_v2=1", "nvml-failed"),
        case(H200, "nvmlInit_v2=4", "nvml-failed"),
        case(H200, "nvmlInit_v2=8", "nvml-failed"),
        case(H200, "nvmlInit_v2=9", "nvml-failed"),
        case(H200, "nvmlInit_v2=11", "nvml-failed"),
        case(H200, "nvmlInit_v2=14", "nvml-failed"),
        case(H200, "nvmlInit_v2=23", "nvml-failed"),
        case(H200, "nvmlInit_v2=27", "nvml-failed"),
        case(H200, "nvmlInit_v2=999", "nvml-failed"),
        case(H200, "nvmlInit_v2=12345", "nvml-failed"),
        case(H200, "nvmlInit_v2=4294967295", "nvml-failed"),
    ]);
}

#[test]
fn codes_of_cuda() {
    check([
        case(H200, "cuInit=3", "hmm-breaks-init"),
        case(H200, "cuInit=34", "stub-library-loaded"),
        case(H200, "cuInit=35", "driver-too-old-for-cuda"),
        case(H200, "cuInit=36", "driver-too-old-for-cuda"),
        case(H200, "cuInit=46", "device-busy"),
        case(H200, "compute_mode=3;process=1:512;cuInit=46", "compute-mode-prohibited"),
        case(H200, "compute_mode=2", "compute-mode-prohibited"),
        case(H200, "compute_mode=2;cuInit=100", "compute-mode-prohibited"),
        case(H200, "mig=on;mig_instances=0", "mig-without-instances"),
        case(A100Mig, "mig_instances=0", "mig-without-instances"),
        case(H200, "cuInit=100", "cuda-init-failed"),
        case(H200, "cuInit=101", "cuda-init-failed"),
        case(H200, "cuInit=102", "vgpu-unlicensed"),
        case(EightH100, "cuInit=802", "fabric-not-ready"),
        case(EightH100, "fabric_state=2;cuInit=802", "fabric-not-ready"),
        case(H200, "cuInit=803", "driver-version-mismatch"),
        case(H200, "cuInit=804", "compat-library-loaded"),
        case(H200, "cuInit=805", "mps-unreachable"),
        case(H200, "cuInit=806", "mps-unreachable"),
        case(H200, "cuInit=807", "mps-unreachable"),
        case(H200, "cuInit=808", "mps-unreachable"),
        case(H200, "cuInit=809", "mps-unreachable"),
        case(H200, "cuInit=810", "mps-unreachable"),
        case(H200, "cuInit=999", "cuda-init-failed"),
        case(H200, "cuInit=12345", "cuda-init-failed"),
        case(H200, "cuInit=4294967295", "cuda-init-failed"),
        case(H200, "cuDeviceGetCount=999", "cuda-init-failed"),
        case(H200, "cuDeviceGetCount=12345", "cuda-init-failed"),
        case(Wsl, "cuInit=100", "cuda-init-failed"),
        case(H200, "", "visible-devices-invalid").variables(&[("CUDA_VISIBLE_DEVICES", "")]),
        case(H200, "", "visible-devices-invalid").variables(&[("CUDA_VISIBLE_DEVICES", "-1")]),
        case(H200, "", "visible-devices-invalid").variables(&[("CUDA_VISIBLE_DEVICES", "9")]),
        case(H200, "", "visible-devices-invalid").variables(&[("CUDA_VISIBLE_DEVICES", "GPU-x")]),
    ]);
}

/// A deadline of a second keeps the rows short.
const SOON: &[&str] = &["--deadline", "1"];

#[test]
fn hangs() {
    check_side_by_side([
        case(H200, "nvmlInit_v2=hang", "driver-hung").arguments(SOON),
        case(H200, "nvmlDeviceGetHandleByIndex_v2=hang", "driver-hung").arguments(SOON),
        case(EightH100, "nvmlDeviceGetTemperature@5=hang", "driver-hung").arguments(SOON),
        case(H200, "cuInit=hang", "driver-hung").arguments(SOON),
        case(H200, "cuInit=hang;nvmlInit_v2=hang", "driver-hung").arguments(SOON),
        case(H200, "cuDeviceGetCount=hang", "driver-hung").arguments(SOON),
        case(H200, "cuDevicePrimaryCtxRetain=hang", "driver-hung").arguments(SOON),
        case(H200, "cuModuleLoadDataEx=hang", "driver-hung").arguments(SOON),
        case(H200, "cuLaunchKernel=hang", "driver-hung").arguments(SOON),
        case(EightH100, "cuLaunchKernel@6=hang", "driver-hung").arguments(SOON),
    ]);
}

#[test]
fn crashes() {
    check([
        case(H200, "nvmlInit_v2=abort", "driver-crashed"),
        case(H200, "nvmlInit_v2=segv", "driver-crashed"),
        case(H200, "nvmlInit_v2=exit", "driver-crashed"),
        case(EightH100, "nvmlDeviceGetName@3=segv", "driver-crashed"),
        case(H200, "cuInit=abort", "driver-crashed"),
        case(H200, "cuInit=segv", "driver-crashed"),
        case(H200, "cuInit=exit", "driver-crashed"),
        case(H200, "cuModuleLoadDataEx=segv", "driver-crashed"),
        case(H200, "cuLaunchKernel=abort", "driver-crashed"),
        case(EightH100, "cuLaunchKernel@6=segv", "driver-crashed"),
    ]);
}

#[test]
fn health_of_a_gpu() {
    check([
        case(EightH100, "lost_gpu@3", "gpu-lost"),
        case(EightH100, "nvmlDeviceGetHandleByIndex_v2@3=15", "gpu-lost"),
        case(H200, "recovery_action=1", "gpu-needs-reset"),
        case(EightH100, "recovery_action@2=2", "gpu-needs-reset"),
        case(EightH100, "gpus=7", "gpu-missing-from-driver"),
        case(H200, "ecc_uncorrected=2", "uncorrected-ecc-errors"),
        case(EightH100, "remap_pending@7=1", "row-remap-pending"),
        case(H200, "remap_failed=1", "row-remap-failed"),
        case(H200, "throttle=hw_thermal;temperature=91", "thermal-throttling"),
        case(H200, "throttle=sw_thermal;temperature=90", "thermal-throttling"),
        case(H200, "persistence=off", "persistence-off"),
        case(Wsl, "persistence=off", "healthy"),
        case(H200, "process=4194303:40000", "memory-held-by-dead-process"),
        case(H200, "", "xid-hardware").tree(|tree| {
            tree.log("NVRM: Xid (PCI:0000:18:00): 48, pid=1234, name=python3, DBE");
        }),
        case(H200, "", "xid-application").tree(|tree| {
            tree.log("NVRM: Xid (PCI:0000:18:00): 13, pid=1234, name=python3, Graphics Exception");
        }),
        case(H200, "nvmlInit_v2=9;cuInit=100", "fell-off-the-bus").tree(|tree| {
            tree.log(
                "NVRM: Xid (PCI:0000:18:00): 79, pid='<unknown>', GPU has fallen off the bus.",
            );
        }),
        case(H200, "nvmlInit_v2=9;cuInit=100", "adapter-init-failed").tree(|tree| {
            tree.log("NVRM: GPU 0000:18:00.0: RmInitAdapter failed! (0x22:0x56:762)");
        }),
    ]);
}

#[test]
fn kernels() {
    check([
        case(H200, "wrong_result", "kernel-wrong-result"),
        case(H200, "nan_result", "kernel-wrong-result"),
        case(EightH100, "wrong_result@5", "kernel-wrong-result"),
        case(H200, "cubin_load=209;ptx_load=209", "no-kernel-image"),
        case(H200, "ptx_load=222", "ptx-too-new"),
        case(H200, "ptx_load=221", "ptx-compiler-missing"),
        case(H200, "ptx_load=218", "ptx-jit-broken"),
        case(H200, "cuLaunchKernel=719", "kernel-failed"),
        case(H200, "cuLaunchKernel=12345", "kernel-failed"),
        case(EightH100, "cuLaunchKernel@2=700", "kernel-failed"),
        case(H200, "cuDevicePrimaryCtxRetain=2", "kernel-failed"),
        case(H200, "cuMemAlloc_v2=2", "kernel-failed"),
        case(H200, "cuCtxSynchronize=719", "kernel-failed"),
        // Nothing is called on a GPU that failed: what hangs there would hide the failure.
        case(H200, "cuCtxSynchronize=719;cuModuleUnload=hang", "kernel-failed").arguments(SOON),
        case(H200, "cuCtxSynchronize=719;cuDevicePrimaryCtxRelease_v2=hang", "kernel-failed")
            .arguments(SOON),
        case(H200, "cuModuleUnload=hang", "driver-hung").arguments(SOON),
    ]);
}

#[test]
fn measurements() {
    let deep = |machine, faults, expected| case(machine, faults, expected).arguments(&["--deep"]);
    check_side_by_side([
        deep(H200, "", "healthy"),
        deep(Wsl, "", "healthy"),
        deep(H200, "bandwidth=0.4", "bandwidth-low"),
        deep(H200, "transfer=0.2", "transfer-slow"),
        deep(H200, "rate=0.3", "arithmetic-rate-low"),
        deep(H200, "wrong_result=altlas_tensor", "kernel-wrong-result"),
        deep(H200, "nan_result=altlas_fma", "kernel-wrong-result"),
        deep(H200, "memory_error=41943040", "memory-test-failed"),
        deep(H200, "throttle=hw_power_brake", "power-throttling"),
        deep(H200, "pcie_gen_current=1", "pcie-link-narrow"),
        deep(H200, "pcie_width_current=4", "pcie-link-narrow"),
    ]);
}

#[test]
fn kernel_side() {
    check([
        case(H200, "nvmlInit_v2=9;cuInit=100", "module-not-loaded").tree(|tree| tree.unload()),
        case(H200, "nvmlInit_v2=9;cuInit=100", "nouveau-bound").tree(|tree| {
            tree.unload();
            tree.write("sys/module/nouveau/.keep", "");
            let own = tree.path("sys/bus/pci/devices/0000:18:00.0/driver");
            driver::link("../../../../bus/pci/drivers/nouveau", &own);
        }),
        case(H200, "nvmlInit_v2=9;cuInit=100", "device-held-by-vfio").tree(|tree| {
            tree.bind("vfio-pci");
        }),
        case(H200, "nvmlInit_v2=9;cuInit=100", "module-forbidden").tree(|tree| {
            tree.unload();
            tree.write("etc/modprobe.d/no.conf", "blacklist nvidia\n");
        }),
        case(H200, "nvmlInit_v2=9;cuInit=100", "module-not-built").tree(|tree| {
            tree.unload();
            tree.remove("lib/modules");
            tree.write("var/lib/dkms/nvidia/580.95.05/source/dkms.conf", "");
        }),
        case(H200, "", "driver-not-installed").tree(|tree| {
            tree.unload();
            tree.remove("lib/modules");
            tree.remove(driver::FOLDER);
        }),
        case(H200, "", "reboot-pending").tree(|tree| {
            machine::module_on_disk(tree.scene, "590.44.01");
        }),
        case(H200, "cuInit=999", "uvm-not-loaded").tree(|tree| {
            tree.remove("sys/module/nvidia_uvm");
            tree.remove("dev/nvidia-uvm");
        }),
        case(H200, "cuInit=999", "device-node-missing").tree(|tree| tree.remove("dev/nvidia-uvm")),
        case(H200, "nvmlInit_v2=9;cuInit=999", "memory-windows-unassigned").tree(|tree| {
            let unset = "0x0 0x0 0x0\n".repeat(6);
            tree.write("sys/bus/pci/devices/0000:18:00.0/resource", unset);
        }),
        case(H200, "nvmlInit_v2=9;cuInit=100", "container-without-gpu").tree(|tree| {
            tree.contain();
            for node in ["nvidiactl", "nvidia-uvm", "nvidia-uvm-tools", "nvidia0"] {
                tree.remove(&format!("dev/{node}"));
            }
        }),
        case(Wsl, "nvmlInit_v2=9;cuInit=100", "wsl-version-1").tree(|tree| {
            tree.write("proc/sys/kernel/osrelease", "4.4.0-22621-Microsoft\n");
            tree.write("proc/version", "Linux version 4.4.0-22621-Microsoft\n");
        }),
    ]);
}

#[test]
fn libraries() {
    check([
        case(H200, "", "driver-library-missing").tree(|tree| tree.remove(driver::FOLDER)),
        case(H200, "", "driver-library-broken").tree(|tree| {
            tree.write(&format!("{}/libcuda.so.1", driver::FOLDER), "not a library\n");
        }),
        case(H200, "cuInit=34", "stub-library-loaded")
            .tree(|tree| driver::place(&tree.path("usr/local/cuda/lib64/stubs/libcuda.so.1")))
            .variables(&[(
                "LD_LIBRARY_PATH",
                "$ROOT/usr/local/cuda/lib64/stubs:$ROOT/usr/lib/x86_64-linux-gnu",
            )]),
        case(H200, "cuInit=803", "compat-library-loaded")
            .tree(|tree| driver::place(&tree.path("usr/local/cuda/compat/libcuda.so.1")))
            .variables(&[(
                "LD_LIBRARY_PATH",
                "$ROOT/usr/local/cuda/compat:$ROOT/usr/lib/x86_64-linux-gnu",
            )]),
        case(H200, "", "several-driver-libraries").tree(|tree| {
            driver::install(tree.scene, "usr/lib64", "535.54.03");
        }),
    ]);
}

/// Drivers that lack functions which are asked for.
#[test]
fn older_drivers() {
    check([
        case(H200, "driver=470.57.02;cuda=11040", "healthy").tree(|tree| {
            forget(tree, "libcuda.so", &["cuDeviceGetUuid_v2"]);
            let newer = ["nvmlDeviceGetMemoryInfo_v2", "nvmlDeviceGetComputeRunningProcesses_v3"];
            forget(tree, "libnvidia-ml.so", &newer);
        }),
        case(H200, "", "kernel-failed").tree(|tree| {
            forget(tree, "libcuda.so", &["cuModuleLoadDataEx", "cuModuleLoadData"]);
        }),
        case(H200, "", "driver-library-broken").tree(|tree| {
            forget(tree, "libcuda.so", &["cuInit"]);
        }),
        case(H200, "", "nvml-failed").tree(|tree| {
            forget(tree, "libnvidia-ml.so", &["nvmlInit_v2", "nvmlInitWithFlags"]);
        }),
    ]);
}

fn forget(tree: &Tree<'_>, library: &str, names: &[&str]) {
    let version = machine::DRIVER;
    driver::forget_symbols(&tree.path(&format!("{}/{library}.{version}", driver::FOLDER)), names);
}

/// What the project asks for against what the machine has.
#[test]
fn needs() {
    check([case(H200, "driver=470.57.02;cuda=11040", "driver-too-old").tree(|tree| {
        let text = "schema = 1\n[project]\nname = \"x\"\n[cuda]\ndriver = \"535.54.03\"\n";
        tree.scene.file("altlas.toml", text);
    })]);
}
