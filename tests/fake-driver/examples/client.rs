//! Two unmodified clients, nvml-wrapper and cudarc, that print what the driver tells them:
//! `cargo run -p fake-driver --example client nvml`. The tests run them against the stand-in.

#![expect(clippy::print_stdout, reason = "what it is for")]
#![expect(clippy::unwrap_used, reason = "a call that no test lets fail")]
#![expect(unsafe_code, reason = "a kernel launch cannot be written without")]

use cudarc::driver::{CudaContext, LaunchConfig, PushKernelArg, result, sys};
use nvml_wrapper::{Nvml, enum_wrappers::device::TemperatureSensor};

/// A small kernel's text: only its entry matters to the stand-in.
const PTX: &str = ".version 6.0\n.target sm_50\n.address_size 64\n.visible .entry altlas_smoke()";

fn main() {
    match std::env::args().nth(1).as_deref() {
        Some("nvml") => nvml(),
        Some("cuda") => cuda(),
        _ => println!("say `nvml` or `cuda`"),
    }
}

fn nvml() {
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

fn cuda() {
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
