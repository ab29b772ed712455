//! What a GPU could reach at best, from its clocks and widths.
//!
//! The formulas take what the device itself reports, so they hold also for a model that is in no
//! table; the published figures of `gpu_model.toml` test them. A figure of zero is one that the
//! device did not report: then there is no peak.

use crate::{ComputeCapability, architecture};

/// Peak memory bandwidth in GB/s (10⁹ bytes) from the width of the bus in bits and the maximum
/// memory clock in MHz as NVML gives it: two transfers a clock.
///
/// ```
/// // An RTX 4060: 128 bits at 8501 MHz.
/// assert_eq!(cuda_compat::peak_bandwidth_gb_s(128, 8501.0).unwrap().round(), 272.0);
/// ```
pub fn peak_bandwidth_gb_s(bus_bits: u32, memory_mhz: f64) -> Option<f64> {
    positive(f64::from(bus_bits) / 8.0 * 2.0 * memory_mhz / 1000.0)
}

/// Peak FP32 rate in TFLOPS from the number of streaming multiprocessors and the SM clock in MHz:
/// one fused multiply-add a core and clock. `None` where the cores of the architecture are not
/// known.
pub fn peak_fp32_tflops(cc: ComputeCapability, sms: u32, sm_mhz: f64) -> Option<f64> {
    let cores = architecture(cc)?.cores_per_sm?;
    tera(f64::from(sms) * f64::from(cores) * 2.0, sm_mhz)
}

/// Peak rate in TFLOPS of the tensor cores, FP16 in and FP32 accumulated, without sparsity.
///
/// `name` is the model as NVML gives it: GeForce boards of some architectures accumulate in FP32 at
/// half the rate. `None` where the architecture has no tensor cores or their rate is not known.
///
/// ```
/// use cuda_compat::{ComputeCapability, peak_fp16_tensor_tflops};
///
/// let cc = ComputeCapability::new(8, 0);
/// let a100 = peak_fp16_tensor_tflops("NVIDIA A100-SXM4-80GB", cc, 108, 1410.0);
/// assert_eq!(a100.unwrap().round(), 312.0);
/// ```
pub fn peak_fp16_tensor_tflops(
    name: &str,
    cc: ComputeCapability,
    sms: u32,
    sm_mhz: f64,
) -> Option<f64> {
    let row = architecture(cc)?;
    let of_geforce = row.tensor_flops_geforce.filter(|_| crate::name_has(name, "GeForce"));
    let per_sm = of_geforce.or(row.tensor_flops)?;
    tera(f64::from(sms) * f64::from(per_sm), sm_mhz)
}

/// Operations a clock, at a clock in MHz, in 10¹² a second.
fn tera(per_clock: f64, mhz: f64) -> Option<f64> {
    positive(per_clock * mhz / 1e6)
}

fn positive(peak: f64) -> Option<f64> {
    (peak > 0.0).then_some(peak)
}

/// What a PCIe link carries at best in one direction, in GB/s (10⁹ bytes), before the overhead of
/// packets; `None` for a generation that is not known.
///
/// ```
/// assert_eq!(cuda_compat::peak_pcie_gb_s(4, 16).unwrap().round(), 32.0);
/// ```
pub fn peak_pcie_gb_s(generation: u32, width: u32) -> Option<f64> {
    // Transfers in GT/s and the share of bits that are not spent on line coding.
    let (transfers, coding) = match generation {
        1 => (2.5, 8.0 / 10.0),
        2 => (5.0, 8.0 / 10.0),
        3 => (8.0, 128.0 / 130.0),
        4 => (16.0, 128.0 / 130.0),
        5 => (32.0, 128.0 / 130.0),
        6 => (64.0, 242.0 / 256.0),
        _ => return None,
    };
    positive(transfers * coding * f64::from(width) / 8.0)
}

/// What copies between pinned host memory and a sound GPU reach at least over a link of 16 lanes,
/// in GB/s in one direction; `None` for a generation that nobody gives a figure for.
///
/// Source: the health checks of Azure's GPU machines (`Azure/azurehpc-health-checks`,
/// `conf/*.conf`, `check_gpu_bw`), read 2026-11-24: V100 by generation 3, A100 by 4, H100 and H200
/// by 5.
pub fn pcie_floor_x16_gb_s(generation: u32) -> Option<f64> {
    match generation {
        3 => Some(9.0),
        4 => Some(21.0),
        5 => Some(48.0),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tensor_peaks_are_those_of_the_data_sheets() {
        let check = |name: &str, cc: &str, sms: u32, mhz: f64, published: Option<f64>| {
            let got = peak_fp16_tensor_tflops(name, cc.parse().unwrap(), sms, mhz);
            match (got, published) {
                (Some(got), Some(published)) => {
                    assert!((got / published - 1.0).abs() < 0.02, "{name}: {got}");
                }
                other => assert_eq!(other.0, other.1, "{name}"),
            }
        };
        check("Tesla V100-SXM2-16GB", "7.0", 80, 1530.0, Some(125.0));
        check("Tesla T4", "7.5", 40, 1590.0, Some(65.0));
        check("NVIDIA TITAN RTX", "7.5", 72, 1770.0, Some(130.5));
        check("NVIDIA GeForce RTX 2080 Ti", "7.5", 68, 1635.0, Some(56.9));
        check("NVIDIA A10", "8.6", 72, 1695.0, Some(125.0));
        check("NVIDIA GeForce RTX 3090", "8.6", 82, 1695.0, Some(71.0));
        check("NVIDIA L40S", "8.9", 142, 2520.0, Some(362.0));
        check("NVIDIA GeForce RTX 4090", "8.9", 128, 2520.0, Some(165.2));
        check("NVIDIA H100 80GB HBM3", "9.0", 132, 1830.0, Some(989.4));
        check("NVIDIA B300 SXM6 AC", "10.3", 148, 1856.0, Some(2250.0));
        check("NVIDIA GeForce RTX 5090", "12.0", 170, 2407.0, Some(209.5));
        check("Tesla P100-PCIE-16GB", "6.0", 56, 1303.0, None);
        check("unknown", "99.0", 1, 1000.0, None);
    }

    #[test]
    fn no_figure_gives_no_peak() {
        assert_eq!(peak_bandwidth_gb_s(0, 8501.0), None);
        assert_eq!(peak_bandwidth_gb_s(128, 0.0), None);
        assert_eq!(peak_fp32_tflops(ComputeCapability::new(9, 0), 132, 0.0), None);
        assert_eq!(peak_fp32_tflops(ComputeCapability::new(13, 0), 132, 1980.0), None);
    }

    #[test]
    fn pcie_peaks() {
        let check = |generation: u32, width: u32, expected: Option<f64>| {
            let got = peak_pcie_gb_s(generation, width).map(|rate| (rate * 100.0).round() / 100.0);
            assert_eq!(got, expected, "{generation} x{width}");
        };
        check(1, 16, Some(4.0));
        check(3, 16, Some(15.75));
        check(4, 8, Some(15.75));
        check(4, 16, Some(31.51));
        check(5, 16, Some(63.02));
        check(6, 16, Some(121.0));
        check(7, 16, None);
        check(4, 0, None);
        for generation in 3..=5 {
            let (floor, peak) = (pcie_floor_x16_gb_s(generation), peak_pcie_gb_s(generation, 16));
            assert!(floor.unwrap() < peak.unwrap());
        }
    }
}
