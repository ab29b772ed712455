//! Unmodified clients against the stand-in: nvml-wrapper and cudarc, each in a child process, since
//! the loader reads `LD_LIBRARY_PATH` once. The child is the same test, started again.

#![expect(clippy::disallowed_methods, reason = "the test starts itself again")]
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
#![expect(clippy::print_stdout, reason = "what a client prints is what is compared")]
#![expect(unsafe_code, reason = "a kernel launch cannot be written without")]

use cudarc::driver::{CudaContext, LaunchConfig, PushKernelArg, result, sys};
use nvml_wrapper::{Nvml, enum_wrappers::device::TemperatureSensor};
use std::process::Command;

/// Set in the child.
const IS_CLIENT: &str = "ALTLAS_IS_CLIENT";

/// A small kernel's text: only its entry matters to the stand-in.
const PTX: &str = ".version 6.0\n.target sm_50\n.address_size 64\n.visible .entry altlas_smoke()";

/// Runs the client of a test in a child, and returns its exit code and what it printed.
fn run(test: &str, spec: &str) -> (Option<i32>, String) {
    let executable = std::env::current_exe().unwrap();
    let library = executable.with_file_name("libfake_driver.so");
    let folder = tempfile::tempdir().unwrap();
    for name in ["libcuda.so.1", "libnvidia-ml.so.1"] {
        std::os::unix::fs::symlink(&library, folder.path().join(name)).unwrap();
    }
    let output = Command::new(executable)
        .args(["--exact", test, "--nocapture"])
        .env(IS_CLIENT, "1")
        .env("LD_LIBRARY_PATH", folder.path())
        .env("ALTLAS_FAKE_DRIVER", spec)
        .env_remove("CUDA_VISIBLE_DEVICES")
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    (output.status.code(), text + &String::from_utf8_lossy(&output.stderr))
}

fn is_client() -> bool {
    std::env::var_os(IS_CLIENT).is_some()
}

fn check(test: &str, spec: &str, expected: &str) {
    let (_, text) = run(test, spec);
    assert!(text.contains(expected), "{spec}: `{expected}` is not in\n{text}");
}

#[test]
fn nvml() {
    if is_client() {
        return nvml_client();
    }
    check("nvml", "", "1 × NVIDIA H200 9.0 143771 MiB 31 °C 580.95.05");
    check("nvml", "profile=8xh100", "8 × NVIDIA H100 80GB HBM3 9.0 81559 MiB");
    check("nvml", "profile=none", "0 ×");
    check("nvml", "profile=rtx4060-wsl", "ecc Err(NotSupported)");
    check("nvml", "profile=a100-mig", "utilization Err(NotSupported)");
    check("nvml", "temperature=91;persistence=off", "91 °C");
    check("nvml", "process=4242:512", "processes Ok([ProcessInfo { pid: 4242,");
    check("nvml", "nvmlInit_v2=18", "LibRmVersionMismatch");
    check("nvml", "nvmlInit_v2=12345", "UnexpectedVariant(12345)");
    check("nvml", "lost_gpu", "GpuLost");
    check("nvml", "profile=8xh100;nvmlDeviceGetHandleByIndex_v2@0=15", "GpuLost");
}

#[test]
fn cuda() {
    if is_client() {
        return cuda_client();
    }
    check("cuda", "", "NVIDIA H200 143156 MiB, 1024 right");
    check("cuda", "profile=rtx4060-wsl", "NVIDIA GeForce RTX 4060 7963 MiB, 1024 right");
    check("cuda", "profile=a100-mig", "MIG 3g.40gb");
    check("cuda", "cuInit=803", "init DriverError(CUDA_ERROR_SYSTEM_DRIVER_MISMATCH");
    check("cuda", "profile=none", "init DriverError(CUDA_ERROR_NO_DEVICE");
    check("cuda", "mig=on;mig_instances=0", "init DriverError(CUDA_ERROR_NO_DEVICE");
    check("cuda", "ptx_load=222", "load DriverError(CUDA_ERROR_UNSUPPORTED_PTX_VERSION");
    check("cuda", "wrong_result", "1023 right");
}

#[test]
fn ends_of_the_process() {
    assert_eq!(run("cuda", "cuInit=exit").0, Some(0));
    assert_eq!(run("cuda", "cuInit=abort").0, None);
    assert_eq!(run("nvml", "nvmlInit_v2=segv").0, None);
}

fn nvml_client() {
    let nvml = match Nvml::init() {
        Ok(nvml) => nvml,
        Err(error) => return println!("init {error:?}"),
    };
    let count = nvml.device_count().unwrap();
    if count == 0 {
        return println!("0 ×");
    }
    let device = match nvml.device_by_index(0) {
        Ok(device) => device,
        Err(error) => return println!("handle {error:?}"),
    };
    let capability = device.cuda_compute_capability().unwrap();
    let temperature = device.temperature(TemperatureSensor::Gpu).unwrap();
    println!(
        "{count} × {} {}.{} {} MiB {temperature} °C {}",
        device.name().unwrap(),
        capability.major,
        capability.minor,
        device.memory_info().unwrap().total >> 20,
        nvml.sys_driver_version().unwrap(),
    );
    println!("ecc {:?}", device.is_ecc_enabled());
    println!("utilization {:?}", device.utilization_rates());
    println!("processes {:?}", device.running_compute_processes());
    println!("pci {:?}", device.pci_info().unwrap());
    println!("throttle {:?}", device.current_throttle_reasons());
    println!("mig {:?}", device.mig_mode());
}

fn cuda_client() {
    if let Err(error) = result::init() {
        return println!("init {error:?}");
    }
    let context = CudaContext::new(0).unwrap();
    let name = context.name().unwrap();
    let bytes = context.total_mem().unwrap();
    let module = match context.load_module(cudarc::nvrtc::Ptx::from_src(PTX)) {
        Ok(module) => module,
        Err(error) => return println!("load {error:?}"),
    };
    let kernel = module.load_function("altlas_smoke").unwrap();
    let stream = context.default_stream();
    let mut out = stream.alloc_zeros::<u32>(2048).unwrap();
    let config = LaunchConfig { grid_dim: (4, 1, 1), block_dim: (256, 1, 1), shared_mem_bytes: 0 };
    let mut launch = stream.launch_builder(&kernel);
    launch.record_kernel_launch(sys::CUevent_flags::CU_EVENT_DEFAULT);
    // SAFETY: the parameters are those of the kernel, and `out` holds twice 1024 words.
    let events = unsafe { launch.arg(&mut out).arg(&1024_u32).arg(&7_u32).launch(config) };
    let (start, end) = events.unwrap().unwrap();
    assert!(start.elapsed_ms(&end).unwrap() > 0.0);
    let words = stream.clone_dtoh(&out).unwrap();
    let right = (0..1024).filter(|i| words[1024 + i] == float_of(words[*i])).count();
    println!("{name} {} MiB, {right} right", bytes >> 20);
}

/// The second half of a result, from the first one.
fn float_of(mixed: u32) -> u32 {
    let f = (mixed >> 8) as f32 * 5.960_464_5e-8 + 1.0;
    f.mul_add(f, 0.3).mul_add(0.7 + f, -f).to_bits()
}
