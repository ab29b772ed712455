//! GPU models: what a card is by its name or its PCI id, and what it should reach.
//!
//! The table is `gpu_model.toml`; its source is NVIDIA's data sheets, and the tests hold every row
//! against [`crate::peak_bandwidth_gb_s`] and [`crate::peak_fp32_tflops`].

use crate::{ComputeCapability, table};
use serde::Deserialize;
use std::sync::LazyLock;

/// A GPU model.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GpuModel {
    /// The name, mostly as NVML gives it.
    pub name: String,
    /// Its compute capability.
    pub cc: ComputeCapability,
    /// Streaming multiprocessors.
    pub sms: u32,
    /// The boost clock in MHz.
    pub boost_mhz: u32,
    /// Nominal memory in GiB; NVML reports less.
    pub memory_gib: u32,
    /// Width of the memory bus in bits.
    pub bus_bits: u32,
    /// Data rate of a memory pin in Gbit/s.
    pub memory_gbps_per_pin: f64,
    /// Peak memory bandwidth in GB/s (10⁹ bytes), as published.
    pub bandwidth_gb_s: f64,
    /// Memory bandwidth in GB/s that a sound board reaches in NVIDIA DCGM's test, mostly three
    /// quarters of what a good one does; `None` where DCGM does not say.
    pub dcgm_floor_gb_s: Option<f64>,
    /// Peak FP32 rate in TFLOPS, as published.
    pub fp32_tflops: f64,
    /// Whether the published FP32 rate follows from cores and clock; for one model it does not.
    #[serde(default = "yes")]
    pub fp32_by_formula: bool,
    /// PCIe generation; `None` for a GPU that is part of the processor.
    pub pcie_generation: Option<u32>,
    /// PCIe lanes; `None` for a GPU that is part of the processor.
    pub pcie_width: Option<u32>,
    /// The PCI device id (vendor `0x10de`); `None` where it is not known.
    pub pci_device_id: Option<u16>,
    /// Where the row comes from.
    pub source: String,
    /// When that was read, `YYYY-MM-DD`.
    pub date: String,
}

fn yes() -> bool {
    true
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    model: Vec<GpuModel>,
}

static TABLE: LazyLock<Table> = LazyLock::new(|| table::parse(include_str!("gpu_model.toml")));

/// Every model, by compute capability.
pub fn gpu_models() -> &'static [GpuModel] {
    &TABLE.model
}

/// The models with that PCI device id. Boards may share one: `0x25b6` is both the A2 and the A16.
pub fn gpu_models_by_pci_id(device_id: u16) -> impl Iterator<Item = &'static GpuModel> {
    gpu_models().iter().filter(move |row| row.pci_device_id == Some(device_id))
}

/// The models whose name has `part` in it, word by word, the shortest name first.
///
/// Case, spaces and hyphens do not matter. `L4` is the L4 and neither the L40 nor the L40S; `RTX
/// 4060` is the RTX 4060 and the RTX 4060 Ti.
///
/// ```
/// let found = cuda_compat::gpu_models_named("rtx 4060");
/// let found: Vec<_> = found.iter().map(|row| &row.name).collect();
/// assert_eq!(found, ["NVIDIA GeForce RTX 4060", "NVIDIA GeForce RTX 4060 Ti"]);
/// ```
pub fn gpu_models_named(part: &str) -> Vec<&'static GpuModel> {
    let mut found: Vec<_> = gpu_models().iter().filter(|row| name_has(&row.name, part)).collect();
    found.sort_by_key(|row| row.name.len());
    found
}

/// Whether the name of a GPU has `part` in it, word by word; case, spaces and hyphens do not
/// matter.
///
/// This is how a name in a config is meant, also for a GPU that is in no table.
///
/// ```
/// use cuda_compat::name_has;
///
/// assert!(name_has("NVIDIA A100-SXM4-40GB", "a100 sxm4"));
/// assert!(!name_has("NVIDIA L40S", "L4"));
/// ```
pub fn name_has(name: &str, part: &str) -> bool {
    let (name, part) = (words(name), words(part));
    !part.is_empty() && name.windows(part.len()).any(|window| window == part)
}

fn words(text: &str) -> Vec<String> {
    let split = text.split(|letter: char| !letter.is_alphanumeric());
    split.filter(|word| !word.is_empty()).map(str::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{architecture, peak_bandwidth_gb_s, peak_fp32_tflops};
    use std::collections::BTreeSet;

    #[test]
    fn rows_are_unique_and_say_where_they_come_from() {
        let rows = gpu_models().iter();
        table::check_origin(rows.map(|row| (row.source.as_str(), row.date.as_str())));
        let names: BTreeSet<_> = gpu_models().iter().map(|row| row.name.to_lowercase()).collect();
        assert_eq!(names.len(), gpu_models().len());
        for row in gpu_models() {
            assert!(architecture(row.cc).is_some(), "{}", row.name);
            assert_eq!(row.pcie_generation.is_some(), row.pcie_width.is_some(), "{}", row.name);
        }
    }

    #[test]
    fn published_figures_follow_from_the_formulas() {
        let near = |formula: f64, published: f64| (formula / published - 1.0).abs() < 0.03;
        for row in gpu_models() {
            let memory_mhz = row.memory_gbps_per_pin * 1000.0 / 2.0;
            let bandwidth = peak_bandwidth_gb_s(row.bus_bits, memory_mhz).unwrap();
            assert!(near(bandwidth, row.bandwidth_gb_s), "{}: {bandwidth} GB/s", row.name);
            let floor = row.dcgm_floor_gb_s.unwrap_or(bandwidth / 2.0) / bandwidth;
            assert!((0.3..0.95).contains(&floor), "{}: floor at {floor} of the peak", row.name);
            let fp32 = peak_fp32_tflops(row.cc, row.sms, f64::from(row.boost_mhz)).unwrap();
            assert_eq!(near(fp32, row.fp32_tflops), row.fp32_by_formula, "{}: {fp32}", row.name);
        }
        assert_eq!(gpu_models().iter().filter(|row| !row.fp32_by_formula).count(), 1);
    }

    #[test]
    fn finds_by_name() {
        let check = |part: &str, expected: &[&str]| {
            let got: Vec<_> = gpu_models_named(part).iter().map(|row| row.name.as_str()).collect();
            assert_eq!(got, expected, "{part}");
        };
        check("RTX 4060", &["NVIDIA GeForce RTX 4060", "NVIDIA GeForce RTX 4060 Ti"]);
        check("l4", &["NVIDIA L4"]);
        check("H200", &["NVIDIA H200", "NVIDIA H200 NVL"]);
        check("A100 SXM4 80GB", &["NVIDIA A100-SXM4-80GB"]);
        check("RTX 6060", &[]);
        check("", &[]);
        check("-", &[]);
    }

    #[test]
    fn finds_by_pci_id() {
        let check = |id: u16, expected: &[&str]| {
            let got: Vec<_> = gpu_models_by_pci_id(id).map(|row| row.name.as_str()).collect();
            assert_eq!(got, expected, "{id:#x}");
        };
        check(0x2335, &["NVIDIA H200"]);
        check(0x25b6, &["NVIDIA A2", "NVIDIA A16 (per GPU, 4 per board)"]);
        check(0x0000, &[]);
    }
}
