//! The least that proves a GPU: a context, one kernel from PTX, one compared result. What the quick
//! doctor is timed against (`benches/doctor.py --gpu`).
#![expect(clippy::print_stdout, reason = "an example shows what it found")]
#![expect(unsafe_code, reason = "a kernel launch cannot be written without")]

use cudarc::{
    driver::{CudaContext, LaunchConfig, PushKernelArg},
    nvrtc::Ptx,
};

const ELEMENTS: u32 = 1024;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let context = CudaContext::new(0)?;
    let kernel = context
        .load_module(Ptx::from_src(include_str!("../src/kernels/smoke.ptx")))?
        .load_function("altlas_smoke")?;
    let stream = context.default_stream();
    let mut out = stream.alloc_zeros::<u32>(2 * ELEMENTS as usize)?;
    let config = LaunchConfig {
        grid_dim: (ELEMENTS / 256, 1, 1),
        block_dim: (256, 1, 1),
        shared_mem_bytes: 0,
    };
    let mut launch = stream.launch_builder(&kernel);
    launch.arg(&mut out).arg(&ELEMENTS).arg(&7_u32);
    // SAFETY: the parameters are those of the kernel, and `out` holds twice as many words.
    unsafe { launch.launch(config) }?;
    let words = stream.clone_dtoh(&out)?;
    println!("{} words, the first {:#x}", words.len(), words[0]);
    Ok(())
}
