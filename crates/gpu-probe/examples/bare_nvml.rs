//! The bare NVML calls that a report of all GPUs cannot do without, one GPU after the other: what
//! the NVML part of the doctor is timed against (`benches/doctor.py --gpu`).
#![expect(clippy::print_stdout, reason = "an example shows what it read")]

use nvml_wrapper::{
    Nvml,
    enum_wrappers::device::{Clock, TemperatureSensor},
    error::NvmlError,
};

fn main() -> Result<(), NvmlError> {
    let nvml = Nvml::init()?;
    println!("driver {}", nvml.sys_driver_version()?);
    for index in 0..nvml.device_count()? {
        let gpu = nvml.device_by_index(index)?;
        println!(
            "{} {} {} MiB {:?} °C {:?} mW {:?} MHz {:?} {:?} {:?}",
            gpu.name()?,
            gpu.uuid()?,
            gpu.memory_info()?.total >> 20,
            gpu.temperature(TemperatureSensor::Gpu).ok(),
            gpu.power_usage().ok(),
            gpu.clock_info(Clock::SM).ok(),
            gpu.current_throttle_reasons().ok(),
            gpu.is_ecc_enabled().ok().map(|ecc| ecc.currently_enabled),
            gpu.running_compute_processes().ok().map(|processes| processes.len()),
        );
    }
    Ok(())
}
