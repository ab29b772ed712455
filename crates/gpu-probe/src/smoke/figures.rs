//! What the driver says of a device, and what the device could do at best by that.

use crate::driver::{Device, Driver, attribute};
use cuda_compat::{
    ComputeCapability, peak_bandwidth_gb_s, peak_fp16_tensor_tflops, peak_fp32_tflops,
};

/// A device's own figures; zero where the driver does not say.
pub(super) struct Figures {
    name: String,
    pub(super) compute_capability: ComputeCapability,
    pub(super) multiprocessors: u32,
    pub(super) threads_per_multiprocessor: u32,
    /// Whether its memory is the computer's.
    pub(super) integrated: bool,
    clock_mhz: f64,
    memory_clock_mhz: f64,
    memory_bus_bits: u32,
}

impl Figures {
    /// Asks the driver; `name` is the one that it gives the device.
    pub(super) fn read(driver: &Driver, device: Device, name: &str) -> Self {
        let number = |number| {
            let value = driver.device_attribute(device, number).ok();
            value.and_then(|value| u32::try_from(value).ok()).unwrap_or(0)
        };
        Self {
            name: name.to_owned(),
            compute_capability: ComputeCapability::new(
                number(attribute::COMPUTE_CAPABILITY_MAJOR),
                number(attribute::COMPUTE_CAPABILITY_MINOR),
            ),
            multiprocessors: number(attribute::MULTIPROCESSOR_COUNT),
            threads_per_multiprocessor: number(attribute::MAX_THREADS_PER_MULTIPROCESSOR),
            integrated: number(attribute::INTEGRATED) != 0,
            clock_mhz: f64::from(number(attribute::CLOCK_RATE_KHZ)) / 1e3,
            memory_clock_mhz: f64::from(number(attribute::MEMORY_CLOCK_RATE_KHZ)) / 1e3,
            memory_bus_bits: number(attribute::MEMORY_BUS_BITS),
        }
    }

    /// Device memory at best, in GB/s.
    pub(super) fn memory_gb_per_s(&self) -> Option<f64> {
        peak_bandwidth_gb_s(self.memory_bus_bits, self.memory_clock_mhz)
    }

    /// Single precision at best, in TFLOPS.
    pub(super) fn fp32_tflops(&self) -> Option<f64> {
        peak_fp32_tflops(self.compute_capability, self.multiprocessors, self.clock_mhz)
    }

    /// Tensor cores at best, half precision in and single precision out, dense, in TFLOPS.
    pub(super) fn tensor_tflops(&self) -> Option<f64> {
        let (capability, units) = (self.compute_capability, self.multiprocessors);
        peak_fp16_tensor_tflops(&self.name, capability, units, self.clock_mhz)
    }
}
