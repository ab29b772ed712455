//! Unmodified clients against the stand-in, each in a child process, since the loader reads
//! `LD_LIBRARY_PATH` once. The clients are `examples/client.rs`.

#![expect(clippy::disallowed_methods, reason = "the test starts the client")]
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::process::Command;

/// Runs a client, and returns its exit code and what it printed.
fn run(client: &str, spec: &str) -> (Option<i32>, String) {
    let executable = std::env::current_exe().unwrap();
    let library = executable.with_file_name("libfake_driver.so");
    let folder = tempfile::tempdir().unwrap();
    for name in ["libcuda.so.1", "libnvidia-ml.so.1"] {
        std::os::unix::fs::symlink(&library, folder.path().join(name)).unwrap();
    }
    // Cargo builds the examples of a package with its tests.
    let examples = executable.parent().unwrap().with_file_name("examples");
    let output = Command::new(examples.join("client"))
        .arg(client)
        .env("LD_LIBRARY_PATH", folder.path())
        .env("ALTLAS_FAKE_DRIVER", spec)
        .env_remove("CUDA_VISIBLE_DEVICES")
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    (output.status.code(), text + &String::from_utf8_lossy(&output.stderr))
}

fn check(client: &str, spec: &str, expected: &str) {
    let (_, text) = run(client, spec);
    assert!(text.contains(expected), "{spec}: `{expected}` is not in\n{text}");
}

#[test]
fn nvml() {
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
