//! What a device could do at best, by its own figures.

use cuda_compat::ComputeCapability;

/// What the driver says of a device; zero where it does not say.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Figures {
    pub(super) capability: (u32, u32),
    pub(super) multiprocessors: u32,
    pub(super) clock_mhz: u32,
    pub(super) memory_clock_mhz: u32,
    pub(super) memory_bus_bits: u32,
    /// Consumer cards add up at half the rate in tensor cores.
    pub(super) geforce: bool,
}

impl Figures {
    pub(super) fn compute_capability(&self) -> ComputeCapability {
        ComputeCapability::new(self.capability.0, self.capability.1)
    }

    /// Device memory, in GB/s: two transfers a clock.
    pub(super) fn memory_gb_per_s(&self) -> Option<f64> {
        let bytes = f64::from(self.memory_bus_bits) / 8.0;
        positive(bytes * 2.0 * f64::from(self.memory_clock_mhz) / 1e3)
    }

    /// Single precision, in TFLOPS: a multiply-add a core and clock.
    pub(super) fn fp32_tflops(&self) -> Option<f64> {
        self.tflops(f64::from(cores(self.capability)?) * 2.0)
    }

    /// Tensor cores, half precision in and single precision out, dense, in TFLOPS.
    pub(super) fn tensor_tflops(&self) -> Option<f64> {
        let full = f64::from(tensor_operations(self.capability)?);
        let halved = self.geforce && !matches!(self.capability, (7, 0) | (8, 0) | (9 | 10, _));
        self.tflops(if halved { full / 2.0 } else { full })
    }

    fn tflops(&self, operations_a_clock: f64) -> Option<f64> {
        let units = f64::from(self.multiprocessors) * operations_a_clock;
        positive(units * f64::from(self.clock_mhz) / 1e6)
    }
}

/// A PCIe link in one direction, in GB/s, after its line code; `None` for an unknown generation.
pub(super) fn pcie_gb_per_s(generation: u32, width: u32) -> Option<f64> {
    let lane = match generation {
        1 => 0.25,
        2 => 0.5,
        3 => 0.985,
        4 => 1.969,
        5 => 3.938,
        6 => 7.563,
        _ => return None,
    };
    positive(lane * f64::from(width))
}

fn positive(value: f64) -> Option<f64> {
    (value > 0.0).then_some(value)
}

/// Single precision cores of a multiprocessor (CUDA C++ Programming Guide, arithmetic
/// instructions).
fn cores(capability: (u32, u32)) -> Option<u32> {
    match capability {
        (6 | 8, 0) | (7, _) => Some(64),
        (5 | 6 | 8 | 9 | 10 | 11 | 12, _) => Some(128),
        _ => None,
    }
}

/// Operations of the tensor cores of a multiprocessor in a clock, as the published peak rates give
/// them; `None` where none is published for a card with fans.
fn tensor_operations(capability: (u32, u32)) -> Option<u32> {
    match capability {
        (7, 0 | 5) | (8, 6 | 9) | (12, 0) => Some(1024),
        (8, 0) => Some(2048),
        (9, 0) => Some(4096),
        (10, 0 | 3) => Some(8192),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn peaks_are_near_what_is_published() {
        let check = |capability, figures: [u32; 4], geforce, published: [f64; 3]| {
            let [multiprocessors, clock_mhz, memory_clock_mhz, memory_bus_bits] = figures;
            let figures = Figures {
                capability,
                multiprocessors,
                clock_mhz,
                memory_clock_mhz,
                memory_bus_bits,
                geforce,
            };
            let got = [figures.memory_gb_per_s(), figures.fp32_tflops(), figures.tensor_tflops()];
            for (got, published) in got.into_iter().zip(published) {
                let ratio = got.unwrap() / published;
                assert!((0.96..1.09).contains(&ratio), "{figures:?}: {got:?} and {published}");
            }
        };
        // A100 SXM 80 GB, H200, RTX 4090, L40S, T4.
        check((8, 0), [108, 1410, 1593, 5120], false, [2039.0, 19.5, 312.0]);
        check((9, 0), [132, 1980, 3201, 6144], false, [4916.0, 67.0, 1070.0]);
        check((8, 9), [128, 2520, 10501, 384], true, [1008.0, 82.6, 165.2]);
        check((8, 9), [142, 2520, 9001, 384], false, [864.0, 91.6, 362.0]);
        check((7, 5), [40, 1590, 5001, 256], false, [320.0, 8.1, 65.0]);
    }

    #[test]
    fn pcie_peaks() {
        assert_eq!(pcie_gb_per_s(3, 16), Some(15.76));
        assert_eq!(pcie_gb_per_s(5, 16), Some(63.008));
        assert_eq!(pcie_gb_per_s(9, 16), None);
        assert_eq!(pcie_gb_per_s(4, 0), None);
    }

    #[test]
    fn no_figure_gives_no_peak() {
        assert_eq!(Figures::default().memory_gb_per_s(), None);
        assert_eq!(Figures::default().fp32_tflops(), None);
        let unknown = Figures { capability: (13, 0), multiprocessors: 1, ..Figures::default() };
        assert_eq!(unknown.fp32_tflops(), None);
        assert_eq!(unknown.tensor_tflops(), None);
    }
}
